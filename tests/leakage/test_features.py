"""Altering everything after a date must change nothing that is computed as of that date."""

from datetime import date, timedelta
from functools import partial

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


def fill(engine, rows):
    """Let the engine's table `rows` hold these rows and no others."""
    engine.con.register("incoming", rows)
    engine.con.execute("CREATE OR REPLACE TABLE rows AS FROM incoming")


def result(engine, rows, expression):
    fill(engine, rows)
    return engine.to_pyarrow(expression.order_by(["as_of", "customer_id"]))


@pytest.fixture(scope="module")
def engine(past_and_future):
    engine = open_engine()
    fill(engine, past_and_future[0])
    return engine


def behaviour(engine, as_of, **options):
    return behaviour_table(
        engine.table("rows"), [as_of], count_zero=True, horizon_days=60, **options
    )


def training(engine):
    dates = snapshot_dates(
        first_day=date(1997, 1, 1),
        as_of=AS_OF,
        horizon_days=60,
        gap_days=0,
        every_days=30,
        count=3,
        min_history_days=60,
    )
    assert len(dates) == 3
    return training_table(
        behaviour_table(engine.table("rows"), dates, count_zero=True, horizon_days=60),
        engine.table("rows"),
        dates,
        as_of=AS_OF,
        horizon_days=60,
        gap_days=0,
        active_within_days=365,
        count_zero=True,
    )


def labels_of_summer(engine):
    """A window that AS_OF ends: what arrives later is no part of it, whoever knows it by now."""
    start = AS_OF - timedelta(days=90)
    return outcomes_table(engine.table("rows"), [(start, start, AS_OF)], count_zero=True)


@pytest.mark.parametrize("compute", [partial(behaviour, as_of=AS_OF), training, labels_of_summer])
def test_the_future_changes_nothing(engine, past_and_future, compute):
    past, futures = past_and_future
    expression = compute(engine)
    expected = result(engine, past, expression)
    assert expected.num_rows > 400
    for name, future in futures.items():
        got = result(engine, pa.concat_tables([past, future]), expression)
        assert got.equals(expected), name


def test_the_future_changes_no_summary(past_and_future):
    past, futures = past_and_future
    expected = rfm_summary(ibis.memtable(past), AS_OF)
    for name, future in futures.items():
        got = rfm_summary(ibis.memtable(pa.concat_tables([past, future])), AS_OF)
        assert got.equals(expected), name


def test_a_planted_leak_is_caught(engine, past_and_future):
    """The comparison can fail: features of the next day do see the next day."""
    past, futures = past_and_future
    expression = behaviour(engine, AS_OF + timedelta(days=1))
    before = result(engine, past, expression)
    after = result(engine, pa.concat_tables([past, futures["purchases after"]]), expression)
    assert not before.equals(after)


def test_event_types_and_counts_are_blind_to_the_future(engine, past_and_future):
    past, _ = past_and_future
    customers = past["customer_id"].to_pylist()[:300]
    days = past["day"].to_pylist()[:300]
    events_before = {
        "customer_id": customers,
        "day": days,
        "event": ["visit", "complaint", "share"] * 100,
    }
    later = {
        "customer_id": customers * 2,
        "day": [AS_OF + timedelta(days=1)] * 600,
        "event": ["scandal", "visit"] * 300,
    }
    before, after = (
        ibis.memtable(pa.table(columns))
        for columns in (
            events_before,
            {name: events_before[name] + later[name] for name in events_before},
        )
    )
    assert event_types(after, AS_OF) == ("complaint", "share", "visit")
    expected = result(engine, past, behaviour(engine, AS_OF, events=before))
    assert result(engine, past, behaviour(engine, AS_OF, events=after)).equals(expected)
