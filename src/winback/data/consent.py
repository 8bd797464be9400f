"""Who has said yes: a column of those who may be written to, read as who may not be.

Shops keep one of two columns: who does not want to be contacted, or who does. The second is read
the other way round, and only a clear yes counts: who has said nothing is left alone.
"""

from __future__ import annotations

from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.column_names import named
from winback.data.identity import in_words, plain_text
from winback.data.words import words_of

__all__ = ["consent_columns", "macro", "no_consent", "told"]


def macro() -> str:
    """Return SQL that makes ``no_consent(cell)`` known: true unless the cell says yes."""
    return f"CREATE OR REPLACE MACRO no_consent(cell) AS NOT ({_is_yes('cell')})"


def _is_yes(cell: str) -> str:
    text = plain_text(f"CAST({cell} AS VARCHAR)")
    return f"coalesce({in_words(text, words_of('cells')['flags']['yes'])}, false)"


def consent_columns(columns: list[tuple[str, str]]) -> list[str]:
    """Return the columns that say who may be contacted, the likeliest first.

    Parameters
    ----------
    columns
        Names, each with its plain form.

    Examples
    --------
    >>> consent_columns([("Accepts Email Marketing", "acceptsemailmarketing"), ("City", "city")])
    ['Accepts Email Marketing']
    """
    words = words_of("columns")["consent"]
    never = words_of("columns")["signs_of"]["customers"]["opt_out"].split()
    return [
        name
        for name in named(columns, words)
        if not any(word in short for word in never for n, short in columns if n == name)
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


def told(engine: Backend, relation: str, column: str, table: str) -> str:
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
    shown = "" if other is None else f" ({other!r} and the like)"
    return (
        f"{column} of {table} says who may be contacted: yes in {yes:,} of {rows:,} rows, nothing"
        f" in {empty:,}, no in {rows - yes - empty:,}{shown}; who has not said yes is left alone"
        f" (opt_out: {no_consent(engine, column)})"
    )
