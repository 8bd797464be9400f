"""The log-likelihood of Pareto/NBD with exact first and second derivatives, on grouped rows.

Schmittlein, Morrison & Colombo (1987), "Counting Your Customers", Management Science 33(1), as
in Fader & Hardie (2005), "A Note on Deriving the Pareto/NBD Model", before the integral over the
time of dropout is carried out (their equation 17):

    L = G(r+x)/G(r) alpha^-x (A + D)
    A = (1 + T/alpha)^-(r+x) (1 + T/beta)^-s                                 still a customer
    D = s/beta int_{t_x}^T (1 + y/alpha)^-(r+x) (1 + y/beta)^-(s+1) dy       left at y

The integral is a sum over nodes (see `power_integral`), so that ln(A + D) is the logarithm of a
mixture: A, and dropout at each node. Its first derivatives are means over that mixture of the
derivatives of the terms' logarithms, its second derivatives their covariances plus the means of
the second ones.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, polygamma, psi

from winback.estimators.base.frames import FloatArray
from winback.estimators.base.power_integral import Nodes, Stretch, nodes_of
from winback.estimators.purchase.purchase_tally import PurchaseTally


class ParetoNBDLikelihood:
    """The log-likelihood of (r, alpha, s, beta), times in the tally's unit.

    Parameters
    ----------
    tally
        The customers.
    """

    def __init__(self, tally: PurchaseTally) -> None:
        self.tally = tally
        self.x = tally.counts[tally.x_at]
        self.last, self.age = tally.lasts[tally.last_at], tally.ages[tally.age_at]

    def __call__(self, p: FloatArray, hessian: bool) -> tuple[float, FloatArray, FloatArray | None]:
        """Return the log-likelihood, its gradient and, if asked for, its Hessian."""
        r, alpha, s, beta = (float(value) for value in p)
        tally, counts, wx = self.tally, self.tally.counts, self.tally.count_weight
        mixed = _Mixture(self, (r, alpha, s, beta), hessian=hessian)
        m = tally.n
        value = (
            wx @ gammaln(r + counts)
            - m * gammaln(r)
            - tally.purchases * np.log(alpha)
            + mixed.value
        )
        slope = mixed.slope
        slope[0] += wx @ psi(r + counts) - m * psi(r)
        slope[1] -= tally.purchases / alpha
        if not hessian:
            return float(value), slope, None
        bend = mixed.bend
        bend[0, 0] += wx @ polygamma(1, r + counts) - m * polygamma(1, r)
        bend[1, 1] += tally.purchases / alpha**2
        return float(value), slope, np.triu(bend) + np.triu(bend, 1).T


class _Mixture:
    """The sum of ln(A + D) over rows: value, gradient, and the Hessian's upper triangle."""

    def __init__(
        self,
        of: ParetoNBDLikelihood,
        p: tuple[float, float, float, float],
        *,
        hessian: bool,
    ) -> None:
        self.p, self.hessian = p, hessian
        r, alpha, s, beta = p
        self.k = r + of.x
        self.w = of.tally.w
        self.last, self.age = of.last, of.age
        # ln(1 + y/alpha) and 1/alpha - 1/(alpha+y), what its derivative in alpha is made of
        ages, lasts = of.tally.ages, of.tally.lasts
        age_at, last_at = of.tally.age_at, of.tally.last_at
        self.at_age = [column[age_at] for column in _powers(ages, alpha, beta)]
        self.at_last = [column[last_at] for column in _powers(lasts, alpha, beta)]
        self.value = 0.0
        self.slope = np.zeros(4)
        self.bend = np.zeros((4, 4))
        stretch = Stretch.of(p=self.k, alpha=alpha, q=s + 1, beta=beta, lo=self.last, hi=self.age)
        for nodes in nodes_of(stretch):
            self._add(nodes)

    def _add(self, nodes: Nodes) -> None:
        _, alpha, s, beta = self.p
        rows = nodes.rows
        k, w = self.k[rows], self.w[rows]
        la, ja, lb, jb = (column[rows] for column in self.at_age)
        la0, _, lb0, _ = (column[rows] for column in self.at_last)
        total = nodes.weight.sum(axis=1)
        log_a = -k * la - s * lb
        with np.errstate(divide="ignore"):
            log_d = np.log(total) + np.log(s / beta) - k * la0 - (s + 1) * lb0
        log_sum = np.logaddexp(log_a, log_d)
        alive = np.exp(log_a - log_sum)
        gone = np.exp(log_d - log_sum)
        self.value += float(w @ log_sum)
        # means over the nodes, given dropout; u = (ln, j) of alpha, (ln, j) of beta
        share = nodes.weight / np.where(total > 0, total, 1.0)[:, None]
        u = (
            nodes.log_alpha,
            -np.expm1(-nodes.log_alpha) / alpha,
            nodes.log_beta,
            -np.expm1(-nodes.log_beta) / beta,
        )
        mean = [np.einsum("ij,ij->i", share, part) for part in u]
        # derivatives of the terms' logarithms in (r, alpha, s, beta)
        stay = (-la, k * ja, -lb, s * jb)
        leave = (-mean[0], k * mean[1], 1 / s - mean[2], (s + 1) * mean[3] - 1 / beta)
        wa, wg = w * alive, w * gone
        self.slope += [wa @ here + wg @ there for here, there in zip(stay, leave, strict=True)]
        if not self.hessian:
            return
        # covariances: within the nodes, and between staying and leaving
        scale = (-np.ones_like(k), k, -np.ones_like(k), np.full_like(k, s + 1))
        off = [part - middle[:, None] for part, middle in zip(u, mean, strict=True)]
        weighted = [share * part for part in off]
        apart = [there - here for here, there in zip(stay, leave, strict=True)]
        between = wa * gone
        variance = []
        for i in range(4):
            for j in range(i, 4):
                within = np.einsum("ij,ij->i", weighted[i], off[j])
                if i == j:
                    variance.append(within)
                self.bend[i, j] += (wg * scale[i] * scale[j]) @ within
                self.bend[i, j] += between @ (apart[i] * apart[j])
        # means of the second derivatives; d j_alpha / d alpha = -j (2/alpha - j)
        self.bend[0, 1] += wa @ ja + wg @ mean[1]
        self.bend[2, 3] += wa @ jb + wg @ mean[3]
        self.bend[2, 2] -= wg.sum() / s**2
        square_a, square_b = variance[1] + mean[1] ** 2, variance[3] + mean[3] ** 2
        self.bend[1, 1] -= (wa * k) @ (ja * (2 / alpha - ja))
        self.bend[1, 1] -= (wg * k) @ (2 / alpha * mean[1] - square_a)
        self.bend[3, 3] -= s * (wa @ (jb * (2 / beta - jb)))
        self.bend[3, 3] -= (s + 1) * (wg @ (2 / beta * mean[3] - square_b)) - wg.sum() / beta**2


def _powers(
    y: FloatArray, alpha: float, beta: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return ln(1 + y/alpha), y/(alpha (alpha+y)), and the same of beta."""
    return (
        np.log1p(y / alpha),
        y / (alpha * (alpha + y)),
        np.log1p(y / beta),
        y / (beta * (beta + y)),
    )
