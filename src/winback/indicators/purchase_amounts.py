"""The amounts of a period's purchase days: their middle, their spread, and who brought most."""

from __future__ import annotations

from collections.abc import Iterable

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from winback.confidence import Z
from winback.indicators.definition import Simple

_MAD = 1.4826  # of a normal distribution: its standard deviation over its MAD


def order_values(days: ir.Table, indicators: Iterable[Simple]) -> pd.DataFrame:
    """Compute medians and spreads of what a purchase day brought.

    Parameters
    ----------
    days
        ``period``, ``segment``, ``customer_id``, ``revenue``: one row a purchase day.
    indicators
        Those with `of_orders`.

    Returns
    -------
    DataFrame
        As `winback.indicators.sums.sums`. The interval of a median lies between two ranks,
        whatever the distribution (Conover 1999, *Practical Nonparametric Statistics*, 3.2, with
        the normal approximation to the ranks); a spread has none. ``n`` counts purchase days.
    """
    group = ibis.window(group_by=["period", "segment"])
    ranked = ibis.window(group_by=["period", "segment"], order_by="revenue")
    days = days.mutate(revenue=days.revenue.cast("float64"))
    days = days.mutate(
        middle=days.revenue.median().over(group),
        half=days.count().over(group) / 2.0,
        rank=ibis.row_number().over(ranked),
    )
    reach = Z * days.half.sqrt() / 2**0.5
    rows: pd.DataFrame = (
        days.group_by("period", "segment")
        .aggregate(
            n=days.count(),
            middle=days.middle.max(),
            spread=(days.revenue - days.middle).abs().median(),
            low=days.revenue.max(where=days["rank"] == (days.half - reach).floor()),
            high=days.revenue.min(where=days["rank"] == (days.half + reach).ceil() - 1),
        )
        .order_by("period", "segment")
        .to_pyarrow()
        .to_pandas()
    )
    middle = rows["middle"].to_numpy(float)
    unknown = np.full(len(rows), np.nan)
    parts = []
    for one in indicators:
        value, low, high = middle, rows["low"].to_numpy(float), rows["high"].to_numpy(float)
        if one.of_orders == "spread":
            with np.errstate(invalid="ignore", divide="ignore"):
                value = np.where(middle > 0, _MAD * rows["spread"].to_numpy(float) / middle, np.nan)
            low = high = unknown
        parts.append(
            rows[["period", "segment", "n"]].assign(
                indicator=one.id, value=value, low=low, high=high
            )
        )
    return pd.concat(parts, ignore_index=True)


def top_shares(people: ir.Table, indicators: Iterable[Simple]) -> pd.DataFrame:
    """Compute which share of a period's revenue its best customers brought.

    Parameters
    ----------
    people
        ``customer_id``, ``period``, ``segment``, ``revenue``: one row a customer and period.
    indicators
        Those with `top_share`; the number of customers is rounded up.

    Returns
    -------
    DataFrame
        As `winback.indicators.sums.sums`, without intervals: this is a census, and a sample of
        its largest customers says little of another.
    """
    indicators = list(indicators)
    people = people.filter(people.revenue > 0)
    largest = ibis.window(
        group_by=["period", "segment"], order_by=[ibis.desc("revenue"), "customer_id"]
    )
    ranked = people.mutate(
        rank=ibis.row_number().over(largest),
        n=people.count().over(ibis.window(group_by=["period", "segment"])),
    )
    table = ranked.group_by("period", "segment").aggregate(
        n=ranked.count(),
        total=ranked.revenue.sum(),
        **{
            one.id: ranked.revenue.sum(where=ranked["rank"] < (ranked.n * one.top_share).ceil())
            for one in indicators
        },
    )
    rows: pd.DataFrame = table.order_by("period", "segment").to_pyarrow().to_pandas()
    total = rows["total"].astype(float)
    return pd.concat(
        [
            rows[["period", "segment", "n"]].assign(
                indicator=one.id,
                value=rows[one.id].astype(float) / total,
                low=np.nan,
                high=np.nan,
                numerator=rows[one.id].astype(float),
                denominator=total,
            )
            for one in indicators
        ],
        ignore_index=True,
    )
