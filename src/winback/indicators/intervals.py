"""How sure an indicator is, from the sums that it is made of: 95% intervals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from statsmodels.stats.proportion import proportion_confint

from winback.confidence import UNSURE, Z

Floats = npt.NDArray[np.float64]


def of_share(count: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Return Wilson's interval of a share; NaN where nobody is counted.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference.
    *JASA* 22.

    Examples
    --------
    >>> low, high = of_share(np.array([8.0]), np.array([10.0]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.49], [0.943])
    """
    counted = n > 0
    low, high = np.full(len(n), np.nan), np.full(len(n), np.nan)
    if counted.any():
        ends = proportion_confint(count[counted], n[counted], alpha=UNSURE, method="wilson")
        low[counted], high[counted] = ends
    return low, high


def of_sum(total: Floats, squares: Floats) -> tuple[Floats, Floats]:
    """Return the interval of a sum over customers who come at random (compound Poisson).

    The variance of such a sum is the sum of what each customer brought, squared. It says what an
    equal shop would have had in such a period by chance, whatever the next one brings. Nothing at
    all leaves NaN.

    Examples
    --------
    >>> of_sum(np.array([100.0]), np.array([100.0]))  # 100 customers, of whom each counts once
    (array([80.40036015]), array([119.59963985]))
    """
    half = np.where(squares > 0, Z * np.sqrt(squares), np.nan)
    return np.maximum(total - half, np.minimum(total, 0.0)), total + half


def of_ratio(
    top: Floats, bottom: Floats, squares: tuple[Floats, Floats, Floats], n: Floats
) -> tuple[Floats, Floats]:
    """Return the interval of a ratio of sums over customers by the delta method.

    Parameters
    ----------
    top, bottom
        The sums; NaN results where `bottom` is not above zero.
    squares
        The sums over customers of ``top ** 2``, ``top * bottom`` and ``bottom ** 2``.
    n
        Customers; fewer than two leave NaN, and so does a sum `top` of nothing.

    References
    ----------
    Cochran, W. G. (1977). *Sampling Techniques*, 3rd ed., equation 6.11 (without the correction
    for a finite population).

    Examples
    --------
    >>> spent, orders = np.array([10.0, 30.0, 20.0]), np.array([1.0, 2.0, 1.0])
    >>> sums = (np.array([(a * b).sum()]) for a, b in ((spent, spent), (spent, orders),
    ...                                                (orders, orders)))
    >>> of_ratio(np.array([60.0]), np.array([4.0]), tuple(sums), np.array([3.0]))
    (array([10.7565535]), array([19.2434465]))
    """
    tops, both, bottoms = squares
    usable = (bottom > 0) & (n > 1) & (tops > 0)
    low, high = np.full(len(n), np.nan), np.full(len(n), np.nan)
    ratio = top[usable] / bottom[usable]
    spread = tops[usable] - 2 * ratio * both[usable] + ratio**2 * bottoms[usable]
    count = n[usable]
    error = np.sqrt(np.maximum(spread, 0.0) * count / (count - 1)) / bottom[usable]
    low[usable], high[usable] = ratio - Z * error, ratio + Z * error
    return low, high
