"""What the models say: the verdict in sentences, what has changed, what must not be overlooked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from winback.evaluation.fitness import Fitness
from winback.messages import Words
from winback.reports.changes import COMPARED
from winback.reports.charts.value_matrices import HORIZON_OF_VALUE
from winback.reports.population import PURCHASES
from winback.reports.quality import model_clause
from winback.reports.stored_messages import sentences


def value_amount(value: float, value_is: str, words: Words) -> str:
    """Return a sum of value: money, or purchase days where there are no amounts."""
    return words.number(round(value)) if value_is == PURCHASES else words.money(value)


def value_days(report: dict[str, Any], words: Words) -> str:
    """Return the horizon of value, in words."""
    return words.count(int(report["job"].get("value_horizon_days") or HORIZON_OF_VALUE), "day")


def verdict(report: dict[str, Any], words: Words) -> list[str]:
    """Return two sentences: who was scored and what they are worth, how good the models are."""
    return [_who(report, words), _how_good(report["quality"], words)]


def fitness(report: dict[str, Any], words: Words) -> list[str]:
    """Return what each model in use is fit for, with the evidence."""
    stated = [Fitness.of(record).message for record in report["fitness"].values()]
    return [sentences([message], words) for message in stated]


def since(report: dict[str, Any], words: Words) -> list[str]:
    """Return what became of those on the last lists."""
    lists = (report["changes"] or {}).get("lists")
    if not lists:
        return []
    lines = []
    warned, called, control = (
        lists.get(name) for name in ("churn_warning", "win_back", "win_back_control")
    )
    if warned and "new" in warned:
        counts = {name: words.number(n) for name, n in warned.items()}
        lines.append(words("since.warned", as_of=words.day(lists["as_of"]), **counts))
    if called and called["n"]:
        text = words("since.called", **_back(called, words))
        if control and control["n"]:
            text += words("since.control", **_back(control, words))
        lines.append(text + words("stop"))
    return lines


def _back(counts: dict[str, int], words: Words) -> dict[str, str]:
    share = words.share(counts["bought"] / counts["n"])
    return {"share": share, **{name: words.number(n) for name, n in counts.items()}}


def changed(report: dict[str, Any], words: Words) -> list[dict[str, str]]:
    """Return the figures of the last run beside today's."""
    compared = report["changes"] or {}
    now, before = compared.get("now"), compared.get("before")
    alike = ("value_is", "money")  # margin is not compared with revenue
    if not now or not before or any(now[key] != before.get(key, now[key]) for key in alike):
        return []
    rows = []
    for name in COMPARED:
        if now.get(name) is None or before.get(name) is None:
            continue
        kind = f"value.{now['value_is']}" if name == "value" else name
        money = name in {"value_at_risk", "spent"} or (
            name == "value" and now["value_is"] != PURCHASES
        )
        write = replace(words, currency=None).money if money else words.number
        gap = now[name] - before[name]
        unit = words.currency if money else None
        rows.append(
            {
                "name": words("change.in", name=words(f"change.{kind}"), unit=unit)
                if unit
                else words(f"change.{kind}"),
                "before": write(before[name]),
                "now": write(now[name]),
                "change": ("+" if gap > 0 else "") + write(gap),
            }
        )
    return rows


def warnings(report: dict[str, Any], words: Words) -> list[str]:
    """Return the sentences that whoever looks after the models must not overlook."""
    return [warning(entry, words) for entry in report["warnings"]]


def warning(entry: dict[str, Any], words: Words) -> str:
    """Return the sentence of one warning."""
    return _WARNINGS.get(entry["code"], _say)(entry, words)


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


def _how_good(quality: dict[str, Any], words: Words) -> str:
    # Revenue says more than purchases to those who read only this far.
    value = "revenue" if "revenue" in quality["targets"] else "purchases"
    tested = [quality["targets"][key] for key in ("churn", value) if key in quality["targets"]]
    if not tested:
        return words("verdict.not_tested")
    windows: dict[str, list[str]] = {}
    for entry in tested:
        windows.setdefault(entry["split"], []).append(model_clause(entry, words))
    clauses = words("clause.next").join(
        words(
            "verdict.models",
            as_of=words.day(split.partition("/")[0]),
            until=words.day(split.partition("/")[2]),
            clauses=words("clause.next").join(said),
        )
        for split, said in windows.items()
    )
    return words("verdict.tested", windows=clauses)


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


def _not_promoted(entry: dict[str, Any], words: Words) -> str:
    why = (
        words("warning.why", reasons=sentences(entry["reasons"], words)) if entry["reasons"] else ""
    )
    return words("warning.not_promoted", model=entry["model"], why=why)


def _noted(entry: dict[str, Any], words: Words) -> str:
    """Say what a room below has said of the run or of a model."""
    return words(f"warning.{entry['code']}", **{**entry, "text": sentences([entry["text"]], words)})


def _not_fit(entry: dict[str, Any], words: Words) -> str:
    """Say by what a list is ordered instead of a score, and what it takes until then."""
    days, customers = entry["needs_days"], entry["needs_customers"]
    takes = ""
    if days is not None:
        takes = words("not_fit.days", days=words.count(days, "day"))
    elif customers is not None:
        takes = words("not_fit.customers", customers=words.count(customers, "customer"))
    return words(f"warning.{entry['code']}", takes=takes)


def _stale(entry: dict[str, Any], words: Words) -> str:
    return words("warning.stale", days=words.count(entry["n"], "day"))


def _many_rejected(entry: dict[str, Any], words: Words) -> str:
    rows, share = words.count(entry["n"], "row"), words.share(entry["share"])
    return words("warning.many_rejected", rows=rows, share=share)


_WARNINGS: dict[str, Callable[[dict[str, Any], Words], str]] = {
    "beaten": _beaten,
    "not_promoted": _not_promoted,
    "many_rejected": _many_rejected,
    "stale": _stale,
    "not_fit.churn.fallback": _not_fit,
    "not_fit.churn.nothing": _not_fit,
    "not_fit.value.fallback": _not_fit,
    "said": _noted,
    "model_notes": _noted,
}
