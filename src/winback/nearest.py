"""The name that somebody may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, names: Iterable[str]) -> str | None:
    """Return the name closest to a word, ignoring case, spaces and underscores.

    Examples
    --------
    >>> nearest("customer_id", ["Country", "CustomerID"])
    'CustomerID'
    >>> nearest("timestamp", ["Country"]) is None
    True
    """
    by_letters = {_letters(name): name for name in reversed(list(names))}
    near = difflib.get_close_matches(_letters(word), by_letters, n=1, cutoff=0.6)
    return by_letters[near[0]] if near else None


def _letters(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
