"""How serious the churn warnings are, and what is at stake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from winback.errors import NotEnoughDataError
from winback.messages import Words
from winback.reports.charts.chart import Chart, Shown, as_of
from winback.reports.charts.notebook import Day, alone, day
from winback.reports.list_sizes import churn_warning_size
from winback.reports.style import MUTED, SEVERITY, bars, rows_chart


class Severity(Chart):
    """Churn warnings per severity, and those for whom there was no room."""

    name = "severity"
    place = "lists.churn_warning"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        size = report["lists"]["churn_warning"]
        return Shown(size, size["n"], as_of(report)) if size and size["n"] else None

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return the most severe warnings, and how many more are at risk than there is room for."""
        top = next(row for row in data["severities"] if row["n"])
        beyond = (data["at_risk"] or 0) - data["n"]
        more = words("chart.severity.reading.beyond", n=beyond) if beyond > 0 else ""
        return words(
            "chart.severity.reading", n=top["n"], total=data["n"], severity=top["name"], beyond=more
        )

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        rows = data["severities"]
        names, colours = _names(rows, words)
        drawn = [bars(names, [row["n"] for row in rows], words.number, colours)]
        beyond = [max((row["at_risk"] or 0) - row["n"], 0) for row in rows]
        if any(beyond):
            drawn[0].update(name=words("chart.severity.listed"), textposition="none")
            rest = bars(names, beyond, words.number, colours)
            counts = [(words.number(row["n"]), words.number(row["at_risk"])) for row in rows]
            rest.update(
                name=words("chart.severity.beyond"),
                text=[words("chart.severity.of", n=n, total=total) for n, total in counts],
                marker_opacity=0.3,
            )
            drawn.append(rest)
        figure = rows_chart(drawn, x=words("chart.severity.x"), rows=len(rows))
        longest = max(row["n"] + more for row, more in zip(rows, beyond, strict=True))
        figure.update_xaxes(range=[0, 1.35 * longest])
        return figure.update_layout(barmode="stack", showlegend=False)


class AtStake(Severity):
    """Value at risk per severity, with 80% intervals of the sums."""

    name = "at_stake"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        shown = super().of(report)
        if shown is None or shown.data["value_high"] is None or not shown.data["value_at_risk"]:
            return None
        return shown

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return the value at risk with its interval."""
        most = max(data["severities"], key=lambda row: row["value_at_risk"] or 0)
        return words(
            "chart.at_stake.reading",
            total=data["value_at_risk"],
            low=data["value_low"],
            high=data["value_high"],
            share=(most["value_at_risk"] or 0) / data["value_at_risk"],
            severity=most["name"],
        )

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        rows = data["severities"]
        names, colours = _names(rows, words)
        worth = [row["value_at_risk"] or 0 for row in rows]
        drawn = bars(names, [row["value_at_risk"] for row in rows], words.money, colours)
        drawn.update(
            textposition="none",
            error_x={
                "array": [(r["value_high"] or 0) - v for r, v in zip(rows, worth, strict=True)],
                "arrayminus": [v - (r["value_low"] or 0) for r, v in zip(rows, worth, strict=True)],
                "color": MUTED,
                "thickness": 2,
                "width": 6,
            },
        )
        x = words("chart.at_stake.x", currency=words.currency or "").strip()
        figure = rows_chart([drawn], x=x, rows=len(rows))
        longest = max(row["value_high"] or row["value_at_risk"] or 0 for row in rows) or 1
        return figure.update_xaxes(range=[0, 1.1 * longest])


def _names(rows: list[dict[str, Any]], words: Words) -> tuple[list[str], list[str]]:
    names = [row["name"] for row in rows]
    return [words.label("severity", name) for name in names], [SEVERITY[name] for name in names]


BY_SEVERITY = Severity()


def severity(
    warnings: pd.DataFrame, *, as_of: Day, summary: Mapping[str, Any] | None = None
) -> go.Figure:
    """Count a churn-warning list by severity.

    Parameters
    ----------
    warnings
        With the columns of ``churn_warning.parquet``.
    as_of
        The list's date.
    summary
        What is known beside the rows, as ``manifest.json`` holds it: it adds who had no room.

    Examples
    --------
    >>> import winback as wb
    >>> listed = pd.DataFrame({"severity": ["red", "yellow", "red"]})
    >>> wb.plot.severity(listed, as_of="2024-06-30").data[0].x
    (2, 0, 1)
    """
    size = churn_warning_size(warnings, summary)
    if size is None or not size["n"]:
        raise NotEnoughDataError("the list has no row")
    return alone(BY_SEVERITY.figure(Shown(size, size["n"], day(as_of))))


CHARTS = (BY_SEVERITY, AtStake())
PLOTS = (severity,)
