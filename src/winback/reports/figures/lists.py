"""Figures of the lists: how serious, how many, and who was left out."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from winback.reports import readings
from winback.reports.figures.style import ACCENT, MUTED, SECOND, SEVERITY, bars, caption, rows_chart
from winback.reports.messages import Words


def severity(size: dict[str, Any], words: Words, *, as_of: str) -> go.Figure:
    """Churn warnings per severity."""
    told = caption(
        "severity", readings.severity_reading(size, words), words, n=size["n"], as_of=as_of
    )
    rows = size["severities"]
    names = [words.label("severity", row["name"]) for row in rows]
    colours = [SEVERITY[row["name"]] for row in rows]
    drawn = bars(names, [row["n"] for row in rows], words.number, colours)
    return rows_chart([drawn], told, words, x=words("chart.severity.x"), rows=len(rows))


def funnel(size: dict[str, Any], words: Words, *, as_of: str) -> go.Figure:
    """From all dormant customers, over those left out, to the call list."""
    told = caption(
        "funnel", readings.funnel_reading(size, words), words, n=size["dormant"], as_of=as_of
    )
    steps = [(words("chart.funnel.dormant"), size["dormant"], MUTED)]
    steps += [(words.label("excluded", row["reason"]), row["n"], MUTED) for row in size["excluded"]]
    steps += [
        (words("chart.funnel.control"), size["control"], SECOND),
        (words("chart.funnel.treated"), size["treated"], ACCENT),
    ]
    names, counts, colours = (list(column) for column in zip(*steps, strict=True))
    drawn = bars(names, counts, words.number, colours)
    # those left out fade, so that the two ends of the funnel stand out
    drawn.marker.opacity = [1.0, *[0.55] * len(size["excluded"]), 1.0, 1.0]
    return rows_chart([drawn], told, words, x=words("chart.funnel.x"), rows=len(steps))
