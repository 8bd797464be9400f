"""MBG/CNBD-k: as MBG/NBD, for customers who buy at more regular intervals than by chance."""

from __future__ import annotations

from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import gammaincinv, gammaln, logsumexp, softmax

from winback.errors import ModelError
from winback.estimators.base.frames import FloatArray, group_rows, read_columns, read_weight
from winback.estimators.base.optimum import Likelihood
from winback.estimators.base.simulation import (
    ARRIVED,
    RATE,
    Draws,
    Horizons,
    count_arrivals,
    on_grid,
)
from winback.estimators.base.state import is_fitted
from winback.estimators.purchase.beta_geo_base import last_purchase
from winback.estimators.purchase.dropout import demand_repeat_customers
from winback.estimators.purchase.modified_beta_geo import ModifiedBetaGeoModel
from winback.estimators.purchase.purchase_model import Columns, PurchaseModel
from winback.estimators.purchase.purchase_tally import PurchaseTally
from winback.estimators.purchase.regular_expectation import (
    buys_after_gap,
    buys_living,
    expected_living,
)
from winback.estimators.purchase.regular_likelihood import RegularLikelihood, log_rise

MOST = 12  # regularity tried, as in the literature
SILENCE_STEP = 1 / 64  # of the share of alpha + T since the last purchase, in simulated futures
LOG_GAPS = "log_gaps"


class RegularBetaGeoModel(ModifiedBetaGeoModel):
    """The MBG/CNBD-k model of Reutterer, Platzer & Schroeder (2021).

    As MBG/NBD (`ModifiedBetaGeoModel`), but the gaps between a customer's purchases are Erlang-k:
    the larger k, the more alike. With k = 1 it is MBG/NBD. A customer who buys like a clock and has
    missed a beat is then gone sooner than one who buys by chance.

    Fitted by maximum likelihood for each k from 1, until the likelihood has fallen twice or k is
    12; the best is kept. Of a customer's gaps it takes only the sum of their logarithms.

    Parameters
    ----------
    regularity
        k, a whole number >= 1; None: the most likely one.

    Attributes
    ----------
    k_ : int
        The regularity.
    r_, alpha_, a_, b_ : float
        The parameters, > 0 (``a_`` = 0 without dropout); alpha in the time unit of the frame. The
        rate that is Gamma(r, alpha) is that of k arrivals to a purchase.
    log_likelihood_, converged_, degenerate_, n_, covariance_, summary_, aic_, bic_, ...
        How good the fit is, and how sure: see `BetaGeoModel`. With a given regularity and no column
        ``log_gaps``, the log-likelihood lacks what holds no parameter, and compares no k.

    References
    ----------
    T. Reutterer, M. Platzer, N. Schroeder (2021), Leveraging purchase regularity for predicting
    customer behavior the easy way, International Journal of Research in Marketing 38(1), 194-215.
    M. Platzer, T. Reutterer (2016), Ticking Away the Moments: Timing Regularity Helps to Better
    Predict Customer Activity, Marketing Science 35(5), 779-799.

    Notes
    -----
    Their expectation of a customer's future purchases is an approximation, scaled to be right for
    all customers together; here it is exact (see `regular_expectation`).

    Examples
    --------
    Customers who buy every ten days or so, some of whom have stopped:

    >>> frame = pd.DataFrame({"frequency": [0, 1, 2, 3, 3], "recency": [0, 12, 20, 31, 29],
    ...                       "T": [35, 35, 35, 35, 60], "log_gaps": [0, 2.5, 4.5, 6.8, 6.5],
    ...                       "weight": [40, 30, 30, 60, 30]})
    >>> model = RegularBetaGeoModel(regularity=4).fit(frame)
    >>> model.p_alive(frame).round(2).tolist(), model.converged_
    ([0.0, 0.08, 0.38, 0.75, 0.01], True)
    """

    title = "MBG/CNBD-k"

    k_: int

    def __init__(self, *, regularity: int | None = None) -> None:
        self.regularity = regularity

    def fit(self, frame: pd.DataFrame, y: None = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Fit to one row per customer, or one per distinct history with a ``weight``.

        Parameters
        ----------
        frame
            Columns ``frequency``, ``recency``, ``T``, unless the regularity is given ``log_gaps``
            (the sum over a customer's gaps of ln(gap), in the unit of ``T``; 0 without one), and
            optionally ``weight``.

        Raises
        ------
        ModelError
            If the regularity is none, a column is missing or a row is impossible.
        NotEnoughDataError
            If fewer than 20 customers have bought again.
        """
        given = self.regularity
        if given is not None and (given != int(given) or given < 1):
            raise ModelError("no regularity", got=given, allowed="a whole number from 1 on")
        name = type(self).__name__
        wanted = given is None or LOG_GAPS in frame
        columns = (*self.columns, LOG_GAPS) if wanted else self.columns
        data = read_columns(frame, columns, reader=name, signed=(LOG_GAPS,))
        weight = read_weight(frame, reader=name)
        tally = PurchaseTally.of_customers(data["frequency"], data["recency"], data["T"], weight)
        demand_repeat_customers(tally.n_repeat, tally.n, self.title)
        gaps = data.get(LOG_GAPS, np.zeros(1))
        log_gaps = float(gaps.sum() if weight is None or not wanted else weight @ gaps)
        tried: list[float] = []
        best: dict[str, Any] = {}
        for k in range(1, MOST + 1) if given is None else [int(given)]:
            self.k_ = k
            self._fit_tally(tally)
            self.log_likelihood_ += (k - 1) * log_gaps - tally.purchases * float(gammaln(k))
            tried.append(self.log_likelihood_)
            if max(tried) == tried[-1]:
                best = {key: value for key, value in vars(self).items() if is_fitted(key)}
            elif tried[-1] < tried[-2] < tried[-3:][0]:
                break
        vars(self).update(best)
        self.diagnostics_ = self.diagnostics_ | {"log_likelihood_of_k": tried}
        return self

    @property
    def n_parameters_(self) -> int:
        """The number of parameters estimated; the regularity is one, unless it was given."""
        return super().n_parameters_ + (self.regularity is None)

    @property
    def _arrivals_each(self) -> int:
        return self.k_

    def _likelihood(self, tally: PurchaseTally) -> Likelihood:
        return super()._likelihood(tally) if self.k_ == 1 else self._regular(tally)

    def _without_dropout(self, tally: PurchaseTally) -> Likelihood:
        return super()._without_dropout(tally) if self.k_ == 1 else self._regular(tally)

    def _regular(self, tally: PurchaseTally) -> Likelihood:
        # the tally's unit of time: of each gap's density, and of its logarithm k - 1 times more
        unit = self.k_ * tally.purchases * float(np.log(tally.unit)) + tally.unit_correction
        of = RegularLikelihood(tally, self.k_)

        def likelihood(p: FloatArray, hessian: bool) -> tuple[float, FloatArray, FloatArray | None]:
            value, slope, bend = of(p, hessian)
            return value - unit, slope, bend

        return likelihood

    def exposure(self, data: Columns) -> FloatArray:
        """Return T, and i times the time since the last purchase: both decide a living future."""
        last = np.where(data["frequency"] > 0, data["recency"], 0.0)
        return np.asarray(data["T"] + 1j * (data["T"] - last))

    def _arrived(self, frequency: FloatArray, exposure: FloatArray) -> FloatArray:
        """Return ln of the weights of j = 0 ... k-1 arrivals since the last purchase, (k, n)."""
        share = exposure.imag / (self.alpha_ + exposure.real)
        with np.errstate(divide="ignore"):
            log_share = np.log(share)
        steps = np.zeros((self.k_, len(share)))
        for j in range(1, self.k_):
            steps[j] = j * log_share
        return log_rise(self.r_ + self.k_ * frequency, self.k_) + steps

    def alive(self, data: Columns) -> FloatArray:
        """P(alive) = S / (S + D), of the likelihood's parts; no power overflows."""
        if self.k_ == 1 or self.a_ == 0:
            return super().alive(data)
        parts = [data["frequency"], self.exposure(data)]
        (x, exposure), position = group_rows(parts)
        age, silent = exposure.real, exposure.imag
        gap = np.log1p(silent / (self.alpha_ + age - silent))
        odds = np.log(self.a_ / (self.b_ + x)) + (self.r_ + self.k_ * x) * gap
        stays = logsumexp(self._arrived(x, exposure), axis=0)
        alive: FloatArray = 1 / (1 + np.exp(np.minimum(odds - stays, 700.0)))
        return alive[position]

    def expected_alive(
        self, frequency: FloatArray, exposure: FloatArray, horizons: FloatArray
    ) -> FloatArray:
        """Return the mean over how many arrivals have come since the last purchase."""
        if self.k_ == 1:
            return super().expected_alive(frequency, exposure.real, horizons)
        (x, T), position = group_rows([frequency, exposure.real])
        h = horizons / (self.alpha_ + T)[:, None]
        each = expected_living(self.k_, self.a_, self.b_ + 1 + x, self.r_ + self.k_ * x, h)
        share = softmax(self._arrived(frequency, exposure), axis=0)
        return np.asarray(np.einsum("jn,jnh->nh", share, each[:, position]))

    def buys_alive(
        self, frequency: FloatArray, exposure: FloatArray, horizon: float, gap: float = 0.0
    ) -> FloatArray:
        """Return the same mean of the probability that the arrivals that are still missing come."""
        if self.k_ == 1:
            return super().buys_alive(frequency, exposure.real, horizon, gap)
        (x, T), position = group_rows([frequency, exposure.real])
        s, left = self.r_ + self.k_ * x, self.alpha_ + T
        if gap == 0:
            each = buys_living(self.k_, s, horizon / left)
        else:
            leaves = (self.a_, self.b_ + 1 + x)
            each = buys_after_gap(self.k_, leaves, s, gap / left, horizon / left)
        share = softmax(self._arrived(frequency, exposure), axis=0)
        return np.asarray((share * each[:, position]).sum(axis=0))

    def discounted(self, data: Columns, horizon: float, rate: float) -> FloatArray:
        """Discount at nodes: regular purchases have no constant rate, dropout or not."""
        if self.k_ == 1:
            return super().discounted(data, horizon, rate)
        return PurchaseModel.discounted(self, data, horizon, rate)

    def ahead(self, exposure: FloatArray, horizon: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the new customer whose time ahead, and share of it in silence, are the same."""
        left = self.alpha_ + exposure.real
        share = np.round(exposure.imag / left / SILENCE_STEP) * SILENCE_STEP
        return np.asarray(1j * self.alpha_ * share), on_grid(horizon * (self.alpha_ / left))

    def draw(self, draws: Draws, exposure: FloatArray, horizon: Horizons) -> FloatArray:
        """Draw j, then the rate given j; every k-th arrival is a purchase, up to the last one."""
        x, s = draws.frequency, self.r_ + self.k_ * draws.frequency
        frequency = np.full(len(exposure), x)
        share = np.cumsum(softmax(self._arrived(frequency, exposure), axis=0), axis=0)
        lot = draws.once("arrived", lambda: draws.strata(ARRIVED))
        within = horizon / (self.alpha_ + exposure.real)
        counts = np.zeros((len(exposure), draws.n_draws))
        for j in range(self.k_):
            rate = draws.once(("rate", s, j), partial(_rates, draws, s + j))
            arrivals = count_arrivals(draws, rate, within)
            here = lot < share[j][:, None]
            if j:
                here &= lot >= share[j - 1][:, None]
            counts += here * np.floor((arrivals + j) / self.k_)
        if self.a_ == 0:
            return counts
        b = self.b_ + 1 + x
        last = draws.once(("last", self.a_, b), lambda: last_purchase(draws, self.a_, b))
        return np.asarray(np.minimum(counts, last))

    def to_lifetimes(self, frame: pd.DataFrame | None = None) -> Any:
        """Return a fitted ``ModifiedBetaGeoFitter``, where the regularity is 1.

        Raises
        ------
        ModelError
            ``lifetimes`` has no such model.
        """
        if self.k_ > 1:
            raise ModelError(
                "lifetimes has no model of regular purchases", got=self.k_, allowed="regularity 1"
            )
        return super().to_lifetimes(frame)


def _rates(draws: Draws, shape: float) -> FloatArray:
    return np.asarray(gammaincinv(shape, draws.strata(RATE)))
