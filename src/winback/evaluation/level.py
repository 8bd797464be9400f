"""The level: by how much everybody together does more or less than expected.

Demand drifts, and no model of customers knows where to: it is the largest error of a total, and
the same for all customers. It is measured on forward windows of the past, and carried into the
intervals; no prediction is shifted by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from scipy.stats import t as student

from winback.estimators.value.value_intervals import LevelRange
from winback.evaluation.busy import busy_share
from winback.evaluation.forward import ForwardTest
from winback.evaluation.windows import Window
from winback.messages import Message

EXPECTED_SPREAD = 0.2  # before anything is seen: totals of shops stray by a fifth
EXPECTED_WINDOWS = 3.0  # and that is worth so many windows
CONFIDENCE = 0.9  # in so many futures of ten an end is to miss no more than it says
UNSEEN_SEASON = 0.15  # two quarters of a shop's year differ by so much
UNSEEN_BUSY = float(np.log(2))  # a busy day that nobody has seen may sell half or twice as much
LEARNED = 90  # days of history before a year ago, to learn busy days of then
MOST = 0.5
YEAR = 365


@dataclass(frozen=True)
class Level:
    """What windows of the past say of the level.

    Parameters
    ----------
    spread : float
        Standard deviation of log (actual / predicted total), around no change at all; what nobody
        has seen yet, a season or busy days, is in it.
    low, high : float
        By how much, as logarithms >= 0, the ends of single customers' intervals lower and raise the
        level: `CONFIDENCE` of all futures are expected to lie above, and below.
    windows : list of dict
        ``as_of``, ``until``, ``ratio`` (actual over predicted) of each window, and ``season``: a
        year before the days to be predicted.
    busy : float
        Share of the days ahead that are busy, as the owner says.
    unseen : float
        By how much that differs from the share a year before or, without that, in the windows.
    """

    spread: float
    windows: list[dict[str, Any]]
    low: float = 0.0
    high: float = 0.0
    busy: float = 0.0
    unseen: float = 0.0

    @property
    def settings(self) -> dict[str, LevelRange]:
        """What a value model is told of it."""
        return {"level": LevelRange(self.spread, self.low, self.high)}

    @property
    def message(self) -> Message:
        """What was seen, and how far intervals reach."""
        ends = Message("level.reach", low=np.exp(-self.low), high=np.exp(self.high))
        if self.unseen:
            ends = Message("level.busy_unseen", said=ends, busy=self.busy, unseen=self.unseen)
        elif self.busy:
            ends = Message("level.busy", said=ends, busy=self.busy)
        ratios = [
            Message("level.year_before", ratio=w["ratio"]) if w["season"] else w["ratio"]
            for w in self.windows
        ]
        seen = Message("level.seen", ratios=ratios, spread=self.spread)
        unknown = Message("level.unseen", spread=self.spread)
        return Message.of_all([seen if ratios else unknown, ends])


def level_of(
    tests: Sequence[ForwardTest],
    model: str,
    *,
    season: ForwardTest | None = None,
    ahead: Window | None = None,
    busy_days: Sequence[str] = (),
) -> Level:
    """Estimate the spread of the level from forward tests of a model.

    With k windows the variance is ``(3 x 0.2^2 + sum of squared logs) / (3 + k - 2)``, the mean of
    its posterior under a scaled inverse-chi-squared prior (Gelman et al. 2013, section 2.6): a few
    windows that overlap say little. No level is subtracted: a past deviation is no forecast.

    Parameters
    ----------
    tests : sequence of ForwardTest
    model : str
        A model of theirs.
    season : ForwardTest, optional
        On the days a year before those to be predicted. Without it the season ahead has not been
        seen: spread and ends are wider, by `UNSEEN_SEASON` (a standard deviation, added to the
        others' by variance).
    ahead : Window, optional
        The days to be predicted.
    busy_days : sequence of str
        Periods, see `winback.evaluation.busy`. If days ahead are busy, the ends reach at least as
        far as the level of a year before. As far as these shares of busy days differ, `UNSEEN_BUSY`
        is added, as for a season.

    Returns
    -------
    Level
    """
    if season is not None and not _tells(season, model):
        season = None  # a year before, nothing was seen
    windows: list[dict[str, Any]] = [
        {
            "as_of": str(test.window.as_of),
            "until": str(test.window.until),
            "ratio": float(test.actual.sum() / test.predicted()[model].sum()),
            "season": test is season,
        }
        for test in (*tests, *([] if season is None else [season]))
        if _tells(test, model)
    ]
    logs = [float(np.log(window["ratio"])) for window in windows]
    prior = EXPECTED_WINDOWS * EXPECTED_SPREAD**2
    seen = np.sqrt((prior + np.square(logs).sum()) / (EXPECTED_WINDOWS + len(logs) - 2.0))
    then = [season] if season is not None else tests
    shares = [busy_share(test.window, busy_days) for test in then]
    busy = 0.0 if ahead is None else busy_share(ahead, busy_days)
    unseen = abs(busy - float(np.mean(shares))) if shares and busy_days else busy
    beyond = np.hypot(UNSEEN_SEASON if season is None else 0.0, UNSEEN_BUSY * unseen)
    mean, reach = next_level(logs, beyond=beyond)
    centres = [mean, *(logs[-1:] if busy and season is not None else [])]
    low, high = reach - min(centres), reach + max(centres)
    low, high = (float(np.clip(end, 0.0, 2 * MOST)) for end in (low, high))
    spread = float(min(np.hypot(seen, beyond), MOST))
    return Level(spread, windows, low, high, busy, unseen)


def _tells(test: ForwardTest, model: str) -> bool:
    """Whether there is a ratio of two totals."""
    if model not in test.predictions:
        return False
    return bool(test.actual.sum() > 0 and test.predicted()[model].sum() > 0)


def next_level(seen: Sequence[float], *, beyond: float = 0.0) -> tuple[float, float]:
    """Return where the next of several numbers is expected, and how far it strays from there.

    The predictive distribution of a normal sample with unknown mean and variance under the
    conjugate prior is Student's t (Gelman et al. 2013, section 3.3). Before anything is seen, 0 has
    been, on `EXPECTED_WINDOWS` windows, with a spread of `EXPECTED_SPREAD`.

    Parameters
    ----------
    seen : sequence of float
    beyond : float
        Standard deviation of what nobody has seen yet.

    Returns
    -------
    mean, reach : float
        One in ten lies above mean + reach (1 - `CONFIDENCE`), one in ten below mean - reach.

    Examples
    --------
    >>> for seen in ([], [0.0] * 3, [0.3] * 3, [0.3] * 30):
    ...     print([round(value, 2) for value in next_level(seen)])
    [0.0, 0.38]
    [0.0, 0.22]
    [0.15, 0.32]
    [0.27, 0.14]
    """
    n, prior = len(seen), EXPECTED_WINDOWS
    mean = float(np.mean(seen)) if n else 0.0
    squares = float(np.sum((np.array(seen) - mean) ** 2)) + prior * n / (prior + n) * mean**2
    variance = (prior * EXPECTED_SPREAD**2 + squares) / (prior + n) * (1 + 1 / (prior + n))
    reach = student.ppf(CONFIDENCE, prior + n) * np.sqrt(variance + beyond**2)
    return n * mean / (prior + n), float(reach)


def season_window(
    first: date, as_of: date, horizon_days: int, busy_days: Sequence[str] = ()
) -> Window | None:
    """Return the days a year before those to be predicted, if two years are known.

    If days ahead are busy, `LEARNED` days of history before them are enough.

    Examples
    --------
    >>> print(season_window(date(2022, 1, 1), date(2024, 9, 30), 92))
    2023-10-01/2024-01-01
    >>> season_window(date(2023, 1, 1), date(2024, 9, 30), 92) is None
    True
    >>> print(season_window(date(2023, 1, 1), date(2024, 9, 30), 92, ["11-15/12-24"]))
    2023-10-01/2024-01-01
    """
    ahead = Window(as_of, as_of + timedelta(days=min(horizon_days, YEAR)))
    enough = YEAR + LEARNED if busy_share(ahead, busy_days) else 2 * YEAR
    if (as_of - first).days < enough:
        return None
    then = as_of - timedelta(days=YEAR)
    window = Window(then, then + timedelta(days=min(horizon_days, YEAR)))
    window.assert_known_by(as_of)
    return window
