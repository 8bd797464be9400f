"""Predictive intervals of a value model: of single customers, and of sums over them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from winback.estimators.base.frames import FloatArray
from winback.estimators.base.kept_draws import kept_of
from winback.estimators.base.simulation import Histories, Simulation, level_draws
from winback.estimators.purchase.purchase_model import Columns
from winback.estimators.value.level_range import LevelRange, segment_of, sides

if TYPE_CHECKING:
    from winback.estimators.purchase.purchase_model import PurchaseModel
    from winback.estimators.spend.spend_model import SpendModel


MOST_PACE = 20.0
Ratios = tuple[FloatArray, FloatArray]  # what purchases and revenue are multiplied by, (n,) each


class PredictiveIntervals(ABC):
    """What `CustomerValueModel` says about the spread of what customers will do.

    Every simulated future is a chance of being gone, purchases and amounts. What they share is the
    level: how much more or less than expected everybody does, as tomorrow's demand is not
    yesterday's. All customers of a future are wrong together about it, so that an interval which
    only mixes over it covers too few of them in every second future. The ends of single customers
    are therefore calibrated on past windows (``LevelRange.ends``); without that they are those of a
    *tolerance* interval (Krishnamoorthy & Mathew 2009, section 1.1): the lower one at a level,
    exp(shift - low), and the upper one at a level, exp(shift + high), beyond which only few futures
    lie. The level is a pace: a customer whose time runs faster also comes
    back more likely. A sum has the level as one lognormal factor, exp(shift + spread z).
    """

    purchase_model_: PurchaseModel
    spend_model_: SpendModel | None
    n_draws: int
    level: tuple[Any, ...]
    random_state: int

    def intervals(
        self,
        frame: pd.DataFrame,
        horizon_days: float | None = None,
        levels: Sequence[float] = (0.8, 0.9),
        *,
        ratios: Ratios | None = None,
    ) -> pd.DataFrame:
        """Return central predictive intervals of purchases and revenue.

        Parameters
        ----------
        frame, horizon_days
            As of ``predict``.
        levels
            Each in (0, 1).
        ratios
            What each customer's expected purchases, and expected revenue, are multiplied by:
            time runs so much faster for them, and what is left of the revenue's is the amounts'.
            Where purchase model and ratio disagree about how often somebody buys, the interval
            is from the lower end of the slower to the upper end of the faster of the two.

        Returns
        -------
        ``purchases_low_80``, ``purchases_high_80``, ... and, with a spend model,
        ``revenue_low_80``, ...; each widened to hold the expected value.
        """
        horizon, data = self._horizon(horizon_days), self._read(frame)
        counts, revenue = self._bounds(data, horizon, levels, ratios)
        expected = self._means(data, horizon, ratios)
        columns = {}
        for name, values in (("purchases", counts), ("revenue", revenue)):
            if values is None:
                continue
            for place, level in enumerate(levels):
                percent = f"{100 * level:g}"
                columns[f"{name}_low_{percent}"] = np.minimum(values[:, 2 * place], expected[name])
                columns[f"{name}_high_{percent}"] = np.maximum(
                    values[:, 2 * place + 1], expected[name]
                )
        return pd.DataFrame(columns, index=frame.index)

    def total_interval(
        self,
        frame: pd.DataFrame,
        level: float = 0.8,
        horizon_days: float | None = None,
        *,
        ratios: Ratios | None = None,
    ) -> pd.DataFrame:
        """Return a central predictive interval of what the customers of a frame do together.

        Their own chances cancel out, as they are independent; the level is everybody's and does
        not. The interval of a sum is hence much narrower than the sum of the intervals, and never
        narrower than the level.

        Parameters
        ----------
        frame
            The group: any customers, one row each.
        level
            In (0, 1).
        horizon_days, ratios
            As of ``intervals``.

        Returns
        -------
        One row per target, ``purchases`` and, with a spend model, ``revenue``: ``expected``,
        ``low``, ``high``.
        """
        horizon, data = self._horizon(horizon_days), self._read(frame)
        ends, expected = sides([level]), self._means(data, horizon, ratios)
        ratios = ratios or (np.ones(len(frame)), np.ones(len(frame)))
        scale = None
        if self.spend_model_ is not None:
            scale = amount_ratios(*ratios) * self.spend_model_.scale(data)
        level_range = LevelRange(*self.level)
        pace = _pace(ratios) * level_range.purchase_factor
        if scale is not None:
            scale = scale * level_range.factor / level_range.purchase_factor
        totals = self._simulation().totals(self._histories(data, horizon * pace), scale)
        rows = {}
        for name, drawn in zip(("purchases", "revenue"), totals, strict=True):
            if drawn is None:
                continue
            shared = self._level_draws(level_range.spreads[name])
            mean, simulated = float(expected[name].sum()), float(drawn.mean())
            # a pace bends the mean a little where customers drop out: the expectation counts
            exact = mean / simulated if simulated > 0 else 1.0
            low, high = np.quantile(drawn * exact * (1.0 if shared is None else shared), ends)
            rows[name] = {"expected": mean, "low": min(low, mean), "high": max(high, mean)}
        return pd.DataFrame.from_dict(rows, orient="index")

    def _means(
        self, data: Columns, horizon: float, ratios: Ratios | None = None
    ) -> dict[str, FloatArray]:
        purchases = self.purchase_model_.expected(data, np.array([horizon]), np.ones(1))
        level = LevelRange(*self.level)
        pace, worth = ratios or (1.0, 1.0)
        pace, worth = pace * level.purchase_factor, worth * level.factor
        if self.spend_model_ is None:
            return {"purchases": purchases * pace}
        amount = self.spend_model_.expected(data)
        return {"purchases": purchases * pace, "revenue": purchases * amount * worth}

    def _histories(self, data: Columns, horizon: FloatArray) -> Histories:
        """Return what decides each customer's simulated future."""
        model, spend = self.purchase_model_, self.spend_model_
        return Histories(
            frequency=data["frequency"],
            exposure=model.exposure(data),
            alive=model.alive(data),
            informed=data["frequency"] if spend is None else spend.informed(data),
            horizon=horizon,
        )

    def _simulation(self) -> Simulation:
        return Simulation(self.purchase_model_, self.spend_model_, self.random_state, self.n_draws)

    def _level_draws(self, spread: float) -> FloatArray | None:
        if spread == 0:
            return None
        return level_draws(spread, random_state=self.random_state, n_draws=self.n_draws)

    def quantiles(
        self,
        frame: pd.DataFrame,
        probabilities: Sequence[float],
        horizon_days: float | None = None,
        *,
        ratios: Ratios | None = None,
    ) -> dict[str, FloatArray]:
        """Return simulated quantiles by target, shape (n, len(probabilities)), as they are."""
        horizon, data = self._horizon(horizon_days), self._read(frame)
        quantiles = self._quantiles(data, horizon, probabilities, ratios)
        named = zip(("purchases", "revenue"), quantiles, strict=True)
        return {name: values for name, values in named if values is not None}

    def _bounds(
        self, data: Columns, horizon: float, levels: Sequence[float], ratios: Ratios | None
    ) -> tuple[FloatArray, FloatArray | None]:
        """Return the ends of intervals, low and high by turns: calibrated, where that is known."""
        level = LevelRange(*self.level)
        if not level.ends:
            return self._quantiles(data, horizon, sides(levels), ratios)
        segments = segment_of(data["frequency"])
        shape, n = (len(segments), 2 * len(levels)), 2 * len(levels)
        counts, revenue = np.empty(shape), np.empty(shape)
        for segment in np.unique(segments):
            rows = segments == segment
            own = {name: values[rows] for name, values in data.items()}
            faster = None if ratios is None else (ratios[0][rows], ratios[1][rows])
            chances = [
                *level.chances("purchases", int(segment), levels),
                *level.chances("revenue", int(segment), levels),
            ]
            bought, spent = self._quantiles(own, horizon, chances, faster)
            counts[rows] = bought[:, :n]
            if spent is not None:
                revenue[rows] = spent[:, n:]
        return counts, None if self.spend_model_ is None else revenue

    def _quantiles(
        self,
        data: Columns,
        horizon: float,
        probabilities: Sequence[float],
        ratios: Ratios | None = None,
    ) -> tuple[FloatArray, FloatArray | None]:
        simulation = self._simulation()
        kept = kept_of(self.purchase_model_, self.spend_model_, self.random_state, self.n_draws)
        one = np.ones(len(data["frequency"]))

        def at_pace(pace: FloatArray) -> tuple[FloatArray, FloatArray | None]:
            histories = self._histories(data, horizon * pace)
            return simulation.quantiles(histories, probabilities, kept)

        level = LevelRange(*self.level)
        if level.ends:  # what the level may stray by is in the chances
            level = level._replace(low=0.0, high=0.0)
        if ratios is None and level.low == level.high == 0:
            counts, spent = at_pace(one * level.purchase_factor)
        else:
            own = one if ratios is None else _pace(ratios)
            upper = np.array(probabilities) > 0.5
            slow = at_pace(np.minimum(own, 1.0) * level.purchase_factor * np.exp(-level.low))
            fast = at_pace(np.maximum(own, 1.0) * level.purchase_factor * np.exp(level.high))
            counts = np.where(upper, fast[0], slow[0])
            spent = None
            if slow[1] is not None and fast[1] is not None:
                spent = np.where(upper, fast[1], slow[1])
        if self.spend_model_ is None or spent is None:
            return counts, None
        scale = self.spend_model_.scale(data) * level.factor / level.purchase_factor
        if ratios is not None:
            scale = scale * amount_ratios(*ratios)
        return counts, spent * scale[:, None]

    @abstractmethod
    def _horizon(self, horizon_days: float | None) -> float:
        """Return the days to be predicted: those asked for, or the model's own."""

    @abstractmethod
    def _read(self, frame: Any) -> Columns:
        """Return the columns that the model reads, checked."""


def _pace(ratios: Ratios) -> FloatArray:
    """Return how much faster time runs: never so fast or slow that only the ratio speaks."""
    return np.clip(ratios[0], 1 / MOST_PACE, MOST_PACE)


def amount_ratios(pace: FloatArray, worth: FloatArray) -> FloatArray:
    """Return what is left of the revenue's ratio for the amounts."""
    return np.asarray(np.divide(worth, pace, out=np.ones_like(worth), where=pace > 0))
