"""Figures of the models: predicted against what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from winback.messages import Words
from winback.reports import readings
from winback.reports.figures.style import ACCENT, MUTED, SECOND, THIRD, caption, chart, line


def deciles(bins: Sequence[dict[str, Any]], words: Words, *, target: str, as_of: str) -> go.Figure:
    """Predicted against actual means in ten groups, the highest predictions first."""
    name = words.label("target", target)
    told = caption(
        "deciles",
        readings.deciles_reading(bins, target, words),
        words,
        n=sum(row["n"] for row in bins),
        as_of=as_of,
        target=name,
    )
    places = [row["bin"] for row in bins]
    figure = chart(
        [
            go.Bar(x=places, y=[row[side] for row in bins], name=words(side), marker_color=colour)
            for side, colour in (("predicted", ACCENT), ("actual", SECOND))
        ],
        told,
        words,
        x=words("chart.deciles.x"),
        y=words(f"chart.deciles.y.{target}"),
    )
    return figure.update_xaxes(dtick=1, showgrid=False)


def reliability(
    bins: Sequence[dict[str, Any]],
    words: Words,
    *,
    as_of: str,
    histogram: Sequence[int] = (),
    rivals: Sequence[dict[str, Any]] = (),
    chosen: str = "",
) -> go.Figure:
    """Predicted churn against the share who left, and below how often each score is given.

    `rivals` are the baselines to draw beside the `chosen` model: ``model`` and ``bins``.
    """
    told = caption(
        "reliability",
        readings.reliability_reading(bins, words),
        words,
        n=sum(row["n"] for row in bins),
        as_of=as_of,
    )
    ordered = sorted(bins, key=lambda row: row["predicted"])
    intervals = [_wilson(row["actual"], row["n"]) for row in ordered]
    figure = chart(
        [
            go.Scatter(
                x=[0, 1],
                y=[0, 1],
                mode="lines",
                line={"color": MUTED, "dash": "dash", "width": 1.5},
                name=words("perfect"),
                hoverinfo="skip",
            ),
            go.Scatter(
                x=[row["predicted"] for row in ordered],
                y=[row["actual"] for row in ordered],
                error_y={
                    "array": [
                        high - row["actual"]
                        for row, (_, high) in zip(ordered, intervals, strict=True)
                    ],
                    "arrayminus": [
                        row["actual"] - low
                        for row, (low, _) in zip(ordered, intervals, strict=True)
                    ],
                    "thickness": 1.2,
                    "width": 3,
                },
                mode="lines+markers",
                line={"color": ACCENT, "width": 2},
                marker={"size": 8},
                name=words.label("model", chosen) if chosen else words("actual"),
            ),
            *(
                line(
                    [row["predicted"] for row in reversed(entry["bins"])],
                    [row["actual"] for row in reversed(entry["bins"])],
                    words.label("model", entry["model"]),
                    colour,
                ).update(mode="lines+markers", line_width=1.3, marker_size=4)
                for entry, colour in zip(rivals, (SECOND, THIRD), strict=False)
            ),
        ],
        told,
        words,
        x=words("chart.reliability.x"),
        y=words("chart.reliability.y"),
    )
    figure.update_yaxes(range=[0, 1.03], dtick=0.25, tickformat=".0%")
    if any(histogram):
        _below(figure, histogram, words)
    return figure.update_xaxes(range=[0, 1], dtick=0.25, tickformat=".0%")


def _below(figure: go.Figure, histogram: Sequence[int], words: Words) -> None:
    """Draw under a chart of probabilities how many customers have which."""
    step = 1 / len(histogram)
    figure.add_bar(
        x=[(place + 0.5) * step for place in range(len(histogram))],
        y=list(histogram),
        yaxis="y2",
        name=words("column.customers"),
        marker_color=MUTED,
        width=0.9 * step,
    )
    below = {"domain": [0, 0.16], "showticklabels": False, "showgrid": False}
    figure.update_layout(yaxis={"domain": [0.22, 1]}, yaxis2={**below, "fixedrange": True})
    figure.update_layout(height=470, xaxis={"anchor": "y2"})


def _wilson(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """95% interval of a share (Wilson 1927): stays inside [0, 1] even at 0 and 1."""
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * ((share * (1 - share) + z * z / (4 * n)) / n) ** 0.5
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))
