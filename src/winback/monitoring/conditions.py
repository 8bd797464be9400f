"""Whether a rule's condition holds in each period: yes, no, or unknown; and what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm, t

from winback.monitoring.rules import Benchmark, Condition, Rule

FAR: Final = 3.0
"""So many standard deviations off, a value says nothing of what is normal."""
LEAST: Final = 8
"""A band needs so many earlier periods."""
_YEAR: Final = {"day": 364, "week": 52, "month": 12}  # so many periods before, of the same weekday
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """A rule on one subject, period by period.

    Attributes
    ----------
    rule
        The rule.
    segment
        The subject: a segment of the rule's dimension.
    periods
        The last day of each complete period, in order.
    values
        The indicator; NaN where it is unknown.
    expected
        What it was held against; NaN where that is unknown.
    holds
        1 where the condition holds, 0 where it does not, -1 where nobody can say.
    """

    rule: Rule
    segment: str
    periods: Sequence[date]
    values: Floats
    expected: Floats
    holds: npt.NDArray[np.int8]


def judge(table: pd.DataFrame, rule: Rule, benchmarks: Sequence[Benchmark] = ()) -> list[Judged]:
    """Judge a rule in every complete period of each of its subjects.

    A period that is not mature is not looked at, since nobody can know yet. One that is mature,
    but has no value, too few customers, or no purchase of anybody in the whole shop, is *unknown*:
    a feed that has stopped is not a shop without orders.

    Parameters
    ----------
    table
        Rows of `winback.indicators.over_time.Indicators.table`.
    rule
        The rule.
    benchmarks
        What the shop holds its indicators against; that of a segment goes before the general one.
    """
    rows = table[(table["grain"] == rule.grain) & (table["dimension"] == rule.dimension)]
    rows = rows[rows["indicator"] == rule.indicator]
    shop = table[(table["grain"] == rule.grain) & (table["dimension"] == "all")]
    orders = shop[shop["indicator"] == "orders"].set_index("period")["value"]
    silent = set(orders.index[orders == 0])
    judged = []
    for segment, subject in rows.groupby("segment", sort=True):
        whole = subject[subject["mature"]].sort_values("period")
        counted = whole["enough"] & ~whole["period"].isin(silent)
        values = whole["value"].where(counted).to_numpy(float)
        expected = _expected(values, rule, _benchmark(benchmarks, rule, str(segment)))
        holds = _holds(values, expected, rule.when)
        judged.append(Judged(rule, str(segment), list(whole["until"]), values, expected[0], holds))
    return judged


def _benchmark(benchmarks: Sequence[Benchmark], rule: Rule, segment: str) -> float:
    fitting = [
        b for b in benchmarks if b.indicator == rule.indicator and b.segment in (None, segment)
    ]
    fitting.sort(key=lambda b: (b.segment is not None, b.date))
    return fitting[-1].value if fitting else float("nan")


def _expected(values: Floats, rule: Rule, benchmark: float) -> tuple[Floats, Floats]:
    """Return what each value is held against, and how far off it may lie (of a band, in logs)."""
    when, n = rule.when, len(values)
    nothing = np.full(n, np.nan)
    if when.below is not None or when.above is not None:
        bound = when.below if when.below is not None else when.above
        return np.full(n, bound, float), nothing
    if when.outside is not None:
        return band(values, when.history)
    if when.against == "benchmark":
        return np.full(n, benchmark), nothing
    if when.against == "mean":
        series = pd.Series(values).shift(1).rolling(when.history, min_periods=when.history)
        return series.mean().to_numpy(float), nothing
    back = 1 if when.against == "previous" else _YEAR[rule.grain]
    return pd.Series(values).shift(back).to_numpy(float), nothing


def _holds(
    values: Floats, expected: tuple[Floats, Floats], when: Condition
) -> npt.NDArray[np.int8]:
    level, spread = expected
    finite = np.isfinite(values) & np.isfinite(level)
    if when.below is not None:
        yes = values < level
    elif when.above is not None:
        yes = values > level
    elif when.falls_by is not None:
        yes = (values < level) & (values <= level * (1 - when.falls_by))
    elif when.rises_by is not None:
        yes = (values > level) & (values >= level * (1 + when.rises_by))
    else:
        finite &= np.isfinite(spread)
        with np.errstate(divide="ignore", invalid="ignore"):
            off = np.log(values / level)
        low, high = off < -when.width * spread, off > when.width * spread
        yes = {"below": low, "above": high, "both": low | high}[str(when.outside)]
    return np.where(finite, yes, -1).astype(np.int8)


def band(values: Floats, history: int) -> tuple[Floats, Floats]:
    """Return the level of a series' recent past, and its robust spread in logs.

    The level is the median of the last `history` known values, the spread the standard deviation
    of their logarithms about it, widened for the few values that it is estimated from (the t
    distribution over the normal one at two standard deviations), and never below what chance gives
    a count of that size, ``1 / sqrt(level)``, where the values are counts. A value more than `FAR`
    standard deviations off enters neither for as long as such values go on, up to `history` of
    them: a lasting fall is not taken for normal, and no one value widens the band. Once nothing
    has come for so long again, nothing is what is expected: level and spread are 0.

    Parameters
    ----------
    values
        In order of time; NaN where unknown.
    history
        How many earlier values to look back on, of which `LEAST` must be known.

    Returns
    -------
    level, spread
        NaN where the past is too short, or holds a value that is not above zero.

    Examples
    --------
    >>> weeks = np.array([100.0, 104, 97, 101, 99, 103, 98, 102, 100, 60])
    >>> level, spread = band(weeks, 12)
    >>> float(level[-1]), float(spread[-1].round(2))
    (100.0, 0.1)
    """
    level, spread = np.full(len(values), np.nan), np.full(len(values), np.nan)
    kept: list[float] = []
    outside = 0
    for i, value in enumerate(values):  # of one subject: at most a few hundred periods
        recent = np.array(kept[-history:])
        if len(recent) >= min(LEAST, history) and (recent > 0).all():
            level[i] = float(np.median(recent))
            off = np.log(recent / level[i])
            wide = float(t.ppf(norm.cdf(2.0), len(recent) - 1) / 2.0)
            counts = bool(np.all(recent == np.round(recent)))
            least = 1 / np.sqrt(level[i]) if counts else 0.0
            spread[i] = max(float(np.sqrt((off**2).sum() / (len(off) - 1))) * wide, least)
        elif len(recent) >= history and not recent.any():
            level[i] = spread[i] = 0.0
        if not np.isfinite(value):
            continue
        far = np.isfinite(spread[i]) and (
            value <= 0 or level[i] == 0 or abs(np.log(value / level[i])) > FAR * spread[i]
        )
        outside = outside + 1 if far else 0
        if not far or outside > history:  # by then it is what is normal now
            kept.append(float(value))
    return level, spread
