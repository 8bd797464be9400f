"""Tables and queries of a database stream into the engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend

from winback.data import postgres, sql, streams
from winback.data.address import Address, address
from winback.data.engine import Engine
from winback.data.raw import Raw
from winback.errors import ConfigError, DataError, Sentence

_POSTGRES = {"postgres", "postgresql"}


def load(engine: Backend, url: str, *, table: str | None, query: str | None) -> Raw:
    """Make a table or a query of a database a relation in the engine.

    Raises
    ------
    DataError
        The database cannot be reached, or refuses to answer. No message ever shows a password.
    ConfigError
        The URL cannot be read, or there is no driver for it.
    """
    place = address(url)
    if (table is None) == (query is None):
        raise ConfigError(
            "a database URL needs exactly one of table and query",
            where=place.shown,
            got="both" if table else "neither",
        )
    try:
        opened = _postgres if place.scheme in _POSTGRES else _ibis
        with opened(place, table, query) as reader:
            return streams.stream(engine, reader, f"{place.shown} {table or 'query'}")
    except (ConfigError, DataError):
        raise
    except ImportError as error:
        extra = (
            "winback[postgres]" if place.scheme in _POSTGRES else f"ibis-framework[{place.scheme}]"
        )
        raise ConfigError(
            "no driver for this database",
            where=place.shown,
            got=place.clean(sql.first_line(error)),
            hint=Sentence('pip install "{extra}"', extra=extra),
        ) from None
    except Exception as error:  # noqa: BLE001 - every driver has its own exceptions
        # from None: what a driver raises may hold the password
        raise DataError(
            "the database cannot be read", where=place.shown, got=place.clean(sql.first_line(error))
        ) from None


def tables_in(url: str, schema: str | None = None) -> list[str]:
    """Return the names of the tables of a database's schema, the schema before each if it is given.

    Raises
    ------
    DataError
        The database cannot be reached, or has none. No message ever shows a password.
    """
    place = address(url)
    try:
        if place.scheme in _POSTGRES:
            with postgres.connect(place.url) as connection:
                names = postgres.names(connection, schema or "")
        else:
            backend = _connect(place)
            try:
                names = backend.list_tables(database=schema)
            finally:
                backend.disconnect()
    except (ConfigError, DataError):
        raise
    except Exception as error:  # noqa: BLE001 - every driver has its own exceptions
        raise DataError(
            "the database cannot be read", where=place.shown, got=place.clean(sql.first_line(error))
        ) from None
    if not names:
        raise DataError("there are no tables", where=place.shown, got=schema)
    return [f"{schema}.{name}" if schema else name for name in sorted(names)]


@contextmanager
def _postgres(
    place: Address, table: str | None, query: str | None
) -> Iterator[pa.RecordBatchReader]:
    with postgres.connect(place.url) as connection:
        if table is not None:
            query = f"SELECT * FROM {postgres.find(connection, table, place.shown)}"
        yield postgres.batches(connection, query or "", streams.BATCH_ROWS)


@contextmanager
def _ibis(place: Address, table: str | None, query: str | None) -> Iterator[pa.RecordBatchReader]:
    backend = _connect(place)
    try:
        if table is None:
            expression = backend.sql(query)
        else:
            schema, _, name = table.rpartition(".")
            names = backend.list_tables(database=schema or None)
            if name not in names:
                raise sql.no_such_table(table, names, place.shown)
            expression = backend.table(name, database=schema or None)
        yield streams.batches_of(expression, backend, streams.BATCH_ROWS)
    finally:
        backend.disconnect()


def _connect(place: Address) -> Any:
    if place.scheme == "duckdb":
        path = Path(place.url.partition("://")[2].partition("?")[0])
        if not path.is_file():
            raise DataError("there is no such database file", where=place.shown)
        return Engine().connect(path, read_only=True)
    if not hasattr(ibis, place.scheme.partition("+")[0]):
        raise ConfigError(
            "cannot read from a URL of this kind",
            where="source",
            got=f"{place.scheme}://",
            allowed="postgresql://, duckdb://, or another that Ibis knows",
        )
    return ibis.connect(place.url)
