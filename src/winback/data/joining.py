"""Several tables become one query: the rows that bear the amounts, and what they name.

A row of amounts names one order, an order one customer: joined in this direction no row is
multiplied, so no amount is counted twice. What points the other way (the lines of an order that
bears its own total) is told, and left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.column_guess import Columns, Guess
from winback.data.column_names import called, named, names_of, says
from winback.data.expressions import columns_read
from winback.data.guess_amount import guess_amount, total_of
from winback.data.guess_customer import guess_customer
from winback.data.links import Link, find_links
from winback.data.raw import Raw, columns_of, fresh, view_of
from winback.data.sniff import Sniffed, sniff_raw
from winback.data.words import words_of
from winback.errors import DataError
from winback.messages import Message

__all__ = ["Joined", "columns_in", "join"]

_PRICED = {"guess.product", "guess.price"}  # amounts that are no column of their own


@dataclass(frozen=True)
class Joined:
    """Tables joined for reading purchases.

    Attributes
    ----------
    sniffed
        What the joined rows seem to hold.
    base
        The table that bears the amounts: one row of it is one row read.
    used
        The tables that the query names, `base` first.
    query
        The join; ``None`` where `base` alone has everything.
    """

    sniffed: Sniffed
    base: str
    used: tuple[str, ...]
    query: str | None


@dataclass(frozen=True)
class _Base:
    name: str
    paths: tuple[Link, ...]
    amount: Guess | None
    rank: tuple[int, ...]
    notes: tuple[Message, ...]


def columns_in(engine: Backend, raw: Raw) -> Columns:
    """Return a loaded table's columns, none of them guessed yet."""
    types = columns_of(engine, raw.name)
    return Columns(
        engine, raw, {name: kind for name, kind in types.items() if name != "source_row"}
    )


def join(
    engine: Backend,
    tables: Mapping[str, Raw],
    columns: Mapping[str, str] | None = None,
    written_as: Mapping[str, str] | None = None,
) -> Joined:
    """Find the keys of several tables, and the query that reads purchases from them.

    Parameters
    ----------
    engine, tables
        The tables, loaded, under the names that the query calls them by.
    columns
        What is known already: our column, and a column or an expression.
    written_as
        How the query names a table in ``FROM``, where that is not its name.

    Returns
    -------
    Joined
        The query, and what its rows seem to hold; counts of what matched are among the notes.

    Raises
    ------
    DataError
        No table holds purchases: a customer and a time, in it or in what its rows name.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> engine = open_engine(threads=1)
    >>> orders = {"order_id": ["o1", "o2"], "customer_id": ["a", "b"], "date": "2024-03-01"}
    >>> lines = {"order_id": ["o1", "o1", "o2"], "quantity": [1, 2, 1], "price": [5.0, 1.0, 2.0]}
    >>> frames = {"orders": orders, "lines": lines}
    >>> raws = {name: load(engine, pd.DataFrame(table)) for name, table in frames.items()}
    >>> print(join(engine, raws).query)
    SELECT
      lines.order_id,
      lines.quantity,
      lines.price,
      orders.customer_id,
      orders.date
    FROM lines
    LEFT JOIN orders ON orders.order_id = lines.order_id
    """
    links = find_links({name: columns_in(engine, raw) for name, raw in tables.items()})
    base = _base(engine, tables, links)
    names = _names(engine, tables, base)
    table = fresh("joined")
    froms = {
        name: f"{sql.name(raw.name)} AS {sql.bare(engine, name)}" for name, raw in tables.items()
    }
    engine.raw_sql(f"CREATE TABLE {sql.name(table)} AS {_select(engine, names, base.paths, froms)}")
    rows = Raw(view_of(engine, table), label=" + ".join(tables), behind=(table,))
    given = {"amount": base.amount.expression, **(columns or {})} if base.amount else columns
    try:
        sniffed = sniff_raw(engine, rows, given)
    finally:
        rows.drop(engine)
    if base.amount is not None and "amount" not in (columns or {}):
        sniffed = replace(sniffed, guesses={**sniffed.guesses, "amount": base.amount})
    needed = _needed(sniffed)
    kept = {name: end for name, end in names.items() if name in needed}
    paths = _paths_to({table for table, _ in kept.values()}, base)
    used = (base.name, *(link.one for link in paths))
    notes = _notes(engine, tables, base, paths, links)
    sniffed = replace(sniffed, notes=(*notes, *base.notes, *sniffed.notes))
    if not paths:
        return Joined(sniffed, base.name, used, None)
    froms = {name: sql.bare(engine, name) for name in tables}
    if written_as is None:
        return Joined(sniffed, base.name, used, _select(engine, kept, paths, froms))
    froms = {
        name: ".".join(map(sql.name, written_as[name].split("."))) + f" AS {sql.name(name)}"
        for name in tables
    }
    return Joined(sniffed, base.name, used, _select(engine, kept, paths, froms, quoted=True))


def _base(engine: Backend, tables: Mapping[str, Raw], links: list[Link]) -> _Base:
    """Return the table whose rows are to be read: amounts, and a customer and a time in reach."""
    candidates = []
    orders_of = {link.one for link in links if called(link.key, names_of("order_id").split())}
    customers_of = {link.one for link in links if called(link.key, names_of("customer_id").split())}
    for name, raw in tables.items():
        paths = _reach(name, links)
        joins = 0
        for needed in ("customer_id", "timestamp"):
            near = (
                n for n, t in enumerate((name, *(link.one for link in paths)))
                if _has(columns_in(engine, tables[t]), needed)
            )  # fmt: skip
            joins = max(joins, next(near, len(tables) + 1))
        if joins > len(tables):
            continue
        own, notes = columns_in(engine, raw), list[Message]()
        amount = guess_amount(own, names_of("amount"), "amount", notes)
        rank = (
            int(amount is None),
            min(joins, 1),
            int(name in customers_of - orders_of),
            int(not named(own.left.items(), names_of("order_id"))),
            int(name not in orders_of and joins == 0),
            int(amount is not None and amount.expression not in own.types),
            int(amount is not None and amount.why.code in _PRICED),
            -sql.rows(engine, f"SELECT count(*) FROM {sql.name(raw.name)}")[0][0],
        )
        candidates.append(_Base(name, paths, amount, rank, tuple(notes)))
    if not candidates:
        held = "; ".join(
            f"{name}: {', '.join(columns_in(engine, raw).types)}" for name, raw in tables.items()
        )
        raise DataError(
            "no table holds purchases: a customer and a time, in it or in what its rows name",
            where=", ".join(tables),
            got=held[:600],
            hint="name the files that do, or join them yourself and give the one file",
        )
    return min(candidates, key=lambda base: base.rank)


def _has(table: Columns, ours: str) -> bool:
    """Whether a table has a column that may be a customer, or a time of purchase."""
    if ours == "customer_id":
        return guess_customer(table, names_of(ours), []) is not None
    table.left = {k: v for k, v in table.left.items() if not says(k, "not_when_bought")}
    return table.for_time(names_of(ours), ours, []) is not None


def _reach(base: str, links: list[Link]) -> tuple[Link, ...]:
    """Return the links that lead from a table to others, each reached once, the nearest first."""
    reached, paths = [base], []
    for table in reached:
        for link in links:
            if link.many == table and link.one not in reached and not link.repeated:
                reached.append(link.one)
                paths.append(link)
    return tuple(paths)


def _names(engine: Backend, tables: Mapping[str, Raw], base: _Base) -> dict[str, tuple[str, str]]:
    """Return what the join calls each column; amounts of an order are none of its lines'."""
    refunds = words_of("columns")["refunds"]
    names = {column: (base.name, column) for column in columns_in(engine, tables[base.name]).types}
    for link in base.paths:
        table = columns_in(engine, tables[link.one])
        amounts = set(named(table.left.items(), names_of("amount")))
        for column in table.types:
            other = says(column, "not_amounts") or called(column, refunds) or column in amounts
            if column == link.unique or (other and table.number(column) is not None):
                continue
            taken = {name.lower() for name in names}
            name = column if column.lower() not in taken else f"{link.one}_{column}"
            if name.lower() not in taken:
                names[name] = (link.one, column)
    return names


def _needed(sniffed: Sniffed) -> set[str]:
    """Return the columns that the job reads, or may be told to read."""
    written = [guess.expression for guess in sniffed.guesses.values()]
    written += [offer.written for offer in sniffed.offers]
    written += [sniffed.filter] if sniffed.filter else []
    return {name for text in written for name in columns_read(text, sniffed.columns)}


def _paths_to(wanted: set[str], base: _Base) -> tuple[Link, ...]:
    """Return the links on the way to some tables."""
    kept: list[Link] = []
    for link in reversed(base.paths):
        if link.one in wanted or any(later.many == link.one for later in kept):
            kept.append(link)
    return tuple(reversed(kept))


def _select(
    engine: Backend,
    names: Mapping[str, tuple[str, str]],
    paths: tuple[Link, ...],
    froms: Mapping[str, str],
    *,
    quoted: bool = False,
) -> str:
    """Write the join; with every name in quotes for databases that take others in small letters."""

    def written(name: str) -> str:
        return sql.name(name) if quoted else sql.bare(engine, name)

    def column(table: str, name: str) -> str:
        return f"{written(table)}.{written(name)}"

    base = paths[0].many if paths else next(iter(names.values()))[0]
    cells = ",\n  ".join(
        column(*end) if end[1] == name else f"{column(*end)} AS {written(name)}"
        for name, end in names.items()
    )
    lines = [f"SELECT\n  {cells}", f"FROM {froms[base]}"]
    for link in paths:
        left, right = column(link.one, link.unique), column(link.many, link.key)
        if not link.alike:
            left, right = f"CAST({left} AS VARCHAR)", f"CAST({right} AS VARCHAR)"
        lines.append(f"LEFT JOIN {froms[link.one]} ON {left} = {right}")
    return "\n".join(lines)


def _notes(
    engine: Backend,
    tables: Mapping[str, Raw],
    base: _Base,
    paths: tuple[Link, ...],
    links: list[Link],
) -> list[Message]:
    """Say what matched, and what was left out although it speaks of the same rows."""
    rows = sql.rows(engine, f"SELECT count(*) FROM {sql.name(tables[base.name].name)}")[0][0]
    if base.amount is None:
        notes = [Message("note.base", table=base.name, rows=rows)]
    else:
        amount = base.amount.expression
        notes = [Message("note.base_amount", table=base.name, rows=rows, amount=amount)]
    notes += [Message("note.joined", link=link.message) for link in paths]
    used = {base.name, *(link.one for link in paths)}
    ends = {(link.one, link.many) for link in paths}
    left_out: set[str] = set()
    for link in sorted(links, key=lambda link: link.repeated):
        inside = {link.many, link.one} <= used
        if inside and link.repeated and (link.many, link.one) not in ends:
            notes.append(Message("note.not_joined", link=link.message))
        elif link.one in used and link.many not in used | left_out:
            left_out.add(link.many)
            notes += _beside(engine, tables, base, link)
    return notes


def _beside(engine: Backend, tables: Mapping[str, Raw], base: _Base, link: Link) -> list[Message]:
    """Tell the sums of a table that is left out, beside those of the one that is read."""

    def counts(name: str, amount: Guess) -> Message:
        return total_of(columns_in(engine, tables[name]), amount.expression)

    table = columns_in(engine, tables[link.many])
    amount = guess_amount(table, names_of("amount"), "amount", [])
    if amount is None:
        return []
    if base.amount is None:
        return [
            Message(
                "note.not_added",
                link=link.message,
                table=link.many,
                amount=amount.expression,
                counts=counts(link.many, amount),
            )
        ]
    return [
        Message(
            "note.not_added_beside",
            link=link.message,
            table=link.many,
            amount=amount.expression,
            counts=counts(link.many, amount),
            base=base.name,
            own=base.amount.expression,
            own_counts=counts(base.name, base.amount),
        )
    ]
