"""Fit the three models on what is known, judge them on a held-out past, register them."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from winback.roles import ROLES
from winback.workflows.evaluate import Evaluation, evaluate
from winback.workflows.fit_churn import fit_churn, log_churn
from winback.workflows.fit_tiers import ensure_judged, fit_tiers, judge_tiers, log_tiers
from winback.workflows.fitting import (
    Fitted,
    fit_value,
    require_customers,
    value_frame,
)
from winback.workflows.report_models import CHOICE, CONTEST, rows_of
from winback.workflows.session import Session
from winback.workflows.validate import validate

if TYPE_CHECKING:
    from winback.registry.run_log import Run
    from winback.registry.runs import ModelRun, TrainingRun


def train(session: Session, *, force: bool = False) -> dict[str, Any]:
    """Fit, evaluate, track and register the models of a job; they become the challengers.

    Whoever asks for the same training twice (same data, settings, date and package) gets the
    versions that are there: a job that was killed and started again ends as if undisturbed.

    Parameters
    ----------
    session
        The command at work.
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
    from winback.registry.runs import training_run

    validate(session)
    require_customers(session)
    store = session.store  # an unreachable one is told before minutes are spent
    evaluation = evaluate(session)
    tags = {
        "winback.as_of": session.job.as_of.isoformat(),
        "winback.config_hash": session.loaded.config_hash,
        "winback.data_fingerprint": session.transactions.fingerprint,
        "winback.package_version": version("winback"),
    }
    key = session.training_key
    with training_run(store, session.job.name, key, tags=tags, force=force) as training:
        if not training.reused:
            _describe(session, training)
            _fit_all(session, training, evaluation)
        models = {role: training.versions[role] for role in ROLES}
        ensure_judged(session, evaluation, models)
    how = "reused: nothing has changed since" if training.reused else "registered"
    for ref in models.values():
        session.reporter.say(f"{ref.label} {how}")
    summary = {
        "run_id": training.run_id,
        "reused": training.reused,
        "models": {
            role: {"name": ref.name, "version": ref.version, "digest": ref.digest}
            for role, ref in models.items()
        },
    }
    session.manifest["training"] = summary
    return summary


def _describe(session: Session, training: TrainingRun) -> None:
    """Log what went in: every setting as written, and the data's counts."""
    training.log_params({"config": session.loaded.shown})
    training.log_dict(session.loaded.shown, "config.yaml")
    _log_data(session, training)


def _log_data(session: Session, run: Run) -> None:
    """Log the data sets as inputs: name, digest and counts, no row."""
    counts, tables = session.manifest["intake"], session.loaded.shown["data"]
    run.log_dataset(
        "transactions",
        fingerprint=session.transactions.fingerprint,
        source=str(tables["transactions"]["source"]),
        profile={k: counts[k] for k in ("accepted", "customers", "first_day", "last_day")},
        columns={name: str(kind) for name, kind in session.transactions.table.schema().items()},
    )
    if session.events is not None:
        run.log_dataset(
            "events",
            fingerprint=session.events_fingerprint,
            source=str(tables["events"]["source"]),
            profile={},
            columns={name: str(kind) for name, kind in session.events.schema().items()},
        )


def _fit_all(session: Session, training: TrainingRun, evaluation: Evaluation) -> None:
    """Fit and register what is not there yet; tiers lean on the value model."""
    step = session.reporter.step
    missing = [role for role in ROLES if role not in training.versions]
    if "value" in missing or "tiers" in missing:
        with step("Fitting the value model"):
            frame = value_frame(session)
            value = fit_value(session, frame)
    if "value" in missing:
        with training.model("value") as run:
            for file, table in value.tables.items():
                run.log_text(table.to_csv(index=False), file)
            _register(session, run, value, evaluation, ("purchases", "revenue"))
    if "churn" in missing:
        with step("Fitting the churn model"):
            churn = fit_churn(session)
        with training.model("churn") as run:
            log_churn(run, churn)
            _register(session, run, churn, evaluation, ("churn",))
    if "tiers" in missing:
        with step("Learning the value tiers"):
            tiers = fit_tiers(session, frame, value.estimator)
            found = judge_tiers(session, evaluation, value.estimator, tiers.estimator)
        with training.model("tiers") as run:
            log_tiers(run, tiers.estimator, found)
            _register(session, run, tiers, evaluation, ())


def _register(
    session: Session,
    run: ModelRun,
    fitted: Fitted,
    evaluation: Evaluation,
    targets: tuple[str, ...],
) -> None:
    """Log one model and register it; its version comes last, and marks it complete."""
    run.log_params({**fitted.estimator.get_params(deep=False), "choice": fitted.name})
    run.log_metrics(fitted.metrics)
    told = _choice(session, fitted)
    run.log_dict(told or {"chosen": fitted.name, "reasons": fitted.reasons.clauses}, CHOICE)
    _log_data(session, run)
    evaluation.log(run, targets, fitted.name)
    for caveat in fitted.caveats:
        session.reporter.warn(str(caveat))
    run.register(fitted.estimator, caveats=fitted.caveats, card=_card(fitted, told))


def _choice(session: Session, fitted: Fitted) -> dict[str, Any] | None:
    """Return what a contest of value models chose, if there was one."""
    from winback.reports.value_choice import choice

    contest = fitted.tables.get(CONTEST)
    if contest is None or "target" not in contest:
        return None
    target = "revenue" if session.transactions.has_amounts else "purchases"
    return choice(fitted.name, fitted.reasons, rows_of(contest), target)


def _card(fitted: Fitted, told: dict[str, Any] | None) -> str:
    """Write what whoever looks the version up should know: choice, runners-up, reasons."""
    from winback.messages import Words
    from winback.reports.value_choice import card_text

    caveats = [caveat for caveat in fitted.caveats if caveat != fitted.reasons]
    return card_text(told, fitted.reasons, caveats, Words())
