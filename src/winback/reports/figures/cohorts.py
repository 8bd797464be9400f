"""Figures of the cohorts: who came back when, and what a customer has brought since."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from winback.messages import Words
from winback.reports.figures.style import MUTED, SHADES, caption, chart, line
from winback.reports.readings import cohorts as readings

LABELLED = 6  # so many lines can be told apart by name
NUMBERED = 25  # so many cells have room for a number; on a phone the page hides it


def retention(told: dict[str, Any], words: Words, *, as_of: str) -> go.Figure:
    """Share of each cohort that bought, by age; the period that is not over is hatched."""
    rows = [row for row in told["cohorts"] if len(row["retention"]) > 1]
    n = sum(row["customers"] for row in told["cohorts"])
    reading = readings.retention_reading(told, words)
    ages = max(len(row["retention"]) for row in rows)
    values = [(row["retention"][1:] + [None] * ages)[: ages - 1] for row in rows]
    highest = max((share for row in values for share in row if share is not None), default=1)
    told_apart = ages <= NUMBERED
    figure = chart(
        [
            go.Heatmap(
                x=list(range(1, ages)),
                y=list(range(len(rows))),
                z=values,
                zmin=0,
                zmax=highest or 1,
                colorscale=SHADES,
                showscale=not told_apart,
                colorbar={"thickness": 10, "outlinewidth": 0, "tickformat": ".0%"},
                xgap=1,
                ygap=1,
                text=[[words.share(v) if v is not None else "" for v in row] for row in values],
                texttemplate="%{text}" if told_apart else None,
                hovertemplate="%{text}<extra></extra>",
            )
        ],
        caption("retention", reading, words, n=n, as_of=as_of),
        words,
        x=words(f"chart.cohort.age.{told['unit']}"),
        height=230 + 24 * len(rows),
    )
    for at, row in enumerate(rows):
        for age in range(max(row["mature"], 1), len(row["retention"])):
            _hatch(figure, age, at)
    figure.update_xaxes(showgrid=False, dtick=1 if told_apart else 3, ticks="")
    return figure.update_yaxes(
        autorange="reversed",
        showgrid=False,
        ticks="",
        tickvals=list(range(len(rows))),
        ticktext=[readings.cohort_name(row, told["unit"], words) for row in rows],
    )


def _hatch(figure: go.Figure, x: float, y: float) -> None:
    """Strike a cell through with three slanting lines."""
    for low, high in (
        ((-0.45, 0.0), (0.0, -0.45)),
        ((-0.45, 0.45), (0.45, -0.45)),
        ((0.0, 0.45), (0.45, 0.0)),
    ):
        figure.add_shape(
            type="line",
            x0=x + low[0],
            y0=y + low[1],
            x1=x + high[0],
            y1=y + high[1],
            line={"color": MUTED, "width": 1},
        )


def cumulative_value(told: dict[str, Any], words: Words, *, as_of: str) -> go.Figure:
    """Amount per customer since the first purchase, by age; whole periods only."""
    rows = [row for row in told["cohorts"] if row["mature"]]
    n = sum(row["customers"] for row in rows)
    shades = sample_colorscale(
        SHADES, [0.35 + 0.65 * at / max(len(rows) - 1, 1) for at in range(len(rows))]
    )
    figure = chart(
        [
            line(
                list(range(row["mature"])),
                row["cumulative"][: row["mature"]],
                readings.cohort_name(row, told["unit"], words),
                shade,
            ).update(mode="lines+markers", marker_size=4)
            for row, shade in zip(rows, shades, strict=True)
        ],
        caption(
            "cumulative_value",
            readings.cumulative_value_reading(told, words),
            words,
            n=n,
            as_of=as_of,
        ),
        words,
        x=words(f"chart.cohort.age.{told['unit']}"),
        y=words("chart.cumulative_value.y", currency=words.currency or "").strip(),
        height=410,
    )
    figure.update_layout(showlegend=1 < len(rows) <= LABELLED)
    if len(rows) > LABELLED:  # the oldest says which way the shades go
        figure.add_annotation(
            x=rows[0]["mature"] - 1,
            y=rows[0]["cumulative"][rows[0]["mature"] - 1],
            text=readings.cohort_name(rows[0], told["unit"], words),
            showarrow=False,
            xanchor="right",
            yanchor="bottom",
        )
    figure.update_xaxes(dtick=1 if max(row["mature"] for row in rows) <= LABELLED * 2 else 3)
    return figure.update_yaxes(rangemode="tozero")
