"""`winback.plot`: the report's figures from what an analyst has at hand, as Plotly figures.

Each function takes models, frames or arrays, computes what the report computes, and draws it with
the report's own figure. Title, number of customers, date and a one-line reading stand on it, and
in ``figure.layout.meta``.
"""

from winback.reports.plot.churn import (
    gain,
    lift,
    precision_recall,
    profit_by_depth,
    reliability,
    snapshots,
)
from winback.reports.plot.cohorts import cohort_retention, cohort_revenue
from winback.reports.plot.customers import (
    churn_risk,
    drift,
    lifecycle,
    tier_migration,
    tier_profile,
)
from winback.reports.plot.lists import funnel, reasons, severity
from winback.reports.plot.models import coverage, importance, parameters
from winback.reports.plot.value import (
    calibration,
    expected_purchases_matrix,
    forecast,
    lorenz,
    p_alive_matrix,
    predicted_vs_actual,
    tracking,
)

__all__ = [  # noqa: RUF022  # grouped as a reader looks for them
    "tracking",
    "forecast",
    "calibration",
    "predicted_vs_actual",
    "coverage",
    "p_alive_matrix",
    "expected_purchases_matrix",
    "lorenz",
    "parameters",
    "reliability",
    "gain",
    "lift",
    "precision_recall",
    "profit_by_depth",
    "snapshots",
    "importance",
    "reasons",
    "churn_risk",
    "lifecycle",
    "tier_profile",
    "tier_migration",
    "cohort_retention",
    "cohort_revenue",
    "severity",
    "funnel",
    "drift",
]


def __dir__() -> list[str]:
    """List the figures, not the modules that hold them."""
    return sorted(__all__)
