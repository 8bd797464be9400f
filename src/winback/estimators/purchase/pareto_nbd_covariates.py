"""Pareto/NBD whose rates of buying and of leaving differ with what is known of a customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd

from winback.errors import ModelError, Sentence
from winback.estimators.base.frames import FloatArray, read_columns, read_weight, tally_rows, thin
from winback.estimators.base.optimum import Optimum, covariance, edge_reason, maximise
from winback.estimators.base.simulation import on_grid
from winback.estimators.purchase.covariate_likelihood import CovariateLikelihood
from winback.estimators.purchase.dropout import (
    GAIN,
    LOWER,
    THINNED,
    UPPER,
    demand_repeat_customers,
)
from winback.estimators.purchase.pareto_nbd import ParetoNBDModel
from winback.estimators.purchase.purchase_model import Columns
from winback.estimators.purchase.purchase_tally import PurchaseTally
from winback.messages import Message


class ParetoNBDCovariatesModel(ParetoNBDModel):
    """Pareto/NBD with static covariates of purchase and dropout (Fader & Hardie 2007).

    As `ParetoNBDModel`, but a unit of a covariate multiplies a customer's purchase rate, or rate of
    leaving, by a factor that is estimated: alpha and beta are divided by it. A covariate is a
    number or a flag (0 or 1) that does not change and was known from a customer's first day: what
    is written down later, because of how somebody buys, foretells nothing.

    Parameters
    ----------
    purchase, dropout
        Columns of the frame: the covariates of either rate.

    Attributes
    ----------
    r_, alpha_, s_, beta_ : float
        The parameters of a customer whose covariates are all 0.
    purchase_NAME_, dropout_NAME_ : float
        By what a unit of the covariate multiplies the rate, > 0; exp(gamma) of the literature.
    log_likelihood_, converged_, degenerate_, n_, covariance_, summary_, aic_, bic_, ...
        How good the fit is, and how sure: see `BetaGeoModel`.

    References
    ----------
    P. S. Fader, B. G. S. Hardie (2007), Incorporating Time-Invariant Covariates into the Pareto/NBD
    and BG/NBD Models, http://brucehardie.com/notes/019/

    Examples
    --------
    Of whom an offer was shown to (`shown`), some buy twice as often:

    >>> from winback.estimators.purchase.generate import generate_customers
    >>> truth = {"r": 0.9, "alpha": 12, "s": 0.6, "beta": 20}
    >>> few = generate_customers("pareto_nbd", truth, 60, size=4000).assign(shown=0)
    >>> many = generate_customers("pareto_nbd", truth | {"alpha": 6}, 60, size=4000, random_state=1)
    >>> frame = pd.concat([few, many.assign(shown=1)], ignore_index=True)
    >>> model = ParetoNBDCovariatesModel(purchase=("shown",), dropout=("shown",)).fit(frame)
    >>> model.confidence_intervals(0.99).loc["purchase_shown"].round(1).tolist()
    [1.8, 2.1]
    """

    title = "Pareto/NBD with covariates"

    def __init__(self, *, purchase: Sequence[str] = (), dropout: Sequence[str] = ()) -> None:
        self.purchase = purchase
        self.dropout = dropout

    @property
    def names(self) -> tuple[str, ...]:  # type: ignore[override]
        """The parameters: of everybody, and what covariates multiply rates by."""
        effects = [f"purchase_{name}" for name in self.purchase]
        return ("r", "alpha", "s", "beta", *effects, *[f"dropout_{name}" for name in self.dropout])

    @property
    def signed(self) -> tuple[str, ...]:  # type: ignore[override]
        """The covariates."""
        return tuple(dict.fromkeys((*self.purchase, *self.dropout)))

    @property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]
        """The columns read."""
        return ("frequency", "recency", "T", *self.signed)

    @property
    def n_parameters_(self) -> int:
        """The number of parameters estimated: without dropout, those of purchases alone."""
        self._check_fitted()
        return len(self.names) if self._drops else 2 + len(self.purchase)

    def fit(self, frame: pd.DataFrame, y: None = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Fit to one row per customer, or one per distinct history with a ``weight``.

        Parameters
        ----------
        frame
            Columns ``frequency``, ``recency``, ``T``, the covariates and optionally ``weight``.

        Raises
        ------
        ModelError
            If a column is missing, a row is impossible, or a covariate is the same for everybody.
        NotEnoughDataError
            If fewer than 20 customers have bought again.
        """
        reader = type(self).__name__
        data = read_columns(frame, self.columns, reader=reader, signed=self.signed)
        x, T, weight = data["frequency"], data["T"], read_weight(frame, reader=reader)
        last = np.where(x > 0, data["recency"], 0.0)
        rows, w = tally_rows([x, T, last, *(data[name] for name in self.signed)], weight)
        tally = PurchaseTally(rows[0], rows[2], rows[1], w)
        demand_repeat_customers(tally.n_repeat, tally.n, self.title)
        known = dict(zip(self.signed, rows[3:], strict=True))
        scale = {name: _mean_and_spread(name, values, w) for name, values in known.items()}

        def standard(names: Sequence[str]) -> FloatArray:
            columns = [(known[name] - scale[name][0]) / scale[name][1] for name in names]
            return np.column_stack([*columns, np.empty((len(w), 0))])

        likelihood = CovariateLikelihood(
            rows[0], rows[2] / tally.unit, rows[1] / tally.unit, w,
            standard(self.purchase), standard(self.dropout),
        )  # fmt: skip
        self._climb_all(tally, likelihood)
        self._unscale(scale)
        return self

    def _climb_all(self, tally: PurchaseTally, likelihood: CovariateLikelihood) -> None:
        names = ("frequency", "recency", "T", "weight")
        plain = ParetoNBDModel().fit(pd.DataFrame(dict(zip(names, tally.rows, strict=True))))
        purchase, dropout = np.ones(len(self.purchase)), np.ones(len(self.dropout))
        start = (plain.r_, plain.alpha_ / tally.unit)
        nested = self._best(likelihood, [(*start, *purchase)], drops=False)
        pairs = [(plain.s_, plain.beta_ / tally.unit)] if plain.s_ > 0 else self.dropout_starts
        full = self._best(
            likelihood, [(*start, *pair, *purchase, *dropout) for pair in pairs], drops=True
        )
        gain = full.log_likelihood - nested.log_likelihood
        sound = full.converged or not nested.converged
        drops = gain > GAIN + len(self.dropout) and sound
        best = full if drops else nested
        places = np.arange(len(self.names))
        if not drops:  # r, alpha and the effects on purchases
            places = np.r_[0, 1, 4 : 4 + len(purchase)]
        values = np.r_[1.0, 1.0, 0.0, 2.0, np.ones(len(purchase) + len(dropout))]
        values[places] = best.parameters
        unit = np.ones(len(values))
        unit[[1, 3]] = tally.unit
        for name, value in zip(self.names, values * unit, strict=True):
            setattr(self, f"{name}_", float(value))
        self.log_likelihood_ = best.log_likelihood + tally.unit_correction
        self.converged_, self.n_, self.n_repeat_ = best.converged, tally.n, tally.n_repeat
        self.covariance_ = np.full((len(values), len(values)), np.nan)
        self.covariance_[np.ix_(places, places)] = covariance(best)
        self.covariance_ *= np.outer(unit, unit)
        weak = self._weak_dropout(float(full.parameters[2]), float(full.parameters[3]))
        self.degenerate_ = (
            edge_reason(self.names, full)
            if drops
            else Message("fit.no_dropout", dropout=weak, gain=max(gain, 0.0))
        )
        self.diagnostics_ = {
            **best.diagnostics,
            "gain_over_no_dropout": float(gain),
            "gain_over_no_covariates": float(self.log_likelihood_ - plain.log_likelihood_),
            "distinct_histories": len(tally.w),
        }

    def _best(
        self, likelihood: CovariateLikelihood, starts: list[tuple[float, ...]], *, drops: bool
    ) -> Optimum:
        def climb(of: CovariateLikelihood, starts: list[tuple[float, ...]]) -> Optimum:
            surface = of if drops else of.no_dropout
            n = float(of.weight.sum())
            return maximise(surface, starts, n=n, lower=LOWER, upper=UPPER, enough=2)

        if len(likelihood.weight) > THINNED:  # climb most of the way on few rows
            kept, count = thin(likelihood.weight, THINNED)
            few = likelihood.at(kept, count)
            starts = [tuple(climb(few, starts).parameters), *starts[:1]]
        return climb(likelihood, starts)

    def _unscale(self, scale: dict[str, tuple[float, float]]) -> None:
        """Turn effects of a standard deviation into those of a unit, and alpha and beta to z = 0.

        In logarithms that is linear, and so is what becomes of their covariance.
        """
        turn = np.eye(len(self.names))
        place = 4
        for rate, names in ((1, self.purchase), (3, self.dropout)):
            for name in names:
                mean, spread = scale[name]
                turn[rate, place], turn[place, place] = mean / spread, 1 / spread
                place += 1
        values = self._estimates()
        with np.errstate(divide="ignore", invalid="ignore"):
            new = np.exp(np.where(turn != 0, turn * np.log(values), 0.0).sum(axis=1))
            logs = self.covariance_ / np.outer(values, values)
        known = np.isfinite(np.diag(logs))
        inner = np.ix_(known, known)
        turned = turn[inner] @ logs[inner] @ turn[inner].T
        self.covariance_[inner] = turned * np.outer(new[known], new[known])
        for name, value in zip(self.names, new, strict=True):
            setattr(self, f"{name}_", float(value))

    def _scales(self, data: Columns) -> tuple[FloatArray, FloatArray]:
        """Return each customer's alpha and beta."""
        alpha, beta = (np.full(len(data["T"]), value) for value in (self.alpha_, self.beta_))
        for name in self.purchase:
            alpha *= getattr(self, f"purchase_{name}_") ** -data[name]
        for name in self.dropout:
            beta *= getattr(self, f"dropout_{name}_") ** -data[name]
        return alpha, beta

    def exposure(self, data: Columns) -> FloatArray:
        """Return alpha + T of each customer, and i times beta + T: both decide a living future."""
        alpha, beta = self._scales(data)
        return np.asarray(alpha + data["T"] + 1j * (beta + data["T"]))

    def _left(self, exposure: FloatArray) -> tuple[FloatArray, FloatArray]:
        return exposure.real, exposure.imag

    def ahead(self, exposure: FloatArray, horizon: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the same future of a customer whose alpha + T is 1."""
        buys, stays = self._left(exposure)
        return np.asarray(1 + 1j * on_grid(stays / buys)), on_grid(horizon / buys)

    def discounted(self, data: Columns, horizon: float, rate: float) -> FloatArray:
        """Discount; in closed form for ever, and where nobody drops out."""
        if self._drops:
            return super().discounted(data, horizon, rate)
        alpha, _ = self._scales(data)
        plain = self.alpha_ + data["T"]
        return np.asarray(super().discounted(data, horizon, rate) * plain / (alpha + data["T"]))

    def to_lifetimes(self, frame: pd.DataFrame | None = None) -> Any:  # noqa: ARG002
        """Refuse: ``lifetimes`` has no such model.

        Raises
        ------
        ModelError
            Always.
        """
        raise ModelError("lifetimes has no model with covariates", got=self.title)


def _mean_and_spread(name: str, values: FloatArray, weight: FloatArray) -> tuple[float, float]:
    mean = float(np.average(values, weights=weight))
    spread = float(np.sqrt(np.average((values - mean) ** 2, weights=weight)))
    if not spread > 1e-9 * max(1.0, abs(mean)):
        raise ModelError(
            Sentence("covariate '{name}' is the same for everybody", name=name),
            got=mean,
            hint="leave it out",
        )
    return mean, spread
