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

from winback.estimators.frames import FloatArray, IntArray, tally_rows


class PurchaseTally:
    """Customers grouped by (frequency, recency, T), with times divided by ``unit``.

    Parameters
    ----------
    frequency, recency, T
        One value per customer.
    weight
        How many customers a row stands for; None: one each.
    """

    def __init__(
        self, frequency: FloatArray, recency: FloatArray, T: FloatArray, weight: FloatArray | None
    ) -> None:
        # without a repeat purchase, recency does not enter the likelihood
        x, t, tx, w = _rows(frequency, recency, T, weight)
        self.n = float(w.sum())
        self.n_repeat = float(w[x > 0].sum())
        self.purchases = float(w @ x)
        # the mean age: parameters come out alike whatever the unit of time
        self.unit = float(w @ t) / self.n if self.n and (w @ t) > 0 else 1.0
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
        r, alpha, a, b = p
        value, slope2, bend2 = self.no_dropout(p[:2], hessian)
        x, wx = self.counts, self.count_weight
        value += wx @ (gammaln(b + x) - gammaln(a + b + x)) + self.n * (
            gammaln(a + b) - gammaln(b)
        )  # ln A2
        slope = np.r_[slope2, 0.0, 0.0]
        slope[2] = self.n * psi(a + b) - wx @ psi(a + b + x)
        slope[3] = slope[2] + wx @ psi(b + x) - self.n * psi(b)

        # ln(1 + e^z) on the distinct rows with a repeat purchase
        s = r + x
        with np.errstate(divide="ignore"):  # x = 0 is never looked up
            offset = np.log(a) - np.log(np.maximum(b + x - 1, 0.0))
        age, last = alpha + self.ages, alpha + self.lasts
        gap = np.log(age)[self.age_at] - np.log(last)[self.last_at]  # dz/dr
        s_row = s[self.x_at]
        z = offset[self.x_at] + s_row * gap
        small = np.exp(-np.abs(z))
        value += self.w @ (np.maximum(z, 0.0) + np.log1p(small))
        gone = self.w * np.where(z > 0, 1.0, small) / (1 + small)  # weight x P(dropped out)
        pull = (1 / age)[self.age_at] - (1 / last)[self.last_at]
        z_alpha = s_row * pull
        gone_x = np.bincount(self.x_at, gone, minlength=len(x))
        inverse = np.where(x > 0, 1 / np.where(x > 0, b + x - 1, 1.0), 0.0)
        slope += np.array([gone @ gap, gone @ z_alpha, gone_x.sum() / a, -(gone_x @ inverse)])
        if not hessian or bend2 is None:
            return float(value), slope, None

        bend = np.zeros((4, 4))
        bend[:2, :2] = bend2
        bend[2, 2] = bend[2, 3] = self.n * polygamma(1, a + b) - wx @ polygamma(1, a + b + x)
        bend[3, 2] = bend[2, 3]
        bend[3, 3] = bend[2, 2] + wx @ polygamma(1, b + x) - self.n * polygamma(1, b)
        spread = gone * (1 - gone / self.w)
        z_b = -inverse[self.x_at]
        slopes = [gap, z_alpha, np.full_like(gap, 1 / a), z_b]
        for i in range(4):
            for j in range(i, 4):
                bend[i, j] += (spread * slopes[i]) @ slopes[j]
        bend[0, 1] += gone @ pull
        bend[1, 1] += gone @ (s_row * ((1 / last**2)[self.last_at] - (1 / age**2)[self.age_at]))
        bend[2, 2] -= gone_x.sum() / a**2
        bend[3, 3] += gone_x @ inverse**2
        upper = np.triu(bend)
        return float(value), slope, upper + np.triu(bend, 1).T


def _rows(
    frequency: FloatArray, recency: FloatArray, T: FloatArray, weight: FloatArray | None
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    (x, t, tx), w = tally_rows([frequency, T, np.where(frequency > 0, recency, 0.0)], weight)
    return x, t, tx, w


def _levels(column: FloatArray) -> tuple[FloatArray, IntArray]:
    levels, at = np.unique(column, return_inverse=True)
    return levels, at
