"""The log-likelihood of Pareto/NBD where alpha and beta differ with what is known of a customer.

Of one customer it is that of `pareto_nbd_likelihood`, with

    alpha_i = alpha exp(-gamma' z_i),      beta_i = beta exp(-delta' z_i)

(Fader & Hardie 2007, "Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD
models"): a unit of z multiplies the purchase rate by exp(gamma), the rate of leaving by exp(delta).
These multipliers are the parameters, all of them positive. Derivatives are taken in logarithms,
where customers' parameters are linear in everybody's: the logarithm of a mixture of staying and of
leaving at each node, as there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, polygamma, psi

from winback.estimators.base.frames import FloatArray, IntArray
from winback.estimators.base.power_integral import Nodes, Stretch, nodes_of

BLOCK = 20_000  # rows at once where nobody leaves


@dataclass(frozen=True)
class CovariateLikelihood:
    """The log-likelihood of (r, alpha, s, beta, exp gamma, exp delta) on distinct rows.

    Without dropout, of (r, alpha, exp gamma).

    Attributes
    ----------
    frequency, recency, T, weight
        Distinct rows; times in one unit.
    purchase, dropout
        What is known of them, shape (rows, covariates).
    """

    frequency: FloatArray
    recency: FloatArray
    T: FloatArray
    weight: FloatArray
    purchase: FloatArray
    dropout: FloatArray

    def at(self, rows: IntArray, weight: FloatArray) -> CovariateLikelihood:
        """Return the same of some of the rows, which stand for so many customers."""
        parts = (self.frequency, self.recency, self.T, self.purchase, self.dropout)
        x, last, age, purchase, dropout = (part[rows] for part in parts)
        return CovariateLikelihood(x, last, age, weight, purchase, dropout)

    def __call__(self, p: FloatArray, hessian: bool) -> tuple[float, FloatArray, FloatArray | None]:
        """Return the log-likelihood, its gradient and, if asked for, its Hessian."""
        return self._sum(p, hessian, drops=True)

    def no_dropout(
        self, p: FloatArray, hessian: bool
    ) -> tuple[float, FloatArray, FloatArray | None]:
        """Return the same where everybody stays."""
        return self._sum(p, hessian, drops=False)

    def _sum(
        self, p: FloatArray, hessian: bool, *, drops: bool
    ) -> tuple[float, FloatArray, FloatArray | None]:
        own = 4 if drops else 2  # r, alpha, s, beta
        gamma = np.log(p[own : own + self.purchase.shape[1]])
        delta = np.log(p[own + len(gamma) :])
        alpha, r = p[1] * np.exp(-self.purchase @ gamma), p[0]
        value, slope, bend = 0.0, np.zeros(len(p)), np.zeros((len(p), len(p)))
        if drops:
            s, beta = p[2], p[3] * np.exp(-self.dropout @ delta)
            stretch = Stretch.of(p=r + self.frequency, alpha=alpha, q=s + 1, beta=beta,
                                 lo=self.recency, hi=self.T)  # fmt: skip
            pieces = ((n.rows, self._leaving(n, (r, alpha, s, beta))) for n in nodes_of(stretch))
        else:
            starts = range(0, len(self.T), BLOCK)
            blocks = (np.arange(i, min(i + BLOCK, len(self.T))) for i in starts)
            pieces = ((rows, self._staying(rows, (r, alpha))) for rows in blocks)
        for rows, (log, first, second) in pieces:
            w, top = self.weight[rows], log.max(axis=1, keepdims=True)
            share = np.exp(log - top)
            total = share.sum(axis=1)
            share /= total[:, None]
            count, count_slope, count_bend = self._counts(rows, r, alpha[rows])
            value += float(w @ (count + top[:, 0] + np.log(total)))
            mean = np.einsum("mn,imn->im", share, first)
            ways = self._ways(rows, len(p), own)
            each = mean.copy()
            each[0] += count_slope
            each[1] -= self.frequency[rows]
            slope += np.einsum("im,imd->d", each * w, ways)
            if not hessian:
                continue
            curve = np.einsum("mn,imn,jmn->ijm", share, first, first) - mean[:, None] * mean
            for (i, j), part in second.items():
                here = (share * part).sum(axis=1)
                curve[i, j] += here
                if i != j:
                    curve[j, i] += here
            curve[0, 0] += count_bend
            bend += np.einsum("imd,ijm,jme->de", ways, curve * w, ways, optimize=True)
        if not hessian:
            return value, slope / p, None
        return value, slope / p, (bend - np.diag(slope)) / np.outer(p, p)

    def _counts(
        self, rows: IntArray, r: float, alpha: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return ln(G(r+x)/G(r)) - x ln alpha, and its two derivatives in ln r."""
        x = self.frequency[rows]
        slope = r * (psi(r + x) - psi(r))
        bend = slope + r**2 * (polygamma(1, r + x) - polygamma(1, r))
        return gammaln(r + x) - gammaln(r) - x * np.log(alpha), slope, bend

    def _ways(self, rows: IntArray, n_parameters: int, own: int) -> FloatArray:
        """Return how each customer's logarithms of parameters move with everybody's."""
        ways = np.zeros((own, len(rows), n_parameters))
        for place in range(own):
            ways[place, :, place] = 1.0
        middle = own + self.purchase.shape[1]
        ways[1, :, own:middle] = -self.purchase[rows]
        if own > 2:
            ways[3, :, middle:] = -self.dropout[rows]
        return ways

    def _staying(
        self, rows: IntArray, p: tuple[float, FloatArray]
    ) -> tuple[FloatArray, FloatArray, dict[tuple[int, int], FloatArray]]:
        """Return -(r+x) ln(1 + T/alpha) and its derivatives in (ln r, ln alpha)."""
        r, alpha = p[0], p[1][rows, None]
        k, T = r + self.frequency[rows, None], self.T[rows, None]
        grown, part = np.log1p(T / alpha), T / (alpha + T)
        second = {(0, 0): -r * grown, (0, 1): r * part, (1, 1): -k * part * (1 - part)}
        return -k * grown, np.stack([-r * grown, k * part]), second

    def _leaving(
        self, nodes: Nodes, p: tuple[float, FloatArray, float, FloatArray]
    ) -> tuple[FloatArray, FloatArray, dict[tuple[int, int], FloatArray]]:
        """Return ln of staying and of leaving at each node, and derivatives in the logarithms.

        The order is ln r, ln alpha, ln s, ln beta; staying stands in the first column.
        """
        rows, r, s = nodes.rows, p[0], p[2]
        alpha, beta = p[1][rows, None], p[3][rows, None]
        k, T = r + self.frequency[rows, None], self.T[rows, None]
        last = self.recency[rows, None]
        in_alpha = np.hstack([np.log1p(T / alpha), nodes.log_alpha])
        in_beta = np.hstack([np.log1p(T / beta), nodes.log_beta])
        gone = np.ones(in_beta.shape[1])
        gone[0] = 0.0
        with np.errstate(divide="ignore"):
            weight = np.log(nodes.weight)
        lo = np.log(s / beta) - k * np.log1p(last / alpha) - (s + 1) * np.log1p(last / beta)
        stays = -k * in_alpha[:, :1] - s * in_beta[:, :1]
        log = np.hstack([stays, weight + lo])
        a, b = -np.expm1(-in_alpha), -np.expm1(-in_beta)  # y / (alpha + y), y / (beta + y)
        power = s + gone
        first = np.stack([-r * in_alpha, k * a, gone - s * in_beta, power * b - gone])
        second = {
            (0, 0): -r * in_alpha, (0, 1): r * a, (1, 1): -k * a * (1 - a),
            (2, 2): -s * in_beta, (2, 3): s * b, (3, 3): -power * b * (1 - b),
        }  # fmt: skip
        return log, first, second
