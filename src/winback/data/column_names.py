"""What shops call their columns; the words are in ``words/columns.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from winback.data.words import words_of


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
        for phrase in words["with_tax"]:
            short = short.replace(_letters(phrase), "")
    return any(_letters(word) in short for word in words[group])


def called(name: str, words: Sequence[str]) -> bool:
    """Whether a column's name is one of the words, or ends in one.

    Examples
    --------
    >>> called("Financial Status", ["status"]), called("Status note", ["status"])
    (True, False)
    """
    return any(plain(name).endswith(_letters(word)) for word in words)


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
    return alike("".join(letter for letter in name.lower() if letter.isalnum()))


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


def without_tax(short: str) -> str:
    """Return a plain name without what it says of tax: ``totaalinclbtw`` is ``totaal``."""
    for phrase in words_of("columns")["with_tax"]:
        short = short.replace(_letters(phrase), "")
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
    columns, words = list(columns), alike(names).split()
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
        parts, against = (alike(text).split() for text in hints)
        matches += [
            name
            for part in parts
            for name, short in columns
            if part in short and not any(other in short for other in against)
        ]
    return list(dict.fromkeys(matches))
