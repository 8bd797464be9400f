"""The log-likelihood of BG/NBD and MBG/NBD with exact derivatives, on grouped rows.

Fader, Hardie & Lee (2005), "Counting Your Customers the Easy Way", Marketing Science 24(2),
equation (6), and Batislam, Denizel & Filiztekin (2007), "Empirical validation and comparison of
models for customer base analysis", Int. J. of Research in Marketing 24, appendix A, rearranged so
that nothing overflows and each term is computed where it varies. With c = x for BG/NBD (a
customer may leave after each repeat purchase) and c = x + 1 for MBG/NBD (after the first, too):

    L = A1 A2 (A3 + [c > 0] A4),      z = ln A4 - ln A3
    A1 = G(r+x)/G(r) alpha^r          A2 = B(a, b+c)/B(a, b)
    A3 = (alpha+T)^-(r+x)             A4 = a/(b+c-1) (alpha+t_x)^-(r+x)

ln L = ln A1 + ln A2 + ln A3 + ln(1 + e^z): gamma terms on distinct x, logarithms of alpha + t on
distinct T and t_x, and only ln(1 + e^z) on the distinct rows.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, polygamma, psi

from winback.estimators.base.frames import FloatArray
from winback.estimators.purchase.purchase_tally import PurchaseTally

BLOCK = 8192  # rows at once: their arrays stay in the processor's cache


class BetaGeoLikelihood:
    """The log-likelihood of (r, alpha, a, b), times in the tally's unit.

    Parameters
    ----------
    tally
        The customers.
    first
        1 if the first purchase may be the last one too (MBG/NBD), 0 if not (BG/NBD).
    """

    def __init__(self, tally: PurchaseTally, *, first: int) -> None:
        self.tally, self.first = tally, first
        self.start = 0 if first else tally.first_repeat

    def __call__(self, p: FloatArray, hessian: bool) -> tuple[float, FloatArray, FloatArray | None]:
        """Return the log-likelihood, its gradient and, if asked for, its Hessian."""
        tally = self.tally
        a, b = p[2:]
        value, slope2, bend2 = tally.no_dropout(p[:2], hessian)
        c = tally.counts + self.first
        stayed, slope_stayed, bend_stayed = log_stayed(tally, c, (a, b), hessian=hessian)
        value += stayed
        slope = np.r_[slope2, slope_stayed]
        with np.errstate(divide="ignore"):  # c = 0 is never looked up
            offset = np.log(a) - np.log(np.maximum(b + c - 1, 0.0))
        inverse = np.where(c > 0, 1 / np.where(c > 0, b + c - 1, 1.0), 0.0)
        dropped = _Dropped(tally, offset, inverse, p)
        for start in range(self.start, len(tally.w), BLOCK):
            dropped.add(slice(start, start + BLOCK), hessian)
        value += dropped.value
        slope += np.array([*dropped.slope, dropped.gone.sum() / a, -(dropped.gone @ inverse)])
        if not hessian or bend2 is None:
            return float(value), slope, None

        bend = np.zeros((4, 4))
        bend[:2, :2], bend[2:, 2:] = bend2, bend_stayed
        bend += dropped.bend
        bend[2, 2] -= dropped.gone.sum() / a**2
        bend[3, 3] += dropped.gone @ inverse**2
        return float(value), slope, np.triu(bend) + np.triu(bend, 1).T


def log_stayed(
    tally: PurchaseTally, chances: FloatArray, p: tuple[float, float], *, hessian: bool
) -> tuple[float, FloatArray, FloatArray]:
    """Return the sum of ln A2, its gradient in (a, b), and the upper triangle of its Hessian.

    Parameters
    ----------
    tally
        The customers.
    chances
        After how many purchases each of ``tally.counts`` might have left.
    p
        a and b.
    """
    (a, b), c, wx = p, chances, tally.count_weight
    value = wx @ (gammaln(b + c) - gammaln(a + b + c)) + tally.n * (gammaln(a + b) - gammaln(b))
    slope, bend = np.zeros(2), np.zeros((2, 2))
    slope[0] = tally.n * psi(a + b) - wx @ psi(a + b + c)
    slope[1] = slope[0] + wx @ psi(b + c) - tally.n * psi(b)
    if hessian:
        bend[0, 0] = bend[0, 1] = tally.n * polygamma(1, a + b) - wx @ polygamma(1, a + b + c)
        bend[1, 1] = bend[0, 0] + wx @ polygamma(1, b + c) - tally.n * polygamma(1, b)
    return float(value), slope, bend


class _Dropped:
    """The sum of ln(1 + e^z) over the customers who may have left, block by block.

    Its derivatives are means over P(dropped out) = 1 / (1 + e^-z).
    """

    def __init__(
        self, tally: PurchaseTally, offset: FloatArray, inverse: FloatArray, p: FloatArray
    ) -> None:
        r, alpha, self.a, _ = p
        self.tally, self.offset, self.inverse = tally, offset, inverse
        age, last = alpha + tally.ages, alpha + tally.lasts
        self.log_age, self.log_last = np.log(age), np.log(last)
        self.age, self.last = 1 / age, 1 / last
        self.s = r + tally.counts
        self.value = 0.0
        self.slope = np.zeros(2)  # in r and alpha
        self.gone = np.zeros(len(tally.counts))  # dropped customers by frequency
        self.bend = np.zeros((4, 4))  # upper triangle

    def add(self, rows: slice, hessian: bool) -> None:
        x_at, age_at, last_at = (
            places[rows] for places in (self.tally.x_at, self.tally.age_at, self.tally.last_at)
        )
        w = self.tally.w[rows]
        s = self.s[x_at]
        z_r = self.log_age[age_at] - self.log_last[last_at]
        pull = self.age[age_at] - self.last[last_at]
        z_alpha = s * pull
        z = self.offset[x_at] + s * z_r
        small = np.exp(-np.abs(z))
        self.value += float(w @ (np.maximum(z, 0.0) + np.log(1 + small)))
        p = np.where(z > 0, 1.0, small) / (1 + small)
        gone = w * p
        self.slope += gone @ z_r, gone @ z_alpha
        self.gone += np.bincount(x_at, gone, minlength=len(self.gone))
        if hessian:
            z_a, z_b = np.full_like(z, 1 / self.a), -self.inverse[x_at]
            slopes = np.stack([z_r, z_alpha, z_a, z_b])
            self.bend += np.triu((slopes * (gone * (1 - p))) @ slopes.T)
            self.bend[0, 1] += gone @ pull
            self.bend[1, 1] += gone @ (s * (self.last[last_at] ** 2 - self.age[age_at] ** 2))
