"""Lists in a database, without some customers."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from winback.data.address import Address, address
from winback.data.sql import name as quoted
from winback.errors import OutputError
from winback.lists.database import opened


def take_out_of_tables(
    tables: Collection[str], ids: Collection[str], *, url: str, schema: str | None = None
) -> dict[str, int]:
    """Delete the rows about some customers from the tables of lists, whichever job's they are.

    In one transaction; what rows leave behind in the files of the database goes as well: a DuckDB
    file is written anew, and so are PostgreSQL's tables (`VACUUM FULL`). A server's log and backups
    are its own.

    Parameters
    ----------
    tables
        Names of the tables; one that is not there holds nobody.
    ids
        What they call the customers.
    url, schema
        As `winback.lists.database.write_table` takes them.

    Returns
    -------
    dict
        How many rows were deleted, by table.

    Raises
    ------
    OutputError
        The database cannot be reached or written to. No message shows a password.

    Examples
    --------
    >>> take_out_of_tables(["win_back"], ["a"], url="duckdb:///nowhere/lists.duckdb")
    {}
    """
    place = address(url)
    file = None if place.scheme != "duckdb" else Path(url.partition("://")[2].partition("?")[0])
    if file is not None and not file.exists():
        return {}
    try:
        with opened(place) as connection:
            deleted = _delete(connection, tables, sorted(ids), schema, "?" if file else "%s")
        if any(deleted.values()):
            if file is not None:
                _write_anew(file)
            else:
                _vacuum(place, [table for table, n in deleted.items() if n], schema)
    except OutputError:
        raise
    except Exception as error:  # noqa: BLE001 - every driver has its own exceptions
        # from None: what a driver raises may hold the password
        raise OutputError(
            "customers cannot be deleted from the database",
            where=place.shown,
            got=place.clean(str(error).strip().partition("\n")[0]),
            hint="when that is mended, erase them again: it may be done as often as one likes",
        ) from None
    return deleted


def _delete(
    connection: Any, tables: Collection[str], ids: list[str], schema: str | None, mark: str
) -> dict[str, int]:
    deleted = {}
    there = (
        f"SELECT count(*) FROM information_schema.tables WHERE table_name = {mark}"
        f" AND table_schema = coalesce({mark}, current_schema())"
    )
    for table in sorted(tables):
        if connection.execute(there, [table, schema]).fetchone()[0]:
            rows = connection.execute(
                f"DELETE FROM {_named(table, schema)} WHERE customer_id = ANY({mark})"
                " RETURNING list_id",
                [ids],
            ).fetchall()
            deleted[table] = len(rows)
    return deleted


def _write_anew(file: Path) -> None:
    """Copy a DuckDB file into a new one, and put that in its place: no freed block goes along."""
    import duckdb  # noqa: PLC0415 - heavy

    aside = file.with_name(f".{file.name}.part")
    aside.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        for path, name, how in ((file, "before", "(READ_ONLY)"), (aside, "after", "")):
            place = str(path).replace("'", "''")
            connection.execute(f"ATTACH '{place}' AS {name} {how}")
        connection.execute("COPY FROM DATABASE before TO after")
    aside.chmod(file.stat().st_mode & 0o777)
    aside.replace(file)
    file.with_name(f"{file.name}.wal").unlink(missing_ok=True)


def _vacuum(place: Address, tables: Collection[str], schema: str | None) -> None:
    import psycopg  # noqa: PLC0415 - an optional driver

    with psycopg.connect(place.url, autocommit=True) as connection:
        for table in tables:
            connection.execute(f"VACUUM FULL {_named(table, schema)}".encode())


def _named(table: str, schema: str | None) -> str:
    return ".".join(quoted(part) for part in (schema, table) if part)
