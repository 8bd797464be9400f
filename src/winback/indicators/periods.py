"""Days, weeks and months: how time is cut, and which pieces are whole."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

import ibis.expr.types as ir
import pandas as pd

from winback.errors import UsageError

Grain = Literal["day", "week", "month", "quarter", "year", "all"]
GRAINS: Final = ("day", "week", "month", "quarter", "year", "all")
_UNITS: Final = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}
_FREQUENCIES: Final = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}


def period_of(day: ir.DateValue, grain: Grain, first_day: date) -> ir.DateValue:
    """Return the first day of the period that a day lies in; weeks begin on Monday (ISO 8601).

    Under ``all`` everything lies in one period, which begins on `first_day`.
    """
    if grain == "all":
        return (day >= first_day).ifelse(first_day, first_day).cast("date")
    return day.truncate(_UNITS[grain]).cast("date")


def calendar(first_day: date, as_of: date, grain: Grain) -> pd.DataFrame:
    """List the periods from `first_day` to `as_of`.

    Parameters
    ----------
    first_day
        The first day with a row.
    as_of
        The last known day.
    grain
        How time is cut.

    Returns
    -------
    DataFrame
        ``period`` and ``until`` (the first and the last day, as dates), ``days`` (how many), and
        ``whole``: the period was over at `as_of`, and did not begin before the first day that
        has a row; in order of time.

    Raises
    ------
    UsageError
        There is no such grain.

    Examples
    --------
    >>> calendar(date(2024, 1, 10), date(2024, 3, 31), "month")[["period", "until", "whole"]]
           period       until  whole
    0  2024-01-01  2024-01-31  False
    1  2024-02-01  2024-02-29   True
    2  2024-03-01  2024-03-31   True
    """
    if grain not in GRAINS:
        raise UsageError("no such grain", where="grain", got=grain, allowed=", ".join(GRAINS))
    if grain == "all":
        starts, ends = pd.DatetimeIndex([first_day]), pd.DatetimeIndex([as_of])
    else:
        periods = pd.period_range(first_day, as_of, freq=_FREQUENCIES[grain])
        starts, ends = periods.start_time.normalize(), periods.end_time.normalize()
    table = pd.DataFrame({"period": starts.date, "until": ends.date})
    table["days"] = (ends - starts).days + 1
    table["whole"] = (ends <= pd.Timestamp(as_of)) & (starts >= pd.Timestamp(first_day))
    return table
