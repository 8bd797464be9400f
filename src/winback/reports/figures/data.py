"""Figures of the data: how densely the history is covered, how far customers have drifted."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from winback.messages import Words
from winback.reports import readings
from winback.reports.drift import MOVED
from winback.reports.figures.style import (
    ACCENT,
    SECOND,
    TIME,
    bars,
    caption,
    chart,
    mark,
    rows_chart,
)


def coverage(told: dict[str, Any], words: Words, *, n: int, as_of: str) -> go.Figure:
    """Draw the accepted rows by month or quarter, so that one that is missing shows."""
    reading = readings.coverage_reading(told, words)
    figure = chart(
        [
            go.Bar(
                x=[row["start"] for row in told["periods"]],
                y=[row["rows"] for row in told["periods"]],
                marker_color=ACCENT,
            )
        ],
        caption(f"coverage.{told['unit']}", reading, words, n=n, as_of=as_of),
        words,
        y=words("chart.coverage.y"),
        height=330,
    )
    figure.update_xaxes(showgrid=False, tickformatstops=TIME, nticks=7)
    return figure.update_yaxes(tickformat=",")


def drift(told: dict[str, Any], words: Words, *, n: int, as_of: str) -> go.Figure:
    """Draw how far each feature has moved since the champion was trained."""
    rows = told["features"]
    reading = readings.drift_reading(told, words)
    title = caption("drift", reading, words, n=n, as_of=as_of, since=words.day(told["since"]))
    names = [words(f"feature.{row['feature']}") for row in rows]
    colours = [SECOND if row["psi"] > MOVED else ACCENT for row in rows]
    drawn = bars(names, [row["psi"] for row in rows], words.metric, colours)
    figure = rows_chart([drawn], title, words, x=words("chart.drift.x"), rows=len(rows))
    longest = max(MOVED, *(row["psi"] for row in rows))
    mark(figure, MOVED, words("chart.drift.moved"), right=0.6 * longest < MOVED)
    return figure.update_xaxes(range=[0, 1.2 * longest], tickformat=None)
