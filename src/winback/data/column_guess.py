"""Guess which of a table's columns is one of ours, by its name and by its cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ibis.backends.duckdb import Backend

from winback.data import parse, sql
from winback.data.amounts import reading_of, settle
from winback.data.column_names import HINTS, NAMES, NOT_WHEN_BOUGHT, PRICE, QUANTITY, named, plain
from winback.data.expressions import Expression
from winback.data.raw import Raw
from winback.data.words import words_of
from winback.errors import DataError

_LOOK_AT = 10_000
_ENOUGH = 0.8
# digits alone are no date here, unless they can be nothing else: customers have numbers, too
_DATE = (
    r"^(\d{4}[-/.年]\d{1,2}[-/.月]\d|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b|(19|20)\d\d[01]\d[0-3]\d$"
    r"|\d{1,2}[- ][A-Za-z]{3}|[A-Za-z]{3} \d{1,2}, \d{4})"
)


@dataclass(frozen=True)
class Guess:
    """What one of our columns seems to be.

    Attributes
    ----------
    expression
        A column of the source, or a SQL expression over its columns.
    why
        Half a sentence.
    other
        What it may be just as well, where nothing in the cells decides: a person must look.
    """

    expression: str
    why: str
    other: str | None = None


@dataclass
class Columns:
    """A table's columns, and those of them that nothing has been found for yet.

    Attributes
    ----------
    engine, raw
        The table.
    types
        Its columns, and their types.
    """

    engine: Backend
    raw: Raw
    types: Mapping[str, str]

    def __post_init__(self) -> None:
        """Begin with all of them."""
        self.left = {name: plain(name) for name in self.types}

    def _called(self, names: str, ours: str = "") -> list[str]:
        """Return the columns that are called like this, the likeliest first."""
        return named(self.left.items(), names, HINTS.get(ours))

    def _not(self, names: list[str], words: str) -> list[str]:
        """Return those of the columns that no word says to be something else."""
        others = words_of("columns")[words]
        return [name for name in names if not any(word in plain(name) for word in others)]

    def guess(self, ours: str, kind: str, notes: list[str]) -> Guess | None:
        """Return what one of our columns, of a kind, seems to be; add what a person should see."""
        names = NAMES[ours]
        if kind == "timestamp":
            return self._for_time(names, ours, notes)
        if kind == "number":
            return self._for_amount(names, ours, notes)
        return self._for_text(names, ours)

    def given(self, expression: str) -> Guess:
        """Return a guess that is none: the person says so."""
        self.left.pop(expression, None)
        return Guess(expression, "as you say")

    def _for_text(self, names: str, ours: str) -> Guess | None:
        called = self._called(names, ours)
        if ours == "customer_id":
            called = self._not(called, "not_customers")
        for name in called:
            return self._take(name, ours)
        return None

    def _for_time(self, names: str, ours: str, notes: list[str]) -> Guess | None:
        called = self._called(names)
        dated = self._dated() if ours == "timestamp" else []
        for name in dict.fromkeys([*called, *dated]):
            value = Expression(sql.name(name), self.types[name])
            try:
                cell = parse.instant(self.engine, self.raw, value, timezone="UTC", where=name)
            except DataError:
                either = self._either_way(name) if value.type == "VARCHAR" else None
                if either is None:
                    continue
                example, day_first, month_first = either
                notes.append(
                    f"nothing in {name} shows whether the day or the month comes first: {example}; "
                    f"taken for the day, and if it is the month: {month_first}"
                )
                return replace(self._take(name, ours), expression=day_first, other=month_first)
            if self._readable(name, cell):
                if name in called:
                    return self._take(name, ours)
                if others := ", ".join(other for other in dated if other != name):
                    notes.append(
                        f"{name} is taken for the day of the purchase; so could be {others}"
                    )
                return replace(self._take(name, ours), why="its cells are dates")
        return None

    def _for_amount(self, names: str, ours: str, notes: list[str]) -> Guess | None:
        unread: list[str] = []
        called = self._not(self._called(names), "not_amounts")
        called.sort(key=lambda name: "subtotal" in plain(name))
        guess = self._first_amount(called, ours, notes, unread)
        if guess is not None and len(called) > 1:
            others = ", ".join(name for name in called if name in self.left and self._number(name))
            if others:
                notes.append(f"{guess.expression} is taken for the amount; so could be {others}")
        if guess is not None:
            return guess
        notes += [self._not_numbers(name) for name in unread]
        quantity, price = self._first_number(QUANTITY), self._first_number(PRICE)
        if quantity and price:
            product = f"{self._factor(*quantity)} * {self._factor(*price)}"
            return Guess(product, "no column of amounts; a quantity and a price")
        if price:
            return Guess(price[1], "no column of amounts; a price")
        last = self._not(self._called(names, ours), "not_amounts")
        return self._first_amount(last, ours, notes, [])

    def _first_amount(
        self, called: list[str], ours: str, notes: list[str], unread: list[str]
    ) -> Guess | None:
        """Return the first of the columns that holds numbers; collect those that do not."""
        for name in called:
            number = self._number(name)
            if number is None:
                unread.append(name)
                continue
            if self.types[name] == "VARCHAR":
                settled = settle(self.engine, self.raw.name, name).note
                notes += [settled] if settled else []
            if number != name:
                notes.append(f"{self._not_numbers(name)}; this reads them: {number}")
            return replace(self._take(name, ours), expression=number)
        return None

    def _take(self, name: str, ours: str) -> Guess:
        del self.left[name]
        same = plain(name) == plain(ours)
        return Guess(name, "the same name" if same else "by its name and its cells")

    def _first_number(self, names: str) -> tuple[str, str] | None:
        found = ((name, self._number(name)) for name in self._called(names))
        return next(((name, number) for name, number in found if number is not None), None)

    def _factor(self, name: str, number: str) -> str:
        return sql.bare(self.engine, name) if number == name else number

    def _number(self, name: str) -> str | None:
        """Return the column, or the expression over it, whose values are numbers."""
        try:
            cell = parse.number(Expression(sql.name(name), self.types[name]), name)
        except DataError:
            return None
        if self.types[name] == "VARCHAR":
            reading = reading_of(self.engine, self.raw.name, name)
            if reading is not None:
                return reading
        return name if self._readable(name, cell) else None

    def _not_numbers(self, name: str) -> str:
        cell, is_text = sql.name(name), self.types[name] == "VARCHAR"
        unread = f"TRY_CAST({cell} AS DOUBLE) IS NULL AND trim({cell}) <> ''" if is_text else "true"
        example = sql.rows(
            self.engine,
            f"SELECT CAST({cell} AS VARCHAR) FROM {sql.name(self.raw.name)}"
            f" WHERE {unread} ORDER BY source_row LIMIT 1",
        )
        shown = f": {example[0][0]!r}" if example else ""
        return f"{name} looks like the amount but its cells are no plain numbers{shown}"

    def _readable(self, name: str, cell: str) -> bool:
        read, given = sql.rows(
            self.engine,
            f"SELECT count({cell}), count({sql.name(name)})"
            f" FROM (FROM {sql.name(self.raw.name)} LIMIT {_LOOK_AT})",
        )[0]
        return bool(read >= _ENOUGH * given and read > 0)

    def _dated(self) -> list[str]:
        """Return the columns whose cells are dates, whatever they are called."""
        return [
            name
            for name, short in self.left.items()
            if not any(word in short for word in NOT_WHEN_BOUGHT.split()) and self._is_dated(name)
        ]

    def _is_dated(self, name: str) -> bool:
        if self.types[name] == "DATE" or self.types[name].startswith("TIMESTAMP"):
            return True
        cell = f"trim({sql.name(name)})"
        return self.types[name] == "VARCHAR" and self._readable(
            name, f"CASE WHEN regexp_matches({cell}, {sql.text(_DATE)}) THEN 1 END"
        )

    def _either_way(self, name: str) -> tuple[str, str, str] | None:
        """Return an example, and the expressions that read it day first and month first."""
        column, cell = sql.bare(self.engine, name), f"trim({sql.name(name)})"
        forms = [
            tuple(date + clock for date in dates)
            for dates in zip(parse.DAY_FIRST, parse.MONTH_FIRST, strict=True)
            for clock in parse.CLOCKS
        ]
        counts = ", ".join(
            f"count(TRY_STRPTIME({cell}, [{sql.text(day)}, {sql.text(month)}]))"
            for day, month in forms
        )
        example, *read = sql.rows(
            self.engine,
            f"SELECT min({cell}), {counts} FROM {sql.name(self.raw.name)}"
            f" WHERE regexp_matches({cell}, '{parse.DATE_ORDER}')",
        )[0]
        if not max(read):
            return None
        day, month = (
            f"strptime({column}, {sql.text(form)})" for form in forms[read.index(max(read))]
        )
        return example, day, month
