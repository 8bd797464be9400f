"""What the lists hold: counts by severity, the win-back funnel, what can be measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from winback.reports.plain import Rows, aggregator, columns, plain, records

SEVERITIES = ("red", "orange", "yellow")
WIN_BACK_FACTS = (
    "budget",
    "spent",
    "capacity",
    "control_share",
    "expected_margin",
    "mde",
    "power",
    "window_days",
)


def churn_warning_size(rows: Rows | None) -> dict[str, Any] | None:
    """Count the churn-warning list.

    Parameters
    ----------
    rows
        The list, with ``severity`` and perhaps ``value_at_risk``; ``None`` if there is no list.

    Returns
    -------
    dict or None
        ``n``, ``value_at_risk`` (``None`` without that column) and ``severities``, one entry per
        severity from red to yellow, zero counts included.
    """
    if rows is None:
        return None
    with aggregator(warnings=rows) as engine:
        value = "value_at_risk" if "value_at_risk" in columns(engine, "warnings") else None
        by_name = {
            row["name"]: row
            for row in records(
                engine,
                f"""
                SELECT CAST(severity AS VARCHAR) AS name, count(*) AS n,
                       {f"sum(CAST({value} AS DOUBLE))" if value else "NULL"} AS value_at_risk
                FROM warnings GROUP BY name ORDER BY name
                """,
            )
        }
    nothing: dict[str, Any] = {"n": 0, "value_at_risk": 0.0 if value else None}
    severities = [{**by_name.get(name, nothing), "name": name} for name in SEVERITIES]
    at_risk = sum(row["value_at_risk"] or 0.0 for row in severities)
    return {
        "n": sum(row["n"] for row in severities),
        "value_at_risk": plain(at_risk) if value else None,
        "severities": severities,
    }


def win_back_size(
    treated: Rows | None, control: Rows | None, summary: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Count the win-back list, its control group and those left out.

    Parameters
    ----------
    treated, control
        The two groups; ``None`` for both if there is no list.
    summary
        ``excluded`` (reason: count) and any of ``eligible, budget, spent, capacity,
        control_share, expected_margin, mde`` (the smallest difference in the share who buy that
        the two groups can show, as a fraction), ``power, window_days``.

    Returns
    -------
    dict or None
        Those facts, with ``treated``, ``control``, ``excluded`` (largest first) and ``considered``.
    """
    if treated is None and control is None:
        return None
    facts = dict(summary or {})
    with aggregator(treated=treated, control=control) as engine:
        n_treated = _size(engine, "treated") if treated is not None else 0
        n_control = _size(engine, "control") if control is not None else 0
    reasons = {str(reason): int(n) for reason, n in (facts.get("excluded") or {}).items()}
    excluded = [
        {"reason": reason, "n": n}
        for reason, n in sorted(reasons.items(), key=lambda entry: (-entry[1], entry[0]))
        if n > 0
    ]
    left_out = sum(reasons.values())
    return {
        "considered": int(facts.get("considered") or n_treated + n_control + left_out),
        "excluded": excluded,
        "treated": n_treated,
        "control": n_control,
        **{name: plain(facts.get(name)) for name in WIN_BACK_FACTS},
    }


def _size(engine: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(records(engine, f"SELECT count(*) AS n FROM {table}")[0]["n"])
