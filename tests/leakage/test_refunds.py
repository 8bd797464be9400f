"""What becomes known later never changes what was known earlier, refunds by order included."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.features.behaviour import behaviour_table
from winback.features.purchases import purchase_days

START = pd.Timestamp("2024-01-01")


@pytest.fixture(scope="module")
def engine():
    return open_engine(threads=1)


def orders(rows):
    """Make a source of (customer, order, day, amount, how many days later it became known)."""
    frame = pd.DataFrame(rows, columns=["customer_id", "order_id", "day", "amount", "late"])
    when = START + pd.to_timedelta(frame.pop("day"), unit="D")
    available = when + pd.to_timedelta(frame.pop("late"), unit="D")
    return frame.assign(timestamp=when, available_at=available)


def read(engine, source):
    return read_transactions(source, policy=IntakePolicy(refunds="by_order"), engine=engine).table


def test_rows_known_later_change_nothing_known_earlier(engine):
    """Some 600 customers, each with a few lines and refunds of two orders in any sequence."""
    rng = np.random.default_rng(5)
    n = 3000
    source = orders(
        {
            "customer_id": rng.integers(0, 600, n).astype(str),
            "order_id": rng.choice(["1", "2", ""], n),
            "day": rng.integers(0, 9, n),
            "amount": rng.choice([30.0, 20.0, -10.0, -30.0], n),
            "late": rng.choice([0, 0, 1, 4], n),
        }
    )

    def known_at(table, date):
        days = purchase_days(table, date, count_zero=True)
        return days.order_by(["customer_id", "day"]).to_pyarrow()

    everything = read(engine, source)
    for date in pd.date_range(START, periods=13):
        only_known = read(engine, source[source["available_at"] <= date])
        expected = known_at(only_known, date.date())
        assert expected.num_rows > 0
        assert known_at(everything, date.date()).equals(expected), date


def test_an_order_line_that_arrives_late_moves_no_refund(engine):
    """The features of a snapshot between a refund and a line of its order that arrives later."""
    rows = [("a", "1", 4, 30.0, 0), ("a", "1", 31, -10.0, 0), ("b", "2", 0, 30.0, 0)]
    late = ("a", "1", 0, 20.0, 60)
    snapshot = dt.date(2024, 2, 15)

    def features(given):
        table = read(engine, orders(given))
        table = behaviour_table(table, [snapshot], count_zero=True, horizon_days=30)
        return table.order_by("customer_id").to_pyarrow()

    assert features(rows).equals(features([*rows, late]))
