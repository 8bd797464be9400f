"""Who has said yes: a column of those who may be written to, read as who may not be.

Shops keep one of two columns: who does not want to be contacted, or who does. The second is read
the other way round, and only a clear yes counts: who has said nothing is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.column_guess import Columns
from winback.data.column_names import alike, named
from winback.data.expressions import Expression
from winback.data.identity import in_words, plain_text
from winback.data.parse import DAY_FIRST, MONTH_FIRST, flag, text_instant
from winback.data.words import words_of
from winback.messages import Message

_STATES: Final = 12
_SPELLINGS: Final = 60  # of so many states, blanks and capitals apart
_LOOK_AT: Final = 10_000

__all__ = ["Permissions", "look", "macro", "no_consent", "told"]


def macro() -> str:
    """Return SQL that makes two functions of a cell known.

    ``no_consent(cell)`` is true unless the cell says yes, or is the day on which somebody did,
    the whole cell (``0000-00-00`` and the like are no day); ``no_consent(cell, late)`` is true,
    too, where that day is not known yet;
    ``opted_out(cell)`` is true unless the cell says no, or nothing.
    """
    refuses = flag(Expression("cell", "VARCHAR"))
    return (
        f"CREATE OR REPLACE MACRO no_consent(cell) AS NOT ({_is_yes('cell')}),"
        f" (cell, late) AS late OR NOT ({_is_yes('cell')});"
        f" CREATE OR REPLACE MACRO opted_out(cell) AS coalesce({refuses}, false)"
    )


def _is_yes(cell: str) -> str:
    text = plain_text(f"CAST({cell} AS VARCHAR)")
    yes = in_words(text, words_of("cells")["flags"]["yes"])
    # numbers alone may be anything; what stands for no day is in the first of Unix, or long before
    day = text_instant(Expression(text, "VARCHAR"), "'UTC'", [*MONTH_FIRST, *DAY_FIRST])
    return (
        f"CASE WHEN {yes} THEN true WHEN regexp_matches({text}, '^\\d{{1,4}}\\D')"
        f" THEN coalesce({day} >= TIMESTAMP '1970-01-02', false) ELSE false END"
    )


@dataclass(frozen=True)
class Permissions:
    """The columns of a table that say who may be contacted.

    Attributes
    ----------
    refuse
        Those that say who may not be, the likeliest first: flags, or the days on which they did.
    agree
        Those that say who may be.
    """

    refuse: tuple[str, ...] = ()
    agree: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them, the likeliest first."""
        return self.refuse + self.agree

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that are read together: all refusals, and the likeliest consent."""
        return self.refuse + self.agree[:1]

    def written(self, engine: Backend, column: str) -> str:
        """Return ``opt_out`` as a job has it, by one of the columns."""
        return no_consent(engine, column) if column in self.agree else column

    def together(self, engine: Backend) -> str:
        """Return ``opt_out`` as a job has it: whoever one of the columns read names."""
        if len(self.read) == 1:
            return self.written(engine, self.read[0])
        refusals = [f"opted_out({sql.bare(engine, column)})" for column in self.refuse]
        return " OR ".join([*refusals, *(no_consent(engine, c) for c in self.agree[:1])])


def look(table: Columns) -> Permissions:
    """Return what in a table says who may be contacted, by names and by cells.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> from winback.data.raw import columns_of
    >>> engine = open_engine(threads=1)
    >>> people = {"Opt_Out_Date": ["2024-01-01"], "Accepts Marketing": "no", "City": "Bath"}
    >>> raw = load(engine, pd.DataFrame(people))
    >>> look(Columns(engine, raw, columns_of(engine, raw.name)))
    Permissions(refuse=('Opt_Out_Date',), agree=('Accepts Marketing',))
    """
    words = words_of("columns")
    columns = list(table.left.items())
    agree = _agreeing(table)
    refuse = named(columns, words["signs_of"]["customers"]["opt_out"], (words["refusals"], ""))
    parts = words["consent_parts"]
    for name, short in columns:
        if name in refuse or name in agree:
            continue
        states, known, yes, no = _states(table, name)
        wide = known and any(alike(part) in short for part in parts.split())
        if states <= _STATES and ((yes and no) or wide):
            agree.append(name)
    both = {name for name in refuse if all(_states(table, name)[2:])}  # subscribed, unsubscribed
    agree += [name for name in refuse if name in both and name not in agree]
    return Permissions(
        tuple(name for name in refuse if name not in both and name not in agree), tuple(agree)
    )


def _states(table: Columns, name: str) -> tuple[int, bool, int, int]:
    """Return how many states there are, whether each is a yes or a no, and subscribers' states."""
    words = words_of("cells")
    cell = plain_text(f"CAST({sql.name(name)} AS VARCHAR)")
    states = words["subscriptions"]
    flags = [*words["flags"]["yes"], *words["flags"]["no"], *states["no"], *states["unsaid"]]
    lists = (flags, states["yes"], states["no"])
    counts = ", ".join(f"count(*) FILTER ({in_words('v', known)})" for known in lists)
    column, relation = sql.name(name), sql.name(table.raw.name)
    few = (
        f"SELECT DISTINCT {column} FROM (FROM {relation} LIMIT {_LOOK_AT})"
        f" WHERE {column} IS NOT NULL LIMIT {_SPELLINGS + 1}"
    )
    spellings = sql.rows(table.engine, f"SELECT count(*) FROM ({few})")[0][0]
    if spellings > _SPELLINGS:  # to see how each is meant takes its time
        return int(spellings), False, 0, 0
    distinct, known, yes, no = sql.rows(
        table.engine,
        f"""SELECT count(*), {counts} FROM (SELECT DISTINCT {cell} AS v FROM ({few}))
        WHERE NOT {in_words("v", words["missing"])}""",
    )[0]
    return int(distinct), distinct > 0 and known == distinct, int(yes), int(no)


def _agreeing(table: Columns) -> list[str]:
    """Return the columns that are called a consent, or the day of one, the likeliest first."""
    words = words_of("columns")
    never = [*words["signs_of"]["customers"]["opt_out"].split(), *words["refusals"].split()]
    shorts = dict(table.left)
    agree = named(shorts.items(), words["consent"])
    for name, short in shorts.items():
        stem = next((short.removesuffix(d) for d in words["consent_days"] if short.endswith(d)), "")
        if stem and named([(name, stem)], words["consent"]) and table.is_dated(name):
            agree.append(name)
    return [
        name for name in dict.fromkeys(agree) if not any(word in shorts[name] for word in never)
    ]


def no_consent(engine: Backend, column: str) -> str:
    """Return the expression that a job has for such a column.

    Examples
    --------
    >>> from winback.data.connect import open_engine
    >>> no_consent(open_engine(threads=1), "Accepts Marketing")
    'no_consent("Accepts Marketing")'
    """
    return f"no_consent({sql.bare(engine, column)})"


def told(engine: Backend, relation: str, column: str, table: str) -> Message:
    """Say how many rows say yes, no, and nothing, and what becomes of them."""
    cell = sql.name(column)
    rows, yes, empty, other = sql.rows(
        engine,
        f"""SELECT count(*), count(*) FILTER (yes),
            count(*) FILTER (trim(coalesce(v, '')) = ''),
            min(v) FILTER (NOT yes AND trim(v) <> '')
        FROM (SELECT CAST({cell} AS VARCHAR) AS v, {_is_yes(cell)} AS yes
            FROM {sql.name(relation)})""",
    )[0]
    return Message(
        "note.consent",
        column=column,
        table=table,
        yes=yes,
        rows=rows,
        empty=empty,
        no=rows - yes - empty,
        shown="" if other is None else Message("note.and_the_like", example=repr(other)),
        written=no_consent(engine, column),
    )
