"""PostgreSQL, read by a server-side cursor.

Ibis describes a query by making a view, which a read-only server refuses, and does not know the
types that a shop defines. So the driver is asked directly.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from winback.data import sql

if TYPE_CHECKING:
    import psycopg

_CONNECT_SECONDS = 10
_MAX_INT8_DIGITS, _MAX_FLOAT8_DIGITS = 18, 15
_DIGITS, _MOST_PARTS = 38, 9  # of a decimal number, and those behind its point where none are said
_ARROW = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
}


def connect(url: str) -> psycopg.Connection[Any]:
    """Connect for reading, or give up after some seconds."""
    import psycopg  # noqa: PLC0415 - an optional driver

    patience: dict[str, Any] = {}
    if "connect_timeout" not in url and "PGCONNECT_TIMEOUT" not in os.environ:
        patience["connect_timeout"] = _CONNECT_SECONDS
    connection = psycopg.connect(url, **patience)
    connection.read_only = True
    return connection


def find(connection: psycopg.Connection[Any], table: str, label: str) -> str:
    """Return a table's quoted name, or say which one is nearest."""
    schema, _, name = table.rpartition(".")
    tables = names(connection, schema)
    if name not in tables:
        raise sql.no_such_table(table, tables, label)
    return f"{sql.name(schema)}.{sql.name(name)}" if schema else sql.name(name)


def names(connection: psycopg.Connection[Any], schema: str) -> list[str]:
    """Return the names of a schema's tables and views; of the search path's if it is empty."""
    rows = connection.execute(
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE relkind IN ('r', 'v', 'm', 'f', 'p')"
        " AND nspname = ANY(CASE %(schema)s WHEN '' THEN current_schemas(false)"
        " ELSE ARRAY[%(schema)s::name] END)",
        {"schema": schema},
    ).fetchall()
    return [row[0] for row in rows]


def batches(connection: psycopg.Connection[Any], query: str, rows: int) -> pa.RecordBatchReader:
    """Return a query's result as a stream of batches of at most so many rows."""
    # on lines of its own: the query may end in a comment
    inner = f"(\n{query.strip().rstrip(';')}\n) AS source"
    # prepared, since the server prepares one statement at most, whatever brackets the query closes
    described = connection.execute(f"SELECT * FROM {inner} LIMIT 0", prepare=True).description or ()
    read = [_read(column) for column in described]
    fields = [
        pa.field(column.name, kind) for column, (_, kind) in zip(described, read, strict=True)
    ]
    schema = pa.schema(fields)
    outer = f"SELECT {', '.join(cell for cell, _ in read)} FROM {inner}"

    def fetch() -> Iterator[pa.RecordBatch]:
        with connection.cursor(name="winback") as cursor:
            cursor.execute(outer)
            while fetched := cursor.fetchmany(rows):
                columns = zip(*fetched, strict=True)
                arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, fetch())


def _read(column: psycopg.Column) -> tuple[str, pa.DataType]:
    """Return how to select a column, and its Arrow type; other types come as their text."""
    name, kind = sql.name(column.name), column.type_display.partition("(")[0]
    if kind == "numeric":
        return _read_numeric(name, column.precision, column.scale)
    if kind == "bytea":
        return name, pa.binary()
    if kind not in _ARROW:
        return f"{name}::text", pa.string()
    if kind in {"date", "timestamp", "timestamptz"}:
        # Python has no such moments
        known = f"isfinite({name}) AND {name} BETWEEN '0001-01-02' AND '9999-12-30'"
        name = f"CASE WHEN {known} THEN {name} END"
    return name, _ARROW[kind]


def _read_numeric(name: str, precision: int | None, scale: int | None) -> tuple[str, pa.DataType]:
    """Return how to select a number, exactly: it may be an identifier of twenty digits."""
    if precision is None or scale is None or scale < 0:
        limit = f"1e{_DIGITS - _MOST_PARTS}"
        known = f"{name} <> 'NaN' AND abs({name}) < {limit}"
        cell = f"CASE WHEN {known} THEN {name}::numeric({_DIGITS}, {_MOST_PARTS}) END"
        return cell, pa.decimal128(_DIGITS, _MOST_PARTS)
    if scale == 0 and precision <= _MAX_INT8_DIGITS:
        return f"{name}::int8", _ARROW["int8"]
    if precision <= _MAX_FLOAT8_DIGITS:
        return f"{name}::float8", _ARROW["float8"]
    if precision > _DIGITS:
        return f"{name}::text", pa.string()
    return f"nullif({name}, 'NaN')", pa.decimal128(precision, scale)
