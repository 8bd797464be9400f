"""What the lists hold, in numbers and in words: sizes, limits, what can be measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from winback.lists.eligibility import NOT_DORMANT
from winback.lists.severity import COLOURS
from winback.messages import Words
from winback.reports.aggregator import Rows, aggregator, columns, plain, records
from winback.reports.stored_messages import kept, sentence

WIN_BACK_FACTS = (
    "customers",
    "eligible",
    "held_out",
    "budget",
    "spent",
    "capacity",
    "control_share",
    "holdout_share",
    "exploration_share",
    "explored",
    "uplift_prior",
    "uplift_measured",
    "expected_margin",
    "expected_cost",
    "shadow_price",
    "optimality_gap",
    "mde",
    "needed_customers",
    "power",
    "window_days",
)
CHANNEL_FACTS = ("capacity", "contact_cost", "treated", "left_out")
WARNING_FACTS = ("capacity", "threshold", "at_risk", "left_out")


def churn_warning_size(
    rows: Rows | None, summary: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """Count the churn-warning list.

    Parameters
    ----------
    rows
        The list, with ``severity`` and perhaps ``value_at_risk``; ``None`` if there is no list.
    summary
        What is known of it beside its rows: ``capacity, threshold, at_risk`` (by severity,
        listed or not), ``value_at_risk`` (by severity: ``expected, low, high``), ``left_out``
        (reason: count) and ``defaults``; any may be absent.

    Returns
    -------
    dict or None
        ``n``, ``value_at_risk`` (``None`` without such values, with ``value_low`` and
        ``value_high`` of all) and ``severities``, one entry per severity from red to yellow,
        zero counts included, each with ``at_risk, value_low, value_high``; ``capacity,
        threshold, left_out`` (largest first) and ``defaults`` (names of settings nobody chose).
    """
    if rows is None:
        return None
    with aggregator(warnings=rows) as engine:
        value = "NULL"
        if "value_at_risk" in columns(engine, "warnings"):
            value = "sum(nullif(CAST(value_at_risk AS DOUBLE), 'NaN'::DOUBLE))"
        counted = records(
            engine,
            f"""
            SELECT CAST(severity AS VARCHAR) AS name, count(*) AS n, {value} AS value_at_risk
            FROM warnings GROUP BY name ORDER BY name
            """,
        )
    by_name = {row["name"]: row for row in counted}
    speaks = any(row["value_at_risk"] is not None for row in by_name.values())
    empty: dict[str, Any] = {"n": 0, "value_at_risk": 0.0 if speaks else None}
    facts = plain({name: (summary or {}).get(name) for name in WARNING_FACTS})
    spans = plain((summary or {}).get("value_at_risk") or {})
    severities = [
        {
            **by_name.get(name, empty),
            "name": name,
            "at_risk": (facts["at_risk"] or {}).get(name),
            **_span(spans.get(name)),
        }
        for name in reversed(COLOURS)
    ]
    worth = [row["value_at_risk"] for row in severities if row["value_at_risk"] is not None]
    return {
        "n": sum(row["n"] for row in severities),
        "value_at_risk": plain(sum(worth)) if worth else None,
        **_span(spans.get("all")),
        "severities": severities,
        "at_risk": sum(facts["at_risk"].values()) if facts["at_risk"] else None,
        "capacity": facts["capacity"],
        "threshold": {
            k: v for k, v in (facts["threshold"] or {}).items() if k not in {"meaning", "unfit"}
        },
        "left_out": _largest_first(facts["left_out"] or {}),
        "defaults": _settings((summary or {}).get("defaults")),
    }


def _span(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Take the ends of an interval; the ends of nothing are missing."""
    return {f"value_{end}": (values or {}).get(end) for end in ("low", "high")}


def _largest_first(counts: Mapping[str, Any]) -> list[dict[str, Any]]:
    ordered = sorted(counts.items(), key=lambda entry: (-int(entry[1]), str(entry[0])))
    return [{"reason": str(reason), "n": int(n)} for reason, n in ordered if n]


def _settings(lines: Any) -> list[str]:
    """Take the names of settings out of lines such as ``lists.win_back.budget = 250``."""
    return [str(line).partition(" = ")[0] for line in lines or []]


def win_back_size(
    treated: Rows | None, control: Rows | None, summary: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Count the win-back list, its control group and those left out.

    Parameters
    ----------
    treated, control
        The two groups; ``None`` for both if there is no list.
    summary
        ``excluded`` (reason: count) and any of `WIN_BACK_FACTS`: ``mde`` is the smallest
        difference in the share who buy that the two groups can show, as a fraction; ``channels``
        (name: `CHANNEL_FACTS`) and ``defaults``. Customers are never taken over.

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
    left_out = sum(reasons.values())
    return {
        "dormant": n_treated + n_control + left_out,
        "excluded": _largest_first(reasons),
        "treated": n_treated,
        "control": n_control,
        **{name: plain(facts.get(name)) for name in WIN_BACK_FACTS},
        "uplift_source": kept(facts["uplift_source"]) if facts.get("uplift_source") else None,
        "channels": [
            {"name": str(name), **plain({key: channel.get(key) for key in CHANNEL_FACTS})}
            for name, channel in (facts.get("channels") or {}).items()
        ],
        "defaults": _settings(facts.get("defaults")),
    }


def _size(engine: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(records(engine, f"SELECT count(*) AS n FROM {table}")[0]["n"])


def threshold(size: dict[str, Any], words: Words) -> str | None:
    """Return from where on a customer is warned about."""
    start = size["threshold"]
    risk = words.share(start.get("risk"))
    if start.get("by") == "overdue":
        return words("threshold.overdue")
    if start.get("by") == "profit":
        return words("threshold.profit", profit=words.money(start["profit"]))
    if start.get("by") == "days" and start.get("days") is not None:
        days = words.count(int(start["days"]), "day")
        return words("threshold.days", days=days, risk=risk)
    return words("threshold.risk", risk=risk) if start.get("risk") else None


def capacity(limit: Any, words: Words) -> str:
    """Return a limit on customers: one number, or one a severity."""
    if isinstance(limit, dict):
        parts = [f"{words.label('severity', k)} {words.number(n)}" for k, n in limit.items()]
        return words("comma").join(parts)
    return words.count(int(limit), "customer")


def counts(rows: Sequence[dict[str, Any]], words: Words) -> str:
    """Return reasons with their counts, the most frequent first."""
    parts = [f"{words.label('excluded', row['reason'])} {words.number(row['n'])}" for row in rows]
    return words("comma").join(parts)


def uplift(size: dict[str, Any], words: Words) -> str | None:
    """Return where the uplift comes from: measured, or assumed."""
    if size["uplift_measured"]:
        return words("uplift.measured", source=sentence(size["uplift_source"], words))
    if size["uplift_prior"] is None:
        return None
    return words("uplift.prior", points=words.points(size["uplift_prior"]))


def measurable(size: dict[str, Any], words: Words) -> str | None:
    """Return what the two groups can show, before anybody sends."""
    if not size["treated"]:
        return None
    if not size["control"]:
        return words("fact.measure.none")
    if size["mde"] is None:
        return None
    text = words(
        "fact.measure.text",
        treated=words.number(size["treated"]),
        control=words.number(size["control"]),
        mde=words.points(size["mde"]),
    )
    if size["needed_customers"]:
        needed = words.count(int(size["needed_customers"]), "customer")
        text += words("fact.measure.needed", needed=needed)
    return text
