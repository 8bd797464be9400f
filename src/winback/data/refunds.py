"""Refunds netted against the order that they name."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir


def net_by_order(rows: ir.Table) -> ir.Table:
    """Move each refund to the day of the order that it names.

    A row with a negative amount moves to the first day of the same customer's purchases under the
    same ``order_id``, among those that are known when the refund becomes known, unless that day is
    later than its own. Any other refund stays on its own day. An order line that arrives after the
    refund moves nothing: no row changes what was known before it. ``booked_on`` and ``known_on``
    do not change: before the refund was known, the order stood in full.

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
    key = ["customer_id", "order_id"]
    named = rows.filter(rows.order_id.notnull())
    lines = (
        named.filter(named.amount > 0)
        .group_by(*key, line_known_on=named.known_on)
        .agg(line_day=named.booked_on.min())
    )
    refunds = named.filter(named.amount < 0).select(*key, "known_on").distinct()
    # each refund sees the order as it was known on the day that the refund became known
    seen = refunds.join(lines, [*key, refunds.known_on >= lines.line_known_on])
    orders = seen.group_by(*key, "known_on").agg(order_day=seen.line_day.min())
    joined = rows.left_join(orders, [*key, "known_on"])
    netted = (joined.amount < 0) & (joined.order_day <= joined.booked_on)
    return joined.mutate(day=ibis.ifelse(netted, joined.order_day, joined.day)).select(rows.columns)
