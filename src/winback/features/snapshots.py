"""Training tables: features at several past dates beside what happened after each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from winback.errors import Sentence, UsageError
from winback.features.behaviour import active
from winback.features.outcomes import outcomes_table


def snapshot_dates(
    *,
    first_day: date,
    as_of: date,
    horizon_days: int,
    gap_days: int,
    every_days: int,
    count: int,
    min_history_days: int,
) -> list[date]:
    """List the dates whose outcomes are known at `as_of`, newest first.

    Parameters
    ----------
    first_day
        The first day of the data.
    as_of
        The last known day.
    horizon_days, gap_days
        An outcome covers ``(date + gap_days, date + gap_days + horizon_days]``.
    every_days
        Spacing.
    count
        At most so many.
    min_history_days
        How much history must lie before a date, `first_day` included.

    Returns
    -------
    list of date
        Possibly empty: then there is too little history for one mature label.

    Examples
    --------
    >>> snapshot_dates(first_day=date(2024, 1, 1), as_of=date(2024, 12, 31), horizon_days=90,
    ...                gap_days=0, every_days=30, count=2, min_history_days=90)
    [datetime.date(2024, 10, 2), datetime.date(2024, 9, 2)]
    """
    if horizon_days < 1 or gap_days < 0 or every_days < 1 or count < 1:
        raise UsageError(
            "out of range",
            where="snapshots",
            got=f"horizon_days={horizon_days}, gap_days={gap_days}, "
            f"every_days={every_days}, count={count}",
            allowed="gap_days 0 or more, the others 1 or more",
        )
    newest = as_of - timedelta(days=gap_days + horizon_days)
    candidates = [newest - timedelta(days=every_days * step) for step in range(count)]
    return [day for day in candidates if (day - first_day).days + 1 >= min_history_days]


def training_table(
    features: ir.Table,
    transactions: ir.Table,
    dates: Sequence[date],
    *,
    as_of: date,
    horizon_days: int,
    gap_days: int,
    active_within_days: int | None,
    count_zero: bool,
) -> ir.Table:
    """Put features at each date beside the outcome after it.

    Parameters
    ----------
    features
        What :func:`winback.features.behaviour.behaviour_table` says of `dates`, of all customers
        or of some; rows of other dates are left out.
    transactions, count_zero
        As they were given to it.
    dates
        Snapshots; see :func:`snapshot_dates`.
    as_of
        The training day: no feature and no label uses anything known after it.
    horizon_days, gap_days
        The label covers ``(date + gap_days, date + gap_days + horizon_days]``.
    active_within_days
        Keep customers who bought at most so many days before a snapshot; None: everybody.

    Returns
    -------
    ir.Table
        The columns of `features`, then float64 ``purchases``, ``revenue`` and ``churned`` (1.0: no
        purchase day in the label's window).

    Raises
    ------
    UsageError
        The label of a date is not over at `as_of` (the forward split), or no date is given.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from winback.features.behaviour import behaviour_table
    >>> rows = ibis.memtable(pa.table({
    ...     "customer_id": ["a", "b", "a"],
    ...     "day": [date(2024, 1, 1), date(2024, 1, 2), date(2024, 2, 5)],
    ...     "amount": [10.0, 30.0, 12.5],
    ... }))
    >>> dates = [date(2024, 1, 31)]
    >>> features = behaviour_table(rows, dates, count_zero=False, horizon_days=30)
    >>> table = training_table(features, rows, dates, as_of=date(2024, 3, 1), horizon_days=30,
    ...                        gap_days=0, active_within_days=365, count_zero=False)
    >>> table.order_by("customer_id").to_pyarrow().to_pandas()[
    ...     ["customer_id", "T", "purchases", "revenue", "churned"]]
      customer_id     T  purchases  revenue  churned
    0           a  30.0        1.0     12.5      0.0
    1           b  29.0        0.0      0.0      1.0
    """
    gap, horizon = timedelta(days=gap_days), timedelta(days=horizon_days)
    immature = [day for day in dates if day + gap + horizon > as_of]
    if immature:
        raise UsageError(
            "a training label is not over yet",
            where="snapshots",
            got=", ".join(map(str, immature)),
            allowed=Sentence("dates up to {last}", last=as_of - gap - horizon),
            hint="choose dates with snapshot_dates",
        )
    features = active(features, active_within_days).filter(lambda row: row.as_of.isin(list(dates)))
    windows = [(day, day + gap, day + gap + horizon) for day in dates]
    # late rows that have come since are part of a label: they happened, and are known
    outcomes = outcomes_table(transactions, windows, count_zero=count_zero, known_by=as_of)
    joined = features.left_join(outcomes, ["as_of", "customer_id"])
    purchases = joined.purchases.coalesce(0.0)
    return joined.select(
        *features.columns,
        purchases=purchases,
        revenue=joined.revenue.coalesce(0.0),
        churned=ibis.ifelse(purchases == 0, 1.0, 0.0),
    )
