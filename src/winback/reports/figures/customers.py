"""Figures of the customers: where the value sits, who may leave."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from winback.messages import Words
from winback.reports import readings
from winback.reports.figures.style import (
    ACCENT,
    MUTED,
    bars,
    caption,
    chart,
    rows_chart,
)


def concentration(data: dict[str, Any], words: Words, *, n: int, as_of: str) -> go.Figure:
    """Draw the share of value against the share of customers, the most valuable first."""
    told = caption(
        "concentration", readings.concentration_reading(data, words), words, n=n, as_of=as_of
    )
    percents = [place / 100 for place in range(101)]
    top = [row for row in data["top"] if row["percent"] > 1]
    figure = chart(
        [
            go.Scatter(
                x=percents,
                y=data["curve"],
                mode="lines",
                line={"color": ACCENT, "width": 2.5},
                name=words("chart.concentration.y"),
            ),
            go.Scatter(
                x=[0, 1],
                y=[0, 1],
                mode="lines",
                line={"color": MUTED, "width": 1.5, "dash": "dash"},
                name=words("chart.concentration.equal"),
                hoverinfo="skip",
            ),
            go.Scatter(
                x=[row["percent"] / 100 for row in top],
                y=[row["value_share"] for row in top],
                text=[f"{row['percent']}%: {words.share(row['value_share'])}" for row in top],
                mode="markers+text",
                textposition="bottom right",
                marker={"color": ACCENT, "size": 8},
                showlegend=False,
                hoverinfo="skip",
            ),
        ],
        told,
        words,
        x=words("chart.concentration.x"),
        y=words("chart.concentration.y"),
    )
    figure.update_xaxes(range=[0, 1], dtick=0.25, tickformat=".0%")
    return figure.update_yaxes(range=[0, 1.03], dtick=0.25, tickformat=".0%")


def tiers(rows: Sequence[dict[str, Any]], words: Words, *, as_of: str) -> go.Figure:
    """Each tier's share of customers beside its share of value."""
    n = sum(row["n"] for row in rows)
    told = caption("tiers", readings.tiers_reading(rows, words), words, n=n, as_of=as_of)
    names = [words.label("tier", row["name"]) for row in rows]
    shares = [("share", "customers", MUTED), ("value_share", "value", ACCENT)]
    figure = rows_chart(
        [
            bars(names, [row[key] for row in rows], words.share, colour).update(
                name=words(f"chart.tiers.{name}")
            )
            for key, name, colour in shares
            if rows[0][key] is not None
        ],
        told,
        words,
        x="",
        rows=len(rows) + 1,
    )
    return figure.update_xaxes(tickformat=".0%")


def risk(data: dict[str, Any], words: Words, *, mean: float | None, as_of: str) -> go.Figure:
    """Histogram of the churn probability, dormant customers stacked on active ones."""
    told = caption(
        "risk",
        readings.risk_reading(data, mean, words),
        words,
        n=data["n_active"] + data["n_dormant"],
        as_of=as_of,
    )
    edges = data["edges"]
    middles = [(low + high) / 2 for low, high in pairwise(edges)]
    figure = chart(
        [
            go.Bar(x=middles, y=data[kind], name=words(f"chart.risk.{kind}"), marker_color=colour)
            for kind, colour in (("active", ACCENT), ("dormant", MUTED))
            if data[f"n_{kind}"]
        ],
        told,
        words,
        x=words("chart.risk.x"),
        y=words("chart.risk.y"),
    )
    figure.update_layout(barmode="stack", bargap=0.06)
    figure.update_yaxes(tickformat=",")
    return figure.update_xaxes(range=[0, 1], dtick=0.25, tickformat=".0%", showgrid=False)


def stages(rows: Sequence[dict[str, Any]], words: Words, *, as_of: str) -> go.Figure:
    """Count customers per lifecycle stage."""
    n = sum(row["n"] for row in rows)
    told = caption("stages", readings.stages_reading(rows, words), words, n=n, as_of=as_of)
    names = [words.label("stage", row["name"]) for row in rows]
    drawn = bars(names, [row["n"] for row in rows], words.number, ACCENT)
    return rows_chart([drawn], told, words, x=words("chart.stages.x"), rows=len(rows))
