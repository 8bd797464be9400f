"""Refunds netted against the order that they name."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir


def net_by_order(rows: ir.Table) -> ir.Table:
    """Move each refund to the day of the order that it names.

    A row with a negative amount moves to the first day of the same customer's purchases under the
    same ``order_id``, if that order is known when the refund is, and not later than it. Any other
    refund stays on its own day. ``booked_on`` and ``known_on`` do not change: before the refund
    was known, the order stood in full.

    Parameters
    ----------
    rows
        Accepted rows with ``customer_id``, ``order_id``, ``amount``, ``day``, ``booked_on`` and
        ``known_on``.

    Returns
    -------
    ibis.expr.types.Table
        The same rows and columns, with another ``day`` where a refund was netted.

    Examples
    --------
    >>> import datetime as dt
    >>> import pyarrow as pa
    >>> days = [dt.date(2024, 1, 1), dt.date(2024, 2, 1)]
    >>> rows = ibis.memtable(
    ...     pa.table(
    ...         {
    ...             "customer_id": ["a", "a"],
    ...             "order_id": ["1", "1"],
    ...             "amount": [30.0, -10.0],
    ...             "day": days,
    ...         }
    ...     )
    ... )
    >>> rows = rows.mutate(booked_on=rows.day, known_on=rows.day)
    >>> netted = net_by_order(rows).filter(ibis._.amount < 0)
    >>> netted.select("day", "booked_on").to_pyarrow().to_pylist()
    [{'day': datetime.date(2024, 1, 1), 'booked_on': datetime.date(2024, 2, 1)}]
    """
    orders = (
        rows.filter(rows.amount > 0, rows.order_id.notnull())
        .group_by("customer_id", "order_id")
        .agg(order_day=rows.booked_on.min(), order_known_on=rows.known_on.min())
    )
    joined = rows.left_join(orders, ["customer_id", "order_id"])
    netted = (
        (joined.amount < 0)
        & (joined.order_day <= joined.booked_on)
        & (joined.order_known_on <= joined.known_on)
    )
    return joined.mutate(day=ibis.ifelse(netted, joined.order_day, joined.day)).select(rows.columns)
