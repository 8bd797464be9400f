"""What happened after a date: the truth that predictions are trained on and judged by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis.expr.types as ir

from winback.errors import Sentence, UsageError
from winback.features.purchases import counts_as_purchase, date_table, dated, exact_sum

Window = tuple[date, date, date]


def outcomes_table(
    transactions: ir.Table,
    windows: Sequence[Window],
    *,
    count_zero: bool,
    known_by: date | None = None,
) -> ir.Table:
    """Count purchase days and sum revenue in a window after each ``as_of``.

    Parameters
    ----------
    transactions
        ``customer_id``, ``day``, ``amount``, optionally ``booked_on``, ``known_on``.
    windows
        ``(as_of, start, end)``: outcomes of ``(start, end]``, to be joined to ``as_of``.
    count_zero
        Count a day whose net amount is zero as a purchase day.
    known_by
        Use only rows known by this day, at the earliest the last window's end. None: each
        window by its own end, so that a label holds nothing that its training day did not know.

    Returns
    -------
    ir.Table
        ``as_of``, ``customer_id``, ``purchases`` (float64: purchase days, by ``day``) and
        ``revenue`` (float64: all net amounts by ``booked_on``, return-only days included), for
        customers with a row in the window; everybody else has 0 of both.

    Raises
    ------
    UsageError
        A window begins before its ``as_of``, is empty, or ends after `known_by`.

    Examples
    --------
    >>> import ibis, pyarrow as pa
    >>> rows = ibis.memtable(pa.table({
    ...     "customer_id": ["a", "a", "a"],
    ...     "day": [date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 3)],
    ...     "amount": [10.0, 30.0, -5.0],
    ... }))
    >>> january = date(2024, 1, 31)
    >>> outcomes_table(
    ...     rows, [(january, january, date(2024, 2, 29))], count_zero=False
    ... ).to_pyarrow().to_pandas()
            as_of customer_id  purchases  revenue
    0  2024-01-31           a        1.0     25.0
    """
    for as_of, start, end in windows:
        if not as_of <= start < end:
            raise UsageError(
                "an outcome window must follow its as_of",
                where="windows",
                got=f"{as_of}: ({start}, {end}]",
                allowed="as_of <= start < end",
            )
        if known_by is not None and known_by < end:
            raise UsageError(
                "an outcome window is not over yet",
                where="windows",
                got=f"{as_of}: ({start}, {end}]",
                allowed=Sentence("an end of at most {known_by}", known_by=known_by),
            )
    ends = [end for _, _, end in windows]
    dates = date_table(
        [as_of for as_of, _, _ in windows],
        start=[start for _, start, _ in windows],
        end=ends,
        horizon_known=ends if known_by is None else [known_by] * len(windows),
    )
    rows = dated(transactions)
    cells = rows.group_by(["customer_id", "day", "booked_on", "known_on"]).aggregate(
        amount=exact_sum(rows.amount)
    )
    # booked_on >= day: a row whose booking is before the window has its day there too
    later = cells.join(
        dates, [cells.booked_on > dates.start, cells.known_on <= dates.horizon_known]
    )
    netted = (later.day > later.start) & (later.day <= later.end)
    booked = later.booked_on <= later.end
    days = later.group_by(["as_of", "customer_id", "day"]).aggregate(
        net=exact_sum(later.amount, where=netted),
        counted=netted.any(),
        revenue=exact_sum(later.amount, where=booked),
    )
    bought = days.counted & counts_as_purchase(days.net, count_zero=count_zero)
    return days.group_by(["as_of", "customer_id"]).aggregate(
        purchases=days.count(where=bought).cast("float64"),
        revenue=exact_sum(days.revenue).cast("float64"),
    )
