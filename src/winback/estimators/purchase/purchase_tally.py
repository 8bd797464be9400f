"""Customers grouped by equal history, and the NBD that every purchase model here is nested on."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, polygamma, psi

from winback.estimators.base.frames import FloatArray, IntArray, tally_rows, thin


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
        self.counts, x_at = _levels(x)
        self.count_weight = np.bincount(x_at, w)
        ages, age_at = _levels(t)
        self.ages = ages / self.unit
        self.age_weight = np.bincount(age_at, w)
        self.age_purchases = np.bincount(age_at, w * x)
        self.x_at, self.age_at, self.w = x_at, age_at, w
        lasts, self.last_at = _levels(tx)
        self.lasts = lasts / self.unit
        self.first_repeat = int(np.searchsorted(x, 0.0, side="right"))  # rows before: x = 0

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
        """Return the log-likelihood of the NBD, parameters (r, alpha), its gradient and Hessian.

        Everybody stays: ln L = ln G(r+x)/G(r) + r ln alpha - (r+x) ln(alpha+T).
        """
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


def _levels(column: FloatArray) -> tuple[FloatArray, IntArray]:
    levels, places = np.unique(column, return_inverse=True)
    return levels, places
