"""How a condition becomes a case, and a case ends."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from winback.monitoring.alerts import AlertNote, current_alerts, replay
from winback.monitoring.conditions import judge
from winback.monitoring.rules import Rule

START = date(2024, 1, 1)


def sunday(week):
    return START + timedelta(days=7 * week + 6)


def rule(**more):
    given = {
        "id": "few",
        "indicator": "orders",
        "when": {"below": 50},
        "severity": "orange",
        "owner": "growth",
        "source": "a test",
    }
    return Rule.model_validate({**given, **more})


def cases_of(table, one):
    return [case for judged in judge(table, one) for case in replay(judged)]


def spans(cases):
    return [(case.kind, case.status, case.opened, case.ended) for case in cases]


def test_it_fires_only_after_so_many_periods_in_a_row(weekly):
    table = weekly([90, 40, 90, 40, 40, 90])
    assert spans(cases_of(table, rule(**{"for": 2}))) == [
        ("rule", "resolved", sunday(4), sunday(5))
    ]


def test_a_dip_back_does_not_resolve_while_it_keeps_firing(weekly):
    table = weekly([40, 90, 40, 90, 90])
    assert spans(cases_of(table, rule(keep_firing_for=1))) == [
        ("rule", "resolved", sunday(0), sunday(4))
    ]


def test_missing_data_resolve_nothing_reset_nothing_and_are_a_case(weekly):
    table = weekly([40, None, 40, None, None, None, 90])
    assert spans(cases_of(table, rule(**{"for": 2}))) == [
        ("rule", "resolved", sunday(2), sunday(6)),
        ("no_data", "resolved", sunday(4), sunday(6)),
    ]


def test_a_week_in_which_nobody_bought_at_all_is_unknown(weekly):
    table = weekly([90, 90, 0, 0])
    (case,) = cases_of(table, rule())
    assert (case.kind, case.status) == ("no_data", "firing")


def test_what_nothing_can_be_held_against_is_not_missing(weekly):
    band = rule(when={"outside": "below"})
    assert cases_of(weekly([5, 4, 3, 5, 4]), band) == []  # too short a past for a band


def test_what_is_not_mature_or_of_too_few_customers_has_no_colour(weekly):
    assert cases_of(weekly([90, 40], mature=[True, False]), rule()) == []
    assert cases_of(weekly([90, 40], enough=[True, False]), rule()) == []


@pytest.mark.parametrize("weeks", range(1, 12))
def test_state_kept_day_by_day_is_state_replayed(weekly, weeks):
    values = [90, 40, 40, None, 40, 90, 90, 40, None, None, 90]
    one = rule(**{"for": 2}, keep_firing_for=1)
    (whole,) = judge(weekly(values), one)
    (part,) = judge(weekly(values[:weeks]), one)
    then = replace(
        whole,
        periods=whole.periods[:weeks],
        values=whole.values[:weeks],
        expected=whole.expected[:weeks],
        holds=whole.holds[:weeks],
    )
    assert repr(replay(then)) == repr(replay(part))


def test_red_hides_yellow_of_the_same_subject_alone(weekly):
    table = weekly([90, 10])
    red = rule(id="very_few", when={"below": 20}, severity="red")
    other = rule(id="other", indicator="buyers")
    buyers = weekly([90, 10], indicator="buyers")
    cases = [*cases_of(table, rule()), *cases_of(table, red), *cases_of(buyers, other)]
    shown = {a.rule.id: a.hidden_by for a in current_alerts(cases, [], as_of=sunday(1))}
    assert shown == {"very_few": None, "few": "very_few", "other": None}


def test_a_deadline_that_passes_escalates_unless_somebody_is_at_it(weekly):
    one = rule(respond=[{"within_hours": 24, "do": "look"}, {"within_hours": 72, "do": "act"}])
    cases = cases_of(weekly([90, 40]), one)
    (now,) = current_alerts(cases, [], as_of=sunday(1))
    assert (now.severity, now.overdue) == ("orange", None)
    later = sunday(1) + timedelta(days=2)
    (late,) = current_alerts(cases, [], as_of=later)
    assert (late.severity, late.overdue) == ("red", "look")
    at_it = AlertNote("few", "acknowledge", sunday(1) + timedelta(days=1), "ann")
    (seen,) = current_alerts(cases, [at_it], as_of=later)
    assert (seen.severity, seen.overdue, seen.acknowledged) == ("orange", None, True)
    (before,) = current_alerts(cases, [at_it], as_of=sunday(1))  # a note of tomorrow
    assert not before.acknowledged


def test_silences_end_and_a_closed_case_stays_closed(weekly):
    cases = cases_of(weekly([90, 40]), rule())
    silence = AlertNote("few", "silence", sunday(1), "ann", until=sunday(1) + timedelta(days=3))
    (case,) = current_alerts(cases, [silence], as_of=sunday(1) + timedelta(days=3))
    assert case.silenced
    (case,) = current_alerts(cases, [silence], as_of=sunday(1) + timedelta(days=4))
    assert case.silenced is None
    closed = AlertNote("few", "close", sunday(1), "ann")
    assert current_alerts(cases, [closed], as_of=sunday(1)) == []
    earlier = AlertNote("few", "close", sunday(0), "ann")  # said of an earlier case
    assert len(current_alerts(cases, [earlier], as_of=sunday(1))) == 1


def test_direct_loss_comes_first_then_colour(weekly):
    table = weekly([90, 10])
    rules = [
        rule(id="a", indicator="buyers", priority=3, severity="red"),
        rule(id="b", priority=1, severity="yellow"),
        rule(id="c", indicator="revenue", priority=3, severity="orange"),
    ]
    tables = {name: weekly([90, 10], indicator=name) for name in ("buyers", "revenue")}
    cases = [case for one in rules for case in cases_of(tables.get(one.indicator, table), one)]
    order = [case.rule.id for case in current_alerts(cases, [], as_of=sunday(1))]
    assert order == ["b", "a", "c"]
