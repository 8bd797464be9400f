"""Plain data: what a report is made of before anything is worded or drawn."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pandas as pd

from winback.data.sql import quiet
from winback.plain import DIGITS
from winback.plain import plain as plain_data

Rows: TypeAlias = pd.DataFrame | Path | str
"""A table handed to the report: a frame, or the path of a Parquet file that stays on disk."""


def plain(value: Any) -> Any:
    """Turn a value into what a report holds: what JSON can, with digits the same everywhere."""
    return plain_data(value, DIGITS)


@contextmanager
def aggregator(**tables: Rows | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a small DuckDB over the given tables, so that only aggregates reach Python.

    One thread, because sums of floats must come out the same in the last bit each time; what
    does not fit into a gigabyte spills to a temporary folder.

    Parameters
    ----------
    **tables
        Name of the view, and the frame or Parquet file behind it; ``None`` is left out.

    Yields
    ------
    duckdb.DuckDBPyConnection
        A connection in which every given table can be queried by name.

    Examples
    --------
    >>> with aggregator(scores=pd.DataFrame({"clv": [1.0, 2.0]})) as engine:
    ...     records(engine, "SELECT count(*) AS n, sum(clv) AS value FROM scores")
    [{'n': 2, 'value': 3.0}]
    """
    with tempfile.TemporaryDirectory(prefix="winback-report-") as spill, duckdb.connect() as engine:
        engine.execute("SET threads = 1")
        quiet(engine)
        engine.execute("SET memory_limit = '1GB'")
        engine.execute("SET temp_directory = ?", [spill])
        for name, rows in tables.items():
            if isinstance(rows, pd.DataFrame):
                engine.register(name, rows)
            elif rows is not None:
                engine.read_parquet(str(rows)).create_view(name)
        yield engine


def records(
    engine: duckdb.DuckDBPyConnection, query: str, parameters: list[Any] | None = None
) -> list[dict[str, Any]]:
    """Run a query and return its rows as plain dicts."""
    cursor = engine.execute(query, parameters or [])
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, plain(row), strict=True)) for row in cursor.fetchall()]


def columns(engine: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    """Return the column names of a table."""
    return {str(row[0]) for row in engine.execute(f'DESCRIBE "{table}"').fetchall()}
