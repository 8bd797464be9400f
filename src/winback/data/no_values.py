"""What stands in a cell where there is nothing: words of databases, and days that never were."""

from __future__ import annotations

from typing import Final

from winback.data import sql
from winback.data.identity import in_words, plain_text
from winback.data.words import words_of

# MySQL's zero date, and the first day of .NET's and Go's calendars
_NO_DAY: Final = (
    r"0{1,4}[-/.]0{1,2}[-/.]0{1,4}([T ][-+0:.]*Z?)?|0{8}|0{14}"
    r"|(0001-0?1-0?1|0?1[/.]0?1[/.]0001)([T ].*)?"
)

__all__ = ["no_day", "no_time", "no_word"]


def no_word(cell: str) -> str:
    """Return SQL for whether a text is empty, or a word for nothing: ``NULL``, ``N/A``."""
    text = plain_text(f"CAST({cell} AS VARCHAR)")
    return f"coalesce({in_words(text, words_of('cells')['missing'])}, true)"


def no_day(cell: str) -> str:
    """Return SQL for whether a cell holds a day that never was: ``0000-00-00``, ``0001-01-01``.

    Examples
    --------
    >>> from winback.data.connect import open_engine
    >>> engine = open_engine(threads=1)
    >>> cells = ["0000-00-00 00:00:00", "00/00/0000", "0001-01-01T00:00:00Z", "2000-01-01"]
    >>> [sql.rows(engine, f"SELECT {no_day(sql.text(cell))}")[0][0] for cell in cells]
    [True, True, True, False]
    """
    return f"regexp_full_match(trim(CAST({cell} AS VARCHAR)), {sql.text(_NO_DAY)})"


def no_time(cell: str) -> str:
    """Return SQL for whether a cell of a column of times holds none; 0 is no second since 1970."""
    text = f"trim(CAST({cell} AS VARCHAR))"
    return f"({no_word(cell)} OR {text} IN ('0', '0.0') OR coalesce({no_day(cell)}, true))"
