"""How long customers usually wait before they buy again, and the churn horizon read from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from winback.errors import UsageError
from winback.features.purchases import purchase_days
from winback.messages import Message

GRID = (14, 30, 45, 60, 90, 120, 180, 270, 365)
"""The horizons to choose from, in days: a horizon is talked about, so it is a round one."""

WITHOUT_GAPS = 90
"""The horizon where nobody has bought twice."""

HISTORY_DAYS = 60
"""A snapshot wants so many days of history before it, or a horizon's where that is shorter."""


@dataclass(frozen=True)
class AutoHorizon:
    """A churn horizon read from the data.

    Parameters
    ----------
    days : int
        The horizon, one of `GRID`.
    quantile : float
        The share of gaps that were to lie within it.
    gap_days : float or None
        That quantile of the gaps, in days; None without gaps.
    n_gaps : int
        How many gaps it is read from.
    reason : Message
        How `days` follows.
    """

    days: int
    quantile: float
    gap_days: float | None
    n_gaps: int
    reason: Message


def gaps_table(days: ir.Table) -> ir.Table:
    """Lay out the days between each purchase day and the customer's one before.

    Parameters
    ----------
    days
        ``customer_id``, ``day``: one row per purchase day (see
        :func:`winback.features.purchases.purchase_days`).

    Returns
    -------
    ir.Table
        ``customer_id``, ``day`` (the later one), ``gap`` (days, at least 1).
    """
    in_order = ibis.window(group_by=days.customer_id, order_by=days.day)
    gaps = days.select(
        "customer_id", "day", gap=days.day.delta(days.day.lag().over(in_order), unit="day")
    )
    return gaps.filter(gaps.gap.notnull())


def auto_horizon(
    transactions: ir.Table,
    as_of: date,
    *,
    count_zero: bool,
    quantile: float = 0.9,
    history_days: int,
) -> AutoHorizon:
    """Choose the shortest round horizon within which most returns have come.

    The smallest of `GRID` that is at least the `quantile` of all gaps between purchase days known
    at `as_of`, pooled over customers: a silence that long is then unusual. Each purchase counts,
    so frequent buyers have the larger say; and a gap still open at `as_of` is not in it, so a
    young shop's horizon comes out short, and longer as its history grows.

    Parameters
    ----------
    transactions
        See :func:`winback.features.purchases.dated`.
    as_of
        The last known day; later rows change nothing.
    count_zero
        Count a day whose net amount is zero.
    quantile
        In (0, 1).
    history_days
        Days of history, first and last included: the horizon is cut so that one snapshot with an
        outcome fits in, `HISTORY_DAYS` (or a horizon) and a horizon.

    Raises
    ------
    UsageError
        `quantile` is not inside (0, 1).

    Examples
    --------
    >>> import pyarrow as pa
    >>> days = [date(2024, 1, 1), date(2024, 1, 11), date(2024, 2, 20)]
    >>> rows = ibis.memtable(pa.table({"customer_id": ["a"] * 3, "day": days, "amount": [9.0] * 3}))
    >>> horizon = auto_horizon(rows, date(2024, 6, 30), count_zero=False, history_days=182)
    >>> horizon.days, horizon.gap_days, horizon.n_gaps
    (45, 37.0, 2)
    >>> print(horizon.reason)
    90% of the 2 gaps between purchases last at most 37 days: 45 days
    """
    if not 0.0 < quantile < 1.0:
        raise UsageError("a quantile lies inside (0, 1)", where="horizon_quantile", got=quantile)
    gaps = gaps_table(purchase_days(transactions, as_of, count_zero=count_zero))
    read = gaps.aggregate(n=gaps.count(), usual=gaps.gap.cast("float64").quantile(quantile))
    row = read.to_pyarrow().to_pylist()[0]
    n = int(row["n"])
    if n:
        usual = round(float(row["usual"]), 6)  # interpolation may leave 36.99999999
        wanted = next((days for days in GRID if days >= usual), GRID[-1])
        reason = Message("horizon.read", share=quantile, n=n, usual=usual, days=wanted)
        if usual > GRID[-1]:
            reason = Message("horizon.longest", said=reason)
    else:
        usual, wanted = None, WITHOUT_GAPS
        reason = Message("horizon.no_gaps", days=wanted)
    fitting = [days for days in GRID if days + min(days, HISTORY_DAYS) <= history_days]
    longest = fitting[-1] if fitting else GRID[0]
    if longest < wanted:
        cut = Message("horizon.cut", days=longest, history=history_days)
        reason = Message.of_all([reason, cut])
    return AutoHorizon(min(wanted, longest), quantile, usual, n, reason)
