"""Whether what was predicted happened as often, or brought as much, as was said.

One table serves both kinds of target: probabilities (churn) and amounts (purchases, revenue).
Bins hold equal numbers of customers ("equal mass"), because scores of churn and value are so
skewed that bins of equal width would leave most of them empty.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from statsmodels.stats.proportion import proportion_confint

from winback.confidence import UNSURE, Z
from winback.errors import ModelError, Sentence
from winback.estimators.base.equal_mass import calibration_error, equal_mass_bins

Floats = NDArray[np.float64]


def as_pair(actual: ArrayLike, predicted: ArrayLike) -> tuple[Floats, Floats]:
    """Return both as one-dimensional floats of the same length.

    Parameters
    ----------
    actual, predicted : array-like of shape (n,)

    Raises
    ------
    ModelError
        If the lengths differ, or an outcome is missing: an outcome is counted, so it always exists.

    Examples
    --------
    >>> as_pair([1, 0], [0.5, 0.5])
    (array([1., 0.]), array([0.5, 0.5]))
    """
    y = np.asarray(actual, dtype=np.float64).ravel()
    p = np.asarray(predicted, dtype=np.float64).ravel()
    if y.shape != p.shape:
        raise ModelError(
            "outcomes and predictions differ in length",
            got=Sentence(
                "{outcomes} {outcomes:form.outcome/outcomes}, "
                "{predictions} {predictions:form.prediction/predictions}",
                outcomes=y.size,
                predictions=p.size,
            ),
            allowed="one prediction per outcome",
        )
    if not np.isfinite(y).all():
        raise ModelError(
            "an outcome is missing or infinite",
            got=Sentence("{n} {n:form.row/rows}", n=(~np.isfinite(y)).sum()),
        )
    return y, p


def reliability_table(actual: ArrayLike, predicted: ArrayLike, n_bins: int = 10) -> pd.DataFrame:
    """Compare the mean prediction with the mean outcome, bin by bin.

    Parameters
    ----------
    actual, predicted : array-like of shape (n,)
        Probabilities against 0/1, or amounts against amounts.
    n_bins : int
        Bins of equal mass; 10 gives the decile table.

    Returns
    -------
    DataFrame
        One row per bin, lowest predictions first: ``bin`` (1-based), ``n``, ``predicted`` (mean),
        ``actual`` (mean), ``low``, ``high`` (95% interval of the mean outcome: Wilson's for 0/1
        outcomes, the normal one otherwise).

    Examples
    --------
    >>> table = reliability_table([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], n_bins=2)
    >>> table[["n", "predicted", "actual"]]
       n  predicted  actual
    0  2       0.15     0.0
    1  2       0.85     1.0
    """
    y, p = as_pair(actual, predicted)
    bins = equal_mass_bins(p, n_bins)
    n = np.bincount(bins).astype(float)
    mean_y = np.bincount(bins, y) / n
    low, high = _mean_interval(y, bins, n, mean_y)
    return pd.DataFrame(
        {
            "bin": np.arange(1, n.size + 1),
            "n": n.astype(int),
            "predicted": np.bincount(bins, p) / n,
            "actual": mean_y,
            "low": low,
            "high": high,
        }
    )


def _mean_interval(
    y: Floats, bins: NDArray[np.intp], n: Floats, mean: Floats
) -> tuple[Floats, Floats]:
    if np.isin(y, (0.0, 1.0)).all():
        # Wilson (1927): stays inside [0, 1] and honest when a bin saw no churn at all
        low, high = proportion_confint(mean * n, n, alpha=UNSURE, method="wilson")
        return low, high
    variance = np.bincount(bins, (y - mean[bins]) ** 2) / np.maximum(n - 1, 1)
    half = Z * np.sqrt(variance / n)
    return mean - half, mean + half


def expected_calibration_error(y: ArrayLike, p: ArrayLike, n_bins: int = 10) -> float:
    """Mean gap between predicted and observed rate over equal-mass bins (ECE).

    ``sum_b n_b / n * |mean p_b - mean y_b|`` (Naeini, Cooper and Hauskrecht, AAAI 2015), with
    bins of equal mass (Nguyen and O'Connor, EMNLP 2015).

    Returns
    -------
    float
        In [0, 1] for probabilities, 0 being perfect; NaN for no customers or a missing prediction.

    Examples
    --------
    >>> expected_calibration_error([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5])
    0.0
    >>> round(expected_calibration_error([0, 0, 1, 1], [0.1, 0.1, 0.8, 0.8], n_bins=2), 3)
    0.15
    """
    y, p = as_pair(y, p)
    if y.size == 0 or not np.isfinite(p).all():
        return float("nan")
    return calibration_error(y, p, n_bins)
