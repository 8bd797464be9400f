"""Columns are guessed by their names and their cells."""

import datetime as dt

import pyarrow as pa
import pytest

from winback.data.intake import read_transactions
from winback.data.sniff import sniff


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            {"Order Date": ["2024-01-01"], "Customer ID": [1], "Sales": [3.5], "Order ID": ["x"]},
            {"customer_id": "Customer ID", "timestamp": "Order Date", "amount": "Sales",
             "order_id": "Order ID"},
        ),
        (
            {"会员编号": ["m1"], "订单金额": ["9.9"], "付款时间": ["2024年1月2日"], "订单号": ["1"],
             "渠道": ["app"]},
            {"customer_id": "会员编号", "timestamp": "付款时间", "amount": "订单金额",
             "order_id": "订单号", "channel": "渠道"},
        ),
        # a name alone is not enough: this total is text, this date is none
        (
            {"user_id": [1], "total": ["see note"], "date": ["n/a"], "created_at": ["2024-01-01"],
             "amount_paid": [1.0], "qty": ["2"], "Unit Price": ["1.5"]},
            {"customer_id": "user_id", "timestamp": "created_at", "amount": "amount_paid"},
        ),
        (
            {"client": ["a"], "time": [1704161100], "Order": ["1"], "price": [2.0], "qty": [1]},
            {"customer_id": "client", "timestamp": "time", "amount": "qty * price",
             "order_id": "Order"},
        ),
        ({"a": [1], "b": ["x"]}, {}),
    ],
)  # fmt: skip
def test_guesses(source, expected):
    found = sniff(pa.table(source))
    assert {ours: guess.expression for ours, guess in found.guesses.items()} == expected
    missing = [ours for ours in ("customer_id", "timestamp", "amount") if ours not in expected]
    assert found.notes == tuple(f"nothing looks like {ours}" for ours in missing)


def test_online_retail_reads_as_guessed(online_retail):
    found = sniff(online_retail)
    assert found.guesses["amount"].expression == "Quantity * UnitPrice"
    assert found.filter == "CustomerID IS NOT NULL"
    assert (found.rows, found.first_day, found.last_day) == (
        541_909,
        dt.date(2010, 12, 1),
        dt.date(2011, 12, 9),
    )
    columns = {ours: guess.expression for ours, guess in found.guesses.items()}
    read = read_transactions(online_retail, columns=columns, filter=found.filter)
    assert read.counts.rejected == {}


def test_a_date_that_could_be_either_is_noted():
    found = sniff(pa.table({"customer": ["a"], "date": ["1/2/2024"], "amount": [1.0]}))
    assert found.guesses["timestamp"].expression == "date"
    assert found.last_day is None
    assert "day or the month" in found.notes[0]
