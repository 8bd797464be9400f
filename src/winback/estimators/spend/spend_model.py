"""The contract of spend models: what is a purchase day worth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import pandas as pd

from winback.estimators.base.frames import FloatArray, read_columns
from winback.estimators.base.parameters import Parameters
from winback.estimators.base.simulation import Draws
from winback.estimators.base.state import PlainState

Columns = dict[str, FloatArray]


class SpendModel(PlainState, Parameters, ABC):
    """What every spend model offers; amounts are in the currency of ``monetary_value``.

    A customer's future spend is a scale of the customer's own times a random sum that depends
    on how many repeat purchase days the mean was taken over (``informed``), so that it can be
    simulated once for all who share the latter.
    """

    columns: ClassVar[tuple[str, ...]] = ("frequency", "monetary_value")

    @abstractmethod
    def fit(self, frame: pd.DataFrame, y: None = None) -> Self:
        """Learn from customers; an optional column ``weight`` says how many a row stands for."""

    @abstractmethod
    def expected(self, data: Columns) -> FloatArray:
        """Return E[amount of a future purchase day | history]."""

    @abstractmethod
    def scale(self, data: Columns) -> FloatArray:
        """Return the customer's own scale in the simulation."""

    @abstractmethod
    def draw(self, draws: Draws) -> tuple[float, FloatArray]:
        """Return the gamma shape of one amount and, per draw, the factor of a sum of them."""

    def expected_spend(self, frame: pd.DataFrame) -> pd.Series[float]:
        """Return the expected amount of a future purchase day, >= 0."""
        return pd.Series(self.expected(self._read(frame)), index=frame.index, name="expected_spend")

    def informed(self, data: Columns) -> FloatArray:
        """Return the number of repeat days whose mean says something: 0 where it is 0."""
        return data["frequency"] * (data["monetary_value"] > 0)

    def _read(self, frame: Any) -> Columns:
        self._check_fitted()
        return read_columns(frame, self.columns, reader=type(self).__name__)
