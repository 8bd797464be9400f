"""Data frames and Ibis tables stream into the engine as Arrow batches."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.engine import Engine
from winback.data.raw import Raw, fresh, view_of
from winback.errors import ConfigError, DataError

BATCH_ROWS = 50_000
# types of pandas that the engine does not know, and what holds the same
_PLAIN = {"float16": "float32", "period": "string", "interval": "string"}


def from_frame(engine: Backend, frame: Any) -> Raw:
    """Make a pandas, Polars or Arrow frame a relation in the engine."""
    if hasattr(frame, "collect") and not hasattr(frame, "__arrow_c_stream__"):
        frame = frame.collect()  # a lazy Polars frame
    if not hasattr(frame, "__arrow_c_stream__"):
        raise ConfigError(
            "cannot read a source of this kind",
            where="source",
            got=type(frame).__name__,
            allowed="a path, a glob, a database URL, a data frame, an Ibis table",
        )
    return stream(engine, _batches(frame), "the data frame")


def _batches(frame: Any) -> pa.RecordBatchReader:
    if not type(frame).__module__.startswith("pandas"):
        return pa.RecordBatchReader.from_stream(frame)
    frame = frame.set_axis([str(column) for column in frame.columns], axis=1)
    if twice := sorted(set(frame.columns[frame.columns.duplicated()])):
        raise DataError(
            "columns of the data frame have the same name",
            where="the data frame",
            got=", ".join(twice),
            hint="rename or drop one of each",
        )
    frame = frame.astype(
        {name: _PLAIN[kind] for name in frame if (kind := _kind(frame[name].dtype)) in _PLAIN}
    )
    with warnings.catch_warnings():
        # pyarrow 25 reads aware timestamps in a way that pandas 3.1 deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            table = pa.Table.from_pandas(frame, preserve_index=False)
        except pa.ArrowException:
            # columns of mixed objects: their cells are checked as text, like those of a CSV file
            objects = [name for name, kind in frame.dtypes.items() if kind.kind == "O"]
            frame = frame.astype(dict.fromkeys(objects, "string"))
            table = pa.Table.from_pandas(frame, preserve_index=False)
    return table.to_reader(BATCH_ROWS)


def _kind(dtype: Any) -> str:
    """Return a pandas type's name, without what it is a type of: ``period``, ``float16``."""
    return str(dtype).partition("[")[0]


def from_ibis(engine: Backend, expression: ir.Table) -> Raw:
    """Make an Ibis table, of the engine or of another backend, a relation in the engine."""
    backends = expression._find_backends()[0]  # noqa: SLF001 - Ibis has no public way to ask
    label = "the Ibis table"
    try:
        if not backends or backends == [engine]:
            table = fresh("ibis")
            engine.create_table(table, obj=expression)
            return Raw(view_of(engine, table), label=label, behind=(table,))
        return stream(engine, batches_of(expression, backends[0], BATCH_ROWS), label)
    except Exception as error:  # backends raise what they like
        raise DataError("cannot read the Ibis table", got=sql.first_line(error)) from error


def batches_of(expression: ir.Table, backend: Any, rows: int) -> pa.RecordBatchReader:
    """Return an Ibis table as a stream of Arrow batches of at most so many rows."""
    if backend.name == "duckdb" and not isinstance(backend, Engine):
        # somebody else's: Ibis 12 calls a method for this that DuckDB 2 no longer has
        return backend.con.sql(backend.compile(expression)).to_arrow_reader(rows)
    return expression.to_pyarrow_batches(chunk_size=rows)


def stream(engine: Backend, reader: pa.RecordBatchReader, label: str) -> Raw:
    """Copy batches into a table of the engine; only one batch is in memory at a time."""
    if not reader.schema.names:
        raise DataError("the source has no columns", where=label)
    table, incoming = fresh("stream"), fresh("incoming")
    failures: list[Exception] = []

    def watched() -> Iterator[pa.RecordBatch]:
        try:
            yield from reader
        except Exception as error:
            failures.append(error)
            raise

    engine.con.register(incoming, pa.RecordBatchReader.from_batches(reader.schema, watched()))
    try:
        engine.raw_sql(f"CREATE TABLE {sql.name(table)} AS SELECT * FROM {sql.name(incoming)}")
    except sql.EngineError:
        if failures:
            # what went wrong, not that something went wrong
            raise failures[0] from None
        raise
    finally:
        engine.con.unregister(incoming)
    return Raw(view_of(engine, table), label=label, behind=(table,))
