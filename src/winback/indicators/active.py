"""Who did something in the last N days, counted at a day."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from winback.indicators import intervals


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


def active_counts(days: ir.Table, n_days: int, ends: pd.DataFrame) -> pd.DataFrame:
    """Count the customers who did something in the last `n_days` days, at several days.

    Each day that a customer does something makes them active from then on for `n_days` days, or
    until they do it again: one beginning and one end a day of theirs, so the count costs one pass
    over the days, however long the window and however many the days asked for.

    Parameters
    ----------
    days
        ``segment``, ``day``, ``following``: see `with_following`.
    n_days
        The window: ``(day - n_days, day]``.
    ends
        ``period``, ``until``: at which days to count.

    Returns
    -------
    DataFrame
        ``period``, ``segment``, ``value``, ``low``, ``high``, ``n``.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from datetime import date
    >>> days = ibis.memtable(pa.table({"customer_id": ["a", "a", "b"], "segment": ["all"] * 3,
    ...                                "day": [date(2024, 1, d) for d in (1, 3, 9)]}))
    >>> ends = pd.DataFrame({"period": ["p", "q"], "until": [date(2024, 1, 9), date(2024, 1, 10)]})
    >>> active_counts(with_following(days), 7, ends).value.tolist()
    [2.0, 1.0]
    """
    over = days.day + ibis.interval(days=n_days)
    lasting = ibis.least(days.following, over)  # a missing day is none
    spans = days.select("segment", begins=days.day, ends=lasting.cast("date"))
    moves = ibis.union(
        spans.select("segment", day=spans.begins, change=ibis.literal(1, "int64")),
        spans.select("segment", day=spans.ends, change=ibis.literal(-1, "int64")),
    )
    net: pd.DataFrame = (
        moves.group_by("segment", "day")
        .aggregate(change=moves.change.sum())
        .order_by("segment", "day")
        .to_pyarrow()
        .to_pandas()
    )
    parts = []
    asked = pd.to_datetime(ends["until"]).to_numpy().astype("datetime64[D]")
    for segment, rows in net.groupby("segment", sort=True):
        place = np.searchsorted(rows["day"].to_numpy().astype("datetime64[D]"), asked, side="right")
        counts = np.concatenate([[0], rows["change"].cumsum().to_numpy()])[place].astype(float)
        low, high = intervals.of_sum(counts, counts)
        parts.append(
            pd.DataFrame(
                {
                    "period": ends["period"].to_numpy(),
                    "segment": segment,
                    "value": counts,
                    "low": low,
                    "high": high,
                    "n": counts,
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
