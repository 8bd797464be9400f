"""A logistic regression on a few columns, by Newton's method, the same on any number of cores."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

Floats = npt.NDArray[np.float64]

MAX_STEPS = 100
TOLERANCE = 1e-12


def fit_logistic(
    values: Floats, y: npt.NDArray[np.int64], *, C: float = 1.0
) -> tuple[list[float], float]:
    """Return coefficients and intercept of an L2-penalised logistic regression.

    Minimises ``sum(log loss) + |w|^2 / 2C`` with the intercept free, ``w`` the coefficients of
    the standardised columns (scikit-learn's objective); a constant column gets 0. Sums run in one
    thread and the steps are damped, so that no number of cores and no collinear column changes
    the result or raises a warning.

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
    scale = np.where(varies, spread, 1.0)
    Z = np.column_stack([np.ones(len(y)), np.where(varies, (values - location) / scale, 0.0)])
    penalty = np.r_[0.0, np.full(values.shape[1], 1.0 / C)]
    w = np.r_[logit(y.mean()), np.zeros(values.shape[1])]
    loss = _loss(Z, y, w, penalty)
    for _ in range(MAX_STEPS):
        p = expit(np.einsum("ni,i->n", Z, w))
        gradient = np.einsum("ni,n->i", Z, p - y) + penalty * w
        hessian = np.einsum("ni,nj->ij", Z * (p * (1.0 - p))[:, None], Z) + np.diag(penalty)
        step = np.linalg.solve(hessian + 1e-12 * np.eye(len(w)), gradient)
        size, trial = 1.0, _loss(Z, y, w - step, penalty)
        while trial > loss and size > 1e-6:
            size /= 2.0
            trial = _loss(Z, y, w - size * step, penalty)
        if trial >= loss:
            break
        gain, w, loss = loss - trial, w - size * step, trial
        if gain <= TOLERANCE * abs(loss):
            break
    coef = np.where(varies, w[1:], 0.0) / scale
    return [float(c) for c in coef], float(w[0] - np.sum(coef * location))


def _loss(Z: Floats, y: npt.NDArray[np.int64], w: Floats, penalty: Floats) -> float:
    score = np.einsum("ni,i->n", Z, w)
    return float(np.sum(np.logaddexp(0.0, score) - y * score) + 0.5 * np.sum(penalty * w * w))
