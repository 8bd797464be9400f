"""A health index that can be taken apart, and why revenue moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
import pandas as pd

from winback.indicators.decompose import decompose, index_change

Make: TypeAlias = Callable[[pd.DataFrame], pd.DataFrame]
INDEX: Final = "health_index"
FACTORS: Final = {
    "activity": "activity_30d",
    "retention": "return_rate",
    "order_value": "order_value_mean",
}
"""What the index is made of, and the indicators that say it."""
_REVENUE: Final = {
    "customers": "buyers",
    "frequency": "orders_per_customer",
    "order_value": "order_value_mean",
}


def health_index(table: pd.DataFrame) -> pd.DataFrame:
    """Compute the health index of each segment over time, with the reasons of its changes.

    100 times activity x retention x order value, each over its value in the base period: the
    first whole one in which all three count. An index says where a segment stands against its own
    past, nothing of how good that is, and nothing of which factor matters most.

    Parameters
    ----------
    table
        One grain of `winback.indicators.over_time.Indicators.table`.

    Returns
    -------
    DataFrame
        ``dimension``, ``segment``, ``period``, ``base`` (the base period), ``health_index``, and
        for each of `FACTORS` how many points of the change since the period before it brought
        (missing in the base period); only periods in which all three count.
    """
    return _over_time(table, FACTORS, _one_index)


def revenue_changes(table: pd.DataFrame) -> pd.DataFrame:
    """Part each change of revenue into buyers, purchase days per buyer, and order value.

    Returns
    -------
    DataFrame
        ``dimension``, ``segment``, ``period``, ``change``, ``customers``, ``frequency``,
        ``order_value``: amounts of money, against the period before; the last three add up to
        ``change``.
    """
    return _over_time(table, _REVENUE, _one_revenue)


def _over_time(table: pd.DataFrame, factors: dict[str, str], make: Make) -> pd.DataFrame:
    counts = table["mature"] & table["enough"] & (table["value"] > 0)
    rows = table[counts & table["indicator"].isin(factors.values())]
    wide = rows.pivot_table(
        index=["dimension", "segment", "period"], columns="indicator", values="value"
    ).reindex(columns=list(factors.values()))
    wide = wide.dropna().set_axis(list(factors), axis="columns")
    parts = [
        make(group.droplevel([0, 1])).assign(dimension=str(names[0]), segment=str(names[1]))
        for names, group in wide.groupby(level=["dimension", "segment"], sort=True)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _one_index(values: pd.DataFrame) -> pd.DataFrame:
    base = values.iloc[0]
    index = 100 * (values / base).prod(axis=1)
    parts = [pd.Series(np.nan, values.columns)]
    parts += [index_change(values.iloc[i - 1], values.iloc[i], base) for i in range(1, len(values))]
    return (
        pd.DataFrame(parts)
        .assign(period=values.index, base=values.index[0], **{INDEX: index.to_numpy()})
        .reset_index(drop=True)
    )


def _one_revenue(values: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for i in range(1, len(values)):
        before, after = values.iloc[[i - 1]], values.iloc[[i]]
        parts = decompose(
            before.set_axis(["all"]), after.set_axis(["all"]), list(values.columns)
        ).drop("mix")
        rows.append({"period": values.index[i], "change": parts.sum(), **parts})
    return pd.DataFrame(rows)
