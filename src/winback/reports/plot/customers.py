"""Figures of the customers: risk, stages, tiers, drift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from winback.errors import NotEnoughDataError
from winback.estimators.tiers.value_tiers import ValueTiers
from winback.evaluation import tier_quality
from winback.reports import drift as drifted
from winback.reports.figures import ENGLISH, data
from winback.reports.figures import customers as figures
from winback.reports.figures import tier_quality as of_tiers
from winback.reports.plot.notebook import Day, alone, day
from winback.reports.population import population
from winback.reports.tiers import tier_section


def churn_risk(
    scores: pd.DataFrame, *, as_of: Day, active_within_days: int | None = None
) -> go.Figure:
    """Draw the churn probabilities of active and dormant customers.

    Parameters
    ----------
    scores
        With the columns of ``scores.parquet``.
    as_of
        The last day that is known.
    active_within_days
        Who bought within so many days is active; None: everybody.

    Examples
    --------
    >>> import winback as wb
    >>> scores = pd.DataFrame({
    ...     "frequency": [2.0, 0.0], "recency": [30.0, 0.0], "T": [40.0, 400.0],
    ...     "expected_purchases": [1.5, 0.1], "clv": [90.0, 10.0], "p_churn": [0.2, 0.9],
    ...     "tier": ["high", "low"], "lifecycle_stage": ["active", "dormant"]})
    >>> figure = wb.plot.churn_risk(scores, as_of="2024-06-30", active_within_days=90)
    >>> sum(figure.data[0].y), sum(figure.data[1].y)
    (1, 1)
    """
    people = _people(scores, active_within_days)
    mean = people["summary"]["mean_p_churn"]
    return alone(figures.risk(people["risk"], ENGLISH, mean=mean, as_of=day(as_of)))


def lifecycle(
    scores: pd.DataFrame, *, as_of: Day, active_within_days: int | None = None
) -> go.Figure:
    """Count customers by lifecycle stage; parameters as of `churn_risk`."""
    people = _people(scores, active_within_days)
    return alone(figures.stages(people["stages"], ENGLISH, as_of=day(as_of)))


def tier_profile(tiers: ValueTiers | pd.DataFrame, *, as_of: Day) -> go.Figure:
    """Draw each tier's share of customers beside its share of value.

    Parameters
    ----------
    tiers
        Fitted tiers (as they were at training), or scores.
    as_of
        The last day that was known.

    Examples
    --------
    >>> import winback as wb
    >>> customers = pd.DataFrame({"frequency": [0.0, 9.0] * 50, "recency": [0.0, 90.0] * 50,
    ...     "T": 100.0, "monetary_value": [0.0, 30.0] * 50, "clv": [1.0, 99.0] * 50})
    >>> tiers = wb.ValueTiers(2).fit(customers)
    >>> figure = wb.plot.tier_profile(tiers, as_of="2024-06-30")
    >>> figure.data[0].x, figure.data[1].x
    ((0.5, 0.5), (0.99, 0.01))
    """
    if isinstance(tiers, ValueTiers):
        rows = [
            {
                "name": str(name),
                "n": int(row["customers"]),
                "share": float(row["share"]),
                "value_share": float(row["clv_share"]),
            }
            for name, row in tiers.profile_.iterrows()
        ]
    else:
        rows = _people(tiers, None)["tiers"]
    return alone(figures.tiers(rows, ENGLISH, as_of=day(as_of)))


def tier_migration(
    before: pd.Series[str],
    after: pd.Series[str],
    names: Sequence[str],
    *,
    since: Day,
    as_of: Day,
    kind: Literal["matrix", "flows"] = "matrix",
) -> go.Figure:
    """Draw where the customers of each tier have gone.

    Parameters
    ----------
    before, after
        Tier by customer (the index); by one and the same cut, or moves are the cut's.
    names
        Tiers, the most valuable first.
    since, as_of
        The two dates.
    kind
        A matrix of shares, or streams (Sankey).

    Raises
    ------
    NotEnoughDataError
        Nobody was a customer at both dates.

    Examples
    --------
    >>> import winback as wb
    >>> then, now = pd.Series({"a": "top", "b": "low"}), pd.Series({"a": "top", "b": "top"})
    >>> figure = wb.plot.tier_migration(then, now, ["top", "low"], since="2024-01-01",
    ...                                 as_of="2024-06-30")
    >>> figure.data[0].z
    ([1.0, 0.0], [1.0, 0.0])
    """
    counts = tier_quality.migration(before, after, names)
    known = counts.loc[list(names)].to_numpy()
    kept = float(np.trace(known) / known.sum()) if known.sum() else None
    content = {
        "tiers": list(names),
        "migration": {
            "before": day(since),
            "after": day(as_of),
            "tiers": list(names),
            "kept": kept,
            "counts": [
                {"before": name, **row} for name, row in counts.to_dict(orient="index").items()
            ],
        },
    }
    told = (tier_section(content) or {})["migration"]
    if told is None:
        raise NotEnoughDataError("nobody was a customer at both dates")
    draw = of_tiers.flows if kind == "flows" else of_tiers.migration
    return alone(draw(told, ENGLISH))


def drift(past: pd.DataFrame, today: pd.DataFrame, *, since: Day, as_of: Day) -> go.Figure:
    """Draw how far the customers have moved, by feature (population stability index).

    Parameters
    ----------
    past, today
        ``frequency, recency, T, monetary_value`` of the customers at the two dates.
    since, as_of
        The dates.

    Examples
    --------
    >>> import winback as wb
    >>> past = pd.DataFrame({"frequency": [0.0, 1, 2, 3] * 50, "recency": 1.0, "T": 9.0,
    ...                      "monetary_value": 5.0})
    >>> figure = wb.plot.drift(past, past, since="2024-01-01", as_of="2024-06-30")
    >>> set(figure.data[0].x)
    {0.0}
    """
    rows = drifted.drift(past, today, has_amounts=True)
    told = {"since": day(since), "features": rows}
    drawn = data.drift(told, ENGLISH, n=len(today), as_of=day(as_of))
    return alone(drawn, title=f"Drift of the customers since {day(since)}")


def _people(scores: pd.DataFrame, active_within_days: int | None) -> dict[str, Any]:
    has_amounts = bool(scores["clv"].notna().any())
    return population(scores, has_amounts=has_amounts, active_within_days=active_within_days)
