"""Who was scored, where the value sits, who is at risk: aggregates of ``scores.parquet``."""

from __future__ import annotations

from typing import Any

from winback.reports.aggregator import Rows
from winback.reports.charts.churn_risk import risk_of
from winback.reports.charts.tier_sizes import groups_of, stages_of
from winback.reports.charts.value_to_come import concentration_of
from winback.reports.scored import scored_view, summary_of

PURCHASES = "expected_purchases"
"""What value is where there are no amounts; else ``clv``."""


def population(
    scores: Rows, *, has_amounts: bool, active_within_days: int | None
) -> dict[str, Any]:
    """Aggregate the scores to what the report shows.

    Parameters
    ----------
    scores, has_amounts, active_within_days
        As for :func:`winback.reports.scored.scored_view`.

    Returns
    -------
    dict
        ``summary`` (counts and sums), ``concentration`` (curve of 101 points, top shares, Gini;
        ``None`` without value), ``tiers``, ``stages`` (one entry each) and ``risk`` (histogram of
        the churn probability in twenty bins; ``None`` without probabilities).
    """
    with scored_view(
        scores, active_within_days=active_within_days, has_amounts=has_amounts
    ) as engine:
        summary = summary_of(engine)
        return {
            "summary": {**summary, "value_is": "clv" if has_amounts else PURCHASES},
            "concentration": concentration_of(engine, summary["n"], summary["value"]),
            "tiers": groups_of(engine, "tier", summary),
            "stages": stages_of(engine, summary),
            "risk": risk_of(engine),
        }
