"""Purchases by a rule of thumb behind the contract of the models: to be beaten, or to fall back on.

The heuristic ``frequency * monetary_value / T`` is this ``rate`` and the spend rule ``own_mean``.
"""

from __future__ import annotations

from typing import Literal, Self, get_args

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from winback.errors import ModelError
from winback.estimators.base.discounting import discounted_time
from winback.estimators.base.frames import FloatArray, read_columns, read_weight
from winback.estimators.base.simulation import RATE, Draws, Horizons, count_arrivals, on_grid
from winback.estimators.purchase.purchase_model import Columns, PurchaseModel

PurchaseRuleName = Literal["rate", "last_period", "zero"]


class PurchaseRule(PurchaseModel):
    """Expected purchases by a rule of thumb; nobody is ever known to be gone.

    Parameters
    ----------
    rule
        ``rate``: the customer's own rate, frequency / T x horizon.
        ``last_period``: as many as in the last ``period`` (column ``last_horizon_purchases``).
        ``zero``: none.
    period
        The length that ``last_horizon_purchases`` was counted over, in the unit of ``T``;
        needed by ``last_period``.

    Attributes
    ----------
    rate_ : float
        Repeat purchases per customer and unit of time; what a new customer is expected to do.
    n_ : float
        Customers.

    Notes
    -----
    Intervals come from a Poisson count whose mean is the rule's, times a Gamma factor of mean 1
    and shape frequency + 1/2: a rate read off few purchases is uncertain (the Jeffreys
    posterior of a Poisson rate). Where the rule says 0, so does the interval.

    Examples
    --------
    >>> frame = pd.DataFrame({"frequency": [4, 0], "recency": [80, 0], "T": [100, 0]})
    >>> PurchaseRule("rate").fit(frame).expected_purchases(frame, horizon=50).tolist()
    [2.0, 0.0]
    """

    knows_alive = False

    def __init__(self, rule: PurchaseRuleName = "rate", period: float | None = None) -> None:
        self.rule = rule
        self.period = period

    @property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]
        """The columns read."""
        base = ("frequency", "recency", "T")
        return (*base, "last_horizon_purchases") if self.rule == "last_period" else base

    def fit(self, frame: pd.DataFrame, y: None = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Check the frame and learn the overall rate."""
        if self.rule not in get_args(PurchaseRuleName):
            raise ModelError(
                "unknown purchase rule",
                got=self.rule,
                allowed=", ".join(get_args(PurchaseRuleName)),
            )
        if self.rule == "last_period" and not (self.period and self.period > 0):
            raise ModelError("the rule 'last_period' needs its period", got=self.period)
        data = read_columns(frame, self.columns, reader="PurchaseRule")
        weight = read_weight(frame, reader="PurchaseRule")
        weight = np.ones(len(frame)) if weight is None else weight
        self.n_ = float(weight.sum())
        time = float(weight @ data["T"])
        self.rate_ = float(weight @ data["frequency"]) / time if time > 0 else 0.0
        return self

    def new_customer(self) -> Columns:
        """Return the history of somebody who buys at the overall rate."""
        self._check_fitted()
        columns = {
            "frequency": 1.0 if self.rate_ > 0 else 0.0,
            "recency": 0.0,
            "T": 1.0 / self.rate_ if self.rate_ > 0 else 1.0,
            "last_horizon_purchases": self.rate_ * float(self.period or 0.0),
        }
        return {name: np.array([value]) for name, value in columns.items()}

    def alive(self, data: Columns) -> FloatArray:
        """Return P(alive now | history), in [0, 1]."""
        return np.ones_like(data["frequency"])

    def exposure(self, data: Columns) -> FloatArray:
        """Return the rule's purchases per unit of time."""
        if self.rule == "zero":
            return np.zeros_like(data["frequency"])
        if self.rule == "last_period":
            return data["last_horizon_purchases"] / float(self.period or 1)
        T = data["T"]
        return np.divide(data["frequency"], T, out=np.zeros_like(T), where=T > 0)

    def expected_alive(
        self,
        frequency: FloatArray,  # noqa: ARG002 - the contract
        exposure: FloatArray,
        horizons: FloatArray,
    ) -> FloatArray:
        """Return E[purchases within each horizon | alive], shape (n, len(horizons))."""
        return exposure[:, None] * horizons

    def discounted(self, data: Columns, horizon: float, rate: float) -> FloatArray:
        """Return expected purchases, each worth ``exp(-rate * t)`` at its moment t."""
        return self.exposure(data) * discounted_time(horizon, rate)

    def buys_alive(
        self,
        frequency: FloatArray,
        exposure: FloatArray,
        horizon: float,
        gap: float = 0.0,  # noqa: ARG002 - nobody ever leaves
    ) -> FloatArray:
        """P(N > 0) of the Gamma-mixed Poisson count that the intervals are drawn from."""
        shape = frequency + 0.5
        return -np.expm1(-shape * np.log1p(exposure * horizon / shape))

    def ahead(self, exposure: FloatArray, horizon: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return as many purchases as expected, within one unit of time."""
        expected = on_grid(exposure * horizon)
        return expected, np.ones_like(expected)

    def draw(self, draws: Draws, exposure: FloatArray, horizon: Horizons) -> FloatArray:
        """Draw what may happen; see the contract."""
        shape = draws.frequency + 0.5
        rate = draws.once("rate", lambda: gammaincinv(shape, draws.strata(RATE)) / shape)
        return count_arrivals(draws, rate, exposure * horizon)
