"""The behaviour table: what is known of every customer at one or several dates, in one query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import ibis.expr.types as ir

from winback.errors import UsageError
from winback.features.cadence import (
    KEYS,
    cadence_table,
    dated_purchase_days,
    population_gaps,
)
from winback.features.feature_catalogue import EVENT_MEMORY_DAYS, describe
from winback.features.habits import discount_table, events_table, money_table, variety_table
from winback.features.habits import event_types as discover_event_types
from winback.features.purchases import date_table, dated, each_once, exact_sum, known_at

VARIETIES = {"channel": "channels", "category": "categories"}


def behaviour_table(
    transactions: ir.Table,
    snapshots: Sequence[date],
    *,
    count_zero: bool,
    horizon_days: int,
    events: ir.Table | None = None,
    event_types: Sequence[str] | None = None,
    customers: ir.Table | None = None,
) -> ir.Table:
    """Describe every customer at every snapshot.

    Parameters
    ----------
    transactions
        ``customer_id``, ``day``, ``amount``, optionally ``booked_on``, ``known_on``, ``channel``,
        ``category``, ``discounted``.
    snapshots
        The dates ``as_of``; a row of the result uses nothing known after its own.
    count_zero
        Count a day whose net amount is zero as a purchase day.
    horizon_days
        Length of ``last_horizon_*`` and of the season ahead, in days.
    events
        ``customer_id``, ``day``, ``event``; None where there are none.
    event_types
        Slugs of the types that become columns (see
        :func:`winback.features.habits.event_types`). Pass those a model was trained with when
        scoring. None: those seen up to the last snapshot.
    customers
        Only these (``customer_id``). Population figures still come from everybody, so a chunk
        of customers gets the same features as the whole.

    Returns
    -------
    ir.Table
        One row per ``as_of`` and ``customer_id`` with a purchase day by then, unsorted;
        ``first_purchase_at`` and ``last_purchase_at`` are dates, every other column is float64,
        without NaN or infinity, and described in :mod:`winback.features.feature_catalogue`.
        Nothing is computed before the table is executed.

    Raises
    ------
    UsageError
        No snapshot, one given twice, or `horizon_days` below 1.

    Examples
    --------
    >>> import ibis, pyarrow as pa
    >>> rows = ibis.memtable(pa.table({
    ...     "customer_id": ["a", "a", "b"],
    ...     "day": [date(2024, 1, 1), date(2024, 1, 21), date(2024, 1, 11)],
    ...     "amount": [10.0, 30.0, 5.0],
    ... }))
    >>> table = behaviour_table(rows, [date(2024, 1, 31)], count_zero=False, horizon_days=30)
    >>> table.order_by("customer_id").to_pyarrow().to_pandas()[
    ...     ["customer_id", "days_since_last", "typical_gap_days", "overdue_ratio"]]
      customer_id  days_since_last  typical_gap_days  overdue_ratio
    0           a             10.0              20.0            0.5
    1           b             20.0              20.0            1.0
    """
    if events is not None and event_types is None:
        event_types = discover_event_types(events, max(snapshots))
    return behaviour_at(
        transactions,
        date_table(snapshots, **seasons(snapshots, horizon_days)),
        count_zero=count_zero,
        horizon_days=horizon_days,
        events=events,
        event_types=event_types or (),
        customers=customers,
    )


def behaviour_at(
    transactions: ir.Table,
    dates: ir.Table,
    *,
    count_zero: bool,
    horizon_days: int,
    events: ir.Table | None = None,
    event_types: Sequence[str] = (),
    customers: ir.Table | None = None,
) -> ir.Table:
    """Describe every customer at the dates of a table: one query, whatever the dates.

    Parameters
    ----------
    dates
        ``as_of``, with the columns of `seasons`.
    transactions, count_zero, horizon_days, events, event_types, customers
        As in :func:`behaviour_table`, whose result is the same.
    """
    everybody = known_at(_cells(transactions), dates.select("as_of"))
    population = population_gaps(dated_purchase_days(everybody, count_zero=count_zero))
    mine = _only(transactions, customers)
    seen = known_at(_cells(mine), dates)
    days = dated_purchase_days(seen, count_zero=count_zero).join(dates, "as_of")
    table = cadence_table(days, population, horizon_days)
    table = _attach(table, money_table(seen, horizon_days))
    for column, plural in VARIETIES.items():
        if column in transactions.columns:
            table = _attach(table, variety_table(mine, dates, column, plural))
    if "discounted" in transactions.columns:
        table = _attach(table, discount_table(mine, dates))
    if events is not None and event_types:
        counts = events_table(_only(events, customers), dates, tuple(event_types))
        table = _attach(table, counts)
    numbers = [name for name in table.columns if describe(name)]
    return table.mutate(**{name: table[name].cast("float64") for name in numbers})


def active(table: ir.Table, active_within_days: int | None) -> ir.Table:
    """Keep the customers whose last purchase is at most `active_within_days` ago; None: all.

    Examples
    --------
    >>> import ibis, pyarrow as pa
    >>> rows = ibis.memtable(pa.table({"days_since_last": [30.0, 31.0]}))
    >>> active(rows, 30).count().to_pyarrow().as_py()
    1
    """
    if active_within_days is None:
        return table
    return table.filter(table.days_since_last <= active_within_days)


def seasons(snapshots: Sequence[date], horizon_days: int) -> dict[str, list[int]]:
    """Return the month after each ``as_of``, and how many more the horizon touches.

    Examples
    --------
    >>> seasons([date(2024, 1, 31)], 30)
    {'season_start': [2], 'season_span': [1]}
    """
    if horizon_days < 1:
        raise UsageError("too short", where="horizon_days", got=horizon_days, allowed="1 or more")
    each_once(snapshots)
    starts = [day + timedelta(days=1) for day in snapshots]
    ends = [day + timedelta(days=horizon_days) for day in snapshots]
    months = [
        (end.year - start.year) * 12 + end.month - start.month
        for start, end in zip(starts, ends, strict=True)
    ]
    return {"season_start": [start.month for start in starts], "season_span": months}


def _cells(transactions: ir.Table) -> ir.Table:
    """Sum the lines of a customer's day that became known together: far fewer rows to repeat."""
    rows = dated(transactions)
    return rows.group_by(["customer_id", "day", "booked_on", "known_on"]).aggregate(
        amount=exact_sum(rows.amount),
        refunded=exact_sum(rows.amount, where=rows.amount < 0),
        lines=rows.count(where=rows.amount >= 0),
        refunds=rows.count(where=rows.amount < 0),
    )


def _only(table: ir.Table, customers: ir.Table | None) -> ir.Table:
    """Keep the rows of the customers wanted."""
    return table if customers is None else table.semi_join(customers, "customer_id")


def _attach(table: ir.Table, more: ir.Table) -> ir.Table:
    """Join more columns on; where a customer has none, say what an absence means."""
    names = [name for name in more.columns if name not in KEYS]
    joined = table.left_join(more, list(KEYS))
    return joined.select(*table.columns, **{n: joined[n].coalesce(_absent(n)) for n in names})


def _absent(name: str) -> int:
    """Give the value of an attached feature for a customer without a row there."""
    if name.endswith("_days_since"):
        return EVENT_MEMORY_DAYS
    return 1 if name.startswith("latest_") else 0
