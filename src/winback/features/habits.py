"""Money by date, channels and categories, and events: what rows say beside purchase days."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from winback.errors import UsageError
from winback.features.cadence import KEYS
from winback.features.feature_catalogue import (
    EVENT_MEMORY_DAYS,
    EVENT_WINDOWS,
    RECENT_DAYS,
    WINDOWS,
)
from winback.features.purchases import dated, exact_sum, known_at, known_by, ratio


def money_table(seen: ir.Table, horizon_days: int) -> ir.Table:
    """Sum amounts, by the day they were booked, up to each ``as_of``.

    Parameters
    ----------
    seen
        ``as_of, customer_id, booked_on, amount, refunded, refunds``: rows repeated
        under each date, net amounts, the sum of those below zero, and how many they are.
    horizon_days
        Length of ``last_horizon_revenue``.

    Returns
    -------
    ir.Table
        Per ``as_of`` and customer: ``amount_*``, ``last_horizon_revenue``, ``realised_revenue``,
        ``refund_share``, ``refunds_90``.
    """
    ago = seen.as_of.delta(seen.booked_on, unit="day")
    raw = seen.group_by(list(KEYS)).aggregate(
        **{f"amount_{n}": exact_sum(seen.amount, where=ago < n) for n in WINDOWS},
        last_horizon_revenue=exact_sum(seen.amount, where=ago < horizon_days),
        realised_revenue=exact_sum(seen.amount),
        refunded=exact_sum(seen.refunded),
        recent_refunds=seen.refunds.sum(where=ago < RECENT_DAYS).coalesce(0),
    )
    refunded = raw.refunded.abs()
    refund_share = ibis.least(ratio(refunded, raw.realised_revenue + refunded, 0.0), 1.0)
    return raw.mutate(
        refund_share=refund_share, **{f"refunds_{RECENT_DAYS}": raw.recent_refunds}
    ).drop("refunded", "recent_refunds")


def variety_table(transactions: ir.Table, dates: ir.Table, column: str, plural: str) -> ir.Table:
    """Count the values of a column (channel, category) that a customer bought under.

    Refund lines and empty values are left out. The latest value is that of the latest day; of
    several on that day the one with most lines so far, then the first by name.

    Parameters
    ----------
    transactions
        ``customer_id``, ``day``, ``amount`` and the column.
    dates
        Table of ``as_of``.
    column, plural
        "channel", "channels".

    Returns
    -------
    ir.Table
        Per ``as_of`` and customer: ``n_channels``, ``n_channels_90``, ``latest_channel_share``.
    """
    rows = dated(transactions)
    rows = rows.filter(rows.amount >= 0, rows[column].notnull())
    rows = rows.group_by(["customer_id", "day", "known_on", column]).aggregate(lines=rows.count())
    seen = known_at(rows, dates)
    values = seen.group_by([*KEYS, column]).aggregate(last=seen.day.max(), lines=seen.lines.sum())
    latest_first = ibis.window(
        group_by=[values[key] for key in KEYS],
        order_by=[values["last"].desc(), values.lines.desc(), values[column].asc()],
    )
    values = values.mutate(rank=ibis.row_number().over(latest_first))  # from 0
    recent = values.as_of.delta(values["last"], unit="day") < RECENT_DAYS
    of_latest = values.lines.sum(where=values["rank"] == 0)
    return values.group_by(list(KEYS)).aggregate(
        **{
            f"n_{plural}": values.count(),
            f"n_{plural}_{RECENT_DAYS}": values.count(where=recent),
            f"latest_{column}_share": ratio(of_latest, values.lines.sum(), 1.0),
        }
    )


def discount_table(transactions: ir.Table, dates: ir.Table) -> ir.Table:
    """Tell which share of the days on which a customer bought had a discount.

    Parameters
    ----------
    transactions
        ``customer_id``, ``day``, ``amount`` and ``discounted``; refund lines are left out.
    dates
        Table of ``as_of``.

    Returns
    -------
    ir.Table
        Per ``as_of`` and customer: ``discount_share``.
    """
    rows = dated(transactions)
    seen = known_at(rows.filter(rows.amount >= 0), dates)
    days = seen.group_by([*KEYS, "day"]).aggregate(cheaper=seen.discounted.any())
    return days.group_by(list(KEYS)).aggregate(
        discount_share=ratio(days.count(where=days.cheaper), days.count(), 0.0)
    )


def event_slug(event: ir.StringColumn) -> ir.StringValue:
    """Turn an event's name into part of a column name: lower case, letters, digits and ``_``."""
    return event.lower().re_replace(r"[^\p{L}\p{N}]+", "_")


def event_types(events: ir.Table, as_of: date, *, at_most: int = 20) -> tuple[str, ...]:
    """Name the event types known at `as_of`, the most frequent first, as column-name slugs.

    Parameters
    ----------
    events
        ``customer_id``, ``day``, ``event``.
    as_of
        The last known day: a type that first occurs later is not seen.
    at_most
        How many types become features.

    Examples
    --------
    >>> import pyarrow as pa
    >>> events = ibis.memtable(pa.table({
    ...     "customer_id": ["a", "a"], "event": ["Web visit", "return"],
    ...     "day": [date(2024, 1, 1), date(2024, 3, 1)],
    ... }))
    >>> event_types(events, date(2024, 1, 31))
    ('web_visit',)
    """
    rows = known_by(events, as_of)
    rows = rows.filter(rows.event.notnull()).mutate(slug=event_slug(rows.event))
    counts = rows.group_by("slug").aggregate(n=rows.count())
    top = counts.order_by([counts.n.desc(), counts.slug.asc()]).limit(at_most)
    return tuple(top.to_pyarrow().to_pandas()["slug"])


def events_table(events: ir.Table, dates: ir.Table, types: tuple[str, ...]) -> ir.Table:
    """Count a customer's events of each type, and the days since the last.

    Parameters
    ----------
    events
        ``customer_id``, ``day``, ``event``.
    dates
        Table of ``as_of``.
    types
        Slugs, as :func:`event_types` returns them.

    Returns
    -------
    ir.Table
        Per ``as_of`` and customer with an event: ``event_TYPE_30``, ``event_TYPE_90``,
        ``event_TYPE_days_since`` (at most 365, which also stands for never).
    """
    if len(set(types)) != len(types):
        raise UsageError("an event type is given twice", where="event_types", got=", ".join(types))
    rows = dated(events)
    rows = rows.mutate(slug=event_slug(rows.event))
    rows = rows.filter(rows.slug.isin(types))
    rows = rows.group_by(["customer_id", "day", "known_on", "slug"]).aggregate(n=rows.count())
    seen = known_at(rows, dates)
    seen = seen.mutate(ago=seen.as_of.delta(seen.day, unit="day"))
    columns = {}
    for slug in types:
        is_type = seen.slug == slug
        for n in EVENT_WINDOWS:
            columns[f"event_{slug}_{n}"] = seen.n.sum(where=is_type & (seen.ago < n)).coalesce(0)
        since = seen.ago.min(where=is_type).coalesce(EVENT_MEMORY_DAYS)
        columns[f"event_{slug}_days_since"] = ibis.least(since, EVENT_MEMORY_DAYS)
    return seen.group_by(list(KEYS)).aggregate(**columns)
