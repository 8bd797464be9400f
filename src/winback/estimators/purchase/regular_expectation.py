"""Futures of living customers who buy at every k-th arrival of a Poisson process.

Of such a customer j arrivals have come since the last purchase. Within h (in units of alpha + T)
come M more, negative binomial with the power s + j, and N = floor((M + j)/k) purchases. With p the
chance to leave after each, q = 1 - p,

    E[purchases] = (1 - E[q^N])/p,

and with rho = q^(1/k) and w the k-th roots of 1, by the remainders of M + j modulo k,

    E[q^N] = 1/k sum_w (rho w)^j (sum_{l<k} (rho w)^-l) (1 + h (1 - rho w))^-(s+j),

which is exact; the mean over p ~ Beta(a, b) is taken by Gauss quadrature.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, gammaln

from winback.estimators.base.frames import FloatArray
from winback.estimators.purchase.beta_geo_expectation import (
    CELLS,
    FEW,
    MANY,
    SMALL_H,
    beta_nodes,
)

NEARLY_ALL = 1 - 1e-9  # roots of q are taken, and divided by
NEARLY_NONE = 1e-8  # of p times purchases: below, 1 - E[q^N] has no digits left


def expected_living(k: int, a: float, b: FloatArray, s: FloatArray, h: FloatArray) -> FloatArray:
    """Return E[purchases within h] after j = 0 ... k-1 arrivals, shape (k, n, horizons).

    Parameters
    ----------
    k
        Arrivals to a purchase.
    a, b
        p ~ Beta(a, b), b one per customer; a = 0 means that nobody leaves.
    s
        r + kx, one per customer.
    h
        Horizons in units of alpha + T, shape (n, horizons).

    Examples
    --------
    Every second arrival of about 4, a million to one not to leave:

    >>> expected_living(2, 0.0, np.ones(1), np.array([4e6]), np.array([[1e-6]])).round(2).ravel()
    array([1.75, 2.25])
    """
    if a == 0:
        return _nobody_leaves(k, s, h)
    values = np.empty((k, *h.shape))
    small = h.max(axis=1, initial=0.0) <= SMALL_H
    for rows, n_nodes in ((np.flatnonzero(small), FEW), (np.flatnonzero(~small), MANY)):
        size = max(CELLS // (n_nodes * h.shape[1]), 1)
        for start in range(0, len(rows), size):
            block = rows[start : start + size]
            values[:, block] = _some_leave(k, (a, b[block]), s[block], h[block], n_nodes)
    return values


def _some_leave(
    k: int, p: tuple[float, FloatArray], s: FloatArray, h: FloatArray, n_nodes: int
) -> FloatArray:
    levels, place = np.unique(p[1], return_inverse=True)
    nodes, weights = beta_nodes(p[0], levels, n_nodes)
    leaves = np.minimum(nodes, NEARLY_ALL)[place][:, None, :]
    rho = np.exp(np.log1p(-leaves) / k)
    kept = np.zeros((k, *h.shape, n_nodes))
    for turn, twice in _turns(k):
        z = rho * turn
        base = 1 + h[:, :, None] * (1 - z)
        power = (
            twice
            / k
            * sum(z**-step for step in range(k))
            * np.exp(-s[:, None, None] * np.log(base))
        )
        for j in range(k):
            kept[j] += power.real
            power = power * z / base
    plain = _nobody_leaves(k, s, h)
    with np.errstate(divide="ignore", invalid="ignore"):
        bought = np.where(
            leaves * plain[..., None] < NEARLY_NONE, plain[..., None], (1 - kept) / leaves
        )
    return np.asarray(np.clip(np.einsum("jihn,in->jih", bought, weights[place]), 0.0, plain))


def _nobody_leaves(k: int, s: FloatArray, h: FloatArray) -> FloatArray:
    """Return (E[M] + j - E[remainder])/k: the limit of (1 - E[q^N])/p where p is 0."""
    values = np.empty((k, *h.shape))
    for j in range(k):
        rest = np.full(h.shape, (k - 1) / 2)
        for turn, twice in _turns(k)[1:]:
            power = np.exp(-(s[:, None] + j) * np.log(1 + h * (1 - turn)))
            rest += twice * (turn**j / (1 / turn - 1) * power).real
        values[j] = ((s[:, None] + j) * h + j - rest) / k
    return np.maximum(values, 0.0)


def _turns(k: int) -> list[tuple[complex, int]]:
    """Return the k-th roots of 1 in the upper half plane, and how many each stands for."""
    roots = [complex(np.exp(2j * np.pi * i / k)) for i in range(k // 2 + 1)]
    return [(root, 1 if i == 0 or 2 * i == k else 2) for i, root in enumerate(roots)]


def buys_living(k: int, s: FloatArray, h: FloatArray) -> FloatArray:
    """Return P(a purchase within h) after j = 0 ... k-1 arrivals, shape (k, n): k - j more come."""
    j = np.arange(k)[:, None]
    return np.asarray(betainc(k - j, s + j, h / (1 + h)))


def buys_after_gap(
    k: int, p: tuple[float, FloatArray], s: FloatArray, gap: FloatArray, h: FloatArray
) -> FloatArray:
    """Return P(a purchase in (gap, gap + h]) after j arrivals, shape (k, n).

    Who is there after the gap, E[q^N], less who then buys nothing: with l arrivals since the last
    purchase after the gap, that is m < k - l more; the mean over the rate of the product of both
    is again a power.
    """
    a, b = p
    levels, place = np.unique(b, return_inverse=True)
    nodes, weights = beta_nodes(a, levels, FEW) if a > 0 else (np.zeros((1, 1)), np.ones((1, 1)))
    place = place if a > 0 else np.zeros(len(s), dtype=int)
    rho = np.exp(np.log1p(-np.minimum(nodes, NEARLY_ALL)[place]) / k)
    values = np.zeros((k, len(s)))
    for turn, twice in _turns(k):
        z = rho * turn
        there, silent = 1 + gap[:, None] * (1 - z), 1 + h[:, None] + gap[:, None] * (1 - z)
        for j in range(k):
            power = s[:, None] + j
            stays = sum(z**-left for left in range(k)) * there**-power
            for m in range(k):
                rise = gammaln(power + m) - gammaln(power) - gammaln(m + 1)
                ways = sum(z**-left for left in range(k - m))
                stays = stays - ways * np.exp(rise) * h[:, None] ** m * silent ** -(power + m)
            values[j] += (twice / k * (z**j * stays).real * weights[place]).sum(axis=1)
    return np.clip(values, 0.0, 1.0)
