"""The level: by how much everybody together does more or less than expected.

Demand drifts, and no model of customers knows where to: it is the largest error of a total, and
the same for all customers. It is measured on forward windows of the past, and carried into the
intervals as one lognormal factor that all customers share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from winback.evaluation.forward import ForwardTest
from winback.evaluation.windows import Window

EXPECTED_SPREAD = 0.2  # before anything is seen: totals of shops stray by a fifth
EXPECTED_WINDOWS = 3.0  # and that is worth so many windows
MOST = 0.5
YEAR = 365


@dataclass(frozen=True)
class Level:
    """What windows of the past say of the level.

    Parameters
    ----------
    spread : float
        Standard deviation of log (actual / predicted total), around no change at all.
    windows : list of dict
        ``as_of``, ``until``, ``ratio`` (actual over predicted) of each window, and ``season``: a
        year before the days to be predicted.
    """

    spread: float
    windows: list[dict[str, Any]]

    def __str__(self) -> str:
        """Return what was seen, in a clause."""
        if not self.windows:
            return f"level not seen yet, taken to stray by {self.spread:.0%}"
        ratios = ", ".join(
            f"{w['ratio']:.2f}{' a year before' if w['season'] else ''}" for w in self.windows
        )
        return f"actual over predicted {ratios}: the level strays by {self.spread:.0%}"


def level_of(
    tests: Sequence[ForwardTest], model: str, *, season: ForwardTest | None = None
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
        On the days a year before those to be predicted.

    Returns
    -------
    Level
    """
    windows: list[dict[str, Any]] = [
        {
            "as_of": str(test.window.as_of),
            "until": str(test.window.until),
            "ratio": float(test.actual.sum() / test.predicted()[model].sum()),
            "season": test is season,
        }
        for test in (*tests, *([] if season is None else [season]))
        if model in test.predictions and test.actual.sum() > 0 and test.predicted()[model].sum() > 0
    ]
    seen = sum(np.log(window["ratio"]) ** 2 for window in windows)
    prior = EXPECTED_WINDOWS * EXPECTED_SPREAD**2
    spread = np.sqrt((prior + seen) / (EXPECTED_WINDOWS + len(windows) - 2.0))
    return Level(float(min(spread, MOST)), windows)


def season_window(first: date, as_of: date, horizon_days: int) -> Window | None:
    """Return the days a year before those to be predicted, if two years are known.

    Examples
    --------
    >>> print(season_window(date(2022, 1, 1), date(2024, 9, 30), 92))
    2023-10-01/2024-01-01
    >>> season_window(date(2023, 1, 1), date(2024, 9, 30), 92) is None
    True
    """
    if (as_of - first).days < 2 * YEAR:
        return None
    then = as_of - timedelta(days=YEAR)
    window = Window(then, then + timedelta(days=min(horizon_days, YEAR)))
    window.assert_known_by(as_of)
    return window
