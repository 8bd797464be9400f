"""What charts and tables say, in one plain sentence each.

Every function takes computed plain data and the :class:`~winback.messages.Words` of a
language, and returns text; none computes more than a ratio.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from winback.messages import Words
from winback.reports.drift import MOVED, STEADY
from winback.reports.quality import LEVEL_GAP

HORIZON_OF_VALUE = 365  # only where a job does not say


def value_amount(value: float, value_is: str, words: Words) -> str:
    """Return a sum of value: money, or purchase days where there are no amounts."""
    return words.money(value) if value_is == "clv" else words.number(round(value))


def value_days(report: dict[str, Any], words: Words) -> str:
    """Return the horizon of value, in words."""
    return words.count(int(report["job"].get("value_horizon_days") or HORIZON_OF_VALUE), "day")


def model_clause(entry: dict[str, Any], words: Words) -> str:
    """Return how the chosen model of a target fares against the best other one."""
    gain = entry["gain"]
    outcome = (
        "alone"
        if gain is None
        else "worse"
        if gain < -LEVEL_GAP
        else "better"
        if gain > LEVEL_GAP
        else "level"
    )
    return words(
        f"clause.{outcome}",
        target=words.label("target", entry["target"]),
        model=words.label("model", entry["chosen"] or ""),
        rival=words.label("model", entry["rival"] or ""),
        gain=words.share(abs(gain or 0.0)),
    )


def off(predicted: float, actual: float, words: Words) -> str:
    """Return by how much a forecast missed, in words."""
    if not actual:
        return words("off.undefined")
    miss = predicted / actual - 1
    if abs(miss) < 0.01:
        return words("off.level")
    return words("off.high" if miss > 0 else "off.low", share=words.share(abs(miss)))


def deciles_reading(bins: Sequence[dict[str, Any]], target: str, words: Words) -> str:
    """Return how the top tenth and the total compare with what happened."""
    amount = words.money if target == "revenue" else words.number
    top, sums = (
        bins[0],
        {side: sum(row["n"] * row[side] for row in bins) for side in ("predicted", "actual")},
    )
    return words(
        "chart.deciles.reading",
        predicted=amount(top["predicted"]),
        actual=amount(top["actual"]),
        off=off(top["predicted"], top["actual"], words),
        total=off(sums["predicted"], sums["actual"], words),
    )


def reliability_reading(bins: Sequence[dict[str, Any]], words: Words) -> str:
    """Return mean predicted and actual churn and the largest gap among the groups."""
    n = sum(row["n"] for row in bins)
    worst = max(bins, key=lambda row: abs(row["predicted"] - row["actual"]))
    return words(
        "chart.reliability.reading",
        predicted=words.share(sum(row["n"] * row["predicted"] for row in bins) / n),
        actual=words.share(sum(row["n"] * row["actual"] for row in bins) / n),
        gap=words.points(abs(worst["predicted"] - worst["actual"])),
        at=words.share(worst["predicted"]),
    )


def concentration_reading(data: dict[str, Any], words: Words) -> str:
    """Return the shares of value held by the top customers."""
    shares = {f"top_{row['percent']}": words.share(row["value_share"]) for row in data["top"]}
    return words("chart.concentration.reading", **shares)


def tiers_reading(rows: Sequence[dict[str, Any]], words: Words) -> str:
    """Return the size and value of the most valuable tier."""
    first = rows[0]
    name = words.label("tier", first["name"])
    if len(rows) == 1:
        customers = words.count(first["n"], "customer")
        return words("chart.tiers.reading.one", customers=customers, name=name)
    return words(
        "chart.tiers.reading",
        name=name,
        share=words.share(first["share"]),
        value_share=words.share(first["value_share"]),
    )


def risk_reading(data: dict[str, Any], mean: float | None, words: Words) -> str:
    """Return how many active customers are more likely than not to stay away."""
    if not data["n_active"]:
        customers = words.count(data["n_dormant"], "customer")
        return words("chart.risk.reading.dormant", customers=customers)
    return words(
        "chart.risk.reading",
        likely=words.number(data["likely"]),
        active=words.number(data["n_active"]),
        share=words.share(data["likely"] / data["n_active"]),
        mean=words.share(mean),
    )


def stages_reading(rows: Sequence[dict[str, Any]], words: Words) -> str:
    """Return the largest stage and the one that holds most value."""
    largest = max(rows, key=lambda row: row["n"])
    valuable = max(rows, key=lambda row: row["value"])
    known = bool(valuable["value_share"])
    return words(
        "chart.stages.reading" if known else "chart.stages.reading.plain",
        name=words.label("stage", largest["name"]),
        share=words.share(largest["share"]),
        valuable=words.label("stage", valuable["name"]),
        value_share=words.share(valuable["value_share"]),
    )


def drift_reading(told: dict[str, Any], words: Words) -> str:
    """Return which feature has moved the most, and whether that is much."""
    first = told["features"][0]
    size = "moved" if first["psi"] > MOVED else "moving" if first["psi"] > STEADY else "steady"
    return words(
        f"chart.drift.reading.{size}",
        feature=words(f"feature.{first['feature']}"),
        psi=words.metric(first["psi"]),
        since=words.day(told["since"]),
    )


def coverage_reading(told: dict[str, Any], words: Words) -> str:
    """Return on how many days of the history somebody bought, and the longest silence."""
    return words(
        "chart.coverage.reading" if told["gap"] else "chart.coverage.reading.daily",
        bought=words.number(told["bought_on"]),
        days=words.count(told["days"], "day"),
        share=words.share(told["bought_on"] / told["days"]),
        gap=words.count(told["gap"], "day"),
    )


def data_reading(intake: dict[str, Any], words: Words) -> str:
    """Return how many rows were used and why others were not."""
    return words(
        "data.reading",
        accepted=words.number(intake["accepted"]),
        rows=words.count(intake["rows_in"], "row"),
        share=words.share(intake["accepted"] / intake["rows_in"] if intake["rows_in"] else None),
        rejected=words.number(intake["rejected_rows"]),
        why=_why(intake["rejected"], "data.why", "rejected", words),
    )


def _why(reasons: Sequence[dict[str, Any]], key: str, kind: str, words: Words) -> str:
    """Return the most frequent reason; the reasons come sorted."""
    if not reasons:
        return ""
    first = reasons[0]
    return words(key, reason=words.label(kind, first["reason"]), n=words.number(first["n"]))
