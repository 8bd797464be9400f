"""What the numbers say, in one plain sentence each: the verdict, the warnings, chart readings.

Every function takes computed plain data and the :class:`~winback.reports.messages.Words` of a
language, and returns text; none computes more than a ratio.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from winback.reports.messages import Words
from winback.reports.quality import LEVEL_GAP

HORIZON_OF_VALUE = 365  # only where a job does not say


def verdict(report: dict[str, Any], words: Words) -> list[str]:
    """Return the three sentences on top: who was scored, whom to contact, how good the models are."""
    return [_who(report, words), _whom(report["lists"], words), _how_good(report["quality"], words)]


def warnings(report: dict[str, Any], words: Words) -> list[str]:
    """Return the sentences that must not be overlooked."""
    return [_WARNINGS.get(entry["code"], _say)(entry, words) for entry in report["warnings"]]


def value_amount(value: float, value_is: str, words: Words) -> str:
    """Return a sum of value: money, or purchase days where there are no amounts."""
    return words.money(value) if value_is == "clv" else words.number(round(value))


def value_days(report: dict[str, Any], words: Words) -> str:
    """Return the horizon of value, in words."""
    return words.count(int(report["job"].get("value_horizon_days") or HORIZON_OF_VALUE), "day")


def _who(report: dict[str, Any], words: Words) -> str:
    summary, as_of = report["population"]["summary"], words.day(report["job"]["as_of"])
    if summary["n"] == 0:
        return words("verdict.nobody", as_of=as_of)
    concentration = report["population"]["concentration"]
    shares = {row["percent"]: row["value_share"] for row in (concentration or {}).get("top", [])}
    amount = value_amount(summary["value"], summary["value_is"], words)
    return words(
        "verdict.who",
        customers=words.count(summary["n"], "customer"),
        as_of=as_of,
        active=words.number(summary["active"]),
        value=words(f"value.{summary['value_is']}", amount=amount, n=amount),
        days=value_days(report, words),
        top=words("verdict.top", share=words.share(shares[10])) if 10 in shares else "",
    )


def _whom(lists: dict[str, Any], words: Words) -> str:
    parts = []
    if lists["churn_warning"] is not None:
        parts.append(_warn(lists["churn_warning"], words))
    if lists["win_back"] is not None:
        parts.append(_call(lists["win_back"], words))
    if not parts:
        return words("verdict.no_lists")
    text = parts[0] if len(parts) == 1 else words("joined", first=parts[0], second=parts[1])
    return text[:1].upper() + text[1:] + "."


def _warn(size: dict[str, Any], words: Words) -> str:
    if size["n"] == 0:
        return words("verdict.warn.nobody")
    at_risk = size["value_at_risk"]
    return words(
        "verdict.warn",
        customers=words.count(size["n"], "customer"),
        severities=", ".join(
            words(
                "verdict.severity",
                n=words.number(row["n"]),
                severity=words.label("severity", row["name"]),
            )
            for row in size["severities"]
            if row["n"]
        ),
        value=words("verdict.warn.value", value=words.money(at_risk)) if at_risk else "",
    )


def _call(size: dict[str, Any], words: Words) -> str:
    budget, spent = size["budget"], size["spent"]
    if not size["treated"]:
        limit = "" if budget is None else words("verdict.unspent", budget=words.money(budget))
        return words("verdict.call.nobody", budget=limit)
    key = "verdict.spent" if budget is None else "verdict.budget"
    return words(
        "verdict.call",
        customers=words.count(size["treated"], "customer"),
        budget=""
        if spent is None
        else words(key, spent=words.money(spent), budget=words.money(budget)),
        control=words("verdict.control", n=words.number(size["control"])) if size["control"] else "",
    )


def _how_good(quality: dict[str, Any], words: Words) -> str:
    # Revenue says more than purchases to those who read only this far.
    value = "revenue" if "revenue" in quality["targets"] else "purchases"
    tested = [quality["targets"][key] for key in ("churn", value) if key in quality["targets"]]
    if not tested:
        return words("verdict.not_tested")
    return words(
        "verdict.models",
        as_of=words.day(tested[-1]["as_of"]),
        until=words.day(tested[-1]["until"]),
        clauses="; ".join(
            # only the first clause opens with a capital
            clause if place == 0 else clause[:1].lower() + clause[1:]
            for place, clause in enumerate(model_clause(entry, words) for entry in tested)
        ),
    )


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
    top, sums = bins[0], {
        side: sum(row["n"] * row[side] for row in bins) for side in ("predicted", "actual")
    }
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
        gap=words.number(round(100 * abs(worst["predicted"] - worst["actual"]), 1)),
        at=words.share(worst["predicted"]),
    )


def tracking_reading(weeks: Sequence[dict[str, Any]], words: Words) -> str:
    """Return how many purchases happened and were expected, held-out weeks first of all."""
    unseen = [week for week in weeks if week["held_out"]]
    counted = unseen or weeks
    actual, expected = (sum(week[side] or 0 for week in counted) for side in ("actual", "expected"))
    return words(
        "chart.tracking.reading.held_out" if unseen else "chart.tracking.reading",
        weeks=words.number(len(counted)),
        actual=words.number(round(actual)),
        expected=words.number(round(expected)),
        off=off(expected, actual, words),
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


def severity_reading(size: dict[str, Any], words: Words) -> str:
    """Return the most severe warnings and the value at stake there."""
    top = next(row for row in size["severities"] if row["n"])
    value = ""
    if size["value_at_risk"]:
        value = words(
            "chart.severity.reading.value",
            share=words.share(top["value_at_risk"] / size["value_at_risk"]),
            amount=words.money(top["value_at_risk"]),
            total=words.money(size["value_at_risk"]),
        )
    return words(
        "chart.severity.reading",
        n=words.number(top["n"]),
        total=words.number(size["n"]),
        severity=words.label("severity", top["name"]),
        value=value,
    )


def funnel_reading(size: dict[str, Any], words: Words) -> str:
    """Return where the considered customers went."""
    return words(
        "chart.funnel.reading",
        considered=words.number(size["considered"]),
        treated=words.number(size["treated"]),
        control=words.number(size["control"]),
        excluded=words.number(sum(row["n"] for row in size["excluded"])),
        why=_why(size["excluded"], "chart.funnel.why", "excluded", words),
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


def _say(entry: dict[str, Any], words: Words) -> str:
    return words(f"warning.{entry['code']}", **entry)


def _beaten(entry: dict[str, Any], words: Words) -> str:
    return words(
        "warning.beaten",
        target=words.label("target", entry["target"]),
        chosen=words.label("model", entry["chosen"]),
        rival=words.label("model", entry["rival"]),
        loss=words.share(entry["loss"]),
    )


def _many_rejected(entry: dict[str, Any], words: Words) -> str:
    rows, share = words.count(entry["n"], "row"), words.share(entry["share"])
    return words("warning.many_rejected", rows=rows, share=share)


_WARNINGS: dict[str, Callable[[dict[str, Any], Words], str]] = {
    "beaten": _beaten,
    "many_rejected": _many_rejected,
}
