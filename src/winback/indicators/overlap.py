"""Which channels share customers."""

from __future__ import annotations

from datetime import date, timedelta

import ibis.expr.types as ir
import pandas as pd

from winback.errors import DataError
from winback.features.purchases import known_by


def channel_overlap(transactions: ir.Table, as_of: date, *, days: int = 365) -> pd.DataFrame:
    """Count the customers whom each two channels have in common.

    Parameters
    ----------
    transactions
        ``customer_id``, ``day``, ``amount``, ``channel``; refund lines do not count.
    as_of
        The last known day.
    days
        The window: purchases in ``(as_of - days, as_of]``.

    Returns
    -------
    DataFrame
        One row for each ordered pair of different channels: ``channel``, ``other``,
        ``customers`` and ``others`` (of each), ``both``, ``jaccard`` (both over either), and
        ``share`` (both over ``customers``).

    Raises
    ------
    DataError
        Purchases name no channel.

    Examples
    --------
    >>> import ibis
    >>> import pyarrow as pa
    >>> rows = ibis.memtable(pa.table({
    ...     "customer_id": ["a", "a", "b", "c"], "channel": ["web", "shop", "web", "shop"],
    ...     "day": [date(2024, 1, 1)] * 4, "amount": [1.0] * 4}))
    >>> channel_overlap(rows, date(2024, 1, 31))[["channel", "other", "both", "jaccard", "share"]]
      channel other  both   jaccard  share
    0    shop   web     1  0.333333    0.5
    1     web  shop     1  0.333333    0.5
    """
    if "channel" not in transactions.columns:
        raise DataError(
            "purchases name no channel", where="transactions", hint="map a column to channel"
        )
    rows = known_by(transactions, as_of)
    rows = rows.filter(rows.amount >= 0, rows.day > as_of - timedelta(days=days))
    each = rows.drop_null("channel").select("customer_id", "channel").distinct()
    sizes = each.group_by("channel").aggregate(customers=each.count())
    pairs = each.inner_join(each.view().rename(other="channel"), "customer_id")
    pairs = pairs.filter(pairs.channel != pairs.other)
    shared = pairs.group_by("channel", "other").aggregate(both=pairs.count())
    crossed = sizes.cross_join(sizes.view().rename(other="channel", others="customers"))
    crossed = crossed.filter(crossed.channel != crossed.other)
    table = crossed.left_join(shared, ["channel", "other"]).drop("channel_right", "other_right")
    frame: pd.DataFrame = table.order_by("channel", "other").to_pyarrow().to_pandas()
    both = frame["both"].fillna(0).astype("int64")
    return frame.assign(
        both=both,
        jaccard=both / (frame["customers"] + frame["others"] - both),
        share=both / frame["customers"],
    )
