"""Open the engine, and make any source a relation in it."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from winback.data import (
    amounts,
    consent,
    databases,
    file_sources,
    named_sources,
    samples,
    sql,
    streams,
)
from winback.data.engine import Engine
from winback.data.policy import IntakePolicy
from winback.data.raw import DESCRIBES, Raw
from winback.errors import ConfigError, DataError, OutputError, Sentence

_DATABASE = "engine.duckdb"


def open_engine(
    directory: Path | None = None,
    *,
    memory_limit: str | None = None,
    threads: int | None = None,
) -> Engine:
    """Open a DuckDB engine.

    Parameters
    ----------
    directory
        Where the engine may keep its tables and spill what does not fit into memory. It is scratch
        space: what an earlier engine left there is deleted. ``None``: tables live in memory.
    memory_limit
        Such as ``"4GB"``; beyond it, the engine works on disk. ``None``: DuckDB's own limit.
    threads
        ``None``: all cores.

    Returns
    -------
    Engine
        An Ibis backend for DuckDB. Its session time zone is UTC; it never downloads an extension.

    Raises
    ------
    ConfigError
        The memory limit cannot be read.
    OutputError
        The directory cannot be written.

    Examples
    --------
    >>> engine = open_engine(threads=1)
    >>> engine.sql("SELECT 1 + 1 AS two").to_pyarrow().to_pylist()
    [{'two': 2}]
    """
    # In memory, DuckDB would spill into the working directory; nobody is to guess the name.
    spill = Path(tempfile.gettempdir()) / f"winback-{secrets.token_hex(8)}"
    database: Path | str = ":memory:"
    # the engine takes a question mark in a path for the end of it
    if directory is not None and "?" not in str(directory.absolute()):
        database, spill = directory / _DATABASE, directory / "spill"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            for stale in (database, database.with_name(_DATABASE + ".wal")):
                stale.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(
                "cannot write the engine's folder", where=str(directory), got=error.strerror
            ) from error
    options: dict[str, Any] = {"autoinstall_known_extensions": False}
    if memory_limit is not None:
        options["memory_limit"] = memory_limit
    if threads is not None:
        options["threads"] = threads
    try:
        engine: Engine = Engine().connect(database, temp_directory=str(spill), **options)
    except (duckdb.ParserException, duckdb.InvalidInputException, duckdb.SyntaxException) as error:
        raise ConfigError(
            "the engine refuses its settings",
            got=sql.first_line(error),
            allowed="memory_limit such as 4GB, threads of 1 or more",
        ) from error
    except duckdb.Error as error:
        raise OutputError(
            "cannot open the engine", where=str(database), got=sql.first_line(error)
        ) from error
    engine.raw_sql(amounts.macro())
    engine.raw_sql(consent.macro())
    return engine


def read_source(
    engine: Backend, source: Any, *, table: str | None = None, query: str | None = None
) -> ir.Table:
    """Make a source a relation in the engine, without looking at what its columns mean.

    Parameters
    ----------
    engine
        From `open_engine`.
    source
        A path, a folder or a glob (CSV, Parquet); ``"sample:cdnow"`` or ``"sample:cdnow-tenth"``;
        a database URL (``postgresql://…``, ``duckdb:///file.db``) with `table` or `query`; a
        pandas, Polars or Arrow frame; an Ibis table of any backend; or a mapping of names to
        several of these, with the `query` that joins them.
    table, query
        What to read, where `source` is a database URL: exactly one of the two.

    Returns
    -------
    ibis.expr.types.Table
        The source's own columns (those of CSV files all as text) after ``source_row`` (int64), the
        1-based line of data; over several files it counts on, in the order of their names. Empty
        lines of CSV files do not count.

    Raises
    ------
    DataError
        There is no such file, table or database; the file is not what its name says; the source
        has no columns; or a CSV file has lines that cannot be read (`read_transactions` lists
        these as rejected instead).
    ConfigError
        The source is of a kind that winback does not read, or `table` and `query` do not fit it.

    Examples
    --------
    >>> import pandas as pd
    >>> read_source(open_engine(), pd.DataFrame({"customer": ["a", "b"]})).to_pyarrow().to_pylist()
    [{'source_row': 1, 'customer': 'a'}, {'source_row': 2, 'customer': 'b'}]
    """
    raw = load(engine, source, table=table, query=query)
    if raw.unreadable:
        lines = engine.table(raw.unreadable)
        lines = lines.filter(lines.problem != DESCRIBES).order_by("source_row").limit(1)
        for line in lines.to_pyarrow().to_pylist():
            raise DataError(
                "a line cannot be read",
                where=Sentence(
                    "{label}, line {line} of data", label=raw.label, line=line["source_row"]
                ),
                got=line["problem"],
            )
    return engine.table(raw.name)


def load(
    engine: Backend,
    source: Any,
    *,
    table: str | None = None,
    query: str | None = None,
    encoding: str | None = None,
) -> Raw:
    """Do what `read_source` does, keeping lines that cannot be read apart.

    `encoding` is that of files of text; ``None``: their bytes tell it.
    """
    if isinstance(source, Mapping) and table is None:
        return named_sources.load(engine, source, query, partial(load, encoding=encoding))
    is_text = isinstance(source, str | os.PathLike)
    text = os.fspath(source) if is_text else ""
    is_url = "://" in text
    if (table or query) and not is_url:
        raise ConfigError(
            "table and query go with a database URL, or query with several sources",
            where="source",
            got=text or type(source).__name__,
        )
    if is_url:
        return databases.load(engine, text, table=table, query=query)
    if text.startswith(samples.PREFIX):
        return samples.load(engine, text)
    if is_text:
        return file_sources.load(engine, text, encoding)
    if isinstance(source, ir.Table):
        return streams.from_ibis(engine, source)
    return streams.from_frame(engine, source)


@contextmanager
def loaded(
    engine: Backend, source: Any, *, table: str | None, query: str | None, policy: IntakePolicy
) -> Iterator[Raw]:
    """Load a source, and drop it at the end.

    Meanwhile expressions over aware timestamps, such as a job's filter, see the job's time zone.
    """
    timezone = policy.timezone
    try:
        engine.raw_sql(f"SET TimeZone = {sql.text(timezone)}")
    except duckdb.Error as error:
        raise ConfigError(
            "no such time zone",
            where="timezone",
            got=timezone,
            allowed="names such as UTC or Asia/Shanghai",
        ) from error
    raw = None
    try:
        raw = load(engine, source, table=table, query=query, encoding=policy.encoding)
        yield raw
    finally:
        engine.raw_sql("SET TimeZone = 'UTC'")
        if raw is not None:
            raw.drop(engine)
