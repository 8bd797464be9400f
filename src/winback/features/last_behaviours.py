"""What customers did last: purchases, and events where there are any, as of a date."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from winback.features.purchases import counts_as_purchase, exact_sum, known_by

PURCHASE = "purchase"


def last_behaviours(
    transactions: ir.Table,
    as_of: date,
    *,
    count_zero: bool,
    customers: ir.Table,
    events: ir.Table | None = None,
    n: int = 3,
) -> ir.Table:
    """Find each customer's last behaviours, the newest first.

    A purchase day is one behaviour, and so are all events of one kind on one day. Of several on
    one day the purchase comes first, then events by name.

    Parameters
    ----------
    transactions
        ``customer_id``, ``day``, ``amount``, optionally ``channel`` and the days of
        `winback.features.purchases.dated`.
    as_of
        The last day that is known: whatever became known later is not seen.
    count_zero
        Whether a day whose net amount is zero is a purchase day.
    customers
        Only these (``customer_id``).
    events
        ``customer_id``, ``day``, ``event``; None where there are none.
    n
        How many a customer.

    Returns
    -------
    ir.Table
        ``customer_id``, ``place`` (1 is the newest), ``day``, ``what`` (``purchase``, or the
        event's name), ``times`` (events of the kind on the day), ``amount`` (net, of a purchase
        day), ``channel`` (of a purchase day with one channel; else null). Unsorted.

    Examples
    --------
    >>> import pyarrow as pa
    >>> rows = ibis.memtable(pa.table({"customer_id": ["a", "a"], "amount": [10.0, 5.0],
    ...                                "day": [date(2024, 1, 2), date(2024, 3, 1)]}))
    >>> table = last_behaviours(rows, date(2024, 1, 31), count_zero=False,
    ...                         customers=rows.select("customer_id").distinct())
    >>> table.select("place", "day", "what", "amount").to_pyarrow().to_pylist()
    [{'place': 1, 'day': datetime.date(2024, 1, 2), 'what': 'purchase', 'amount': 10.0}]
    """
    rows = known_by(transactions, as_of).semi_join(customers, "customer_id")
    channel = rows.channel if "channel" in rows.columns else ibis.null("string")
    rows = rows.mutate(channel=ibis.ifelse(rows.amount >= 0, channel, ibis.null("string")))
    days = rows.group_by(["customer_id", "day"]).aggregate(
        net=exact_sum(rows.amount), channels=rows.channel.nunique(), channel=rows.channel.min()
    )
    days = days.filter(counts_as_purchase(days.net, count_zero=count_zero))
    done = days.select(
        "customer_id",
        "day",
        what=ibis.literal(PURCHASE),
        kind=ibis.literal(0),
        times=ibis.literal(1, "int64"),
        amount=days.net.cast("float64"),
        channel=ibis.ifelse(days.channels == 1, days.channel, ibis.null("string")),
    )
    if events is not None:
        seen = known_by(events, as_of).semi_join(customers, "customer_id")
        seen = seen.filter(seen.event.notnull())
        counts = seen.group_by(["customer_id", "day", "event"]).aggregate(times=seen.count())
        done = done.union(
            counts.select(
                "customer_id",
                "day",
                what=counts.event,
                kind=ibis.literal(1),
                times=counts.times.cast("int64"),
                amount=ibis.null("float64"),
                channel=ibis.null("string"),
            )
        )
    newest = ibis.window(
        group_by=done.customer_id, order_by=[done.day.desc(), done.kind.asc(), done.what.asc()]
    )
    done = done.mutate(place=ibis.row_number().over(newest) + 1)
    done = done.filter(done.place <= n)
    return done.select("customer_id", "place", "day", "what", "times", "amount", "channel")
