"""Who has a case open with the shop: a complaint or a refund. Nobody should be wooed meanwhile."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from winback.features.purchases import known_by

OPEN_COMPLAINT = "open complaint"
OPEN_REFUND = "open refund"


def open_cases(
    transactions: ir.Table,
    as_of: date,
    *,
    events: ir.Table | None = None,
    complaint: str = "complaint",
    resolved: str = "complaint_resolved",
    complaint_days: int = 90,
    refund_days: int = 30,
) -> ir.Table:
    """List the customers with an open case, as known at `as_of`.

    Parameters
    ----------
    transactions
        ``customer_id``, ``day``, ``amount``, optionally ``booked_on``, ``known_on``. A refund (an
        amount below 0) is open while it was booked fewer than `refund_days` ago.
    as_of
        The last day that is known.
    events
        ``customer_id``, ``day``, ``event`` and, if known, ``timestamp``. None: no complaints.
    complaint, resolved
        The events that open and close a complaint, whatever their case. One that is closed at the
        moment at which it is opened is closed.
    complaint_days
        A complaint as old as this counts no more. 0: complaints do not matter.
    refund_days
        The same for refunds.

    Returns
    -------
    ir.Table
        ``customer_id``, ``reason`` (`OPEN_COMPLAINT` before `OPEN_REFUND`), one row a customer.

    Examples
    --------
    >>> import pyarrow as pa
    >>> sales = ibis.memtable(pa.table({
    ...     "customer_id": ["a", "b"], "day": [date(2024, 1, 9)] * 2, "amount": [-5.0, 5.0]}))
    >>> events = ibis.memtable(pa.table({
    ...     "customer_id": ["b", "b", "c"], "day": [date(2024, 1, d) for d in (2, 3, 4)],
    ...     "event": ["complaint", "complaint_resolved", "complaint"]}))
    >>> cases = open_cases(sales, date(2024, 1, 31), events=events)
    >>> cases.to_pyarrow().to_pandas().set_index("customer_id").reason.sort_index().to_dict()
    {'a': 'open refund', 'c': 'open complaint'}
    """
    rows = known_by(transactions, as_of)
    recent = rows.booked_on > as_of - timedelta(days=refund_days)
    cases = rows.filter(rows.amount < 0, recent).select("customer_id", reason=_text(OPEN_REFUND))
    if events is not None:
        cases = cases.union(
            _complaints(known_by(events, as_of), as_of, complaint, resolved, complaint_days)
        )
    # "open complaint" comes before "open refund", as it happens, in the alphabet as well
    return cases.group_by("customer_id").aggregate(reason=cases.reason.min())


def _complaints(
    events: ir.Table, as_of: date, complaint: str, resolved: str, days: int
) -> ir.Table:
    when = events.timestamp if "timestamp" in events.columns else events.day
    name = events.event.strip().lower()
    opens = (name == complaint.strip().lower()) & (events.day > as_of - timedelta(days=days))
    last = events.group_by("customer_id").aggregate(
        opened=when.max(where=opens), closed=when.max(where=name == resolved.strip().lower())
    )
    still_open = last.opened.notnull() & (last.closed.isnull() | (last.closed < last.opened))
    return last.filter(still_open).select("customer_id", reason=_text(OPEN_COMPLAINT))


def _text(value: str) -> ir.StringScalar:
    return ibis.literal(value, "string")
