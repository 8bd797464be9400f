"""What `init` sees in the files, folders or tables that it is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from winback.errors import DataError, Sentence
from winback.masking import mask
from winback.messages import Message
from winback.workflows.init_tables import Given, slug, tables_of

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

    from winback.data.raw import Raw
    from winback.data.sniff import Sniffed

_ZONE = re.compile(" [A-Z]{3,4}$")  # EST, CST: several zones to several people
_NEEDED = ("customer_id", "timestamp")
_UNREAD = {"note.may_be_contacted", "note.may_not_be_contacted"}
_NOT_ADDED = {"note.not_added", "note.not_added_beside"}
Told = Callable[[Message], None]


@dataclass(frozen=True)
class Further:
    """A table beside the purchases, and how the job reads it."""

    source: str
    table: str | None
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Looked:
    """What was found.

    Attributes
    ----------
    sniffed
        The guesses of the purchases.
    source, table, query
        As the job has them.
    further
        `customers`, `contacts` and `events`, where there are any.
    notes
        What a person should look at.
    base
        The table of the purchases, by name.
    encoding
        Of the files, where it is said.
    """

    sniffed: Sniffed
    source: str | Mapping[str, str]
    table: str | None = None
    query: str | None = None
    further: Mapping[str, Further] = field(default_factory=dict)
    notes: tuple[Message, ...] = ()
    base: str = ""
    encoding: str | None = None


def look(
    sources: Sequence[str],
    columns: Mapping[str, str] | None = None,
    condition: str | None = None,
    schema: str | None = None,
    tell: Told = lambda _: None,
    encoding: str | None = None,
) -> Looked:
    """Guess what files or tables hold.

    Parameters
    ----------
    sources
        Paths, folders, globs, a sample's name, or the URL of a database.
    columns
        What is known already: our column, and the file's column or a SQL expression;
        ``customers.opt_out`` for one of a further table.
    condition
        The filter, where it is known.
    schema
        Of a database.
    tell
        Called with what is being done.
    encoding
        Of files of text, where it is known.

    Raises
    ------
    DataError
        Nothing can be read, or no table looks like purchases.
    """
    from winback.data.connect import load, open_engine
    from winback.data.sniff import sniff_raw

    columns = columns or {}
    own = {ours: written for ours, written in columns.items() if "." not in ours}
    given = tables_of(sources, schema)
    engine = open_engine()
    raws: dict[str, Raw] = {}
    try:
        for name, one in given.items():
            tell(Message("doing.read_source", source=mask(one.table or one.source)))
            raws[name] = load(engine, one.source, table=one.table, encoding=encoding)
        tell(Message("doing.look_at_columns"))
        if len(given) == 1:
            one = next(iter(given.values()))
            sniffed = sniff_raw(engine, next(iter(raws.values())), own)
            _refuse_if_none(sniffed, sources, engine, raws)
            _refuse_if_other(sniffed, sources, engine, raws)
            looked = Looked(sniffed, one.source, one.table)
        else:
            looked = _joined(engine, given, raws, own)
            _refuse_if_none(looked.sniffed, sources, engine, raws)
            tell(Message("doing.look_further"))
            looked = _with_further(engine, looked, given, raws, columns)
        sniffed = _filtered(looked.sniffed, condition)
        return replace(looked, notes=_notes(looked), sniffed=sniffed, encoding=encoding)
    finally:
        for raw in raws.values():
            raw.drop(engine)
        engine.disconnect()


def _filtered(sniffed: Sniffed, condition: str | None) -> Sniffed:
    if condition is None:
        return sniffed
    offers = tuple(offer for offer in sniffed.offers if offer.key != "filter")
    both = condition if sniffed.filter is None else f"({condition}) AND {sniffed.filter}"
    return replace(sniffed, filter=both, offers=offers)


def _joined(
    engine: Backend, given: Mapping[str, Given], raws: Mapping[str, Raw], own: Mapping[str, str]
) -> Looked:
    from winback.data.joining import join

    database = next((one.source for one in given.values() if one.table is not None), None)
    written_as = {name: one.table for name, one in given.items() if one.table is not None}
    if written_as and (len(written_as) < len(given) or len({g.source for g in given.values()}) > 1):
        raise DataError(
            "files and tables of databases cannot be joined by one query",
            where="winback init",
            got=", ".join(given),
            hint="give the files, or one database",
        )
    joined = join(engine, _but_for_contacts(engine, raws), own, written_as or None)
    if joined.query is None:
        one = given[joined.base]
        return Looked(joined.sniffed, one.source, one.table, base=joined.base)
    if database is not None:
        return Looked(joined.sniffed, database, query=joined.query, base=joined.base)
    source = {name: given[name].source for name in joined.used}
    return Looked(joined.sniffed, source, query=joined.query, base=joined.base)


def _but_for_contacts(engine: Backend, raws: Mapping[str, Raw]) -> dict[str, Raw]:
    """Return the tables that may hold purchases: a mail's channel is not that of an order."""
    from winback.data.further import further_table

    kinds = {name: further_table(engine, raw, name)[0] for name, raw in raws.items()}
    bought = {name: raw for name, raw in raws.items() if kinds[name] != "contacts"}
    return bought or dict(raws)


def _with_further(
    engine: Backend,
    looked: Looked,
    given: Mapping[str, Given],
    raws: Mapping[str, Raw],
    columns: Mapping[str, str],
) -> Looked:
    """Find customers, contacts and events among the tables that are not the purchases."""
    from winback.data import sql
    from winback.data.further import further_table, not_read

    further: dict[str, Further] = {}
    notes: list[Message] = []
    for name, raw in raws.items():
        if name == looked.base:
            continue
        kind, read = further_table(engine, raw, name, notes)
        if kind is None:
            if name not in _left_out(looked) and name not in _names_in(looked.query):
                notes.append(not_read(engine, raw, name, given[name].source))
            continue
        if kind in further:
            notes.append(Message("note.also_looks_like", table=name, kind=kind))
            continue
        prefix = f"{kind}."
        said = {k.removeprefix(prefix): w for k, w in columns.items() if k.startswith(prefix)}
        one = given[name]
        further[kind] = Further(one.source, one.table, {**read, **said})
        notes.append(Message("note.read_as", table=name, setting=f"data.{kind}"))
    opt_out = further["customers"].columns.get("opt_out", "") if "customers" in further else ""
    notes_kept = [
        note
        for note in looked.sniffed.notes
        if note.code not in _UNREAD or note.facts["column"] not in opt_out
    ]
    read_there = {written for one in further.values() for written in one.columns.values()}
    unused = tuple(
        name
        for name in looked.sniffed.unused
        if name not in read_there and not any(_names(sql.bare(engine, name), w) for w in read_there)
    )
    sniffed = replace(looked.sniffed, notes=(*notes_kept, *notes), unused=unused)
    return replace(looked, further=further, sniffed=sniffed)


def _left_out(looked: Looked) -> set[str]:
    """Return the tables of which it is told that their amounts are not added."""
    notes = (note for note in looked.sniffed.notes if note.code in _NOT_ADDED)
    return {str(note.facts["table"]) for note in notes}


def _names(column: str, expression: str) -> bool:
    """Whether an expression names a column, as an argument of a function."""
    return f"({column})" in expression


def _names_in(query: str | None) -> set[str]:
    """Return the tables that a query reads."""
    import sqlglot

    if query is None:
        return set()
    return {table.alias_or_name for table in sqlglot.parse_one(query).find_all(sqlglot.exp.Table)}


def _refuse_if_none(
    sniffed: Sniffed, sources: Sequence[str], engine: Backend, raws: Mapping[str, Raw]
) -> None:
    """Raise where nothing can be read as purchases, by name."""
    from winback.data import sql
    from winback.data.time_format import format_of

    shown = " ".join(sources)
    if sniffed.rows == 0:
        raise DataError("the file has no rows", where=shown, got=", ".join(sniffed.columns))
    missing = [name for name in _NEEDED if name not in sniffed.guesses]
    if missing == ["timestamp"]:
        _refuse_time(shown, engine, raws)
    if missing:
        say = " ".join(f"--column {name}=YOUR_COLUMN" for name in missing)
        kind = _kind(engine, raws)
        hint = Sentence("say which it is: winback init {shown} {say}", shown=shown, say=say)
        if kind:
            hint = Sentence(
                "it looks like {kind}: give it beside the purchases (winback init ORDERS.csv "
                "{shown}); or {otherwise}",
                kind=Sentence(kind),
                shown=shown,
                otherwise=hint,
            )
        raise DataError(
            Message("init.no_column", missing=missing),
            where=shown,
            got=", ".join(f"{name} ({cell})" for name, cell in _cells(engine, raws, sniffed)),
            hint=hint,
        )
    if sniffed.last_day is None:
        column = sniffed.guesses["timestamp"].expression
        cells = dict(_cells(engine, raws, sniffed))
        name = sql.bare(engine, column) if column in cells else column
        read = f"strptime({name}, {sql.text(format_of(cells.get(column, '')) or '%d/%m/%Y')})"
        read = read.replace('"', '\\"')  # as a shell takes it
        raise DataError(
            "the cells of the timestamp cannot be read",
            where=f"{shown}, {column}",
            got=cells.get(column),
            hint=Sentence(
                'say how: winback init {shown} --column "timestamp={read}"', shown=shown, read=read
            ),
        )


def _refuse_time(shown: str, engine: Backend, raws: Mapping[str, Raw]) -> None:
    """Raise where a column is called a time and too few of its cells are, or a day is in three."""
    from winback.data import sql
    from winback.data.column_names import names_of
    from winback.data.joining import columns_in
    from winback.data.time_format import format_of

    for table in (columns_in(engine, raw) for raw in raws.values()):
        parts = table.date_parts()
        if parts is not None:
            read = parts.replace('"', '\\"')
            raise DataError(
                "the day stands in columns of its year, its month and its day",
                where=shown,
                got=parts,
                hint=Sentence(
                    'say how: winback init {shown} --column "timestamp={read}"',
                    shown=shown,
                    read=read,
                ),
            )
        if (found := table.unread_time(names_of("timestamp"))) is None:
            continue
        name, cell, unread, rows = found
        column = sql.bare(engine, name)
        hint = Sentence(
            "the others can be read: leave such rows out, or look whether another table stands "
            "there, with winback init {shown} --column timestamp={column} --filter SQL",
            shown=shown,
            column=column,
        )
        if unread == rows:
            zone = _ZONE.search(cell)
            bare = f"regexp_replace({column}, '{_ZONE.pattern}', '')" if zone else column
            form = format_of(_ZONE.sub("", cell))
            read = f"strptime({bare}, {sql.text(form)})".replace('"', '\\"')
            hint = Sentence(
                'say how: winback init {shown} --column "timestamp={read}"', shown=shown, read=read
            )
        raise DataError(
            "the cells of the timestamp cannot be read",
            where=f"{shown}, {name}",
            got=Sentence(
                "{example!r}, and the like in {rounded:,} of {rows:,} {rows:form.row/rows}",
                example=cell,
                rounded=unread,
                rows=rows,
            ),
            hint=hint,
        )


def _refuse_if_other(
    sniffed: Sniffed, sources: Sequence[str], engine: Backend, raws: Mapping[str, Raw]
) -> None:
    """Raise where the one table tells of contacts or events, and of no money."""
    kind = None if "amount" in sniffed.guesses else _kind(engine, raws)
    if kind in {"contacts", "events"}:
        shown = " ".join(sources)
        raise DataError(
            Sentence("these are no purchases: they look like {kind}", kind=Sentence(kind or "")),
            where=shown,
            got=", ".join(sniffed.columns),
            hint=Sentence(
                "give them beside the purchases: winback init ORDERS.csv {shown}", shown=shown
            ),
        )


def _kind(engine: Backend, raws: Mapping[str, Raw]) -> str | None:
    from winback.data.further import further_table

    return further_table(engine, next(iter(raws.values())))[0] if len(raws) == 1 else None


def _cells(engine: Backend, raws: Mapping[str, Raw], sniffed: Sniffed) -> list[tuple[str, Any]]:
    """Return each column with its first cell."""
    from winback.data.joining import columns_in

    tables = [columns_in(engine, raw) for raw in raws.values()]
    return [
        (name, next((table.cell(name)[:40] for table in tables if name in table.types), ""))
        for name in sniffed.columns
    ]


def _notes(looked: Looked) -> tuple[Message, ...]:
    sniffed = looked.sniffed
    notes = sniffed.notes
    if "amount" not in sniffed.guesses:
        notes += (Message("note.no_amounts"),)
    today = datetime.now(ZoneInfo(sniffed.timezone)).date()
    if sniffed.last_day is not None and sniffed.last_day > today:
        notes += (Message("note.after_today", day=sniffed.last_day),)
    return notes


def name_of(sources: Sequence[str]) -> str:
    """Return what a job over some sources may be called.

    Examples
    --------
    >>> name_of(["exports/sales.csv", "exports/lines.csv"]), name_of(["sample:cdnow"])
    ('sales', 'cdnow')
    """
    first = sources[0].partition("?")[0]
    return slug(Path(first.rpartition(":")[2]).stem)
