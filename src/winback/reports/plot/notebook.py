"""How a report's figure stands alone in a notebook: on white, with its reading under the title."""

from __future__ import annotations

import textwrap
from datetime import date
from typing import Any, TypeAlias

import plotly.graph_objects as go

from winback.errors import UsageError
from winback.messages import Words
from winback.reports.figures.style import CROWN, Caption

Day: TypeAlias = date | str
WIDTH = 120  # characters of a line under the title
LINE, LEGEND = 17, 24  # pixels


def alone(figure: go.Figure, **other: str) -> go.Figure:
    """Put the reading, which the report sets beside a figure, under its title.

    Parameters
    ----------
    figure
        As the report draws it.
    **other
        Another `title` or `n`, where the report's own is about the job.
    """
    told = {**figure.layout.meta, **other}
    figure.update_layout(meta=told, title_text=told["title"])
    meta = Words()("meta", n=told["n"], as_of=told["as_of"])
    lines = textwrap.wrap(told["reading"], WIDTH)
    crown = CROWN if figure.layout.showlegend else CROWN - LEGEND
    figure.update_layout(
        paper_bgcolor="white",
        title_subtitle_text="<br>".join([meta, *lines]),
        margin_t=crown + LINE * len(lines),
        height=figure.layout.height + crown - CROWN + LINE * len(lines),
    )
    return figure


def told(title: str, reading: str, *, n: int, as_of: Day, drawn: str) -> Caption:
    """Word the caption of a figure that the report does not have."""
    return Caption(title, Words().number(n), day(as_of), reading, f"{drawn} {reading}")


def day(value: Day) -> str:
    """Return a date as ISO text."""
    return str(value)[:10]


def same_length(**columns: Any) -> int:
    """Return the length that all columns have.

    Raises
    ------
    UsageError
        They differ, or there is nothing to draw.
    """
    lengths = {name: len(values) for name, values in columns.items()}
    found = set(lengths.values())
    if len(found) > 1 or 0 in found:
        raise UsageError(
            "a figure needs one value a customer",
            where=", ".join(lengths),
            got=", ".join(map(str, lengths.values())),
            allowed="as many of each, and at least one",
        )
    return found.pop()
