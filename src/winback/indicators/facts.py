"""What each customer did on each day, side by side: what indicators are summed from."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import ibis
import ibis.expr.types as ir

from winback.data.engine import laid_down
from winback.errors import NotEnoughDataError
from winback.features.purchases import MONEY, counts_as_purchase, dated, exact_sum, known_by

DAY = ("customer_id", "day")


@dataclass(frozen=True)
class Known:
    """The rows that indicators are made of, as they were known at a day.

    Parameters
    ----------
    transactions
        ``customer_id``, ``day``, ``amount``, optionally ``channel`` and the days of
        `winback.features.purchases.dated`.
    as_of
        The last known day; rows that were known later change nothing.
    count_zero
        Whether a day whose net amount is zero is a purchase day.
    events
        ``customer_id``, ``day``, ``event``, optionally ``channel``; None where there are none.
    customers
        ``customer_id``, optionally ``acquired_at``, ``referred_by`` and columns to tell customers
        apart by; None where there is no such table.
    laid
        What is remembered of these rows.
    """

    transactions: ir.Table
    as_of: date
    count_zero: bool = False
    events: ir.Table | None = None
    customers: ir.Table | None = None
    laid: dict[Hashable, ir.Table] = field(default_factory=dict, repr=False, compare=False)

    def days(self, event_names: Sequence[str], by: str | None = None) -> ir.Table:
        """Return `customer_days`, laid down in the engine once, whatever grains ask for them."""
        key = (*event_names, by)
        if key not in self.laid:
            self.laid[key] = laid_down(customer_days(self, event_names, by))
        return self.laid[key]

    def rows(self) -> ir.Table:
        """Return the purchases and refunds that were known."""
        return known_by(self.transactions, self.as_of)

    def event_rows(self) -> ir.Table | None:
        """Return the events that were known."""
        return None if self.events is None else known_by(self.events, self.as_of)

    @property
    def has_channels(self) -> bool:
        """Whether purchases say through which channel they came."""
        return "channel" in self.transactions.columns

    @cached_property
    def first_row(self) -> date:
        """The first day with a row.

        Raises
        ------
        NotEnoughDataError
            There is no row.
        """
        day: date | None = self.rows().day.min().to_pyarrow().as_py()
        if day is None:
            raise NotEnoughDataError("no transaction is known", hint="check as_of and the filter")
        return day

    @cached_property
    def purchase_days(self) -> ir.Table:
        """``customer_id``, ``day``: one row per purchase day; they lie in the engine."""
        rows = self.rows()
        days = rows.group_by(list(DAY)).aggregate(net=exact_sum(rows.amount))
        days = days.filter(counts_as_purchase(days.net, count_zero=self.count_zero))
        return laid_down(days.select(*DAY))

    def event_days(self, name: str) -> ir.Table | None:
        """Return ``customer_id``, ``day`` of a kind of event, each day once."""
        rows = self.event_rows()
        if rows is None:
            return None
        return rows.filter(rows.event == name).select(*DAY).distinct()

    def referrals(self) -> ir.Table | None:
        """Return ``customer_id``, ``day``: when somebody whom the customer referred first bought.

        None where nobody's referrer is known.
        """
        if self.customers is None or "referred_by" not in self.customers.columns:
            return None
        first = self.first_purchases
        brought = self.customers.select("customer_id", "referred_by")
        brought = brought.filter(brought.referred_by.notnull()).inner_join(first, "customer_id")
        return brought.select(customer_id=brought.referred_by, day=brought.first_day).distinct()

    @cached_property
    def first_purchases(self) -> ir.Table:
        """``customer_id``, ``first_day``: the first purchase day of each; in the engine."""
        days = self.purchase_days
        return laid_down(days.group_by("customer_id").aggregate(first_day=days.day.min()))


def customer_days(known: Known, event_names: Sequence[str], by: str | None = None) -> ir.Table:
    """Lay side by side what each customer did on each day.

    Parameters
    ----------
    known
        The rows.
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
    rows = dated(known.rows())
    days = rows.group_by(keys).aggregate(
        revenue=exact_sum(rows.amount),
        gross=exact_sum(rows.amount, where=rows.amount > 0),
        refunded=exact_sum(-rows.amount, where=rows.amount < 0),
    )
    bought = counts_as_purchase(days.revenue, count_zero=known.count_zero)
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
    events = known.event_rows()
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
