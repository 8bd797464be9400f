"""Months or quarters: by which periods a history is shown."""

from __future__ import annotations

from datetime import date

UNITS = {"M": 1, "Q": 3}
MOST_MONTHS = 24


def unit_of(first_day: date, as_of: date) -> str:
    """Return months for a history of up to two years, quarters for a longer one.

    Examples
    --------
    >>> unit_of(date(2024, 1, 1), date(2025, 6, 30)), unit_of(date(2020, 1, 1), date(2025, 6, 30))
    ('M', 'Q')
    """
    months = (as_of.year - first_day.year) * 12 + as_of.month - first_day.month
    return "M" if months < MOST_MONTHS else "Q"
