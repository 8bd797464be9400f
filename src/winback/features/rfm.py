"""The field's customer summary: frequency, recency, T and monetary value.

Definitions as in Fader, Hardie & Lee (2005), "Counting your customers the easy way", and in
``lifetimes.utils.summary_data_from_transaction_data``, which this equals row for row.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from winback.errors import DataError, UsageError
from winback.features.purchases import MONEY, exact_sum, known_by, purchase_days, ratio

DAYS_PER_UNIT = {"D": 1, "W": 7}


def summary_aggregates(days: ir.Table) -> dict[str, ir.Value]:
    """List the aggregates over purchase days from which :func:`summary_columns` is worked."""
    return {
        "n_days": days.count(),
        "first_day": days.day.min(),
        "last_day": days.day.max(),
        "total": exact_sum(days.amount),
        "first_amount": days.amount.argmin(days.day),
    }


def summary_columns(per_customer: ir.Table, as_of: date | ir.DateValue) -> dict[str, ir.Value]:
    """Work frequency, recency, T and monetary value out of :func:`summary_aggregates`."""
    as_of = ibis.literal(as_of, "date") if isinstance(as_of, date) else as_of
    repeats = per_customer.n_days - 1
    # the first purchase day is left out of the mean: it says who joined, not who comes back
    spent_on_repeats = per_customer.total.cast(MONEY) - per_customer.first_amount.cast(MONEY)
    return {
        "frequency": repeats.cast("float64"),
        "recency": per_customer.last_day.delta(per_customer.first_day, unit="day").cast("float64"),
        "T": as_of.delta(per_customer.first_day, unit="day").cast("float64"),
        "monetary_value": ratio(spent_on_repeats, repeats, 0.0),
    }


def rfm_table(days: ir.Table, as_of: date) -> ir.Table:
    """Summarise purchase days per customer.

    Parameters
    ----------
    days
        ``customer_id``, ``day``, ``amount``: one row per purchase day, none after `as_of`
        (see :func:`winback.features.purchases.purchase_days`).
    as_of
        The last known day.

    Returns
    -------
    ir.Table
        ``customer_id``, and as float64 ``frequency`` (repeat purchase days, >= 0), ``recency``
        (age in days at the last purchase, 0 for one purchase day), ``T`` (age in days at
        `as_of`) and ``monetary_value`` (mean amount of a repeat purchase day, 0 without one).

    Examples
    --------
    >>> days = ibis.memtable(pa.table({
    ...     "customer_id": ["a", "a", "b"],
    ...     "day": [date(2024, 1, 1), date(2024, 1, 11), date(2024, 1, 21)],
    ...     "amount": [10.0, 30.0, 5.0],
    ... }))
    >>> rfm_table(days, date(2024, 1, 31)).order_by("customer_id").to_pyarrow().to_pandas()
      customer_id  frequency  recency     T  monetary_value
    0           a        1.0     10.0  30.0            30.0
    1           b        0.0      0.0  10.0             0.0
    """
    per_customer = days.group_by("customer_id").aggregate(**summary_aggregates(days))
    return per_customer.select("customer_id", **summary_columns(per_customer, as_of))


def rfm_summary(data: Any, as_of: str | date, time_unit: str = "D") -> pd.DataFrame:
    """Summarise each customer's purchases up to `as_of`.

    Parameters
    ----------
    data
        A pandas, Polars or Arrow frame or an Ibis table with the columns ``customer_id``,
        ``timestamp`` or ``date``, and ``amount`` (optional). Every given row counts: a day at
        zero, and a day of refunds only, is a purchase day here, as in ``lifetimes``. Zone-aware
        times of a frame are cut into days of their own zone. Or what
        ``winback.read_transactions`` returns: then its own rules on refunds, zero amounts and
        late rows decide what is a purchase day.
    as_of
        The last known day, a date or its ISO text. Later rows are unseen, and customers whose
        first purchase is later are absent.
    time_unit
        "D" for days, or "W" for days divided by 7.

    Returns
    -------
    pandas.DataFrame
        Sorted by ``customer_id`` (a column, of the type given), with float64 ``frequency``,
        ``recency``, ``T``, ``monetary_value`` as in :func:`rfm_table`.

    Raises
    ------
    UsageError
        `as_of` is no date or `time_unit` is unknown.
    DataError
        A column is missing, a customer, time or amount is empty, or not of its type.

    Examples
    --------
    >>> orders = pd.DataFrame({
    ...     "customer_id": ["b", "a", "a"],
    ...     "date": ["2024-01-03", "2024-01-01", "2024-01-15"],
    ...     "amount": [7.5, 10.0, 0.0],
    ... })
    >>> rfm_summary(orders, as_of="2024-01-29", time_unit="W")
      customer_id  frequency  recency         T  monetary_value
    0           a        1.0      2.0  4.000000             0.0
    1           b        0.0      0.0  3.714286             0.0
    """
    as_of = _to_date(as_of)
    if time_unit not in DAYS_PER_UNIT:
        raise UsageError("unknown time unit", where="time_unit", got=time_unit, allowed="D, W")
    if isinstance(getattr(data, "table", None), ir.Table):
        days = purchase_days(data.table, as_of, count_zero=data.count_zero)
    else:
        rows = known_by(_to_rows(data), as_of)
        days = rows.group_by(["customer_id", "day"]).aggregate(amount=exact_sum(rows.amount))
    summary: pd.DataFrame = rfm_table(days, as_of).order_by("customer_id").to_pyarrow().to_pandas()
    summary[["recency", "T"]] /= DAYS_PER_UNIT[time_unit]
    return summary


def _to_date(value: str | date) -> date:
    """Read a date, a time (its day) or ISO text."""
    try:
        value = datetime.fromisoformat(value) if isinstance(value, str) else value
        return value.date() if isinstance(value, datetime) else date(*value.timetuple()[:3])
    except (ValueError, AttributeError):
        raise UsageError(
            "not a date", where="as_of", got=value, allowed="a date such as 2011-12-09"
        ) from None


def _to_rows(data: Any) -> ir.Table:
    """Turn any frame into a table with customer_id, day, amount, every cell filled and typed."""
    table = data if isinstance(data, ir.Table) else ibis.memtable(_to_arrow(data))
    when = next((name for name in ("day", "timestamp", "date") if name in table.columns), None)
    if when is None or "customer_id" not in table.columns:
        raise DataError(
            "a column is missing",
            where="data",
            got=", ".join(table.columns),
            allowed="customer_id, timestamp or date, amount",
            hint="rename your columns, or map them with winback.read_transactions",
        )
    if getattr(table[when].type(), "timezone", None):
        raise DataError(
            "zone-aware times do not say in which zone days are cut",
            where=when,
            hint="read the table with winback.read_transactions(…, timezone=…)",
        )
    typed = table.mutate(
        day=table[when].try_cast("timestamp").date(),
        amount=table.amount.try_cast("float64") if "amount" in table.columns else 0.0,
    )
    finite = typed.amount.notnull() & ~typed.amount.isnan() & ~typed.amount.isinf()  # noqa: PD004 - Ibis
    usable = typed.customer_id.notnull() & typed.day.notnull() & finite  # noqa: PD004 - Ibis
    n_unusable = (~usable).sum().to_pyarrow().as_py()
    if n_unusable:
        raise DataError(
            "rows without a customer, or without a readable time or amount",
            where="data",
            got=f"{n_unusable} rows",
            hint="drop them, or let winback.read_transactions reject and count them",
        )
    keep = [name for name in ("booked_on", "known_on") if name in table.columns]
    return typed.select("customer_id", "day", "amount", *keep)


def _to_arrow(frame: Any) -> pa.Table:
    """Turn a pandas, Polars or Arrow frame into Arrow, zone-aware times into wall-clock times."""
    try:
        if isinstance(frame, pd.DataFrame):
            frame = pa.Table.from_pandas(frame, preserve_index=False)
        table = frame if isinstance(frame, pa.Table) else frame.to_arrow()
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataError("a column mixes types", where="data", got=error) from None
    except AttributeError:
        raise UsageError(
            "not a frame",
            where="data",
            got=type(frame).__name__,
            allowed="a pandas, Polars or Arrow frame, an Ibis table, read_transactions' result",
        ) from None
    for index, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.tz:
            table = table.set_column(index, field.name, pc.local_timestamp(table.column(index)))
    return table
