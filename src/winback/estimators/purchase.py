"""The contract of purchase models: when will a customer buy again, and how often."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from winback.errors import ModelError
from winback.estimators.frames import FloatArray, group_rows, read_columns
from winback.estimators.simulation import Draws
from winback.estimators.state import PlainState, is_fitted

Columns = dict[str, FloatArray]

# Discounting: int_0^H e^(-dt) dE(t) = e^(-dH) E(H) + d int_0^H e^(-dt) E(t) dt, by parts; the
# integral by 8-point Gauss-Legendre, whose error is below 1e-4 of the (small) discount itself.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


class PurchaseModel(PlainState, BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn has no types
    """What every purchase model offers; times are in the unit of the frame's ``T``.

    A model says two things about a customer: the probability that the customer is alive, and
    what a living customer of this ``frequency`` and this exposure will do. A subclass implements
    ``fit`` and the four methods ``_alive``, ``_exposure``, ``_expected_alive`` and
    ``_buys_alive``, and ``_draw_counts`` for the simulation.
    """

    columns: ClassVar[tuple[str, ...]] = ("frequency", "recency", "T")

    @abstractmethod
    def fit(self, frame: pd.DataFrame, y: None = None) -> Self:
        """Learn from customers; an optional column ``weight`` says how many a row stands for."""

    @abstractmethod
    def _alive(self, data: Columns) -> FloatArray:
        """Return P(alive now | history)."""

    @abstractmethod
    def _exposure(self, data: Columns) -> FloatArray:
        """Return the one number that, with ``frequency``, decides a living future."""

    @abstractmethod
    def _expected_alive(
        self, frequency: FloatArray, exposure: FloatArray, horizons: FloatArray
    ) -> FloatArray:
        """Return E[purchases within each horizon | alive], shape (n, len(horizons))."""

    @abstractmethod
    def _buys_alive(
        self, frequency: FloatArray, exposure: FloatArray, horizon: float
    ) -> FloatArray:
        """Return P(at least one purchase within the horizon | alive)."""

    @abstractmethod
    def _draw_counts(self, draws: Draws, exposure: FloatArray, horizon: float) -> FloatArray:
        """Draw future purchases of living customers of one frequency, shape (n, n_draws)."""

    def p_alive(self, frame: pd.DataFrame) -> pd.Series[float]:
        """Return the probability that each customer is still a customer, in [0, 1]."""
        data = self._read(frame)
        return pd.Series(self._alive(data), index=frame.index, name="p_alive")

    def expected_purchases(self, frame: pd.DataFrame, horizon: float) -> pd.Series[float]:
        """Return the expected number of purchase days within the next ``horizon``, >= 0."""
        length = _horizon(horizon)
        values = self._expected(self._read(frame), np.array([length]), np.ones(1))
        return pd.Series(values, index=frame.index, name="expected_purchases")

    def discounted_purchases(
        self, frame: pd.DataFrame, horizon: float, *, rate: float
    ) -> pd.Series[float]:
        """Return expected purchases, each worth ``exp(-rate * t)`` at its own moment t.

        Parameters
        ----------
        rate
            Continuous discount rate per unit of time, >= 0.
        """
        values = self._discounted(self._read(frame), _horizon(horizon), rate)
        return pd.Series(values, index=frame.index, name="discounted_purchases")

    def p_purchase(self, frame: pd.DataFrame, horizon: float) -> pd.Series[float]:
        """Return P(at least one purchase day within the next ``horizon``), in [0, 1]."""
        length = _horizon(horizon)
        data = self._read(frame)
        (x, exposure), position = group_rows([data["frequency"], self._exposure(data)])
        values = self._alive(data) * self._buys_alive(x, exposure, length)[position]
        return pd.Series(values, index=frame.index, name="p_purchase")

    def expected_purchases_new(self, horizon: float) -> float:
        """Return the expected repeat purchase days of a customer acquired just now."""
        new = pd.DataFrame({name: [0.0] for name in self.columns})
        return float(self.expected_purchases(new, horizon).iloc[0])

    def _expected(
        self, data: Columns, horizons: FloatArray, coefficients: FloatArray
    ) -> FloatArray:
        """Return sum_k coefficients[k] E[purchases within horizons[k]] per customer."""
        (x, exposure), position = group_rows([data["frequency"], self._exposure(data)])
        alive: FloatArray = self._expected_alive(x, exposure, horizons) @ coefficients
        return self._alive(data) * alive[position]

    def _discounted(self, data: Columns, horizon: float, rate: float) -> FloatArray:
        times = horizon * (_NODES + 1) / 2
        inner = rate * horizon / 2 * _WEIGHTS * np.exp(-rate * times)
        return self._expected(data, np.r_[times, horizon], np.r_[inner, np.exp(-rate * horizon)])

    def _read(self, frame: Any) -> Columns:
        if not any(is_fitted(name) for name in vars(self)):
            raise NotFittedError(f"{type(self).__name__} is not fitted; call fit first")
        return read_columns(frame, self.columns, reader=type(self).__name__)


def _horizon(horizon: float) -> float:
    if not np.isfinite(horizon) or horizon < 0:
        raise ModelError("the horizon is not a length of time", got=horizon, allowed=">= 0")
    return float(horizon)
