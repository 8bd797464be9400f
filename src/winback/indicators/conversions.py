"""Of those who began in a period, the share who went on: retention, funnel, referral."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from winback.indicators import intervals
from winback.indicators.definition import Conversion
from winback.indicators.periods import Grain, period_of


def conversions(
    starts: ir.Table,
    happened: ir.Table,
    indicators: Sequence[Conversion],
    *,
    as_of: date,
    first_day: date,
    grain: Grain,
) -> pd.DataFrame:
    """Compute shares of each period's beginners, of those alone whose window is over.

    Parameters
    ----------
    starts
        ``customer_id``, ``segment``, ``start``: when each began.
    happened
        ``customer_id``, ``day``: when they did what is asked for.
    indicators
        Definitions that begin with the same and end with the same. Where both are purchases the
        first day itself is none of `happened`.
    as_of
        The last known day: who began later than ``as_of - days`` is not counted.
    first_day
        The first known day.
    grain
        How the beginners are grouped.

    Returns
    -------
    DataFrame
        ``indicator``, ``period``, ``segment``, ``value``, ``low``, ``high`` (Wilson), ``n``,
        ``numerator``, ``denominator``.
    """
    pairs = starts.left_join(happened, "customer_id")
    after = pairs.day.delta(pairs.start, unit="day")
    each = pairs.group_by("customer_id", "segment", "start").aggregate(
        **{one.id: _went_on(after, one).fill_null(False).any() for one in indicators}
    )
    each = each.mutate(period=period_of(each.start, grain, first_day))
    counted = {one.id: each.start <= as_of - timedelta(days=one.days) for one in indicators}
    table = each.group_by("period", "segment").aggregate(
        **{f"{name} n": over.sum() for name, over in counted.items()},
        **{name: (over & each[name]).sum() for name, over in counted.items()},
    )
    rows: pd.DataFrame = table.order_by("period", "segment").to_pyarrow().to_pandas()
    parts = []
    for one in indicators:
        top, n = rows[one.id].to_numpy(float), rows[f"{one.id} n"].to_numpy(float)
        low, high = intervals.of_share(top, n)
        value = np.divide(top, n, out=np.full(len(n), np.nan), where=n > 0)
        part = rows[["period", "segment"]].assign(indicator=one.id, value=value, low=low, high=high)
        parts.append(part.assign(n=n, numerator=top, denominator=n))
    return pd.concat(parts, ignore_index=True)


def _went_on(after: ir.IntegerValue, one: Conversion) -> ir.BooleanValue:
    """Say of each thing that happened so many days after the beginning whether it counts."""
    if one.ends == "exactly":
        return after == one.days
    if one.ends == "on_or_after":
        return after >= one.days
    again = one.begins == "first_purchase" and one.event == "purchase"
    return (after >= int(again)) & (after <= one.days)
