"""What the lists hold: counts by severity, the win-back funnel, what can be measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from winback.lists.eligibility import NOT_DORMANT
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
        ``n``, ``value_at_risk`` (``None`` without such values) and ``severities``, one entry per
        severity from red to yellow, zero counts included.
    """
    if rows is None:
        return None
    with aggregator(warnings=rows) as engine:
        value = "NULL"
        if "value_at_risk" in columns(engine, "warnings"):
            value = "sum(nullif(CAST(value_at_risk AS DOUBLE), 'NaN'::DOUBLE))"
        found = records(
            engine,
            f"""
            SELECT CAST(severity AS VARCHAR) AS name, count(*) AS n, {value} AS value_at_risk
            FROM warnings GROUP BY name ORDER BY name
            """,
        )
    by_name = {row["name"]: row for row in found}
    speaks = any(row["value_at_risk"] is not None for row in by_name.values())
    nothing: dict[str, Any] = {"n": 0, "value_at_risk": 0.0 if speaks else None}
    severities = [{**by_name.get(name, nothing), "name": name} for name in SEVERITIES]
    known = [row["value_at_risk"] for row in severities if row["value_at_risk"] is not None]
    return {
        "n": sum(row["n"] for row in severities),
        "value_at_risk": plain(sum(known)) if known else None,
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
        ``excluded`` (reason: count) and any of ``budget, spent, capacity, control_share,
        expected_margin, mde`` (the smallest difference in the share who buy that
        the two groups can show, as a fraction), ``power, window_days``.

    Returns
    -------
    dict or None
        Those facts, with ``treated``, ``control``, ``excluded`` (largest first) and ``dormant``,
        the number of all of them.
    """
    if treated is None and control is None:
        return None
    facts = dict(summary or {})
    reasons = {str(reason): int(n) for reason, n in (facts.get("excluded") or {}).items()}
    reasons.pop(NOT_DORMANT, None)  # they were never up for a call
    with aggregator(treated=treated, control=control) as engine:
        n_treated = _size(engine, "treated") if treated is not None else 0
        n_control = _size(engine, "control") if control is not None else 0
    excluded = [
        {"reason": reason, "n": n}
        for reason, n in sorted(reasons.items(), key=lambda entry: (-entry[1], entry[0]))
        if n > 0
    ]
    left_out = sum(reasons.values())
    return {
        "dormant": n_treated + n_control + left_out,
        "excluded": excluded,
        "treated": n_treated,
        "control": n_control,
        **{name: plain(facts.get(name)) for name in WIN_BACK_FACTS},
    }


def _size(engine: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(records(engine, f"SELECT count(*) AS n FROM {table}")[0]["n"])
