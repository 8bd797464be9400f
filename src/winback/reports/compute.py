"""Compute first: everything a report says, as plain data that JSON can hold.

No words and no pictures yet: these are made by the charts and by the page. Of single customers
nothing enters the result but the first rows of the two lists (`winback.reports.first_page`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from winback.reports.aggregator import plain
from winback.reports.board import open_cases
from winback.reports.changes import changes
from winback.reports.charts.churn_found import shown_models
from winback.reports.charts.churn_level import snapshots_of
from winback.reports.charts.churn_risk import reasons_of
from winback.reports.charts.cohort_worth import by_period
from winback.reports.charts.data_drift import drift_of
from winback.reports.charts.past_purchases import weeks_of
from winback.reports.charts.value_stability import stability_of
from winback.reports.charts.value_tested import by_frequency_of
from winback.reports.charts.value_to_come import weekly
from winback.reports.first_page import week_of
from winback.reports.intake_counts import intake_counts
from winback.reports.list_sizes import churn_warning_size, win_back_size
from winback.reports.material import Course, Data, Earlier, Judgements, Models
from winback.reports.population import population
from winback.reports.quality import LEVEL_GAP, quality
from winback.reports.stored_messages import Sayable, kept
from winback.reports.tier_facts import tier_facts

SCHEMA = 2


def compute_report(
    job: Mapping[str, Any],
    data: Data,
    *,
    evaluation: Judgements | None = None,
    models: Models | None = None,
    course: Course | None = None,
    lists: Mapping[str, Any] | None = None,
    earlier: Earlier | None = None,
    warnings: Sequence[Sayable] = (),
) -> dict[str, Any]:
    """Compute the report of one run.

    Parameters
    ----------
    job
        ``name, as_of`` (date or ISO text), ``currency, horizon_days, value_horizon_days, margin,
        active_within_days, defaults`` (names of settings left at their default),
        ``package_version``; perhaps ``language`` (``"en"``), ``money`` (``margin``, or ``revenue``
        where no margin is known), of a warning ``save_rate, contact_cost, offer_cost``, and
        ``name_customers`` (True).
    data, evaluation, models, course, earlier
        See :mod:`winback.reports.material`; what is absent is left out of the report.
    lists
        ``churn_warning, win_back, win_back_control`` (frames or Parquet paths),
        ``churn_warning_summary, win_back_summary`` (see :mod:`winback.reports.list_sizes`) and
        ``files`` (names, as they lie beside the report); any may be absent.
    warnings
        Of the run, that must not be overlooked.

    Returns
    -------
    dict
        Sections ``job, intake, population, quality, value, churn, tiers, cohorts, cohort_values,
        models, fitness, lists, tracking, coverage, drift, board, alerts, campaigns, channels,
        left_out, changes, week`` and ``warnings``. The
        same input gives the same dict, and it survives a round trip through JSON.

    Examples
    --------
    >>> import pandas as pd
    >>> scores = pd.DataFrame({
    ...     "frequency": [2.0, 0.0], "recency": [30.0, 0.0], "T": [40.0, 400.0],
    ...     "expected_purchases": [1.5, 0.1], "clv": [90.0, 10.0], "p_churn": [0.2, 0.9],
    ...     "tier": ["high", "low"], "lifecycle_stage": ["active", "dormant"]})
    >>> report = compute_report(
    ...     {"name": "shop", "as_of": "1998-06-30", "active_within_days": 365},
    ...     Data(intake={"has_amounts": True, "rows_in": 3, "accepted": 3}, scores=scores))
    >>> report["population"]["summary"]["active"], report["population"]["tiers"][0]["value_share"]
    (1, 0.9)
    """
    evaluation, models = evaluation or Judgements(), models or Models()
    course, earlier, lists = course or Course(), earlier or Earlier(), lists or {}
    steering = course.steering
    intake = intake_counts(data.intake)
    judged = quality(
        evaluation.records,
        evaluation.predictions,
        groups=evaluation.groups,
        profit=evaluation.profit,
    )
    people = population(
        data.scores,
        has_amounts=intake["has_amounts"],
        active_within_days=job.get("active_within_days"),
    )
    report = {
        "schema": SCHEMA,
        "job": plain({"language": "en", "currency": None, "defaults": [], **job}),
        "intake": intake,
        "population": people,
        "quality": judged,
        "churn": _churn(judged, people, lists, models),
        "tiers": tier_facts(models.tiers),
        "models": [_model(model) for model in models.used],
        "fitness": plain(dict(models.fitness)),
        "lists": _lists(lists),
        "value": _value(evaluation, judged, models, course),
        "cohorts": plain(course.cohorts) if course.cohorts else None,
        "cohort_values": by_period([plain(row) for row in course.cohort_values]),
        "tracking": weeks_of(course.tracking) if course.tracking is not None else None,
        "coverage": plain(data.coverage) if data.coverage else None,
        "board": plain(steering.board),
        "alerts": None if steering.alerts is None else open_cases(steering.alerts),
        "campaigns": plain(steering.campaigns),
        "channels": plain(steering.channels),
        "left_out": plain(dict(steering.left_out)),
        "drift": _drift(models, data, has_amounts=intake["has_amounts"]),
    }
    report["changes"] = changes(
        report, data.scores, lists.get("churn_warning"), earlier.report, earlier.lists
    )
    report["week"] = week_of(
        report, lists, report["fitness"], name_customers=job.get("name_customers", True)
    )
    of_lots = (lists.get("win_back_summary") or {}).get("warnings") or ()
    return {**report, "warnings": _warnings(report, [*of_lots, *warnings])}


def _value(
    evaluation: Judgements,
    judged: Mapping[str, Any],
    models: Models,
    course: Course,
) -> dict[str, Any]:
    """Tell of the value model what the backtest does not: histories, runs, the contest, futures."""
    verdict = judged["targets"].get("purchases")
    chosen = next((model["estimator"] for model in models.used if model.get("role") == "value"), "")
    return {
        "by_frequency": by_frequency_of(evaluation.predictions, evaluation.frequencies, verdict),
        "matrices": plain(models.matrices) if models.matrices else None,
        "forecast": weekly(course.forecast),
        "forecast_revenue": weekly(course.forecast_revenue),
        "stability": stability_of(models.runs, chosen),
        "choice": plain(models.choice) if models.choice else None,
    }


def _churn(
    judged: Mapping[str, Any],
    people: Mapping[str, Any],
    lists: Mapping[str, Any],
    models: Models,
) -> dict[str, Any]:
    """Tell of the churn score what the backtest does not: snapshots, reasons, reach."""
    capacity = (lists.get("churn_warning_summary") or {}).get("capacity")
    places = sum(capacity.values()) if isinstance(capacity, Mapping) else capacity
    active = people["summary"]["active"]
    verdict = judged["targets"].get("churn")
    return {
        "snapshots": snapshots_of(models.evidence, shown_models(verdict) if verdict else []),
        "reasons": reasons_of(lists.get("churn_warning")),
        "capacity_share": plain(min(places / active, 1.0)) if places and active else None,
    }


def _drift(models: Models, data: Data, *, has_amounts: bool) -> dict[str, Any] | None:
    if models.trained is None:
        return None
    since, past = models.trained
    return {"since": since, "features": drift_of(past, data.scores, has_amounts=has_amounts)}


def _model(model: Mapping[str, Any]) -> dict[str, Any]:
    facts = {
        name: plain(model.get(name))
        for name in ("name", "role", "version", "estimator", "parameters", "promoted")
    }
    notes = model.get("notes") or model.get("degenerate")
    return {
        **facts,
        "parameters": facts["parameters"] or {},
        "notes": kept(notes) if notes else None,
        "reasons": [kept(reason) for reason in model.get("reasons") or []],
    }


def _lists(lists: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "churn_warning": churn_warning_size(
            lists.get("churn_warning"), lists.get("churn_warning_summary")
        ),
        "win_back": win_back_size(
            lists.get("win_back"), lists.get("win_back_control"), lists.get("win_back_summary")
        ),
    }


def _warnings(report: Mapping[str, Any], given: Sequence[Sayable]) -> list[dict[str, Any]]:
    """Collect what whoever looks after the models must not overlook, as codes with their facts."""
    listed: list[dict[str, Any]] = []
    for target, verdict in report["quality"]["targets"].items():
        if verdict["gain"] is not None and verdict["gain"] < -LEVEL_GAP:
            listed.append(
                {
                    "code": "beaten",
                    "target": target,
                    "chosen": verdict["chosen"],
                    "rival": verdict["rival"],
                    "loss": plain(verdict["error"] / verdict["rival_error"] - 1),
                }
            )
    listed += [entry for model in report["models"] for entry in _of_model(model)]
    texts = [entry.get("text") for entry in listed]
    for text in map(kept, given):
        if text not in texts:
            texts.append(text)
            listed.append({"code": "said", "text": text})
    return listed


def _of_model(model: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = []
    name = model["name"]
    if model["promoted"] is False:
        listed.append({"code": "not_promoted", "model": name, "reasons": model["reasons"]})
    if model["notes"]:
        listed.append({"code": "model_notes", "model": name, "text": model["notes"]})
    return listed
