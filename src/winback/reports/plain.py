"""Plain data: what a report is made of before anything is worded or drawn."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pandas as pd

from winback.data.sql import quiet

Rows: TypeAlias = pd.DataFrame | Path | str
"""A table handed to the report: a frame, or the path of a Parquet file that stays on disk."""

SIGNIFICANT_DIGITS = 9


def plain(value: Any) -> Any:
    """Turn a value into what JSON can hold, the same on every machine.

    Parameters
    ----------
    value
        Any nesting of mappings, sequences, numpy scalars, dates and numbers.

    Returns
    -------
    Any
        Dicts with text keys, lists, text, integers, floats of nine significant digits, booleans
        and ``None`` (which also stands for NaN, infinity and missing values).

    Examples
    --------
    >>> plain({"n": 3, "share": 1 / 3, "bad": float("nan"), "day": date(1997, 9, 30)})
    {'n': 3, 'share': 0.333333333, 'bad': None, 'day': '1997-09-30'}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, date):  # datetime and pd.Timestamp are dates
        return value.isoformat()
    if hasattr(value, "item"):  # numpy scalars
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}") if math.isfinite(value) else None
    return value


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
