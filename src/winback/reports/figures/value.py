"""Figures of value: purchases by week, to date, to come, by frequency; the model's own view."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import plotly.graph_objects as go

from winback.messages import Words
from winback.reports.figures.style import (
    ACCENT,
    GREYED,
    MUTED,
    SECOND,
    SHADES,
    TIME,
    Caption,
    band,
    caption,
    chart,
    line,
    mark,
)
from winback.reports.readings import value as readings

PANELS = 2  # of the parameters, side by side


def tracking(weeks: Sequence[dict[str, Any]], words: Words, *, n: int, as_of: str) -> go.Figure:
    """Draw actual and expected purchases by week, with a line where the held-out weeks begin."""
    whole = [week for week in weeks if week["days"] == 7] or list(weeks)  # a part week dips
    spreads = [week["spread"] for week in whole]
    reading = readings.tracking_reading(weeks, words)
    told = caption("tracking", reading, words, n=n, as_of=as_of)
    return _tracked(told, whole, spreads, weeks=weeks, words=words)


def cumulative(weeks: Sequence[dict[str, Any]], words: Words, *, n: int, as_of: str) -> go.Figure:
    """Draw the same, added up from the first week on."""
    sums: dict[str, list[Any]] = {
        side: list(accumulate(week[side] or 0 for week in weeks)) for side in ("actual", "expected")
    }
    squares = accumulate((week["spread"] or 0) ** 2 for week in weeks)  # weeks are independent
    known = any(week["spread"] for week in weeks)
    spreads = [square**0.5 if known else None for square in squares]
    added = [
        {**week, "actual": actual, "expected": expected}
        for week, actual, expected in zip(weeks, sums["actual"], sums["expected"], strict=True)
    ]
    reading = readings.cumulative_reading(added, words)
    told = caption("cumulative", reading, words, n=n, as_of=as_of)
    return _tracked(told, added, spreads, weeks=weeks, words=words)


def _tracked(
    told: Caption,
    drawn: Sequence[dict[str, Any]],
    spreads: Sequence[float | None],
    *,
    weeks: Sequence[dict[str, Any]],
    words: Words,
) -> go.Figure:
    days = [week["week"] for week in drawn]
    traces: list[Any] = []
    if any(spreads):
        ends = [
            (max(week["expected"] - spread, 0), week["expected"] + spread)
            for week, spread in zip(drawn, (spread or 0 for spread in spreads), strict=True)
        ]
        lows, highs = ([end[side] for end in ends] for side in (0, 1))
        traces += band(days, lows, highs, words("band.80"))
    traces += [
        line(days, [week[side] for week in drawn], words(side), colour).update(line_dash=dash)
        for side, colour, dash in (("expected", ACCENT, "dash"), ("actual", SECOND, "solid"))
    ]
    figure = chart(
        traces, told, words, x=words("chart.tracking.x"), y=words("chart.tracking.y"), height=410
    )
    unseen = next((week["week"] for week in weeks if week["held_out"]), None)
    if unseen is not None and unseen != weeks[0]["week"]:
        late = [week["week"] for week in weeks].index(unseen) > 0.6 * len(weeks)
        mark(figure, unseen, words("chart.tracking.held_out"), right=late)
    figure.update_xaxes(tickformatstops=TIME, nticks=7)
    return figure.update_yaxes(rangemode="tozero", tickformat=",")


def forecast(
    rows: Sequence[dict[str, Any]], words: Words, *, n: int, as_of: str, kind: str = "forecast"
) -> go.Figure:
    """Draw the repeat purchases (or revenue) to come of today's customers, added up, in a band."""
    told = caption(kind, readings.forecast_reading(rows, kind, words), words, n=n, as_of=as_of)
    days = [row["day"] for row in rows]
    figure = chart(
        [
            *band(
                days,
                [row["cumulative_low"] for row in rows],
                [row["cumulative_high"] for row in rows],
                words("band.80"),
            ),
            line(days, [row["cumulative"] for row in rows], words("expected"), ACCENT),
        ],
        told,
        words,
        y=words(f"chart.{kind}.y", currency=words.currency or "").strip(),
        height=410,
    )
    figure.update_xaxes(tickformatstops=TIME, nticks=6)
    return figure.update_yaxes(rangemode="tozero", tickformat=",")


def by_frequency(rows: Sequence[dict[str, Any]], words: Words, *, as_of: str) -> go.Figure:
    """Predicted against actual purchase days by how often customers had bought before."""
    told = caption(
        "by_frequency",
        readings.by_frequency_reading(rows, words),
        words,
        n=sum(row["n"] for row in rows),
        as_of=as_of,
    )
    names = [readings.frequency_name(row["frequency"]) for row in rows]
    figure = chart(
        [
            go.Bar(x=names, y=[row[side] for row in rows], name=words(side), marker_color=colour)
            for side, colour in (("predicted", ACCENT), ("actual", SECOND))
        ],
        told,
        words,
        x=words("chart.by_frequency.x"),
        y=words("chart.deciles.y.purchases"),
    )
    return figure.update_xaxes(type="category", showgrid=False)


def matrix(
    told: dict[str, Any], words: Words, *, kind: str, n: int, days: str, as_of: str
) -> go.Figure:
    """Draw what the model makes of a history; frequency 0 is greyed: nothing was repeated yet."""
    values = [[None, *row[1:]] for row in told[kind]]
    name = f"matrix_{kind}"
    reading = readings.matrix_reading(told, kind, words)
    write = words.share if kind == "p_alive" else words.number
    figure = chart(
        [
            go.Heatmap(
                x=told["frequencies"],
                y=told["recencies"],
                z=values,
                zmin=0,
                zmax=1 if kind == "p_alive" else None,
                colorscale=SHADES,
                colorbar={
                    "thickness": 10,
                    "outlinewidth": 0,
                    "tickformat": ".0%" if kind == "p_alive" else None,
                },
                text=[[None if v is None else write(v) for v in row] for row in values],
                hovertemplate="%{x}, %{y}: %{text}<extra></extra>",
            )
        ],
        caption(name, reading, words, n=n, as_of=as_of, days=days, age=words.number(told["T"])),
        words,
        x=words("chart.matrix.x"),
        y=words("chart.matrix.y"),
        height=400,
    )
    figure.add_shape(
        type="rect",
        x0=-0.5,
        x1=0.5,
        y0=0,
        y1=1,
        yref="paper",
        fillcolor=GREYED,
        line_width=0,
        layer="below",
    )
    figure.update_xaxes(
        range=[-0.5, told["frequencies"][-1] + 0.5], showgrid=False, dtick=2, ticks=""
    )
    return figure.update_yaxes(showgrid=False, ticks="")


def stability(told: dict[str, Any], words: Words, *, as_of: str) -> go.Figure:
    """Draw each parameter by run, on a scale of its own, with its 95% interval."""
    reading = readings.stability_reading(told, words)
    model = words.label("model", told["estimator"])
    n = len(told["runs"])
    figure_words = caption("stability", reading, words, n=n, as_of=as_of, model=model)
    names = list(told["parameters"])
    lines = -(-len(names) // PANELS)
    figure = chart([], figure_words, words, height=110 + 140 * lines)
    titles = [words.label("parameter", name) for name in names]
    figure.set_subplots(
        lines,
        PANELS,
        subplot_titles=titles,
        vertical_spacing=0.4 / lines,
        horizontal_spacing=0.16,  # room for the ticks of the right ones on a phone
    )
    labels = [str(run["version"]) for run in told["runs"]]
    for at, values in enumerate(told["parameters"].values()):
        ends = zip(values["value"], values["low"], values["high"], strict=True)
        up, down = zip(*(_reach(*end) for end in ends), strict=True)
        drawn = line(labels, values["value"], "", ACCENT).update(
            mode="lines+markers",
            marker_size=7,
            showlegend=False,
            error_y={"array": up, "arrayminus": down, "thickness": 1.4, "width": 4},
        )
        figure.add_trace(drawn, row=at // PANELS + 1, col=at % PANELS + 1)
    figure.update_annotations(font_size=13)
    figure.update_xaxes(type="category", showgrid=False)
    for column in range(min(PANELS, len(names))):
        row = lines - (column >= len(names) - PANELS * (lines - 1))  # the lowest of its column
        figure.update_xaxes(title_text=words("chart.stability.x"), row=row, col=column + 1)
    return figure.update_yaxes(nticks=4)


def _reach(value: float | None, low: float | None, high: float | None) -> tuple[float, float]:
    """Return how far an interval goes up and down; nowhere where it is not known."""
    if value is None or low is None or high is None:
        return 0.0, 0.0
    return high - value, value - low


def cohort_value(rows: Sequence[dict[str, Any]], words: Words, *, as_of: str) -> go.Figure:
    """Margin per customer of each cohort: first order, since then, still expected."""
    told = caption(
        "cohort_value",
        readings.cohort_value_reading(rows, words),
        words,
        n=sum(row["customers"] for row in rows),
        as_of=as_of,
    )
    parts = {
        "first": [row["first_order"] / row["customers"] for row in rows],
        "since": [(row["realised"] - row["first_order"]) / row["customers"] for row in rows],
        "expected": [row["expected"] / row["customers"] for row in rows],
    }
    figure = chart(
        [
            go.Bar(
                x=[readings.cohort_start(row["cohort"], rows) for row in rows],
                y=parts[part],
                name=words(f"chart.cohort_value.{part}"),
                marker_color=colour,
                marker_pattern_shape="/" if part == "expected" else "",
            )
            for part, colour in (("first", MUTED), ("since", ACCENT), ("expected", SECOND))
        ],
        told,
        words,
        x=words("chart.cohort.x"),
        y=words("chart.cohort_value.y", currency=words.currency or "").strip(),
        height=410,
    )
    figure.update_xaxes(type="category", showgrid=False, nticks=7)
    return figure.update_layout(barmode="stack")
