"""Make the two lists from the scores, and keep them by date."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.errors import ModelError
from winback.workflows.score import features_at_as_of
from winback.workflows.session import Session

if TYPE_CHECKING:
    from winback.lists.columns import Columns
    from winback.lists.win_back import WinBack


def lists(session: Session) -> dict[str, Any]:
    """Make the churn-warning and the win-back list of `as_of`.

    Each list stands at the top of the output folder and, under its date, in `lists/AS_OF/`, where
    the next one looks for the colours that its customers had.

    Returns
    -------
    dict
        Sizes, and what the win-back list can measure.

    Raises
    ------
    UsageError
        There are no scores yet.
    DataError
        The scores are of another date.
    """
    scores = pd.read_parquet(session.require("scores.parquet", "score"))
    customers = session.read_frame("customers")
    with session.reporter.step("Making the churn-warning list"):
        warned, at_risk = _churn_warning(session, _reachable(session, scores, customers))
    with session.reporter.step("Making the win-back list"):
        called = _win_back(session, scores, customers)
    session.reporter.say(_severities(warned, at_risk))
    for sentence in called.summary["sentences"]:
        session.reporter.say(sentence)
    rows = session.manifest.setdefault("rows", {})
    rows |= {
        "at_risk": at_risk,
        "churn_warning": len(warned),
        "win_back": len(called.treated),
        "win_back_control": len(called.control),
        "win_back_excluded": len(called.excluded),
    }
    session.manifest["win_back"] = called.summary
    return {"rows": rows, "win_back": called.summary}


def _churn_warning(session: Session, scores: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Stage the list; return it, and how many were at risk before the capacity cut it."""
    import ibis
    import pyarrow as pa

    from winback.lists.churn_warning import CHURN_WARNING, churn_warning, select_at_risk

    job, settings = session.job, session.job.lists.churn_warning
    at_risk = select_at_risk(
        scores,
        as_of=job.as_of,
        capacity=max(len(scores), 1),
        active_within_days=job.churn.active_within_days,
        risk_thresholds=settings.risk_thresholds,
        breach_thresholds=settings.breach_thresholds,
        previous=_earlier(session),
    )
    selected = at_risk.head(settings.capacity)
    model = _churn_model(session, selected)
    if model is None:
        behaviour, contributions = pd.DataFrame({"customer_id": [], "typical_gap_days": []}), None
    else:
        ids = ibis.memtable(pa.table({"customer_id": selected["customer_id"]}))
        features = features_at_as_of(session, model, customers=ids)
        behaviour = features.order_by("customer_id").to_pyarrow().to_pandas()
        try:
            contributions = model.estimator.contributions(behaviour)
            contributions.insert(0, "customer_id", behaviour["customer_id"])
        except ModelError:  # a score without features, such as the purchase model's, has none
            contributions = None
    rows = churn_warning(
        selected,
        behaviour,
        contributions,
        as_of=job.as_of,
        horizon_days=session.churn_horizon_days if model is None else model.estimator.horizon_days,
        job=_list_name(session),
        currency=job.currency,
        expires_days=settings.expires_days,
    )
    _write(session, "churn_warning", rows, CHURN_WARNING, parquet=True)
    return rows, len(at_risk)


def _reachable(
    session: Session, scores: pd.DataFrame, customers: pd.DataFrame | None
) -> pd.DataFrame:
    """Leave out who has opted out: a warning asks somebody to write or call."""
    if customers is None or "opt_out" not in customers.columns:
        return scores
    opted_out = customers.loc[customers["opt_out"].fillna(value=False).astype(bool), "customer_id"]
    left_out = scores["customer_id"].isin(opted_out)
    if left_out.any():
        session.reporter.say(
            f"{left_out.sum():,} customers have opted out and are not warned about"
        )
    return scores[~left_out]


def _list_name(session: Session) -> str:
    """Name what the lists are made from: other settings make another `list_id`."""
    settings = session.job.lists.model_dump_json()
    return f"{session.job.name} {hashlib.sha256(settings.encode()).hexdigest()[:12]}"


def _churn_model(session: Session, selected: pd.DataFrame) -> Any:
    """Load the churn model that made the scores, whoever is champion by now."""
    from winback.registry.aliases import resolve
    from winback.registry.load import load_version

    if selected.empty:
        return None
    version = int(selected["churn_version"].iloc[0])
    return load_version(
        session.store, resolve(session.store, f"{session.job.name}-churn/{version}")
    )


def _win_back(session: Session, scores: pd.DataFrame, customers: pd.DataFrame | None) -> WinBack:
    from winback.lists.economics import Economics
    from winback.lists.win_back import WIN_BACK, WIN_BACK_EXCLUDED, win_back
    from winback.lists.write import write_parquet

    job, settings = session.job, session.job.lists.win_back
    active_within_days = job.churn.active_within_days
    result = win_back(
        scores,
        as_of=job.as_of,
        horizon_days=job.horizon_days,
        economics=Economics(
            contact_cost=settings.contact_cost,
            offer_cost=settings.offer_cost,
            margin=job.margin,
            uplift_prior=settings.uplift_prior,
        ),
        budget=settings.budget,
        capacity=settings.capacity,
        control_share=settings.control_share,
        # where nobody is dormant, whoever may still come back by themselves is left alone
        window_days=(0 if active_within_days else job.horizon_days, settings.window_days),
        active_within_days=active_within_days,
        job=_list_name(session),
        experiment_id=settings.experiment or f"{job.name}-win-back",
        expires_days=settings.expires_days,
        channel=settings.channel,
        offer=settings.offer,
        customers=customers,
        contacts=session.read_frame("contacts"),
        cooldown_days=settings.cooldown_days,
        contact_cap=settings.contact_cap,
        contact_cap_days=settings.contact_cap_days,
    )
    _write(session, "win_back", result.treated, WIN_BACK, parquet=True)
    _write(session, "win_back_control", result.control, WIN_BACK, parquet=False)
    for folder in ("", f"lists/{job.as_of}/"):
        path = session.staged(f"{folder}win_back_excluded.parquet")
        write_parquet(result.excluded, path, WIN_BACK_EXCLUDED)
    return result


def _write(
    session: Session, name: str, rows: pd.DataFrame, columns: Columns, *, parquet: bool
) -> None:
    """Stage a list, at the top of the output folder and under its date."""
    from winback.lists.write import write_csv, write_parquet

    style = session.job.lists
    for folder in ("", f"lists/{session.job.as_of}/"):
        write_csv(
            rows,
            session.staged(f"{folder}{name}.csv"),
            columns,
            bom=style.bom,
            decimal=style.decimal,
            separator=style.separator,
        )
        if parquet:
            write_parquet(rows, session.staged(f"{folder}{name}.parquet"), columns)


def _earlier(session: Session) -> pd.DataFrame | None:
    """Return the newest churn-warning list of an earlier date, if there is one."""
    kept = sorted(session.out.glob("lists/*/churn_warning.parquet"), key=_date_of)
    kept = [path for path in kept if _date_of(path) < str(session.job.as_of)]
    return pd.read_parquet(kept[-1]) if kept else None


def _date_of(path: Path) -> str:
    return path.parent.name


def _severities(warned: pd.DataFrame, at_risk: int) -> str:
    counts = warned["severity"].value_counts()
    colours = ", ".join(f"{counts.get(c, 0):,} {c}" for c in ("red", "orange", "yellow"))
    left = f", of {at_risk:,} at risk (the capacity)" if at_risk > len(warned) else ""
    return f"{len(warned):,} churn warnings{left}: {colours}"
