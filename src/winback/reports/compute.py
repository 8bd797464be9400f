"""Compute first: everything a report says, as plain data that JSON can hold.

No words and no pictures yet: texts are made in :mod:`winback.reports.readings`, figures in
:mod:`winback.reports.figures`. No customer identifier enters the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from winback.reports import churn, value
from winback.reports.changes import changes
from winback.reports.choice import choice
from winback.reports.drift import drift
from winback.reports.plain import Rows, plain
from winback.reports.population import population
from winback.reports.quality import LEVEL_GAP, quality
from winback.reports.sizes import churn_warning_size, win_back_size
from winback.reports.stability import stability
from winback.reports.tiers import tier_section

SCHEMA = 1
NOTABLE_REJECTED_SHARE = 0.01


def compute_report(
    *,
    job: Mapping[str, Any],
    intake: Mapping[str, Any],
    scores: Rows,
    lists: Mapping[str, Any] | None = None,
    evaluation: Sequence[dict[str, Any]] = (),
    predictions: Rows | None = None,
    groups: Sequence[dict[str, Any]] = (),
    profit: Sequence[dict[str, Any]] = (),
    evidence: Sequence[Mapping[str, Any]] = (),
    tiers: Mapping[str, Any] | None = None,
    models: Sequence[Mapping[str, Any]] = (),
    tracking: Rows | None = None,
    forecast: Sequence[Mapping[str, Any]] = (),
    forecast_revenue: Sequence[Mapping[str, Any]] = (),
    frequencies: Rows | None = None,
    matrices: Mapping[str, Any] | None = None,
    cohorts: Mapping[str, Any] | None = None,
    cohort_values: Sequence[Mapping[str, Any]] = (),
    runs: Sequence[Mapping[str, Any]] = (),
    reasons: str | None = None,
    contest: Sequence[Mapping[str, Any]] = (),
    coverage: Mapping[str, Any] | None = None,
    trained: tuple[str, Rows] | None = None,
    earlier: Mapping[str, Any] | None = None,
    earlier_lists: Mapping[str, Any] | None = None,
    warnings: Sequence[Any] = (),
) -> dict[str, Any]:
    """Compute the report of one run.

    Parameters
    ----------
    job
        ``name, as_of`` (date or ISO text), ``currency, horizon_days, value_horizon_days, margin,
        active_within_days, defaults`` (names of settings left at their default),
        ``package_version``; perhaps ``language`` (``"en"``).
    intake
        ``rows_in, filtered_out, zero_amounts, after_as_of, rejected`` (reason: count),
        ``accepted, customers, first_day, last_day, has_amounts``.
    scores
        Path of ``scores.parquet``, or a frame with its columns.
    lists
        ``churn_warning, win_back, win_back_control`` (frames or Parquet paths) and
        ``churn_warning_summary, win_back_summary`` (see :mod:`winback.reports.sizes`); any may be
        absent.
    evaluation, predictions
        Backtest records and predictions; see :func:`winback.reports.quality.quality`.
    groups, profit
        Churn by kind of customer, and profit by depth, of the same backtest.
    evidence
        Rows ``candidate, snapshot, n, base_rate, mean_predicted, brier, log_loss, auc, ece``:
        how the churn candidates did on past snapshots.
    tiers
        What ``tiers.json`` holds.
    models
        One entry per model: ``name, role, version, estimator, parameters, notes, promoted,
        reasons``.
    tracking
        Rows ``day, actual, expected`` and perhaps ``low, high`` (an interval) and ``held_out``
        (true from the cut-off on): the purchases of each day and what the model expected.
    forecast, forecast_revenue
        Rows ``day, cumulative, cumulative_low, cumulative_high`` of the days to come.
    frequencies
        ``customer_id`` and ``frequency`` as they were at the latest split of purchases.
    matrices
        ``T, frequencies, recencies`` (see :func:`winback.reports.value.grid`), and ``p_alive``
        and ``expected_purchases``: what the model says, a row a recency.
    cohorts
        As from :func:`winback.reports.cohorts.cohorts`.
    cohort_values
        Rows ``cohort, customers, realised, first_order, expected`` (margin).
    runs
        What the registered versions of the value model have found; see
        :func:`winback.reports.stability.stability`.
    reasons, contest
        Why the value model was chosen, and the contest's table; see
        :func:`winback.reports.choice.choice`.
    coverage
        As from :func:`winback.reports.coverage.coverage`.
    trained
        The day on which the champion was trained, and its customers then; see
        :func:`winback.reports.drift.drift`.
    earlier, earlier_lists
        The last report and the last lists; see :func:`winback.reports.changes.changes`.
    warnings
        Sentences of the run that must not be overlooked.

    Returns
    -------
    dict
        Sections ``job, intake, population, quality, value, churn, tiers, cohorts, cohort_values,
        models, lists, tracking, coverage, drift, changes`` and ``warnings``. The same input gives
        the same dict, and it survives a round trip through JSON.

    Examples
    --------
    >>> import pandas as pd
    >>> scores = pd.DataFrame({
    ...     "frequency": [2.0, 0.0], "recency": [30.0, 0.0], "T": [40.0, 400.0],
    ...     "expected_purchases": [1.5, 0.1], "clv": [90.0, 10.0], "p_churn": [0.2, 0.9],
    ...     "tier": ["high", "low"], "lifecycle_stage": ["active", "dormant"]})
    >>> report = compute_report(
    ...     job={"name": "shop", "as_of": "1998-06-30", "active_within_days": 365},
    ...     intake={"has_amounts": True, "rows_in": 3, "accepted": 3}, scores=scores)
    >>> report["population"]["summary"]["active"], report["population"]["tiers"][0]["value_share"]
    (1, 0.9)
    """
    intake_facts = _intake(intake)
    judged = quality(evaluation, predictions, groups=groups, profit=profit)
    people = population(
        scores,
        has_amounts=intake_facts["has_amounts"],
        active_within_days=job.get("active_within_days"),
    )
    report = {
        "schema": SCHEMA,
        "job": plain({"language": "en", "currency": None, "defaults": [], **job}),
        "intake": intake_facts,
        "population": people,
        "quality": judged,
        "churn": _churn(judged, people, lists or {}, evidence),
        "tiers": tier_section(tiers),
        "models": [_model(model) for model in models],
        "lists": _lists(lists or {}),
        "value": {
            "by_frequency": value.by_frequency(
                predictions, frequencies, judged["targets"].get("purchases")
            ),
            "matrices": plain(matrices) if matrices else None,
            "forecast": value.forecast(forecast),
            "forecast_revenue": value.forecast(forecast_revenue),
            "stability": _stability(runs, models),
            "choice": choice(
                reasons, contest, "revenue" if intake_facts["has_amounts"] else "purchases"
            ),
        },
        "cohorts": plain(cohorts) if cohorts else None,
        "cohort_values": value.by_period([plain(row) for row in cohort_values]),
        "tracking": value.weeks(tracking) if tracking is not None else None,
        "coverage": plain(coverage) if coverage else None,
    }
    report["drift"] = _drift(trained, scores, has_amounts=intake_facts["has_amounts"])
    warned = (lists or {}).get("churn_warning")
    report["changes"] = changes(report, scores, warned, earlier, earlier_lists)
    return {**report, "warnings": _warnings(report, warnings)}


def _intake(intake: Mapping[str, Any]) -> dict[str, Any]:
    facts = plain(intake)
    rejected = facts.get("rejected") or {}
    return {
        **{
            name: facts.get(name) or 0
            for name in (
                "rows_in",
                "filtered_out",
                "zero_amounts",
                "after_as_of",
                "accepted",
                "customers",
            )
        },
        "first_day": facts.get("first_day"),
        "last_day": facts.get("last_day"),
        "has_amounts": bool(facts.get("has_amounts", True)),
        "rejected": [
            {"reason": reason, "n": n}
            for reason, n in sorted(rejected.items(), key=lambda entry: (-entry[1], entry[0]))
            if n
        ],
        "rejected_rows": sum(rejected.values()),
    }


def _churn(
    judged: dict[str, Any],
    people: dict[str, Any],
    lists: Mapping[str, Any],
    evidence: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Tell of the churn score what the backtest does not: snapshots, reasons, reach."""
    capacity = (lists.get("churn_warning_summary") or {}).get("capacity")
    places = sum(capacity.values()) if isinstance(capacity, Mapping) else capacity
    active = people["summary"]["active"]
    verdict = judged["targets"].get("churn")
    models = churn.shown_models(verdict) if verdict else []
    return {
        "snapshots": churn.snapshots_of(evidence, models),
        "reasons": churn.reasons_of(lists.get("churn_warning")),
        "capacity_share": plain(min(places / active, 1.0)) if places and active else None,
    }


def _stability(
    runs: Sequence[Mapping[str, Any]], models: Sequence[Mapping[str, Any]]
) -> dict[str, Any] | None:
    chosen = next((model["estimator"] for model in models if model.get("role") == "value"), None)
    return stability(runs, chosen) if chosen else None


def _drift(
    trained: tuple[str, Rows] | None, scores: Rows, *, has_amounts: bool
) -> dict[str, Any] | None:
    if trained is None:
        return None
    return {"since": trained[0], "features": drift(trained[1], scores, has_amounts=has_amounts)}


def _model(model: Mapping[str, Any]) -> dict[str, Any]:
    facts = {
        name: plain(model.get(name))
        for name in ("name", "role", "version", "estimator", "parameters", "notes", "promoted")
    }
    return {
        **facts,
        "parameters": facts["parameters"] or {},
        "notes": facts["notes"] or model.get("degenerate") or None,
        "reasons": [str(reason) for reason in model.get("reasons") or []],
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


def _warnings(report: dict[str, Any], said: Sequence[Any]) -> list[dict[str, Any]]:
    """Collect what a reader must not overlook, as codes with their facts (no wording here)."""
    found: list[dict[str, Any]] = []
    intake, summary = report["intake"], report["population"]["summary"]
    if summary["n"] == 0:
        found.append({"code": "nobody_scored"})
    elif not report["quality"]["targets"]:
        found.append({"code": "not_evaluated"})
    for target, verdict in report["quality"]["targets"].items():
        if verdict["gain"] is not None and verdict["gain"] < -LEVEL_GAP:
            found.append(
                {
                    "code": "beaten",
                    "target": target,
                    "chosen": verdict["chosen"],
                    "rival": verdict["rival"],
                    "loss": plain(verdict["error"] / verdict["rival_error"] - 1),
                }
            )
    for model in report["models"]:
        if model["promoted"] is False:
            found.append(
                {"code": "not_promoted", "model": model["name"], "reasons": model["reasons"]}
            )
        if model["notes"]:
            found.append({"code": "model_notes", "model": model["name"], "text": model["notes"]})
    if intake["rejected_rows"] > NOTABLE_REJECTED_SHARE * intake["rows_in"]:
        share = plain(intake["rejected_rows"] / intake["rows_in"])
        found.append({"code": "many_rejected", "n": intake["rejected_rows"], "share": share})
    texts = [entry.get("text") for entry in found]
    new = [text for place, text in enumerate(said) if text not in [*texts, *said[:place]]]
    return [*found, *({"code": "said", "text": text} for text in new)]
