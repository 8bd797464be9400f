"""Plain data: what JSON can hold, the same on every machine."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd


DIGITS: Final = 9
"""Significant digits of a float that come out the same on every machine."""


def plain(value: Any, digits: int | None = None) -> Any:
    """Turn a value into what JSON can hold.

    Parameters
    ----------
    value
        Any nesting of mappings, sequences, numpy scalars, dates and numbers.
    digits
        Significant digits kept of a float, for example `DIGITS`. None: all.

    Returns
    -------
    Any
        Dicts with text keys, lists, text, integers, floats, booleans and ``None``, which also
        stands for NaN, infinity and missing values. What is none of these stays as it is.

    Examples
    --------
    >>> plain({"n": 3, "share": 1 / 3, "bad": float("nan"), "day": date(1997, 9, 30)}, DIGITS)
    {'n': 3, 'share': 0.333333333, 'bad': None, 'day': '1997-09-30'}
    """
    return each_leaf(value, lambda leaf: _scalar(leaf, digits))


def records(table: pd.DataFrame, digits: int | None = None) -> list[dict[str, Any]]:
    """Return the rows of a frame as plain data.

    Examples
    --------
    >>> import pandas as pd
    >>> records(pd.DataFrame({"tier": ["core", None], "clv": [12.5, float("nan")]}))
    [{'tier': 'core', 'clv': 12.5}, {'tier': None, 'clv': None}]
    """
    return [plain(row, digits) for row in table.to_dict("records")]


def each_leaf(value: Any, change: Callable[[Any], Any]) -> Any:
    """Apply a change to everything in a nesting that is neither a mapping nor a sequence.

    Examples
    --------
    >>> each_leaf({"a": [1, (2, 3)]}, lambda leaf: leaf * 10)
    {'a': [10, [20, 30]]}
    """
    if isinstance(value, Mapping):
        return {str(key): each_leaf(entry, change) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [each_leaf(entry, change) for entry in value]
    return change(value)


def _scalar(value: Any, digits: int | None) -> Any:
    if type(value).__name__ in {"NaTType", "NAType"}:  # pandas need not be imported to be plain
        return None
    if isinstance(value, date):  # datetime and pandas.Timestamp are dates
        return value.isoformat()
    if hasattr(value, "item"):  # numpy scalars
        value = value.item()
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return value if digits is None else float(f"{value:.{digits}g}")
    return value
