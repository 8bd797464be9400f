"""Busy days that an owner knows of: Christmas, a sale, a moving feast.

A period is written ``MM-DD/MM-DD``, every year, or ``YYYY-MM-DD/YYYY-MM-DD``, once; a day without
``/`` is a period of one day. A period of every year may end in the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from winback.errors import DataError
from winback.evaluation.windows import Window

LEAP = 2000  # a year with a 29 February, to check days of every year with


def busy_days(first: date, last: date, periods: Sequence[str]) -> int:
    """Count the days from `first` to `last`, both included, that lie in any period.

    Raises
    ------
    DataError
        A period is not written as above, or ends before it begins.

    Examples
    --------
    >>> christmas = ["11-15/12-24"]
    >>> busy_days(date(2024, 12, 1), date(2025, 1, 31), christmas)
    24
    >>> busy_days(date(2024, 12, 1), date(2025, 1, 31), ["12-27/01-02", "2025-01-29"])
    8
    """
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return len({day for period in periods for day in days if _within(day, *_ends(period))})


def busy_share(window: Window, periods: Sequence[str]) -> float:
    """Return the share of a window's days that are busy."""
    first = window.start + timedelta(days=1)
    return busy_days(first, window.until, periods) / window.horizon_days


def _ends(period: str) -> tuple[str, str]:
    first, _, last = period.partition("/")
    last = last or first
    if (
        not all(map(_is_day, (first, last)))
        or len(first) != len(last)
        or (len(first) > 5 and first > last)
    ):
        raise DataError(
            "a busy period cannot be read",
            where="value.busy_days",
            got=period,
            allowed="MM-DD/MM-DD every year, or YYYY-MM-DD/YYYY-MM-DD once; one day without /",
        )
    return first, last


def _is_day(text: str) -> bool:
    whole = text if len(text) > 5 else f"{LEAP}-{text}"
    try:
        return date.fromisoformat(whole).isoformat() == whole  # no 20241224, no 2024-W52-2
    except ValueError:
        return False


def _within(day: date, first: str, last: str) -> bool:
    written = day.isoformat()[-len(first) :]
    if first <= last:
        return first <= written <= last
    return written >= first or written <= last  # over the turn of the year
