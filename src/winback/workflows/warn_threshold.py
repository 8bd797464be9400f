"""From what risk or profit on a job warns about a customer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from winback.workflows.score import scored_with
from winback.workflows.session import Session

if TYPE_CHECKING:
    import pandas as pd

    from winback.lists.warn_from import WarnFrom


def warn_from(session: Session, scores: pd.DataFrame) -> WarnFrom:
    """Return the rule in force."""
    from winback.economics import Economics
    from winback.lists.severity import Thresholds
    from winback.lists.warn_from import WarnFrom

    settings = session.job.lists.churn_warning
    wanted = settings.warn_from
    rule = WarnFrom(
        economics=Economics(
            contact_cost=settings.contact_cost,
            offer_cost=settings.offer_cost,
            save_rate=settings.save_rate,
        ),
        thresholds=Thresholds(settings.risk_thresholds, settings.breach_thresholds),
    )
    if wanted is None:
        return rule
    if wanted.days is not None:
        measured = _lead_time(session, scores, wanted.days)
        return replace(rule, risk=measured["risk"], measured=measured)
    return replace(rule, risk=wanted.risk, profit=wanted.profit)


def _lead_time(session: Session, scores: pd.DataFrame, days: int) -> dict[str, Any]:
    """Measure on history from which risk on customers are warned about so many days ahead."""
    from winback.estimators.base.artifact import recipe_of
    from winback.evaluation.lead_time import measure_lead_time
    from winback.workflows.evaluate import snapshot_settings

    job = session.job
    recipe = recipe_of(scored_with(session, scores, "churn").estimator) if len(scores) else None
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
