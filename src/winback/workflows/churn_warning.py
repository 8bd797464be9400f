"""Make the churn-warning list of a job: what its settings and tables mean for the list."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from winback.workflows.fitness import contributions_of
from winback.workflows.list_files import keep, kept_dates, origin
from winback.workflows.playbook import job_playbook
from winback.workflows.score import features_at_as_of
from winback.workflows.warn_threshold import warn_from
from winback.workflows.win_back import earlier_win_backs, open_cases_of

if TYPE_CHECKING:
    from winback.config import Job, LoadedJob
    from winback.lists.churn_warning import ChurnWarning
    from winback.lists.memory import Memory
    from winback.lists.warning_terms import Described, WarningTerms
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables
    from winback.workflows.used_models import ByRole


def churn_warning(
    settings: LoadedJob,
    tables: JobTables,
    results: Results,
    reporter: Reporter,
    used: ByRole,
    scores: pd.DataFrame,
    customers: pd.DataFrame | None,
    *,
    on_win_back: Collection[str] = (),
) -> ChurnWarning:
    """Choose whom to warn about, say why and what to do, and stage the list's files.

    Parameters
    ----------
    used
        The models that made the scores.
    scores
        The scores of everybody at `as_of`.
    customers
        The customers' table, if the job has one: permissions, and the channels that reach them.
    on_win_back
        Customers on the win-back list of the same day, in either arm.
    """
    from winback.lists import churn_warning as lists
    from winback.lists.columns import CHURN_WARNING, CHURN_WARNING_EXCLUDED
    from winback.lists.terms import Tables
    from winback.lists.write import write_parquet

    made_for = origin(settings)
    made = lists.churn_warning(
        scores,
        as_of=settings.job.as_of,
        terms=_terms(settings.job, tables, used, reporter),
        describe=partial(_described, settings.job, tables, used),
        tables=Tables(
            customers=customers,
            contacts=tables.read_frame("contacts"),
            # a refund that is open is no reason not to look after a customer
            open_cases=None if tables.events is None else open_cases_of(settings.job, tables),
        ),
        memory=_memory(settings.job, results, on_win_back),
        playbook=job_playbook(settings),
        origin=made_for,
    )
    name = made_for.list_id("churn_warning", settings.job.as_of, scores)
    keep(settings, results, "churn_warning", made.listed, CHURN_WARNING, name)
    for folder in ("", f"lists/{settings.job.as_of}/"):
        path = results.staged(f"{folder}churn_warning_excluded.parquet")
        write_parquet(made.excluded, path, CHURN_WARNING_EXCLUDED)
    return made


def _terms(job: Job, tables: JobTables, used: ByRole, reporter: Reporter) -> WarningTerms:
    """Put the job's settings into the terms of the list."""
    from winback.lists.warning_terms import WarningTerms

    settings = job.lists.churn_warning
    win_back, capacity = job.lists.win_back, settings.capacity
    return WarningTerms(
        capacity=capacity if isinstance(capacity, int) else capacity.model_dump(),
        warn_from=warn_from(job, tables, used, reporter),
        active_within_days=job.churn.active_within_days,
        holdout_share=job.lists.holdout_share,
        channels=[win_back.channel] if win_back.channels is None else list(win_back.channels),
        expires_days=settings.expires_days,
        contact_cap=win_back.contact_cap,
        contact_cap_days=win_back.contact_cap_days,
        currency=job.currency,
        level_spread=_level_spread(used),
    )


def _level_spread(used: ByRole) -> float:
    """Return how unsure the value model that scored is of the level of demand."""
    from winback.estimators.value.level_range import LevelRange

    return LevelRange(*used["value"].estimator.level).spread if used else 0.0


def _described(job: Job, tables: JobTables, used: ByRole, selected: pd.DataFrame) -> Described:
    """Find out about those selected: behaviour, contributions, last behaviours, window."""
    import ibis
    import pyarrow as pa

    from winback.lists.warning_terms import Described

    if selected.empty:  # then nobody is there to read the window
        nobody = pd.DataFrame({"customer_id": [], "typical_gap_days": []})
        return Described(nobody, horizon_days=job.churn_horizon_days or 1)
    ids = ibis.memtable(pa.table({"customer_id": selected["customer_id"]}))
    model = used["churn"]
    features = features_at_as_of(tables, model, customers=ids)
    behaviour = features.order_by("customer_id").to_pyarrow().to_pandas()
    table = tables.last_behaviours(ids).order_by(["customer_id", "place"])
    last, horizon_days = table.to_pyarrow().to_pandas(), model.estimator.horizon_days
    return Described(behaviour, contributions_of(model, behaviour), last, horizon_days)


def _memory(job: Job, results: Results, on_win_back: Collection[str]) -> Memory:
    """Read the newest list of an earlier date, and those of the week."""
    from winback.lists.memory import Memory

    as_of = job.as_of
    before = sorted(day for day in kept_dates(results, "churn_warning") if day < as_of)
    return Memory(
        warnings={
            day: pd.read_parquet(results.kept(f"lists/{day}/churn_warning.parquet"))
            for day in before[-7:]  # a week has no more
        },
        called_back=on_win_back,
        win_backs=earlier_win_backs(job, results, job.lists.win_back.contact_cap_days),
    )
