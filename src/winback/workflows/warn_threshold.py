"""From what risk or profit on a job warns about a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from winback.workflows.score import scored_with
from winback.workflows.session import Session

if TYPE_CHECKING:
    import pandas as pd

    from winback.lists.warn_from import WarnFrom


def threshold(session: Session, scores: pd.DataFrame) -> tuple[WarnFrom, dict[str, Any]]:
    """Return the threshold in force, and what it means."""
    from winback.lists.warn_from import WarnFrom

    settings = session.job.lists.churn_warning
    wanted = settings.warn_from
    terms: dict[str, Any] = {
        "save_rate": settings.save_rate,
        "contact_cost": settings.contact_cost,
        "offer_cost": settings.offer_cost,
    }
    if wanted is None:
        rule = WarnFrom(
            risk_thresholds=settings.risk_thresholds, breach_thresholds=settings.breach_thresholds
        )
        return rule, {"by": "table", "meaning": str(rule)}
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
    from winback.estimators.base.artifact import recipe_of
    from winback.evaluation.lead_time import measure_lead_time
    from winback.workflows.evaluate import churn_settings

    job = session.job
    recipe = recipe_of(scored_with(session, scores, "churn").estimator) if len(scores) else None
    with session.reporter.step("Measuring days of warning on history"):
        measured = measure_lead_time(
            session.past,
            days,
            session.churn_horizon_days,
            settings=churn_settings(session),
            recipe=recipe,
            random_state=job.random_state,
        )
    return measured.summary()
