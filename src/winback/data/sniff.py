"""Look at a table's columns and guess what they mean, to start a job file with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ibis.backends.duckdb import Backend

from winback.data import parse, sql
from winback.data.column_guess import Columns, Guess
from winback.data.column_names import plain
from winback.data.connect import load, open_engine
from winback.data.expressions import Expression, columns_read, resolve
from winback.data.identity import identifier
from winback.data.raw import Raw, columns_of
from winback.data.tables import TRANSACTIONS, Column
from winback.errors import DataError

_OPTIONAL = replace(
    TRANSACTIONS, columns=tuple(replace(column, required=False) for column in TRANSACTIONS.columns)
)
_EXAMPLES = 3
_MUCH = 0.05  # more rejected rows than this stop a job by default
_CLEAR = 0.95
_ENCODE = "is it UTF-8? if not: iconv -f WINDOWS-1252 -t UTF-8 FILE > utf8.csv"
_STATES = 8
_STATE = ("status", "statut", "状态")  # what a column of an order's states ends in

__all__ = ["Guess", "Sniffed", "sniff"]


@dataclass(frozen=True)
class Sniffed:
    """What a table seems to hold.

    Attributes
    ----------
    columns
        The source's columns and their types.
    guesses
        Our column: what it seems to be. A column that nothing points to is not there.
    unused
        Columns that no guess reads.
    examples
        Our column: some of its values, as they would be read.
    filter
        A condition that leaves out rows without a customer, where there are any, and rows without
        an amount, where they are too many to be rejected.
    rows
        Rows of the source.
    first_day, last_day
        The range of the guessed timestamps (UTC).
    notes
        What a person should look at.
    signs
        What stands around the amounts: signs and names of currencies.
    """

    columns: Mapping[str, str]
    guesses: Mapping[str, Guess]
    unused: tuple[str, ...]
    examples: Mapping[str, tuple[str, ...]]
    filter: str | None
    rows: int
    first_day: date | None
    last_day: date | None
    notes: tuple[str, ...]
    signs: tuple[str, ...] = ()


def sniff(
    source: Any,
    *,
    table: str | None = None,
    query: str | None = None,
    columns: Mapping[str, str] | None = None,
    engine: Backend | None = None,
) -> Sniffed:
    """Guess which of a source's columns is which of ours.

    Names are compared with what shops call these things, in English, Chinese, German, French and
    Spanish; cells decide whether a column can be what its name says. Where there is no amount, a
    quantity times a price is one. Amounts that are no plain numbers are guessed with the expression
    that reads them. Where nothing proves whether the day or the month comes first, the guess is the
    day, and `Guess.other` the month.

    Parameters
    ----------
    source, table, query, engine
        As for `winback.data.connect.read_source`.
    columns
        What is known already: our column, and the source's column or a SQL expression. These are
        not guessed.

    Returns
    -------
    Sniffed
        The guesses, each with its reason.

    Raises
    ------
    DataError
        The source, or every line of it, cannot be read, or it lacks a column of `columns`.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = {"客户编号": ["a"], "下单时间": ["2024-03-01"], "数量": [2], "单价": [9.5]}
    >>> found = sniff(pd.DataFrame(lines))
    >>> {ours: guess.expression for ours, guess in found.guesses.items()}
    {'customer_id': '客户编号', 'timestamp': '下单时间', 'amount': '数量 * 单价'}
    >>> found.last_day
    datetime.date(2024, 3, 1)
    """
    engine = engine or open_engine()
    raw = load(engine, source, table=table, query=query)
    try:
        types = columns_of(engine, raw.name)
        del types["source_row"]
        notes = _unreadable(engine, raw)
        there = Columns(engine, raw, types)
        guesses = {ours: there.given(written) for ours, written in (columns or {}).items()}
        resolve(engine, raw, _OPTIONAL, columns)  # raises on a name that is not there
        for column in TRANSACTIONS.columns:
            guess = guesses.get(column.name) or there.guess(column.name, column.kind, notes)
            if guess is not None:
                guesses[column.name] = guess
        guesses = {name: guesses[name] for name in TRANSACTIONS.names() if name in guesses}
        return _describe(engine, raw, types, guesses, notes)
    finally:
        raw.drop(engine)


def _unreadable(engine: Backend, raw: Raw) -> list[str]:
    """Say how many lines of a file cannot be read, and why."""
    if raw.unreadable is None:
        return []
    found = sql.rows(
        engine,
        f"SELECT problem, count(*) AS n FROM {sql.name(raw.unreadable)}"
        " GROUP BY problem ORDER BY n DESC, problem",
    )
    told = ", ".join(f"{n:,} {problem}" for problem, n in found)
    hint = _ENCODE if any("encoding" in problem for problem, _ in found) else None
    if not sql.rows(engine, f"SELECT 1 FROM {sql.name(raw.name)} LIMIT 1"):
        raise DataError("no line of the file can be read", where=raw.label, got=told, hint=hint)
    lines = sum(n for _, n in found)
    many = "s" if lines > 1 else ""
    rejected = f"{lines:,} line{many} cannot be read, and will be rejected: {told}"
    return [f"{rejected}; {hint}" if hint else rejected]


def _of(guesses: Mapping[str, Guess]) -> tuple[Column, ...]:
    return tuple(column for column in TRANSACTIONS.columns if column.name in guesses)


def _describe(
    engine: Backend,
    raw: Raw,
    types: Mapping[str, str],
    guesses: Mapping[str, Guess],
    notes: list[str],
) -> Sniffed:
    needed = TRANSACTIONS.columns[:3]
    notes = [f"nothing looks like {c.name}" for c in needed if c.name not in guesses] + notes
    relation = sql.name(raw.name)
    rows = int(sql.rows(engine, f"SELECT count(*) FROM {relation}")[0][0])
    written = {ours: guess.expression for ours, guess in guesses.items()}
    values = resolve(engine, raw, replace(TRANSACTIONS, columns=_of(guesses)), written)[0]
    cells = {column.name: _cell(column, values[column.name]) for column in _of(guesses)}
    first_day = last_day = None
    if "timestamp" in values:
        cells["timestamp"] = moment = parse.instant(
            engine, raw, values["timestamp"], timezone="UTC", where="timestamp"
        )
        first_day, last_day = sql.rows(
            engine,
            f"SELECT CAST(min(moment) AS DATE), CAST(max(moment) AS DATE)"
            f" FROM (SELECT {moment} AS moment FROM {relation}) WHERE isfinite(moment)",
        )[0]
    conditions = []
    for ours, bearable in (("customer_id", 0.0), ("amount", _MUCH)):
        column = guesses[ours].expression if ours in guesses else ""
        if column not in types:
            continue
        missing = sql.rows(engine, f"SELECT count(*) - count({sql.name(column)}) FROM {relation}")
        if missing[0][0] > bearable * rows:
            conditions.append(f"{sql.bare(engine, column)} IS NOT NULL")
            what = ours.removesuffix("_id")
            notes.append(f"{missing[0][0]:,} of {rows:,} rows have no {what}; they are left out")
    if {"order_id", "amount"} <= set(guesses) and guesses["amount"].expression in types:
        notes += _repeated(engine, relation, guesses["order_id"], guesses["amount"])
    notes += _states(engine, relation, types)
    examples = {ours: _examples(engine, relation, cell) for ours, cell in cells.items()}
    condition = " AND ".join(conditions) or None
    read = {name for expression in written.values() for name in columns_read(expression, types)}
    return Sniffed(
        columns=dict(types),
        guesses=guesses,
        unused=tuple(name for name in types if name not in read),
        examples=examples,
        filter=condition,
        rows=rows,
        first_day=first_day,
        last_day=last_day,
        notes=tuple(notes),
        signs=_signs(engine, relation, read, written.get("amount", "")),
    )


def _signs(engine: Backend, relation: str, read: set[str], amount: str) -> tuple[str, ...]:
    """Return the signs and names of currencies that stand around the amounts."""
    columns = [name for name in sorted(read) if f"money({sql.bare(engine, name)}," in amount]
    found = [
        sql.rows(
            engine,
            rf"""SELECT DISTINCT unnest(regexp_extract_all({sql.name(name)}, '\p{{Sc}}|\p{{L}}+'))
            AS sign FROM (FROM {relation} LIMIT 10000) ORDER BY sign LIMIT 9""",
        )
        for name in columns
    ]
    return tuple(sign for rows in found for (sign,) in rows)


def _cell(column: Column, value: Expression) -> str:
    """Return what a value is read as, to look at."""
    if column.kind == "id":
        return identifier(value)
    if column.kind == "number":
        return f"round({parse.number(value, column.name)}, 4)"
    return value.sql


def _examples(engine: Backend, relation: str, cell: str) -> tuple[str, ...]:
    """Return the first few different values, as they stand in the table."""
    found = sql.rows(
        engine,
        f"SELECT value FROM (SELECT CAST({cell} AS VARCHAR) AS value, source_row FROM"
        f" (FROM {relation} LIMIT 1000)) WHERE trim(value) <> '' GROUP BY value ORDER BY min(source_row)"
        f" LIMIT {_EXAMPLES}",
    )
    return tuple(value.removesuffix(" 00:00:00") for (value,) in found)


def _repeated(engine: Backend, relation: str, order: Guess, amount: Guess) -> list[str]:
    """Say so where each line of an order seems to bear the order's total."""
    several, same = sql.rows(
        engine,
        f"""SELECT count(*), count(*) FILTER (lowest = highest) FROM (
            SELECT min({sql.name(amount.expression)}) AS lowest,
                max({sql.name(amount.expression)}) AS highest
            FROM {relation} GROUP BY {sql.name(order.expression)}
            HAVING count({sql.name(amount.expression)}) > 1)""",
    )[0]
    if several < 10 or same < _CLEAR * several:
        return []
    told = (
        f"{several:,} orders have several rows that bear the same {amount.expression}: an order's"
    )
    return [f"{told} total would be counted once a row; export one row an order"]


def _states(engine: Backend, relation: str, types: Mapping[str, str]) -> list[str]:
    """Name the states of an order, some of which may be no sale."""
    notes = []
    for name in (name for name in types if plain(name).endswith(_STATE)):
        state = sql.name(name)
        found = sql.rows(
            engine,
            f"SELECT {state}, count(*) AS n FROM {relation} WHERE {state} IS NOT NULL"
            f" GROUP BY ALL ORDER BY n DESC, {state} LIMIT {_STATES + 1}",
        )
        if 1 < len(found) <= _STATES:
            told = ", ".join(f"{value} ({n:,})" for value, n in found)
            only = f"{sql.bare(engine, name)} = {sql.text(str(found[0][0]))}"
            notes.append(f"{name} is {told}; to count some only, filter: {only}")
    return notes
