"""Columns that say which way the money went, where no amount does: sale or refund, in or out."""

from __future__ import annotations

import re
from typing import Final

from winback.data import sql
from winback.data.column_guess import Columns, Guess
from winback.data.column_names import alike, called
from winback.data.guess_amount import number_of
from winback.data.second_looks import Offer
from winback.data.words import words_of
from winback.messages import Message

_KINDS: Final = 24  # different cells; a column of more says something else
_LOOK_AT: Final = 10_000

__all__ = ["look_at_directions"]

# when what such words say is to be read otherwise
_WHEN: Final = {
    "refunds": Message("direction.refunds"),
    "expenses": Message("direction.expenses"),
    "side": Message("direction.side"),
}


def look_at_directions(table: Columns, amount: Guess, notes: list[Message]) -> list[Offer]:
    """Tell of rows that a column calls refunds or expenses and whose amounts are positive.

    Parameters
    ----------
    table
        The purchases; columns that no guess reads are looked at.
    amount
        Where the amounts are.
    notes
        Gets what a person should see.

    Returns
    -------
    list of Offer
        For refunds an amount with its sign, for expenses a filter.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> from winback.data.raw import columns_of
    >>> engine = open_engine(threads=1)
    >>> rows = {"type": ["sale", "refund", "sale"], "amount": [9.5, 2.5, 3.0]}
    >>> raw = load(engine, pd.DataFrame(rows))
    >>> table = Columns(engine, raw, columns_of(engine, raw.name))
    >>> look_at_directions(table, Guess("amount"), notes := [])[0].written
    "CASE WHEN type IN ('refund') THEN -(amount) ELSE amount END"
    >>> str(notes[0]).partition(": they count")[0]
    'type calls 1 row refund, and their amounts are positive (2.50 in all)'
    """
    states = words_of("columns")["states"]["endings"]  # told as such
    names = [n for n in table.left if table.types[n] == "VARCHAR" and not called(n, states)]
    offers = []
    for name in names:
        looks = (_look(table, name, what, values, amount) for what, values in _said(table, name))
        for note, offer in list(filter(None, looks))[:1]:
            notes.append(note)
            offers.append(offer)
    return offers


def _look(
    table: Columns, name: str, what: str, values: list[str], amount: Guess
) -> tuple[Message, Offer] | None:
    """Return a note and an offer where the amounts of such rows have no sign that says so."""
    these = f"{sql.name(name)} IN ({', '.join(map(sql.text, values))})"
    value = number_of(table, amount.expression)
    every, rows, positive, total = sql.rows(
        table.engine,
        f"""SELECT count(a), count(a) FILTER (it), count(*) FILTER (it AND a > 0),
            coalesce(sum(a) FILTER (it), 0)
        FROM (SELECT {value} AS a, {these} AS it FROM {sql.name(table.raw.name)})""",
    )[0]
    signed = 2 * positive <= rows
    # the amounts bear their signs; or the word means payments that came in, as banks use it
    if (signed and (what != "expenses" or not rows)) or (what == "refunds" and 2 * rows > every):
        return None
    offer = _offer(table, name, values, what, amount)
    above, below = (
        Message("direction.above_0", total=total),
        Message("direction.below_0", total=total),
    )
    note = Message(
        "note.direction",
        column=name,
        n=rows,
        values=values,
        how=below if signed else above,
        when=_WHEN[what],
        key=offer.key,
        written=offer.written,
    )
    return note, offer


def _said(table: Columns, name: str) -> list[tuple[str, list[str]]]:
    """Return what some of a column's cells say (refunds, expenses, a side), and which do."""
    cell = sql.name(name)
    relation = sql.name(table.raw.name)
    few = sql.rows(
        table.engine,
        f"SELECT count(DISTINCT {cell}) FROM (FROM {relation} LIMIT {_LOOK_AT})",
    )[0][0]
    if not 0 < few <= _KINDS:
        return []
    counts = sql.rows(
        table.engine,
        f"SELECT {cell}, count(*) AS n FROM {relation} WHERE trim({cell}) <> ''"
        f" GROUP BY 1 ORDER BY n DESC, 1 LIMIT {_KINDS + 1}",
    )
    if not 1 < len(counts) <= _KINDS:
        return []
    plain = {value: alike(value.strip().lower()) for value, _ in counts}
    words = words_of("cells")["directions"]
    if sorted(plain.values()) in [sorted(map(alike, sides)) for sides in words["sides"]]:
        return [("side", [counts[-1][0]])]
    sure = {value: short for value, short in plain.items() if not _says(short, words["not"])}
    said = [
        (what, [value for value, short in sure.items() if _says(short, words[what])])
        for what in ("refunds", "expenses")
    ]
    return [(what, values) for what, values in said if 0 < len(values) < len(counts)]


def _says(cell: str, words: list[str]) -> bool:
    """Whether one of the words stands in a cell; of letters, as a word of its own."""
    return any(
        re.search(rf"(?<!\w){re.escape(word)}(?!\w)", cell.replace("_", " "))
        if re.match(r"[a-z\u00c0-\u04ff]", word)
        else alike(word) in cell
        for word in words
    )


def _offer(table: Columns, name: str, values: list[str], what: str, amount: Guess) -> Offer:
    """Return the setting that reads the rows otherwise."""
    column, listed = sql.bare(table.engine, name), ", ".join(map(sql.text, values))
    if what == "expenses":
        only = f"coalesce({column}, '') NOT IN ({listed})"
        return Offer("filter", only, Message("advice.not_expenses", column=name))
    kept = amount.expression
    if kept in table.types:
        kept = sql.bare(table.engine, kept)
    signed = f"CASE WHEN {column} IN ({listed}) THEN -({kept}) ELSE {kept} END"
    return Offer("amount", signed, Message("advice.signed_refunds", column=name))
