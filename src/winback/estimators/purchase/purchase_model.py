"""The contract of purchase models: when will a customer buy again, and how often."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from winback.errors import ModelError, Sentence
from winback.estimators.base.discounting import check_discounting, discount_nodes
from winback.estimators.base.frames import FloatArray, group_rows, read_columns
from winback.estimators.base.parameters import Parameters
from winback.estimators.base.simulation import Draws, Horizons
from winback.estimators.base.state import PlainState

Columns = dict[str, FloatArray]


class PurchaseModel(PlainState, Parameters, ABC):
    """What every purchase model offers; times are in the unit of the frame's ``T``.

    A model says two things about a customer: the probability that the customer is alive, and
    what a living customer of this ``frequency`` and this exposure will do. A subclass implements
    ``fit`` and the four methods ``alive``, ``exposure``, ``expected_alive`` and
    ``buys_alive``, and ``draw`` for the simulation.

    Every prediction is finite and >= 0, for every row that the frame's contract admits.
    """

    columns: ClassVar[tuple[str, ...]] = ("frequency", "recency", "T")
    signed: ClassVar[tuple[str, ...]] = ()  # those of the columns that may lie below 0
    knows_alive: ClassVar[bool] = True  # False: nobody is ever known to be gone

    @abstractmethod
    def fit(self, frame: pd.DataFrame, y: None = None) -> Self:
        """Learn from customers; an optional column ``weight`` says how many a row stands for."""

    @abstractmethod
    def alive(self, data: Columns) -> FloatArray:
        """Return P(alive now | history)."""

    @abstractmethod
    def exposure(self, data: Columns) -> FloatArray:
        """Return the one number that, with ``frequency``, decides a living future.

        Where two decide it, a complex number holds both.
        """

    @abstractmethod
    def expected_alive(
        self, frequency: FloatArray, exposure: FloatArray, horizons: FloatArray
    ) -> FloatArray:
        """Return E[purchases within each horizon | alive], shape (n, len(horizons))."""

    @abstractmethod
    def buys_alive(
        self, frequency: FloatArray, exposure: FloatArray, horizon: float, gap: float = 0.0
    ) -> FloatArray:
        """Return P(at least one purchase in (gap, gap + horizon] | alive now)."""

    def ahead(self, exposure: FloatArray, horizon: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return exposures and horizons of fewer kinds whose living futures are the same.

        Where one number decides a future besides ``frequency``, customers of all ages and paces
        share what is drawn for a few hundred values of it.
        """
        return exposure, horizon

    @abstractmethod
    def draw(self, draws: Draws, exposure: FloatArray, horizon: Horizons) -> FloatArray:
        """Draw future purchases of living customers of one frequency, shape (n, n_draws).

        ``horizon`` is of shape (n,), one of each customer's, or one number for all.
        """

    def p_alive(self, frame: pd.DataFrame) -> pd.Series[float]:
        """Return the probability that each customer is still a customer, in [0, 1]."""
        data = self._read(frame)
        return pd.Series(self.alive(data), index=frame.index, name="p_alive")

    def expected_purchases(self, frame: pd.DataFrame, horizon: float) -> pd.Series[float]:
        """Return the expected number of purchase days within the next ``horizon``, >= 0."""
        length = _length(horizon)
        values = self.expected(self._read(frame), np.array([length]), np.ones(1))
        return pd.Series(values, index=frame.index, name="expected_purchases")

    def expected_if_alive(self, frame: pd.DataFrame, horizons: FloatArray) -> FloatArray:
        """Return E[purchases within each horizon | alive now], shape (n, len(horizons))."""
        data = self._read(frame)
        (x, exposure), position = group_rows([data["frequency"], self.exposure(data)])
        return self.expected_alive(x, exposure, horizons)[position]

    def discounted_purchases(
        self, frame: pd.DataFrame, horizon: float, *, rate: float
    ) -> pd.Series[float]:
        """Return expected purchases, each worth ``exp(-rate * t)`` at its own moment t.

        Parameters
        ----------
        horizon
            Length of time >= 0; infinity for all purchases to come, where ``rate`` is positive.
        rate
            Continuous discount rate per unit of time, >= 0; a year's rate d, in days, is
            ``log(1 + d) / 365``.

        Raises
        ------
        ModelError
            If the horizon or the rate is impossible, or the sum is infinite.

        Examples
        --------
        >>> from winback.estimators.purchase.purchase_rule import PurchaseRule
        >>> frame = pd.DataFrame({"frequency": [4, 0], "recency": [80, 0], "T": [100, 50]})
        >>> rule = PurchaseRule("rate").fit(frame)
        >>> rule.discounted_purchases(frame, np.inf, rate=0.001).round(6).tolist()
        [40.0, 0.0]
        """
        check_discounting(horizon, rate)
        values = self.discounted(self._read(frame), float(horizon), rate)
        return pd.Series(values, index=frame.index, name="discounted_purchases")

    def p_purchase(self, frame: pd.DataFrame, horizon: float) -> pd.Series[float]:
        """Return P(at least one purchase day within the next ``horizon``), in [0, 1]."""
        values = self._buys(self._read(frame), _length(horizon))
        return pd.Series(values, index=frame.index, name="p_purchase")

    def p_purchase_window(
        self, frame: pd.DataFrame, gap: float, horizon: float
    ) -> pd.Series[float]:
        """Return P(at least one purchase day in ``(gap, gap + horizon]`` from now), in [0, 1].

        What happens within the gap is not known: a customer may buy there, and may leave.

        Parameters
        ----------
        gap, horizon
            Lengths of time >= 0; with no gap this is `p_purchase`.

        Raises
        ------
        ModelError
            If either is not a length of time, or a row is impossible.

        Examples
        --------
        >>> from winback.estimators.purchase.purchase_rule import PurchaseRule
        >>> frame = pd.DataFrame({"frequency": [4, 0], "recency": [80, 0], "T": [100, 50]})
        >>> rule = PurchaseRule("rate").fit(frame)
        >>> rule.p_purchase_window(frame, gap=30, horizon=60).round(3).tolist()
        [0.854, 0.0]
        """
        values = self._buys(self._read(frame), _length(horizon), _length(gap, "gap"))
        return pd.Series(values, index=frame.index, name="p_purchase_window")

    def predict(self, frame: pd.DataFrame, horizon: float) -> pd.DataFrame:
        """Return what is expected of each customer within the next ``horizon``.

        Returns
        -------
        A frame aligned with the input: ``p_alive`` (now), ``expected_purchases`` and
        ``p_purchase`` (within the horizon).

        Raises
        ------
        ModelError
            If the horizon is not a length of time, or a row is impossible.

        Examples
        --------
        >>> from winback.estimators.purchase.modified_beta_geo import ModifiedBetaGeoModel
        >>> frame = pd.DataFrame({"frequency": [0, 1, 4], "recency": [0, 9, 30], "T": [40, 30, 33]})
        >>> model = ModifiedBetaGeoModel().fit(frame.assign(weight=[90, 40, 20]))
        >>> model.predict(frame, horizon=30).round(2)
           p_alive  expected_purchases  p_purchase
        0     0.01                0.02        0.01
        1     0.17                0.37        0.16
        2     0.78                1.95        0.74
        """
        length, data = _length(horizon), self._read(frame)
        return pd.DataFrame(
            {
                "p_alive": self.alive(data),
                "expected_purchases": self.expected(data, np.array([length]), np.ones(1)),
                "p_purchase": self._buys(data, length),
            },
            index=frame.index,
        )

    def expected_purchases_new(self, horizon: float) -> float:
        """Return the expected repeat purchase days of a customer acquired just now, >= 0."""
        return float(
            self.expected(self.new_customer(), np.array([_length(horizon)]), np.ones(1))[0]
        )

    def p_purchase_new(self, horizon: float) -> float:
        """Return P(a customer acquired just now buys again within ``horizon``), in [0, 1]."""
        return float(self._buys(self.new_customer(), _length(horizon))[0])

    def discounted_purchases_new(self, horizon: float, *, rate: float) -> float:
        """Return `discounted_purchases` of a customer acquired just now, >= 0."""
        check_discounting(horizon, rate)
        return float(self.discounted(self.new_customer(), float(horizon), rate)[0])

    def new_customer(self) -> Columns:
        """Return the history of a customer acquired just now."""
        self._check_fitted()
        return {name: np.zeros(1) for name in self.columns}

    def _buys(self, data: Columns, horizon: float, gap: float = 0.0) -> FloatArray:
        (x, exposure), position = group_rows([data["frequency"], self.exposure(data)])
        return self.alive(data) * self.buys_alive(x, exposure, horizon, gap)[position]

    def expected(self, data: Columns, horizons: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Return sum_k coefficients[k] E[purchases within horizons[k]] per customer."""
        (x, exposure), position = group_rows([data["frequency"], self.exposure(data)])
        alive: FloatArray = self.expected_alive(x, exposure, horizons) @ coefficients
        return self.alive(data) * alive[position]

    def discounted(self, data: Columns, horizon: float, rate: float) -> FloatArray:
        """Return expected purchases, each worth ``exp(-rate * t)`` at its moment t."""
        return self.expected(data, *discount_nodes(horizon, rate, self.bend))

    @property
    def bend(self) -> float:
        """The shortest time within which a customer's expectation bends."""
        return 1.0

    def _read(self, frame: Any) -> Columns:
        self._check_fitted()
        return read_columns(frame, self.columns, reader=type(self).__name__, signed=self.signed)


def _length(value: float, name: str = "horizon") -> float:
    if not np.isfinite(value) or value < 0:
        raise ModelError(
            Sentence("the {name} is not a length of time", name=Sentence(name)),
            got=value,
            allowed=">= 0",
        )
    return float(value)
