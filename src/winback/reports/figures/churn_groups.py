"""Figures of the churn score by kind of customer, by snapshot and by reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from winback.messages import Words
from winback.reports.figures.style import (
    ACCENT,
    MUTED,
    SECOND,
    THIRD,
    bars,
    caption,
    chart,
    folded,
    line,
    rows_chart,
)
from winback.reports.readings import churn as readings

MOST_REASONS = 10
FEWEST = 30  # a group of fewer customers has no level to speak of


def groups(rows: Sequence[dict[str, Any]], words: Words, *, by: str, as_of: str) -> go.Figure:
    """Predicted and actual churn of each group, joined by a line as long as the gap."""
    rows = [row for row in rows if row["n"] >= FEWEST]
    n = sum(row["n"] for row in rows)
    told = caption(
        f"groups_{by}", readings.groups_reading(rows, by, words), words, n=n, as_of=as_of
    )
    names = [folded(group_name(row, by, words)) for row in rows]
    gaps: list[Any] = []
    for row in rows:
        gaps += [row["mean_predicted"], row["churn_rate"], None]
    figure = chart(
        [
            go.Scatter(
                x=gaps,
                y=[name for name in names for _ in range(3)],
                mode="lines",
                line={"color": MUTED, "width": 3},
                hoverinfo="skip",
                showlegend=False,
            ),
            *(
                go.Scatter(
                    x=[row[key] for row in rows],
                    y=names,
                    mode="markers",
                    marker={"color": colour, "size": 13, "symbol": symbol},
                    name=words(name),
                )
                for key, name, colour, symbol in (
                    ("mean_predicted", "predicted", ACCENT, "circle"),
                    ("churn_rate", "actual", SECOND, "diamond"),
                )
            ),
        ],
        told,
        words,
        x=words("chart.groups.x"),
        height=202 + 42 * len(rows),
    )
    figure.update_xaxes(range=[0, 1.02], dtick=0.25, tickformat=".0%")
    return figure.update_yaxes(autorange="reversed", ticklabelstandoff=8)


def group_name(row: dict[str, Any], by: str, words: Words) -> str:
    """Return a group's name with its size."""
    kind = "tier" if by == "tier" else f"group.{by}"
    return f"{words.label(kind, row['group'])} ({words.number(row['n'])})"


def snapshots(rows: Sequence[dict[str, Any]], words: Words, *, chosen: str) -> go.Figure:
    """Brier score of the chosen model and its rivals on each past snapshot."""
    days = sorted({row["snapshot"] for row in rows})
    newest = [row for row in rows if row["model"] == chosen] or list(rows)
    reading = readings.snapshots_reading(rows, chosen, words)
    told = caption(
        "snapshots", reading, words, n=sum(row["n"] for row in newest), as_of=words.day(days[-1])
    )
    models = sorted({row["model"] for row in rows}, key=lambda name: (name != chosen, name))
    traces = []
    for model, colour in zip(models, (ACCENT, SECOND, THIRD, MUTED), strict=False):
        mine = sorted((r for r in rows if r["model"] == model), key=lambda r: r["snapshot"])
        drawn = line(
            [row["snapshot"] for row in mine],
            [row["brier"] for row in mine],
            words.label("model", model),
            colour,
        )
        traces.append(drawn.update(mode="lines+markers", marker={"size": 8}))
    figure = chart(
        traces, told, words, x=words("column.snapshot"), y=words.label("metric", "brier")
    )
    return figure.update_xaxes(type="category")


def reasons(rows: Sequence[dict[str, Any]], words: Words, *, n: int, as_of: str) -> go.Figure:
    """How often each reason stands first, and how often second or third."""
    told = caption("reasons", readings.reasons_reading(rows, n, words), words, n=n, as_of=as_of)
    shown = list(rows[:MOST_REASONS])
    names = [words.reason(row["code"]) for row in shown]
    drawn = [
        bars(names, [row[key] for row in shown], words.number, colour).update(
            name=words(f"chart.reasons.{key}"), textposition="none", hoverinfo="x+name"
        )
        for key, colour in (("first", ACCENT), ("further", MUTED))
    ]
    drawn[1].update(
        text=[words.number(row["first"] + row["further"]) for row in shown],
        textposition="outside",
    )
    figure = rows_chart(drawn, told, words, x=words("chart.reasons.x"), rows=len(shown))
    longest = max(row["first"] + row["further"] for row in shown)
    figure.update_xaxes(range=[0, 1.2 * longest])
    return figure.update_layout(barmode="stack", height=190 + 32 * len(shown))
