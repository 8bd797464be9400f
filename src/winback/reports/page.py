"""The page: one offline HTML file around the computed report and its figures."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from winback.files import atomic_path
from winback.reports import (
    board_words,
    first_page_words,
    list_sizes,
    stored_messages,
    value_choice,
    verdict,
)
from winback.reports.gallery import charts as all_charts
from winback.reports.gallery import figures as draw
from winback.reports.intake_counts import data_reading
from winback.reports.quality import LEVEL_GAP, model_clause
from winback.reports.sections import SECTIONS, TABS, Section
from winback.reports.style import CROWN
from winback.reports.template import environment
from winback.reports.tier_facts import differentiation

SIMPLE = {"base_rate", "recency_rule", "rate+own_mean", "rate", "zero"}
"""Rules of thumb that no shortened comparison may leave out."""


def render(
    report: dict[str, Any],
    figures: Mapping[str, go.Figure],
    sections: Sequence[Section] = SECTIONS,
) -> str:
    """Render the page.

    Parameters
    ----------
    report
        The result of :func:`winback.reports.compute.compute_report`, or the same read from JSON.
    figures
        The result of :func:`winback.reports.gallery.figures`; a missing figure leaves its place
        out.
    sections
        What the tabs after the first have, in this order; one without data is left out.

    Returns
    -------
    str
        A whole HTML document: styles, scripts and data inside, no address to load from (a
        content security policy forbids it), the same bytes for the same input.
    """
    words = stored_messages.words_of(report)
    places = _places(figures)
    shown = [section for section in sections if section.shown(report, places)]
    page = environment().get_template("report.html.j2")
    return page.render(
        report=report,
        words=words,
        tabs=[tab for tab in TABS if tab == "week" or any(one.tab == tab for one in shown)],
        sections={tab: [one.name for one in shown if one.tab == tab] for tab in TABS},
        places=places,
        sentence=stored_messages.sentence,
        sentences=stored_messages.sentences,
        data_reading=data_reading,
        differentiation=differentiation,
        model_clause=model_clause,
        sizes=list_sizes,
        contest=value_choice,
        verdict=verdict,
        board=board_words,
        week=first_page_words,
        gap=LEVEL_GAP,
        simple=SIMPLE,
        charts={name: _chart(name, figure) for name, figure in figures.items()},
        plotly=Markup(get_plotlyjs()) if figures else None,  # noqa: S704  a library's own file
    )


def write_report(
    report: dict[str, Any], path: Path, *, figures: Mapping[str, go.Figure] | None = None
) -> Path:
    """Draw, render and write the page; it appears whole or not at all.

    Parameters
    ----------
    report
        The result of :func:`winback.reports.compute.compute_report`.
    path
        The file to write, usually ``report.html``.
    figures
        Figures drawn before (they may be logged elsewhere too); by default they are drawn here.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    page = render(report, draw(report) if figures is None else figures)
    with atomic_path(path) as part:
        part.write_text(page, encoding="utf-8", newline="\n")
    return path


def write_data(report: dict[str, Any], path: Path) -> Path:
    """Write what the page says as plain data, for those who draw for themselves.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False)
    with atomic_path(path) as part:
        part.write_text(text + "\n", encoding="utf-8", newline="\n")
    return path


def _places(figures: Mapping[str, go.Figure]) -> dict[str, list[str]]:
    """Return which of the figures stand in which place of the page."""
    places: dict[str, list[str]] = defaultdict(list)
    for name, chart in all_charts().items():
        if name in figures:
            places[chart.place].append(name)
    return places


_HEAD = {"stability": 30}  # panels with titles of their own


def _chart(name: str, figure: go.Figure) -> dict[str, Any]:
    """Split a figure into its caption (set as HTML) and the data that the script draws."""
    spec = json.loads(figure.to_json())
    layout = spec["layout"]
    caption = layout.pop("meta")
    layout.pop("title", None)
    layout["margin"] |= {"t": 44 if layout.get("showlegend") else _HEAD.get(name, 12), "b": 8}
    layout["height"] -= CROWN - layout["margin"]["t"]
    text = json.dumps({"data": spec["data"], "layout": layout}, ensure_ascii=False)
    # "</script>" or "<!--" inside a script element would end or hide it.
    data = Markup(text.replace("<", "\\u003c"))  # noqa: S704  escaped on this line
    return {**caption, "height": layout["height"], "data": data}
