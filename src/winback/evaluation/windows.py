"""Forward windows: what is known when, and what happens after.

Every evaluation goes forward in time: a model is fitted on what was known at a cut-off and judged
on a window after it. Inner cut-offs, from which decisions are made at `as_of`, have windows that
end by `as_of`. `Window.assert_known_by` holds this in code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from winback.errors import DataError, ModelError, Sentence
from winback.messages import Message

MIN_HORIZON_DAYS = 7  # shorter windows see a weekday pattern, not customers
YEAR = 365
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
                got=Sentence("{window}, gap {gap_days}", window=self, gap_days=self.gap_days),
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


def gate_window(
    first: date, as_of: date, *, horizon_days: int, gap_days: int = 0
) -> tuple[Window | None, Message]:
    """Choose the last window that has closed by `as_of`, shorter where history is short.

    The horizon is ``min(horizon_days, half of the days of history)``: what is left to fit on is at
    least as long as what is judged.

    Returns
    -------
    Window or None
        None below a week.
    Message
        What was chosen.

    Examples
    --------
    >>> print(gate_window(date(2011, 1, 1), date(2011, 7, 1), horizon_days=365)[1])
    refitted on data to 2011-04-01 and judged on the 91 days to 2011-07-01
    (365 asked for; history has 182)
    """
    history = (as_of - first).days + 1
    horizon = min(horizon_days, (history - gap_days) // 2)
    if horizon < MIN_HORIZON_DAYS:
        return None, Message("window.too_short", days=history)
    window = Window(as_of - timedelta(days=gap_days + horizon), as_of, gap_days)
    window.assert_known_by(as_of)
    judged = Message("window.judged", cut=window.as_of, days=horizon, until=as_of)
    if horizon == horizon_days:
        return window, judged
    return window, Message("window.short", judged=judged, asked=horizon_days, history=history)


def with_season(
    dates: Sequence[date],
    as_of: date,
    *,
    label_days: int,
    count: int,
    every_days: int,
    first: date,
) -> list[date]:
    """Let up to half of the snapshots lie around a year before the cut-off: its season is ahead.

    Whoever learns from the newest months alone has never seen what comes at this time of the year.

    Parameters
    ----------
    dates : sequence of date
        The newest snapshots, newest first.
    as_of : date
        The cut-off.
    label_days : int
        Days from a snapshot until its label is over.
    count : int
        At most so many snapshots in all.
    every_days : int
        At least so many days between two of them.
    first : date
        The first day that has enough history for a snapshot.

    Examples
    --------
    >>> newest = [date(2024, 6, 30), date(2024, 5, 31), date(2024, 5, 1), date(2024, 4, 1)]
    >>> like = {"label_days": 92, "count": 4, "every_days": 30}
    >>> cut = date(2024, 9, 30)
    >>> [str(day) for day in with_season(newest, cut, **like, first=date(2022, 1, 1))]
    ['2024-06-30', '2024-05-31', '2023-10-01', '2023-09-01']
    >>> with_season(newest, cut, **like, first=date(2023, 11, 1)) == newest
    True
    """
    then, apart = as_of - timedelta(days=YEAR), timedelta(days=every_days)
    fresh = dates[: max(len(dates) - count // 2, 1)]
    possible = [
        day
        for day in (then, then - apart, then + apart)
        if day >= first
        and day + timedelta(days=label_days) <= as_of
        and min(fresh, default=then) - day >= apart
    ]
    season = possible[: count // 2] if then in possible else []
    kept = dates[: count - len(season)]
    return sorted({*kept, *season}, reverse=True)
