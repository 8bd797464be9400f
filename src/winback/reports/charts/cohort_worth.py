"""What a customer of each cohort is worth: first order, since then, still expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from winback.messages import Words
from winback.reports.charts.chart import Chart, Shown, as_of
from winback.reports.history_unit import MOST_MONTHS
from winback.reports.style import ACCENT, MUTED, SECOND, chart


def by_period(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Add months of first purchases up to quarters where they are too many to be drawn.

    Examples
    --------
    >>> months = [{"cohort": f"20{24 + n // 12}-{n % 12 + 1:02}-01", "customers": 2}
    ...           for n in range(30)]
    >>> by_period(months)[-1], len(by_period(months[:20]))
    ({'cohort': '2026-04-01', 'customers': 6}, 20)
    """
    listed = [dict(row) for row in rows]
    if len(listed) <= MOST_MONTHS:
        return listed
    quarters: dict[str, dict[str, Any]] = {}
    for row in listed:
        year, month = row["cohort"][:4], int(row["cohort"][5:7])
        start = f"{year}-{(month - 1) // 3 * 3 + 1:02}-01"
        into = quarters.setdefault(start, {"cohort": start})
        for name, count in row.items():
            if isinstance(count, int | float):
                into[name] = into.get(name, 0) + count
    return list(quarters.values())


class CohortValue(Chart):
    """Margin per customer of each cohort."""

    name = "cohort_value"
    place = "cohorts.worth"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        rows = [row for row in report["cohort_values"] if row.get("realised") is not None]
        if len(rows) < 2:
            return None
        return Shown(rows, sum(row["customers"] for row in rows), as_of(report))

    def read(self, data: Sequence[Mapping[str, Any]], words: Words) -> str:
        """Return what a customer of the newest cohorts is worth beside one of the oldest."""
        worth = [(row["realised"] + row["expected"]) / row["customers"] for row in data]
        starts = _starts(data)
        return words(
            "chart.cohort_value.reading",
            first=starts[0],
            then=worth[0],
            last=starts[-1],
            now=worth[-1],
        )

    def draw(self, data: Sequence[Mapping[str, Any]], words: Words) -> go.Figure:
        parts = {
            "first": [row["first_order"] / row["customers"] for row in data],
            "since": [(row["realised"] - row["first_order"]) / row["customers"] for row in data],
            "expected": [row["expected"] / row["customers"] for row in data],
        }
        drawn = [
            go.Bar(
                x=_starts(data),
                y=parts[part],
                name=words(f"chart.cohort_value.{part}"),
                marker_color=colour,
                marker_pattern_shape="/" if part == "expected" else "",
            )
            for part, colour in (("first", MUTED), ("since", ACCENT), ("expected", SECOND))
        ]
        figure = chart(
            drawn,
            x=words("chart.cohort.x"),
            y=words("chart.cohort_value.y", currency=words.currency or "").strip(),
            height=410,
        )
        figure.update_xaxes(type="category", showgrid=False, nticks=7)
        return figure.update_layout(barmode="stack")


def _starts(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return months or, where all rows begin one, quarters."""
    days = [row["cohort"] for row in rows]
    if all((int(day[5:7]) - 1) % 3 == 0 for day in days):
        return [f"{day[:4]} Q{(int(day[5:7]) + 2) // 3}" for day in days]
    return [day[:7] for day in days]


CHARTS = (CohortValue(),)
