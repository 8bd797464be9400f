"""A logistic regression on a few columns, by Newton's method in one thread."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

Floats = npt.NDArray[np.float64]

MAX_STEPS = 100
TOLERANCE = 1e-10


def fit_logistic(
    values: Floats, y: npt.NDArray[np.int64], *, C: float = 1.0
) -> tuple[list[float], float]:
    """Return coefficients and intercept of an L2-penalised logistic regression.

    Minimises ``sum(log loss) + |w|^2 / 2C`` with the intercept free, ``w`` the coefficients of
    the standardised columns (scikit-learn's objective); a constant column gets 0. Sums run in one
    thread, so that no number of cores changes the result.

    Parameters
    ----------
    values
        Shape (n, k), finite.
    y
        Shape (n,): 0 or 1, both present.
    C
        Inverse strength of the penalty.

    Examples
    --------
    >>> x = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> coef, intercept = fit_logistic(x, np.array([0, 0, 1, 1]), C=1.0)
    >>> round(coef[0], 3), round(intercept + 1.5 * coef[0], 6)
    (0.844, 0.0)
    """
    location, spread = values.mean(axis=0), values.std(axis=0)
    varies = spread > 1e-9 * np.maximum(1.0, np.abs(location))
    coef = np.zeros(values.shape[1])
    if not varies.any():
        return coef.tolist(), float(logit(y.mean()))
    Z = (values[:, varies] - location[varies]) / spread[varies]
    model = LogisticRegression(C=C, solver="newton-cholesky", tol=TOLERANCE, max_iter=MAX_STEPS)
    with threadpool_limits(1):
        model.fit(Z, y)
    coef[varies] = model.coef_[0] / spread[varies]
    return coef.tolist(), float(model.intercept_[0] - np.sum(coef * location))
