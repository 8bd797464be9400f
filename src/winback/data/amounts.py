"""Amounts as people write them: with a currency, with thousands apart, with a decimal comma.

One cell mostly says itself how it is meant: in ``1.014,90`` the last sign parts the decimals, in
``12.50`` two digits are no thousands. Only one sign before exactly three digits (``4.215``) may be
either; this is settled on the whole column, by the cells that can be read in one way only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.column_names import named, names_of
from winback.data.column_names import plain as plain_name
from winback.data.raw import columns_of
from winback.data.time_words import DIGITS
from winback.data.words import words_of
from winback.errors import DataError, Sentence
from winback.messages import Message

_ENOUGH = 0.8
# full-width forms, minus signs, and blanks that do not break, as plain ones; a yen and a won of the
# old encodings of Japan and Korea are a backslash
_ODD = "０１２３４５６７８９．，－（）＋−–—‒‐\u00a0\u202f\u2009\u3000\t’‘´`＇￥＄\\٫٬"  # noqa: RUF001
_ODD += DIGITS
_EVEN = "0123456789.,-()+-----     '''''¥$¥.,"
_EVEN += "0123456789" * 2
_CURRENCY = (  # S/ 12.50 in Peru, 12.50 ر.س in Arabia
    r"(?:\p{L}{0,4}\.?\s?\p{Sc}\p{L}{0,3}|\p{L}{1,4}\.?|\p{L}{1,2}/\.?|\p{L}\.\p{L}{1,2}\.?)?"
)
_DIGITS = r"(?:\d[\d.,]*(?:[' ]\d{3})*(?:[.,]\d+)?|[.,]\d+)"
# the classes of Unicode are large, and slow to match: few cells need them
_USUAL = r"(?:[A-Za-z]{0,4}\.?\s?[$€£¥₹₽₺₩元円원][A-Za-z]{0,3}|[A-Za-z]{1,4}\.?)?"
_MONEY = [
    rf"[-+(]?\s*{money}\s*[-+]?\s*{_DIGITS}(?:[.,/]?-|,--)?\s*{money}\s*[-)]?"
    for money in (_USUAL, _CURRENCY)
]
# what most amounts are written in, read at one look
_AROUND = r"[ \x{00A0}\x{202F}]?[$€£¥]?[ \x{00A0}\x{202F}]?"
_MINUS = r"\(|-\s*[^-\d]*\d|\d\s*[^\d.,\s-][^\d-]*-\s*$|\d\s*-\s*$"
_PROOF = r"\d*{0}(\d{{1,2}}|\d{{4,}})|\d*({1}\d{{2,3}})+{0}\d+|0{0}\d+|\d{{4,}}{0}\d+"
_PLAIN = r"-?\d+(\.(\d{1,2}|\d{4,}))?"
_EITHER = r"[1-9]\d{{0,2}}{0}\d{{3}}"
_SEVERAL = r"\d{{1,3}}({0}\d{{2,3}})*({0}\d{{3}}){{2,}}|\d{{1,2}}({0}\d{{2}})+{0}\d{{3}}"


def _even(cell: str) -> str:
    """Return SQL for a cell without odd forms of signs, and blanks around."""
    even = f"translate({cell}, {sql.text(_ODD)}, {sql.text(_EVEN)})"
    plain = rf"regexp_full_match({cell}, '[ -\[\]-_a-~€£]*')"
    return f"trim(CASE WHEN {plain} THEN {cell} ELSE {even} END)"


def _core(even: str, form: str) -> str:
    """Return SQL for what is left of an even cell of a form without its currency and blanks."""
    # the dot of "Rs.500" is no decimal one; that of "$.50" is
    letter = "[A-Za-z]" if form == _MONEY[0] else r"\p{L}"
    apart = f"regexp_replace({even}, '({letter})[./]+', '\\1 ', 'g')"
    digits = f"regexp_extract({apart}, {sql.text(_DIGITS)})"
    bare = f"rtrim(regexp_replace({digits}, '['' ]', '', 'g'), '.,')"
    other = f"regexp_matches(lower({even}), {sql.text(_behind())})"
    return f"CASE WHEN regexp_full_match({even}, {sql.text(form)}) AND NOT {other} THEN {bare} END"


@cache
def _behind() -> str:
    """Return a pattern of what makes another number of one: 12.5k, 3万, 12.50 DR."""
    words = words_of("cells")["behind_numbers"]
    listed, signs = ("|".join(words[kind]) for kind in ("words", "signs"))
    return rf"\d ?(({listed})\.?($|[^\p{{L}}])|({signs}))"


def _bare(cell: str) -> str:
    """Return SQL for what is left of any amount."""
    even = _even(cell)
    return f"coalesce({', '.join(_core(even, form) for form in _MONEY)})"


def _number_of(form: str) -> str:
    """Return SQL for the number in a cell of a form, as a macro has it.

    What a macro is given stands in it as often as it is named; what a lambda is given is worked
    out once. A lambda works out every branch of a CASE, for every cell; a subquery would read
    every cell, and not only those that are left.
    """
    return rf"""list_transform([{_even("cell")}], lambda even:
        list_transform([{_core("even", form)}], lambda n:
            (CASE WHEN regexp_matches(even, '[-(]') AND regexp_matches(
                regexp_replace(even, '(\d)[.,/]--?', '\1'), '{_MINUS}') THEN -1 ELSE 1 END)
            * money_number(n, point))[1])[1]"""


def _currencies(group: str, letters: str = r"\p{L}") -> str:
    """Return a pattern of the currencies that are written without decimals, or with three."""
    words = "|".join(map(re.escape, words_of("cells")[group]))
    return rf"(^|[^{letters}])({words})($|[^{letters}])"


def _shapes(cell: str, relation: str, condition: str = "true") -> str:
    """Return SQL for the cells' shapes: how many cells, and one of them.

    Cells that differ only in digits other than 0 are read alike: a column has few shapes.
    """
    return f"""(SELECT translate({cell}, '23456789', '11111111') AS shape, count(*) AS cells,
        min({cell}) AS example FROM {sql.name(relation)}
        WHERE ({condition}) AND trim({cell}) <> '' GROUP BY 1)"""


def macro() -> str:
    """Return SQL that makes ``money(cell, point)`` known: a number, NULL where none is written."""
    number = rf"""TRY_CAST(CASE
        WHEN NOT regexp_matches(n, '[.,]') THEN n
        WHEN regexp_full_match(n, '\d{{1,3}}(,\d{{2,3}})*,\d{{3}}\.\d+') THEN replace(n, ',', '')
        WHEN regexp_full_match(n, '\d{{1,3}}(\.\d{{3}})+,\d+')
            THEN replace(replace(n, '.', ''), ',', '.')
        WHEN regexp_full_match(n, {sql.text(_SEVERAL.format("[.]"))})
            OR regexp_full_match(n, {sql.text(_SEVERAL.format(","))})
            THEN regexp_replace(n, '[.,]', '', 'g')
        WHEN regexp_full_match(n, {sql.text(_EITHER.format("[.,]"))})
            AND NOT contains(n, point) THEN regexp_replace(n, '[.,]', '')
        WHEN regexp_full_match(n, '\d*[.,]\d+') THEN replace(n, ',', '.') END AS DOUBLE)"""
    return rf"""CREATE OR REPLACE MACRO money_number(n, point) AS {number};
        CREATE OR REPLACE MACRO money(cell, point) AS
        CASE WHEN regexp_full_match(trim(cell), '-?\d+([.,](\d{{1,2}}|\d{{4,}}))?')
            THEN TRY_CAST(replace(cell, ',', '.') AS DOUBLE)
        WHEN regexp_full_match(cell, '{_AROUND}\d{{1,3}}(\.\d{{3}})*,\d\d{_AROUND}') THEN TRY_CAST(
            replace(replace(regexp_extract(cell, '\d[\d.]*,\d\d'), '.', ''), ',', '.') AS DOUBLE)
        WHEN regexp_full_match(cell, '{_AROUND}\d{{1,3}}(,\d{{3}})*\.\d\d{_AROUND}')
            THEN TRY_CAST(replace(regexp_extract(cell, '\d[\d,]*\.\d\d'), ',', '') AS DOUBLE)
        ELSE coalesce({", ".join(map(_number_of, _MONEY))},
            CASE WHEN regexp_full_match(trim(cell), '[-+]?\d+(\.\d+)?[eE][-+]?\d+')
                THEN TRY_CAST(cell AS DOUBLE) END) END"""


@dataclass(frozen=True)
class Reading:
    """How a column's amounts are read.

    Attributes
    ----------
    point
        The decimal sign; ``None`` where every cell is a plain number as it stands.
    note
        What was taken for what, where the cells prove nothing.
    share
        The share of the cells that are amounts, read in this way.
    """

    point: str | None
    note: Message | None = None
    share: float = 1.0


def settle(engine: Backend, relation: str, column: str, condition: str = "true") -> Reading:
    """Decide how a text column's amounts are read, on all of its cells.

    Parameters
    ----------
    engine, relation, column
        Where the cells are.
    condition
        A SQL condition: the rows that may have a say.

    Raises
    ------
    DataError
        Some cells show a decimal comma, as many a decimal point, and others may be either.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> engine = open_engine(threads=1)
    >>> def reading(*cells):
    ...     raw = load(engine, pd.DataFrame({"Total": cells}))
    ...     return settle(engine, raw.name, "Total")
    >>> reading("18,04", "1.014,90", "12.50").point
    ','
    >>> print(reading("902", "4.215").note)
    Total has cells such as '4.215', which may be 4215 or 4.215: taken for 4215
    """
    cell = sql.name(column)
    odd_one = f"""SELECT 1 FROM {sql.name(relation)}
        WHERE trim({cell}) <> '' AND NOT regexp_full_match(trim({cell}), '{_PLAIN}') LIMIT 1"""
    if not sql.rows(engine, odd_one):  # the shapes of all cells take their time
        return Reading(None)

    def cells(*shapes: str) -> str:
        return " OR ".join(f"regexp_full_match(n, {sql.text(shape)})" for shape in shapes)

    comma, dot = ",", "[.]"
    tests = (
        cells(_PROOF.format(comma, dot)), cells(_PROOF.format(dot, comma)),
        cells(_SEVERAL.format(dot)), cells(_SEVERAL.format(comma)),
        cells(_EITHER.format(dot)), cells(_EITHER.format(comma)),
        cells(r"[1-9]\d{3,}"), "n IS NOT NULL AND NOT plain", *(
            f"regexp_matches(lower(example), {sql.text(_currencies(words))})"
            for words in ("no_coins", "three_decimals")
        ),
    )  # fmt: skip
    counts = ", ".join(f"coalesce(sum(cells) FILTER ({test}), 0)" for test in tests)
    tally = sql.rows(
        engine,
        f"""SELECT {counts}, min(shown) FILTER ({tests[4]}), min(shown) FILTER ({tests[5]}),
            coalesce(sum(cells), 0), coalesce(sum(cells) FILTER (is_amount), 0) FROM (
            SELECT {_bare("shape")} AS n, {_bare("example")} AS shown, cells, example,
                money(shape, ',') IS NOT NULL AS is_amount,
                regexp_full_match(trim(shape), '-?\\d+(\\.\\d+)?') AS plain
            FROM {_shapes(cell, relation, condition)})""",
    )[0]
    by_comma, by_dot, dots, commas, dot3, comma3, long, odd, whole, mills = tally[:10]
    shown_dot, shown_comma, given, read = tally[10:]
    for_comma, for_dot = by_comma + dots, by_dot + commas
    either = shown_dot or shown_comma
    note = None
    if for_comma and for_comma == for_dot and either:
        raise DataError(
            "cells show a decimal comma, and as many a decimal point",
            where=column,
            got=Sentence("{either!r} may be either", either=either),
            hint=Sentence(
                "say which, under columns: `amount: money({column}, ',')`",
                column=sql.bare(engine, column),
            ),
        )
    if for_comma or for_dot:
        point = "," if for_comma > for_dot else "."
        if either and for_comma and for_dot:
            note = _ambiguous(column, either, point)
    elif dot3 and comma3:
        raise DataError(
            "nothing shows whether a comma or a point parts the decimals",
            where=column,
            got=Sentence(
                "{shown_dot!r} and {shown_comma!r}", shown_dot=shown_dot, shown_comma=shown_comma
            ),
            hint=Sentence(
                "say which, under columns: `amount: money({column}, ',')`",
                column=sql.bare(engine, column),
            ),
        )
    else:
        # three digits behind every sign are thousands, unless other cells reach 1000 without one or
        # the currency has three decimals; one without coins has nothing but thousands
        if either:
            beside = _beside(engine, relation, column)
            whole = whole or re.search(_currencies("no_coins", "a-z"), beside)
            mills = mills or re.search(_currencies("three_decimals", "a-z"), beside)
        thousands = whole or not (mills or long)
        point = "," if (dot3 and thousands) or (comma3 and mills and not whole) else "."
        note = _ambiguous(column, either, point) if either else None
    plain = point == "." and not odd
    return Reading(None if plain else point, note, float(read / given) if given else 0.0)


def has_no_coins(engine: Backend, relation: str, column: str) -> bool:
    """Whether a currency without hundredths stands in the column's name or cells, or beside it."""
    cell = sql.name(column)
    shown = sql.rows(engine, f"SELECT CAST(min({cell}) AS VARCHAR) FROM {sql.name(relation)}")
    told = f"{_beside(engine, relation, column)} {str(shown[0][0]).lower()}"
    return re.search(_currencies("no_coins", "a-z"), told) is not None


def _beside(engine: Backend, relation: str, column: str) -> str:
    """Return what tells the currency beside the cells: the column's name, and a column of it."""
    names = [name for name in columns_of(engine, relation) if name != "source_row"]
    codes = named([(name, plain_name(name)) for name in names], names_of("currency"))
    told = [column]
    for code in codes[:1]:
        told += [
            str(most)
            for (most,) in sql.rows(
                engine, f"SELECT CAST(mode({sql.name(code)}) AS VARCHAR) FROM {sql.name(relation)}"
            )
        ]
    return " ".join(told).lower().replace("_", " ")


def _ambiguous(column: str, cell: str, point: str) -> Message:
    whole, parts = cell.replace(".", "").replace(",", ""), cell.replace(",", ".")
    taken = parts if point in cell else whole
    return Message(
        "note.ambiguous_amount",
        column=column,
        cell=repr(cell),
        whole=whole,
        parts=parts,
        taken=taken,
    )


def expression_of(engine: Backend, column: str, reading: Reading) -> str | None:
    """Return an expression that reads a text column's amounts, if they need one and it is clear.

    Parameters
    ----------
    engine, column
        Where the cells are.
    reading
        From `settle`.

    Returns
    -------
    str or None
        SQL over the column. ``None`` where its cells are plain numbers, or fewer than 80% of them
        are amounts at all.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> engine = open_engine(threads=1)
    >>> def expression(*cells):
    ...     raw = load(engine, pd.DataFrame({"Total": cells}))
    ...     return expression_of(engine, "Total", settle(engine, raw.name, "Total"))
    >>> expression("$1,234.50", "$3.00")
    "money(Total, '.')"
    >>> expression("12,50", "3,00")
    "money(Total, ',')"
    >>> expression("12.50") is None
    True
    """
    if reading.point is None or reading.share < _ENOUGH:
        return None
    return f"money({sql.bare(engine, column)}, {sql.text(reading.point)})"
