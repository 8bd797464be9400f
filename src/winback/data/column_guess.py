"""Guess which of a table's columns is one of ours, by its name and by its cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ibis.backends.duckdb import Backend

from winback.data import parse, sql
from winback.data.amounts import Reading, expression_of, settle
from winback.data.column_names import hints_of, named, plain, says, without_tax
from winback.data.expressions import Expression
from winback.data.identity import nested
from winback.data.no_values import no_time
from winback.data.raw import Raw
from winback.data.words import words_of
from winback.errors import DataError
from winback.messages import Message

_LOOK_AT = 10_000
_ENOUGH = 0.8
_BUDDHIST = 2400  # years that nobody counts but from the death of the Buddha
SHOWN = 4  # candidates that are told
# digits alone are no date here, unless they can be nothing else: customers have numbers, too
_DATE = (
    r"^(\d{4}[-/.年]\d{1,2}[-/.月]\d|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b|(19|20)\d\d[01]\d[0-3]\d$"
    r"|\d{4}-?W\d\d-?\d|\d{1,2}[- ][A-Za-z]{3}|[A-Za-z]{3} \d{1,2}, \d{4})"
)
_BY_NAME = Message("guess.by_name")


@dataclass(frozen=True)
class Guess:
    """What one of our columns seems to be.

    Attributes
    ----------
    expression
        A column of the source, or a SQL expression over its columns.
    why
        What it was guessed by.
    other
        What it may be just as well, where nothing in the cells decides: a person must look.
    also
        Other columns that it could be, each with what it holds.
    """

    expression: str
    why: Message = _BY_NAME
    other: str | None = None
    also: tuple[str | Message, ...] = ()


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
        """Begin with all of them that hold one value a row: a structure is nobody's identifier."""
        self.left = {name: plain(name) for name, kind in self.types.items() if not nested(kind)}
        self._read: dict[str, str | None] = {}
        self._settled: dict[str, Reading] = {}

    def called(self, names: str, ours: str = "") -> list[str]:
        """Return the columns that are called like this, the likeliest first."""
        left = [(name, without_tax(short) or short) for name, short in self.left.items()]
        return named(left, names, hints_of(ours) if ours else None)

    def without(self, names: list[str], words: str) -> list[str]:
        """Return those of the columns that no word says to be something else."""
        return [name for name in names if not says(name, words)]

    def given(self, expression: str) -> Guess:
        """Return a guess that is none: the person says so."""
        self.left.pop(expression, None)
        return Guess(expression, Message("guess.as_you_say"))

    def for_text(self, names: str, ours: str) -> Guess | None:
        """Return the column of an order, a channel, a product."""
        for name in self.called(names, ours):
            # the currency of few rows, such as a foreign one, is not that of the others
            if ours != "currency" or self.is_filled(name):
                return self.take(name, ours)
        if ours == "order_id":  # Shopify calls it Name, and writes #1001
            for name in self.left:
                if self.is_number_sign(name):
                    return replace(self.take(name, ours), why=Message("guess.number_sign"))
        return None

    def is_filled(self, name: str) -> bool:
        """Whether most of a column's first cells hold something."""
        given, rows = sql.rows(
            self.engine,
            f"SELECT count(*) FILTER (trim(CAST({sql.name(name)} AS VARCHAR)) <> ''), count(*)"
            f" FROM (FROM {sql.name(self.raw.name)} LIMIT {_LOOK_AT})",
        )[0]
        return bool(2 * given > rows)

    def cell(self, name: str) -> str:
        """Return a column's first cell that is not empty."""
        cell = sql.name(name)
        rows = sql.rows(
            self.engine,
            f"SELECT CAST({cell} AS VARCHAR) FROM {sql.name(self.raw.name)}"
            f" WHERE {cell} IS NOT NULL ORDER BY source_row LIMIT 1",
        )
        return str(rows[0][0]) if rows else ""

    def is_number_sign(self, name: str) -> bool:
        """Whether the cells of a column are #1001 and the like: the numbers of orders."""
        cell, shape = f"CAST({sql.name(name)} AS VARCHAR)", r"^#\S*\d$"
        return self.types[name] == "VARCHAR" and self.readable(
            name, f"CASE WHEN regexp_matches({cell}, {sql.text(shape)}) THEN 1 END"
        )

    def for_time(self, names: str, ours: str, notes: list[Message]) -> Guess | None:
        """Return the column of the points in time, and how its cells are read."""
        called = self.called(names, ours)
        called.sort(key=lambda name: says(name, "not_when_bought"))
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
                    Message(
                        "note.either_order", column=name, example=example, month_first=month_first
                    )
                )
                return replace(self.take(name, ours), expression=day_first, other=month_first)
            if self.readable(name, cell, nothing=no_time(value.sql)):
                if of_our_era := self._of_our_era(name, cell):
                    notes.append(Message("note.buddhist_era", column=name, example=self.cell(name)))
                    return replace(self.take(name, ours), expression=of_our_era)
                if name in called:
                    also = tuple(n for n in dict.fromkeys([*called, *dated]) if n in self.left)
                    also = tuple(n for n in also if n != name and self.is_dated(n))
                    return replace(self.take(name, ours), also=also[:SHOWN])
                if others := [other for other in dated if other != name]:
                    notes.append(Message("note.day_of_purchase", column=name, others=others))
                return replace(self.take(name, ours), why=Message("guess.dates"))
        return None

    def unread_time(self, names: str) -> tuple[str, str, int, int] | None:
        """Return a text called a time, a cell that is none, and how many of its cells are none."""
        called = [name for name in self.called(names) if not says(name, "not_when_bought")]
        for name in (name for name in called if self.types[name] == "VARCHAR"):
            value = Expression(sql.name(name), "VARCHAR")
            try:
                read = parse.instant(self.engine, self.raw, value, timezone="UTC", where=name)
            except DataError:
                continue
            given, unread, cell = sql.rows(
                self.engine,
                f"""SELECT count(*), count(*) FILTER (t IS NULL), arg_min(c, n) FILTER (t IS NULL)
                FROM (SELECT {read} AS t, {value.sql} AS c, source_row AS n
                    FROM {sql.name(self.raw.name)} WHERE trim({value.sql}) <> '')""",
            )[0]
            if unread:
                return name, str(cell), int(unread), int(given)
        return None

    def date_parts(self) -> str | None:
        """Return the expression of a day that stands in three columns: year, month, day."""
        parts = [named(self.left.items(), words)[:1] for words in words_of("columns")["date_parts"]]
        if not all(parts):
            return None
        cells = (f"CAST({sql.bare(self.engine, name)} AS INT)" for (name,) in parts)
        return f"make_date({', '.join(cells)})"

    def _of_our_era(self, name: str, instant: str) -> str | None:
        """Return the expression of years that a Buddhist calendar counts, 543 more than ours."""
        first = sql.rows(
            self.engine, f"SELECT year(min({instant})) FROM {sql.name(self.raw.name)}"
        )[0][0]
        if first is None or not _BUDDHIST <= first < _BUDDHIST + 300:
            return None
        cell = sql.bare(self.engine, name)
        if self.types[name] != "VARCHAR":
            return f"{cell} - INTERVAL 543 YEAR"
        year = f"regexp_extract({cell}, '2[4-6][0-9][0-9]')"  # as text: leap years are others'
        return f"replace({cell}, {year}, CAST(TRY_CAST({year} AS INT) - 543 AS VARCHAR))"

    def take(self, name: str, ours: str) -> Guess:
        """Return a guess of one column, which is not to be guessed again."""
        del self.left[name]
        same = plain(name) == plain(ours)
        return Guess(name, Message("guess.same_name")) if same else Guess(name)

    def number(self, name: str) -> str | None:
        """Return the column, or the expression over it, whose values are numbers."""
        try:
            cell = parse.number(Expression(sql.name(name), self.types[name]), name)
        except DataError:
            return None
        if name not in self._read:
            self._read[name] = self._reading(name, cell)
        return self._read[name]

    def settled(self, name: str) -> Reading:
        """Return how a text column's amounts are read."""
        if name not in self._settled:
            self._settled[name] = settle(self.engine, self.raw.name, name)
        return self._settled[name]

    def _reading(self, name: str, cell: str) -> str | None:
        reading = None
        if self.types[name] == "VARCHAR":
            reading = expression_of(self.engine, name, self.settled(name))
        if reading is None and not self.readable(name, cell):
            return None
        if any(word in name.lower() for word in words_of("columns")["in_cents"]):
            return f"{reading or sql.bare(self.engine, name)} / 100"
        return reading or name

    def readable(self, name: str, cell: str, nothing: str = "false") -> bool:
        """Whether an expression reads most of a column's first cells that hold something."""
        column = sql.name(name)
        read, given = sql.rows(
            self.engine,
            f"SELECT count({cell}), count({column}) FILTER ({cell} IS NOT NULL OR NOT {nothing})"
            f" FROM (FROM {sql.name(self.raw.name)} LIMIT {_LOOK_AT})",
        )[0]
        return bool(read >= _ENOUGH * given and read > 0)

    def has_few(self, name: str, most: int) -> bool:
        """Whether the first cells of a column are no more than so many different ones."""
        column = sql.name(name)
        few = (
            f"SELECT DISTINCT {column} FROM (FROM {sql.name(self.raw.name)} LIMIT {_LOOK_AT})"
            f" WHERE {column} IS NOT NULL LIMIT {most + 1}"
        )
        return bool(sql.rows(self.engine, f"SELECT count(*) FROM ({few})")[0][0] <= most)

    def _dated(self) -> list[str]:
        """Return the columns whose cells are dates, whatever they are called."""
        return [
            name for name in self.left if not says(name, "not_when_bought") and self.is_dated(name)
        ]

    def is_dated(self, name: str) -> bool:
        """Whether the cells of a column are dates."""
        if self.types[name] == "DATE" or self.types[name].startswith("TIMESTAMP"):
            return True
        cell = f"trim({sql.name(name)})"
        return self.types[name] == "VARCHAR" and self.readable(
            name,
            f"CASE WHEN regexp_matches({cell}, {sql.text(_DATE)}) THEN 1 END",
            nothing=no_time(cell),
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
