"""What BG/NBD and MBG/NBD share: dropout after a purchase, with a customer's own probability."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.special import betaincinv, expit, gammaincinv

from winback.estimators.base.frames import FloatArray
from winback.estimators.base.optimum import Likelihood
from winback.estimators.base.simulation import (
    DROPOUT,
    LAST,
    RATE,
    Draws,
    Horizons,
    count_arrivals,
    on_grid,
)
from winback.estimators.purchase.beta_geo_expectation import beta_nodes, expected_alive
from winback.estimators.purchase.beta_geo_likelihood import BetaGeoLikelihood
from winback.estimators.purchase.dropout import DropoutModel
from winback.estimators.purchase.purchase_model import Columns
from winback.estimators.purchase.purchase_tally import PurchaseTally
from winback.messages import Message

NODES = 48  # of p, for the window after a gap
CELLS = 1_000_000  # rows x nodes worked on at once


class BetaGeometricModel(DropoutModel):
    """Dropout with probability p ~ Beta(a, b) after each purchase that can be the last one.

    With c such purchases so far, all survived by a living customer, p ~ Beta(a, b + c).
    """

    names = ("r", "alpha", "a", "b")
    in_time = (False, True, False, False)
    dropout_starts = ((0.8, 2.5), (0.1, 0.3), (2.0, 30.0))
    first: ClassVar[int]  # 1 if the first purchase may be the last one too, 0 if not

    a_: float
    b_: float

    def _likelihood(self, tally: PurchaseTally) -> Likelihood:
        return BetaGeoLikelihood(tally, first=self.first)

    def _weak_dropout(self, first: float, second: float) -> Message:
        return Message("fit.weak_probability", a=first, b=second, mean=first / (first + second))

    def alive(self, data: Columns) -> FloatArray:
        """P(alive) = 1 / (1 + [c > 0] a/(b+c-1) ((alpha+T)/(alpha+t_x))^(r+x)).

        Fader, Hardie & Lee (2008), "Computing P(alive) using the BG/NBD model", and Batislam,
        Denizel & Filiztekin (2007), appendix A, equation (5), in logs: the power overflows for
        frequent customers.
        """
        x, tx, T = data["frequency"], data["recency"], data["T"]
        if self.a_ == 0:
            return np.ones_like(x)
        c = x + self.first
        gap = np.log1p((T - tx) / (self.alpha_ + tx))
        odds = np.log(self.a_ / (self.b_ + np.maximum(c, 1.0) - 1)) + (self.r_ + x) * gap
        return np.where(c > 0, expit(-odds), 1.0)

    def expected_alive(
        self, frequency: FloatArray, exposure: FloatArray, horizons: FloatArray
    ) -> FloatArray:
        """Return equation (10) of Fader, Hardie & Lee (2005) without P(alive)."""
        parameters = (self.r_, self.alpha_, self.a_, self.b_ + self.first)
        return expected_alive(parameters, frequency, exposure, horizons)

    def buys_alive(
        self, frequency: FloatArray, exposure: FloatArray, horizon: float, gap: float = 0.0
    ) -> FloatArray:
        """1 - ((alpha+T)/(alpha+T+H))^(r+x): no purchase, hence no dropout, within H.

        After a gap g: a living customer survives the gap's Poisson(lambda g) purchases with
        probability exp(-lambda p g) and then buys with 1 - exp(-lambda H); the mean over lambda
        is in closed form, that over p by Gauss quadrature, whose weights are positive:

            E_p[(1 + pg/k)^-s - (1 + (pg+H)/k)^-s],      s = r + x, k = alpha + T.
        """
        s, k = self.r_ + frequency, self.alpha_ + exposure
        if gap == 0 or self.a_ == 0:
            return np.asarray(-np.expm1(-s * np.log1p(horizon / k)))
        values = np.empty_like(s)
        size = CELLS // NODES
        for start in range(0, len(s), size):
            rows = slice(start, start + size)
            levels, place = np.unique(frequency[rows], return_inverse=True)
            p, weight = beta_nodes(self.a_, self.b_ + self.first + levels, NODES)
            power, scale = s[rows, None], k[rows, None] + gap * p[place]
            survives = np.exp(-power * np.log1p(gap * p[place] / k[rows, None]))
            buys = -np.expm1(-power * np.log1p(horizon / scale))
            values[rows] = (weight[place] * survives * buys).sum(axis=1)
        return np.clip(values, 0.0, 1.0)

    def ahead(self, exposure: FloatArray, horizon: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the time in which a new customer's future is the same: alpha H / (alpha + T)."""
        time = on_grid(horizon * (self.alpha_ / (self.alpha_ + exposure)))
        return np.zeros_like(time), time

    def draw(self, draws: Draws, exposure: FloatArray, horizon: Horizons) -> FloatArray:
        """Purchases = min(Poisson(lambda H), Geometric(p)): the last one ends the relation."""
        x = draws.frequency
        rate = draws.once(("rate", self.r_), lambda: gammaincinv(self.r_ + x, draws.strata(RATE)))
        counts = count_arrivals(draws, rate, horizon / (self.alpha_ + exposure))
        if self.a_ == 0:
            return counts
        b = self.b_ + self.first + x
        last = draws.once(("last", self.a_, b), lambda: last_purchase(draws, self.a_, b))
        return np.asarray(np.minimum(counts, last))


def last_purchase(draws: Draws, a: float, b: float) -> FloatArray:
    """Draw after which purchase the relation ends: Geometric(p), p ~ Beta(a, b)."""
    p = betaincinv(a, b, draws.strata(DROPOUT))
    with np.errstate(divide="ignore"):
        last = np.ceil(np.log1p(-draws.strata(LAST)) / np.log1p(-p))
    return np.asarray(np.maximum(last, 1.0))
