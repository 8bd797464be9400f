"""Arithmetic on indicators of one period and segment."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from winback.indicators.definition import Derived


def derived_values(one: Derived, grid: pd.DataFrame, raw: pd.DataFrame) -> pd.DataFrame:
    """Compute a formula's values; a missing part or a division by zero leaves none.

    Parameters
    ----------
    one
        The definition.
    grid
        ``segment``, ``period`` (in order of time within a segment), ``days`` and more.
    raw
        ``indicator``, ``segment``, ``period``, ``value``, ``n`` of its parts.

    Returns
    -------
    DataFrame
        `grid` with ``value``, ``low`` and ``high`` (missing: a formula has no interval), and
        ``n``: that of the part with the fewest.
    """
    parts = raw[raw["indicator"].isin(one.names)]
    index = pd.MultiIndex.from_frame(grid[["segment", "period"]])
    values, counts = (_side_by_side(parts, column, one, index) for column in ("value", "n"))
    before = values.groupby(level="segment").shift(1)
    for name in sorted(one.names):
        if re.search(rf"\bprevious_{name}\b", one.formula):
            values[f"previous_{name}"] = before[name]
    values["period_days"] = grid["days"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        result = np.asarray(values.eval(one.formula, engine="python"), float)
    result = np.where(np.isfinite(result), result, np.nan)
    n = counts.to_numpy(float).min(axis=1)
    return grid.assign(value=result, low=np.nan, high=np.nan, n=n)


def _side_by_side(
    parts: pd.DataFrame, column: str, one: Derived, index: pd.MultiIndex
) -> pd.DataFrame:
    """Lay out a column of the parts by indicator; what has no row is 0, a count of nobody."""
    wide = parts.pivot_table(index=["segment", "period"], columns="indicator", values=column)
    return wide.reindex(index).reindex(columns=sorted(one.names)).fillna(0.0)
