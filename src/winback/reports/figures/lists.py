"""Figures of the lists: how serious, how many, and who was left out."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from winback.messages import Words
from winback.reports.figures.style import (
    ACCENT,
    MUTED,
    SECOND,
    SEVERITY,
    bars,
    caption,
    rows_chart,
)
from winback.reports.readings import lists as readings

MOST_REASONS = 10


def severity(size: dict[str, Any], words: Words, *, as_of: str) -> go.Figure:
    """Churn warnings per severity, and those for whom there was no room."""
    told = caption(
        "severity", readings.severity_reading(size, words), words, n=size["n"], as_of=as_of
    )
    rows = size["severities"]
    names = [words.label("severity", row["name"]) for row in rows]
    colours = [SEVERITY[row["name"]] for row in rows]
    drawn = [bars(names, [row["n"] for row in rows], words.number, colours)]
    beyond = [max((row["at_risk"] or 0) - row["n"], 0) for row in rows]
    if any(beyond):
        drawn[0].update(name=words("chart.severity.listed"), textposition="none")
        rest = bars(names, beyond, words.number, colours).update(
            name=words("chart.severity.beyond")
        )
        rest.text = [
            words("chart.severity.of", n=words.number(row["n"]), total=words.number(row["at_risk"]))
            for row in rows
        ]
        rest.marker.opacity = 0.3
        drawn.append(rest)
    figure = rows_chart(drawn, told, words, x=words("chart.severity.x"), rows=len(rows))
    longest = max(row["n"] + more for row, more in zip(rows, beyond, strict=True))
    figure.update_xaxes(range=[0, 1.35 * longest])
    return figure.update_layout(barmode="stack", showlegend=False)


def at_stake(size: dict[str, Any], words: Words, *, as_of: str) -> go.Figure:
    """Value at risk per severity, and what it sums to if all came out low, or all high."""
    reading = readings.at_stake_reading(size, words)
    told = caption("at_stake", reading, words, n=size["n"], as_of=as_of)
    rows = size["severities"]
    drawn = bars(
        [words.label("severity", row["name"]) for row in rows],
        [row["value_at_risk"] for row in rows],
        words.money,
        [SEVERITY[row["name"]] for row in rows],
    )
    drawn.update(
        textposition="none",
        error_x={
            "array": [(row["value_high"] or 0) - (row["value_at_risk"] or 0) for row in rows],
            "arrayminus": [(row["value_at_risk"] or 0) - (row["value_low"] or 0) for row in rows],
            "color": MUTED,
            "thickness": 2,
            "width": 6,
        },
    )
    figure = rows_chart(
        [drawn],
        told,
        words,
        x=words("chart.at_stake.x", currency=words.currency or "").strip(),
        rows=len(rows),
    )
    longest = max(row["value_high"] or row["value_at_risk"] or 0 for row in rows) or 1
    return figure.update_xaxes(range=[0, 1.1 * longest])


def funnel(size: dict[str, Any], words: Words, *, as_of: str) -> go.Figure:
    """From all customers over those eligible to the call list and its comparison group."""
    told = caption(
        "funnel", readings.funnel_reading(size, words), words, n=size["dormant"], as_of=as_of
    )
    steps = [
        (words(f"chart.funnel.{name}"), size[name], MUTED)
        for name in ("customers", "dormant", "eligible")
        if size[name] is not None
    ]
    steps += [
        (words("chart.funnel.control"), size["control"], SECOND),
        (words("chart.funnel.treated"), size["treated"], ACCENT),
    ]
    names, counts, colours = (list(column) for column in zip(*steps, strict=True))
    drawn = bars(names, counts, words.number, colours)
    return rows_chart([drawn], told, words, x=words("chart.funnel.x"), rows=len(steps))


def left_out(size: dict[str, Any], words: Words, *, as_of: str) -> go.Figure:
    """Why dormant customers are not called, each with the one reason."""
    reading = readings.left_out_reading(size, words)
    n = sum(row["n"] for row in size["excluded"])
    told = caption("left_out", reading, words, n=n, as_of=as_of)
    rows = size["excluded"][:MOST_REASONS]
    names = [words.label("excluded", row["reason"]) for row in rows]
    drawn = bars(names, [row["n"] for row in rows], words.number, MUTED)
    return rows_chart([drawn], told, words, x=words("chart.funnel.x"), rows=len(rows))
