"""A source that has become a relation in the engine."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ibis import util
from ibis.backends.duckdb import Backend

from winback.data import sql

DESCRIBES = "description of the columns"  # the problem of such a row
_BELOW = 10  # lines below a table; more are rows that went wrong


@dataclass(frozen=True)
class Raw:
    """What a source becomes before anybody knows what its columns mean.

    Attributes
    ----------
    name
        A view with `source_row` and the source's own columns.
    label
        The source as an error message may show it: no password, ever.
    unreadable
        A table of `source_row` and `problem`, where lines of a CSV file could not be read.
    sample
        Whether it is one of the samples that come with lifetimes.
    behind
        The tables behind the view, to be dropped with it.
    below
        The views below the view, to be dropped with it.
    seen
        What was seen of the cells, so that nobody looks at all of them twice.
    """

    name: str
    label: str
    unreadable: str | None = None
    sample: bool = False
    behind: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    seen: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def drop(self, engine: Backend) -> None:
        """Give the space back."""
        for view in (self.name, *reversed(self.below)):
            engine.raw_sql(f"DROP VIEW IF EXISTS {sql.name(view)}")
        for table in (*self.behind, *filter(None, [self.unreadable])):
            engine.raw_sql(f"DROP TABLE IF EXISTS {sql.name(table)}")


def fresh(stem: str) -> str:
    """Return a table name that nobody has used."""
    return str(util.gen_name(f"winback_{stem}"))


def columns_of(engine: Backend, relation: str) -> dict[str, str]:
    """Return a relation's columns and their types, as the engine calls them."""
    described = sql.rows(engine, f"DESCRIBE SELECT * FROM {sql.name(relation)}")
    return {str(row[0]): str(row[1]) for row in described}


def lines_around(engine: Backend, raw: Raw) -> int:
    """Return how many lines were never to be rows: sums below the table, and what describes it."""
    if raw.unreadable is None:
        return 0
    last = f"SELECT max(source_row) FROM {sql.name(raw.name)}"
    below = sql.rows(
        engine,
        f"SELECT count(*) FROM {sql.name(raw.unreadable)} WHERE source_row > ({last})",
    )[0][0]
    described = sql.rows(
        engine,
        f"SELECT count(*) FROM {sql.name(raw.unreadable)} WHERE problem = {sql.text(DESCRIBES)}",
    )[0][0]
    return int(described) + (int(below) if below <= _BELOW else 0)


def own_rowid(engine: Backend, table: str) -> bool:
    """Whether a table has a column of its own that is called as the engine calls its numbers."""
    return "rowid" in {name.lower() for name in columns_of(engine, table)}


def view_of(engine: Backend, table: str, more: Mapping[str, str] | None = None) -> str:
    """Return a view that numbers a materialised table's rows in the order in which they came.

    Parameters
    ----------
    engine, table
        Where the rows are.
    more
        Further columns: a name, and SQL over the table's columns.
    """
    view = fresh("raw")
    numbered = "row_number() OVER ()" if own_rowid(engine, table) else "rowid + 1"
    added = "".join(f", {value} AS {sql.name(name)}" for name, value in (more or {}).items())
    # rowid is 0-based, dense and in order of insertion: no window function over the whole source
    engine.raw_sql(
        f"CREATE VIEW {sql.name(view)} AS SELECT {numbered} AS source_row,"
        f" COLUMNS(lambda c: lower(c) <> 'source_row'){added} FROM {sql.name(table)}"
    )
    return view
