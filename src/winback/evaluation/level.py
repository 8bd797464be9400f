"""The level: by how much everybody together does more or less than a model expects.

Demand drifts, has seasons and breaks, and no model of single customers knows of it: it is the
largest error of a total, and the same for all customers. It is measured on forward windows of the
past, the days of a year before among them; what they say of the days ahead
(`winback.evaluation.level_process`) shifts every prediction, and how unsure that is widens the
intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from winback.estimators.value.level_range import End, LevelRange
from winback.evaluation.busy import busy_share
from winback.evaluation.forward import ForwardTest
from winback.evaluation.level_process import SeenLevel, next_level
from winback.evaluation.windows import Window, inner_windows
from winback.messages import Message

CONFIDENCE = 0.9  # in so many futures of ten an end is to miss no more than it says
UNSEEN_SEASON = 0.15  # what nobody has seen the like of, a year before, strays by so much more
UNSEEN_BUSY = float(np.log(2))  # a busy day that nobody has seen may sell half or twice as much
LEARNED = 90  # days of history before a year ago, to learn the season of then
RECENT = 30  # days of the newest window, if the others are longer
WINDOWS = 6  # at most so many inner windows tell of the level
UNLIKE = 0.1  # by so much a model may miss a window of another length, whatever the demand
MOST = float(np.log(4))  # no level is believed beyond, nor its ends
YEAR = 365


@dataclass(frozen=True)
class Level:
    """What windows of the past say of the level.

    Parameters
    ----------
    shift : float
        Logarithm of what every prediction is multiplied by.
    spread : float
        Standard deviation of the logarithm of actual over shifted total; what nobody has seen yet,
        a season or busy days, is in it.
    low, high : float
        By how much, as logarithms >= 0, the level may be lower and higher: `CONFIDENCE` of all
        futures are expected to lie above, and below.
    windows : list of dict
        ``as_of``, ``until``, ``ratio`` (actual over predicted, unshifted) of each window, and
        ``season``: a whole number of years before the days to be predicted.
    busy : float
        Share of the days ahead that are busy, as the owner says.
    unseen : float
        By how much that differs from the share a year before or, without that, in the windows.
    purchase_shift, purchase_spread : float, optional
        The same of purchases; None: as of revenue.
    ends : tuple of End
        Where customers' intervals end, as past windows calibrate them; see
        `winback.evaluation.interval_calibration`. None: at the levels `low` and `high`.
    """

    shift: float
    spread: float
    windows: list[dict[str, Any]]
    low: float = 0.0
    high: float = 0.0
    busy: float = 0.0
    unseen: float = 0.0
    purchase_shift: float | None = None
    purchase_spread: float | None = None
    ends: tuple[End, ...] = ()

    @property
    def settings(self) -> dict[str, LevelRange]:
        """What a value model is told of it."""
        own = self.purchase_shift, self.purchase_spread
        return {"level": LevelRange(self.spread, self.low, self.high, self.shift, *own, self.ends)}

    @property
    def unshifted(self) -> LevelRange:
        """What a model is told that is to be shown as it is: how far the level strays, at most."""
        return LevelRange(self.spread, self.low, self.high)

    @property
    def message(self) -> Message:
        """What was seen, what is made of it, and how far intervals reach."""
        ends = Message(
            "level.reach",
            shift=np.exp(self.shift),
            low=np.exp(self.shift - self.low),
            high=np.exp(self.shift + self.high),
        )
        if self.unseen:
            ends = Message("level.busy_unseen", said=ends, busy=self.busy, unseen=self.unseen)
        elif self.busy:
            ends = Message("level.busy", said=ends, busy=self.busy)
        ratios = [
            Message("level.year_before", ratio=w["ratio"]) if w["season"] else w["ratio"]
            for w in self.windows
        ]
        seen = Message("level.seen", ratios=ratios)
        return Message.of_all([seen if ratios else Message("level.unseen"), ends])


def level_windows(
    first: date, as_of: date, horizon_days: int, *, settled: date | None = None
) -> list[Window]:
    """Return the windows of the past that tell of the level of the days ahead, newest first.

    The inner windows of the contest and further ones before them, the last month, and the days
    ahead one and two years before, as far as history reaches. None ends after `settled`, where
    rows come late; unset: `as_of`.

    Examples
    --------
    >>> for window in level_windows(date(2023, 1, 1), date(2024, 9, 30), 92):
    ...     print(window)
    2024-08-31/2024-09-30
    2024-06-30/2024-09-30
    2024-05-15/2024-08-15
    2024-03-30/2024-06-30
    2024-02-13/2024-05-15
    2023-12-29/2024-03-30
    2023-11-13/2024-02-13
    2023-10-01/2024-01-01
    """
    settled = settled or as_of
    inner = inner_windows(first, settled, horizon_days=horizon_days, count=WINDOWS)
    newest = Window(settled - timedelta(days=RECENT), settled)
    recent = [newest] if inner and inner[0].horizon_days >= 1.5 * RECENT else []
    days, years = timedelta(days=min(horizon_days, YEAR)), []
    for ago in (1, 2):
        then = as_of - timedelta(days=ago * YEAR)
        if (then - first).days >= LEARNED and then + days <= settled:
            years.append(Window(then, then + days))
    return list(dict.fromkeys([*recent, *inner, *years]))


def level_of(
    tests: Sequence[ForwardTest],
    model: str,
    *,
    first: date | None = None,
    ahead: Window | None = None,
    busy_days: Sequence[str] = (),
) -> Level:
    """Estimate the level of the days ahead from forward tests of a model.

    Parameters
    ----------
    tests : sequence of ForwardTest
        On some of `level_windows`.
    model : str
        A model of theirs.
    first : date, optional
        The first day that is known. Unset: the first day of the tests.
    ahead : Window, optional
        The days to be predicted. Unset: as long as the first test, after the last.
    busy_days : sequence of str
        Periods, see `winback.evaluation.busy`. As far as the share of busy days ahead differs from
        that of a year before (or, without that, of the tests), `UNSEEN_BUSY` is added to what
        nobody knows.

    Returns
    -------
    Level
    """
    tests = [test for test in tests if _tells(test, model)]
    first = first or min((test.window.as_of for test in tests), default=date(1970, 1, 1))
    if ahead is None:
        last = max((test.window.until for test in tests), default=first + timedelta(days=YEAR))
        ahead = Window(last, last + timedelta(days=tests[0].window.horizon_days if tests else YEAR))
    seen, windows, then = [], [], []
    for test in tests:
        actual, predicted = test.actual.sum(), test.predicted()[model].sum()
        ratio = float(actual / predicted)
        start, end = ((day - first).days for day in (test.window.start, test.window.until))
        chance = float((test.actual**2).sum() / actual**2)
        alike = test.window.horizon_days == ahead.horizon_days
        seen.append(
            SeenLevel(start, end, float(np.log(ratio)), chance + (0 if alike else UNLIKE**2))
        )
        season = _years_before(test.window, ahead)
        then += [test] if season else []
        windows.append(
            {
                "as_of": str(test.window.as_of),
                "until": str(test.window.until),
                "ratio": ratio,
                "season": season,
            }
        )
    shares = [busy_share(test.window, busy_days) for test in then or tests]
    busy = busy_share(ahead, busy_days)
    unseen = abs(busy - float(np.mean(shares))) if shares and busy_days else busy
    beyond = float(np.hypot(0.0 if then else UNSEEN_SEASON, UNSEEN_BUSY * unseen))
    expected = next_level(seen, (ahead.start - first).days, ahead.horizon_days)
    shift = float(np.clip(expected.mean, -MOST, MOST))
    low, high = (
        abs(float(np.clip(expected.quantile(share, beyond) - shift, *bounds)))
        for share, bounds in ((1 - CONFIDENCE, (-MOST, 0.0)), (CONFIDENCE, (0.0, MOST)))
    )
    spread = float(min(np.hypot(expected.spread, beyond), MOST))
    return Level(shift, spread, windows, low, high, busy, unseen)


def _years_before(window: Window, ahead: Window) -> bool:
    """Whether a window is the days ahead, a whole number of years before."""
    days = (ahead.as_of - window.as_of).days
    return days > 0 and days % YEAR == 0


def _tells(test: ForwardTest, model: str) -> bool:
    """Whether there is a ratio of two totals."""
    if model not in test.predictions:
        return False
    return bool(test.actual.sum() > 0 and test.predicted()[model].sum() > 0)
