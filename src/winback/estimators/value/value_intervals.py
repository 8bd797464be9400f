"""Predictive intervals of a value model: of single customers, and of sums over them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from winback.errors import ModelError
from winback.estimators.base.frames import FloatArray, IntArray
from winback.estimators.base.kept_draws import Kept
from winback.estimators.base.simulation import Histories, Simulation, level_draws
from winback.estimators.purchase.purchase_model import Columns

if TYPE_CHECKING:
    from winback.estimators.purchase.purchase_model import PurchaseModel
    from winback.estimators.spend.spend_model import SpendModel


MOST_PACE = 20.0
Ratios = tuple[FloatArray, FloatArray]  # what purchases and revenue are multiplied by, (n,) each


SEGMENTS = (1, 3, 10)  # repeat purchase days from which a customer is of the next segment


class End(NamedTuple):
    """At which chances of a model an interval ends, so that it holds what it promises.

    Parameters
    ----------
    target
        ``purchases`` or ``revenue``.
    segment
        As of `segment_of`.
    promise
        Share of outcomes to be held, in (0, 1).
    low, high
        The chances, in [0, 1]; without calibration (1 - promise) / 2 and (1 + promise) / 2.
    """

    target: str
    segment: int
    promise: float
    low: float
    high: float


def segment_of(frequency: FloatArray) -> IntArray:
    """Return each customer's segment, by repeat purchase days: 0, 1 or 2, 3 to 9, or more.

    Examples
    --------
    >>> segment_of(np.array([0.0, 2.0, 3.0, 40.0]))
    array([0, 1, 2, 3])
    """
    return np.asarray(np.searchsorted(SEGMENTS, frequency, side="right"), dtype=np.int64)


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
    purchase_shift, purchase_spread
        The same of purchases; None: as of revenue.
    ends
        `End` by target, segment and promise; `low` and `high` are of no matter then. None: the
        simulated quantiles as they are.
    """

    spread: float = 0.0
    low: float = 0.0
    high: float = 0.0
    shift: float = 0.0
    purchase_shift: float | None = None
    purchase_spread: float | None = None
    ends: tuple[tuple[str, int, float, float, float], ...] = ()

    @property
    def factor(self) -> float:
        """What every prediction of revenue is multiplied by."""
        return float(np.exp(self.shift))

    @property
    def purchase_factor(self) -> float:
        """What every prediction of purchases is multiplied by."""
        return float(np.exp(self.shift if self.purchase_shift is None else self.purchase_shift))

    @property
    def spreads(self) -> dict[str, float]:
        """The spread by target."""
        own = self.spread if self.purchase_spread is None else self.purchase_spread
        return {"purchases": own, "revenue": self.spread}

    def chances(self, target: str, segment: int, promises: Sequence[float]) -> list[float]:
        """Return the chances at which the intervals of a segment end, low and high by turns.

        Of a promise that was not calibrated: between those of its neighbours.

        Examples
        --------
        >>> ends = (("revenue", 0, 0.8, 0.2, 0.85), ("revenue", 0, 0.9, 0.1, 0.95))
        >>> [round(c, 3) for c in LevelRange(ends=ends).chances("revenue", 0, [0.8, 0.5])]
        [0.2, 0.85, 0.281, 0.769]
        """
        known = [End(*end) for end in self.ends]
        own = [end for end in known if (end.target, end.segment) == (target, segment)]
        places = {0.0: 0.0, 1.0: 1.0}
        for end in own:
            places |= {(1 - end.promise) / 2: end.low, (1 + end.promise) / 2: end.high}
        asked, found = zip(*sorted(places.items()), strict=True)
        return [float(chance) for chance in np.interp(_sides(promises), asked, found)]


NO_LEVEL = (0.0, 0.0, 0.0, 0.0)  # plain, as scikit-learn wants its defaults


def with_level(params: dict[str, Any]) -> dict[str, Any]:
    """Gather the parts of the level, which format 1 had as parameters of their own.

    Examples
    --------
    >>> with_level({"margin": 0.3, "level_spread": 0.1, "level_high": 0.2})["level"][:4]
    (0.1, 0.0, 0.2, 0.0)
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
    _kept: tuple[tuple[Any, ...], Kept] | None = None

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
        sides, expected = _sides([level]), self._means(data, horizon, ratios)
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
            low, high = np.quantile(drawn * exact * (1.0 if shared is None else shared), sides)
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

    def _kept_draws(self) -> Kept:
        """Return the draws of earlier calls, for as long as they are those of this simulation."""
        of = (self.purchase_model_, self.spend_model_, self.random_state, self.n_draws)
        if self._kept is None or any(a is not b for a, b in zip(self._kept[0], of, strict=True)):
            self._kept = (of, Kept(self.n_draws))
        return self._kept[1]

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
        found = self._quantiles(data, horizon, probabilities, ratios)
        named = zip(("purchases", "revenue"), found, strict=True)
        return {name: values for name, values in named if values is not None}

    def _bounds(
        self, data: Columns, horizon: float, levels: Sequence[float], ratios: Ratios | None
    ) -> tuple[FloatArray, FloatArray | None]:
        """Return the ends of intervals, low and high by turns: calibrated, where that is known."""
        level = LevelRange(*self.level)
        if not level.ends:
            return self._quantiles(data, horizon, _sides(levels), ratios)
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
        simulation, kept = self._simulation(), self._kept_draws()
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


def _sides(levels: Sequence[float]) -> list[float]:
    if not all(0 < level < 1 for level in levels):
        raise ModelError("a level is not a probability", got=levels, allowed="in (0, 1)")
    return [side for level in levels for side in ((1 - level) / 2, (1 + level) / 2)]
