"""Draw the report from what the earlier steps left."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from winback.registry.load import LoadedModel
    from winback.reports import material


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
    from winback.reports.gallery import figures
    from winback.reports.material import Data, Earlier
    from winback.reports.page import write_data, write_report

    scores = session.require("scores.parquet", "score")
    lists = _lists(session)
    evaluation = _evaluation(session)
    used = champions(session)
    models = _models(session, used, scores)
    earlier = Earlier(read_record(session.earlier / "report.json"), read_earlier_lists(session))
    _ = session.transactions  # the counts of the intake
    with session.reporter.step("Drawing the report"):
        computed = compute_report(
            _job(session),
            Data(session.manifest["intake"], scores, cover(session)),
            evaluation=_judged(session, evaluation),
            models=models,
            course=_course(session, scores, used["value"]),
            lists=lists,
            earlier=earlier,
            warnings=[
                *evaluation.caveats,
                *(caveat for model in models.used for caveat in model["caveats"]),
                *(session.manifest.get("win_back") or {}).get("warnings", []),
            ],
        )
        write_data(computed, session.staged("report.json"))
        path = session.staged("report.html")
        drawn = figures(computed)
        write_report(computed, path, figures=drawn)
    _log(session, session.manifest.get("training", {}).get("run_id", used["value"].run_id), drawn)
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


def _job(session: Session) -> dict[str, Any]:
    job = session.job
    return {
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
    }


def _lists(session: Session) -> dict[str, Any]:
    session.require("win_back_excluded.parquet", "lists")  # nearly everybody: its date is sure
    return {
        "churn_warning": session.require("churn_warning.parquet", "lists"),
        "win_back": session.require("win_back.parquet", "lists"),
        "win_back_control": session.require("win_back_control.parquet", "lists"),
        "win_back_summary": _win_back_facts(session),
        "churn_warning_summary": session.manifest.get("churn_warning"),
    }


def _judged(session: Session, evaluation: Evaluation) -> material.Evaluation:
    from winback.reports.material import Evaluation as Judged

    return Judged(
        records=evaluation.records,
        # a row a customer and model: read where it lies, never as a frame
        predictions=session.find(PREDICTIONS) if evaluation.records else None,
        groups=evaluation.groups,
        profit=evaluation.profit,
        frequencies=past_frequencies(session, evaluation.records),
    )


def _models(session: Session, used: Mapping[str, LoadedModel], scores: Path) -> material.Models:
    from winback.reports.material import Models

    return Models(
        used=describe_models(session, used),
        tiers=_of_today(session, "tiers.json"),
        runs=value_runs(session, used["value"]),
        evidence=read_evidence(session, used["churn"]),
        choice=read_choice(session, used["value"]),
        trained=trained_then(session, used["value"]),
        matrices=draw_matrices(session, scores, used["value"]),
    )


def _course(session: Session, scores: Path, champion: LoadedModel) -> material.Course:
    from winback.reports.material import Course

    aggregated = _of_today(session, TRACKING)
    return Course(
        tracking=read_tracking(session),
        forecast=aggregated.get("forecast", []),
        forecast_revenue=forecast_revenue(session, scores, champion),
        cohorts=retention(session),
        cohort_values=aggregated.get("cohorts", []),
    )


def _evaluation(session: Session) -> Evaluation:
    """Read back how the models were judged, without a prediction."""
    return Evaluation.of(_of_today(session, RECORDS))


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
