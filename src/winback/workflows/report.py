"""Draw the report from what the earlier steps left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winback.files import read_record
from winback.messages import Message
from winback.workflows.aggregates import TRACKING, read_tracking
from winback.workflows.evaluate import PREDICTIONS, RECORDS, Evaluation
from winback.workflows.fitness import fitness_of
from winback.workflows.report_models import (
    describe_models,
    read_choice,
    read_evidence,
    value_runs,
)
from winback.workflows.report_steering import read_steering
from winback.workflows.report_value import (
    cover,
    draw_matrices,
    forecast_revenue,
    past_frequencies,
    read_earlier_lists,
    retention,
    trained_then,
)
from winback.workflows.score import digests_of

if TYPE_CHECKING:
    from winback.config import Job, LoadedJob
    from winback.registry.load import LoadedModel
    from winback.reports import material
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables
    from winback.workflows.tracking import Tracking

FOR_PEOPLE = ("win_back.csv", "churn_warning.csv", "lists.xlsx", "win_back_control.csv")
"""The files beside the report that whoever acts will open."""


def report(
    settings: LoadedJob, tables: JobTables, results: Results, tracking: Tracking, reporter: Reporter
) -> dict[str, Any]:
    """Compute, draw and stage `report.html`, one offline file.

    Returns
    -------
    dict
        The file's size, and the warnings that it shows.

    Raises
    ------
    UsageError
        There are no scores or lists yet.
        Or they were made of other settings, data or models than are in force.
    DataError
        They are of another date.
    """
    from winback.reports.compute import compute_report
    from winback.reports.first_page_words import read_first
    from winback.reports.gallery import figures
    from winback.reports.material import Data, Earlier
    from winback.reports.page import write_data, write_report
    from winback.reports.stored_messages import words_of

    scores = results.require("scores.parquet", "score")
    lists = _lists(settings.job, results)
    used = tracking.champions
    _demand(tables, results, used)
    evaluation = _evaluation(settings.job, results)
    models = _models(settings.job, tables, results, tracking, used, scores)
    earlier = Earlier(
        read_record(results.kept("report.json")), read_earlier_lists(settings.job, results)
    )
    with reporter.step(Message("doing.draw_report")):
        computed = compute_report(
            _job(settings),
            Data(results.manifest["intake"], scores, cover(settings.job, tables)),
            evaluation=_judged(tables, results, evaluation),
            models=models,
            course=replace(
                _course(settings.job, tables, results, scores, used["value"]),
                steering=read_steering(settings, tables, results, reporter),
            ),
            lists=lists,
            earlier=earlier,
            warnings=[
                *evaluation.caveats,
                *(caveat for model in models.used for caveat in model["caveats"]),
            ],
        )
        write_data(computed, results.staged("report.json"))
        path = results.staged("report.html")
        drawn = figures(computed)
        write_report(computed, path, figures=drawn)
    _log(
        settings.job,
        tracking,
        reporter,
        results.manifest.get("training", {}).get("run_id", used["value"].run_id),
        drawn,
    )
    for text in read_first(computed, words_of(computed)):
        reporter.say(Message("log.read_first", text=text))
    size = path.stat().st_size
    return {"bytes": size, "warnings": computed["warnings"]}


def _demand(tables: JobTables, results: Results, used: Mapping[str, LoadedModel]) -> None:
    """Refuse to put results side by side that were made of different things."""
    data = tables.transactions.fingerprint
    score, made = {"data": data, "models": digests_of(used)}, results.made("score")
    lists = {"data": data} if made is None else {"data": data, "scores": made}
    results.demand("train", "score", "lists", train={"data": data}, score=score, lists=lists)


def _log(
    job: Job, tracking: Tracking, reporter: Reporter, run_id: str, drawn: Mapping[str, Any]
) -> None:
    """Keep every figure with the training whose models the report is about, by date."""
    from winback.registry.run_log import Run

    run = Run(tracking.store, run_id)
    with reporter.step(Message("doing.log_figures")):
        for name, figure in drawn.items():
            run.log_figure(figure, f"report/{job.as_of}/{name}.html")


def _job(settings: LoadedJob) -> dict[str, Any]:
    job = settings.job
    return {
        "name": job.name,
        "as_of": job.as_of,
        "currency": job.currency,
        "horizon_days": job.horizon_days,
        "value_horizon_days": job.value.horizon_days,
        "margin": job.margin,
        "money": job.amounts,
        "save_rate": job.lists.churn_warning.save_rate,
        "active_within_days": job.churn.active_within_days,
        "defaults": settings.defaults,
        "language": job.language,
        "name_customers": job.report_names,
        "package_version": version("winback"),
    }


def _lists(job: Job, results: Results) -> dict[str, Any]:
    results.require("win_back_excluded.parquet", "lists")  # nearly everybody: its date is sure
    return {
        "churn_warning": results.require("churn_warning.parquet", "lists"),
        "win_back": results.require("win_back.parquet", "lists"),
        "win_back_control": results.require("win_back_control.parquet", "lists"),
        "win_back_summary": _win_back_facts(job, results),
        "churn_warning_summary": results.manifest.get("churn_warning"),
        "files": [name for name in FOR_PEOPLE if results.find(name)],
    }


def _judged(tables: JobTables, results: Results, evaluation: Evaluation) -> material.Judgements:
    from winback.reports.material import Judgements

    return Judgements(
        records=evaluation.records,
        # a row a customer and model: read where it lies, never as a frame
        predictions=results.find(PREDICTIONS) if evaluation.records else None,
        groups=evaluation.groups,
        profit=evaluation.profit,
        frequencies=past_frequencies(tables, results, evaluation.records),
    )


def _models(
    job: Job,
    tables: JobTables,
    results: Results,
    tracking: Tracking,
    used: Mapping[str, LoadedModel],
    scores: Path,
) -> material.Models:
    from winback.reports.material import Models

    return Models(
        used=describe_models(tracking, used),
        fitness={role: stated.as_record() for role, stated in fitness_of(used).items()},
        tiers=_of_today(job, results, "tiers.json"),
        runs=value_runs(job, tracking, used["value"]),
        evidence=read_evidence(tracking, used["churn"]),
        choice=read_choice(job, tracking, used["value"]),
        trained=trained_then(job, tables, results, tracking, used["value"]),
        matrices=draw_matrices(job, scores, used["value"]),
    )


def _course(
    job: Job, tables: JobTables, results: Results, scores: Path, champion: LoadedModel
) -> material.Course:
    from winback.reports.material import Course

    aggregated = _of_today(job, results, TRACKING)
    return Course(
        tracking=read_tracking(job, results),
        forecast=aggregated.get("forecast", []),
        forecast_revenue=forecast_revenue(job, tables, scores, champion),
        cohorts=retention(job, tables),
        cohort_values=aggregated.get("cohorts", []),
    )


def _evaluation(job: Job, results: Results) -> Evaluation:
    """Read back how the models were judged, without a prediction."""
    return Evaluation.of(_of_today(job, results, RECORDS))


def _win_back_facts(job: Job, results: Results) -> dict[str, Any]:
    """Put the summary of the win-back list into the report's words."""
    summary = results.manifest.get("win_back") or {}
    measures = summary.get("measures") or {}
    return {
        **summary,
        "spent": summary.get("budget_committed"),
        "expected_margin": summary.get("expected_incremental_margin"),
        "mde": measures.get("minimum_detectable_effect"),
        "needed_customers": measures.get("needed_customers"),
        "window_days": job.lists.win_back.window_days,
    }


def _of_today(job: Job, results: Results, name: str) -> dict[str, Any]:
    """Read a JSON result of the job's date; empty where there is none."""
    content = read_record(results.find(name))
    return content if content.get("as_of") == job.as_of.isoformat() else {}
