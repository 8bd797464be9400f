"""The words and the shapes of the cells in a column of times, in English forms."""

from __future__ import annotations

import re
from dataclasses import replace

from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.expressions import Expression
from winback.data.raw import Raw
from winback.data.words import words_of

DIGITS = "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹"  # as Arabic and Persian write them
_MANY_SHAPES = 500
_FIRST_ROWS, _FEW_SHAPES = 1000, 20
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_WORD = re.compile(
    r"(?<=\d)[日일](?=[^\W\d_])|[^\W\d_]\.\s[^\W\d_]\.|[^\W\d_](?:[^\W\d_]|\.)*"
)  # "p. m." is one
_DOTTED = re.compile(r"\d\.(\s|$)")  # 5. 1. 2024, and 2024. 1. 5. where the year comes first
_WITHOUT_BLANKS = (
    (r"(\d)\. +(\d{1,2})\.", r"\1.\2."),
    (r"(\d)\. +(\d{4}|\d{1,2}\.)", r"\1.\2"),
    (r"^(\d{4}\.\d{1,2}\.\d{1,2})\.", r"\1"),
    (r"^(\d{4})\. ([A-Z][a-z]{2} \d{1,2})\.?", r"\1 \2"),
)
_ODD = set(
    ",(\uff08\t\u00a0\u202f\u3000"
)  # shops end cells in a tab, so that no spreadsheet rounds them


def shapes_of(engine: Backend, raw: Raw, value: Expression) -> list[str] | None:
    """Return a text's cells with every digit as 0, each once; ``None`` if they are too many."""
    key = ("shapes", value.sql)
    if key not in raw.seen:
        cell = f"trim({value.sql})"
        shapes_in = f"SELECT DISTINCT translate({cell}, '123456789', '000000000') AS shape FROM"
        relation = sql.name(raw.name)
        given = f"WHERE {value.sql} IS NOT NULL"
        first = sql.rows(engine, f"{shapes_in} (FROM {relation} LIMIT {_FIRST_ROWS}) {given}")
        found = [shape for (shape,) in first]
        # a pattern of the first rows' shapes passes over most others, faster than each is made
        if 0 < len(found) <= _FEW_SHAPES:
            known = "|".join(re.escape(shape).replace("0", "[0-9]") for shape in found)
            given += f" AND NOT regexp_full_match({cell}, {sql.text(known)}, 's')"
        rows = sql.rows(engine, f"{shapes_in} {relation} {given} LIMIT {_MANY_SHAPES + 1}")
        found = sorted({*found, *(shape for (shape,) in rows)})
        raw.seen[key] = found if len(found) <= _MANY_SHAPES else None
    shapes: list[str] | None = raw.seen[key]
    return shapes


def in_english(engine: Backend, raw: Raw, value: Expression) -> Expression:
    """Return cells whose months and halves of days are English, and whose commas are blanks."""
    value = _in_our_digits(engine, raw, value)
    plain = rf"regexp_replace({value.sql}, '[\s,\x{{00A0}}\x{{202F}}\x{{3000}}]+', ' ', 'g')"
    words, odd = _words_in(engine, raw, value)
    english = {word: name for word in words if (name := _english(word)) is not None}
    clock = _clock_in(words)
    if not odd and not english and not clock:
        return value
    cell = rf"regexp_replace({plain}, '(\d ?[日일])(\p{{L}})', '\1 \2')"
    days = [re.escape(word.rstrip(".")) for word in words if _is_weekday(word)]
    if odd and days:
        cell = f"regexp_replace({cell}, '(?i)[(\uff08] ?({'|'.join(days)})[.]? ?[)\uff09]', ' ')"
    for shape, instead in clock:
        cell = f"regexp_replace({cell}, {sql.text(shape)}, '{instead}')"
    for word, name in english.items():
        if name in {"AM", "PM"}:
            shape = rf"(?i){re.escape(word)}\s*(\d{{1,2}}:\d{{1,2}}(:\d{{1,2}})?)"
            cell = f"regexp_replace({cell}, {sql.text(shape)}, '\\1 {name}')"
        shape = rf"(?i)(^|[^\p{{L}}]){re.escape(word)}($|[^\p{{L}}])"
        cell = f"regexp_replace({cell}, {sql.text(shape)}, '\\1{name}\\2', 'g')"
    cell = f"regexp_replace({cell}, '([年月]) +', '\\1', 'g')"
    for shape, instead in _WITHOUT_BLANKS:
        cell = f"regexp_replace({cell}, '{shape}', '{instead}')"
    return replace(value, sql=f"regexp_replace(trim({cell}), ' +', ' ', 'g')", column=None)


def _in_our_digits(engine: Backend, raw: Raw, value: Expression) -> Expression:
    """Return cells in ASCII digits, where some are in those of Arabic, Persian or full width."""
    digits = f"{DIGITS}０１２３４５６７８９"  # noqa: RUF001
    shapes = shapes_of(engine, raw, value)
    if shapes is not None and not any(set(shape) & set(digits) for shape in shapes):
        return value
    there = f"SELECT 1 FROM {sql.name(raw.name)} WHERE regexp_matches({value.sql}, '[{digits}]')"
    if shapes is None and not sql.rows(engine, f"{there} LIMIT 1"):
        return value
    plain = f"translate({value.sql}, {sql.text(digits)}, {sql.text('0123456789' * 3)})"
    return replace(value, sql=plain, column=None)


def _words_in(engine: Backend, raw: Raw, value: Expression) -> tuple[list[str], bool]:
    """Return the words of some cells, the longest first, and whether they have odd blanks."""
    shapes = shapes_of(engine, raw, value)
    if shapes is not None:
        words_found = {word.lower() for shape in shapes for word in _WORD.findall(shape)}
        words_found = {re.sub(r"\s", " ", word) for word in words_found}
        apart = any(set(shape) & _ODD or _DOTTED.search(shape) for shape in shapes)
        return sorted(words_found, key=_longest), apart
    cell, relation = value.sql, sql.name(raw.name)
    words = sql.rows(
        engine,
        rf"SELECT DISTINCT lower(unnest(regexp_extract_all({cell},"
        rf" '\p{{L}}[.]\p{{Z}}\p{{L}}[.]|\p{{L}}[\p{{L}}.]*')))"
        f" FROM {relation} LIMIT 500",
    )
    odd = sql.rows(
        engine,
        rf"""SELECT 1 FROM {relation}
        WHERE regexp_matches({cell},
            '[,(\x{{FF08}}\t\x{{00A0}}\x{{202F}}\x{{3000}}]|\d[.](\s|$)') LIMIT 1""",
    )
    return sorted((re.sub(r"\s", " ", word) for (word,) in words), key=_longest), bool(odd)


def _clock_in(words: list[str]) -> list[tuple[str, str]]:
    """Return patterns that make ``14:05:09`` of 14時5分9秒, where some words are such signs."""
    hours, minutes, seconds = ("|".join(signs) for signs in words_of("cells")["clock_signs"])
    if not {*hours.split("|"), *minutes.split("|")} & set("".join(words)):
        return []
    digits = r"(\d{1,2})"
    return [
        (rf"{digits} ?({hours}) ?{digits} ?({minutes}) ?{digits} ?({seconds})", r" \1:\3:\5"),
        (rf"{digits} ?({hours}) ?{digits} ?({minutes})", r" \1:\3"),
        (rf"{digits} ?({hours})( ?[^\p{{L}}\d]|$)", r" \1:00\3"),
    ]


def _longest(word: str) -> tuple[int, str]:
    return -len(word), word


def _english(word: str) -> str | None:
    """Return the English short name of a month, AM or PM, or nothing for ``de`` or a Monday."""
    words = words_of("cells")
    if word in words["between_dates"]:
        return " "
    if word in words["date_signs"]:
        return str(words["date_signs"][word])
    for half, names in words["day_halves"].items():
        if word in names:
            return str(half).upper()
    for months in words["months"].values():
        for month, names in enumerate(months):
            if word.rstrip(".") in names.split():
                return _MONTHS[month]
    return " " if word.rstrip(".") in words["weekdays"] else None


def _is_weekday(word: str) -> bool:
    words = words_of("cells")
    return word.rstrip(".") in words["weekdays"] or word in words["weekday_signs"]
