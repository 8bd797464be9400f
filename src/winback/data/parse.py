"""Cells become identifiers, numbers, flags and points in time; what cannot be read becomes NULL.

Every function takes an `Expression` and returns SQL text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.expressions import Expression
from winback.data.identity import FLOATS, NUMBERS, in_words, plain_text
from winback.data.no_values import no_day
from winback.data.raw import Raw
from winback.data.time_words import in_english, shapes_of
from winback.data.words import words_of
from winback.errors import DataError

# what a code of `strptime` may read, where every digit is 0
_CODES = {
    **dict.fromkeys(["%d", "%m", "%H", "%I", "%M", "%S", "%y"], "0{1,2}"),
    "%Y": "0+",
    "%f": "0+",
    "%G": "0{4}",
    "%V": "0{1,2}",
    "%u": "0",
    "%b": r"\w+",
    "%p": r"\w+",
}


DATE_ORDER = r"^(\d{1,2}[/-]\d{1,2}[/-]\d{2,4})(\D|$)"
DAY_FIRST, MONTH_FIRST = (
    [first.format(sign) + sign + year for sign in "/-" for year in ("%y", "%Y")]
    for first in ("%d{0}%m", "%m{0}%d")
)
YEAR_FIRST = [f"%y{sign}%m{sign}%d" for sign in "/-."]
CLOCKS = (
    "", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %H.%M", " %H.%M.%S",
)  # fmt: skip
_SHORT_DATE = r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{1,2})(?:\D|$)"
_YEARS, _MONTHS_A_YEAR, _DAYS_A_MONTH = 15, 12, 31
# a time followed by Z, UTC, an offset, or a place such as Asia/Shanghai; abbreviations such as CST
# mean different zones to different people and are not guessed
_AWARE = r":\d\d(\.\d+)?\s*(Z|z|UTC|GMT|[+-]\d\d(:?\d\d)?|[A-Za-z]+/[A-Za-z_/]+)$"
# the day numbers that a spreadsheet writes for 1982 to 2064
_SERIAL = (30_000, 60_000)
# only what the engine reads whole: it would drop PM, or an unknown zone, from the end of a cell
_ISO = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?"


def text(value: Expression) -> str:
    """Return trimmed text, NULL if empty."""
    return f"nullif(trim(CAST({value.sql} AS VARCHAR)), '')"


def number(value: Expression, where: str) -> str:
    """Return a float64, possibly not finite."""
    if value.type == "VARCHAR":
        return f"TRY_CAST({value.sql} AS DOUBLE)"
    if value.type in NUMBERS | FLOATS or value.type.startswith("DECIMAL"):
        return f"CAST({value.sql} AS DOUBLE)"
    raise DataError("the column does not hold numbers", where=where, got=value.type)


def discounted(discount: Expression | None, voucher: Expression | None) -> str:
    """Return whether a row was bought at a discount: an amount or a share above 0, or a voucher.

    A discount is told by a digit other than 0, or by a word that does not say no: `12,50`, `-5.00`,
    `10%` and `true` are discounts, `0.00`, `no` and empty cells are none.
    """
    words = words_of("cells")
    none = [*words["missing"], *words["flags"]["no"]]
    tests = []
    for given, tells in ((discount, r"[1-9]|^\p{L}"), (voucher, r"\S")):
        if given is not None:
            cell = plain_text(f"CAST({given.sql} AS VARCHAR)")
            tells_discount = (
                f"regexp_matches({cell}, {sql.text(tells)}) AND NOT {in_words(cell, none)}"
            )
            tests.append(f"coalesce({tells_discount}, false)")
    return "(" + " OR ".join(tests) + ")"


def flag(value: Expression) -> str:
    """Return a boolean; NULL if empty, and true where it cannot be read: in doubt, leave alone."""
    words = words_of("cells")
    cell = plain_text(f"CAST({value.sql} AS VARCHAR)")
    nothing = f"{in_words(cell, words['missing'])} OR {no_day(cell)}"
    return (
        f"CASE WHEN {cell} IS NULL OR {nothing} THEN NULL"
        f" ELSE NOT {in_words(cell, words['flags']['no'])} END"
    )


def arm(value: Expression) -> str:
    """Return ``control`` or ``treated``, whatever a tool calls them; NULL for another word."""
    arms = words_of("cells")["arms"]
    cell = plain_text(f"CAST({value.sql} AS VARCHAR)")
    return (
        f"CASE WHEN {in_words(cell, arms['control'])} THEN 'control'"
        f" WHEN {in_words(cell, arms['treated'])} THEN 'treated' END"
    )


def instant(
    engine: Backend,
    raw: Raw,
    value: Expression,
    *,
    timezone: str,
    where: str,
    as_of: date | None = None,
    beside: Sequence[Expression] = (),
) -> str:
    """Return a naive timestamp in the time zone, in microseconds.

    Aware points in time are converted; naive ones are taken to be local. Text is read in the forms
    of ISO 8601 (weeks, ``2024-W05-3``, included), ``2024年1月2日 10:05``, ``2024.1.2``,
    ``20240102``, ``31.12.2024``, ``2 Jan 2024``, ``Tue, 2 Jan 2024``, Unix seconds and milliseconds
    (10 and 13 digits), day numbers of a spreadsheet (``45322.5``), and ``12/31/2024`` or
    ``31/12/2024``, whichever the other cells prove. With `as_of`, a cell proves something only if
    its row was known by then, whichever way that row is read: what comes later does not decide how
    earlier dates are read.

    Parameters
    ----------
    engine, raw, value, timezone
        The source, one of its columns, and the time zone in which days are cut.
    where
        How messages call the column.
    as_of
        The last day that is known; ``None``: every row is.
    beside
        The other columns of points in time that say when a row was known.

    Raises
    ------
    DataError
        The column is of another type, or nothing proves whether day or month comes first.
    """
    zone = sql.text(timezone)
    if value.type == "VARCHAR":
        value = in_english(engine, raw, value)
        if _is_year_first(engine, raw, value, as_of):
            return text_instant(value, zone, YEAR_FIRST, shapes_of(engine, raw, value))
    readings = _readings(engine, raw, value, zone, where)
    if len(readings) == 1:
        return readings[0]
    others = [_readings(engine, raw, other, zone, where) for other in beside]
    month_first, day_first = readings
    proven = _is_day_first(engine, raw, value, where=where, others=others, as_of=as_of)
    return day_first if proven else month_first


def _is_year_first(engine: Backend, raw: Raw, value: Expression, as_of: date | None) -> bool:
    """Whether ``23/01/17`` begins with its year: days differ by more than years of purchases do.

    With `as_of`, a row counts if it was known by then, whichever way it is read.
    """
    shapes = shapes_of(engine, raw, value)
    if shapes is not None and not any(re.match(_SHORT_DATE, shape) for shape in shapes):
        return False
    parts = [f"regexp_extract(cell, '{_SHORT_DATE}', {n})" for n in (1, 2, 3)]
    forms = [form.format("/") for form in ("%y{0}%m{0}%d", "%d{0}%m{0}%y", "%m{0}%d{0}%y")]
    slashed = f"concat_ws('/', {', '.join(parts)})"
    latest = ", ".join(f"TRY_STRPTIME({slashed}, '{form}')" for form in forms)
    by_as_of = "true" if as_of is None else f"CAST(greatest({latest}) AS DATE) <= DATE '{as_of}'"
    a, b, c = (f"CAST({part} AS INT)" for part in parts)
    first, middle, third, last = sql.rows(
        engine,
        f"""SELECT max({a}) - min({a}), max({b}), max({c}) - min({c}), max({c})
        FROM (SELECT trim({value.sql}) AS cell FROM {sql.name(raw.name)})
        WHERE regexp_matches(cell, '{_SHORT_DATE}') AND {by_as_of}""",
    )[0]
    if first is None:
        return False
    return bool(first <= _YEARS < third and middle <= _MONTHS_A_YEAR and last <= _DAYS_A_MONTH)


def _readings(engine: Backend, raw: Raw, value: Expression, zone: str, where: str) -> list[str]:
    """Return the point in time; of text first with the month first, then with the day first."""
    if value.type in {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", "TIMESTAMPTZ_NS"}:
        return [f"timezone({zone}, CAST({value.sql} AS TIMESTAMPTZ))"]
    if value.type == "DATE" or value.type.startswith("TIMESTAMP"):
        return [f"CAST({value.sql} AS TIMESTAMP)"]
    if value.type in NUMBERS | FLOATS:
        digits = f"CAST(TRY_CAST({value.sql} AS BIGINT) AS VARCHAR)"
        whole = _case(digits, _digits(digits, zone))
        return [f"coalesce({_serial(value.sql)}, {whole})"]
    if value.type != "VARCHAR":
        raise DataError("the column does not hold points in time", where=where, got=value.type)
    shapes = shapes_of(engine, raw, value)
    return [text_instant(value, zone, first, shapes) for first in (MONTH_FIRST, DAY_FIRST)]


def _fits(form: str, shapes: list[str]) -> bool:
    """Whether a form may read any cell; the engine takes fewer digits and more blanks, too."""
    pattern = re.escape(form).replace(r"\ ", r"\s*")
    for code, stands_for in _CODES.items():
        pattern = pattern.replace(code, stands_for)
    return any(re.fullmatch(pattern, shape) for shape in shapes)


def text_instant(
    value: Expression, zone: str, ambiguous: list[str], shapes: list[str] | None = None
) -> str:
    """Return the point in time that a text names; NULL where the whole of it is none.

    `zone` is quoted; `ambiguous` are the forms of 12/31/2024, `DAY_FIRST` or others; `shapes` those
    of the cells, where they are known: a reader of fewer forms is faster.
    """
    cell = f"trim({value.sql})"
    days = rf"TRY_CAST(replace(regexp_extract({cell}, '^\d{{5}}([.,]\d+)?$'), ',', '.') AS DOUBLE)"
    closed_up = rf"regexp_replace({cell}, '\s+([+-])', '\1')"
    # two digits of a year first: four would take them for the years of the Romans
    year_first = ambiguous is YEAR_FIRST
    dates = ["%Y年%m月%d日", *(YEAR_FIRST if year_first else ["%d.%m.%y"]), "%d.%m.%Y", "%Y.%m.%d"]
    dates += ["%d %b %y", "%d %b %Y", "%d-%b-%y", "%d-%b-%Y", "%b %d %y", "%b %d %Y"]
    dates += ["%d. %b %Y", "%b-%d-%y", "%b-%d-%Y", "%Y %b %d", "%Y-%b-%d", "%d/%b/%y", "%d/%b/%Y"]
    dates += ambiguous
    dates += ["%Y%m%d", "%G-W%V-%u", "%GW%V%u"]
    dates += ["%Y-%m-%d", "%Y/%m/%d"]  # last: 12/1/10 is no day of the year 12
    forms = [date + clock for date in dates for clock in CLOCKS]
    if shapes is not None:  # what reads no cell takes its time all the same
        forms = [form for form in forms if _fits(form, shapes)]
    listed = ", ".join(map(sql.text, forms))
    cases = [
        (f"^{_ISO}$", f"TRY_CAST({cell} AS TIMESTAMP)"),
        (_AWARE, f"timezone({zone}, TRY_CAST({closed_up} AS TIMESTAMPTZ))"),
        *_digits(cell, zone),
        (r"^\d{5}([.,]\d+)?$", _serial(days)),
    ]
    if forms:
        cases.append((r"\d", f"TRY_STRPTIME({cell}, [{listed}])"))
    return _case(cell, cases, shapes)


def _case(cell: str, cases: list[tuple[str, str]], shapes: list[str] | None = None) -> str:
    """Return the value beside the first pattern that a cell matches."""
    whens: list[str] = []
    left = shapes
    for pattern, value in cases:
        if left is not None:
            others = [shape for shape in left if not re.search(pattern, shape, re.ASCII)]
            if len(others) == len(left):
                continue
            left = others
            if not left and not whens:  # every cell is of this kind
                return value
        whens.append(f"WHEN regexp_matches({cell}, '{pattern}') THEN {value}")
    return f"CASE {' '.join(whens)} END" if whens else "CAST(NULL AS TIMESTAMP)"


def _digits(cell: str, zone: str) -> list[tuple[str, str]]:
    """Return patterns and values of a point in time written in digits alone."""
    seconds = f"TRY_CAST({cell} AS BIGINT)"
    return [
        (r"^\d{8}$", f"TRY_STRPTIME({cell}, '%Y%m%d')"),
        (r"^\d{14}$", f"TRY_STRPTIME({cell}, '%Y%m%d%H%M%S')"),
        (r"^\d{10}$", f"timezone({zone}, to_timestamp({seconds}))"),
        (r"^\d{13}$", f"timezone({zone}, to_timestamp({seconds} / 1000))"),
    ]


def _serial(days: str) -> str:
    """Return SQL for a spreadsheet's day number, counted from the end of 1899."""
    parts = f"to_milliseconds(CAST(round(({days}) * 86400000) AS BIGINT))"
    within = f"BETWEEN {_SERIAL[0]} AND {_SERIAL[1]}"
    return f"CASE WHEN {days} {within} THEN TIMESTAMP '1899-12-30' + {parts} END"


def _is_day_first(
    engine: Backend,
    raw: Raw,
    value: Expression,
    *,
    where: str,
    others: Sequence[Sequence[str]],
    as_of: date | None,
) -> bool:
    """Decide between 31/12/2024 and 12/31/2024 by the cells that only one of them can explain."""
    cell, shapes = f"trim({value.sql})", shapes_of(engine, raw, value)
    if shapes is not None and not any(re.match(DATE_ORDER, shape) for shape in shapes):
        return False
    by_month, by_day = (
        f"TRY_STRPTIME(regexp_extract({cell}, '{DATE_ORDER}', 1),"
        f" [{', '.join(map(sql.text, forms))}])"
        for forms in (MONTH_FIRST, DAY_FIRST)
    )
    columns = [(by_month, by_day), *others]
    # the day on which the row became known, at the earliest and at the latest
    earliest = ", ".join(f"least({', '.join(readings)})" for readings in columns)
    latest = ", ".join(reading for readings in columns for reading in readings)
    # a row that is later whichever way it is read asks for no proof either
    asks, proves = (
        "true" if as_of is None else f"CAST(greatest({days}) AS DATE) <= DATE '{as_of}'"
        for days in (earliest, latest)
    )
    dated, day_first, month_first, example = sql.rows(
        engine,
        f"""
        SELECT count(*) FILTER (asks), count(*) FILTER (proves AND by_month IS NULL),
            count(*) FILTER (proves AND by_day IS NULL), min(cell) FILTER (asks)
        FROM (SELECT {cell} AS cell, {by_month} AS by_month, {by_day} AS by_day,
                {asks} AS asks, {proves} AS proves
            FROM {sql.name(raw.name)} WHERE regexp_matches({cell}, '{DATE_ORDER}'))
        WHERE by_month IS NOT NULL OR by_day IS NOT NULL""",
    )[0]
    if dated and day_first == month_first:
        raise DataError(
            "nothing shows whether the day or the month comes first",
            where=where,
            got=example,
            hint="say so with an expression such as strptime(COLUMN, '%d/%m/%Y')",
        )
    return bool(day_first > month_first)
