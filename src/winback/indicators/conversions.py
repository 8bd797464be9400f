"""Of those who began in a period, the share who went on: retention, funnel, referral."""

from __future__ import annotations

from datetime import date, timedelta

import ibis.expr.types as ir
import pandas as pd

from winback.indicators import intervals
from winback.indicators.definition import Conversion
from winback.indicators.periods import Grain, period_of


def conversion(
    starts: ir.Table,
    happened: ir.Table,
    indicator: Conversion,
    *,
    as_of: date,
    first_day: date,
    grain: Grain,
) -> pd.DataFrame:
    """Compute a share of each period's beginners, of those alone whose window is over.

    Parameters
    ----------
    starts
        ``customer_id``, ``segment``, ``start``: when each began.
    happened
        ``customer_id``, ``day``: when they did what is asked for.
    indicator
        The definition. Where both are purchases the first day itself is none of `happened`.
    as_of
        The last known day: who began later than ``as_of - days`` is not counted.
    first_day
        The first known day.
    grain
        How the beginners are grouped.

    Returns
    -------
    DataFrame
        ``period``, ``segment``, ``value``, ``low``, ``high`` (Wilson), ``n``, ``numerator``,
        ``denominator``.
    """
    last = as_of - timedelta(days=indicator.days)
    starts = starts.filter(starts.start <= last)
    pairs = starts.left_join(happened, "customer_id")
    after = pairs.day.delta(pairs.start, unit="day")
    days = indicator.days
    again = indicator.begins == "first_purchase" and indicator.event == "purchase"
    went_on = {
        "exactly": after == days,
        "within": (after >= int(again)) & (after <= days),
        "on_or_after": after >= days,
    }[indicator.ends]
    each = pairs.group_by("customer_id", "segment", "start").aggregate(
        converted=went_on.fill_null(False).any()
    )
    each = each.mutate(period=period_of(each.start, grain, first_day))
    table = each.group_by("period", "segment").aggregate(
        denominator=each.count(), numerator=each.converted.sum()
    )
    rows: pd.DataFrame = table.order_by("period", "segment").to_pyarrow().to_pandas()
    top, n = rows["numerator"].to_numpy(float), rows["denominator"].to_numpy(float)
    low, high = intervals.of_share(top, n)
    return rows.assign(value=top / n, low=low, high=high, n=n, numerator=top, denominator=n)
