# ruff: noqa: INP001, T201 - a script that prints, no package
"""Measure the shipped band on drawn weeks: `python docs/measure_band.py`.

Weekly orders whose logarithm deviates by .10 around a level, with and without weeks that hang
together; how often the band is wrong in a quiet year, and how often it sees a lasting fall of 30%
within three complete weeks of its beginning. The figures stand in `docs/alerts.md`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from winback.monitoring.alerts import replay
from winback.monitoring.conditions import judge
from winback.monitoring.rules import Rule, read_rules

SHOPS, WEEKS, BEFORE, SPREAD, FALL = 300, 52, 12, 0.10, 0.30


def opened(values: np.ndarray, rule: Rule) -> list[int]:
    """Return the places of the weeks at whose end the rule fired."""
    weeks = pd.date_range("2020-01-06", periods=len(values), freq="7D")
    table = pd.DataFrame(
        {
            "indicator": rule.indicator,
            "grain": "week",
            "dimension": "all",
            "segment": "all",
            "period": weeks.date,
            "until": (weeks + pd.Timedelta(days=6)).date,
            "value": values,
            "enough": True,
            "mature": True,
        }
    )
    (judged,) = judge(table, rule)
    return [judged.periods.index(case.opened) for case in replay(judged) if case.opened]


def measure(rule: Rule, hanging: float) -> tuple[float, float]:
    """Return the false alarms a year, and the share of falls that are seen in time."""
    random = np.random.default_rng(1)
    wrong = seen = 0
    for _ in range(SHOPS):
        noise = random.standard_normal(WEEKS + BEFORE)
        for week in range(1, len(noise)):
            noise[week] = hanging * noise[week - 1] + np.sqrt(1 - hanging**2) * noise[week]
        values = np.round(2000 * np.exp(SPREAD * noise))
        wrong += sum(week >= BEFORE for week in opened(values, rule))
        start = int(random.integers(BEFORE + 8, WEEKS + BEFORE - 3))
        values[start:] = np.round((1 - FALL) * values[start:])
        seen += any(start <= week <= start + 2 for week in opened(values, rule))
    return wrong / SHOPS, seen / SHOPS


if __name__ == "__main__":
    (band,) = read_rules(presets=["orders_band"], indicators=["orders"]).rules
    for autocorrelation in (0.0, 0.5):
        wrong, seen = measure(band, autocorrelation)
        print(f"autocorrelation {autocorrelation}: {wrong:.1f} false a year, {seen:.0%} seen")
