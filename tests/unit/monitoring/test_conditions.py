"""Conditions, and the band of a series' own past: how often it is wrong, how soon it sees."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.monitoring.alerts import replay
from winback.monitoring.conditions import band, judge
from winback.monitoring.rules import PRESETS, Benchmark, Condition, Rule, read_rules


def rule(when, **more):
    given = {"id": "r", "indicator": "orders", "severity": "red", "owner": "o", "source": "s"}
    return Rule.model_validate({**given, "when": when, **more})


@pytest.mark.parametrize(
    ("when", "values", "holds"),
    [
        ({"above": 5}, [5, 6], [0, 1]),
        ({"falls_by": 0}, [5, 5, 4], [-1, 0, 1]),  # level is no fall
        ({"falls_by": 0.2}, [10, 8, 6.5], [-1, 1, 0]),
        ({"rises_by": 0.3}, [10, 13, 13], [-1, 1, 0]),
        ({"falls_by": 0.3, "against": "mean", "history": 2}, [10, 20, 10.5], [-1, -1, 1]),
        ({"falls_by": 0.1, "against": "benchmark"}, [10, 9, 8], [0, 1, 1]),
        ({"falls_by": 0.1}, [10, None, 8], [-1, -1, -1]),  # the period before is unknown
    ],
)
def test_each_way_to_say_it(weekly, when, values, holds):
    marks = [
        Benchmark(indicator="orders", value=10, source="us", date=date(2024, 1, 1)),
        Benchmark(indicator="orders", segment="web", value=1, source="us", date=date(2024, 1, 1)),
    ]
    (judged,) = judge(weekly(values), rule(when), marks)
    assert judged.holds.tolist() == holds


def test_the_year_before_is_the_same_week(weekly):
    values = [100.0] * 52 + [70.0]
    (judged,) = judge(weekly(values), rule({"falls_by": 0.3, "against": "year_before"}))
    assert judged.holds.tolist() == [-1] * 52 + [1]


def test_every_segment_is_a_subject(weekly):
    web = weekly([10, 4], dimension="channel", segment="web")
    shop = weekly([10, 9], dimension="channel", segment="shop")
    table = pd.concat([weekly([20, 13]), web, shop], ignore_index=True)
    judged = judge(table, rule({"falls_by": 0.3}, dimension="channel"))
    assert {one.segment: one.holds[-1] for one in judged} == {"web": 1, "shop": 0}


def fired(values, when, periods):
    n = len(values)
    table = pd.DataFrame(
        {
            "indicator": "orders",
            "grain": "week",
            "dimension": "all",
            "segment": "all",
            "period": pd.date_range("2020-01-06", periods=n, freq="7D").date,
            "until": pd.date_range("2020-01-12", periods=n, freq="7D").date,
            "value": values,
            "enough": True,
            "mature": True,
        }
    )
    (judged,) = judge(table, rule(when, **{"for": periods}))
    return [judged.periods.index(case.opened) for case in replay(judged) if case.opened]


def test_quiet_years_are_quiet_and_a_lasting_fall_is_seen_within_three_weeks():
    """Weekly orders whose logarithm deviates by .10: the shipped band, on drawn years."""
    shipped = {
        one.id: one for one in read_rules(presets=["orders_band"], indicators=["orders"]).rules
    }
    one = shipped["orders_band"]
    when = one.when.model_dump(exclude_defaults=True)
    random = np.random.default_rng(7)
    quiet, seen, years = 0, 0, 100
    for _ in range(years):
        values = np.round(2000 * np.exp(0.10 * random.standard_normal(52 + 12)))
        quiet += sum(at >= 12 for at in fired(values, when, one.for_))
        start = int(random.integers(20, 60))
        fallen = values.copy()
        fallen[start:] = np.round(0.7 * fallen[start:])
        seen += any(start <= at <= start + 2 for at in fired(fallen, when, one.for_))
    assert quiet / years <= 1.5  # at most four are allowed: one a quarter
    assert seen / years >= 0.90


def test_a_band_does_not_learn_what_lies_outside_it_until_that_has_lasted():
    values = np.array([100.0] * 12 + [60.0] * 30)
    level, _ = band(values, 12)
    assert (level[12:20] == 100).all()
    assert level[-1] == 60  # after a whole history it is what is normal now


def test_what_has_ended_for_good_is_no_longer_expected():
    values = np.array([100.0] * 14 + [0.0] * 30)
    level, spread = band(values, 12)
    assert level[14] == 100.0  # the fall is one
    assert np.isnan(level[14 + 13 : 14 + 24]).all()
    assert (level[-5:] == 0).all()
    assert (spread[-5:] == 0).all()


def test_too_short_a_past_has_no_band():
    level, spread = band(np.array([100.0] * 8), 12)
    assert np.isnan(level).all()
    assert np.isnan(spread).all()
    assert PRESETS.exists()
    assert Condition(below=1).needs_benchmark is False
