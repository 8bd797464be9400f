"""Make the churn-warning list from the scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.errors import ModelError
from winback.workflows.list_files import keep, list_name
from winback.workflows.playbook import job_playbook
from winback.workflows.score import features_at_as_of
from winback.workflows.session import Session

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
    session: Session, scores: pd.DataFrame, customers: pd.DataFrame | None
) -> Warnings:
    """Choose whom to warn about, say why and what to do, and stage the list's files.

    Parameters
    ----------
    session
        The job.
    scores
        The scores of everybody at `as_of`.
    customers
        The customers' table, if the job has one: who opted out is not warned about.
    """
    import ibis
    import pyarrow as pa

    from winback.features.last_behaviours import last_behaviours
    from winback.lists import churn_warning as lists
    from winback.lists.at_risk import at_risk, within_capacity
    from winback.lists.columns import list_id
    from winback.lists.eligibility import HELD_OUT, OPTED_OUT
    from winback.lists.warning_summary import summarise_warnings
    from winback.lists.write import write_parquet

    job, settings = session.job, session.job.lists.churn_warning
    unreachable = _unreachable(session, scores, customers)
    warn_from, threshold = _threshold(session, scores)
    rows = at_risk(
        scores[unreachable.isna()],
        as_of=job.as_of,
        active_within_days=job.churn.active_within_days,
        risk_thresholds=settings.risk_thresholds,
        breach_thresholds=settings.breach_thresholds,
        warn_from=warn_from,
        previous=_earlier(session),
    )
    capacity: int | Mapping[str, int] = (
        settings.capacity if isinstance(settings.capacity, int) else settings.capacity.model_dump()
    )
    selected = within_capacity(rows, capacity, listed_this_week=_listed_this_week(session))
    behaviour, contributions, kept, last = _nobody(), None, None, None
    horizon_days = session.job.churn_horizon_days or 1  # nobody is on the list to read it
    if len(selected):
        ids = ibis.memtable(pa.table({"customer_id": selected["customer_id"]}))
        model = scored_with(session, selected, "churn")
        horizon_days = model.estimator.horizon_days
        features = features_at_as_of(session, model, customers=ids)
        behaviour = features.order_by("customer_id").to_pyarrow().to_pandas()
        try:
            contributions = model.estimator.contributions(behaviour)
            contributions.insert(0, "customer_id", behaviour["customer_id"])
        except ModelError:  # a score without features, such as the purchase model's, has none
            contributions = None
        kept = _kept(session, selected, ids)
        table = last_behaviours(
            session.transactions.table,
            job.as_of,
            count_zero=session.transactions.count_zero,
            customers=ids,
            events=session.events,
        )
        last = table.order_by(["customer_id", "place"]).to_pyarrow().to_pandas()
    listed = lists.churn_warning(
        selected,
        behaviour,
        contributions,
        as_of=job.as_of,
        horizon_days=horizon_days,
        kept=kept,
        last=last,
        job=list_name(session),
        currency=job.currency,
        expires_days=settings.expires_days,
        playbook=job_playbook(session),
    )
    name = list_id(list_name(session), "churn_warning", job.as_of, scores)
    keep(session, "churn_warning", listed, lists.CHURN_WARNING, name)
    excluded = lists.left_out(
        scores,
        rows,
        listed,
        as_of=job.as_of,
        active_within_days=job.churn.active_within_days,
        unreachable=unreachable,
        job=list_name(session),
    )
    for folder in ("", f"lists/{job.as_of}/"):
        path = session.staged(f"{folder}churn_warning_excluded.parquet")
        write_parquet(excluded, path, lists.CHURN_WARNING_EXCLUDED)
    summary = summarise_warnings(
        rows,
        listed,
        capacity=capacity,
        threshold=threshold,
        left_out={reason: int((unreachable == reason).sum()) for reason in (OPTED_OUT, HELD_OUT)},
        defaults=[
            line for line in session.loaded.defaults if line.startswith("lists.churn_warning.capac")
        ],
        currency=job.currency,
    )
    return Warnings(listed, summary)


def _nobody() -> pd.DataFrame:
    return pd.DataFrame({"customer_id": [], "typical_gap_days": []})


def _unreachable(
    session: Session, scores: pd.DataFrame, customers: pd.DataFrame | None
) -> pd.Series:
    """Say whom nobody may contact, and why: a warning asks somebody to write or call."""
    from winback.lists.control import in_holdout
    from winback.lists.eligibility import HELD_OUT, OPTED_OUT

    ids = scores["customer_id"].astype("str")
    held = in_holdout(ids, share=session.job.lists.holdout_share)
    reason = pd.Series(pd.NA, index=scores.index, dtype="str").mask(held, HELD_OUT)
    if customers is not None and "opt_out" in customers.columns:
        wants_none = customers["opt_out"].fillna(value=False).astype(bool)
        out = ids.isin(customers.loc[wants_none, "customer_id"].astype("str"))
        reason = reason.mask(out, OPTED_OUT)
    return reason


def _threshold(session: Session, scores: pd.DataFrame) -> tuple[WarnFrom, dict[str, Any]]:
    """Return the threshold in force, and what it means."""
    from winback.lists.warn_from import WarnFrom

    settings = session.job.lists.churn_warning
    wanted = settings.warn_from
    terms = {
        "save_rate": settings.save_rate,
        "contact_cost": settings.contact_cost,
        "offer_cost": settings.offer_cost,
    }
    if wanted is None:
        rule, first = WarnFrom(**terms), settings.risk_thresholds[0]
        return rule, {"by": "risk", "risk": first, "meaning": f"P(churn) of {first:.2f}"}
    if wanted.days is not None:
        measured = _lead_time(session, scores, wanted.days)
        rule = WarnFrom(risk=measured["risk"], **terms)
        return rule, {"by": "days", **measured}
    rule = WarnFrom(risk=wanted.risk, profit=wanted.profit, **terms)
    if wanted.risk is not None:
        return rule, {"by": "risk", "risk": wanted.risk, "meaning": str(rule)}
    return rule, {"by": "profit", "profit": wanted.profit, **terms, "meaning": str(rule)}


def _lead_time(session: Session, scores: pd.DataFrame, days: int) -> dict[str, Any]:
    """Measure on history from which risk on customers are warned about so many days ahead."""
    from winback.evaluation.lead_time import measure_lead_time
    from winback.workflows.evaluate import snapshot_settings

    job = session.job
    recipe = None
    if len(scores):
        recipe = churn_recipe(session, scores)
    with session.reporter.step("Measuring days of warning on history"):
        measured = measure_lead_time(
            session.transactions,
            as_of=job.as_of,
            days=days,
            horizon_days=session.churn_horizon_days,
            gap_days=job.churn.gap_days,
            active_within_days=job.churn.active_within_days,
            snapshots=snapshot_settings(session),
            recipe=recipe,
            events=session.events,
            random_state=job.random_state,
        )
    return measured.summary()


def churn_recipe(session: Session, scores: pd.DataFrame) -> dict[str, Any]:
    """Return the recipe of the churn model that made the scores."""
    from winback.estimators.artifact import recipe_of

    return recipe_of(scored_with(session, scores, "churn").estimator)


def _kept(session: Session, selected: pd.DataFrame, ids: Any) -> pd.DataFrame | None:
    """Return the margin of those selected if they were certain to stay, with its interval."""
    if not session.transactions.has_amounts:
        return None
    model = scored_with(session, selected, "value")
    job, value = session.job, model.estimator
    value.set_params(margin=job.margin, discount_rate=job.discount_rate)
    frame = selected
    if "last_horizon_purchases" in model.input_columns:
        from winback.features.behaviour import behaviour_table

        table = behaviour_table(
            session.transactions.table,
            [job.as_of],
            count_zero=session.transactions.count_zero,
            horizon_days=job.value.horizon_days,
            customers=ids,
        )
        frame = table.order_by("customer_id").to_pyarrow().to_pandas()
    result: pd.DataFrame = value.predict_kept(frame)
    return result.assign(customer_id=frame["customer_id"])


def scored_with(session: Session, scores: pd.DataFrame, role: str) -> Any:
    """Load the model (`value`, `churn`, `tiers`) that made the scores, whoever is champion now."""
    from winback.registry.aliases import resolve
    from winback.registry.load import load_version

    version = int(scores[f"{role}_version"].iloc[0])
    return load_version(
        session.store, resolve(session.store, f"{session.job.name}-{role}/{version}")
    )


def _earlier(session: Session) -> pd.DataFrame | None:
    """Return the newest churn-warning list of an earlier date, if there is one."""
    before = [day for day in _kept_lists(session) if day < session.job.as_of]
    return _read_list(session, max(before)) if before else None


def _listed_this_week(session: Session) -> pd.DataFrame | None:
    """Return what stood on the lists of earlier days of this week, from Monday."""
    as_of = session.job.as_of
    monday = as_of - timedelta(days=as_of.weekday())
    days = [day for day in _kept_lists(session) if monday <= day < as_of]
    frames = [_read_list(session, day) for day in sorted(days)]
    return pd.concat(frames, ignore_index=True) if frames else None


def _kept_lists(session: Session) -> list[date]:
    names = [path.parent.name for path in session.out.glob("lists/*/churn_warning.parquet")]
    days = []
    for name in names:
        try:
            days.append(date.fromisoformat(name))
        except ValueError:  # a folder of somebody's own
            continue
    return days


def _read_list(session: Session, day: date) -> pd.DataFrame:
    return pd.read_parquet(session.out / f"lists/{day}/churn_warning.parquet")
