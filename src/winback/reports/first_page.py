"""The first page, for this week: what to decide, who comes first on the lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from winback.data.policy import STALE_DAYS
from winback.lists.selection import OVER_BUDGET, OVER_CAPACITY
from winback.reports.aggregator import Rows, aggregator, columns, plain, records

SHOWN = 20
"""So many customers of each list stand on the page; all of them in its file."""
MOST_FIRST = 3
"""More sentences than these are not read first."""
WORST_FIRST = (
    "nobody_scored",
    "stale",
    "not_fit.churn.nothing",
    "not_fit.churn.fallback",
    "not_fit.value.fallback",
    "arms",
    "not_evaluated",
    "many_rejected",
)
"""What changes a decision: who cannot be decided about at all first, then whom, then how surely."""
LISTS = ("win_back", "churn_warning")
GAIN = {"win_back": "expected_incremental_margin", "churn_warning": "expected_profit"}
REJECTED_SHARE = 0.01
TOP = (
    "rank",
    "customer_id",
    "severity",
    "reason_messages",
    "reason_1",
    "reason_2",
    "reason_3",
    "days_since_last",
    "step",
    "action",
    "offer",
    "channel",
    "owner",
    "expires_at",
    "expected_incremental_margin",
    "expected_profit",
    "expected_margin",
    "value_at_risk",
    "tier",
    "last_purchase_at",
)
"""What the page says of a listed customer is said of these columns."""


def week_of(
    report: Mapping[str, Any],
    lists: Mapping[str, Any],
    fitness: Mapping[str, Mapping[str, Any]],
    *,
    name_customers: bool = True,
) -> dict[str, Any]:
    """Compute what the first page says.

    Parameters
    ----------
    report
        The report being made: ``job, intake, population, quality, lists``.
    lists
        As of :func:`winback.reports.compute.compute_report`.
    fitness
        Of the models in use by role: ``fit, why, needs_days, needs_customers``.
    name_customers
        Show who they are; otherwise only at which place of the list they stand.

    Returns
    -------
    dict
        ``first`` (at most three entries, worst first), ``decisions`` (at most three; see
        `decisions`), ``files``, and ``lists``: by name ``n``, sums, ``expires_at,
        measure_until``, ``owners`` and ``rows``, the first twenty with the columns `TOP`.
    """
    drawn = {name: _list(lists.get(name), name_customers=name_customers) for name in LISTS}
    shown = {name: entry for name, entry in drawn.items() if entry is not None}
    return {
        "first": first(report, lists, fitness),
        "decisions": decisions(report, shown, lists, fitness),
        "lists": shown,
        "files": list(lists.get("files") or ()),
    }


def _list(rows: Rows | None, *, name_customers: bool) -> dict[str, Any] | None:
    """Take a list's first rows, who does it, and until when."""
    if rows is None:
        return None
    with aggregator(listed=rows) as engine:
        there = columns(engine, "listed")
        wanted = [name for name in TOP if name in there]
        if not name_customers:
            wanted[wanted.index("customer_id")] = "NULL AS customer_id"
        counted = records(engine, f"SELECT count(*) AS n, {_sums(there)} FROM listed")[0]
        order = "rank" if "rank" in there else "customer_id"
        top = records(
            engine,
            f"SELECT {', '.join(wanted)} FROM listed ORDER BY {order} LIMIT {SHOWN}",
        )
        owners = []
        if "owner" in there:
            query = "SELECT owner, count(*) AS n FROM listed GROUP BY ALL ORDER BY n DESC, owner"
            owners = [row["owner"] for row in records(engine, query) if row["owner"]]
    return {**counted, "owners": owners, "rows": top}


def _sums(there: set[str]) -> str:
    """Return what is added up, and the earliest deadline, of the columns that a list has."""
    parts = [
        f"sum(nullif(CAST({name} AS DOUBLE), 'NaN'::DOUBLE)) AS {name}"
        if name in there
        else f"NULL AS {name}"
        for name in (
            "expected_profit",
            "value_keepable",
            "expected_incremental_margin",
            "contact_cost",
            "offer_cost",
        )
    ]
    parts += [
        f"min({name})::DATE AS {name}" if name in there else f"NULL AS {name}"
        for name in ("expires_at", "measure_until")
    ]
    return ", ".join(parts)


def decisions(
    report: Mapping[str, Any],
    shown: Mapping[str, Any],
    lists: Mapping[str, Any],
    fitness: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Return what is to be decided, at most three.

    Returns
    -------
    list of dict
        ``code``; ``n``; of money ``costs, brings, leaves`` (expected) and ``worst`` (the cost if
        everything is redeemed and nothing gained), None where unknown; ``owners``, ``by`` and
        ``file``.
    """
    called, warned = report["lists"]["win_back"], report["lists"]["churn_warning"]
    calls = []
    if called and called["treated"]:
        calls.append(_call_back(called, shown["win_back"], lists.get("win_back_summary") or {}))
    if warned and warned["n"]:
        calls.append(_warn(report, warned, shown["churn_warning"], fitness.get("churn")))
    calls += _others(report, called, shown)
    return calls[:3]


def _decision(code: str, entry: Mapping[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    shown = {"costs": None, "brings": None, "leaves": None, "worst": None, "file": None, **facts}
    entry = entry or {}
    owners, by = entry.get("owners") or [], entry.get("expires_at")
    return {"code": code, "owners": owners, "by": by, **plain(shown)}


def _call_back(
    size: Mapping[str, Any], entry: Mapping[str, Any], summary: Mapping[str, Any]
) -> dict[str, Any]:
    costs, leaves = size["expected_cost"], size["expected_margin"]
    has_money = costs is not None and leaves is not None
    return _decision(
        "call_back",
        entry,
        n=size["treated"],
        control=size["control"],
        until=entry.get("measure_until"),
        costs=costs,
        brings=costs + leaves if has_money else None,
        leaves=leaves,
        worst=summary.get("worst_case"),
        measured=bool(size["uplift_measured"]),
        file="win_back.csv",
    )


def _warn(
    report: Mapping[str, Any],
    size: Mapping[str, Any],
    entry: Mapping[str, Any],
    stated: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Tell what acting on all warnings is expected to bring, as the list itself says by row."""
    leaves, rate = entry["expected_profit"], report["job"].get("save_rate")
    worst = sum(entry[name] or 0 for name in ("contact_cost", "offer_cost"))
    at_risk, keepable = size["value_at_risk"], entry["value_keepable"]
    brings = None if keepable is None or rate is None else rate * keepable
    costs = None if brings is None or leaves is None else max(brings - leaves, 0.0)
    red = next((row["n"] for row in size["severities"] if row["name"] == "red"), 0)
    return _decision(
        "warn" if red else "warn_none_red",
        entry,
        n=size["n"],
        red=red,
        costs=costs,
        brings=brings,
        leaves=leaves,
        worst=worst or None,
        rate=rate,
        at_risk=at_risk,
        measured=False,
        tested=None if stated is None else stated["fit"] == "ranking",
        file="churn_warning.csv",
    )


def _others(
    report: Mapping[str, Any], called: Mapping[str, Any] | None, shown: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return what else may be decided: what changes most comes first."""
    job, calls = report["job"], []
    entry = shown.get("win_back")
    if report["intake"]["has_amounts"] and job.get("money") == "revenue":
        calls.append(_decision("margin"))
    over = {row["reason"]: row["n"] for row in (called or {}).get("excluded", [])}
    waiting = over.get(OVER_CAPACITY, 0) + over.get(OVER_BUDGET, 0)
    if called and waiting and called["treated"]:
        brings = called.get("capacity_shadow_price") or called["shadow_price"]
        code = "places" if called.get("capacity_shadow_price") else "budget"
        if brings:
            calls.append(_decision(code, entry, n=waiting, brings=brings, one=1))
    if called and called["treated"] and called["control"]:
        until = (entry or {}).get("measure_until")
        calls.append(
            _decision("leave_alone", {**(entry or {}), "expires_at": until}, n=called["control"])
        )
    return calls


def first(
    report: Mapping[str, Any],
    lists: Mapping[str, Any],
    fitness: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Return what changes a decision, the worst three in order: codes with facts, no wording."""
    intake, summary = report["intake"], report["population"]["summary"]
    entries: list[dict[str, Any]] = []
    if summary["n"] == 0:
        entries.append({"code": "nobody_scored"})
    silent = _silent_days(intake, str(report["job"]["as_of"]))
    if silent > STALE_DAYS:
        entries.append({"code": "stale", "n": silent})
    for role, stated in fitness.items():
        if stated["fit"] != "ranking":
            facts = {name: stated.get(name) for name in ("needs_days", "needs_customers")}
            entries.append({"code": f"not_fit.{role}.{stated['fit']}", **facts})
    if (lists.get("win_back_summary") or {}).get("warnings"):
        entries.append({"code": "arms"})
    if summary["n"] and not report["quality"]["targets"]:
        entries.append({"code": "not_evaluated"})
    if intake["rejected_rows"] > REJECTED_SHARE * intake["rows_in"]:
        share = plain(intake["rejected_rows"] / intake["rows_in"])
        entries.append({"code": "many_rejected", "n": intake["rejected_rows"], "share": share})
    entries.sort(key=lambda entry: WORST_FIRST.index(entry["code"]))
    return entries[:MOST_FIRST]


def _silent_days(intake: Mapping[str, Any], as_of: str) -> int:
    last = intake.get("last_day")
    if not last:
        return 0
    return (date.fromisoformat(as_of[:10]) - date.fromisoformat(str(last)[:10])).days
