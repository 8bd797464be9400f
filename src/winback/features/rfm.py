"""The field's customer summary: frequency, recency, T and monetary value.

Definitions as in Fader, Hardie & Lee (2005), "Counting your customers the easy way", and in
``lifetimes.utils.summary_data_from_transaction_data``, which this equals row for row.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from winback.errors import DataError, Sentence, UsageError
from winback.features.purchases import MONEY, exact_sum, known_by, purchase_days, ratio

DAYS_PER_UNIT = {"D": 1, "W": 7}
_EPOCH = date(1970, 1, 1)
_MONDAY = 3  # from a Monday to 1970-01-01, a Thursday


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


def rfm_summary(
    data: Any,
    as_of: str | date,
    time_unit: str = "D",
    *,
    period: str = "D",
    include_first: bool = False,
) -> pd.DataFrame:
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
    period
        What counts as one purchase: all purchases of a day ("D"), of a week from Monday to Sunday
        ("W") or of a calendar month ("M"); ``recency`` and ``T`` are then in these periods, as with
        ``freq`` in ``lifetimes``. Days say the most; see `time_unit` for days told in weeks.
    include_first
        Count the first purchase too, in ``frequency`` and ``monetary_value``: for tables to look
        at. Purchase models want it left out.

    Returns
    -------
    pandas.DataFrame
        Sorted by ``customer_id`` (a column, of the type given), with float64 ``frequency``,
        ``recency``, ``T``, ``monetary_value`` as in :func:`rfm_table`.

    Raises
    ------
    UsageError
        `as_of` is no date, `time_unit` or `period` is unknown, or both are given.
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
    >>> rfm_summary(orders, as_of="2024-02-29", period="M", include_first=True)
      customer_id  frequency  recency    T  monetary_value
    0           a        1.0      0.0  1.0            10.0
    1           b        1.0      0.0  1.0             7.5
    """
    as_of = to_date(as_of)
    if time_unit not in DAYS_PER_UNIT:
        raise UsageError("unknown time unit", where="time_unit", got=time_unit, allowed="D, W")
    if time_unit != "D" and period != "D":
        raise UsageError(
            "times are in periods already", where="time_unit", got=time_unit, allowed="D"
        )
    days, until = in_periods(known_days(data, as_of), period), as_of
    if period != "D":
        until = _EPOCH + timedelta(days=period_of(as_of, period))
    per_customer = days.group_by("customer_id").aggregate(**summary_aggregates(days))
    columns = summary_columns(per_customer, until)
    if include_first:
        n_days = per_customer.n_days
        columns["frequency"] = n_days.cast("float64")
        columns["monetary_value"] = ratio(per_customer.total.cast(MONEY), n_days, 0.0)
    table = per_customer.select("customer_id", **columns).order_by("customer_id")
    summary: pd.DataFrame = table.to_pyarrow().to_pandas()
    summary[["recency", "T"]] /= DAYS_PER_UNIT[time_unit]
    return summary


def known_days(data: Any, as_of: date) -> ir.Table:
    """Return the purchase days up to `as_of` of whatever `rfm_summary` takes."""
    if isinstance(getattr(data, "table", None), ir.Table):
        return purchase_days(data.table, as_of, count_zero=data.count_zero)
    rows = known_by(_to_rows(data), as_of)
    return rows.group_by(["customer_id", "day"]).aggregate(amount=exact_sum(rows.amount))


def in_periods(days: ir.Table, period: str) -> ir.Table:
    """Merge purchase days into periods: `day` becomes its number, in days after 1970-01-01.

    Raises
    ------
    UsageError
        The period is unknown.
    """
    if period == "D":
        return days
    since = days.day.delta(ibis.literal(_EPOCH, "date"), unit="day")
    numbers = {"W": (since + _MONDAY) // 7, "M": days.day.year() * 12 + days.day.month()}
    if period not in numbers:
        raise UsageError("unknown period", where="period", got=period, allowed="D, W, M")
    number = numbers[period].cast("int64").as_interval("D")
    placed = days.mutate(day=(ibis.literal(_EPOCH, "date") + number).cast("date"))
    return placed.group_by(["customer_id", "day"]).aggregate(amount=exact_sum(placed.amount))


def period_of(day: date, period: str) -> int:
    """Return the number of the period in which a day lies.

    Examples
    --------
    >>> [period_of(date(2024, 1, n), "W") for n in (7, 8, 14)]  # a Sunday, a Monday, a Sunday
    [2818, 2819, 2819]
    """
    since = (day - _EPOCH).days
    return {"D": since, "W": (since + _MONDAY) // 7, "M": day.year * 12 + day.month}[period]


def to_date(value: str | date) -> date:
    """Read a date, a time (its day) or ISO text.

    Raises
    ------
    UsageError
        It is none.
    """
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
            got=Sentence("{n} {n:form.row/rows}", n=n_unusable),
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
