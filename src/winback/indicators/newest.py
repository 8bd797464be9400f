"""The newest that can be told: of each indicator its last value that counts, and why it moved."""

from __future__ import annotations

from typing import Any

import pandas as pd

from winback.indicators.health import health_index, revenue_changes
from winback.messages import Message


def newest_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return, of everybody together, the newest value of each indicator that is to be relied on.

    Where none is, the newest row is returned as it is, not ``mature`` or not ``enough``.
    """
    everybody = table[table["dimension"] == "all"]
    usable = everybody["mature"] & everybody["enough"] & everybody["value"].notna()
    ranked = everybody.assign(usable=usable).sort_values(["usable", "period"], kind="stable")
    newest = ranked.groupby("indicator", sort=False).tail(1)
    order = {name: i for i, name in enumerate(everybody["indicator"].unique())}
    return newest.sort_values("indicator", key=lambda names: names.map(order))


def why_moved(table: pd.DataFrame, grain: str) -> list[Message]:
    """Say what moved the health index and revenue in the newest period, of everybody together."""
    made = []
    if (index := _last(health_index(table))) is not None:
        activity, retention, order_value = (
            index["activity"],
            index["retention"],
            index["order_value"],
        )
        made.append(
            Message(
                "indicators.health",
                index=index["health_index"],
                base=index["base"],
                grain=grain,
                change=activity + retention + order_value,
                activity=activity,
                retention=retention,
                order_value=order_value,
            )
        )
    if (moved := _last(revenue_changes(table))) is not None:
        made.append(
            Message(
                "indicators.moved",
                grain=grain,
                change=moved["change"],
                customers=moved["customers"],
                frequency=moved["frequency"],
                order_value=moved["order_value"],
            )
        )
    return made


def _last(changes: pd.DataFrame) -> pd.Series[Any] | None:
    """Return the newest change of everybody together."""
    if changes.empty:
        return None
    rows = changes[changes["dimension"] == "all"].dropna()
    return None if rows.empty else rows.iloc[-1]
