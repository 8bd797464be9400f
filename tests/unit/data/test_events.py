"""Events, customers and contacts: checked like transactions; in doubt, nobody is contacted."""

import datetime as dt

import pyarrow as pa
import pytest

from winback.data.events import read_table
from winback.data.policy import IntakePolicy
from winback.data.row_checks import TooManyRejectedError
from winback.errors import DataError

EVENTS = pa.table(
    {
        "who": ["a", None, "b", "b", "c", "c"],
        "timestamp": ["2024-01-01 23:30Z", "2024-01-01", "soon", "2024-01-02", None, "2025-01-01"],
        "event": ["visit", "visit", "visit", " ", "share", None],
    }
)  # fmt: skip


def test_events_are_checked_and_their_days_are_local():
    columns, as_of = {"customer_id": "who"}, dt.date(2024, 12, 31)
    policy = IntakePolicy(timezone="Asia/Shanghai", max_rejected_share=0.8)
    read = read_table(
        "events",
        EVENTS,
        columns=columns,
        as_of=as_of,
        policy=policy,
    )
    assert read.table.to_pyarrow().to_pylist() == [
        {
            "source_row": 1,
            "customer_id": "a",
            "timestamp": dt.datetime(2024, 1, 2, 7, 30),  # noqa: DTZ001
            "day": dt.date(2024, 1, 2),
            "event": "visit",
        }
    ]
    rejected = read.rejected.order_by("source_row").to_pyarrow().to_pylist()
    assert [(row["source_row"], row["reason"]) for row in rejected] == [
        (2, "no customer_id"),
        (3, "unparsable timestamp"),
        (4, "no event"),
        (5, "no timestamp"),
    ]
    assert (read.rows_in, read.after_as_of) == (6, 1)
    with pytest.raises(TooManyRejectedError, match="4 of 5 rows"):
        read_table("events", EVENTS, columns=columns, as_of=as_of)


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match=r"no column for customer_id .*columns who, timestamp"):
        read_table("events", EVENTS)


def test_one_row_a_customer_and_an_opt_out_anywhere_counts():
    people = pa.table(
        {
            "customer_id": ["a", "a", "a", "b", "c"],
            "opt_out": ["no", "yes", None, None, "perhaps"],
            "acquired_at": ["2024-01-02", "2024-01-01", "x", "not known", None],
            "acquisition_channel": [None, "shop", "web", None, None],
        }
    )
    merged = read_table("customers", people).table.drop("source_row", "opted_out_later")
    rows = merged.order_by("customer_id").to_pyarrow().to_pylist()
    acquired = dt.datetime(2024, 1, 2)  # noqa: DTZ001
    assert rows == [
        {
            "customer_id": "a",
            "acquired_at": acquired,
            "acquisition_channel": "shop",
            "opt_out": True,
        },
        {"customer_id": "b", "acquired_at": None, "acquisition_channel": None, "opt_out": False},
        {"customer_id": "c", "acquired_at": None, "acquisition_channel": None, "opt_out": True},
    ]


def test_contacts():
    contacts = pa.table(
        {"customer_id": [1], "timestamp": ["2024-01-01"], "channel": ["sms"], "cost": ["inf"]}
    )
    row = read_table("contacts", contacts).table.to_pyarrow().to_pylist()[0]
    assert (row["customer_id"], row["cost"]) == ("1", None)
