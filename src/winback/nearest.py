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


def did_you_mean(word: str, names: Iterable[str]) -> str | None:
    """Return a hint at the name closest to a word, if one is near.

    Examples
    --------
    >>> did_you_mean("Severety", ["tier", "severity"])
    "did you mean 'severity'?"
    """
    near = nearest(word, names)
    return f"did you mean {near!r}?" if near else None


def _letters(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
