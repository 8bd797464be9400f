"""The log-likelihood of Gamma-Gamma with exact derivatives, on customers grouped by mean amount.

Means are continuous, so that grouping equal rows saves little; many customers are grouped into
cells of ``ln m``, CELL wide, instead. Of a customer's log-likelihood

    lnG(px+q) - lnG(px) - lnG(q) + q ln v + px ln(xm) - ln m - (px+q) f,     f = ln(xm + v)

all but f is linear in ln m and keeps its exact value; f, as a function of ln m, is taken at the
cell's mean with its second-order term, f + f2 Var/2. What is left out is at most max|f3|/6 times
the cell's third absolute moment (f2, f3 the second and third derivative). |f3| <= 1/(6 sqrt 3)
and the moment is at most CELL^3/4, so that the log-likelihood is off by at most 4.01e-9 (px + q)
per customer; as cells are about symmetric, in practice by a small fraction of that.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd
from scipy.special import gammaln, polygamma, psi

from winback.estimators.base.frames import FloatArray, tally_rows, thin

MANY = 50_000  # rows from which on means are taken by cell
CELL = 0.01  # width of a cell of ln m
BLOCK = 8192  # rows at once: their arrays stay in the processor's cache


class SpendTally:
    """Customers grouped by days and mean amount, amounts in units of their mean.

    Parameters
    ----------
    x
        Purchase days >= 1.
    log_m
        Logarithm of the mean amount, or its mean over a cell.
    variance
        Of the logarithm within the cell; 0 for a single amount.
    w
        The number of such customers.
    """

    def __init__(
        self, x: FloatArray, log_m: FloatArray, variance: FloatArray, w: FloatArray
    ) -> None:
        self.x, self.log_m, self.variance, self.w = x, log_m, variance, w
        self.total = x * np.exp(log_m)
        self.n = float(w.sum())
        self.counts, places = np.unique(x, return_inverse=True)
        self.count_weight = np.bincount(places, w)
        self.sum_log_total = float(w @ (x * (np.log(x) + log_m)))
        self.constant = -float(w @ log_m)

    @classmethod
    def of_customers(
        cls, x: FloatArray, m: FloatArray, weight: FloatArray | None, unit: float
    ) -> Self:
        """Group customers, by cell of the mean where there are many.

        Parameters
        ----------
        x, m
            Purchase days >= 1 and their mean amount > 0.
        weight
            How many customers a row stands for (None: one each).
        unit
            What to divide amounts by.
        """
        if len(x) < MANY:
            (x, m), w = tally_rows([x, m], weight)
            return cls(x, np.log(m / unit), np.zeros_like(m), w)
        kept = slice(None) if weight is None else weight > 0
        each = np.ones_like(x) if weight is None else weight[kept]
        x, log_m = x[kept], np.log(m[kept] / unit)
        cell = np.floor((log_m - log_m.min()) / CELL).astype(np.int64)
        width = int(cell.max()) + 1
        level, levels = pd.factorize(x, sort=True)
        group, cells = pd.factorize(level * width + cell, sort=True)
        w = np.bincount(group, each).astype(np.float64)
        mean = np.bincount(group, each * log_m) / w
        variance = np.bincount(group, each * (log_m - mean[group]) ** 2) / w
        return cls(np.asarray(levels)[np.asarray(cells) // width], mean, variance, w)

    def thinned(self, at_most: int) -> SpendTally:
        """Return a systematic sample of ``at_most`` customers."""
        kept, count = thin(self.w, at_most)
        return SpendTally(self.x[kept], self.log_m[kept], self.variance[kept], count)

    def gamma_gamma(
        self, theta: FloatArray, hessian: bool
    ) -> tuple[float, FloatArray, FloatArray | None]:
        """Return the log-likelihood of equation (1a), its gradient and Hessian in (p, q, v).

        Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value; gamma terms on distinct x.
        """
        p, q, v = theta
        n, x, w = self.n, self.counts, self.count_weight
        # sums over rows, with weights w and w x, of f and its derivatives in v
        f, f_v, f_vv = np.zeros(2), np.zeros(2), np.zeros(2)
        for start in range(0, len(self.w), BLOCK):
            rows = slice(start, start + BLOCK)
            weights = np.stack([self.w[rows], self.w[rows] * self.x[rows]])
            t = self.total[rows]
            pooled = t + v
            tail = self.variance[rows] / 2 * t / pooled  # f2 = t v / (t + v)^2
            f += weights @ (np.log(pooled) + tail * v / pooled)
            f_v += weights @ ((1 + tail * (t - v) / pooled) / pooled)
            if hessian:
                f_vv -= weights @ ((1 + tail * (4 * t - 2 * v) / pooled) / pooled**2)
        px, k = p * x, p * x + q
        value = (
            w @ (gammaln(k) - gammaln(px))
            + n * (q * np.log(v) - gammaln(q))
            + p * (self.sum_log_total - f[1])
            - q * f[0]
            + self.constant
        )
        slope = np.array(
            [
                w @ (x * (psi(k) - psi(px))) + self.sum_log_total - f[1],
                w @ psi(k) + n * (np.log(v) - psi(q)) - f[0],
                n * q / v - p * f_v[1] - q * f_v[0],
            ]
        )
        if not hessian:
            return float(value), slope, None
        bend = np.empty((3, 3))
        bend[0, 0] = w @ (x**2 * (polygamma(1, k) - polygamma(1, px)))
        bend[0, 1] = bend[1, 0] = w @ (x * polygamma(1, k))
        bend[0, 2] = bend[2, 0] = -f_v[1]
        bend[1, 1] = w @ polygamma(1, k) - n * polygamma(1, q)
        bend[1, 2] = bend[2, 1] = n / v - f_v[0]
        bend[2, 2] = -n * q / v**2 - p * f_vv[1] - q * f_vv[0]
        return float(value), slope, bend
