"""Figures of cohorts: who came back, and what they brought."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import plotly.graph_objects as go

from winback.data.tables import Transactions
from winback.errors import NotEnoughDataError
from winback.features.purchases import purchase_days
from winback.messages import Words
from winback.reports import cohorts
from winback.reports.figures import ENGLISH
from winback.reports.figures import cohorts as figures
from winback.reports.plot.notebook import Day, alone, day


def cohort_retention(
    purchases: Transactions, *, as_of: Day, unit: Literal["M", "Q"] | None = None
) -> go.Figure:
    """Draw the share of each cohort that bought, by age; the period that is not over is hatched.

    Parameters
    ----------
    purchases
        Known up to `as_of`, or further.
    as_of
        The last day that is known.
    unit
        Months or quarters; None: as the length of history suggests.

    Raises
    ------
    NotEnoughDataError
        Everybody first bought in the same period.

    Examples
    --------
    >>> import winback as wb
    >>> shop = wb.read_transactions("sample:cdnow-tenth")
    >>> figure = wb.plot.cohort_retention(shop, as_of="1998-06-30")
    >>> figure.layout.yaxis.ticktext[0], round(figure.data[0].z[0][0], 3)
    ('1997-01 (781)', 0.159)
    """
    return alone(figures.retention(_cohorts(purchases, as_of, unit), ENGLISH, as_of=day(as_of)))


def cohort_revenue(
    purchases: Transactions,
    *,
    as_of: Day,
    unit: Literal["M", "Q"] | None = None,
    currency: str | None = None,
) -> go.Figure:
    """Draw the revenue per customer since the first purchase, a line a cohort, whole periods only.

    Parameters and errors as of `cohort_retention`; `currency` is written before amounts.
    """
    told, words = _cohorts(purchases, as_of, unit), Words(currency=currency)
    return alone(figures.cumulative_value(told, words, as_of=day(as_of)))


def _cohorts(purchases: Transactions, as_of: Day, unit: str | None) -> dict[str, Any]:
    until = date.fromisoformat(day(as_of))
    days = purchase_days(purchases.table, until, count_zero=purchases.count_zero)
    first = purchases.counts.first_day or until
    chosen = unit or cohorts.unit_of(first, until)
    told = cohorts.cohorts(cohorts.cohort_rows(days, chosen), chosen, until)
    if told is None:
        raise NotEnoughDataError("everybody first bought in the same period", got=chosen)
    return told
