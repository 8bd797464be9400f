"""Altering everything after a date must leave what is computed as of that date bit for bit."""

from datetime import date, timedelta

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from winback.data.connect import open_engine, read_source
from winback.features.behaviour import behaviour_table
from winback.features.habits import event_types
from winback.features.outcomes import outcomes_table
from winback.features.rfm import rfm_summary
from winback.features.snapshots import snapshot_dates, training_table

AS_OF = date(1997, 9, 30)


@pytest.fixture(scope="module")
def past_and_future():
    """The CDNOW tenth until AS_OF; and a future that is as loud as can be."""
    sample = read_source(open_engine(), "sample:cdnow-tenth").to_pyarrow()
    n = sample.num_rows
    channels = np.random.default_rng(3).choice(["web", "shop"], n)
    rows = pa.table(
        {
            "customer_id": sample["customer_id"].cast(pa.string()),
            "day": sample["timestamp"].cast(pa.date32()),
            "booked_on": sample["timestamp"].cast(pa.date32()),
            "known_on": sample["timestamp"].cast(pa.date32()),
            "amount": sample["amount"],
            "channel": channels,
        }
    )
    past = rows.filter(pc.less_equal(rows["day"], pa.scalar(AS_OF)))
    customers = past["customer_id"].to_pylist()[::5] + ["new"] * 50
    m = len(customers)
    days = past["day"].to_pylist()[::5] + [AS_OF] * 50
    tomorrow = [AS_OF + timedelta(days=1 + i % 200) for i in range(m)]

    def future(**changes):
        columns = {
            "customer_id": customers,
            "day": tomorrow,
            "booked_on": tomorrow,
            "known_on": tomorrow,
            "amount": [1e6 * (-1) ** i for i in range(m)],
            "channel": ["phone"] * m,
        }
        return pa.table(columns | changes, schema=past.schema)

    return past, {
        "nothing": past.slice(0, 0),
        "purchases after": future(),
        # purchases and refunds of known days that are booked or heard of only later
        "netted on old days": future(day=days),
        "old rows, late": future(day=days, booked_on=days),
    }


def bits(expression, *keys):
    frame = expression.order_by(list(keys)).to_pyarrow().to_pandas()
    return frame.to_csv(float_format=float.hex)


def computed(rows):
    """Everything this room computes from rows, as of AS_OF."""
    table = ibis.memtable(rows)
    horizon = 60
    dates = snapshot_dates(
        first_day=date(1997, 1, 1),
        as_of=AS_OF,
        horizon_days=horizon,
        gap_days=0,
        every_days=30,
        count=3,
        min_history_days=60,
    )
    assert len(dates) == 3
    behaviour = behaviour_table(table, [AS_OF], count_zero=True, horizon_days=horizon)
    training = training_table(
        table,
        dates,
        as_of=AS_OF,
        horizon_days=horizon,
        gap_days=0,
        active_within_days=365,
        count_zero=True,
    )
    return {
        "behaviour": bits(behaviour, "customer_id"),
        "training": bits(training, "as_of", "customer_id"),
        "rfm": rfm_summary(table, AS_OF).to_csv(float_format=float.hex),
    }


def test_the_future_changes_nothing(past_and_future):
    past, futures = past_and_future
    expected = computed(past)
    assert expected["behaviour"].count("\n") > 2_000
    for name, future in futures.items():
        got = computed(pa.concat_tables([past, future]))
        assert {key: got[key] == expected[key] for key in got} == dict.fromkeys(got, True), name


def test_a_label_holds_nothing_that_its_window_did_not_know(past_and_future):
    """Even where a later day is known to the caller, a window is read as of its own end."""
    past, futures = past_and_future
    start = AS_OF - timedelta(days=90)
    for future in futures.values():
        tables = [ibis.memtable(rows) for rows in (past, pa.concat_tables([past, future]))]
        before, after = (
            bits(outcomes_table(t, [(start, start, AS_OF)], count_zero=True), "customer_id")
            for t in tables
        )
        assert before == after


def test_a_planted_leak_is_caught(past_and_future):
    """The comparison can fail: features of the next day do see the next day."""
    past, futures = past_and_future
    day_after = AS_OF + timedelta(days=1)
    tables = [
        ibis.memtable(rows) for rows in (past, pa.concat_tables([past, futures["purchases after"]]))
    ]
    before, after = (
        bits(behaviour_table(t, [day_after], count_zero=True, horizon_days=60), "customer_id")
        for t in tables
    )
    assert before != after


def test_event_types_and_counts_are_blind_to_the_future(past_and_future):
    past, _ = past_and_future
    customers = past["customer_id"].to_pylist()[:300]
    days = past["day"].to_pylist()[:300]
    known = {"customer_id": customers, "day": days, "event": ["visit", "complaint", "share"] * 100}
    later = {
        "customer_id": customers * 2,
        "day": [AS_OF + timedelta(days=1)] * 600,
        "event": ["scandal", "visit"] * 300,
    }
    transactions = ibis.memtable(past)
    tables = [
        ibis.memtable(pa.table(columns))
        for columns in (known, {name: known[name] + later[name] for name in known})
    ]
    assert event_types(tables[1], AS_OF) == ("complaint", "share", "visit")
    before, after = (
        bits(
            behaviour_table(transactions, [AS_OF], count_zero=True, horizon_days=60, events=events),
            "customer_id",
        )
        for events in tables
    )
    assert before == after
