"""How many customers each tier and each stage of life holds, and how much of the value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pandas as pd
import plotly.graph_objects as go

from winback.estimators.tiers.stages import STAGES
from winback.estimators.tiers.value_tiers import ValueTiers
from winback.messages import Words
from winback.reports.aggregator import plain, records
from winback.reports.charts.chart import Chart, Shown, as_of
from winback.reports.charts.notebook import Day, alone, day
from winback.reports.scored import scored_view, summary_of
from winback.reports.style import ACCENT, MUTED, bars, rows_chart

Rows = Sequence[Mapping[str, Any]]


def groups_of(
    engine: duckdb.DuckDBPyConnection, column: str, summary: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return one entry per tier or stage, the most valuable customers first.

    Parameters
    ----------
    engine
        From `winback.reports.scored.scored_view`.
    column
        ``tier`` or ``lifecycle_stage``.
    summary
        ``n`` and ``value`` of all.
    """
    rows = records(
        engine,
        f"""
        SELECT {column} AS name, count(*) AS n, coalesce(sum(value), 0.0) AS value,
               avg(value) AS mean_value, avg(p_churn) AS mean_p_churn
        FROM scores WHERE {column} IS NOT NULL
        GROUP BY {column} ORDER BY mean_value DESC NULLS LAST, name
        """,
    )
    for row in rows:
        row["share"] = plain(row["n"] / summary["n"])
        row["value_share"] = plain(row["value"] / summary["value"]) if summary["value"] else None
    return rows


def stages_of(
    engine: duckdb.DuckDBPyConnection, summary: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the stages as a customer runs through them; those unknown here come last."""
    order = {name: place for place, name in enumerate(STAGES)}
    rows = groups_of(engine, "lifecycle_stage", summary)
    return sorted(rows, key=lambda row: order.get(row["name"], len(order)))


class Tiers(Chart):
    """Each tier's share of customers beside its share of value."""

    name = "tiers"
    place = "tiers.who"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        return _shown(report["population"]["tiers"], as_of(report))

    def read(self, data: Rows, words: Words) -> str:
        """Return the size and value of the most valuable tier."""
        first = data[0]
        name = words.label("tier", first["name"])
        if len(data) == 1:
            customers = words.count(first["n"], "customer")
            return words("chart.tiers.reading.one", customers=customers, name=name)
        return words(
            "chart.tiers.reading", name=name, share=first["share"], value_share=first["value_share"]
        )

    def draw(self, data: Rows, words: Words) -> go.Figure:
        names = [words.label("tier", row["name"]) for row in data]
        shares = [("share", "customers", MUTED), ("value_share", "value", ACCENT)]
        drawn = [
            bars(names, [row[key] for row in data], words.share, colour).update(
                name=words(f"chart.tiers.{name}")
            )
            for key, name, colour in shares
            if data[0][key] is not None
        ]
        return rows_chart(drawn, rows=len(data) + 1).update_xaxes(tickformat=".0%")


class Stages(Chart):
    """Customers per lifecycle stage."""

    name = "stages"
    place = "tiers.who"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        return _shown(report["population"]["stages"], as_of(report))

    def read(self, data: Rows, words: Words) -> str:
        """Return the largest stage and the one that holds most value."""
        largest = max(data, key=lambda row: row["n"])
        valuable = max(data, key=lambda row: row["value"])
        worth = bool(valuable["value_share"])
        return words(
            "chart.stages.reading" if worth else "chart.stages.reading.plain",
            name=largest["name"],
            share=largest["share"],
            valuable=valuable["name"],
            value_share=valuable["value_share"],
        )

    def draw(self, data: Rows, words: Words) -> go.Figure:
        names = [words.label("stage", row["name"]) for row in data]
        drawn = bars(names, [row["n"] for row in data], words.number, ACCENT)
        return rows_chart([drawn], x=words("chart.stages.x"), rows=len(data))


def _shown(rows: Rows, until: str) -> Shown | None:
    return Shown(rows, sum(row["n"] for row in rows), until) if rows else None


TIERS, STAGES_CHART = Tiers(), Stages()


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
        rows: list[dict[str, Any]] = [
            {
                "name": str(name),
                "n": int(row["customers"]),
                "share": float(row["share"]),
                "value_share": float(row["clv_share"]),
            }
            for name, row in tiers.profile_.iterrows()
        ]
    else:
        with scored_view(tiers, active_within_days=None) as engine:
            rows = groups_of(engine, "tier", summary_of(engine))
    return alone(TIERS.figure(Shown(rows, sum(row["n"] for row in rows), day(as_of))))


def lifecycle(
    scores: pd.DataFrame, *, as_of: Day, active_within_days: int | None = None
) -> go.Figure:
    """Count customers by lifecycle stage; parameters as of `churn_risk`."""
    with scored_view(scores, active_within_days=active_within_days) as engine:
        rows = stages_of(engine, summary_of(engine))
    return alone(STAGES_CHART.figure(Shown(rows, sum(row["n"] for row in rows), day(as_of))))


CHARTS = (TIERS, STAGES_CHART)
PLOTS = (tier_profile, lifecycle)
