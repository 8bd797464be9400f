"""A refund is netted on its own day, or on the day of the order that it names."""

import datetime as dt

import pyarrow as pa
import pytest

from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.errors import ConfigError

ROWS = [
    # customer, order, day, amount, available_at: the day it is netted on by order
    (("a", "1", "2024-01-01", 30, None), "2024-01-01"),
    (("a", "1", "2024-01-05", 20, None), "2024-01-05"),
    (("a", "1", "2024-02-01", -10, None), "2024-01-01"),  # the order's first day
    (("b", "1", "2024-02-02", -10, None), "2024-02-02"),  # another customer's order
    (("a", "9", "2024-02-03", -10, None), "2024-02-03"),  # no such order
    (("a", None, "2024-02-04", -10, None), "2024-02-04"),  # names none
    (("c", "3", "2024-03-02", 50, None), "2024-03-02"),
    (("c", "3", "2024-03-01", -50, None), "2024-03-01"),  # before its order
    (("d", "4", "2024-01-01", 50, "2024-03-20"), "2024-01-01"),
    (("d", "4", "2024-03-10", -50, None), "2024-03-10"),  # its order is not yet known
]
NAMES = ["customer_id", "order_id", "timestamp", "amount", "available_at"]


def read(refunds, **options):
    columns = dict(zip(NAMES, zip(*(row for row, _ in ROWS), strict=True), strict=True))
    columns["amount"] = [float(amount) for amount in columns["amount"]]
    return read_transactions(pa.table(columns), policy=IntakePolicy(refunds=refunds), **options)


def day_of(table):
    rows = table.to_pyarrow().to_pylist()
    return {(r["customer_id"], r["booked_on"].isoformat()): r["day"].isoformat() for r in rows}


def test_by_order():
    read_by_order = read("by_order")
    assert day_of(read_by_order.table) == {(row[0], row[2]): day for row, day in ROWS}
    # nothing but the day moves
    by_day = read("by_day").table
    assert by_day.columns == read_by_order.table.columns
    same = [name for name in by_day.columns if name != "day"]
    assert sorted(map(str, by_day.select(same).to_pyarrow().to_pylist())) == sorted(
        map(str, read_by_order.table.select(same).to_pyarrow().to_pylist())
    )


def test_by_day():
    rows = read("by_day").table
    assert rows.filter(rows.day != rows.booked_on).count().to_pyarrow().as_py() == 0


def test_a_refund_does_not_change_what_was_known_before_it():
    before = read("by_order", as_of=dt.date(2024, 1, 31)).table.to_pyarrow()
    assert before["amount"].to_pylist() == [30.0, 20.0]


def test_by_order_needs_an_order():
    rows = pa.table({"customer_id": ["a"], "timestamp": ["2024-01-01"], "amount": [1.0]})
    with pytest.raises(ConfigError, match="refunds by order need an order_id"):
        read_transactions(rows, policy=IntakePolicy(refunds="by_order"))
