"""Frames and Ibis tables become the same relation."""

import ibis
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from winback.data.connect import open_engine, read_source
from winback.data.intake import read_transactions
from winback.errors import ConfigError, DataError

ROWS = pa.table({"who": ["a", "b", "c"], "paid": [1.5, None, 3.0]})


@pytest.fixture
def engine():
    return open_engine(threads=2)


def listed(table):
    return table.order_by("source_row").to_pyarrow().to_pylist()


def other_backend():
    backend = ibis.duckdb.connect()
    backend.con.register("frame", ROWS)
    backend.raw_sql("CREATE TABLE rows AS SELECT * FROM frame")
    with pytest.warns(DeprecationWarning, match="fetch_arrow_table"):  # Ibis 12 on DuckDB 2
        return backend.table("rows")


@pytest.mark.parametrize(
    "frame",
    [ROWS, ROWS.to_pandas(), pl.from_arrow(ROWS), pl.from_arrow(ROWS).lazy(),
     ROWS.to_reader(), ibis.memtable(ROWS), other_backend()],
    ids=["arrow", "pandas", "polars", "lazy polars", "reader", "ibis", "another backend"],
)  # fmt: skip
def test_frames_and_ibis_tables(engine, frame):
    assert listed(read_source(engine, frame)) == [
        {"source_row": 1, "who": "a", "paid": 1.5},
        {"source_row": 2, "who": "b", "paid": None},
        {"source_row": 3, "who": "c", "paid": 3.0},
    ]


def test_a_pandas_column_of_mixed_objects_is_text(engine):
    frame = pd.DataFrame({"paid": [1, "two", None]}, dtype=object)
    cells = [row["paid"] for row in listed(read_source(engine, frame))]
    assert cells == ["1", "two", None]


def test_something_else_is_refused(engine):
    with pytest.raises(ConfigError, match="got list; allowed: a path"):
        read_source(engine, [1, 2])


def test_a_column_called_source_row_gives_way(engine):
    frame = pa.table({"source_row": [9, 9], "x": [1, 2]})
    assert [row["source_row"] for row in listed(read_source(engine, frame))] == [1, 2]


def test_frames_with_columns_that_the_engine_does_not_know_are_read_or_named():
    frame = pd.DataFrame({"customer_id": ["a", "b"], "timestamp": "2024-01-02", "amount": [1.0, 2]})
    half = frame.assign(amount=frame["amount"].astype("float16"))
    assert read_transactions(half).table.amount.sum().to_pyarrow().as_py() == 3
    months = frame.assign(timestamp=pd.to_datetime(frame["timestamp"]).dt.to_period("D"))
    assert str(read_transactions(months).counts.first_day) == "2024-01-02"
    with pytest.raises(DataError, match=r"same name .*got amount"):
        read_transactions(pd.concat([frame, frame[["amount"]]], axis=1))


def test_nanoseconds_with_a_zone_are_points_in_time():
    moments = pa.array([1_704_110_400_000_000_000], pa.timestamp("ns", "Asia/Shanghai"))
    orders = pa.table({"customer_id": ["a"], "timestamp": moments, "amount": [5.0]})
    assert str(read_transactions(orders).counts.first_day) == "2024-01-01"
