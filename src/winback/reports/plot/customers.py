"""Figures of the customers: risk, stages, tiers, cohorts, lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from winback.data.tables import Transactions
from winback.errors import NotEnoughDataError
from winback.estimators.tiers import ValueTiers
from winback.evaluation import tier_quality
from winback.features.purchases import purchase_days
from winback.reports import churn, cohorts, sizes
from winback.reports import drift as drifted
from winback.reports.figures import ENGLISH, churn_groups, data, lists
from winback.reports.figures import cohorts as of_cohorts
from winback.reports.figures import customers as figures
from winback.reports.figures import tier_quality as of_tiers
from winback.reports.messages import Words
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


def cohort_retention(
    purchases: Transactions, *, as_of: Day, unit: Literal["M", "Q"] | None = None
) -> go.Figure:
    """Draw the share of each cohort that bought, by age; the period that is not over is hatched.

    Parameters
    ----------
    purchases
        Known up to `as_of`, or further.
    as_of
        The last day that is known.
    unit
        Months or quarters; None: as the length of history suggests.

    Raises
    ------
    NotEnoughDataError
        Everybody first bought in the same period.

    Examples
    --------
    >>> import winback as wb
    >>> shop = wb.read_transactions("sample:cdnow-tenth")
    >>> figure = wb.plot.cohort_retention(shop, as_of="1998-06-30")
    >>> figure.layout.yaxis.ticktext[0], round(figure.data[0].z[0][0], 3)
    ('1997-01 (781)', 0.159)
    """
    return alone(of_cohorts.retention(_cohorts(purchases, as_of, unit), ENGLISH, as_of=day(as_of)))


def cohort_revenue(
    purchases: Transactions,
    *,
    as_of: Day,
    unit: Literal["M", "Q"] | None = None,
    currency: str | None = None,
) -> go.Figure:
    """Draw the revenue per customer since the first purchase, a line a cohort, whole periods only.

    Parameters and errors as of `cohort_retention`; `currency` is written before amounts.
    """
    told, words = _cohorts(purchases, as_of, unit), Words(currency=currency)
    return alone(of_cohorts.cumulative_value(told, words, as_of=day(as_of)))


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


def reasons(warnings: pd.DataFrame, *, as_of: Day) -> go.Figure:
    """Count the reasons on a churn-warning list: as the first one, and as second or third.

    Parameters
    ----------
    warnings
        With the columns of ``churn_warning.parquet``.
    as_of
        The list's date.

    Examples
    --------
    >>> import winback as wb
    >>> listed = pd.DataFrame({"reason_1_code": ["overdue", "overdue"],
    ...                        "reason_2_code": ["basket", None], "reason_3_code": None})
    >>> figure = wb.plot.reasons(listed, as_of="2024-06-30")
    >>> figure.data[0].x, figure.data[1].x
    ((2, 0), (0, 1))
    """
    rows = churn.reasons_of(warnings)
    if not rows:
        raise NotEnoughDataError("the list gives no reason to count")
    return alone(churn_groups.reasons(rows, ENGLISH, n=len(warnings), as_of=day(as_of)))


def severity(
    warnings: pd.DataFrame, *, as_of: Day, summary: Mapping[str, Any] | None = None
) -> go.Figure:
    """Count a churn-warning list by severity.

    Parameters
    ----------
    warnings
        With the columns of ``churn_warning.parquet``.
    as_of
        The list's date.
    summary
        What is known beside the rows, as ``manifest.json`` holds it: it adds who had no room.

    Examples
    --------
    >>> import winback as wb
    >>> listed = pd.DataFrame({"severity": ["red", "yellow", "red"]})
    >>> wb.plot.severity(listed, as_of="2024-06-30").data[0].x
    (2, 0, 1)
    """
    size = sizes.churn_warning_size(warnings, summary)
    if size is None or not size["n"]:
        raise NotEnoughDataError("the list has no row")
    return alone(lists.severity(size, ENGLISH, as_of=day(as_of)))


def funnel(win_back: Any, *, as_of: Day) -> go.Figure:
    """Draw a win-back list from all customers over the eligible to those called back.

    Parameters
    ----------
    win_back
        From `winback.win_back`.
    as_of
        The list's date.
    """
    size = sizes.win_back_size(win_back.treated, win_back.control, win_back.summary)
    if size is None or not size["dormant"]:
        raise NotEnoughDataError("nobody is dormant")
    return alone(lists.funnel(size, ENGLISH, as_of=day(as_of)))


def _people(scores: pd.DataFrame, active_within_days: int | None) -> dict[str, Any]:
    has_amounts = bool(scores["clv"].notna().any())
    return population(scores, has_amounts=has_amounts, active_within_days=active_within_days)


def _cohorts(purchases: Transactions, as_of: Day, unit: str | None) -> dict[str, Any]:
    until = date.fromisoformat(day(as_of))
    days = purchase_days(purchases.table, until, count_zero=purchases.count_zero)
    first = purchases.counts.first_day or until
    chosen = unit or cohorts.unit_of(first, until)
    told = cohorts.cohorts(cohorts.cohort_rows(days, chosen), chosen, until)
    if told is None:
        raise NotEnoughDataError("everybody first bought in the same period", got=chosen)
    return told
