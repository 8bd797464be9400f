"""The log-likelihood of BG/BB, on grouped rows.

Fader, Hardie & Shang (2010), "Customer-Base Analysis in a Discrete-Time Noncontractual Setting",
Marketing Science 29(6), equation (6), with x purchases on n occasions, the last on t_x:

    L = (A + D) / (B(alpha, beta) B(gamma, delta))
    A = B(alpha+x, beta+n-x) B(gamma, delta+n)                              still a customer
    D = sum_{d=t_x}^{n-1} B(alpha+x, beta+d-x) B(gamma+1, delta+d)          left after occasion d

The terms of D depend on x and d alone: of each x they are summed once from every d on, and a row's
D is the difference of two such sums, in logarithms. Gamma functions are taken of whole numbers of
occasions only, so that a value costs as many of them as there are occasions, whatever the rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import gammaln

from winback.estimators.base.frames import FloatArray

STEP, STEP_TWICE = 1e-5, 2e-4  # of a parameter: of first and of second differences


def log_parts(
    parameters: FloatArray, x: FloatArray, last: FloatArray, n: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the logarithms of A and of D, one each per row; those of D may be minus infinity.

    Parameters
    ----------
    parameters
        alpha, beta, gamma, delta.
    x, last, n
        Purchases, occasion of the last, occasions: whole numbers, x <= last <= n.

    Examples
    --------
    One purchase on the first of two occasions, all parameters 1: still there and silent, 1/18;
    gone after the first, 1/12.

    >>> a, d = log_parts(np.ones(4), *(np.array([v]) for v in (1.0, 1.0, 2.0)))
    >>> np.exp(a).round(4).tolist(), np.exp(d).round(4).tolist()
    ([0.0556], [0.0833])
    """
    alpha, beta, gamma, delta = parameters
    x_at, last_at, n_at = (column.astype(np.int64) for column in (x, last, n))
    most = int(n_at.max(initial=0))
    steps = np.arange(most + 1, dtype=np.float64)
    silent, occasions = gammaln(beta + steps), gammaln(alpha + beta + steps)
    bought = gammaln(alpha + x) + silent[n_at - x_at] - occasions[n_at]
    stayed = gammaln(gamma) + gammaln(delta + steps) - gammaln(gamma + delta + steps)
    left = gammaln(gamma + 1) + gammaln(delta + steps) - gammaln(gamma + 1 + delta + steps)

    levels, level_at = np.unique(x_at, return_inverse=True)
    since = np.arange(most) - levels[:, None]  # occasions without a purchase, if all are before d
    terms = np.where(since >= 0, silent[np.maximum(since, 0)] - occasions[:most] + left[:most],
                     -np.inf)  # fmt: skip
    terms += gammaln(alpha + levels)[:, None]
    sums = np.full((len(levels), most + 1), -np.inf)
    if most:
        sums[:, :most] = np.logaddexp.accumulate(terms[:, ::-1], axis=1)[:, ::-1]
    start, end = sums[level_at, last_at], sums[level_at, n_at]
    with np.errstate(divide="ignore", invalid="ignore"):
        gone = np.where(end < start, start + np.log1p(-np.exp(end - start)), -np.inf)
    return bought + stayed[n_at], gone


class BetaBinomialLikelihood:
    """The log-likelihood of (alpha, beta, gamma, delta), or of (alpha, beta) without dropout.

    Derivatives are central differences: a value costs little, and is exact to rounding.

    Parameters
    ----------
    x, last, n, weight
        One per distinct history, and how many customers have it.
    """

    def __init__(self, x: FloatArray, last: FloatArray, n: FloatArray, weight: FloatArray) -> None:
        self.rows, self.weight = (x, last, n), weight

    def __call__(self, p: FloatArray, hessian: bool) -> tuple[float, FloatArray, FloatArray | None]:
        """Return the log-likelihood, its gradient and, if asked for, its Hessian."""
        return by_differences(self.value, p, hessian=hessian)

    def value(self, p: FloatArray) -> float:
        """Return the log-likelihood."""
        x, _, n = self.rows
        alpha, beta = p[:2]
        over = gammaln(alpha) + gammaln(beta) - gammaln(alpha + beta)
        if len(p) == 2:
            of = gammaln(alpha + x) + gammaln(beta + n - x) - gammaln(alpha + beta + n)
            return float(self.weight @ (of - over))
        over += gammaln(p[2]) + gammaln(p[3]) - gammaln(p[2] + p[3])
        return float(self.weight @ (np.logaddexp(*log_parts(p, *self.rows)) - over))


def by_differences(
    value: Callable[[FloatArray], float], p: FloatArray, *, hessian: bool
) -> tuple[float, FloatArray, FloatArray | None]:
    """Return a function's value, gradient and Hessian at positive parameters, by differences.

    Examples
    --------
    >>> squared = lambda p: p[0] ** 2 * p[1]
    >>> value, slope, bend = by_differences(squared, np.r_[2.0, 3.0], hessian=True)
    >>> float(value), slope.round(6).tolist(), (bend.round(4) + 0.0).tolist()
    (12.0, [12.0, 4.0], [[6.0, 4.0], [4.0, 0.0]])
    """
    k = len(p)

    def around(steps: FloatArray) -> float:
        return value(p + steps)

    unit = np.diag(p)
    slope = np.array(
        [
            (around(STEP * u) - around(-STEP * u)) / (2 * STEP * size)
            for u, size in zip(unit, p, strict=True)
        ]
    )
    if not hessian:
        return value(p), slope, None
    h, bend = STEP_TWICE, np.empty((k, k))
    for i in range(k):
        for j in range(i, k):
            one, other = h * unit[i], h * unit[j]
            rise = (
                around(one + other)
                - around(one - other)
                - around(other - one)
                + around(-one - other)
            )
            bend[i, j] = bend[j, i] = rise / (4 * h**2 * p[i] * p[j])
    return value(p), slope, bend
