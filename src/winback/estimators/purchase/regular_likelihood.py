"""The log-likelihood of MBG/CNBD-k with exact derivatives, on grouped rows.

A customer buys at every k-th arrival of a Poisson process (gaps are Erlang-k), whose rate is
Gamma(r, alpha) over customers, and may leave after each purchase. Reutterer, Platzer & Schroeder
(2021), appendix, in the notation of `beta_geo_likelihood`, with s = r + kx:

    L = K A1 A2 (sum_{j<k} S_j + D)
    K   = exp((k-1) sum of ln gaps) / ((k-1)!)^x            A2 = B(a, b+x+1)/B(a, b)
    A1  = G(s)/G(r) alpha^r                                  D  = a/(b+x) (alpha+t_x)^-s
    S_j = G(s+j)/(G(s) j!) (T-t_x)^j (alpha+T)^-(s+j)        still there, j arrivals since t_x

K holds no parameter but k. The logarithm is that of a mixture: first derivatives are means over
its parts of their logarithms' derivatives, second ones covariances and means of second ones.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, polygamma, psi

from winback.estimators.base.frames import FloatArray
from winback.estimators.purchase.beta_geo_likelihood import BLOCK, log_stayed
from winback.estimators.purchase.purchase_tally import PurchaseTally


class RegularLikelihood:
    """The log-likelihood of (r, alpha, a, b), or of (r, alpha) without dropout, less ln K.

    Parameters
    ----------
    tally
        The customers; times are in its unit.
    k
        Arrivals to a purchase, >= 1.
    """

    def __init__(self, tally: PurchaseTally, k: int) -> None:
        self.tally, self.k = tally, k

    def __call__(self, p: FloatArray, hessian: bool) -> tuple[float, FloatArray, FloatArray | None]:
        """Return the log-likelihood, its gradient and, if asked for, its Hessian."""
        tally, (r, alpha), drops = self.tally, p[:2], len(p) > 2
        s, wx = r + self.k * tally.counts, tally.count_weight
        value = wx @ gammaln(s) + tally.n * (r * np.log(alpha) - gammaln(r))
        slope, bend = np.zeros(len(p)), np.zeros((len(p), len(p)))
        slope[0] = wx @ psi(s) + tally.n * (np.log(alpha) - psi(r))
        slope[1] = tally.n * r / alpha
        if hessian:
            bend[0, 0] = wx @ polygamma(1, s) - tally.n * polygamma(1, r)
            bend[0, 1] = tally.n / alpha
            bend[1, 1] = -tally.n * r / alpha**2
        if drops:
            stayed = log_stayed(tally, tally.counts + 1, (p[2], p[3]), hessian=hessian)
            value += stayed[0]
            slope[2:] += stayed[1]
            bend[2:, 2:] += stayed[2]
        levels = _Levels(s, self.k)
        for start in range(0, len(tally.w), BLOCK):
            rows = slice(start, start + BLOCK)
            log, first, second = self._parts(rows, p, levels)
            w = tally.w[rows]
            top = log.max(axis=0)
            share = np.exp(log - top)
            total = share.sum(axis=0)
            value += w @ (top + np.log(total))
            share *= w / total
            mean = np.einsum("cm,icm->im", share, first)  # times w
            slope += mean.sum(axis=1)
            if hessian:
                spread = np.einsum("icm,jcm->ij", first * share, first)
                bend += spread + np.einsum("cm,ijcm->ij", share, second) - (mean / w) @ mean.T
        if not hessian:
            return float(value), slope, None
        return float(value), slope, np.triu(bend) + np.triu(bend, 1).T

    def _parts(
        self, rows: slice, p: FloatArray, levels: _Levels
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return each part's logarithm, and its first and second derivatives (upper triangle)."""
        tally, k, alpha, drops = self.tally, self.k, p[1], len(p) > 2
        x_at = tally.x_at[rows]
        age, last = tally.ages[tally.age_at[rows]], tally.lasts[tally.last_at[rows]]
        s, m, n_parts = levels.s[x_at], len(x_at), k + drops
        log, first = np.empty((n_parts, m)), np.zeros((len(p), n_parts, m))
        second = np.zeros((len(p), len(p), n_parts, m))
        stays, j = slice(0, k), np.arange(k)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            silent = np.where(j > 0, j * np.log(age - last), 0.0)
        log[stays] = levels.rise[:, x_at] + silent - (s + j) * np.log(alpha + age)
        first[0, stays] = levels.slope[:, x_at] - np.log(alpha + age)
        first[1, stays] = -(s + j) / (alpha + age)
        second[0, 0, stays] = levels.bend[:, x_at]
        second[0, 1, stays] = -1 / (alpha + age)
        second[1, 1, stays] = (s + j) / (alpha + age) ** 2
        if drops:
            a, chances = p[2], p[3] + tally.counts[x_at]  # b + x
            log[k] = np.log(a / chances) - s * np.log(alpha + last)
            first[0, k], first[1, k] = -np.log(alpha + last), -s / (alpha + last)
            first[2, k], first[3, k] = 1 / a, -1 / chances
            second[0, 1, k] = -1 / (alpha + last)
            second[1, 1, k] = s / (alpha + last) ** 2
            second[2, 2, k] = -1 / a**2
            second[3, 3, k] = 1 / chances**2
        return log, first, second


class _Levels:
    """ln(G(s+j)/(G(s) j!)) and its derivatives in s, shape (k, levels of s)."""

    def __init__(self, s: FloatArray, k: int) -> None:
        self.s = s
        self.rise = log_rise(s, k)
        step = 1 / (s + np.arange(k)[:, None])
        self.slope = np.cumsum(step, axis=0) - step
        self.bend = step**2 - np.cumsum(step**2, axis=0)


def log_rise(s: FloatArray, k: int) -> FloatArray:
    """Return ln(G(s+j)/(G(s) j!)) for j from 0 to k - 1, shape (k, len(s)).

    Examples
    --------
    >>> np.exp(log_rise(np.array([2.0]), 3)).ravel().round(9)
    array([1., 2., 3.])
    """
    j = np.arange(k)[:, None]
    step = np.log((s + j) / (j + 1))
    return np.asarray(np.cumsum(step, axis=0) - step)
