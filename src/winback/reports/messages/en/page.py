"""The frame of the page: sections, verdict, warnings, what was done."""

from __future__ import annotations

TEXT: dict[str, str] = {
    # ------------------------------------------------------------------ small change
    "missing": "\N{EN DASH}",
    "millions": "{n} million",
    "money": "{currency} {amount}",
    "customer.one": "{n} customer",
    "customer.other": "{n} customers",
    "day.one": "{n} day",
    "day.other": "{n} days",
    "row.one": "{n} row",
    "row.other": "{n} rows",
    "joined": "{first}; {second}",
    # ------------------------------------------------------------------ page
    "title": "{name}: customer value, churn and win-back, {as_of}",
    "heading": "Customer value, churn and win-back",
    "byline": "{name} · everything known by the end of {as_of}",
    "skip": "Skip to the report",
    "contents": "Contents",
    "footer": "winback {version}. This file is complete: it loads nothing and names no customer.",
    "needs_script": "The charts need JavaScript; every number is also in the tables and texts.",
    "meta": "n = {n} · as of {as_of}",
    "numbers": "The numbers",
    # ------------------------------------------------------------------ sections
    "section.verdict": "Verdict",
    "section.warnings": "Read this first",
    "section.done": "What was done",
    "section.value": "Value",
    "section.lists": "Lists",
    "section.tiers": "Tiers",
    "section.data": "Data",
    "lead.quality": (
        "Models were trained on what was known at a past date and compared with what happened"
        " after it. The chosen model was picked without seeing that window."
    ),
    "lead.value.clv": (
        "Value is the expected margin of each customer within {days}, discounted (CLV)."
    ),
    "lead.value.expected_purchases": (
        "The source has no amounts, so value is counted in expected purchase days within {days}."
    ),
    "lead.data": "Rows that break the contract are set aside with their reason, never lost.",
    # ------------------------------------------------------------------ verdict
    "verdict.nobody": "Nobody was scored as of {as_of}: no purchase was known by then.",
    "verdict.who": (
        "{customers} scored as of {as_of}, {active} of them active; together they are expected to"
        " bring {value} within {days}{top}."
    ),
    "verdict.top": ", {share} of it from the top tenth",
    "value.clv": "{amount} of margin",
    "value.expected_purchases": "{n} purchase days",
    "verdict.warn": "Warn {customers} at risk of leaving ({severities}){value}",
    "verdict.warn.nobody": "Nobody needs a churn warning",
    "verdict.warn.value": ", with {value} at stake",
    "verdict.severity": "{n} {severity}",
    "verdict.call": "call back {customers}{budget}{control}",
    "verdict.call.nobody": "call back nobody{budget}",
    "verdict.budget": " for {spent} of a budget of {budget}",
    "verdict.spent": " for {spent}",
    "verdict.unspent": " within a budget of {budget}",
    "verdict.control": ", with {n} held back to measure the effect",
    "verdict.no_lists": "No lists were made.",
    "verdict.models": "after {as_of} until {until}: {clauses}",
    "verdict.tested": "Tested on what happened {windows}.",
    "gauge.warned": "Churn warnings, of the week's capacity",
    "gauge.called": "To call back, of the capacity",
    "gauge.budget": "Budget committed",
    "gauge.text": "{used} of {limit} ({share})",
    "verdict.not_tested": "The models have not been tested on held-out purchases.",
    "clause.better": (
        "{target} ({model}) has an error {gain} lower than the best other model, {rival}"
    ),
    "clause.level": "{target} ({model}) is level with the best other model, {rival}",
    "clause.worse": (
        "{target} ({model}) has an error {gain} HIGHER than the best other model, {rival}"
    ),
    "clause.alone": "{target} ({model}) was tested without a rival",
    # ------------------------------------------------------------------ warnings
    "warning.nobody_scored": "Nobody was scored; the lists are empty.",
    "warning.not_evaluated": (
        "The models have not been compared with their baselines on held-out data."
        " Treat the scores with care."
    ),
    "warning.beaten": (
        "{target}: the chosen model {chosen} did worse on the held-out window than {rival}"
        " (error {loss} higher)."
    ),
    "warning.not_promoted": "{model}: the newly trained model was not promoted.{why}",
    "warning.why": " {reasons}",
    "warning.model_notes": "{model}: {text}",
    "warning.many_rejected": "{rows} ({share}) were rejected; see data quality.",
    "warning.said": "{text}",
    # ------------------------------------------------------------------ key figures
    "tile.scored": "customers scored",
    "tile.active": "active",
    "tile.value.clv": "expected margin in {days}",
    "tile.value.expected_purchases": "expected purchase days in {days}",
    "tile.warned": "churn warnings",
    "tile.at_risk": "value at risk",
    "tile.called": "to call back",
    # ------------------------------------------------------------------ what was done
    "done.data": "Purchases",
    "done.data.text": "{rows} of {customers}, {first} to {last}",
    "done.as_of": "Known until",
    "done.horizon_days": "Churn horizon",
    "done.value_horizon_days": "Value horizon",
    "done.active_within_days": "Active means bought within",
    "done.active_within_days.all": "any time",
    "done.margin": "Margin",
    "done.currency": "Currency",
    "done.default": "default",
    "done.defaults": "Settings left at their default: {names}.",
    "done.defaults.count": "{n} settings left at their default",
    "table.models": "Models in use",
    "column.model": "Model",
    "column.role": "Role",
    "column.version": "Version",
    "column.estimator": "Estimator",
    "column.parameters": "Parameters",
    "column.decision": "Decision",
    "decision.promoted": "promoted",
    "decision.kept": "not promoted",
    "decision.none": "\N{EN DASH}",
    "role.value": "value",
    "role.churn": "churn",
    "role.tiers": "tiers",
    "role.champion": "champion",
    "role.challenger": "challenger",
    "role.previous": "previous",
    # ------------------------------------------------------------------ names
    "tier.strategic": "strategic",
    "tier.potential": "potential",
    "tier.long-tail": "long-tail",
    "tier.core": "core",
    "tier.dormant": "dormant",
    "tier.high-value": "high-value",
    "tier.new": "new",
    "tier.lost": "lost",
    "tier.key": "key",
    "tier.loyal": "loyal",
    "tier.big-ticket": "big-ticket",
    "tier.occasional": "occasional",
    "stage.new": "new",
    "stage.active": "active",
    "stage.cooling": "cooling",
    "stage.at_risk": "at risk",
    "stage.dormant": "dormant",
    "rejected.no customer": "no customer",
    "rejected.no time": "no time",
    "rejected.unparsable time": "unparsable time",
    "rejected.future time": "future time",
    "rejected.time before 1900": "time before 1900",
    "rejected.no amount": "no amount",
    "rejected.unparsable amount": "unparsable amount",
    "rejected.amount not finite": "amount not finite",
    "rejected.wrong currency": "wrong currency",
    "rejected.duplicate line": "duplicate line",
    "rejected.unparsable available_at": "unparsable available_at",
    "rejected.unreadable line": "unreadable line",
    "parameter.calibration": "calibration",
    "parameter.features": "features",
    "parameter.tiers": "tiers",
    "stop": ".",
    "clause.next": "; ",
}
