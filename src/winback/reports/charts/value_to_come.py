"""Value to come: how much and how surely, and how few customers hold it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import accumulate
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import plotly.graph_objects as go

from winback.errors import NotEnoughDataError, Sentence
from winback.estimators.purchase.expected_tracking import expected_tracking
from winback.messages import Words
from winback.reports.aggregator import aggregator, plain, records
from winback.reports.charts.chart import Chart, Shown, as_of, scored
from winback.reports.charts.notebook import Day, Values, alone, as_date, day, purchase_model
from winback.reports.style import ACCENT, PERCENT, TIME, band, chart, line, reference

TOP_PERCENTS = (1, 5, 10, 20)


def weekly(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Keep the last day of each week of a forecast by day, and the last day of all.

    Parameters
    ----------
    rows
        ``day, cumulative, cumulative_low, cumulative_high`` of the days to come.
    """
    names = ("day", "cumulative", "cumulative_low", "cumulative_high")
    kept = [row for place, row in enumerate(rows, 1) if place % 7 == 0 or place == len(rows)]
    plainly = [{name: plain(row.get(name)) for name in names} for row in kept]
    return [row for row in plainly if None not in row.values()]


def concentration_of(
    engine: duckdb.DuckDBPyConnection, n: int, total: float
) -> dict[str, Any] | None:
    """Compute the share of value held by the most valuable customers (Lorenz, from the top).

    Parameters
    ----------
    engine
        With a table ``scores`` and its ``value``.
    n, total
        How many customers, and the sum of their values.

    Returns
    -------
    dict or None
        ``curve`` (101 shares), ``top`` (``percent, n, value_share``) and ``gini``; None without
        value.
    """
    if n == 0 or total <= 0:
        return None
    # Ranks, not NTILE: the top p percent are the first ceil(n p / 100) customers.
    by_percent = records(
        engine,
        """
        WITH ranked AS (
            SELECT coalesce(value, 0.0) AS value,
                   row_number() OVER (ORDER BY coalesce(value, 0.0) DESC) AS place
            FROM scores
        )
        SELECT CAST(ceil(place * 100.0 / ?) AS INTEGER) AS percent, sum(value) AS value,
               sum((? + 1 - 2 * place) * value) AS weighted
        FROM ranked GROUP BY percent ORDER BY percent
        """,
        [n, n],
    )
    held = {row["percent"]: row["value"] for row in by_percent}
    curve = list(accumulate(held.get(percent, 0.0) / total for percent in range(101)))
    firsts = [-(-n * percent // 100) for percent in TOP_PERCENTS]
    sums = ", ".join(
        f"sum(value) FILTER (place <= {first}) AS top_{first}" for first in set(firsts)
    )
    top = records(
        engine,
        f"""
        SELECT {sums}
        FROM (SELECT value, row_number() OVER (ORDER BY value DESC NULLS LAST) AS place FROM scores)
        """,
    )[0]
    return {
        "curve": plain(curve),
        "top": [
            {
                "percent": percent,
                "n": first,
                "value_share": plain((top[f"top_{first}"] or 0) / total),
            }
            for percent, first in zip(TOP_PERCENTS, firsts, strict=True)
        ],
        # Gini = sum_i (n + 1 - 2 i) x_(i) / (n sum x), i = 1 for the largest
        "gini": plain(sum(row["weighted"] for row in by_percent) / (n * total)),
    }


class Forecast(Chart):
    """Repeat purchases (or revenue) to come of today's customers, added up, in a band."""

    place = "value.to_come"

    def __init__(self, name: str) -> None:
        self.name = name

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        rows = report["value"][self.name]
        return Shown(rows, scored(report), as_of(report)) if rows else None

    def read(self, data: Sequence[Mapping[str, Any]], words: Words) -> str:
        """Return how much is expected by the end, and how sure that is."""
        last = data[-1]

        def write(name: str) -> str:
            amount = last[name]
            return words.number(round(amount)) if self.name == "forecast" else words.money(amount)

        return words(
            f"chart.{self.name}.reading",
            day=words.day(last["day"]),
            expected=write("cumulative"),
            low=write("cumulative_low"),
            high=write("cumulative_high"),
        )

    def draw(self, data: Sequence[Mapping[str, Any]], words: Words) -> go.Figure:
        days, expected, low, high = (
            [row[name] for row in data]
            for name in ("day", "cumulative", "cumulative_low", "cumulative_high")
        )
        middle = line(days, expected, words("expected"), ACCENT)
        figure = chart(
            [*band(days, low, high, words("band.80")), middle],
            y=words(f"chart.{self.name}.y", currency=words.currency or "").strip(),
            height=410,
        )
        figure.update_xaxes(tickformatstops=TIME, nticks=6)
        return figure.update_yaxes(rangemode="tozero", tickformat=",")


class Concentration(Chart):
    """The share of value against the share of customers, the most valuable first."""

    name = "concentration"
    place = "value.to_come"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        curve = report["population"]["concentration"]
        return Shown(curve, scored(report), as_of(report)) if curve else None

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return the shares of value held by the top customers."""
        shares = {f"top_{row['percent']}": words.share(row["value_share"]) for row in data["top"]}
        return words("chart.concentration.reading", **shares)

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        top = [row for row in data["top"] if row["percent"] > 1]
        depths, name = [place / 100 for place in range(101)], words("chart.concentration.y")
        held = line(depths, data["curve"], name, ACCENT).update(line_width=2.5)
        marks = go.Scatter(
            x=[row["percent"] / 100 for row in top],
            y=[row["value_share"] for row in top],
            text=[f"{row['percent']}%: {words.share(row['value_share'])}" for row in top],
            mode="markers+text",
            textposition="bottom right",
            marker={"color": ACCENT, "size": 8},
            showlegend=False,
            hoverinfo="skip",
        )
        figure = chart(
            [held, reference([0, 1], [0, 1], words("chart.concentration.equal")), marks],
            x=words("chart.concentration.x"),
            y=words("chart.concentration.y"),
        )
        figure.update_xaxes(range=[0, 1], **PERCENT)
        return figure.update_yaxes(range=[0, 1.03], **PERCENT)


PURCHASES, CONCENTRATION = Forecast("forecast"), Concentration()


def forecast(
    model: Any, customers: pd.DataFrame, *, as_of: Day, days: int = 365, level: float = 0.8
) -> go.Figure:
    """Draw the repeat purchase days to come of today's customers, added up, with their band.

    Parameters
    ----------
    model
        A fitted purchase model or value model; its unit of time is the day.
    customers
        One row a customer, with the columns that the model reads.
    as_of
        The last day that is known.
    days
        How far to look.
    level
        Probability of the band, which knows chance only.

    Examples
    --------
    >>> import winback as wb
    >>> people = pd.DataFrame({"frequency": [4.0, 0.0], "recency": [80.0, 0.0], "T": [90.0, 50.0]})
    >>> model = wb.CustomerValueModel("rate", None).fit(people)
    >>> wb.plot.forecast(model, people, as_of="2024-06-30", days=28).data[2].x
    ('2024-07-07', '2024-07-14', '2024-07-21', '2024-07-28')
    """
    path = expected_tracking(purchase_model(model), customers, days, level=level)
    start = as_date(as_of)
    path["day"] = [start + timedelta(days=int(after)) for after in path["day"]]
    rows = [{str(name): cell for name, cell in row.items()} for row in path.to_dict("records")]
    return alone(PURCHASES.figure(Shown(weekly(rows), len(customers), day(as_of))))


def lorenz(values: Values, *, as_of: Day, what: str = "expected value") -> go.Figure:
    """Draw the share of value that the most valuable customers hold.

    Parameters
    ----------
    values
        Shape (n,): each customer's value, >= 0.
    as_of
        The last day that was known.
    what
        What the values are, in words.

    Examples
    --------
    >>> import winback as wb
    >>> figure = wb.plot.lorenz([8.0, 1.0, 1.0, 0.0], as_of="2024-06-30")
    >>> figure.data[0].y[25], figure.data[0].y[50], figure.data[0].y[100]
    (0.8, 0.9, 1.0)
    """
    worth = pd.DataFrame({"value": np.asarray(values, dtype=np.float64)})
    with aggregator(scores=worth) as engine:
        curve = concentration_of(engine, len(worth), float(worth["value"].sum()))
    if curve is None:
        raise NotEnoughDataError(
            "nobody is worth anything",
            got=Sentence("{n} {n:form.customer/customers}", n=len(worth)),
        )
    figure = CONCENTRATION.figure(Shown(curve, len(worth), day(as_of)))
    caption = {k: text.replace("expected value", what) for k, text in figure.layout.meta.items()}
    figure.update_layout(meta=caption, yaxis_title_text=f"Share of {what}")
    figure.data[0].name = f"Share of {what}"
    return alone(figure)


CHARTS = (PURCHASES, Forecast("forecast_revenue"), CONCENTRATION)
PLOTS = (forecast, lorenz)
