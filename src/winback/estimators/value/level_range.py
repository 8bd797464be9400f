"""The level of demand as a value model holds it, and where customers' intervals end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from winback.errors import ModelError
from winback.estimators.base.frames import FloatArray, IntArray

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

    def moved(self, by: float) -> LevelRange:
        """Return the same, shifted by a logarithm more."""
        own = self.purchase_shift
        return self._replace(
            shift=self.shift + by, purchase_shift=None if own is None else own + by
        )

    @property
    def of_purchases(self) -> LevelRange:
        """The same where only purchases are spoken of."""
        shift = self.shift if self.purchase_shift is None else self.purchase_shift
        return self._replace(spread=self.spreads["purchases"], shift=shift)

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
        [0.2, 0.85, 0.322, 0.728]
        """
        calibrated = [End(*end) for end in self.ends]
        own = [end for end in calibrated if (end.target, end.segment) == (target, segment)]
        places = {0.0: 0.0, 1.0: 1.0}
        for end in own:
            places |= {(1 - end.promise) / 2: end.low, (1 + end.promise) / 2: end.high}
        promised, ends = zip(*sorted(places.items()), strict=True)
        return [float(chance) for chance in np.interp(sides(promises), promised, ends)]


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
    [100.0, 87.9, 113.7]
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
    >>> with_level({"margin": 0.3, "level_spread": 0.1, "level_high": 0.2})["level"][:4]
    (0.1, 0.0, 0.2, 0.0)
    """
    parts = {f"level_{part}": part for part in LevelRange._fields}
    rest = {name: value for name, value in params.items() if name not in parts}
    named = {part: params[name] for name, part in parts.items() if name in params}
    return rest | {"level": LevelRange(**named)} if named else rest


def sides(levels: Sequence[float]) -> list[float]:
    """Return the chances between which central intervals lie, low and high by turns."""
    if not all(0 < level < 1 for level in levels):
        raise ModelError("a level is not a probability", got=levels, allowed="in (0, 1)")
    return [side for level in levels for side in ((1 - level) / 2, (1 + level) / 2)]
