"""What the charts of the lists say, and the terms they were made on, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from winback.messages import Message, Words


def severity_reading(size: dict[str, Any], words: Words) -> str:
    """Return the most severe warnings, and how many more are at risk than there is room for."""
    top = next(row for row in size["severities"] if row["n"])
    beyond = (size["at_risk"] or 0) - size["n"]
    return words(
        "chart.severity.reading",
        n=words.number(top["n"]),
        total=words.number(size["n"]),
        severity=words.label("severity", top["name"]),
        beyond=words("chart.severity.reading.beyond", n=words.number(beyond)) if beyond > 0 else "",
    )


def at_stake_reading(size: dict[str, Any], words: Words) -> str:
    """Return the value at risk with its interval."""
    most = max(size["severities"], key=lambda row: row["value_at_risk"] or 0)
    return words(
        "chart.at_stake.reading",
        total=words.money(size["value_at_risk"]),
        low=words.money(size["value_low"]),
        high=words.money(size["value_high"]),
        share=words.share((most["value_at_risk"] or 0) / size["value_at_risk"]),
        severity=words.label("severity", most["name"]),
    )


def funnel_reading(size: dict[str, Any], words: Words) -> str:
    """Return where the dormant customers went."""
    return words(
        "chart.funnel.reading",
        dormant=words.number(size["dormant"]),
        treated=words.number(size["treated"]),
        control=words.number(size["control"]),
        excluded=words.number(sum(row["n"] for row in size["excluded"])),
    )


def left_out_reading(size: dict[str, Any], words: Words) -> str:
    """Return the most frequent reason for being left out."""
    first, n = size["excluded"][0], sum(row["n"] for row in size["excluded"])
    return words(
        "chart.left_out.reading",
        total=words.number(n),
        reason=words.label("excluded", first["reason"]),
        n=words.number(first["n"]),
        share=words.share(first["n"] / n),
    )


def threshold(size: dict[str, Any], words: Words) -> str | None:
    """Return from where on a customer is warned about."""
    told = size["threshold"]
    by = told.get("by")
    if by == "profit":
        return words("threshold.profit", profit=words.money(told["profit"]))
    if by == "days" and told.get("days") is not None:
        risk = words.share(told.get("risk"))
        return words("threshold.days", days=words.count(int(told["days"]), "day"), risk=risk)
    return words("threshold.risk", risk=words.share(told["risk"])) if told.get("risk") else None


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
        source = Message.of(size["uplift_source"])
        return words("uplift.measured", source=words.sentence(source.say(words)))
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
