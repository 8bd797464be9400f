"""Bins of equal mass, and the calibration error over them: one definition for every room."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def equal_mass_bins(predicted: ArrayLike, n_bins: int = 10) -> NDArray[np.intp]:
    """Cut customers into bins of (nearly) equal size by prediction.

    Customers with the same prediction always share a bin, so bins can be larger, and fewer, than
    asked for: a constant prediction has one bin.

    Parameters
    ----------
    predicted : array-like of shape (n,)
    n_bins : int
        Largest number of bins.

    Returns
    -------
    ndarray of int, shape (n,)
        The bin of each customer, from 0 (lowest predictions), without holes.

    Examples
    --------
    >>> equal_mass_bins([0.1, 0.9, 0.1, 0.8], n_bins=2)
    array([0, 1, 0, 1])
    """
    p = np.asarray(predicted, dtype=np.float64).ravel()
    if p.size == 0:
        return np.zeros(0, dtype=np.intp)
    _, inverse, counts = np.unique(p, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2  # a tied group goes where its middle customer goes
    bins = np.minimum((middle * n_bins / p.size).astype(np.intp), n_bins - 1)
    _, dense = np.unique(bins, return_inverse=True)
    return np.asarray(dense[inverse], dtype=np.intp)


def calibration_error(
    y: NDArray[np.floating | np.integer], p: NDArray[np.float64], n_bins: int = 10
) -> float:
    """Return the expected calibration error (ECE): ``sum_b n_b / n * |mean p_b - mean y_b|``.

    Naeini, Cooper and Hauskrecht (AAAI 2015), over bins of equal mass (Nguyen and O'Connor,
    EMNLP 2015). Equal predictions share a bin, so it does not depend on the order of rows.

    Parameters
    ----------
    y, p : ndarray of shape (n,)
        Outcomes and finite predictions, n >= 1.
    n_bins : int
        Largest number of bins.

    Examples
    --------
    >>> calibration_error(np.repeat([0.0, 1.0], 50), np.full(100, 0.5))
    0.0
    """
    return float(np.abs(np.bincount(equal_mass_bins(p, n_bins), p - y)).sum() / y.size)
