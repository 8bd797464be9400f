"""Lists as tables of a database: DuckDB or PostgreSQL, as often as one likes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.data.address import Address, address
from winback.data.sql import quiet
from winback.errors import ConfigError, OutputError
from winback.lists.columns import Columns, Kind, conform

if TYPE_CHECKING:
    import duckdb
    import psycopg

_POSTGRES = ("postgres", "postgresql")
_SQL: dict[Kind, str] = {
    "text": "text",
    "date": "date",
    "count": "bigint",
    "number": "double precision",
    "money": "double precision",
    "probability": "double precision",
}
_SAME = {"varchar": "text", "double": "double precision", "integer": "bigint"}
_CONNECT_SECONDS = 10


def write_table(
    frame: pd.DataFrame,
    columns: Columns,
    *,
    url: str,
    table: str,
    list_id: str,
    schema: str | None = None,
) -> int:
    """Put a list into a table, in place of an earlier version of the same list.

    The table is made if it is not there, and gets the columns that one of an earlier winback lacks.
    In one transaction the rows of this `list_id` are deleted and written anew: whoever reads
    meanwhile sees the one version or the other, and a second run adds nothing. Lists of other names
    stay.

    Parameters
    ----------
    frame
        The rows.
    columns
        Column name to kind; `list_id` is one of them.
    url
        `duckdb://FILE` (a path, absolute if it begins with `/`) or `postgresql://user:password@host/name`.
    table
        Name of the table.
    list_id
        The list whose rows these are; also where there are none.
    schema
        Its schema, which must be there. None: the database's default.

    Returns
    -------
    int
        How many rows were written.

    Raises
    ------
    ConfigError
        The URL is of another kind, or its driver is not installed.
    OutputError
        The database cannot be reached or written to, or the table has other columns. No message
        shows a password.

    Examples
    --------
    >>> import tempfile
    >>> url = f"duckdb:///{tempfile.mkdtemp()}/lists.duckdb"
    >>> rows = pd.DataFrame({"list_id": "a", "customer_id": ["1", "2"]})
    >>> columns = {"list_id": "text", "customer_id": "text"}
    >>> [write_table(rows, columns, url=url, table="win_back", list_id="a") for _ in range(2)]
    [2, 2]
    """
    place = address(url)
    if place.scheme not in (*_POSTGRES, "duckdb"):
        raise ConfigError(
            "lists cannot be written to a database of this kind",
            where="lists.database.url",
            got=f"{place.scheme}://",
            allowed="duckdb://FILE, postgresql://…",
        )
    rows = conform(frame, columns)
    name = ".".join(_quoted(part) for part in (schema, table) if part)
    key = (schema, table, list_id)
    try:
        if place.scheme in _POSTGRES:
            with _postgres(place.url) as connection:
                _replace_postgres(
                    connection, rows, columns, name=name, key=(schema, table, list_id)
                )
        else:
            with _duckdb(place) as connection:
                _replace_duckdb(connection, rows, columns, name=name, key=key)
    except OutputError:
        raise
    except ImportError:
        raise ConfigError(
            "no driver for this database", where=place.shown, hint='pip install "winback[postgres]"'
        ) from None
    except Exception as error:  # noqa: BLE001 - every driver has its own exceptions
        # from None: what a driver raises may hold the password
        raise OutputError(
            "the list cannot be written to the database",
            where=f"{place.shown} {name}",
            got=place.clean(str(error).strip().partition("\n")[0]),
        ) from None
    return len(rows)


Key = tuple[str | None, str, str]


@contextmanager
def _duckdb(place: Address) -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb  # noqa: PLC0415 - heavy

    path = Path(place.url.partition("://")[2].partition("?")[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        quiet(connection)
        connection.execute("BEGIN")
        yield connection
        connection.execute("COMMIT")


@contextmanager
def _postgres(url: str) -> Iterator[psycopg.Connection[Any]]:
    import psycopg  # noqa: PLC0415 - an optional driver

    patience: dict[str, Any] = {}
    if "connect_timeout" not in url:
        patience["connect_timeout"] = _CONNECT_SECONDS
    with psycopg.connect(url, **patience) as connection:  # commits, or rolls back on an error
        yield connection


def _replace_duckdb(
    connection: duckdb.DuckDBPyConnection,
    rows: pd.DataFrame,
    columns: Columns,
    *,
    name: str,
    key: Key,
) -> None:
    schema, table, list_id = key
    connection.execute(_create(name, columns))
    existing = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_name = ? AND table_schema = coalesce(?, current_schema())"
        " AND table_catalog = current_database() ORDER BY ordinal_position",
        [table, schema],
    ).fetchall()
    for column in _lacking(existing, columns, name):
        connection.execute(f"ALTER TABLE {name} ADD COLUMN {column}")
    connection.execute(f"DELETE FROM {name} WHERE list_id = ?", [list_id])
    connection.register("_winback_rows", rows)
    cells = ", ".join(f"CAST({_quoted(c)} AS {_SQL[kind]})" for c, kind in columns.items())
    names = ", ".join(_quoted(column) for column in columns)
    connection.execute(f"INSERT INTO {name} ({names}) SELECT {cells} FROM _winback_rows")


def _replace_postgres(
    connection: psycopg.Connection[Any],
    rows: pd.DataFrame,
    columns: Columns,
    *,
    name: str,
    key: Key,
) -> None:
    schema, table, list_id = key
    # two jobs that write the same table take turns
    connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"winback {name}"])
    connection.execute(_create(name, columns).encode())
    existing = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_name = %s AND table_schema = coalesce(%s, current_schema())"
        " ORDER BY ordinal_position",
        [table, schema],
    ).fetchall()
    for column in _lacking(existing, columns, name):
        connection.execute(f"ALTER TABLE {name} ADD COLUMN {column}".encode())
    connection.execute(f"DELETE FROM {name} WHERE list_id = %s".encode(), [list_id])
    names = ", ".join(_quoted(column) for column in columns)
    cells = rows.astype(object).where(rows.notna(), None)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {name} ({names}) FROM STDIN".encode()) as copy,
    ):
        for row in cells.itertuples(index=False, name=None):
            copy.write_row(row)


def _create(name: str, columns: Columns) -> str:
    cells = ", ".join(f"{_quoted(column)} {_SQL[kind]}" for column, kind in columns.items())
    return f"CREATE TABLE IF NOT EXISTS {name} ({cells})"


def _lacking(existing: list[Any], columns: Columns, name: str) -> list[str]:
    """Return the columns that a table of an earlier winback lacks; refuse any other table."""
    there = {str(column): _plain(kind) for column, kind in existing}
    wanted = {column: _SQL[kind] for column, kind in columns.items()}
    apart = sorted(column for column, kind in there.items() if wanted.get(column) != kind)
    if apart:
        raise OutputError(
            "the table has other columns than the list",
            where=name,
            got=", ".join(f"{column} {there[column]}" for column in apart),
            allowed=", ".join(f"{column} {wanted.get(column, 'not there')}" for column in apart),
            hint="rename or drop the table, or choose another lists.database.prefix",
        )
    return [f"{_quoted(column)} {kind}" for column, kind in wanted.items() if column not in there]


def _plain(kind: str) -> str:
    lower = kind.lower()
    return _SAME.get(lower, lower)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
