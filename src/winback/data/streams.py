"""Databases, data frames and Ibis tables stream into the engine as Arrow batches."""

from __future__ import annotations

import os
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.engine import Engine
from winback.data.raw import Raw, fresh, view_of
from winback.errors import ConfigError, DataError

BATCH_ROWS = 50_000
_POSTGRES = {"postgres", "postgresql"}
_CONNECT_SECONDS = 10
_BEFORE, _AFTER = (
    r"([A-Za-z0-9+]+)://(?:([^:@/?#]*)(?::(",
    # what stands for a port and is none may be a password before a forgotten @
    r"))?@)?((?:\[[^\]]*\]|[^:@/?#\[\]]*)(?::\d+)?)(/[^?#]*)?(\?[^#]*)?",
)
_URL = re.compile(_BEFORE + "[^@/?#]*" + _AFTER)
# nobody encodes what comes from an environment variable: then the password ends at the last @
_LENIENT_URL = re.compile(_BEFORE + ".*" + _AFTER, re.DOTALL)


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
    return _stream(engine, _batches(frame), "the data frame")


def _batches(frame: Any) -> pa.RecordBatchReader:
    if not type(frame).__module__.startswith("pandas"):
        return pa.RecordBatchReader.from_stream(frame)
    frame = frame.set_axis([str(column) for column in frame.columns], axis=1)
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


def from_ibis(engine: Backend, expression: ir.Table) -> Raw:
    """Make an Ibis table, of the engine or of another backend, a relation in the engine."""
    backends = expression._find_backends()[0]  # noqa: SLF001 - Ibis has no public way to ask
    label = "the Ibis table"
    try:
        if not backends or backends == [engine]:
            table = fresh("ibis")
            engine.create_table(table, obj=expression)
            return Raw(view_of(engine, table), label=label, behind=(table,))
        return _stream(engine, batches_of(expression, backends[0], BATCH_ROWS), label)
    except Exception as error:  # backends raise what they like
        raise DataError("cannot read the Ibis table", got=sql.first_line(error)) from error


def batches_of(expression: ir.Table, backend: Any, rows: int) -> pa.RecordBatchReader:
    """Return an Ibis table as a stream of Arrow batches of at most so many rows."""
    if backend.name == "duckdb" and not isinstance(backend, Engine):
        # somebody else's: Ibis 12 calls a method for this that DuckDB 2 no longer has
        return backend.con.sql(backend.compile(expression)).to_arrow_reader(rows)
    return expression.to_pyarrow_batches(chunk_size=rows)


def from_url(engine: Backend, url: str, *, table: str | None, query: str | None) -> Raw:
    """Make a table or a query of a database a relation in the engine.

    Raises
    ------
    DataError
        The database cannot be reached, or refuses to answer. The message never shows a password.
    """
    database = address(url)
    label = database.shown
    if (table is None) == (query is None):
        raise ConfigError(
            "a database URL needs exactly one of table and query",
            where=label,
            got="both" if table else "neither",
        )

    def clean(error: BaseException) -> str:
        message = sql.first_line(error)
        for secret in database.secrets:
            message = message.replace(secret, "***")
        return message

    # `from None` throughout: what drivers raise may hold the password
    try:
        backend = _connect(database.url, label)
    except (ConfigError, DataError):
        raise
    except ImportError as error:
        raise ConfigError(
            "no driver for this database", where=label, got=clean(error), hint=_driver(url)
        ) from None
    except Exception as error:  # noqa: BLE001 - every driver has its own exceptions
        raise DataError("cannot connect to the database", where=label, got=clean(error)) from None
    try:
        expression = _table(backend, table, label) if table is not None else backend.sql(query)
        reader = batches_of(expression, backend, BATCH_ROWS)
        return _stream(engine, reader, f"{label} {table or 'query'}")
    except DataError as error:
        raise DataError(clean(error), where=error.where, got=error.got, hint=error.hint) from None
    except Exception as error:  # noqa: BLE001 - every driver has its own exceptions
        raise DataError("the database refuses to answer", where=label, got=clean(error)) from None
    finally:
        backend.disconnect()


@dataclass(frozen=True)
class Address:
    """A database URL, taken apart.

    Attributes
    ----------
    shown
        The URL as a message may show it: no password, no options.
    secrets
        What must not be shown, as written and as meant.
    url
        The URL with its password encoded, whatever characters it holds.
    """

    shown: str
    secrets: tuple[str, ...]
    url: str


def address(url: str) -> Address:
    """Take a database URL apart.

    Examples
    --------
    >>> address("postgresql://eva:s%21cret@db:5432/shop").shown
    'postgresql://eva:***@db:5432/shop'
    >>> address("postgresql://eva:p@ss#1@db/shop").url
    'postgresql://eva:p%40ss%231@db/shop'
    >>> address("postgresql://db/shop?user=eva&password=abc").secrets
    ('abc',)
    """
    match = _URL.fullmatch(url) or _LENIENT_URL.fullmatch(url)
    if match is None:
        raise ConfigError(
            "the database URL cannot be read",
            where="source",
            got=url.partition("://")[0] + "://***",
            allowed="scheme://user:password@host:port/database",
        )
    scheme, user, password, place, path, options = match.groups(default="")
    secrets = [password]
    secrets += [value for key, value in parse_qsl(options[1:]) if key.lower().endswith("password")]
    every = {form for secret in secrets for form in (secret, unquote(secret), quote(secret))}
    login = quoted = user
    if password:
        login, quoted = f"{user}:***", f"{user}:{quote(unquote(password), safe='')}"
    at = "@" if login else ""
    return Address(
        shown=f"{scheme}://{login}{at}{place}{path}",
        secrets=tuple(sorted(filter(None, every), key=len, reverse=True)),
        url=f"{scheme}://{quoted}{at}{place}{path}{options}",
    )


def _connect(url: str, label: str) -> Any:
    scheme = url.partition("://")[0].lower()
    if scheme == "duckdb":
        path = Path(url.partition("://")[2].partition("?")[0])
        if not path.is_file():
            raise DataError("there is no such database file", where=label)
        return Engine().connect(path, read_only=True)
    if scheme in _POSTGRES:
        if "connect_timeout" not in url and "PGCONNECT_TIMEOUT" not in os.environ:
            joint = "&" if "?" in url else "?"
            url = f"{url}{joint}connect_timeout={_CONNECT_SECONDS}"
        return ibis.connect(url)
    if not hasattr(ibis, scheme.partition("+")[0]):
        raise ConfigError(
            "cannot read from a URL of this kind",
            where="source",
            got=f"{scheme}://",
            allowed="postgresql://, duckdb://, or another that Ibis knows",
        )
    return ibis.connect(url)


def _driver(url: str) -> str:
    scheme = url.partition("://")[0].lower()
    extra = "postgres" if scheme in _POSTGRES else scheme
    return f'pip install "ibis-framework[{extra}]"'


def _table(backend: Any, table: str, label: str) -> ir.Table:
    schema, _, bare = table.rpartition(".")
    known = backend.list_tables(database=schema or None)
    if bare not in known:
        near = sql.nearest(bare, known)
        raise DataError(
            "there is no such table",
            where=label,
            got=table,
            hint=f"did you mean {near}?" if near else None,
        )
    return backend.table(bare, database=schema or None)


def _stream(engine: Backend, reader: pa.RecordBatchReader, label: str) -> Raw:
    """Copy batches into a table of the engine; only one batch is in memory at a time."""
    if not reader.schema.names:
        raise DataError("the source has no columns", where=label)
    table, incoming = fresh("stream"), fresh("incoming")
    engine.con.register(incoming, reader)
    try:
        engine.raw_sql(f"CREATE TABLE {sql.name(table)} AS SELECT * FROM {sql.name(incoming)}")
    finally:
        engine.con.unregister(incoming)
    return Raw(view_of(engine, table), label=label, behind=(table,))
