"""Who did something in the last N days, counted at a day."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from winback.indicators import intervals
from winback.indicators.definition import Cumulative


def with_following(days: ir.Table) -> ir.Table:
    """Add to each day of a customer the one that follows it.

    Parameters
    ----------
    days
        ``customer_id``, ``segment``, ``day``: each once.

    Returns
    -------
    ir.Table
        ``segment``, ``day``, ``following`` (missing after the last).
    """
    order = ibis.window(group_by=["customer_id", "segment"], order_by="day")
    return days.select("segment", "day", following=days.day.lead().over(order))


def active_counts(
    days: ir.Table, indicators: Sequence[Cumulative], ends: pd.DataFrame
) -> pd.DataFrame:
    """Count the customers who did something in the last N days, at several days.

    Each day that a customer does something makes them active from then on for N days, or until
    they do it again: one beginning and one end a day of theirs, so the count costs one pass over
    the days, however long the window and however many the days asked for.

    Parameters
    ----------
    days
        ``segment``, ``day``, ``following``: see `with_following`.
    indicators
        Each with its window: ``(day - days, day]``.
    ends
        ``period``, ``until``: at which days to count.

    Returns
    -------
    DataFrame
        ``indicator``, ``period``, ``segment``, ``value``, ``low``, ``high``, ``n``.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from datetime import date
    >>> days = ibis.memtable(pa.table({"customer_id": ["a", "a", "b"], "segment": ["all"] * 3,
    ...                                "day": [date(2024, 1, d) for d in (1, 3, 9)]}))
    >>> ends = pd.DataFrame({"period": ["p", "q"], "until": [date(2024, 1, 9), date(2024, 1, 10)]})
    >>> week = Cumulative(id="active_7d", kind="cumulative", unit="count", days=7)
    >>> active_counts(with_following(days), [week], ends).value.tolist()
    [2.0, 1.0]
    """
    moves = [days.select("segment", "day", window=ibis.literal(0, "int64"))]
    for window in sorted({one.days for one in indicators}):
        over = days.day + ibis.interval(days=window)
        lasting = ibis.least(days.following, over).cast("date")  # a missing day is none
        moves.append(days.select("segment", day=lasting, window=ibis.literal(window, "int64")))
    counted = ibis.union(*moves) if len(moves) > 1 else moves[0]
    counted = counted.group_by("segment", "day", "window").aggregate(n=counted.count())
    net: pd.DataFrame = counted.order_by("segment", "day", "window").to_pyarrow().to_pandas()
    asked = pd.to_datetime(ends["until"]).to_numpy().astype("datetime64[D]")
    parts = []
    for segment, rows in net.groupby("segment", sort=True):
        day = rows["day"].to_numpy().astype("datetime64[D]")
        began = rows["n"].where(rows["window"] == 0, 0)
        for one in indicators:
            active = (began - rows["n"].where(rows["window"] == one.days, 0)).cumsum().to_numpy()
            at = np.searchsorted(day, asked, side="right")
            counts = np.concatenate([[0], active])[at].astype(float)
            low, high = intervals.of_sum(counts, counts)
            part = ends[["period"]].assign(indicator=one.id, segment=segment, value=counts)
            parts.append(part.assign(low=low, high=high, n=counts))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
