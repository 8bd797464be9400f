"""What each customer did on each day, side by side: what indicators are summed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from winback.data.engine import laid_down
from winback.evaluation.past import Past
from winback.features.purchases import MONEY, counts_as_purchase, exact_sum

DAY = ("customer_id", "day")


@dataclass(frozen=True)
class Facts:
    """What customers did, as it was known at a day: what indicators are summed from.

    Parameters
    ----------
    past
        Purchases and events.
    customers
        ``customer_id``, optionally ``acquired_at``, ``referred_by`` and columns to tell customers
        apart by; None where there is no such table.
    """

    past: Past
    customers: ir.Table | None = None

    def days(self, event_names: Sequence[str], by: str | None = None) -> ir.Table:
        """Return `customer_days`, laid down in the engine once, whatever grains ask for them."""
        return self.past.once(
            ("customer days", *event_names, by),
            lambda: laid_down(customer_days(self.past, event_names, by)),
        )

    @property
    def has_channels(self) -> bool:
        """Whether purchases say through which channel they came."""
        return "channel" in self.past.transactions.table.columns

    def event_days(self, name: str) -> ir.Table | None:
        """Return ``customer_id``, ``day`` of a kind of event, each day once."""
        rows = self.past.known_events
        if rows is None:
            return None
        return rows.filter(rows.event == name).select(*DAY).distinct()

    def referrals(self) -> ir.Table | None:
        """Return ``customer_id``, ``day``: when somebody whom the customer referred first bought.

        None where nobody's referrer is known.
        """
        if self.customers is None or "referred_by" not in self.customers.columns:
            return None
        first = self.past.first_purchases
        brought = self.customers.select("customer_id", "referred_by")
        brought = brought.filter(brought.referred_by.notnull()).inner_join(first, "customer_id")
        return brought.select(customer_id=brought.referred_by, day=brought.first_day).distinct()


def customer_days(past: Past, event_names: Sequence[str], by: str | None = None) -> ir.Table:
    """Lay side by side what each customer did on each day.

    Parameters
    ----------
    past
        Purchases and events.
    event_names
        The kinds of events to count.
    by
        A column of the purchases (and, if they have it, of the events) to tell apart: ``channel``.

    Returns
    -------
    ir.Table
        ``customer_id``, ``day``, `by`, ``orders`` (1 on a purchase day), ``revenue`` (net),
        ``gross`` and ``refunded`` (exact decimals), and ``event:NAME`` for each kind of event.
    """
    keys = [*DAY, *([by] if by else [])]
    rows = past.transactions.table
    days = rows.group_by(keys).aggregate(
        revenue=exact_sum(rows.amount),
        gross=exact_sum(rows.amount, where=rows.amount > 0),
        refunded=exact_sum(-rows.amount, where=rows.amount < 0),
    )
    bought = counts_as_purchase(days.revenue, count_zero=past.transactions.count_zero)
    parts = [
        days.select(
            *keys,
            orders=bought.cast("int64"),
            revenue=days.revenue.cast(MONEY),
            gross=days.gross.cast(MONEY),
            refunded=days.refunded.cast(MONEY),
            **{f"event:{name}": ibis.literal(0, "int64") for name in event_names},
        )
    ]
    events = past.known_events
    if event_names and events is not None and (by is None or by in events.columns):
        counts = events.filter(events.event.isin(list(event_names))).group_by(keys)
        counted = counts.aggregate(
            **{f"event:{name}": (events.event == name).sum().cast("int64") for name in event_names}
        )
        money = {name: ibis.literal(0).cast(MONEY) for name in ("revenue", "gross", "refunded")}
        names = [f"event:{name}" for name in event_names]
        parts.append(
            counted.select(
                *keys, orders=ibis.literal(0, "int64"), **money, **{n: counted[n] for n in names}
            )
        )
        both = ibis.union(*parts)
        sums = {name: both[name].sum() for name in both.columns if name not in keys}
        return both.group_by(keys).aggregate(**sums)
    return parts[0]
