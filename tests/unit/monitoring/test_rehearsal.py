"""A year replayed: counted by hand."""

from datetime import date, timedelta

import pytest

from winback.monitoring.rehearsal import rehearse
from winback.monitoring.rules import Rule

START = date(2024, 1, 1)


def rehearsed(table, when, *, weeks, since=START - timedelta(days=1), **more):
    given = {"id": "r", "indicator": "orders", "severity": "red", "owner": "o", "source": "s"}
    one = Rule.model_validate({**given, "when": when, **more})
    as_of = START + timedelta(days=7 * weeks - 1)
    return rehearse(table, [one], since=since, as_of=as_of).iloc[0]


def test_a_rule_that_never_sees_a_fall_is_not_said_to(weekly):
    """One early week of 10 opens and closes a case; a fall from 100 to 70 is never below 20."""
    values = [100, 10, *[100] * 28]
    found = rehearsed(weekly(values), {"below": 20}, weeks=30)
    assert (found["fired"], found["longest"]) == (1, 8)
    # of 17 beginnings only the first two are "seen": by the low week, which fires anyway
    assert found["seen"] == pytest.approx(2 / 17)


def test_a_rule_that_sees_it_at_once(weekly):
    found = rehearsed(weekly([100] * 30), {"below": 80}, weeks=30)
    assert (found["fired"], found["seen"], found["seen_after"]) == (0, 1.0, 1)
    later = rehearsed(weekly([100] * 30), {"below": 80}, weeks=30, **{"for": 3})
    assert (later["seen"], later["seen_after"]) == (1.0, 3)


def test_the_share_is_of_the_same_weeks_as_the_cases(weekly):
    """Firing for all of the last 20 weeks of 60: the whole of them, not a third."""
    values = [100] * 40 + [50] * 20
    since = START + timedelta(days=7 * 40 - 1)
    found = rehearsed(weekly(values), {"below": 80}, weeks=60, since=since)
    assert (found["periods"], found["share"], found["fired"]) == (20, 1.0, 1)
    half = rehearsed(weekly(values), {"below": 80}, weeks=60, since=since - timedelta(days=140))
    assert half["share"] == pytest.approx(0.5)
