"""BG/BB: on each occasion, such as a day, a customer who is still one buys or does not."""

from __future__ import annotations

from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import betaincinv, gammaln, psi

from winback.errors import ModelError, Sentence
from winback.estimators.base.bridge import lifetimes_fitter
from winback.estimators.base.frames import (
    FloatArray,
    group_rows,
    read_columns,
    read_weight,
    tally_rows,
)
from winback.estimators.base.likelihood_model import LikelihoodModel
from winback.estimators.base.optimum import covariance, edge_reason, maximise
from winback.estimators.base.simulation import (
    ARRIVALS,
    ARRIVALS_AT_ONCE,
    DROPOUT,
    LAST,
    RATE,
    Draws,
    Horizons,
    spread,
)
from winback.estimators.purchase.beta_binomial_likelihood import BetaBinomialLikelihood, log_parts
from winback.estimators.purchase.dropout import GAIN, LIFETIMES_ZERO, demand_repeat_customers
from winback.estimators.purchase.purchase_model import Columns, PurchaseModel
from winback.messages import Message

LOWER, UPPER = 1e-5, 1e7
NEAR_POLE = 1e-6  # of gamma to 1


class BetaGeoBetaBinomialModel(LikelihoodModel, PurchaseModel):
    """The BG/BB model of Fader, Hardie & Shang (2010), for purchases on occasions.

    Time runs in occasions, whole numbers of them: on each, a customer who is still one buys with a
    probability of their own, Beta(alpha, beta) over customers, and leaves before it with another,
    Beta(gamma, delta). Nobody buys more than once on an occasion. Of purchase days, whose occasions
    are days, that is what is counted; of gifts to a yearly campaign, one a year.

    Fitted by maximum likelihood on distinct histories, and verified. Where the data show no
    dropout, the beta-binomial model without it is fitted instead, ``gamma_ = 0`` and P(alive) = 1;
    ``degenerate_`` says so.

    Attributes
    ----------
    alpha_, beta_, gamma_, delta_ : float
        The parameters, > 0 (``gamma_`` = 0 without dropout).
    log_likelihood_, converged_, degenerate_, n_, covariance_, summary_, aic_, bic_, ...
        How good the fit is, and how sure: see `BetaGeoModel`.

    References
    ----------
    P. S. Fader, B. G. S. Hardie, J. Shang (2010), Customer-Base Analysis in a Discrete-Time
    Noncontractual Setting, Marketing Science 29(6), 1086-1108.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "frequency": [0, 1, 1, 2, 3, 6], "recency": [0, 1, 4, 5, 6, 6], "T": 6,
    ...     "weight": [600, 150, 60, 60, 40, 30]})
    >>> model = BetaGeoBetaBinomialModel().fit(frame)
    >>> model.converged_, model.degenerate_
    (True, None)
    >>> model.p_alive(frame).round(2).tolist()
    [0.13, 0.13, 0.73, 0.86, 1.0, 1.0]
    """

    title = "BG/BB"
    names = ("alpha", "beta", "gamma", "delta")

    alpha_: float
    beta_: float
    gamma_: float
    delta_: float

    def fit(self, frame: pd.DataFrame, y: None = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Fit to one row per customer, or one per distinct history with a ``weight``.

        Parameters
        ----------
        frame
            Columns ``frequency``, ``recency``, ``T`` (whole numbers of occasions) and optionally
            ``weight``.

        Raises
        ------
        ModelError
            If a column is missing or a row is impossible.
        NotEnoughDataError
            If fewer than 20 customers have bought again.
        """
        name = type(self).__name__
        data = self._whole(read_columns(frame, self.columns, reader=name))
        x, tx, t = (data[column] for column in self.columns)
        (x, tx, t), weight = tally_rows(
            [x, np.where(x > 0, tx, 0.0), t], read_weight(frame, reader=name)
        )
        n, repeat = float(weight.sum()), float(weight[x > 0].sum())
        demand_repeat_customers(repeat, n, self.title)
        likelihood = BetaBinomialLikelihood(x, tx, t, weight)
        ratio, age = float(weight @ (t - x)) / float(weight @ x), float(weight @ t) / n
        climb = partial(maximise, likelihood, n=n, lower=LOWER, upper=UPPER)
        shapes = (0.8, 0.2, 3.0)
        nested = climb([(s, s * max(ratio, 0.01)) for s in shapes])
        starts = [(*nested.parameters, s, 3.0 * s * max(age, 1.0)) for s in shapes]
        full = climb(starts)
        gain = full.log_likelihood - nested.log_likelihood
        best = full if gain > GAIN and (full.converged or not nested.converged) else nested
        k = len(best.parameters)
        for parameter, value in zip(
            self.names, np.r_[best.parameters, (0.0, 1.0)[: 4 - k]], strict=True
        ):
            setattr(self, f"{parameter}_", float(value))
        self.log_likelihood_, self.converged_, self.n_ = best.log_likelihood, best.converged, n
        self.covariance_ = np.full((4, 4), np.nan)
        self.covariance_[:k, :k] = covariance(best)
        weak = Message("fit.weak_probability", a=full.parameters[2], b=full.parameters[3],
                       mean=full.parameters[2] / full.parameters[2:].sum())  # fmt: skip
        self.degenerate_ = (
            edge_reason(self.names, full)
            if best is full
            else Message("fit.no_dropout", dropout=weak, gain=max(gain, 0.0))
        )
        self.diagnostics_ = {**best.diagnostics, "gain_over_no_dropout": float(gain)}
        return self

    def _whole(self, data: Columns) -> Columns:
        """Refuse times that are no whole numbers of occasions, or too few for the purchases."""
        for name in ("recency", "T"):
            if (data[name] != np.floor(data[name])).any():
                raise ModelError(
                    Sentence("column '{name}' is no whole number of occasions", name=name),
                    got=float(data[name][data[name] != np.floor(data[name])][0]),
                    allowed="whole numbers",
                    hint="count time in occasions, such as days",
                )
        many = data["frequency"] > data["recency"]
        if many.any():
            raise ModelError(
                "somebody has bought more often than there were occasions",
                got=Sentence(
                    "{purchases:g} {purchases:form.purchase/purchases} by {occasions:g}",
                    purchases=data["frequency"][many][0],
                    occasions=data["recency"][many][0],
                ),
                allowed="frequency <= recency",
                hint="count purchase days, and time in days",
            )
        return data

    def _read(self, frame: Any) -> Columns:
        return self._whole(super()._read(frame))

    def alive(self, data: Columns) -> FloatArray:
        """P(alive) = A / (A + D), of the likelihood's two parts."""
        x, tx, t = data["frequency"], data["recency"], data["T"]
        if self.gamma_ == 0:
            return np.ones_like(x)
        (x, tx, t), position = group_rows([x, np.where(x > 0, tx, 0.0), t])
        stays, gone = log_parts(self._estimates(), x, tx, t)
        alive: FloatArray = np.exp(stays - np.logaddexp(stays, gone))
        return alive[position]

    def exposure(self, data: Columns) -> FloatArray:
        """Return the occasions so far."""
        return data["T"]

    def expected_alive(
        self, frequency: FloatArray, exposure: FloatArray, horizons: FloatArray
    ) -> FloatArray:
        """Return equation (13) without P(alive): E[p] times the expected occasions to come.

        Of those, with d = delta + n: d/(gamma-1) (1 - G(1+d+h) G(gamma+d) / (G(1+d) G(gamma+d+h))),
        and d (psi(1+d+h) - psi(1+d)) where gamma is 1.
        """
        chance = (self.alpha_ + frequency) / (self.alpha_ + self.beta_ + exposure)
        d, gamma = (self.delta_ + exposure)[:, None], self.gamma_
        if gamma == 0:
            return np.asarray(chance[:, None] * horizons)
        if abs(gamma - 1) < NEAR_POLE:
            occasions = d * (psi(1 + d + horizons) - psi(1 + d))
        else:
            fallen = (gammaln(1 + d + horizons) - gammaln(1 + d)) - (
                gammaln(gamma + d + horizons) - gammaln(gamma + d)
            )
            occasions = -d / (gamma - 1) * np.expm1(fallen)
        return np.asarray(chance[:, None] * np.clip(occasions, 0.0, horizons))

    def buys_alive(
        self, frequency: FloatArray, exposure: FloatArray, horizon: float, gap: float = 0.0
    ) -> FloatArray:
        """Sum over occasions: still a customer, and the first purchase after the gap.

        With S(i) = B(gamma, delta+n+i) / B(gamma, delta+n) and p ~ Beta(alpha+x, beta+n-x):

            P = sum_{m<H} S(g+1+m) E[p (1-p)^m],

        no term of which cancels. Part of an occasion counts as that part of its term.
        """
        x, n = frequency, exposure
        a, b = self.alpha_ + x, self.beta_ + n - x
        start = float(np.floor(gap))
        d = self.delta_ + n + start + 1
        there = np.ones_like(n)
        if self.gamma_ > 0:
            there = np.exp(
                gammaln(d) - gammaln(self.delta_ + n)
                + gammaln(self.gamma_ + self.delta_ + n) - gammaln(self.gamma_ + d)
            )  # fmt: skip
        term, buys = there * a / (a + b), np.zeros_like(n)
        for m in range(int(np.ceil(horizon))):
            buys += min(horizon - m, 1.0) * term
            term = term * (b + m) / (a + b + m + 1) * (d + m) / (self.gamma_ + d + m)
        return np.asarray(np.clip(buys, 0.0, 1.0))

    def draw(self, draws: Draws, exposure: FloatArray, horizon: Horizons) -> FloatArray:
        """Count purchases on the occasions that a customer stays for, up to the horizon.

        The occasions between two purchases are geometric: counts rise with the horizon, draw by
        draw.
        """
        x, n = draws.frequency, exposure[:, None]
        until = np.broadcast_to(np.floor(horizon), exposure.shape)[:, None]
        chance = betaincinv(self.alpha_ + x, self.beta_ + n - x, draws.strata(RATE))
        stays = np.repeat(until, draws.n_draws, axis=1)
        with np.errstate(divide="ignore", over="ignore"):
            if self.gamma_ > 0:
                leaves = betaincinv(self.gamma_, self.delta_ + n, draws.strata(DROPOUT))
                stays = np.minimum(stays, np.floor(np.log(draws.strata(LAST)) / np.log1p(-leaves)))
            per_occasion = np.log1p(-chance)
            stream, clock, counts = (
                draws.stream(ARRIVALS),
                np.zeros_like(stays),
                np.zeros_like(stays),
            )
            while (clock < stays).any():
                for lot in np.log(spread(stream, ARRIVALS_AT_ONCE, draws.n_draws)):
                    clock += np.floor(lot / per_occasion) + 1
                    counts += clock <= stays
        return counts

    def to_lifetimes(self) -> Any:
        """Return a fitted ``BetaGeoBetaBinomFitter`` of ``lifetimes`` that predicts alike."""
        values = self._estimates()
        values[2] = max(values[2], LIFETIMES_ZERO)
        parameters = dict(zip(self.names, values, strict=True))
        return lifetimes_fitter("BetaGeoBetaBinomFitter", parameters, self.covariance_)
