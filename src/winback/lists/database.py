"""Lists as tables of a database: DuckDB or PostgreSQL, as often as one likes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
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
_ITS_OWN = {"job": "text", "is_current": "boolean"}  # columns of the table only
_CONNECT_SECONDS = 10


@dataclass(frozen=True)
class Edition:
    """Which list some rows are: one of several that a job may have made for one date.

    Attributes
    ----------
    job
        Name of the job; several may write to one table.
    as_of
        The list's date.
    list_id
        The list. Another budget or another model makes another one of the same date.
    trainings
        Asked for the `run_id` of the job's trainings, where the table holds rows of the date from
        before rows had a job: those of these trainings are the job's own.
    """

    job: str
    as_of: date
    list_id: str
    trainings: Callable[[], Collection[str]] = tuple


def write_table(
    frame: pd.DataFrame,
    columns: Columns,
    edition: Edition,
    *,
    url: str,
    table: str,
    schema: str | None = None,
) -> int:
    """Put a list into a table, as the current one of its job and date.

    The table is made if it is not there, and gets the columns that one of an earlier winback lacks.
    In one transaction the rows of this list are deleted and written anew, and other lists of the
    same job and date are marked as superseded (`is_current` false): whoever reads meanwhile sees
    the one version or the other, and a second run adds nothing. The view `TABLE_current` shows what
    is not superseded: one list for each job and date.

    Parameters
    ----------
    frame
        The rows.
    columns
        Column name to kind; `list_id` and `as_of` are two of them.
    edition
        Which list these rows are; also where there are none.
    url
        `duckdb://FILE` (a path, absolute if it begins with `/`) or `postgresql://user:password@host/name`.
    table
        Name of the table.
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
    >>> rows = pd.DataFrame({"list_id": "a", "as_of": pd.Timestamp("2024-01-31")}, index=[0, 1])
    >>> columns = {"list_id": "text", "as_of": "date"}
    >>> edition = Edition("shop", date(2024, 1, 31), "a")
    >>> [write_table(rows, columns, edition, url=url, table="win_back") for _ in range(2)]
    [2, 2]
    """
    return write_tables([ListRows(frame, columns, edition, table)], url=url, schema=schema)[0]


@dataclass(frozen=True)
class ListRows:
    """One list for the database.

    Attributes
    ----------
    frame, columns, edition, table
        As `write_table` takes them.
    """

    frame: pd.DataFrame
    columns: Columns
    edition: Edition
    table: str


def write_tables(lists: Sequence[ListRows], *, url: str, schema: str | None = None) -> list[int]:
    """Put lists into their tables in one transaction: nobody ever sees one without the others.

    Parameters
    ----------
    lists
        The lists; see `write_table`, which also says what is raised.
    url
        The database.
    schema
        The tables' schema. None: the database's default.

    Returns
    -------
    list of int
        How many rows were written of each.

    Examples
    --------
    >>> write_tables([], url="duckdb:///nowhere/lists.duckdb")
    []
    """
    place = address(url)
    if place.scheme not in (*_POSTGRES, "duckdb"):
        raise ConfigError(
            "lists cannot be written to a database of this kind",
            where="lists.database.url",
            got=f"{place.scheme}://",
            allowed="duckdb://FILE, postgresql://…",
        )
    replace: Any = _replace_postgres if place.scheme in _POSTGRES else _replace_duckdb
    at = place.shown
    try:
        # always in the same order, so that two jobs never wait for each other in a circle
        with opened(place) if lists else nullcontext() as connection:
            for rows in sorted(lists, key=lambda rows: rows.table):
                kinds = {
                    **{column: _SQL[kind] for column, kind in rows.columns.items()},
                    **_ITS_OWN,
                }
                into = _Table(schema, rows.table, kinds)
                at = f"{place.shown} {into.name}"
                frame = conform(rows.frame, rows.columns)
                frame = frame.assign(job=rows.edition.job, is_current=True)
                replace(connection, frame, into, rows.edition)
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
            where=at,
            got=place.clean(str(error).strip().partition("\n")[0]),
        ) from None
    return [len(rows.frame) for rows in lists]


@dataclass(frozen=True)
class _Table:
    """A table and the SQL types of its columns; what both databases are asked in the same words."""

    schema: str | None
    table: str
    kinds: dict[str, str]

    @property
    def name(self) -> str:
        return self._named(self.table)

    @property
    def columns(self) -> str:
        return ", ".join(map(_quoted, self.kinds))

    @property
    def create(self) -> str:
        cells = ", ".join(f"{_quoted(column)} {kind}" for column, kind in self.kinds.items())
        return f"CREATE TABLE IF NOT EXISTS {self.name} ({cells})"

    @property
    def view(self) -> str:
        # rows of an earlier winback do not say whether they are current
        return (
            f"CREATE OR REPLACE VIEW {self._named(f'{self.table}_current')} AS"
            f" SELECT * FROM {self.name} WHERE is_current IS DISTINCT FROM false"
        )

    @property
    def of_no_job(self) -> str:
        return f"SELECT DISTINCT run_id FROM {self.name} WHERE as_of = ? AND job IS NULL"

    @property
    def own(self) -> str:
        return f"UPDATE {self.name} SET job = ? WHERE as_of = ? AND run_id = ? AND job IS NULL"

    @property
    def supersede(self) -> str:
        return (
            f"UPDATE {self.name} SET is_current = false WHERE as_of = ? AND list_id <> ?"
            " AND job = ? AND is_current IS DISTINCT FROM false"
        )

    @property
    def delete(self) -> str:
        return f"DELETE FROM {self.name} WHERE list_id = ?"

    def lacking(self, existing: list[Any]) -> list[str]:
        """Return the statements that add what an earlier winback's table lacks; refuse others."""
        there = {str(column): _plain(kind) for column, kind in existing}
        apart = sorted(column for column, kind in there.items() if self.kinds.get(column) != kind)
        if apart:
            wanted = {column: self.kinds.get(column, "not there") for column in apart}
            raise OutputError(
                "the table has other columns than the list",
                where=self.name,
                got=", ".join(f"{column} {there[column]}" for column in apart),
                allowed=", ".join(f"{column} {kind}" for column, kind in wanted.items()),
                hint="rename or drop the table, or choose another lists.database.prefix",
            )
        return [
            f"ALTER TABLE {self.name} ADD COLUMN {_quoted(column)} {kind}"
            for column, kind in self.kinds.items()
            if column not in there
        ]

    def _named(self, table: str) -> str:
        return ".".join(_quoted(part) for part in (self.schema, table) if part)


def opened(place: Address) -> AbstractContextManager[Any]:
    """Open a database for one transaction, which is undone where the block fails."""
    return _postgres(place.url) if place.scheme in _POSTGRES else _duckdb(place)


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
    connection: duckdb.DuckDBPyConnection, rows: pd.DataFrame, into: _Table, edition: Edition
) -> None:
    connection.execute(into.create)
    existing = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_name = ? AND table_schema = coalesce(?, current_schema())"
        " AND table_catalog = current_database() ORDER BY ordinal_position",
        [into.table, into.schema],
    ).fetchall()
    for statement in into.lacking(existing):
        connection.execute(statement)
    if "run_id" in into.kinds:
        found = connection.execute(into.of_no_job, [edition.as_of]).fetchall()
        for run in _own(found, edition):
            connection.execute(into.own, [edition.job, edition.as_of, run])
    connection.execute(into.supersede, [edition.as_of, edition.list_id, edition.job])
    connection.execute(into.delete, [edition.list_id])
    connection.register("_winback_rows", rows)
    cells = ", ".join(f"CAST({_quoted(column)} AS {kind})" for column, kind in into.kinds.items())
    connection.execute(
        f"INSERT INTO {into.name} ({into.columns}) SELECT {cells} FROM _winback_rows"
    )
    connection.execute(into.view)


def _replace_postgres(
    connection: psycopg.Connection[Any], rows: pd.DataFrame, into: _Table, edition: Edition
) -> None:
    def ask(statement: str, values: list[Any] | None = None) -> psycopg.Cursor[Any]:
        return connection.execute(statement.replace("?", "%s").encode(), values)

    # two jobs that write the same table take turns
    ask("SELECT pg_advisory_xact_lock(hashtext(?))", [f"winback {into.name}"])
    ask(into.create)
    existing = ask(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_name = ? AND table_schema = coalesce(?, current_schema())"
        " ORDER BY ordinal_position",
        [into.table, into.schema],
    ).fetchall()
    for statement in into.lacking(existing):
        ask(statement)
    if "run_id" in into.kinds:
        for run in _own(ask(into.of_no_job, [edition.as_of]).fetchall(), edition):
            ask(into.own, [edition.job, edition.as_of, run])
    ask(into.supersede, [edition.as_of, edition.list_id, edition.job])
    ask(into.delete, [edition.list_id])
    cells = rows.astype(object).where(rows.notna(), None)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {into.name} ({into.columns}) FROM STDIN".encode()) as copy,
    ):
        for row in cells.itertuples(index=False, name=None):
            copy.write_row(row)
    ask(into.view)


def _own(found: list[Any], edition: Edition) -> list[str]:
    """Return which trainings of rows without a job are the job's own."""
    runs = {str(run) for (run,) in found if run is not None}
    return sorted(runs & set(edition.trainings())) if runs else []


def _plain(kind: str) -> str:
    lower = kind.lower()
    return _SAME.get(lower, lower)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
