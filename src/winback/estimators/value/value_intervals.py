"""Predictive intervals of a value model: of single customers, and of sums over them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from winback.errors import ModelError
from winback.estimators.base.frames import FloatArray
from winback.estimators.base.kept_draws import kept_of
from winback.estimators.base.simulation import Histories, Simulation, level_draws
from winback.estimators.purchase.purchase_model import Columns

if TYPE_CHECKING:
    from winback.estimators.purchase.purchase_model import PurchaseModel
    from winback.estimators.spend.spend_model import SpendModel


MOST_PACE = 20.0
Ratios = tuple[FloatArray, FloatArray]  # what purchases and revenue are multiplied by, (n,) each


class LevelRange(NamedTuple):
    """How far what everybody does together strays from what is expected.

    Parameters
    ----------
    spread
        Standard deviation of its logarithm, >= 0. It widens the intervals of sums; see
        `winback.evaluation.level`.
    low, high
        By how much, as logarithms >= 0, the level is lowered for the lower ends of single
        customers' intervals, and raised for the upper ones.
    shift
        Logarithm of what is expected of the level: every prediction within the horizon is
        multiplied by exp(shift).
    """

    spread: float = 0.0
    low: float = 0.0
    high: float = 0.0
    shift: float = 0.0

    @property
    def factor(self) -> float:
        """What every prediction is multiplied by."""
        return float(np.exp(self.shift))


def with_level_error(sums: pd.DataFrame, level: LevelRange, confidence: float) -> pd.DataFrame:
    """Widen intervals of sums by how unsure the level is, which does not cancel out in a sum.

    The customers' own chances and the level are independent: their distances from what is expected
    add up in squares, as logarithms, in which the level is normal.

    Parameters
    ----------
    sums
        ``cumulative``, and ``cumulative_low`` and ``cumulative_high`` from the chances alone.
    level
        Its ``spread`` counts; its shift is in the sums.
    confidence
        Of the intervals, in (0, 1).

    Examples
    --------
    >>> alone = pd.DataFrame({"cumulative": [100.0], "cumulative_low": 99.0,
    ...                       "cumulative_high": 101.0})
    >>> with_level_error(alone, LevelRange(spread=0.1), 0.8).round(1).iloc[0].tolist()
    [100.0, 88.0, 113.7]
    """
    half, middle = norm.ppf((1 + confidence) / 2) * level.spread, sums["cumulative"]
    with np.errstate(divide="ignore", invalid="ignore"):  # nothing is expected: 0 / 0
        below = np.log(middle / sums["cumulative_low"].clip(lower=0.0))
        above = np.log(sums["cumulative_high"] / middle)
    below, above = (np.where(np.isnan(side), 0.0, side) for side in (below, above))
    return sums.assign(
        cumulative_low=middle * np.exp(-np.hypot(half, below)),
        cumulative_high=middle * np.exp(np.hypot(half, above)),
    )


NO_LEVEL = (0.0, 0.0, 0.0, 0.0)  # plain, as scikit-learn wants its defaults


def with_level(params: dict[str, Any]) -> dict[str, Any]:
    """Gather the parts of the level, which format 1 had as parameters of their own.

    Examples
    --------
    >>> with_level({"margin": 0.3, "level_spread": 0.1, "level_high": 0.2})
    {'margin': 0.3, 'level': LevelRange(spread=0.1, low=0.0, high=0.2, shift=0.0)}
    """
    parts = {f"level_{part}": part for part in LevelRange._fields}
    rest = {name: value for name, value in params.items() if name not in parts}
    named = {part: params[name] for name, part in parts.items() if name in params}
    return rest | {"level": LevelRange(**named)} if named else rest


class PredictiveIntervals(ABC):
    """What `CustomerValueModel` says about the spread of what customers will do.

    Every simulated future is a chance of being gone, purchases and amounts. What they share is the
    level: how much more or less than expected everybody does, as tomorrow's demand is not
    yesterday's. All customers of a future are wrong together about it, so that an interval which
    only mixes over it covers too few of them in every second future. The ends of single customers
    are therefore those of a *tolerance* interval (Krishnamoorthy & Mathew 2009, section 1.1): the
    lower one at a level, exp(shift - low), and the upper one at a level, exp(shift + high), beyond
    which only few futures lie. The level is a pace: a customer whose time runs faster also comes
    back more likely. A sum has the level as one lognormal factor, exp(shift + spread z).
    """

    purchase_model_: PurchaseModel
    spend_model_: SpendModel | None
    n_draws: int
    level: tuple[float, ...]
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
        counts, revenue = self._quantiles(data, horizon, _sides(levels), ratios=ratios)
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
        sides, expected = _sides([level]), self._means(data, horizon, ratios)
        ratios = ratios or (np.ones(len(frame)), np.ones(len(frame)))
        scale = None
        if self.spend_model_ is not None:
            scale = amount_ratios(*ratios) * self.spend_model_.scale(data)
        pace = _pace(ratios) * LevelRange(*self.level).factor
        totals = self._simulation().totals(self._histories(data, horizon * pace), scale)
        shared, rows = self._level_draws(), {}
        for name, drawn in zip(("purchases", "revenue"), totals, strict=True):
            if drawn is None:
                continue
            mean, simulated = float(expected[name].sum()), float(drawn.mean())
            # a pace bends the mean a little where customers drop out: the expectation counts
            exact = mean / simulated if simulated > 0 else 1.0
            low, high = np.quantile(drawn * exact * (1.0 if shared is None else shared), sides)
            rows[name] = {"expected": mean, "low": min(low, mean), "high": max(high, mean)}
        return pd.DataFrame.from_dict(rows, orient="index")

    def _means(
        self, data: Columns, horizon: float, ratios: Ratios | None = None
    ) -> dict[str, FloatArray]:
        purchases = self.purchase_model_.expected(data, np.array([horizon]), np.ones(1))
        purchases = purchases * LevelRange(*self.level).factor
        pace, worth = ratios or (1.0, 1.0)
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

    def _level_draws(self) -> FloatArray | None:
        spread = LevelRange(*self.level).spread
        if spread == 0:
            return None
        return level_draws(spread, random_state=self.random_state, n_draws=self.n_draws)

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
        if ratios is None and level.low == level.high == 0:
            counts, spent = at_pace(one * level.factor)
        else:
            own = one if ratios is None else _pace(ratios)
            upper = np.array(probabilities) > 0.5
            slow = at_pace(np.minimum(own, 1.0) * np.exp(level.shift - level.low))
            fast = at_pace(np.maximum(own, 1.0) * np.exp(level.shift + level.high))
            counts = np.where(upper, fast[0], slow[0])
            spent = None
            if slow[1] is not None and fast[1] is not None:
                spent = np.where(upper, fast[1], slow[1])
        if self.spend_model_ is None or spent is None:
            return counts, None
        scale = self.spend_model_.scale(data)
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


def _sides(levels: Sequence[float]) -> list[float]:
    if not all(0 < level < 1 for level in levels):
        raise ModelError("a level is not a probability", got=levels, allowed="in (0, 1)")
    return [side for level in levels for side in ((1 - level) / 2, (1 + level) / 2)]
