"""What the models of buying till dropping out share: one fit, one way to report and to fall back.

BG/NBD, MBG/NBD and Pareto/NBD agree on purchases (Poisson, with rates Gamma(r, alpha) over
customers) and differ in how customers leave. Without dropout all three are the NBD.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from winback.errors import NotEnoughDataError
from winback.estimators.base.bridge import lifetimes_fitter
from winback.estimators.base.discounting import discounted_time
from winback.estimators.base.frames import FloatArray, read_columns, read_weight
from winback.estimators.base.likelihood_model import LikelihoodModel
from winback.estimators.base.optimum import Likelihood, Optimum, covariance, edge_reason, maximise
from winback.estimators.purchase.purchase_model import Columns, PurchaseModel
from winback.estimators.purchase.purchase_tally import PurchaseTally
from winback.messages import Message

MIN_REPEAT_CUSTOMERS = 20  # five for each of the four parameters; fewer leave them undetermined
LOWER, UPPER = 1e-5, 1e4  # in units of the mean age; beyond, the model has reached a limit
# Log-likelihood that dropout must gain over its absence: its two parameters have to earn their
# keep by Akaike's criterion. Where the maximum lies at no dropout the gain is 0 up to rounding;
# where nobody drops out, chance alone gives up to about 2, with the parameters anywhere.
GAIN = 2.0
THINNED = 20_000  # rows of a first, rough climb where there are more
LIFETIMES_ZERO = 1e-12  # lifetimes divides by the parameter that is 0 without dropout


def demand_repeat_customers(repeat: float, customers: float, title: str) -> None:
    """Refuse to fit the parameters of dropout to too few who bought again.

    Raises
    ------
    NotEnoughDataError
        Fewer than `MIN_REPEAT_CUSTOMERS` of the `customers` did.
    """
    if repeat < MIN_REPEAT_CUSTOMERS:
        raise NotEnoughDataError(
            Message("few.repeat", model=title),
            got=Message("few.part", part=repeat, whole=customers),
            allowed=Message("bound.least", least=MIN_REPEAT_CUSTOMERS),
            hint="use the simple rule 'rate', or more history",
        )


class DropoutModel(LikelihoodModel, PurchaseModel):
    """A model with parameters r, alpha and two of dropout, the first of which is 0 without it.

    A subclass names its parameters and says its likelihood, and what follows for a customer.
    """

    title: ClassVar[str]  # as in the literature
    in_time: ClassVar[tuple[bool, ...]]  # which parameters are in the unit of time
    dropout_starts: ClassVar[tuple[tuple[float, float], ...]]  # ages in units of their mean
    lifetimes_name: ClassVar[str]

    r_: float
    alpha_: float
    n_repeat_: float

    @abstractmethod
    def _likelihood(self, tally: PurchaseTally) -> Likelihood:
        """Return the log-likelihood of the model on these customers."""

    def _without_dropout(self, tally: PurchaseTally) -> Likelihood:
        """Return the log-likelihood of (r, alpha) where everybody stays."""
        return tally.no_dropout

    @property
    def _arrivals_each(self) -> int:
        """Arrivals of the Poisson process to a purchase."""
        return 1

    @abstractmethod
    def _weak_dropout(self, first: float, second: float) -> Message:
        """Say what dropout was fitted."""

    def fit(self, frame: pd.DataFrame, y: None = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Fit to one row per customer, or one per distinct history with a ``weight``.

        Parameters
        ----------
        frame
            Columns ``frequency``, ``recency``, ``T`` and optionally ``weight``. The time and
            the memory of a fit depend on the number of distinct histories alone.

        Raises
        ------
        ModelError
            If a column is missing or a row is impossible.
        NotEnoughDataError
            If fewer than 20 customers have bought again.
        """
        name = type(self).__name__
        data = read_columns(frame, self.columns, reader=name)
        weight = read_weight(frame, reader=name)
        tally = PurchaseTally.of_customers(data["frequency"], data["recency"], data["T"], weight)
        demand_repeat_customers(tally.n_repeat, tally.n, self.title)
        self._fit_tally(tally)
        return self

    def _fit_tally(self, tally: PurchaseTally) -> None:
        mean = self._arrivals_each * tally.purchases / tally.n
        nested = maximise(
            self._without_dropout(tally),
            [(1.0, 1.0 / mean), (0.1, 0.1 / mean), (10.0, 10.0 / mean)],
            n=tally.n,
            lower=LOWER,
            upper=UPPER,
        )
        full = self._climb(tally, nested)
        gain = full.log_likelihood - nested.log_likelihood
        sound = full.converged or not nested.converged
        best = full if gain > GAIN and sound else nested
        k = len(best.parameters)
        scale = np.where(self.in_time, tally.unit, 1.0)[:k]
        values = np.r_[best.parameters * scale, (0.0, 2.0)[: 4 - k]]  # the last: any will do
        for name, value in zip(self.names, values, strict=True):
            setattr(self, f"{name}_", float(value))
        self.log_likelihood_ = best.log_likelihood + tally.unit_correction
        self.converged_ = best.converged
        self.n_, self.n_repeat_ = tally.n, tally.n_repeat
        self.covariance_ = np.full((4, 4), np.nan)
        self.covariance_[:k, :k] = covariance(best) * np.outer(scale, scale)
        self.degenerate_ = self._reason(full, best, gain)
        self.diagnostics_ = {
            **best.diagnostics,
            "at_bound": [
                name for name, edge in zip(self.names, best.at_bound, strict=False) if edge
            ],
            "gain_over_no_dropout": float(gain),
            "distinct_histories": len(tally.w),
        }

    def _climb(self, tally: PurchaseTally, nested: Optimum) -> Optimum:
        r, alpha = nested.parameters
        starts: list[Sequence[float]] = [(r, alpha, *pair) for pair in self.dropout_starts]
        if len(tally.w) <= THINNED:
            return maximise(self._likelihood(tally), starts, n=tally.n, lower=LOWER, upper=UPPER)
        few = tally.thinned(THINNED)  # climb most of the way on few rows
        near = maximise(self._likelihood(few), starts, n=few.n, lower=LOWER, upper=UPPER)
        starts.insert(0, tuple(near.parameters))
        # where nobody drops out every start leads to a bound: few rows have tried them all, and
        # one more is to find nothing better on all rows
        every = self._likelihood(tally)
        return maximise(every, starts, n=tally.n, lower=LOWER, upper=UPPER, enough=2)

    def _reason(self, full: Optimum, best: Optimum, gain: float) -> Message | None:
        """Say what is degenerate about the fit, or None where nothing is."""
        if best is full:
            return edge_reason(self.names, full)
        first, second = (float(value) for value in full.parameters[2:])
        if gain > GAIN:
            return Message("fit.no_maximum", model=self.title)
        weak = self._weak_dropout(first, second)
        return Message("fit.no_dropout", dropout=weak, gain=max(gain, 0.0))

    @property
    def _drops(self) -> bool:
        """Whether customers drop out at all: false for the nested NBD."""
        return float(getattr(self, f"{self.names[2]}_")) > 0

    @property
    def n_parameters_(self) -> int:
        """The number of parameters estimated: 2 for the NBD without dropout."""
        self._check_fitted()
        return 4 if self._drops else 2

    def exposure(self, data: Columns) -> FloatArray:
        """Return the number that, with ``frequency``, decides a living future."""
        return data["T"]

    @property
    def bend(self) -> float:
        """The shortest time within which a customer's expectation bends."""
        return self.alpha_

    def discounted(self, data: Columns, horizon: float, rate: float) -> FloatArray:
        """Discount; in closed form where nobody drops out, (r+x)/(alpha+T) per unit of time."""
        if self._drops:
            return super().discounted(data, horizon, rate)
        expected = (self.r_ + data["frequency"]) / (self.alpha_ + data["T"])
        return np.asarray(expected * discounted_time(horizon, rate))

    def to_lifetimes(self, frame: pd.DataFrame | None = None) -> Any:
        """Return a fitted fitter of ``lifetimes`` that predicts and draws alike.

        Parameters
        ----------
        frame
            Customers (``frequency``, ``recency``, ``T``), for those of its plots that draw
            them beside the model, such as ``plot_period_transactions``.

        Examples
        --------
        >>> from winback.estimators.purchase.beta_geo import BetaGeoModel
        >>> frame = pd.DataFrame({"frequency": [0, 1, 4], "recency": [0, 9, 30], "T": [40, 30, 33]})
        >>> model = BetaGeoModel().fit(frame.assign(weight=[90, 40, 20]))
        >>> fitter = model.to_lifetimes(frame)
        >>> type(fitter).__name__, fitter.data["frequency"].tolist()
        ('BetaGeoFitter', [0.0, 1.0, 4.0])
        """
        values = self._estimates()
        values[2] = max(values[2], LIFETIMES_ZERO)
        fitter = lifetimes_fitter(
            self.lifetimes_name,
            dict(zip(self.names, values, strict=True)),
            self.covariance_,
            frame=frame,
            columns=self.columns,
        )
        fitter.predict = fitter.conditional_expected_number_of_purchases_up_to_time
        return fitter
