"""Find the pattern of a sentence that was made below, and what stands in its holes.

Sentences of the rooms below travel as English text: in the tags of a registered model, in an
earlier evaluation, in a message to the person who watches. Here they are recognised by the
patterns ``said.*`` of the English catalogue, as gettext recognises its keys, so that any language
can say them again in its own words. What no pattern fits stays as it is.
"""

from __future__ import annotations

import re
from functools import cache

from winback.messages.catalogue import catalogue

# Holes with text in them; any other holds one number, date or sign without a space. Each with the
# kind of label to look its text up under; None: a sentence of its own.
HOLES: dict[str, str | None] = {
    "model": "model",
    "other_model": "model",
    "target": "target",
    "metric": "metric",
    "tier": "tier",
    "people": "people",
    "standard": "standard",
    "days_of": "days_of",
    "way": "way",
    "why": None,
    "said": None,
    "who": None,
    "facts": None,
    "name": None,
    "gained": None,
    "cutoffs": None,
    "default": "default",
    "verb": "verb",
    "how": "how",
    "lost": None,
    "measured": "metric",
    "rival": "model",
    "seen_so": None,
    "got": None,
    "least": None,
}
LISTS: dict[str, str | None] = {
    "models": "model",
    "tiers": "tier",
    "were": "tier",
    "now": "tier",
    "edges": None,
    "doubts": None,
    "what": None,
    "shares": None,
    "biases": None,
    "ratios": None,
}
GENERAL = ("said.got", "said.figured", "said.about", "said.because")
"""Patterns that fit nearly anything: they count only where they find something to say anew."""
_FIGURE = r"[^\s:;]+?"
_FITS = {
    "models": r"[\w+, ]+?",
    "measured": r"\w+",
    "rival": r"[\w+]+",
    "part": r"\d+",
    "whole": r"\d+",
}
_SEPARATOR = re.compile(r",? and |, | or ")


@cache
def special() -> dict[str, re.Pattern[str]]:
    """Return the patterns of the catalogue in its order, without the general ones."""
    keys = [key for key in catalogue("en") if key.startswith("said.") and key not in GENERAL]
    return {key: _pattern(catalogue("en")[key]) for key in keys}


@cache
def general() -> dict[str, re.Pattern[str]]:
    """Return the patterns that fit nearly anything."""
    return {key: _pattern(catalogue("en")[key]) for key in GENERAL}


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"{(\w+)}", text)
    for at in range(1, len(parts), 2):
        hole = parts[at]
        fits = _FITS.get(hole, ".+?" if hole in {*HOLES, *LISTS} else _FIGURE)
        parts[at] = f"(?P<{hole}>{fits})"
    for at in range(0, len(parts), 2):
        parts[at] = re.escape(parts[at])
    return re.compile("".join(parts), re.DOTALL)


def parts_of(text: str) -> list[str]:
    """Split a list in a sentence at its commas and conjunctions.

    Examples
    --------
    >>> parts_of("high, middle and low")
    ['high', 'middle', 'low']
    """
    return _SEPARATOR.split(text)
