"""Figures of the churn score: whom it finds, how surely, and what acting on it would bring."""

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
    caption,
    chart,
    line,
    mark,
    reference,
)
from winback.reports.readings import churn as readings

_COLOURS = (ACCENT, SECOND, THIRD)
_DEPTHS = [percent / 100 for percent in range(101)]


def gain(curves: Sequence[dict[str, Any]], words: Words, *, as_of: str) -> go.Figure:
    """Share of those who left that the riskiest customers hold, beside the perfect order."""
    n, rate = curves[0]["n"][100], _rate(curves[0])
    told = caption("gain", readings.gain_reading(curves, words), words, n=n, as_of=as_of)
    figure = chart(
        [
            reference([0, rate, 1], [0, 1, 1], words("perfect.order"), dash="dot"),
            *(
                line(_DEPTHS, _captured(curve), words.label("model", curve["model"]), colour)
                for curve, colour in zip(curves, _COLOURS, strict=False)
            ),
            reference([0, 1], [0, 1], words("by.lot")),
        ],
        told,
        words,
        x=words("axis.riskiest"),
        y=words("chart.gain.y"),
        height=430,
    )
    figure.update_xaxes(range=[0, 1], dtick=0.25, tickformat=".0%")
    return figure.update_yaxes(range=[0, 1.03], dtick=0.25, tickformat=".0%")


def lift(curves: Sequence[dict[str, Any]], words: Words, *, as_of: str) -> go.Figure:
    """How many times as many leavers as by lot, beside the highest that is possible."""
    n, rate = curves[0]["n"][100], _rate(curves[0])
    told = caption("lift", readings.lift_reading(curves, words), words, n=n, as_of=as_of)
    depths = _DEPTHS[2:]  # the first percent is too few customers to be drawn
    best = [min(1 / rate, 1 / depth) for depth in depths]
    figure = chart(
        [
            reference(depths, best, words("perfect.order"), dash="dot"),
            *(
                line(
                    depths,
                    [share / x for share, x in zip(_captured(curve)[2:], depths, strict=True)],
                    words.label("model", curve["model"]),
                    colour,
                )
                for curve, colour in zip(curves, _COLOURS, strict=False)
            ),
            reference([0, 1], [1, 1], words("by.lot")),
        ],
        told,
        words,
        x=words("axis.riskiest"),
        y=words("chart.lift.y"),
        height=430,
    )
    figure.update_xaxes(range=[0, 1], dtick=0.25, tickformat=".0%")
    return figure.update_yaxes(rangemode="tozero")


def precision_recall(curves: Sequence[dict[str, Any]], words: Words, *, as_of: str) -> go.Figure:
    """Of those warned, how many left; of those who left, how many were warned."""
    n, rate = curves[0]["n"][100], _rate(curves[0])
    reading = readings.precision_recall_reading(curves, words)
    told = caption("precision_recall", reading, words, n=n, as_of=as_of)
    traces = []
    for curve, colour in zip(curves, _COLOURS, strict=False):
        precision = [
            left / warned
            for left, warned in zip(curve["churners"][2:], curve["n"][2:], strict=True)
            if warned
        ]
        name = words.label("model", curve["model"])
        traces.append(line(_captured(curve)[-len(precision) :], precision, name, colour))
    figure = chart(
        [*traces, reference([0, 1], [rate, rate], words("by.lot"))],
        told,
        words,
        x=words("chart.precision_recall.x"),
        y=words("chart.precision_recall.y"),
        height=410,
    )
    figure.update_xaxes(range=[0, 1], dtick=0.25, tickformat=".0%")
    return figure.update_yaxes(range=[0, 1.03], dtick=0.25, tickformat=".0%")


def profit(
    data: dict[str, Any], words: Words, *, as_of: str, capacity: float | None = None
) -> go.Figure:
    """Profit of warning the riskiest share, for the job's costs, with the week's capacity."""
    reading = readings.profit_reading(data, capacity, words)
    told = caption("profit", reading, words, n=data["n"], as_of=as_of)
    figure = chart(
        [
            line(
                [0, *entry["depth"]],
                [0, *entry["profit"]],
                words.label("model", entry["model"]),
                colour,
            )
            for entry, colour in zip(data["models"], _COLOURS, strict=False)
        ],
        told,
        words,
        x=words("axis.riskiest"),
        y=words("chart.profit.y", currency=words.currency or "").strip(),
        height=410,
    )
    if capacity is not None and capacity < 1:
        mark(figure, capacity, words("chart.profit.capacity"), right=capacity > 0.6)
    figure.update_xaxes(range=[0, 1], dtick=0.25, tickformat=".0%")
    return figure.update_yaxes(tickformat=",", zeroline=True, zerolinecolor=MUTED)


def _captured(curve: dict[str, Any]) -> list[float]:
    total = curve["churners"][100] or 1
    return [round(count / total, 5) for count in curve["churners"]]


def _rate(curve: dict[str, Any]) -> float:
    return float(curve["churners"][100] / curve["n"][100]) or 1.0
