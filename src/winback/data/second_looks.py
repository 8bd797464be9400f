"""What is seen at a second look, once it is guessed which column is which."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, Literal

from winback.data import sql
from winback.data.amounts import has_no_coins
from winback.data.column_guess import Columns, Guess
from winback.data.column_names import alike, called
from winback.data.guess_amount import number_of, product_of, total_of
from winback.data.words import words_of
from winback.messages import Message

_STATES: Final = 12
_CLEAR: Final = 0.95
_MUCH: Final = 0.8
_SOME: Final = 10  # orders of several rows; fewer prove nothing
_CENT: Final = 0.011
_LARGE: Final = 500  # hundredths; what is bought mostly costs more than 5


@dataclass(frozen=True)
class Offer:
    """A setting that may be right, for a person to take.

    Attributes
    ----------
    key
        ``filter`` or ``amount``.
    written
        SQL, as the job would have it.
    why
        When it is right.
    """

    key: Literal["filter", "amount"]
    written: str
    why: Message


def look_at_states(table: Columns, notes: list[Message]) -> list[Offer]:
    """Name the states of an order, and offer a filter that leaves out those that are no sale.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> from winback.data.raw import columns_of
    >>> engine = open_engine(threads=1)
    >>> raw = load(engine, pd.DataFrame({"订单状态": ["已收货", "已取消", "已收货"]}))
    >>> offers = look_at_states(Columns(engine, raw, columns_of(engine, raw.name)), notes := [])
    >>> offers[0].written
    "订单状态 NOT IN ('已取消')"
    """
    offers = []
    words = words_of("columns")["states"]
    no_sale = {alike(word.lower()) for word in words["no_sale"]}
    directions = words_of("cells")["directions"]
    told = {alike(word) for what in ("refunds", "expenses") for word in directions[what]}
    for name in table.left:
        state, so_called = sql.name(name), called(name, words["endings"])
        is_flag = called(name, words["no_sale_flags"])
        if table.types[name] != "VARCHAR" and not (is_flag and table.types[name] == "BOOLEAN"):
            continue
        if not (so_called or table.has_few(name, _STATES)):
            continue
        states = sql.rows(
            table.engine,
            f"SELECT CAST({state} AS VARCHAR), count(*) AS n FROM {sql.name(table.raw.name)}"
            f" WHERE {state} IS NOT NULL GROUP BY ALL ORDER BY n DESC, 1 LIMIT {_STATES + 1}",
        )
        if not 1 < len(states) <= _STATES:
            continue
        lost = [value for value, _ in states if alike(value.strip().lower()) in no_sale]
        if so_called:
            lost = [v for v, _ in states if v in lost or _begins_no_sale(v)]
        elif is_flag:
            lost = [v for v, _ in states if v.strip().lower() in words_of("cells")["flags"]["yes"]]
        # of a column that is called something else, what directions tell is theirs to tell
        if not so_called and not {alike(v.strip().lower()) for v in lost} - told:
            continue
        column = sql.bare(table.engine, name)
        if 0 < len(lost) < len(states):
            kept = f"coalesce(CAST({column} AS VARCHAR), '')" if is_flag else column
            only = f"{kept} NOT IN ({', '.join(map(sql.text, lost))})"
        else:
            only = f"{column} = {sql.text(states[0][0])}"
        listed = [Message("counts.value", value=value, n=n) for value, n in states]
        notes.append(Message("note.states", column=name, states=listed, only=only))
        if lost:
            offers.append(Offer("filter", only, Message("advice.no_sale")))
    return offers


def _begins_no_sale(state: str) -> bool:
    """Whether a word of a state begins as those of no sale do, and none says the contrary."""
    cell = alike(re.sub(r"[\s_-]+", " ", state.strip().lower()))
    words = words_of("columns")["states"]["no_sale_parts"]
    if any(_word(word, r"(?!\w)").search(cell) for word in words_of("cells")["directions"]["not"]):
        return False
    return any(_word(word).search(cell) for word in words)


@cache
def _word(word: str, end: str = "") -> re.Pattern[str]:
    """Return a pattern of a word in a cell: of signs anywhere, of letters where a word begins."""
    if re.match(r"[^\W\d_]", word) and word[0] < "\u0e00":
        return re.compile(rf"(?<!\w){re.escape(word)}{end}")
    return re.compile(re.escape(alike(word)))


def look_at_currencies(
    table: Columns, currency: Guess, notes: list[Message]
) -> tuple[str, str] | None:
    """Return the currency of most rows and a condition that keeps it, where there are several."""
    if currency.expression not in table.types:
        return None
    code = f"upper(trim({sql.bare(table.engine, currency.expression)}))"
    currencies = sql.rows(
        table.engine,
        f"SELECT {code} AS code, count(*) AS n FROM {sql.name(table.raw.name)}"
        " WHERE code <> '' GROUP BY 1 ORDER BY n DESC, 1",
    )
    if len(currencies) < 2:
        return None
    listed = [Message("counts.in_rows", value=code, n=n) for code, n in currencies[:_STATES]]
    most = str(currencies[0][0])
    notes.append(Message("note.currencies", currencies=listed, most=most))
    return most, f"{code} = {sql.text(most)}"


def look_at_refunds(table: Columns, amount: Guess, notes: list[Message]) -> list[Offer]:
    """Tell of a column of refunds that nothing reads, and offer the amount without them."""
    words = words_of("columns")["refunds"]
    for name in (name for name in table.left if called(name, words)):
        number = table.number(name)
        if number is None:
            continue
        value, whole = number_of(table, number), number_of(table, amount.expression)
        rows, refunded, paid = sql.rows(
            table.engine,
            f"""SELECT count(*) FILTER (r <> 0), coalesce(sum(r) FILTER (r <> 0), 0),
                coalesce(sum(a), 0) FROM (SELECT {value} AS r, {whole} AS a
                FROM {sql.name(table.raw.name)}) WHERE a IS NOT NULL""",
        )[0]
        if not rows:
            continue
        read = sql.bare(table.engine, name) if number == name else number
        kept = amount.expression
        if kept in table.types:
            kept = sql.bare(table.engine, kept)
        sign = "-" if refunded > 0 else "+"
        net = f"{kept} {sign} coalesce({read}, 0)"
        notes.append(
            Message(
                "note.refunds",
                column=name,
                refunded=abs(refunded),
                rows=rows,
                paid=paid,
                amount=amount.expression,
                net=net,
            )
        )
        return [Offer("amount", net, Message("advice.net_of_refunds", column=name))]
    return []


def look_at_cents(table: Columns, amount: Guess, notes: list[Message]) -> list[Offer]:
    """Tell of whole numbers that may be hundredths, as payment providers write amounts.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> from winback.data.raw import columns_of
    >>> engine = open_engine(threads=1)
    >>> raw = load(engine, pd.DataFrame({"amount": [16654, 1999, 2950, 899] * 3}))
    >>> table = Columns(engine, raw, columns_of(engine, raw.name))
    >>> look_at_cents(table, Guess("amount"), notes := [])[0].written
    'amount / 100'
    """
    name = amount.expression
    if name not in table.types:
        return []
    rows, parts, round_ones, middle = sql.rows(
        table.engine,
        f"""SELECT count(v), count(*) FILTER (v <> trunc(v)),
            count(*) FILTER (v % 100 = 0), median(abs(v))
        FROM (SELECT {number_of(table, name)} AS v FROM {sql.name(table.raw.name)})""",
    )[0]
    if rows < _SOME or parts or middle < _LARGE or round_ones > _MUCH * rows:
        return []
    if has_no_coins(table.engine, table.raw.name, name):
        return []
    hundredth = f"{sql.bare(table.engine, name)} / 100"
    example = repr(table.cell(name))
    notes.append(Message("note.maybe_cents", column=name, example=example, written=hundredth))
    return [Offer("amount", hundredth, Message("advice.hundredths"))]


def look_at_restarts(table: Columns, order: Guess, customer: Guess, notes: list[Message]) -> bool:
    """Tell where one number of an order stands for several customers; whether most do.

    Numbers that restart every day, or in every branch, hold no lines of one order together.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> from winback.data.raw import columns_of
    >>> engine = open_engine(threads=1)
    >>> raw = load(engine, pd.DataFrame({"no": [1, 2, 1, 2], "who": list("abcd")}))
    >>> table = Columns(engine, raw, columns_of(engine, raw.name))
    >>> look_at_restarts(table, Guess("no"), Guess("who"), notes := [])
    True
    >>> str(notes[0]).partition(":")[0]
    '2 of the 2 values of no in several rows stand for several customers'
    """
    which, who = sql.name(order.expression), sql.name(customer.expression)
    if not _again(table, which):
        return False
    several, shared = sql.rows(
        table.engine,
        f"""SELECT count(*), count(*) FILTER (one <> other) FROM (
            SELECT min({who}) AS one, max({who}) AS other FROM {sql.name(table.raw.name)}
            WHERE {which} IS NOT NULL GROUP BY {which} HAVING count(*) > 1)""",
    )[0]
    if not shared:
        return False
    most = bool(2 * shared > several)
    column = order.expression
    all_do = Message("note.restarts", shared=shared, several=several, column=column)
    some_do = Message("note.some_restart", shared=shared, several=several, column=column)
    notes.append(all_do if most else some_do)
    return most


def _again(table: Columns, column: str) -> int:
    """Return how many rows repeat a value of a column that an earlier row has."""
    key = ("again", column)
    if key not in table.raw.seen:
        table.raw.seen[key] = sql.rows(
            table.engine,
            f"SELECT count({column}) - count(DISTINCT {column}) FROM {sql.name(table.raw.name)}",
        )[0][0]
    return int(table.raw.seen[key])


def look_at_totals(
    table: Columns, guesses: Mapping[str, Guess], notes: list[Message]
) -> tuple[Guess, list[Offer]]:
    """Tell where each line of an order bears the order's total; prefer what its lines add up to."""
    amount, order = guesses["amount"], guesses["order_id"]
    relation, which = sql.name(table.raw.name), sql.name(order.expression)
    if _again(table, which) < _SOME:  # to read every amount takes its time
        return amount, []
    product = product_of(table)
    if product is not None and product.expression == amount.expression and "*" in amount.expression:
        return amount, []  # pieces at a price are a line's
    whole = number_of(table, amount.expression)
    several, same = sql.rows(
        table.engine,
        f"""SELECT count(*), count(*) FILTER (lowest = highest) FROM (
            SELECT min(a) AS lowest, max(a) AS highest FROM (
                SELECT {whole} AS a, {which} AS o FROM {relation})
            WHERE o IS NOT NULL GROUP BY o HAVING count(a) > 1)""",
    )[0]
    if several < _SOME or same < _CLEAR * several:
        return amount, []
    if product is not None and product.expression != amount.expression:
        line, sums = sql.rows(
            table.engine,
            f"""SELECT avg(CAST(lines AS INT)), avg(CAST(total AS INT)) FROM (
                SELECT bool_and(abs(a - p) < {_CENT}) AS lines,
                    abs(max(a) - sum(p)) < {_CENT} AS total
                FROM (SELECT {whole} AS a, {number_of(table, product.expression)} AS p,
                    {which} AS o FROM {relation})
                WHERE o IS NOT NULL GROUP BY o HAVING count(a) > 1)""",
        )[0]
        if (line or 0) >= _MUCH:
            return amount, []
        if (sums or 0) >= _MUCH:
            notes.append(
                Message(
                    "note.total_adds_up",
                    orders=several,
                    amount=amount.expression,
                    lines=product.expression,
                    counts=total_of(table, product.expression),
                )
            )
            why = Message("guess.line_part", amount=amount.expression)
            return replace(product, why=why, also=(amount.expression,)), []
    column = amount.expression
    column = sql.bare(table.engine, column) if column in table.types else f"({column})"
    part = f"{column} / count(*) OVER (PARTITION BY {sql.bare(table.engine, order.expression)})"
    notes.append(
        Message("note.total_repeated", orders=several, amount=amount.expression, part=part)
    )
    return amount, [Offer("amount", part, Message("advice.total_of_order"))]
