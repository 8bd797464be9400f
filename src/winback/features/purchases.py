"""What was known at a date: rows, and the purchase days they net to.

Sums of money are taken in decimals of a millionth (``exact_sum``). A sum of doubles depends on
the order of the rows, hence on threads, in its last bits; and 0.1 + 0.2 - 0.3 leaves 5.6e-17,
which would make a fully refunded day a purchase day. Decimal sums have neither fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from winback.errors import DataError, Sentence, UsageError

MONEY = "decimal(38, 6)"


def exact_sum(amount: ir.NumericColumn, where: ir.BooleanValue | None = None) -> ir.DecimalValue:
    """Sum amounts so that neither the order of rows nor the number of threads shows.

    Parameters
    ----------
    amount
        Finite amounts below 1e32; digits beyond the sixth decimal are rounded off, row by row.
    where
        Sum only these rows.

    Returns
    -------
    decimal expression
        The exact sum, 0 where no row qualifies; cast it to float64 once nothing more is summed.

    Examples
    --------
    >>> import pyarrow as pa
    >>> rows = ibis.memtable(pa.table({"amount": [0.1, 0.2, -0.3]}))
    >>> rows.amount.sum().to_pyarrow().as_py(), exact_sum(rows.amount).to_pyarrow().as_py()
    (5.551115123125783e-17, Decimal('0.000000'))
    """
    total = amount.cast(MONEY).sum(where=where)
    return total if where is None else total.coalesce(0)


def ratio(
    numerator: ir.NumericValue, denominator: ir.NumericValue, otherwise: float | ir.NumericValue
) -> ir.FloatingValue:
    """Divide; a denominator of zero (or a missing value) gives `otherwise`, never NaN or inf."""
    quotient = numerator.cast("float64") / denominator.cast("float64").nullif(0.0)
    return quotient.coalesce(otherwise)


def dated(table: ir.Table) -> ir.Table:
    """Give every row the three days the other functions go by.

    Parameters
    ----------
    table
        ``customer_id``, ``day`` (the calendar day an amount is netted on) and optionally
        ``booked_on`` (its own calendar day, default ``day``) and ``known_on`` (when it was
        known, default ``booked_on``).

    Returns
    -------
    ir.Table
        The same rows with all three columns.

    Raises
    ------
    DataError
        ``customer_id`` or ``day`` is missing.
    """
    missing = [name for name in ("customer_id", "day") if name not in table.columns]
    if missing:
        raise DataError(
            "a column is missing",
            where="rows",
            got=", ".join(table.columns),
            allowed="customer_id, day (date) and more",
            hint=Sentence(
                "add {missing}; winback.read_transactions makes them", missing=", ".join(missing)
            ),
        )
    if "booked_on" not in table.columns:
        table = table.mutate(booked_on=table.day)
    if "known_on" not in table.columns:
        table = table.mutate(known_on=table.booked_on)
    return table


def known_by(table: ir.Table, as_of: date) -> ir.Table:
    """Keep the rows known at the end of `as_of`.

    Parameters
    ----------
    table
        Transactions or events (see :func:`dated`).
    as_of
        Everything up to the end of this day is known; nothing after it is.

    Returns
    -------
    ir.Table
        Rows with ``day <= as_of`` and ``known_on <= as_of``.

    Examples
    --------
    >>> import pyarrow as pa
    >>> rows = ibis.memtable(pa.table({
    ...     "customer_id": ["a", "a"],
    ...     "day": [date(2024, 1, 1), date(2024, 1, 2)],
    ...     "known_on": [date(2024, 1, 1), date(2024, 1, 9)],
    ... }))
    >>> known_by(rows, date(2024, 1, 5)).count().to_pyarrow().as_py()
    1
    """
    table = dated(table)
    return table.filter(table.day <= as_of, table.known_on <= as_of)


def known_at(table: ir.Table, dates: ir.Table) -> ir.Table:
    """Repeat each row under every ``as_of`` of `dates` at which it was known."""
    table = dated(table)
    return table.join(dates, [table.day <= dates.as_of, table.known_on <= dates.as_of])


def date_table(dates: Sequence[date], **columns: Sequence[date] | Sequence[int]) -> ir.Table:
    """Lay dates out as a table with the column ``as_of`` (and more), for joins.

    The dates are literals of the query: it stays plain SQL, which any client of the engine runs
    without registering a table in memory first.

    Raises
    ------
    UsageError
        No date, or one given twice.

    Examples
    --------
    >>> date_table([date(2024, 1, 31)], month=[2]).to_pyarrow().to_pylist()
    [{'as_of': datetime.date(2024, 1, 31), 'month': 2}]
    """
    each_once(dates)
    rows = [
        ibis.literal(day, "date")
        .name("as_of")
        .as_table()
        .mutate(**{name: ibis.literal(values[i]) for name, values in columns.items()})
        for i, day in enumerate(dates)
    ]
    return ibis.union(*rows) if len(rows) > 1 else rows[0]


def each_once(dates: Sequence[date]) -> None:
    """Raise a UsageError unless there are dates, each given once."""
    if not dates or len(set(dates)) != len(dates):
        raise UsageError(
            "dates must be given, each once",
            where="dates",
            got=", ".join(str(day) for day in dates) or "none",
        )


def counts_as_purchase(net: ir.NumericValue, *, count_zero: bool) -> ir.BooleanValue:
    """Say whether a day's net amount makes it a purchase day: positive, or also zero."""
    return net >= 0 if count_zero else net > 0


def purchase_days(table: ir.Table, as_of: date, *, count_zero: bool = False) -> ir.Table:
    """Merge the rows known at `as_of` into purchase days.

    Parameters
    ----------
    table
        Transactions: ``customer_id``, ``day``, ``amount`` (refunds negative), optionally
        ``booked_on`` and ``known_on``.
    as_of
        The last known day.
    count_zero
        Count a day whose net amount is zero (samples with free goods; sources without amounts).

    Returns
    -------
    ir.Table
        ``customer_id``, ``day``, ``amount`` (net), one row per purchase day. A day whose net
        amount is negative (a return only) is none.

    Examples
    --------
    >>> import pyarrow as pa
    >>> rows = ibis.memtable(pa.table({
    ...     "customer_id": ["a", "a", "a"],
    ...     "day": [date(2024, 1, 1), date(2024, 1, 1), date(2024, 1, 3)],
    ...     "amount": [10.0, 5.0, -5.0],
    ... }))
    >>> purchase_days(rows, date(2024, 1, 31)).to_pyarrow().to_pandas().amount.tolist()
    [15.0]
    """
    rows = known_by(table, as_of)
    days = rows.group_by(["customer_id", "day"]).aggregate(amount=exact_sum(rows.amount))
    days = days.filter(counts_as_purchase(days.amount, count_zero=count_zero))
    return days.mutate(amount=days.amount.cast("float64"))
