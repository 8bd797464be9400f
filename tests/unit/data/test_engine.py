"""Ibis on DuckDB 2: what winback needs works, without a warning."""

import ibis
import pyarrow as pa
import pytest

from winback.data.connect import open_engine


@pytest.fixture
def engine():
    return open_engine(threads=2)


def test_batches_stream_while_the_engine_is_used(engine):
    rows = engine.create_table("rows", pa.table({"x": range(10_000)}))
    seen = 0
    for batch in rows.to_pyarrow_batches(chunk_size=2_000):
        assert batch.num_rows <= 2_048
        assert engine.con.execute("SELECT 1").fetchall() == [(1,)]
        seen += batch.num_rows
    assert seen == 10_000


def test_tables_queries_and_schemas(engine):
    engine.create_table("rows", pa.table({"x": [1, 2]}))
    assert engine.list_tables(like="rows") == ["rows"]
    assert engine.table("rows").schema() == ibis.schema({"x": "int64"})
    query = engine.sql("SELECT sum(x) AS total FROM rows")
    assert query.to_pyarrow().to_pylist() == [{"total": 3}]
    with pytest.raises(ibis.common.exceptions.TableNotFound):
        engine.table("none")


def test_a_frame_in_memory_streams_too(engine):
    rows = ibis.memtable(pa.table({"x": [1, 2]}))
    batches = engine.to_pyarrow_batches(rows)
    assert batches.read_all()["x"].to_pylist() == [1, 2]
