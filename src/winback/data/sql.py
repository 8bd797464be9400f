"""The few pieces of SQL text that are needed everywhere in this room."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import duckdb
from ibis.backends.duckdb import Backend

from winback.errors import DataError, Sentence
from winback.nearest import nearest

EngineError = duckdb.Error


def rows(engine: Backend, query: str) -> list[tuple[Any, ...]]:
    """Run a query whose few rows fit anywhere; fetched whole, so that the engine is free again."""
    return list(engine.con.execute(query).fetchall())


def quiet(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep DuckDB's progress bar, which it draws on standard output, out of ours."""
    with suppress(duckdb.InvalidInputException):  # in a notebook that can draw none
        connection.execute("SET enable_progress_bar = false").fetchall()


def name(identifier: str) -> str:
    """Quote an identifier.

    Examples
    --------
    >>> name("Customer ID")
    '"Customer ID"'
    """
    return '"' + identifier.replace('"', '""') + '"'


def bare(engine: Backend, identifier: str) -> str:
    """Quote an identifier only if an expression needs it.

    Examples
    --------
    >>> import ibis
    >>> bare(ibis.duckdb.connect(), "Total"), bare(ibis.duckdb.connect(), "order")
    ('Total', '"order"')
    """
    reserved = rows(
        engine,
        f"SELECT 1 FROM duckdb_keywords() WHERE keyword_name = {text(identifier.lower())}"
        " AND keyword_category = 'reserved'",
    )
    plain = re.fullmatch(r"[^\W\d]\w*", identifier) and not reserved
    return identifier if plain else name(identifier)


def text(value: str) -> str:
    """Quote a string.

    Examples
    --------
    >>> text("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


def first_line(error: BaseException) -> str:
    r"""Return the first line of an engine's message, without its class prefix.

    Examples
    --------
    >>> first_line(ValueError("Binder Error: no such column\n  LINE 1"))
    'no such column'
    """
    line = next((part for part in str(error).splitlines() if part.strip()), type(error).__name__)
    prefix, _, rest = line.partition(" Error: ")
    return (rest if rest and len(prefix) < 30 else line).strip()


def no_such_table(table: str, tables: Iterable[str], label: str) -> DataError:
    """Return the error that names the nearest table."""
    near = nearest(table.rpartition(".")[2], tables)
    return DataError(
        "there is no such table",
        where=label,
        got=table,
        hint=Sentence("did you mean {near}?", near=near) if near else None,
    )
