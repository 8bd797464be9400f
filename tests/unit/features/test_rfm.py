from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import ibis
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from winback.errors import DataError, UsageError
from winback.features.rfm import rfm_summary

ORDERS = {
    "customer_id": ["b", "a", "a", "a", "c"],
    "timestamp": [
        pd.Timestamp("2024-01-03 23:59"),
        pd.Timestamp("2024-01-01 08:00"),
        pd.Timestamp("2024-01-11 00:00"),
        pd.Timestamp("2024-01-11 18:00"),
        pd.Timestamp("2024-02-01 00:00"),
    ],
    "amount": [7.5, 10.0, 20.0, 4.0, 1.0],
}
#                 frequency recency T  monetary_value
BY_HAND = [("a", 1.0, 10.0, 30.0, 24.0), ("b", 0.0, 0.0, 28.0, 0.0)]  # c came later


@dataclass(frozen=True)
class Handle:
    """What read_transactions returns, as far as this room looks."""

    table: Any
    count_zero: bool


def values(summary):
    return [tuple(row) for row in summary.itertuples(index=False)]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(ORDERS),
        pd.DataFrame(ORDERS).set_axis(list("vwxyz")),
        pl.DataFrame(ORDERS),
        pa.table(ORDERS),
        ibis.memtable(pa.table(ORDERS)),
        pd.DataFrame(ORDERS).astype({"timestamp": str}).rename(columns={"timestamp": "date"}),
        pl.DataFrame(ORDERS).with_columns(pl.col("timestamp").dt.replace_time_zone("Asia/Tokyo")),
    ],
    ids=["pandas", "pandas-index", "polars", "arrow", "ibis", "text dates", "zone-aware"],
)
def test_every_kind_of_frame(frame):
    assert values(rfm_summary(frame, as_of="2024-01-31")) == BY_HAND


@pytest.mark.parametrize(
    "as_of",
    [
        "2024-01-31",
        date(2024, 1, 31),
        datetime(2024, 1, 31, 12, tzinfo=UTC),
        pd.Timestamp("2024-01-31"),
    ],
)
def test_every_kind_of_date(as_of):
    assert values(rfm_summary(pd.DataFrame(ORDERS), as_of)) == BY_HAND


def test_a_handle_brings_its_own_rules():
    rows = pa.table(
        {
            "customer_id": ["a", "a", "a"],
            "day": [date(2024, 1, 1), date(2024, 1, 5), date(2024, 1, 9)],
            "known_on": [date(2024, 1, 1), date(2024, 1, 5), date(2024, 3, 1)],
            "amount": [10.0, 0.0, 5.0],
        }
    )
    table = ibis.memtable(rows)
    drop, keep = (rfm_summary(Handle(table, zero), "2024-01-31") for zero in (False, True))
    assert values(drop) == [("a", 0.0, 0.0, 30.0, 0.0)]
    assert values(keep) == [("a", 1.0, 4.0, 30.0, 0.0)]


def test_without_amounts_and_without_customers():
    no_amounts = pd.DataFrame(ORDERS).drop(columns="amount")
    assert rfm_summary(no_amounts, "2024-01-31").monetary_value.tolist() == [0.0, 0.0]
    nobody = rfm_summary(pd.DataFrame(ORDERS), "2020-01-01")
    assert len(nobody) == 0
    assert (nobody.dtypes.iloc[1:] == "float64").all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"amount": [1.0, None, 1.0, float("nan"), float("inf")]}, "got 3 rows"),
        ({"timestamp": ["yesterday"] * 5}, "got 5 rows"),
        ({"customer_id": ["a", "b", None, "c", "d"]}, "got 1 row[.]"),
        ({"amount": [1.0, "two", 1.0, 1.0, 1.0]}, "mixes types"),
    ],
)
def test_unusable_rows_are_counted_and_refused(change, message):
    with pytest.raises(DataError, match=message):
        rfm_summary(pd.DataFrame(ORDERS | change), "2024-01-31")


def test_wrong_arguments_are_refused():
    frame = pd.DataFrame(ORDERS)
    with pytest.raises(UsageError, match=r"time_unit.*got M; allowed: D, W"):
        rfm_summary(frame, "2024-01-31", time_unit="M")
    for as_of in ("soon", None, 20240131):
        with pytest.raises(UsageError, match="not a date"):
            rfm_summary(frame, as_of)
    with pytest.raises(UsageError, match="not a frame"):
        rfm_summary([1, 2], "2024-01-31")
    with pytest.raises(DataError, match="rename your columns"):
        rfm_summary(frame.rename(columns={"customer_id": "id"}), "2024-01-31")
    aware = pa.table({"customer_id": ["a"], "timestamp": pa.array([0], pa.timestamp("us", "UTC"))})
    with pytest.raises(DataError, match="zone"):
        rfm_summary(ibis.memtable(aware), "2024-01-31")
