"""Make the churn-warning list of a job: what its settings and tables mean for the list."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from winback.errors import ModelError
from winback.workflows.list_files import keep, kept_dates, origin
from winback.workflows.playbook import job_playbook
from winback.workflows.score import features_at_as_of, scored_with
from winback.workflows.session import Session
from winback.workflows.warn_threshold import warn_from
from winback.workflows.win_back import open_cases_of

if TYPE_CHECKING:
    from winback.lists.churn_warning import ChurnWarning
    from winback.lists.memory import Memory
    from winback.lists.warning_terms import Described, WarningTerms


def churn_warning(
    session: Session,
    scores: pd.DataFrame,
    customers: pd.DataFrame | None,
    *,
    on_win_back: Collection[str] = (),
) -> ChurnWarning:
    """Choose whom to warn about, say why and what to do, and stage the list's files.

    Parameters
    ----------
    session
        The job.
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

    made_for = origin(session)
    made = lists.churn_warning(
        scores,
        as_of=session.job.as_of,
        terms=_terms(session, scores),
        describe=partial(_described, session),
        tables=Tables(
            customers=customers,
            contacts=session.read_frame("contacts"),
            # a refund that is open is no reason not to look after a customer
            open_cases=None if session.events is None else open_cases_of(session),
        ),
        memory=_memory(session, on_win_back),
        playbook=job_playbook(session),
        origin=made_for,
    )
    name = made_for.list_id("churn_warning", session.job.as_of, scores)
    keep(session, "churn_warning", made.listed, CHURN_WARNING, name)
    for folder in ("", f"lists/{session.job.as_of}/"):
        path = session.staged(f"{folder}churn_warning_excluded.parquet")
        write_parquet(made.excluded, path, CHURN_WARNING_EXCLUDED)
    return made


def _terms(session: Session, scores: pd.DataFrame) -> WarningTerms:
    """Put the job's settings into the terms of the list."""
    from winback.lists.warning_terms import WarningTerms

    job, settings = session.job, session.job.lists.churn_warning
    win_back, capacity = job.lists.win_back, settings.capacity
    return WarningTerms(
        capacity=capacity if isinstance(capacity, int) else capacity.model_dump(),
        warn_from=warn_from(session, scores),
        active_within_days=job.churn.active_within_days,
        holdout_share=job.lists.holdout_share,
        channels=[win_back.channel] if win_back.channels is None else list(win_back.channels),
        expires_days=settings.expires_days,
        currency=job.currency,
    )


def _described(session: Session, selected: pd.DataFrame) -> Described:
    """Find out about those selected: behaviour, contributions, last behaviours, window."""
    import ibis
    import pyarrow as pa

    from winback.features.last_behaviours import last_behaviours
    from winback.lists.warning_terms import Described

    if selected.empty:  # then nobody is there to read the window
        nobody = pd.DataFrame({"customer_id": [], "typical_gap_days": []})
        return Described(nobody, horizon_days=session.job.churn_horizon_days or 1)
    ids = ibis.memtable(pa.table({"customer_id": selected["customer_id"]}))
    model = scored_with(session, selected, "churn")
    features = features_at_as_of(session, model, customers=ids)
    behaviour = features.order_by("customer_id").to_pyarrow().to_pandas()
    contributions: pd.DataFrame | None
    try:
        contributions = model.estimator.contributions(behaviour)
        contributions.insert(0, "customer_id", behaviour["customer_id"])
    except ModelError:  # a score without features, such as the purchase model's, has none
        contributions = None
    table = last_behaviours(
        session.transactions.table,
        session.job.as_of,
        count_zero=session.transactions.count_zero,
        customers=ids,
        events=session.events,
    )
    last = table.order_by(["customer_id", "place"]).to_pyarrow().to_pandas()
    return Described(behaviour, contributions, last, model.estimator.horizon_days)


def _memory(session: Session, on_win_back: Collection[str]) -> Memory:
    """Read the newest list of an earlier date, and those of the week."""
    from winback.lists.memory import Memory

    as_of = session.job.as_of
    before = sorted(day for day in kept_dates(session, "churn_warning") if day < as_of)
    return Memory(
        warnings={
            day: pd.read_parquet(session.earlier / f"lists/{day}/churn_warning.parquet")
            for day in before[-7:]  # a week has no more
        },
        called_back=on_win_back,
    )
