"""The dashboard and the open cases: what the business is steered by, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from winback.indicators.definition import BOARDS
from winback.indicators.newest import newest_of, why_moved
from winback.reports.aggregator import plain

POINTS: Final = 24
"""So many of the newest periods are drawn."""


def board_of(
    table: pd.DataFrame, shown: Sequence[Mapping[str, Any]], grain: str
) -> dict[str, Any] | None:
    """Compute what the dashboard shows: of each indicator its newest value that counts.

    Parameters
    ----------
    table
        Rows of `winback.indicators.over_time.Indicators.table`.
    shown
        ``indicator``, ``board`` (under which heading), ``direction`` (which way is better).
    grain
        Which rows of `table` are shown.

    Returns
    -------
    dict or None
        ``grain``; ``period``, the newest one that counts; ``why`` revenue and the health index
        moved; ``groups``: by ``board`` its ``rows``. A row: ``indicator, unit, direction, state``
        (``known``, ``early``: no period of it is over yet, or ``few``: none has enough customers),
        ``period, value, low, high, n``; ``change`` from the period before (of shares a difference,
        else a fraction), ``beyond``: whether the two intervals leave it to chance, and ``points``,
        the newest values, missing where they do not count. None where there is no such row.
    """
    rows = table[(table["grain"] == grain) & (table["dimension"] == "all")]
    newest = newest_of(rows).set_index("indicator")
    entries = [entry for entry in shown if entry["indicator"] in newest.index]
    if not entries:
        return None
    history = {name: part.sort_values("period") for name, part in rows.groupby("indicator")}
    groups: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        name = entry["indicator"]
        made = _row(newest.loc[name], history[name])
        named = {"indicator": name, "direction": entry["direction"]}
        groups.setdefault(entry["board"], []).append(named | made)
    usable = newest.loc[newest["usable"], "period"]
    return {
        "grain": grain,
        "period": plain(usable.max()) if len(usable) else None,
        "why": [message.as_record() for message in why_moved(rows, grain)],
        "groups": [{"board": name, "rows": groups[name]} for name in BOARDS if name in groups],
    }


def _row(newest: pd.Series[Any], history: pd.DataFrame) -> dict[str, Any]:
    counts = history["mature"] & history["enough"] & history["value"].notna()
    values = history["value"].where(counts).to_numpy(float)
    at = int(np.flatnonzero((history["period"] == newest["period"]).to_numpy())[0])
    state = "known" if newest["usable"] else "early" if not newest["mature"] else "few"
    before = values[at - 1] if at else np.nan
    facts = newest[["period", "unit", "value", "low", "high", "n"]].to_dict()
    if state != "known":
        facts |= {"value": None, "low": None, "high": None}
    change = values[at] - before
    reach = _half(history, at), _half(history, at - 1) if at else np.nan
    beyond = None if np.isnan(change + sum(reach)) else bool(abs(change) > np.hypot(*reach))
    if newest["unit"] != "share":
        change = change / before if before > 0 else np.nan
    points = values[max(0, at + 1 - POINTS) : at + 1]
    row = {
        **facts,
        "state": state,
        "change": change if state == "known" else None,
        "beyond": beyond,
        "points": list(points) if state == "known" else [],
    }
    return {str(name): plain(value) for name, value in row.items()}


def _half(history: pd.DataFrame, at: int) -> float:
    """Return half of the interval of a period's value."""
    row = history.iloc[at]
    return float(row["high"] - row["low"]) / 2


def open_cases(alerts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Take the cases that somebody must look at, and count the others.

    Returns
    -------
    dict
        ``rows`` as in ``alerts.json``: those that fire and that no graver one hides, nobody has
        silenced; ``waiting``, ``hidden`` and ``silenced``: how many others.
    """
    fires = [row for row in alerts if row["status"] == "firing"]
    heard = [row for row in fires if row["silenced_until"] is None]
    rows = [row for row in heard if row["hidden_by"] is None]
    return {
        "rows": [plain(row) for row in rows],
        "waiting": len(alerts) - len(fires),
        "hidden": len(heard) - len(rows),
        "silenced": len(fires) - len(heard),
    }
