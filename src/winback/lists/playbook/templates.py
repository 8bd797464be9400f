"""Actions and offers that hold the customer's own numbers, such as `{days} days with us`."""

from __future__ import annotations

from collections.abc import Callable
from string import Formatter

import pandas as pd

from winback.errors import ConfigError, DataError

_Column = Callable[[pd.DataFrame], pd.Series]


def _whole(values: pd.Series) -> pd.Series:
    return values.astype("Float64").round().astype("Int64").astype("str")


WORDS: dict[str, tuple[str, _Column]] = {
    "days": ("T", lambda rows: _whole(rows["T"])),
    "silent": ("days_since_last", lambda rows: _whole(rows["days_since_last"])),
    "purchases": ("frequency", lambda rows: _whole(rows["frequency"] + 1)),
    "tier": ("tier", lambda rows: rows["tier"].astype("str")),
    "next": ("next_category", lambda rows: rows["next_category"].astype("str")),
}
"""Word in braces to the column that it needs, and what it writes."""


def check_template(text: str, *, where: str) -> None:
    """Refuse a template with a word that no customer has.

    Raises
    ------
    ConfigError
        Naming the word.

    Examples
    --------
    >>> check_template("{days} days with us", where="playbook.yaml:9")
    >>> check_template("dear {name}", where="playbook.yaml:9")
    Traceback (most recent call last):
    ...
    winback.errors.ConfigError: unknown word in braces (at playbook.yaml:9): got dear {name}; ...
    """
    try:
        pieces = list(Formatter().parse(text))
    except ValueError:
        pieces = [("", "", "", None)]
    for _, word, form, conversion in pieces:
        if word is not None and (word not in WORDS or form or conversion):
            raise ConfigError(
                "unknown word in braces",
                where=where,
                got=text,
                allowed=", ".join(f"{{{name}}}" for name in WORDS),
            )


def fill(template: str, rows: pd.DataFrame) -> pd.Series:
    """Write a template for every row.

    Raises
    ------
    DataError
        If a column that it needs is not there.

    Examples
    --------
    >>> fill("{days} days with us", pd.DataFrame({"T": [365.0, 12.0]})).tolist()
    ['365 days with us', '12 days with us']
    """
    text = pd.Series("", index=rows.index, dtype="str")
    for literal, word, _, _ in Formatter().parse(template):
        text = text + literal
        if word is not None:
            column, write = WORDS[word]
            if column not in rows.columns:
                raise DataError(
                    "the playbook speaks of something that is not known of these customers",
                    where=column,
                    got=template,
                )
            text = text + write(rows).fillna("?")
    return text
