"""What contacts do when they add up: responses and opt-outs by number of contacts."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from winback.features.purchases import purchase_days

MANY = 5
"""From so many contacts on, customers are counted together."""


def contact_pressure(
    contacts: ir.Table,
    transactions: ir.Table,
    as_of: date,
    *,
    horizon_days: int,
    customers: ir.Table | None = None,
    count_zero: bool = False,
) -> ir.Table:
    """Count responses to a customer's first, second and further contact, and who opted out.

    A response is a purchase within the horizon, caused by the contact or not: who is contacted
    often is another customer than who is contacted once, so that rows tell what happened, not
    what a further contact would do.

    Parameters
    ----------
    contacts
        ``customer_id``, ``timestamp`` of all contacts, whichever list or campaign sent them, and,
        where known, ``arm`` (rows of ``control`` were not sent). Several of a day are one.
    transactions
        See `winback.features.purchases.dated`.
    as_of
        The last day that is known.
    horizon_days
        Within how many days after a contact a purchase answers it. Contacts too young to tell are
        not among ``sent``.
    customers
        ``customer_id`` and, where known, ``opt_out``. None: not known.
    count_zero
        Count a day whose net amount is zero as a purchase day.

    Returns
    -------
    ir.Table
        By ``contacts``, 1 to `MANY` (which stands for as many and more): ``sent`` and ``responded``
        of the contacts that were a customer's so-manieth; ``customers`` with so many contacts in
        all, and ``opted_out`` of them (null where not known).

    Examples
    --------
    >>> import pyarrow as pa
    >>> sent = ibis.memtable(pa.table({"customer_id": ["a", "a", "b"],
    ...     "timestamp": [date(2024, 1, 1), date(2024, 2, 1), date(2024, 2, 1)]}))
    >>> bought = ibis.memtable(pa.table({"customer_id": ["a"], "day": [date(2024, 2, 9)],
    ...                                  "amount": [5.0]}))
    >>> table = contact_pressure(sent, bought, date(2024, 3, 31), horizon_days=30)
    >>> table.order_by("contacts").to_pyarrow().to_pandas()[["contacts", "sent", "responded"]]
       contacts  sent  responded
    0         1     2          0
    1         2     1          1
    """
    if "arm" in contacts.columns:
        contacts = contacts.filter(contacts.arm.fill_null("") != "control")
    days = contacts.select("customer_id", day=contacts.timestamp.cast("date")).distinct()
    days = days.filter(days.day <= as_of)
    in_order = ibis.window(group_by=days.customer_id, order_by=days.day)
    days = days.mutate(contacts=ibis.least(ibis.row_number().over(in_order) + 1, MANY))
    old = days.filter(ibis.literal(as_of).delta(days.day, unit="day") >= horizon_days)
    bought = purchase_days(transactions, as_of, count_zero=count_zero)
    bought = bought.select(buyer=bought.customer_id, bought_on=bought.day)
    answered = old.semi_join(
        bought,
        [
            old.customer_id == bought.buyer,
            bought.bought_on > old.day,
            bought.bought_on.delta(old.day, unit="day") <= horizon_days,
        ],
    )
    in_all = days.group_by("customer_id").aggregate(contacts=days.contacts.max())
    has_opt_out = False
    if customers is not None and "opt_out" in customers.columns:
        has_opt_out = True
        flags = customers.group_by("customer_id").aggregate(opt_out=customers.opt_out.any())
        in_all = in_all.left_join(flags, "customer_id").select("customer_id", "contacts", "opt_out")
    counts = {
        "sent": old.group_by("contacts").aggregate(sent=old.count()),
        "responded": answered.group_by("contacts").aggregate(responded=answered.count()),
        "customers": in_all.group_by("contacts").aggregate(customers=in_all.count()),
    }
    if has_opt_out:
        opted = in_all.filter(in_all.opt_out)
        counts["opted_out"] = opted.group_by("contacts").aggregate(opted_out=opted.count())
    table = days.select("contacts").distinct()
    for name, counted in counts.items():
        joined = table.left_join(counted, "contacts")
        table = joined.select(*table.columns, **{name: joined[name].coalesce(0)})
    return table if has_opt_out else table.mutate(opted_out=ibis.null("int64"))
