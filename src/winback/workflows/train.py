"""Fit the three models on what is known, judge them on a held-out past, register them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from winback.messages import Message, as_records
from winback.roles import ROLES
from winback.workflows.at_the_gate import used_instead
from winback.workflows.evaluate import Evaluation, evaluate
from winback.workflows.fit_churn import fit_churn
from winback.workflows.fit_tiers import ensure_judged, fit_tiers, judge_tiers
from winback.workflows.fitness import state_fitness
from winback.workflows.fitting import Fitted, fit_value, require_customers, value_frame
from winback.workflows.training import Training, training
from winback.workflows.validate import validate

if TYPE_CHECKING:
    from winback.config import Job, LoadedJob
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables
    from winback.workflows.tracking import Tracking


def train(
    settings: LoadedJob,
    tables: JobTables,
    results: Results,
    tracking: Tracking,
    reporter: Reporter,
    *,
    force: bool = False,
) -> dict[str, Any]:
    """Fit, evaluate, track and register the models of a job; they become the challengers.

    Whoever asks for the same training twice (same data, settings, date and package) gets the
    versions that are there: a job that was killed and started again ends as if undisturbed.

    Parameters
    ----------
    force
        Train again although nothing has changed.

    Returns
    -------
    dict
        `run_id`, and of each model its name, version and whether it was reused.

    Raises
    ------
    NotEnoughDataError
        There are too few customers for any prediction; the message says how many are needed.
    """
    from winback.registry.claim import demand_free

    job = settings.job
    validate(job, tables, results, reporter)
    require_customers(settings, tables)
    # an unreachable store, or one at which this job is being trained, is told before the work
    demand_free(tracking.store, job.name, "training")
    instead = partial(used_instead, job, tables, tracking)
    evaluation = evaluate(job, tables, results, reporter, instead)
    with training(tracking, tables, results.manifest["intake"], force=force) as registry:
        if not registry.reused:
            _fit_all(job, tables, results, tracking, reporter, registry, evaluation)
    versions = {role: ref.version for role, ref in registry.versions.items()}
    ensure_judged(job, tables, results, tracking, reporter, evaluation, versions)
    stated = state_fitness(job, tables, tracking, evaluation, versions)
    for ref in registry.versions.values():
        registered = Message("log.registered", label=ref.label)
        reused = Message("log.reused", label=ref.label)
        reporter.say(reused if registry.reused else registered)
    for fitness in stated.values():
        (reporter.say if fitness.ranks else reporter.warn)(fitness.message)
    summary = {
        "run_id": registry.run.run_id,
        "reused": registry.reused,
        "fitness": as_records({role: one.as_record() for role, one in stated.items()}),
        "models": {
            role: {"name": ref.name, "version": ref.version, "digest": ref.digest}
            for role, ref in registry.versions.items()
        },
    }
    results.manifest["training"] = summary
    results.record("train", data=tables.transactions.fingerprint)
    return summary


def _fit_all(
    job: Job,
    tables: JobTables,
    results: Results,
    tracking: Tracking,
    reporter: Reporter,
    registry: Training,
    evaluation: Evaluation,
) -> None:
    """Fit and register what is not there yet; tiers lean on the value model."""
    missing = [role for role in ROLES if role not in registry.versions]

    def keep(role: str, fitted: Fitted, judged: dict[str, Any] | None = None) -> None:
        for caveat in fitted.caveats:
            reporter.warn(caveat)
        registry.fitted(role, fitted, evaluation, judged)

    if "value" in missing or "tiers" in missing:
        with reporter.step(Message("doing.fit_value")):
            frame = value_frame(job, tables)
            value = fit_value(job, tables, frame, used_instead(job, tables, tracking, "value"))
    if "value" in missing:
        keep("value", value)
    if "churn" in missing:
        with reporter.step(Message("doing.fit_churn")):
            instead = used_instead(job, tables, tracking, "churn")
            churn = fit_churn(job, tables, reporter, instead)
        keep("churn", churn)
    if "tiers" in missing:
        with reporter.step(Message("doing.fit_tiers")):
            tiers = fit_tiers(job, tracking, frame, value.estimator)
            judged = judge_tiers(job, tables, results, evaluation, value.estimator, tiers.estimator)
        keep("tiers", tiers, judged)
