"""From what risk or profit on a job warns about a customer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from winback.messages import Message

if TYPE_CHECKING:
    from winback.config import Job
    from winback.lists.warn_from import WarnFrom
    from winback.workflows.reporter import Reporter
    from winback.workflows.tables import JobTables
    from winback.workflows.used_models import ByRole


def warn_from(job: Job, tables: JobTables, used: ByRole, reporter: Reporter) -> WarnFrom:
    """Return the rule in force: the job's or, where the score may order nobody, the fallback."""
    from winback.economics import Economics
    from winback.evaluation.fitness import Fit
    from winback.lists.severity import Thresholds
    from winback.lists.warn_from import WarnFrom
    from winback.workflows.fitness import fitness_of

    settings = job.lists.churn_warning
    wanted = settings.warn_from
    rule = WarnFrom(
        economics=Economics(
            contact_cost=settings.contact_cost or 0.0,
            offer_cost=settings.offer_cost or 0.0,
            save_rate=settings.save_rate,
        ),
        by_playbook=[
            name for name in ("contact_cost", "offer_cost") if getattr(settings, name) is None
        ],
        thresholds=Thresholds(settings.risk_thresholds, settings.breach_thresholds),
    )
    stated = fitness_of(used).get("churn")
    if stated is not None and not stated.ranks:
        return replace(rule, unfit=stated.message, rhythm=stated.fit is Fit.FALLBACK)
    if wanted is None:
        return rule
    if wanted.days is not None:
        measured = _lead_time(job, tables, used, reporter, wanted.days)
        return replace(rule, risk=measured["risk"], measured=measured)
    return replace(rule, risk=wanted.risk, profit=wanted.profit)


def _lead_time(
    job: Job, tables: JobTables, used: ByRole, reporter: Reporter, days: int
) -> dict[str, Any]:
    """Measure on history from which risk on customers are warned about so many days ahead."""
    from winback.estimators.base.artifact import recipe_of
    from winback.evaluation.lead_time import measure_lead_time
    from winback.workflows.evaluate import churn_settings

    recipe = recipe_of(used["churn"].estimator) if used else None
    with reporter.step(Message("doing.lead_time")):
        measured = measure_lead_time(
            tables.past,
            days,
            tables.churn_horizon_days,
            settings=churn_settings(job),
            recipe=recipe,
            random_state=job.random_state,
        )
    return measured.summary()
