"""Make the churn-warning list from the scores."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.errors import ModelError
from winback.workflows.list_files import keep, kept_dates, list_name
from winback.workflows.playbook import job_playbook
from winback.workflows.score import features_at_as_of, scored_with
from winback.workflows.session import Session
from winback.workflows.warn_threshold import threshold

if TYPE_CHECKING:
    from winback.lists.warn_from import WarnFrom


@dataclass(frozen=True)
class Warnings:
    """A churn-warning list, and what to know about it.

    Parameters
    ----------
    rows
        Columns `winback.lists.churn_warning.CHURN_WARNING`.
    summary
        See `winback.lists.warning_summary`.
    """

    rows: pd.DataFrame
    summary: dict[str, Any]


def churn_warning(
    session: Session,
    scores: pd.DataFrame,
    customers: pd.DataFrame | None,
    *,
    on_win_back: Collection[str] = (),
) -> Warnings:
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
    from winback.lists.at_risk import within_capacity
    from winback.lists.columns import list_id
    from winback.lists.eligibility import COOLDOWN
    from winback.lists.warning_actions import in_cooldown
    from winback.lists.warning_summary import summarise_warnings
    from winback.lists.write import write_parquet

    job, settings = session.job, session.job.lists.churn_warning
    active_within_days = job.churn.active_within_days
    previous = _earlier(session)
    warn_from, meaning = threshold(session, scores)
    rows, never = _candidates(
        session, scores, customers, warn_from, previous=previous, on_win_back=on_win_back
    )
    resting = in_cooldown(rows, session.read_frame("contacts"), job.as_of)
    never[rows.loc[resting, "customer_id"]] = COOLDOWN
    free = rows[~resting].reset_index(drop=True)
    capacity: int | Mapping[str, int] = (
        settings.capacity if isinstance(settings.capacity, int) else settings.capacity.model_dump()
    )
    selected = within_capacity(free, capacity, listed_this_week=_listed_this_week(session))
    # a colour that a capacity by colour leaves out is no default: it gets none
    unchosen = [
        line for line in session.loaded.defaults if line.startswith("lists.churn_warning.capacity ")
    ]
    known = _known(session, selected)
    listed = lists.churn_warning(
        selected,
        known.behaviour,
        known.contributions,
        as_of=job.as_of,
        horizon_days=known.horizon_days,
        previous=previous,
        last=known.last,
        job=list_name(session),
        currency=job.currency,
        expires_days=settings.expires_days,
        limits="defaults: capacity" if unchosen else "set by the job",
    )
    name = list_id(list_name(session), "churn_warning", job.as_of, scores)
    keep(session, "churn_warning", listed, lists.CHURN_WARNING, name)
    excluded = lists.left_out(
        scores,
        rows,
        listed,
        as_of=job.as_of,
        active_within_days=active_within_days,
        never=never,
        warn_from=warn_from,
        job=list_name(session),
    )
    for folder in ("", f"lists/{job.as_of}/"):
        path = session.staged(f"{folder}churn_warning_excluded.parquet")
        write_parquet(excluded, path, lists.CHURN_WARNING_EXCLUDED)
    summary = summarise_warnings(
        free,
        listed,
        capacity=capacity,
        threshold=meaning,
        left_out={str(reason): int(n) for reason, n in never.value_counts().sort_index().items()},
        defaults=unchosen,
        currency=job.currency,
    )
    return Warnings(listed, summary)


def _candidates(
    session: Session,
    scores: pd.DataFrame,
    customers: pd.DataFrame | None,
    warn_from: WarnFrom,
    *,
    previous: pd.DataFrame | None,
    on_win_back: Collection[str],
) -> tuple[pd.DataFrame, pd.Series]:
    """Find everybody at risk whom one may contact, with what to do; and why not the others."""
    from winback.lists.at_risk import at_risk
    from winback.lists.control import in_holdout
    from winback.lists.eligibility import is_active
    from winback.lists.severity import severity
    from winback.lists.warning_actions import (
        ON_WIN_BACK,
        never_warned,
        offered,
        warning_actions,
        warning_channels,
    )

    job, settings = session.job, session.job.lists.churn_warning
    playbook = job_playbook(session)
    channels = warning_channels(playbook, _job_channels(session))
    never = never_warned(
        scores,
        as_of=job.as_of,
        channels=channels,
        customers=customers,
        held_out=in_holdout(scores["customer_id"].astype("str"), share=job.lists.holdout_share),
        on_win_back=on_win_back,
    )
    silent = scores.assign(days_since_last=scores["T"] - scores["recency"])
    active = is_active(silent, job.churn.active_within_days)
    # that the dormant belong to the other list needs no saying
    never = never.mask((never == ON_WIN_BACK) & ~active)
    asked = scores[never.isna()]
    known: dict[str, Any] = {
        "playbook": playbook,
        "channels": channels,
        "customers": customers,
        "complaints": _complaints(session),
    }
    if warn_from.profit is not None and len(asked):
        colours = severity(
            asked,
            as_of=job.as_of,
            risk_thresholds=settings.risk_thresholds,
            breach_thresholds=settings.breach_thresholds,
            warn=pd.Series(data=True, index=asked.index),
            previous=previous,
        )["severity"]
        asked = asked.assign(offered=offered(asked, colours, **known))
    rows = at_risk(
        asked,
        as_of=job.as_of,
        active_within_days=job.churn.active_within_days,
        risk_thresholds=settings.risk_thresholds,
        breach_thresholds=settings.breach_thresholds,
        warn_from=warn_from,
        previous=previous,
    )
    doing = warning_actions(rows, **known)
    return rows.join(doing), never.set_axis(scores["customer_id"].astype("str"))


@dataclass(frozen=True)
class _Known:
    """What is known of those on the list: behaviour, contributions, last behaviours, window."""

    behaviour: pd.DataFrame
    contributions: pd.DataFrame | None
    last: pd.DataFrame | None
    horizon_days: int


def _known(session: Session, selected: pd.DataFrame) -> _Known:
    import ibis
    import pyarrow as pa

    from winback.features.last_behaviours import last_behaviours

    if selected.empty:  # then nobody is there to read the window
        nobody = pd.DataFrame({"customer_id": [], "typical_gap_days": []})
        return _Known(nobody, None, None, session.job.churn_horizon_days or 1)
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
    return _Known(behaviour, contributions, last, model.estimator.horizon_days)


def _job_channels(session: Session) -> list[str]:
    settings = session.job.lists.win_back
    return [settings.channel] if settings.channels is None else list(settings.channels)


def _complaints(session: Session) -> set[str]:
    """Find who has a complaint open, by the settings of the win-back list."""
    from winback.features.open_cases import OPEN_COMPLAINT, open_cases

    if session.events is None:
        return set()
    settings = session.job.lists.win_back
    cases = open_cases(
        session.transactions.table,
        session.job.as_of,
        events=session.events,
        complaint=settings.complaint_event,
        resolved=settings.complaint_resolved_event,
        complaint_days=settings.complaint_days,
        refund_days=settings.refund_days,
    )
    found = cases.filter(cases.reason == OPEN_COMPLAINT).to_pyarrow().to_pandas()
    return set(found["customer_id"].astype("str"))


def _earlier(session: Session) -> pd.DataFrame | None:
    """Return the newest churn-warning list of an earlier date, if there is one."""
    before = [day for day in kept_dates(session, "churn_warning") if day < session.job.as_of]
    return _read_list(session, max(before)) if before else None


def _listed_this_week(session: Session) -> pd.DataFrame | None:
    """Return what stood on the lists of earlier days of this week, from Monday."""
    as_of = session.job.as_of
    monday = as_of - timedelta(days=as_of.weekday())
    days = [day for day in kept_dates(session, "churn_warning") if monday <= day < as_of]
    frames = [_read_list(session, day) for day in sorted(days)]
    return pd.concat(frames, ignore_index=True) if frames else None


def _read_list(session: Session, day: date) -> pd.DataFrame:
    return pd.read_parquet(session.earlier / f"lists/{day}/churn_warning.parquet")
