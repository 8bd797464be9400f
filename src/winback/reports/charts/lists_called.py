"""Whom the win-back list calls, and who was left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from winback.errors import NotEnoughDataError
from winback.messages import Words
from winback.reports.charts.chart import Chart, Shown, as_of
from winback.reports.charts.notebook import Day, alone, day
from winback.reports.list_sizes import win_back_size
from winback.reports.style import ACCENT, MUTED, SECOND, bars, rows_chart

MOST_REASONS = 10


class Funnel(Chart):
    """From all customers over those eligible to the call list and its comparison group."""

    name = "funnel"
    place = "lists.win_back"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        size = report["lists"]["win_back"]
        return Shown(size, size["dormant"], as_of(report)) if size and size["dormant"] else None

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return where the dormant customers went."""
        return words(
            "chart.funnel.reading",
            dormant=data["dormant"],
            treated=data["treated"],
            control=data["control"],
            excluded=sum(row["n"] for row in data["excluded"]),
        )

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        wide = ("customers", "dormant", "eligible")
        steps = [(name, MUTED) for name in wide if data[name] is not None]
        steps += [("control", SECOND), ("treated", ACCENT)]
        drawn = bars(
            [words(f"chart.funnel.{name}") for name, _ in steps],
            [data[name] for name, _ in steps],
            words.number,
            [colour for _, colour in steps],
        )
        return rows_chart([drawn], x=words("chart.funnel.x"), rows=len(steps))


class LeftOut(Chart):
    """Why dormant customers are not called, each with the one reason."""

    name = "left_out"
    place = "lists.win_back"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        size = report["lists"]["win_back"]
        if not size or not size["dormant"] or not size["excluded"]:
            return None
        return Shown(size["excluded"], sum(row["n"] for row in size["excluded"]), as_of(report))

    def read(self, data: list[dict[str, Any]], words: Words) -> str:
        """Return the most frequent reason for being left out."""
        first, n = data[0], sum(row["n"] for row in data)
        return words(
            "chart.left_out.reading",
            total=n,
            reason=first["reason"],
            n=first["n"],
            share=first["n"] / n,
        )

    def draw(self, data: list[dict[str, Any]], words: Words) -> go.Figure:
        rows = data[:MOST_REASONS]
        names = [words.label("excluded", row["reason"]) for row in rows]
        drawn = bars(names, [row["n"] for row in rows], words.number, MUTED)
        return rows_chart([drawn], x=words("chart.funnel.x"), rows=len(rows))


FUNNEL = Funnel()


def funnel(win_back: Any, *, as_of: Day) -> go.Figure:
    """Draw a win-back list from all customers over the eligible to those called back.

    Parameters
    ----------
    win_back
        From `winback.win_back`.
    as_of
        The list's date.
    """
    size = win_back_size(win_back.treated, win_back.control, win_back.summary)
    if size is None or not size["dormant"]:
        raise NotEnoughDataError("nobody is dormant")
    return alone(FUNNEL.figure(Shown(size, size["dormant"], day(as_of))))


CHARTS = (FUNNEL, LeftOut())
PLOTS = (funnel,)
