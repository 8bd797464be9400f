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

from winback.evaluation.forward import ForwardTest
from winback.evaluation.windows import Window

EXPECTED_SPREAD = 0.2  # before anything is seen: totals of shops stray by a fifth
EXPECTED_WINDOWS = 3.0  # and that is worth so many windows
CONFIDENCE = 0.9  # in so many futures of ten an end is to miss no more than it says
UNSEEN_SEASON = 0.15  # two quarters of a shop's year differ by so much
MOST = 0.5
YEAR = 365


@dataclass(frozen=True)
class Level:
    """What windows of the past say of the level.

    Parameters
    ----------
    spread : float
        Standard deviation of log (actual / predicted total), around no change at all.
    low, high : float
        By how much, as logarithms >= 0, the ends of single customers' intervals lower and raise the
        level: `CONFIDENCE` of all futures are expected to lie above, and below.
    windows : list of dict
        ``as_of``, ``until``, ``ratio`` (actual over predicted) of each window, and ``season``: a
        year before the days to be predicted.
    """

    spread: float
    windows: list[dict[str, Any]]
    low: float = 0.0
    high: float = 0.0

    @property
    def settings(self) -> dict[str, float]:
        """What a value model is told of it."""
        return {"level_spread": self.spread, "level_low": self.low, "level_high": self.high}

    def __str__(self) -> str:
        """Return what was seen, in a clause."""
        ends = f"intervals reach from {np.exp(-self.low):.2f} to {np.exp(self.high):.2f} of it"
        if not self.windows:
            return f"level not seen yet, taken to stray by {self.spread:.0%}; {ends}"
        ratios = ", ".join(
            f"{w['ratio']:.2f}{' a year before' if w['season'] else ''}" for w in self.windows
        )
        return f"actual over predicted {ratios}: the level strays by {self.spread:.0%}; {ends}"


def level_of(
    tests: Sequence[ForwardTest],
    model: str,
    *,
    season: ForwardTest | None = None,
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
        seen, and the ends are further apart, by `UNSEEN_SEASON` (a standard deviation, added to the
        others' by variance).

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
    logs = [float(np.log(window["ratio"])) for window in windows]
    prior = EXPECTED_WINDOWS * EXPECTED_SPREAD**2
    spread = np.sqrt((prior + np.square(logs).sum()) / (EXPECTED_WINDOWS + len(logs) - 2.0))
    mean, reach = next_level(logs, beyond=UNSEEN_SEASON if season is None else 0.0)
    low, high = (float(np.clip(end, 0.0, 2 * MOST)) for end in (reach - mean, reach + mean))
    return Level(float(min(spread, MOST)), windows, low, high)


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
