"""What shops call their columns; the words are in ``words/columns.yaml``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

from winback.data.words import words_of

_BARE = str.maketrans("łøđı", "lodi")  # letters that no accent was put on


def names_of(ours: str) -> str:
    """Return what shops call one of our columns, the likeliest first.

    Examples
    --------
    >>> "kundennummer" in names_of("customer_id").split()
    True
    """
    by_language = words_of("columns")["names"][ours]
    return " ".join(by_language.values())


def hints_of(ours: str) -> tuple[str, str] | None:
    """Return what parts of a name speak for one of our columns, and what parts against it."""
    hints = words_of("columns")["hints"].get(ours)
    return None if hints is None else (hints["for"], hints["against"])


def says(name: str, group: str) -> bool:
    """Whether a column's name has a word of a group in it.

    Examples
    --------
    >>> says("Order Total Tax Amount", "not_amounts"), says("Totaal incl. btw", "not_amounts")
    (True, False)
    """
    words = words_of("columns")
    short = _letters(name) if group == "not_when_bought" else plain(name)
    if group == "not_amounts":  # a total with its tax is an amount
        short = without_tax(short)
    return any(word in bare(short) for word in _bare_words(" ".join(words[group])))


def called(name: str, words: Sequence[str]) -> bool:
    """Whether a column's name is one of the words, or ends in one.

    Examples
    --------
    >>> called("Financial Status", ["status"]), called("Status note", ["status"])
    (True, False)
    """
    return bare(plain(name)).endswith(tuple(map(bare, words)))


def plain(name: str) -> str:
    """Return what is compared of a column's name.

    Examples
    --------
    >>> plain("Order Total (GBP)"), plain("(1)")
    ('ordertotal', '1')
    """
    bare = re.sub(r"[(\[（【][^)\]）】]*[)\]）】]", "", name)  # noqa: RUF001 - Chinese has brackets of its own
    return _letters(bare) or _letters(name)


def _letters(name: str) -> str:
    lower = unicodedata.normalize("NFKC", name).lower()
    return alike("".join(letter for letter in lower if letter.isalnum()))


@cache
def bare(text: str) -> str:
    """Return a name's letters without accents, which exports drop: ``castka`` is ``částka``.

    Examples
    --------
    >>> bare("Číslo objednávky"), bare("cislo_objednavky"), bare("MÜŞTERİ KODU")
    ('cisloobjednavky', 'cisloobjednavky', 'musterikodu')
    """
    parts = (unicodedata.normalize("NFD", letter) for letter in _letters(text))
    # of other alphabets than Latin, Greek and Cyrillic, marks are letters of their own
    letters = (part[0] if part[0] < "\u0530" else part for part in parts)
    return unicodedata.normalize("NFC", "".join(letters)).translate(_BARE)


@cache
def _bare_words(words: str) -> tuple[str, ...]:
    return tuple(map(bare, words.split()))


def alike(text: str) -> str:
    """Return a text with signs that are written in several forms in one of them.

    Examples
    --------
    >>> alike("會員編號") == alike("会员编号")
    True
    """
    return text.translate(_alike())


@cache
def _alike() -> dict[int, int]:
    signs = words_of("columns")["alike"]
    return str.maketrans(signs["of"], signs["in"])


@cache
def without_tax(short: str) -> str:
    """Return a plain name without what it says of tax: ``totaalinclbtw`` is ``totaal``."""
    short = bare(short)
    for phrase in _bare_words(" ".join(words_of("columns")["with_tax"])):
        short = short.replace(phrase, "")
    return short


def named(
    columns: Iterable[tuple[str, str]], names: str, hints: tuple[str, str] | None = None
) -> list[str]:
    """Return the columns that are called like this, the likeliest first.

    Parameters
    ----------
    columns
        Names, each with its plain form.
    names
        The words, the likeliest first.
    hints
        Parts of a name that speak for it, and parts that speak against it.

    Examples
    --------
    >>> columns = [(name, plain(name)) for name in ("city", "billing_customer_id", "client_city")]
    >>> named(columns, "customerid clientid", ("client", "city"))
    ['billing_customer_id']
    """
    columns, words = [(name, bare(short)) for name, short in columns], _bare_words(names)
    matches = [name for word in words for name, short in columns if short == word]
    # then longer names that end in one of the words: billing_customer_id, 最近下单时间
    matches += [
        name
        for word in words
        if len(word) > 3 or not word.isascii()
        for name, short in columns
        if short.endswith(word)
    ]
    if hints is not None:
        parts, against = map(_bare_words, hints)
        matches += [
            name
            for part in parts
            for name, short in columns
            if part in short and not any(other in short for other in against)
        ]
    return list(dict.fromkeys(matches))
