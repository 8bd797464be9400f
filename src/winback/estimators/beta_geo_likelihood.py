"""The log-likelihood of BG/NBD with exact first and second derivatives, on grouped rows.

Fader, Hardie & Lee (2005), "Counting Your Customers the Easy Way", Marketing Science 24(2),
equation (6), rearranged so that nothing overflows and each term is computed where it varies:

    L = A1 A2 (A3 + [x > 0] A4),      z = ln A4 - ln A3
    A1 = G(r+x)/G(r) alpha^r          A2 = B(a, b+x)/B(a, b)
    A3 = (alpha+T)^-(r+x)             A4 = a/(b+x-1) (alpha+t_x)^-(r+x)

ln L = ln A1 + ln A2 + ln A3 + ln(1 + e^z): gamma terms on distinct x, logarithms of alpha + t on
distinct T and t_x, and only ln(1 + e^z) on the distinct rows.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, polygamma, psi

from winback.estimators.frames import FloatArray, IntArray, tally_rows, thin

BLOCK = 8192  # rows at once: their arrays stay in the processor's cache


class PurchaseTally:
    """Customers grouped by (frequency, recency, T), with times divided by ``unit``.

    Parameters
    ----------
    frequency, recency, T
        One value per distinct history, sorted by frequency.
    weight
        How many customers have it.
    """

    def __init__(
        self, frequency: FloatArray, recency: FloatArray, T: FloatArray, weight: FloatArray
    ) -> None:
        self.rows = (frequency, recency, T, weight)
        x, tx, t, w = self.rows
        self.n = float(w.sum())
        self.n_repeat = float(w[x > 0].sum())
        self.purchases = float(w @ x)
        # the mean age: parameters come out alike whatever the unit of time
        self.unit = float(w @ t) / self.n if (w @ t) > 0 else 1.0
        self.counts, at = _levels(x)
        self.count_weight = np.bincount(at, w)
        ages, age_at = _levels(t)
        self.ages = ages / self.unit
        self.age_weight = np.bincount(age_at, w)
        self.age_purchases = np.bincount(age_at, w * x)
        repeat = x > 0
        self.x_at, self.age_at, self.w = at[repeat], age_at[repeat], w[repeat]
        lasts, self.last_at = _levels(tx[repeat])
        self.lasts = lasts / self.unit

    @classmethod
    def of_customers(
        cls, frequency: FloatArray, recency: FloatArray, T: FloatArray, weight: FloatArray | None
    ) -> PurchaseTally:
        """Group customers; ``weight`` says how many a row stands for (None: one each)."""
        # without a repeat purchase, recency does not enter the likelihood
        last = np.where(frequency > 0, recency, 0.0)
        (x, t, tx), w = tally_rows([frequency, T, last], weight)
        return cls(x, tx, t, w)

    def thinned(self, at_most: int) -> PurchaseTally:
        """Return a systematic sample of ``at_most`` customers."""
        kept, count = thin(self.rows[3], at_most)
        x, tx, t, _ = (column[kept] for column in self.rows)
        return PurchaseTally(x, tx, t, count)

    @property
    def unit_correction(self) -> float:
        """What to add to the log-likelihood for times in the data's own unit."""
        return -self.purchases * float(np.log(self.unit))

    def no_dropout(
        self, p: FloatArray, hessian: bool
    ) -> tuple[float, FloatArray, FloatArray | None]:
        """Return the log-likelihood of the NBD, parameters (r, alpha): ln A1 + ln A3."""
        r, alpha = p
        n, x = self.n, self.counts
        age = alpha + self.ages
        log_age, exponent = np.log(age), self.age_weight * r + self.age_purchases
        value = (
            self.count_weight @ gammaln(r + x)
            + n * (r * np.log(alpha) - gammaln(r))
            - exponent @ log_age
        )
        slope = np.array(
            [
                self.count_weight @ psi(r + x)
                + n * (np.log(alpha) - psi(r))
                - self.age_weight @ log_age,
                n * r / alpha - exponent @ (1 / age),
            ]
        )
        if not hessian:
            return float(value), slope, None
        bend = np.empty((2, 2))
        bend[0, 0] = self.count_weight @ polygamma(1, r + x) - n * polygamma(1, r)
        bend[0, 1] = bend[1, 0] = n / alpha - self.age_weight @ (1 / age)
        bend[1, 1] = -n * r / alpha**2 + exponent @ (1 / age**2)
        return float(value), slope, bend

    def beta_geo(self, p: FloatArray, hessian: bool) -> tuple[float, FloatArray, FloatArray | None]:
        """Return the log-likelihood of BG/NBD, parameters (r, alpha, a, b)."""
        a, b = p[2:]
        value, slope2, bend2 = self.no_dropout(p[:2], hessian)
        x, wx = self.counts, self.count_weight
        value += wx @ (gammaln(b + x) - gammaln(a + b + x)) + self.n * (
            gammaln(a + b) - gammaln(b)
        )  # ln A2
        slope = np.r_[slope2, 0.0, 0.0]
        slope[2] = self.n * psi(a + b) - wx @ psi(a + b + x)
        slope[3] = slope[2] + wx @ psi(b + x) - self.n * psi(b)

        with np.errstate(divide="ignore"):  # x = 0 is never looked up
            offset = np.log(a) - np.log(np.maximum(b + x - 1, 0.0))
        inverse = np.where(x > 0, 1 / np.where(x > 0, b + x - 1, 1.0), 0.0)
        dropped = _Dropped(self, offset, inverse, p)
        for start in range(0, len(self.w), BLOCK):
            dropped.add(slice(start, start + BLOCK), hessian)
        value += dropped.value
        slope += np.array([*dropped.slope, dropped.gone.sum() / a, -(dropped.gone @ inverse)])
        if not hessian or bend2 is None:
            return float(value), slope, None

        bend = np.zeros((4, 4))
        bend[:2, :2] = bend2
        bend[2, 2] = bend[2, 3] = self.n * polygamma(1, a + b) - wx @ polygamma(1, a + b + x)
        bend[3, 3] = bend[2, 2] + wx @ polygamma(1, b + x) - self.n * polygamma(1, b)
        bend += dropped.bend
        bend[2, 2] -= dropped.gone.sum() / a**2
        bend[3, 3] += dropped.gone @ inverse**2
        return float(value), slope, np.triu(bend) + np.triu(bend, 1).T


class _Dropped:
    """The sum of ln(1 + e^z) over customers with a repeat purchase, block by block.

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
            at[rows] for at in (self.tally.x_at, self.tally.age_at, self.tally.last_at)
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


def _levels(column: FloatArray) -> tuple[FloatArray, IntArray]:
    levels, at = np.unique(column, return_inverse=True)
    return levels, at
