"""What the models of a job are fit for: stated when they are trained, read when they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from winback.errors import ModelError

if TYPE_CHECKING:
    import pandas as pd

    from winback.config import Job
    from winback.evaluation.fitness import Fitness, History
    from winback.messages import Message
    from winback.registry.load import LoadedModel
    from winback.workflows.evaluate import Evaluation
    from winback.workflows.tables import JobTables
    from winback.workflows.tracking import Tracking

STATED = ("churn", "value")
"""The models whose scores order a list."""


def state_fitness(
    job: Job,
    tables: JobTables,
    tracking: Tracking,
    evaluation: Evaluation,
    versions: Mapping[str, int],
) -> dict[str, Fitness]:
    """State what newly trained models are fit for, and keep it with their versions.

    What was stated when a version was trained stays; one that was trained before there were
    statements gets its own.
    """
    from winback.evaluation.fitness import churn_fitness, value_fitness
    from winback.workflows.report_models import candidate_of

    used = {role: tracking.version(role, versions[role]) for role in STATED}
    stated = fitness_of(used)
    for role in used.keys() - stated.keys():
        model = used[role].estimator
        if role == "churn":
            history = _history(job, tables, tested_days(job, tables.churn_horizon_days))
            stated[role] = churn_fitness(
                model.selected_, evaluation.records, model.evidence_, history
            )
        else:
            from winback.evaluation.windows import MIN_HORIZON_DAYS

            history = _history(job, tables, 2 * MIN_HORIZON_DAYS)
            stated[role] = value_fitness(candidate_of(model) or "", evaluation.records, history)
        tracking.state(role, versions[role], stated[role].as_record())
    return stated


def fitness_of(used: Mapping[str, LoadedModel]) -> dict[str, Fitness]:
    """Return what was stated of these models when they were trained; nothing of older ones."""
    from winback.evaluation.fitness import Fitness
    from winback.registry.version_notes import read_fitness

    kept = {role: read_fitness(used[role].ref) for role in STATED if role in used}
    return {role: Fitness.of(statement) for role, statement in kept.items() if statement}


def contributions_of(model: LoadedModel, behaviour: pd.DataFrame) -> pd.DataFrame | None:
    """Return what moved each customer's churn score, beside their `customer_id`.

    None where there is no telling: what moved a score that ranks nobody is no reason, and a score
    without features, such as the purchase model's, has none.
    """
    stated = fitness_of({"churn": model}).get("churn")
    if stated is not None and not stated.ranks:
        return None
    try:
        parts: pd.DataFrame = model.estimator.contributions(behaviour)
    except ModelError:
        return None
    parts.insert(0, "customer_id", behaviour["customer_id"])
    return parts


def supported(job: Job, tables: JobTables) -> Message:
    """Say what the job's history can support, before anything is fitted on it."""
    from winback.evaluation.fitness import beforehand

    days = tested_days(job, job.churn_horizon_days or job.horizon_days)
    return beforehand(tables.transactions.counts.customers, _history(job, tables, days))


def tested_days(job: Job, horizon_days: int) -> int:
    """Return how many days of history a churn score takes that is tested on days unseen by it."""
    window = horizon_days + job.churn.gap_days
    return job.churn.snapshots.min_history_days + 2 * window


def _history(job: Job, tables: JobTables, needed_days: int) -> History:
    from winback.evaluation.fitness import History

    return History(
        history_days=(job.as_of - (tables.transactions.counts.first_day or job.as_of)).days + 1,
        needed_days=needed_days,
        repeat_customers=tables.past.repeat_customers,
    )
