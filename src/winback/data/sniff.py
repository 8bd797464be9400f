"""Look at a table's columns and guess what they mean, to start a job file with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ibis.backends.duckdb import Backend

from winback.data import parse, sql
from winback.data.column_guess import Columns, Guess
from winback.data.column_names import names_of
from winback.data.connect import load, open_engine
from winback.data.consent import look as look_at_permissions
from winback.data.contracts import TRANSACTIONS, Column
from winback.data.directions import look_at_directions
from winback.data.expressions import Expression, columns_read, resolve
from winback.data.guess_amount import guess_amount
from winback.data.guess_customer import guess_customer
from winback.data.identity import identifier
from winback.data.layout_looks import look_at_discount, look_at_groups, look_at_signs
from winback.data.no_values import no_time
from winback.data.raw import Raw, columns_of
from winback.data.second_looks import (
    Offer,
    look_at_cents,
    look_at_currencies,
    look_at_refunds,
    look_at_restarts,
    look_at_states,
    look_at_totals,
)
from winback.data.shop_clock import clock_of
from winback.data.words import words_of
from winback.errors import DataError
from winback.messages import Message

_OPTIONAL = replace(
    TRANSACTIONS, columns=tuple(replace(column, required=False) for column in TRANSACTIONS.columns)
)
_EXAMPLES = 3
_WORDS = 20  # that stand for nothing in a column
_MUCH = 0.05  # more rejected rows than this stop a job by default
_STRAY_DAYS, _STRAY_SHARE = 365, 0.01  # of silence, and of rows after it
_SOME, _CENTURY = 20, 100  # rows of which one is few; and years that no shop is silent
_ENCODE = "those lines are in another encoding than the rest: export the file in one, best UTF-8"

__all__ = ["Guess", "Offer", "Sniffed", "sniff", "sniff_raw"]


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
        The range of the guessed timestamps, in `timezone`; a few rows that come more than a year
        after all others are no end of it, and a note tells of them.
    notes
        What a person should look at.
    signs
        What stands around the amounts: signs and names of currencies.
    timezone
        The clock that the cells show; UTC where they show none.
    offers
        Settings that may be right: filters of states, amounts without refunds.
    """

    columns: Mapping[str, str]
    guesses: Mapping[str, Guess]
    unused: tuple[str, ...]
    examples: Mapping[str, tuple[str, ...]]
    filter: str | None
    rows: int
    first_day: date | None
    last_day: date | None
    notes: tuple[Message, ...]
    signs: tuple[str, ...] = ()
    timezone: str = "UTC"
    offers: tuple[Offer, ...] = ()


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
    >>> sniffed = sniff(pd.DataFrame(lines))
    >>> {ours: guess.expression for ours, guess in sniffed.guesses.items()}
    {'customer_id': '客户编号', 'timestamp': '下单时间', 'amount': '数量 * 单价'}
    >>> sniffed.last_day
    datetime.date(2024, 3, 1)
    """
    engine = engine or open_engine()
    raw = load(engine, source, table=table, query=query)
    try:
        return sniff_raw(engine, raw, columns)
    finally:
        raw.drop(engine)


def sniff_raw(engine: Backend, raw: Raw, columns: Mapping[str, str] | None = None) -> Sniffed:
    """Do what `sniff` does, for a source that is loaded."""
    types = columns_of(engine, raw.name)
    del types["source_row"]
    notes = _unreadable(engine, raw)
    there = Columns(engine, raw, types)
    guesses = {ours: there.given(written) for ours, written in (columns or {}).items()}
    resolve(engine, raw, _OPTIONAL, columns)  # raises on a name that is not there
    permissions = look_at_permissions(there)  # do_not_email is no e-mail address
    for name in permissions.columns:
        del there.left[name]
    for column in TRANSACTIONS.columns:
        guess = guesses.get(column.name) or _guess(there, column, notes)
        if guess is not None:
            guesses[column.name] = guess
    guesses = {name: guesses[name] for name in TRANSACTIONS.names() if name in guesses}
    look_at_groups(there, guesses.get("customer_id"), notes)
    if _restarts(there, guesses, columns or {}, notes):
        del guesses["order_id"]
    offers: list[Offer] = []
    if {"order_id", "amount"} <= set(guesses) and guesses["order_id"].expression in types:
        amount, offers = look_at_totals(there, guesses, notes)
        if "amount" not in (columns or {}):
            guesses["amount"] = amount
    offers += look_at_states(there, notes)
    for name in permissions.columns:
        opt_out = f"columns: {{opt_out: {permissions.written(engine, name)}}}"
        setting = f"data.customers: {{source: …, {opt_out}}}"
        may = Message("note.may_be_contacted", column=name, setting=setting)
        may_not = Message("note.may_not_be_contacted", column=name, setting=setting)
        notes.append(may if name in permissions.agree else may_not)
    if "amount" in guesses:
        offers += look_at_cents(there, guesses["amount"], notes)
        offers += look_at_refunds(there, guesses["amount"], notes)
        offers += look_at_discount(there, guesses, notes)
        offers += look_at_directions(there, guesses["amount"], notes)
    zone = clock_of(there, guesses["timestamp"].expression, notes) if "timestamp" in guesses else ""
    one = look_at_currencies(there, guesses["currency"], notes) if "currency" in guesses else None
    sign = look_at_signs(there, guesses, notes)
    sniffed = _describe(there, guesses, zone or "UTC", notes)
    sniffed = replace(sniffed, timezone=zone or "UTC", offers=tuple(offers))
    return _in_one_currency(sniffed, one, sign)


def _in_one_currency(
    sniffed: Sniffed, code: tuple[str, str] | None, sign: tuple[str, str] | None
) -> Sniffed:
    """Keep the rows of a currency, by its code in a column or its sign in the amounts."""
    one = code or sign
    if one is None:
        return sniffed
    both = one[1] if sniffed.filter is None else f"{sniffed.filter} AND {one[1]}"
    if code is None:
        return replace(sniffed, filter=both, signs=(one[0],))
    return replace(sniffed, filter=both, examples={**sniffed.examples, "currency": (one[0],)})


def _restarts(
    there: Columns, guesses: Mapping[str, Guess], said: Mapping[str, str], notes: list[Message]
) -> bool:
    """Whether the numbers of orders, as guessed, are those of several customers each."""
    needed = {"order_id", "customer_id"}
    if not needed <= set(guesses) or any(guesses[n].expression not in there.types for n in needed):
        return False
    restart = look_at_restarts(there, guesses["order_id"], guesses["customer_id"], notes)
    return restart and "order_id" not in said


def _guess(there: Columns, column: Column, notes: list[Message]) -> Guess | None:
    """Return what one of our columns seems to be; add what a person should see."""
    ours, names = column.name, names_of(column.name)
    if ours == "customer_id":
        return guess_customer(there, names, notes)
    if column.kind == "timestamp":
        return there.for_time(names, ours, notes)
    if column.kind == "number":
        return guess_amount(there, names, ours, notes)
    return there.for_text(names, ours)


def _unreadable(engine: Backend, raw: Raw) -> list[Message]:
    """Say how many lines of a file cannot be read, and why."""
    if raw.unreadable is None:
        return []
    problems = sql.rows(
        engine,
        f"SELECT problem, count(*) AS n FROM {sql.name(raw.unreadable)}"
        " GROUP BY problem ORDER BY n DESC, problem",
    )
    listed = [Message("counts.problem", n=n, problem=problem) for problem, n in problems]
    hint = _ENCODE if any("encoding" in problem for problem, _ in problems) else None
    if not sql.rows(engine, f"SELECT 1 FROM {sql.name(raw.name)} LIMIT 1"):
        got = ", ".join(map(str, listed))
        raise DataError("no line of the file can be read", where=raw.label, got=got, hint=hint)
    rejected = Message("note.unreadable", lines=sum(n for _, n in problems), problems=listed)
    return [Message("note.reencode", said=rejected) if hint else rejected]


def _of(guesses: Mapping[str, Guess]) -> tuple[Column, ...]:
    return tuple(column for column in TRANSACTIONS.columns if column.name in guesses)


def _describe(
    there: Columns, guesses: Mapping[str, Guess], timezone: str, notes: list[Message]
) -> Sniffed:
    engine, raw, types = there.engine, there.raw, there.types
    needed = TRANSACTIONS.columns[:3]
    lacking = [c.name for c in needed if c.name not in guesses]
    notes = [*(Message("note.nothing_like", column=name) for name in lacking), *notes]
    relation = sql.name(raw.name)
    rows = int(sql.rows(engine, f"SELECT count(*) FROM {relation}")[0][0])
    written = {ours: guess.expression for ours, guess in guesses.items()}
    values = resolve(engine, raw, replace(TRANSACTIONS, columns=_of(guesses)), written)[0]
    cells = {column.name: _cell(column, values[column.name]) for column in _of(guesses)}
    first_day = last_day = None
    none = 0
    if "timestamp" in values:
        cells["timestamp"] = moment = parse.instant(
            engine, raw, values["timestamp"], timezone=timezone, where="timestamp"
        )
        first_day, last_day, none = sql.rows(
            engine,
            f"SELECT CAST(min(moment) FILTER (isfinite(moment)) AS DATE),"
            f" CAST(max(moment) FILTER (isfinite(moment)) AS DATE), count(*) - count(moment)"
            f" FROM (SELECT {moment} AS moment FROM {relation})",
        )[0]
        if last_day is not None:
            last_day = _before_strays(engine, relation, moment, last_day, notes)
    conditions = _conditions(there, written, notes, zeros=none > _MUCH * rows)
    examples = {ours: _examples(engine, relation, cell) for ours, cell in cells.items()}
    read = {name for expression in written.values() for name in columns_read(expression, types)}
    return Sniffed(
        columns=dict(types),
        guesses=guesses,
        unused=tuple(name for name in types if name not in read),
        examples=examples,
        filter=" AND ".join(conditions) or None,
        rows=rows,
        first_day=first_day,
        last_day=last_day,
        notes=tuple(notes),
        signs=_signs(engine, relation, read, written.get("amount", "")),
    )


def _before_strays(
    engine: Backend, relation: str, moment: str, last_day: date, notes: list[Message]
) -> date:
    """Return the newest day but for few rows a year or more later, such as 9999-12-31 or 2204."""
    days = sql.rows(
        engine,
        f"""SELECT day, lag(day) OVER (ORDER BY day),
            sum(n) OVER (ORDER BY day DESC), sum(n) OVER ()
        FROM (SELECT CAST({moment} AS DATE) AS day, count(*) AS n FROM {relation}
            WHERE isfinite({moment}) GROUP BY 1)
        QUALIFY day - lag(day) OVER (ORDER BY day) > {_STRAY_DAYS} ORDER BY day""",
    )
    for day, before, rows, every in days:  # of the first row there is none before
        few = rows <= max(1, _STRAY_SHARE * every) and every >= _SOME
        if few or (rows <= every / 2 and day.year - before.year >= _CENTURY):
            notes.append(
                Message("note.stray_days", rows=int(rows), first=day, last=last_day, newest=before)
            )
            newest: date = before
            return newest
    return last_day


def _conditions(
    there: Columns, written: Mapping[str, str], notes: list[Message], *, zeros: bool
) -> list[str]:
    """Return conditions that leave out rows which would be rejected, and be too many.

    `zeros`: whether so many have no time that days which never were are to be looked for.
    """
    conditions: list[str] = []
    for ours, bearable in (("customer_id", 0.0), ("amount", _MUCH), ("timestamp", _MUCH)):
        names = columns_read(written[ours], there.types) if ours in written else set()
        if len(names) != 1 or " OVER " in written[ours]:  # which fills the cells that are empty
            continue
        cell = sql.bare(there.engine, *names)
        is_text = there.types[next(iter(names))] == "VARCHAR"
        blank = f"trim({cell}) <> ''" if is_text else "true"
        if ours == "timestamp" and is_text and zeros:
            blank = _but_for_words(there, cell, no_time(cell)) or blank
        if ours == "amount" and is_text:
            nothing = ", ".join(map(sql.text, words_of("cells")["missing"]))
            blank = _but_for_words(there, cell, f"lower(trim({cell})) IN ({nothing})") or blank
        rows, missing, blanks = sql.rows(
            there.engine,
            f"""SELECT count(*), count(*) - count({cell}), count(*) FILTER (NOT {blank})
            FROM {sql.name(there.raw.name)} WHERE {" AND ".join(conditions) or "true"}""",
        )[0]
        if missing + blanks > bearable * rows:
            conditions.append(blank if blanks else f"{cell} IS NOT NULL")
            notes.append(Message("note.missing", n=missing + blanks, rows=rows, column=ours))
    return conditions


def _but_for_words(there: Columns, cell: str, nothing: str) -> str | None:
    """Return a condition that leaves out what stands for nothing: ``NULL``, ``0000-00-00``."""
    words = sql.rows(
        there.engine,
        f"SELECT DISTINCT trim({cell}) AS word FROM {sql.name(there.raw.name)}"
        f" WHERE {nothing} ORDER BY word LIMIT {_WORDS}",
    )
    listed = {"", *(word for (word,) in words if word is not None)}
    if len(listed) < 2:
        return None
    return f"trim({cell}) NOT IN ({', '.join(map(sql.text, sorted(listed)))})"


def _signs(engine: Backend, relation: str, read: set[str], amount: str) -> tuple[str, ...]:
    """Return the signs and names of currencies that stand around the amounts."""
    columns = [name for name in sorted(read) if f"money({sql.bare(engine, name)}," in amount]
    examples = [
        sql.rows(
            engine,
            rf"""SELECT DISTINCT lower(unnest(regexp_extract_all({sql.name(name)},
                '\p{{Lu}}{{0,3}}\p{{Sc}}|\p{{L}}+'))) AS sign
            FROM (FROM {relation} LIMIT 10000) ORDER BY sign LIMIT 9""",
        )
        for name in columns
    ]
    return tuple(sign for rows in examples for (sign,) in rows)


def _cell(column: Column, value: Expression) -> str:
    """Return what a value is read as, to look at."""
    if column.kind == "id":
        return identifier(value)
    if column.kind == "number":
        return f"round({parse.number(value, column.name)}, 4)"
    return value.sql


def _examples(engine: Backend, relation: str, cell: str) -> tuple[str, ...]:
    """Return the first few different values, as they stand in the table."""
    rows = sql.rows(
        engine,
        f"SELECT value FROM (SELECT CAST({cell} AS VARCHAR) AS value, source_row FROM"
        f" (FROM {relation} LIMIT 1000)) WHERE trim(value) <> ''"
        f" GROUP BY value ORDER BY min(source_row)"
        f" LIMIT {_EXAMPLES}",
    )
    return tuple(value.removesuffix(" 00:00:00") for (value,) in rows)
