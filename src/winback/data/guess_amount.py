"""Which column holds the amounts, or which expression over several."""

from __future__ import annotations

from dataclasses import replace

from winback.data import parse, sql
from winback.data.column_guess import SHOWN, Columns, Guess
from winback.data.column_names import plain, says
from winback.data.contracts import TRANSACTIONS
from winback.data.expressions import resolve
from winback.data.words import words_of
from winback.messages import Message

_MOST = 0.5
_SOME = 10  # rows; fewer show nothing


__all__ = ["guess_amount", "number_of", "product_of", "total_of"]


def guess_amount(table: Columns, names: str, ours: str, notes: list[Message]) -> Guess | None:
    """Return the column of the amounts, or a quantity times a price; tell what else it could be."""
    unread: list[str] = []
    called = table.without(table.called(names), "not_amounts")
    called.sort(key=lambda name: "subtotal" in plain(name))
    every = table.without(table.called(names, ours), "not_amounts")
    if len(every) > 1 and called and _is_count(table, called[0]):
        called = [name for name in every if not _is_count(table, name)] or called
    guess = _first_amount(table, _mostly_paid(table, called), ours, notes, unread)
    if guess is not None:
        return _beside(table, guess, every, notes)
    notes += [_not_numbers(table, name) for name in unread]
    product = product_of(table)
    if product is not None:
        notes += _price_alone(table, product)
        return product
    guess = _first_amount(table, every, ours, notes, [])
    return None if guess is None else _beside(table, guess, every, notes)


def _price_alone(table: Columns, guess: Guess) -> list[Message]:
    """Tell of a price that no column of pieces multiplies, and which other numbers there are."""
    if guess.why.code != "guess.price":
        return []
    others = [
        Message("guess.counted", name=name, counts=total_of(table, number))
        for name in table.left
        if not says(name, "not_amounts") and table.types[name] != "BOOLEAN"
        if (number := table.number(name)) is not None and number != guess.expression
    ][:SHOWN]
    price = total_of(table, guess.expression)
    if not others:
        return [Message("note.price_alone", column=guess.expression, counts=price)]
    return [Message("note.price_beside", column=guess.expression, counts=price, others=others)]


def product_of(table: Columns) -> Guess | None:
    """Return a quantity times a price, or a price, where the table has them."""
    words = words_of("columns")
    quantity, price = _first_number(table, words["quantity"]), _first_number(table, words["price"])
    if quantity and price:
        written = f"{_factor(table, *quantity)} * {_factor(table, *price)}"
        return Guess(written, Message("guess.product"))
    return Guess(price[1], Message("guess.price")) if price else None


def _mostly_paid(table: Columns, called: list[str]) -> list[str]:
    """Put columns last that are 0 in most rows, where others are not: fees, discounts."""
    if len(called) < 2:
        return called
    free = {name: _share_of_zeros(table, name) > _MOST for name in called[:SHOWN]}
    return sorted(called, key=lambda name: free.get(name, False))


def _is_count(table: Columns, name: str) -> bool:
    """Whether a column holds few different whole numbers, as pieces are counted."""
    number = table.number(name)
    if number is None:
        return False
    rows, distinct, parts = sql.rows(
        table.engine,
        f"SELECT count(v), count(DISTINCT v), count(*) FILTER (v <> trunc(v)) FROM"
        f" (SELECT {number_of(table, number)} AS v FROM {sql.name(table.raw.name)})",
    )[0]
    return bool(rows >= _SOME and distinct**2 < rows and not parts)


def _share_of_zeros(table: Columns, name: str) -> float:
    number = table.number(name)
    if number is None:
        return 0.0
    rows, _, zeros = _sum(table, number)
    return zeros / rows if rows else 0.0


def _beside(table: Columns, guess: Guess, called: list[str], notes: list[Message]) -> Guess:
    """Tell what else it could be, and the sums of each."""
    numbers = {name: table.number(name) for name in called if name in table.left}
    others = [
        Message("guess.counted", name=name, counts=total_of(table, number))
        for name, number in numbers.items()
        if number is not None
    ][:SHOWN]
    product = product_of(table)
    if not others:
        return guess if product is None else replace(guess, also=(product.expression,))
    notes.append(
        Message(
            "note.amount_taken",
            column=guess.expression,
            counts=total_of(table, guess.expression),
            others=others,
        )
    )
    return replace(guess, also=tuple(others))


def total_of(table: Columns, number: str) -> Message:
    """Return the sum of an expression, over how many rows, and how many of them are 0."""
    rows, total, zeros = _sum(table, number)
    if zeros:
        return Message("counts.sum_zeros", total=total, rows=rows, zeros=zeros)
    return Message("counts.sum", total=total, rows=rows)


def _sum(table: Columns, number: str) -> tuple[int, float, int]:
    key = ("sum", number)
    if key not in table.raw.seen:
        value = number_of(table, number)
        table.raw.seen[key] = sql.rows(
            table.engine,
            f"SELECT count(v), coalesce(sum(v) FILTER (isfinite(v)), 0), count(*) FILTER (v = 0)"
            f" FROM (SELECT {value} AS v FROM {sql.name(table.raw.name)})",
        )[0]
    rows, total, zeros = table.raw.seen[key]
    return int(rows), float(total), int(zeros)


def _first_amount(
    table: Columns, called: list[str], ours: str, notes: list[Message], unread: list[str]
) -> Guess | None:
    """Return the first of the columns that holds numbers; collect those that do not."""
    for name in called:
        number = table.number(name)
        if number is None:
            unread.append(name)
            continue
        if table.types[name] == "VARCHAR":
            settled = table.settled(name).note
            notes += [settled] if settled else []
        if number.endswith(" / 100"):
            notes.append(Message("note.hundredths", column=name, written=number))
        elif number != name:
            unusual = _not_numbers(table, name)
            notes.append(Message("note.numbers_read", said=unusual, written=number))
        return replace(table.take(name, ours), expression=number)
    return None


def _first_number(table: Columns, names: str) -> tuple[str, str] | None:
    numbers = ((name, table.number(name)) for name in table.called(names))
    return next(((name, number) for name, number in numbers if number is not None), None)


def _factor(table: Columns, name: str, number: str) -> str:
    return sql.bare(table.engine, name) if number == name else number


def _not_numbers(table: Columns, name: str) -> Message:
    cell, is_text = sql.name(name), table.types[name] == "VARCHAR"
    unread = f"TRY_CAST({cell} AS DOUBLE) IS NULL AND trim({cell}) <> ''" if is_text else "true"
    example = sql.rows(
        table.engine,
        f"SELECT CAST({cell} AS VARCHAR) FROM {sql.name(table.raw.name)} WHERE {unread} LIMIT 1",
    )
    if not example:
        return Message("note.not_numbers", column=name)
    return Message("note.not_numbers_example", column=name, example=repr(example[0][0]))


def number_of(table: Columns, written: str) -> str:
    """Return SQL for the numbers of a column, or of an expression as a job would write it."""
    column = TRANSACTIONS.columns[2]
    contract = replace(TRANSACTIONS, columns=(column,))
    value = resolve(table.engine, table.raw, contract, {column.name: written})[0][column.name]
    return parse.number(value, column.name)
