"""How every figure looks: one palette, one template, the same few shapes.

Colours keep a contrast of at least 3:1 on white and on the page's dark background, and differ in
lightness as well as hue, so that they survive colour blindness and grey printing. Backgrounds
are transparent; the page recolours text and grid lines by CSS to follow light, dark and print.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go

from winback.messages import Words

ACCENT = "#2f7fc1"
SECOND = "#c8742b"
THIRD = "#8a68c4"
MUTED = "#868c96"
GREYED = "rgba(134,140,150,0.28)"
VEIL = "rgba(47,127,193,0.18)"
SEVERITY = {"red": "#d04545", "orange": "#d9772b", "yellow": "#b08a0e"}

SHADES = [[0, "#eef4fa"], [0.5, "#a3c7e6"], [1, "#1c5f9c"]]
"""Of matrices, from nothing to all; the same on light and dark pages, with text to fit."""

TIME = [
    {"dtickrange": [None, "M1"], "value": "%Y-%m-%d"},
    {"dtickrange": ["M1", None], "value": "%Y-%m"},
]
"""Ticks of dates, in figures: the names of months would be English in any language."""

INK = "#3a4049"
GRID = "#dfe3e8"
CROWN = 116  # pixels above the plot: title, size and date, legend
CLEAR = "rgba(0,0,0,0)"
FONT = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'PingFang SC', 'Microsoft YaHei',"
    " 'Noto Sans CJK SC', sans-serif"
)

_AXIS = {
    "gridcolor": GRID,
    "zerolinecolor": GRID,
    "linecolor": GRID,
    "automargin": True,
    "ticklabelstandoff": 4,
    "fixedrange": True,  # a swipe over a chart scrolls the page
    "title": {"standoff": 10, "font": {"size": 13}},
}

TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "colorway": [ACCENT, SECOND, MUTED],
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "hoverlabel": {"font": {"family": FONT, "size": 13}},
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "traceorder": "normal",
        },
        "separators": ".,",
        "bargap": 0.25,
        "dragmode": False,
    }
)


PERCENT = {"dtick": 0.25, "tickformat": ".0%"}
"""Ticks of an axis of shares."""


def chart(traces: Sequence[Any], *, x: str = "", y: str = "", height: int = 372) -> go.Figure:
    """Put traces and axis titles together in the house style, with room for a caption."""
    figure = go.Figure(list(traces))
    figure.update_layout(
        template=TEMPLATE,
        height=height,
        margin={"l": 56, "r": 24, "t": CROWN, "b": 56},
        showlegend=sum(trace.name is not None for trace in traces) > 1,
    )
    figure.update_xaxes(title_text=x)
    return figure.update_yaxes(title_text=y)


def rows_chart(traces: Sequence[go.Bar], *, rows: int, x: str = "") -> go.Figure:
    """Put horizontal bars together: one row each, read from top to bottom."""
    figure = chart(traces, x=x, height=182 + 40 * rows)
    longest = max((value or 0 for trace in traces for value in trace.x), default=0) or 1
    # room for the values behind the bars, also on a phone
    written = max((len(text) for trace in traces for text in trace.text or ()), default=0)
    room = 1.2 if written <= 8 else 1.45
    figure.update_xaxes(range=[0, room * longest], tickformat=",", nticks=4, tickangle=0)
    return figure.update_yaxes(autorange="reversed", showgrid=False, ticklabelstandoff=8)


def bars(
    names: list[str], values: list[Any], write: Callable[[Any], str], colour: str | list[str]
) -> go.Bar:
    """Draw horizontal bars with their value written behind the end."""
    return go.Bar(
        x=values,
        y=[folded(name) for name in names],
        orientation="h",
        text=[write(value) for value in values],
        textposition="outside",
        cliponaxis=False,
        marker_color=colour,
        hoverinfo="y+text",
    )


def folded(name: str, width: int = 18) -> str:
    """Break a long label into lines, so that it leaves the bars room on a phone.

    Examples
    --------
    >>> folded("silent too long or not long enough")
    'silent too long or<br>not long enough'
    """
    return "<br>".join(wrap(name, width)) or name


def side_by_side(
    names: Sequence[Any], rows: Sequence[Mapping[str, Any]], words: Words, *, x: str, y: str
) -> go.Figure:
    """Draw what was predicted and what happened as two bars a group."""
    traces = [
        go.Bar(x=list(names), y=[row[k] for row in rows], name=words(k), marker_color=colour)
        for k, colour in (("predicted", ACCENT), ("actual", SECOND))
    ]
    return chart(traces, x=x, y=y).update_xaxes(showgrid=False)


def line(x: list[Any], y: list[Any], name: str, colour: str) -> go.Scatter:
    """Draw one line of a comparison."""
    style = {"color": colour, "width": 2.2}
    return go.Scatter(x=x, y=y, mode="lines", line=style, name=name)


def band(x: list[Any], low: list[Any], high: list[Any], name: str) -> list[go.Scatter]:
    """Draw an interval as a veil between two invisible lines."""
    edge = {"x": x, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    return [
        go.Scatter(y=low, showlegend=False, **edge),
        go.Scatter(y=high, fill="tonexty", fillcolor=VEIL, name=name, **edge),
    ]


def reference(x: list[Any], y: list[Any], name: str, *, dash: str = "dash") -> go.Scatter:
    """Draw what the lines are to be compared with: the best possible, or chance."""
    style = {"color": MUTED, "width": 1.5, "dash": dash}
    return go.Scatter(x=x, y=y, mode="lines", line=style, name=name, hoverinfo="skip")


def mark(figure: go.Figure, x: Any, text: str, *, right: bool = False) -> go.Figure:
    """Draw a labelled vertical line, its label on the side that has room.

    `right`: the line stands at the right, so the label goes to its left.
    """
    figure.add_vline(x=x, line={"color": MUTED, "width": 1.5, "dash": "dot"})
    return figure.add_annotation(
        x=x,
        y=1,
        yref="paper",
        text=text,
        showarrow=False,
        xanchor="right" if right else "left",
        xshift=-6 if right else 6,
    )
