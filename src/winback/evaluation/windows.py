"""Forward windows: what is known when, and what happens after.

Every evaluation goes forward in time: a model is fitted on what was known at a cut-off and judged
on a window after it. Inner cut-offs, from which decisions are made at `as_of`, have windows that
end by `as_of`. `Window.assert_known_by` holds this in code.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import ibis.expr.types as ir
import pandas as pd

from winback.data.tables import Transactions
from winback.errors import DataError, ModelError, NotEnoughDataError
from winback.features.outcomes import outcomes_table
from winback.features.purchases import known_by

MIN_HORIZON_DAYS = 7  # shorter windows see a weekday pattern, not customers
MIN_CUSTOMERS = 20  # with fewer, no metric says anything


@dataclass(frozen=True, order=True)
class Window:
    """A cut-off, and the days after it on which predictions are judged.

    Parameters
    ----------
    as_of : date
        Everything up to the end of this day is known.
    until : date
        The last day of the window.
    gap_days : int
        Days after `as_of` that are not judged.

    Examples
    --------
    >>> window = Window(date(1997, 9, 30), date(1998, 6, 30))
    >>> window.horizon_days, str(window)
    (273, '1997-09-30/1998-06-30')
    >>> window.assert_known_by(date(1998, 6, 1))
    Traceback (most recent call last):
    ...
    winback.errors.ModelError: a forward window ends after what is known: got ...
    """

    as_of: date
    until: date
    gap_days: int = 0

    def __post_init__(self) -> None:
        """Refuse a window without a day."""
        if self.horizon_days < 1:
            raise DataError(
                "a split needs at least one day between its dates",
                got=f"{self}, gap {self.gap_days}",
                allowed="as_of + gap_days < until",
            )

    def __str__(self) -> str:
        """Return AS_OF/UNTIL."""
        return f"{self.as_of}/{self.until}"

    @property
    def start(self) -> date:
        """The day before the first judged day."""
        return self.as_of + timedelta(days=self.gap_days)

    @property
    def horizon_days(self) -> int:
        """Days judged."""
        return (self.until - self.start).days

    def assert_known_by(self, as_of: date) -> None:
        """Raise unless the window has closed: ``train as_of + gap + horizon <= as_of``."""
        if self.until > as_of:
            raise ModelError(
                "a forward window ends after what is known", got=str(self), allowed=f"<= {as_of}"
            )


def known_past(transactions: Transactions, as_of: date) -> Transactions:
    """Return the same transactions as they were known at the end of `as_of`.

    Whatever is computed from the result cannot see later rows, nor rows that were only made known
    later. (Its ``counts`` still describe the whole intake.)
    """
    return replace(transactions, table=known_by(transactions.table, as_of))


def first_day(transactions: Transactions) -> date:
    """Return the first day on which anything was bought or returned.

    Raises
    ------
    NotEnoughDataError
        If there is no row.
    """
    day: date | None = transactions.table.day.min().to_pyarrow().as_py()
    if day is None:
        raise NotEnoughDataError("no transaction is known", hint="check as_of and the filter")
    return day


def some_customers(transactions: ir.Table, at_most: int) -> ir.Table | None:
    """Choose about `at_most` customers to learn from, by a digest; None: all of them.

    The digest makes the choice the same at every date and on every engine, and keeps a customer's
    snapshots together.
    """
    n = transactions.customer_id.nunique().as_scalar().to_pyarrow().as_py()
    if n <= at_most:
        return None
    below = f"{round(at_most / n * 0xFFFFFFFF):08x}"
    ids = transactions.select("customer_id").distinct()
    return ids.filter(ids.customer_id.hexdigest("md5").substr(0, 8) < below)


def inner_windows(
    first: date, as_of: date, *, horizon_days: int, gap_days: int = 0, count: int = 3
) -> list[Window]:
    """Choose windows inside the known past, newest first, from which to judge candidates.

    The inner horizon is ``min(horizon_days, (as_of - first) / 3)``: a third of the history to
    judge on leaves two thirds to fit on. The newest window ends at `as_of`; each further one starts
    half a horizon earlier, as long as the history before it is at least as long as the window.

    Returns
    -------
    list of Window
        Up to `count`; empty if the history is shorter than three weeks.

    Examples
    --------
    >>> for window in inner_windows(date(2011, 1, 1), date(2011, 9, 30), horizon_days=365):
    ...     print(window, window.horizon_days)
    2011-07-02/2011-09-30 90
    2011-05-18/2011-08-16 90
    2011-04-03/2011-07-02 90
    >>> inner_windows(date(2011, 1, 1), date(2011, 1, 15), horizon_days=365)
    []
    """
    history = (as_of - first).days
    horizon = min(horizon_days, (history - gap_days) // 3)
    if horizon < MIN_HORIZON_DAYS:
        return []
    windows = []
    for k in range(count):
        until = as_of - timedelta(days=k * max(horizon // 2, 1))
        window = Window(until - timedelta(days=gap_days + horizon), until, gap_days)
        window.assert_known_by(as_of)
        if (window.as_of - first).days >= horizon:
            windows.append(window)
    return windows


def outcomes(transactions: Transactions, window: Window, customers: pd.Series[str]) -> pd.DataFrame:
    """Return what each customer did in the window, in the order of `customers`.

    Returns
    -------
    DataFrame
        Floats, the index of `customers`: ``purchases`` (purchase days), ``revenue`` (all net
        amounts, return-only days included), ``churned`` (1.0 = no purchase day).
    """
    happened = (
        outcomes_table(
            transactions.table,
            [(window.as_of, window.start, window.until)],
            count_zero=transactions.count_zero,
        )
        .to_pyarrow()
        .to_pandas()
    )
    happened = happened.set_index("customer_id")[["purchases", "revenue"]]
    aligned: pd.DataFrame = happened.reindex(customers.to_numpy()).fillna(0.0).astype(float)
    aligned.index = customers.index
    return aligned.assign(churned=(aligned["purchases"] == 0).astype(float))
