"""What the models of a job are fit for: stated when they are trained, read when they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from winback.config import Job
    from winback.evaluation.fitness import Fitness, Seen
    from winback.messages import Message
    from winback.registry.load import LoadedModel
    from winback.workflows.evaluate import Evaluation
    from winback.workflows.tables import Tables
    from winback.workflows.tracking import Tracking

STATED = ("churn", "value")
"""The models whose scores order a list."""


def state_fitness(
    job: Job,
    tables: Tables,
    tracking: Tracking,
    evaluation: Evaluation,
    versions: Mapping[str, int],
) -> dict[str, Fitness]:
    """State what newly trained models are fit for, and keep it with their versions.

    What was stated when a version was trained stays; one that was trained before there were
    statements gets its own.
    """
    from winback.evaluation.fitness import Fitness, churn_fitness, value_fitness
    from winback.registry.aliases import resolve
    from winback.registry.version_notes import read_fitness, write_fitness
    from winback.workflows.report_models import candidate_of

    stated = {}
    for role in STATED:
        ref = resolve(tracking.store, f"{tracking.name(role)}/{versions[role]}")
        kept = read_fitness(ref)
        if kept is not None:
            stated[role] = Fitness.of(kept)
            continue
        model: Any = tracking.version(role, versions[role]).estimator
        if role == "churn":
            seen = _seen(job, tables, tested_days(job, tables.churn_horizon_days))
            stated[role] = churn_fitness(model.selected_, evaluation.records, model.evidence_, seen)
        else:
            from winback.evaluation.windows import MIN_HORIZON_DAYS

            seen = _seen(job, tables, 2 * MIN_HORIZON_DAYS)
            stated[role] = value_fitness(candidate_of(model) or "", evaluation.records, seen)
        write_fitness(tracking.store, ref, stated[role].as_record())
    return stated


def fitness_of(tracking: Tracking, used: Mapping[str, LoadedModel]) -> dict[str, Fitness]:
    """Return what was stated of these models when they were trained; nothing of older ones."""
    from winback.evaluation.fitness import Fitness
    from winback.registry.aliases import resolve
    from winback.registry.version_notes import read_fitness

    stated = {}
    for role in STATED:
        if role not in used:
            continue
        model = used[role]
        ref = resolve(tracking.store, f"{model.name}/{model.version}")
        kept = read_fitness(ref)
        if kept is not None:
            stated[role] = Fitness.of(kept)
    return stated


def fitness_of_scores(tracking: Tracking, scores: pd.DataFrame) -> dict[str, Fitness]:
    """Return what was stated of the models that made these scores, whoever is champion now."""
    if scores.empty:
        return {}
    return fitness_of(tracking, {role: tracking.scored_with(scores, role) for role in STATED})


def supported(job: Job, tables: Tables) -> Message:
    """Say what the job's history can support, before anything is fitted on it."""
    from winback.evaluation.fitness import beforehand

    days = tested_days(job, job.churn_horizon_days or job.horizon_days)
    return beforehand(tables.transactions.counts.customers, _seen(job, tables, days))


def tested_days(job: Job, horizon_days: int) -> int:
    """Return how many days of history a churn score takes that is tested on days unseen by it."""
    window = horizon_days + job.churn.gap_days
    return job.churn.snapshots.min_history_days + 2 * window


def _seen(job: Job, tables: Tables, needed_days: int) -> Seen:
    from winback.evaluation.fitness import Seen

    return Seen(
        history_days=(job.as_of - (tables.transactions.counts.first_day or job.as_of)).days + 1,
        needed_days=needed_days,
        repeat_customers=repeat_customers(tables),
    )


def repeat_customers(tables: Tables) -> int:
    """Count who bought on two days or more."""
    from winback.features.purchases import purchase_days

    transactions = tables.transactions
    days = purchase_days(transactions.table, tables.job.as_of, count_zero=transactions.count_zero)
    counted = days.group_by("customer_id").aggregate(days=days.day.nunique())
    return int(counted.filter(counted.days > 1).count().to_pyarrow().as_py())
