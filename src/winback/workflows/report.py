"""Draw the report from what the earlier steps left."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from winback.files import read_record
from winback.workflows.aggregates import TRACKING, read_tracking
from winback.workflows.evaluate import PREDICTIONS, RECORDS, Evaluation
from winback.workflows.report_models import (
    describe_models,
    read_choice,
    read_evidence,
    value_runs,
)
from winback.workflows.report_value import (
    cover,
    draw_matrices,
    forecast_revenue,
    past_frequencies,
    read_earlier_lists,
    retention,
    trained_then,
)
from winback.workflows.score import champions
from winback.workflows.session import Session


def report(session: Session) -> dict[str, Any]:
    """Compute, draw and stage `report.html`, one offline file without customer identifiers.

    Returns
    -------
    dict
        The file's size, and the warnings that it shows.

    Raises
    ------
    UsageError
        There are no scores or lists yet.
    DataError
        They are of another date.
    """
    from winback.reports.compute import compute_report
    from winback.reports.figures import figures
    from winback.reports.page import write_data, write_report

    job, manifest = session.job, session.manifest
    scores = session.require("scores.parquet", "score")
    session.require("win_back_excluded.parquet", "lists")  # nearly everybody: its date is sure
    lists = {
        "churn_warning": session.require("churn_warning.parquet", "lists"),
        "win_back": session.require("win_back.parquet", "lists"),
        "win_back_control": session.require("win_back_control.parquet", "lists"),
        "win_back_summary": _win_back_facts(session),
        "churn_warning_summary": manifest.get("churn_warning"),
    }
    evaluation = _evaluation(session)
    used = champions(session)
    models = describe_models(session, used)
    reasons, contest = read_choice(session, used["value"])
    aggregated = _of_today(session, TRACKING)
    _ = session.transactions  # the counts of the intake
    with session.reporter.step("Drawing the report"):
        computed = compute_report(
            job={
                "name": job.name,
                "as_of": job.as_of,
                "currency": job.currency,
                "horizon_days": job.horizon_days,
                "value_horizon_days": job.value.horizon_days,
                "margin": job.margin,
                "active_within_days": job.churn.active_within_days,
                "defaults": session.loaded.defaults,
                "language": job.report.language,
                "package_version": version("winback"),
            },
            intake=manifest["intake"],
            scores=scores,
            lists=lists,
            evaluation=evaluation.records,
            # a row a customer and model: read where it lies, never as a frame
            predictions=session.find(PREDICTIONS) if evaluation.records else None,
            groups=evaluation.groups,
            profit=evaluation.profit,
            evidence=read_evidence(session, used["churn"]),
            tiers=_of_today(session, "tiers.json"),
            models=models,
            tracking=read_tracking(session),
            forecast=aggregated.get("forecast", []),
            forecast_revenue=forecast_revenue(session, scores, used["value"]),
            cohort_values=aggregated.get("cohorts", []),
            frequencies=past_frequencies(session, evaluation.records),
            matrices=draw_matrices(session, scores, used["value"]),
            cohorts=retention(session),
            runs=value_runs(session, used["value"]),
            reasons=reasons,
            contest=contest,
            coverage=cover(session),
            trained=trained_then(session, used["value"]),
            earlier=read_record(session.earlier / "report.json"),
            earlier_lists=read_earlier_lists(session),
            warnings=[
                *evaluation.caveats,
                *(caveat for model in models for caveat in model["caveats"]),
                *(manifest.get("win_back") or {}).get("warnings", []),
            ],
        )
        write_data(computed, session.staged("report.json"))
        path = session.staged("report.html")
        drawn = figures(computed)
        write_report(computed, path, figures=drawn)
    _log(session, manifest.get("training", {}).get("run_id", used["value"].run_id), drawn)
    size = path.stat().st_size
    session.reporter.say(f"report: {session.out / 'report.html'} ({size / 1e6:.1f} MB)")
    return {"bytes": size, "warnings": computed["warnings"]}


def _log(session: Session, run_id: str, drawn: Mapping[str, Any]) -> None:
    """Keep every figure with the training whose models the report is about, by date."""
    from winback.registry.run_log import Run

    run = Run(session.store, run_id)
    with session.reporter.step("Logging the figures"):
        for name, figure in drawn.items():
            run.log_figure(figure, f"report/{session.job.as_of}/{name}.html")


def _evaluation(session: Session) -> Evaluation:
    """Read back how the models were judged, without a prediction."""
    content = _of_today(session, RECORDS)
    records, notes, groups, profit = (
        content.get(name) or [] for name in ("records", "notes", "groups", "profit")
    )
    return Evaluation(records, None, notes, groups, profit)


def _win_back_facts(session: Session) -> dict[str, Any]:
    """Put the summary of the win-back list into the report's words."""
    summary = session.manifest.get("win_back") or {}
    measures = summary.get("measures") or {}
    return {
        **summary,
        "spent": summary.get("budget_committed"),
        "expected_margin": summary.get("expected_incremental_margin"),
        "mde": measures.get("minimum_detectable_effect"),
        "needed_customers": measures.get("needed_customers"),
        "window_days": session.job.lists.win_back.window_days,
    }


def _of_today(session: Session, name: str) -> dict[str, Any]:
    """Read a JSON result of the job's date; empty where there is none."""
    content = read_record(session.find(name))
    return content if content.get("as_of") == session.job.as_of.isoformat() else {}
