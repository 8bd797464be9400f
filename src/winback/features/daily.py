"""Purchase days counted by calendar day."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir

from winback.features.purchases import purchase_days


def daily_purchases(
    transactions: ir.Table,
    as_of: date,
    *,
    count_zero: bool,
    joined_by: date | None = None,
) -> ir.Table:
    """Count first and repeat purchase days by day.

    Parameters
    ----------
    transactions
        ``customer_id``, ``day``, ``amount``, optionally ``booked_on``, ``known_on``.
    as_of
        The last known day.
    count_zero
        Count a day whose net amount is zero as a purchase day.
    joined_by
        Only of customers whose first purchase day is this or earlier; None: of all.

    Returns
    -------
    ir.Table
        ``day``, ``first`` (customers won), ``repeats`` (purchase days after the first one), for
        days with a purchase, by day.

    Examples
    --------
    >>> import ibis, pyarrow as pa
    >>> rows = ibis.memtable(pa.table({
    ...     "customer_id": ["a", "a", "b"],
    ...     "day": [date(2024, 1, 1), date(2024, 1, 11), date(2024, 1, 11)],
    ...     "amount": [10.0, 30.0, 5.0],
    ... }))
    >>> daily_purchases(rows, date(2024, 1, 31), count_zero=False).to_pyarrow().to_pandas()
              day  first  repeats
    0  2024-01-01      1        0
    1  2024-01-11      1        1
    """
    days = purchase_days(transactions, as_of, count_zero=count_zero)
    firsts = days.group_by("customer_id").aggregate(joined=days.day.min())
    if joined_by is not None:
        firsts = firsts.filter(firsts.joined <= joined_by)
    dated = days.inner_join(firsts, "customer_id")
    is_first = dated.day == dated.joined
    counted = dated.group_by("day").aggregate(
        first=dated.count(where=is_first), repeats=dated.count(where=~is_first)
    )
    return counted.order_by("day")
