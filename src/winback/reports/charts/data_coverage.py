"""Coverage: from when to when there are purchases, how densely, and what is known beside them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

import ibis.expr.types as ir
import plotly.graph_objects as go

from winback.messages import Words
from winback.reports.aggregator import plain
from winback.reports.charts.chart import Chart, Shown, as_of
from winback.reports.history_unit import unit_of
from winback.reports.style import ACCENT, TIME, chart

OPTIONAL = ("order_id", "product_id", "category", "channel")
MOST_MONTHS = 60


def coverage_of(
    transactions: ir.Table,
    as_of: date,
    *,
    customers: ir.Table | None = None,
    events: ir.Table | None = None,
) -> dict[str, Any] | None:
    """Count purchases by period, and the shares of rows and customers that are described further.

    Parameters
    ----------
    transactions
        The accepted rows: ``customer_id, day`` and perhaps the columns `OPTIONAL`.
    as_of
        The last known day; history runs from the first purchase to it.
    customers, events
        The job's further tables, where there are any.

    Returns
    -------
    dict or None
        ``days`` (of history), ``bought_on`` (days with a row), ``gap`` (the longest run of days
        without), ``unit`` (``"M"``, or ``"Q"`` beyond five years), ``periods`` (``start, rows,
        customers``), ``columns`` (name: share of rows that have it) and ``tables`` (name: share of
        customers in it). ``None`` without a row.

    Examples
    --------
    >>> import ibis, pyarrow as pa
    >>> rows = pa.table({"customer_id": ["a", "b"], "day": [date(2024, 1, 1), date(2024, 1, 9)]})
    >>> dense = coverage_of(ibis.memtable(rows), date(2024, 1, 9))
    >>> dense["days"], dense["bought_on"], dense["gap"], dense["columns"]
    (9, 2, 7, {})
    """
    by_day = transactions.group_by("day").aggregate(rows=transactions.count()).order_by("day")
    days = by_day.to_pyarrow().to_pydict()["day"]
    if not days:
        return None
    ends = [*days, as_of]
    span = (as_of - days[0]).days + 1
    unit = "M" if span <= MOST_MONTHS * 31 else unit_of(days[0], as_of)
    given = [name for name in OPTIONAL if name in transactions.columns]
    shares = transactions.aggregate(
        n=transactions.count(), **{name: transactions[name].count() for name in given}
    )
    (counts,) = shares.to_pyarrow().to_pylist()
    tables = {"customers": customers, "events": events}
    return {
        "days": span,
        "bought_on": len(days),
        "gap": max(0, *((later - day).days - 1 for day, later in pairwise(ends))),
        "unit": unit,
        "periods": _periods(transactions, unit),
        "columns": {name: plain(counts[name] / counts["n"]) for name in given},
        "tables": {
            name: _known(transactions, table) for name, table in tables.items() if table is not None
        },
    }


def _periods(transactions: ir.Table, unit: str) -> list[dict[str, Any]]:
    start = transactions.day.truncate(unit).cast("date")
    counted = transactions.group_by(start=start).aggregate(
        rows=transactions.count(), customers=transactions.customer_id.nunique()
    )
    return [plain(row) for row in counted.order_by("start").to_pyarrow().to_pylist()]


def _known(transactions: ir.Table, table: ir.Table) -> float:
    """Return the share of customers who have bought and are in a further table."""
    buyers = transactions.select("customer_id").distinct()
    others = table.select("customer_id").distinct()
    n = int(buyers.count().to_pyarrow().as_py())
    both = int(buyers.semi_join(others, "customer_id").count().to_pyarrow().as_py())
    return float(plain(both / n))


class Coverage(Chart):
    """The accepted rows by month or quarter, so that one that is missing shows."""

    name = "coverage"
    place = "data.coverage"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        data = report["coverage"]
        return Shown(data, report["intake"]["accepted"], as_of(report)) if data else None

    def title(self, data: Mapping[str, Any], words: Words) -> tuple[str, dict[str, str]]:  # noqa: ARG002
        return f"coverage.{data['unit']}", {}

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return on how many days of the history somebody bought, and the longest silence."""
        return words(
            "chart.coverage.reading" if data["gap"] else "chart.coverage.reading.daily",
            bought=data["bought_on"],
            days=data["days"],
            share=data["bought_on"] / data["days"],
            gap=data["gap"],
        )

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        starts, rows = ([row[name] for row in data["periods"]] for name in ("start", "rows"))
        drawn = go.Bar(x=starts, y=rows, marker_color=ACCENT)
        figure = chart([drawn], y=words("chart.coverage.y"), height=330)
        figure.update_xaxes(showgrid=False, tickformatstops=TIME, nticks=7)
        return figure.update_yaxes(tickformat=",")


CHARTS = (Coverage(),)
