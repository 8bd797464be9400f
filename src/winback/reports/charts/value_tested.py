"""What was predicted of value beside what happened, and how often intervals held it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from winback.evaluation.calibration import reliability_table
from winback.messages import Words
from winback.reports.aggregator import Rows, aggregator, records
from winback.reports.charts.chart import Chart, Shown, off, tested
from winback.reports.charts.notebook import (
    Day,
    Values,
    alone,
    day,
    of_its_own,
    predictions,
    same_length,
)
from winback.reports.style import ACCENT, PERCENT, chart, reference, side_by_side
from winback.reports.tenths import tenths

MOST_FREQUENT = 7


def by_frequency_of(
    judged: Rows | None, frequencies: Rows | None, verdict: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Compare predicted and actual purchase days by how often customers had bought before.

    Parameters
    ----------
    judged
        Predictions as for :func:`winback.reports.quality.quality`.
    frequencies
        ``customer_id`` and ``frequency`` as of the split.
    verdict
        The target ``purchases`` of the latest split.

    Returns
    -------
    list of dict
        ``frequency`` (`MOST_FREQUENT` stands for that many and more), ``n, predicted, actual``.
    """
    if judged is None or frequencies is None or verdict is None:
        return []
    with aggregator(predictions=judged, frequencies=frequencies) as engine:
        return records(
            engine,
            """
            SELECT CAST(least(f.frequency, ?) AS INTEGER) AS frequency, count(*) AS n,
                   avg(p.predicted) AS predicted, avg(p.actual) AS actual
            FROM predictions p JOIN frequencies f USING (customer_id)
            WHERE split = ? AND target = ? AND model = ?
              AND predicted IS NOT NULL AND actual IS NOT NULL
            GROUP BY 1 ORDER BY 1
            """,
            [MOST_FREQUENT, verdict["split"], verdict["target"], verdict["chosen"]],
        )


class Deciles(Chart):
    """Predicted against actual means in ten groups, the highest predictions first."""

    place = "value.how_good"
    of_evaluation = True

    def __init__(self, target: str) -> None:
        self.target = target
        self.name = f"deciles_{target}"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        bins = report["quality"]["deciles"].get(self.target)
        return Shown(bins, _all(bins), tested(report, self.target)) if bins else None

    def title(self, data: Any, words: Words) -> tuple[str, dict[str, str]]:  # noqa: ARG002
        return "deciles", {"target": words.label("target", self.target)}

    def read(self, data: Sequence[Mapping[str, Any]], words: Words) -> str:
        """Return how the top tenth and the total compare with what happened."""
        amount = words.money if self.target == "revenue" else words.number
        top = data[0]
        predicted, actual = (
            sum(row["n"] * row[side] for row in data) for side in ("predicted", "actual")
        )
        return words(
            "chart.deciles.reading",
            predicted=amount(top["predicted"]),
            actual=amount(top["actual"]),
            off=off(top["predicted"], top["actual"], words),
            total=off(predicted, actual, words),
        )

    def draw(self, data: Sequence[Mapping[str, Any]], words: Words) -> go.Figure:
        y = words(f"chart.deciles.y.{self.target}")
        figure = side_by_side(
            [row["bin"] for row in data], data, words, x=words("chart.deciles.x"), y=y
        )
        return figure.update_xaxes(dtick=1)


class ByFrequency(Chart):
    """Predicted against actual purchase days by how often customers had bought before."""

    name = "by_frequency"
    place = "value.how_good"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        rows = report["value"]["by_frequency"]
        return Shown(rows, _all(rows), tested(report, "purchases")) if rows else None

    def read(self, data: Sequence[Mapping[str, Any]], words: Words) -> str:
        """Return the group of frequency in which most purchases were missed."""
        worst = max(data, key=lambda row: row["n"] * abs(row["predicted"] - row["actual"]))
        return words(
            "chart.by_frequency.reading",
            frequency=_group(worst["frequency"]),
            predicted=worst["predicted"],
            actual=worst["actual"],
            off=off(worst["predicted"], worst["actual"], words),
        )

    def draw(self, data: Sequence[Mapping[str, Any]], words: Words) -> go.Figure:
        x, y = words("chart.by_frequency.x"), words("chart.deciles.y.purchases")
        names = [_group(row["frequency"]) for row in data]
        return side_by_side(names, data, words, x=x, y=y).update_xaxes(type="category")


def _all(rows: Sequence[Mapping[str, Any]]) -> int:
    return sum(row["n"] for row in rows)


def _group(frequency: int) -> str:
    """Return how often, in figures; the last group is open."""
    return f"{frequency}+" if frequency >= MOST_FREQUENT else str(frequency)


DECILES = {target: Deciles(target) for target in ("purchases", "revenue")}
BY_FREQUENCY = ByFrequency()


def calibration(actual: Values, predicted: Values, frequency: Values, *, as_of: Day) -> go.Figure:
    """Draw predicted beside actual purchase days, by how often customers had bought again.

    Parameters
    ----------
    actual, predicted
        Shape (n,): purchase days of each customer after the cut-off.
    frequency
        Shape (n,): repeat purchase days up to the cut-off.
    as_of
        The cut-off.

    Examples
    --------
    >>> import winback as wb
    >>> figure = wb.plot.calibration([0, 0, 3], [0.25, 0.75, 2], [0, 0, 4], as_of="2024-06-30")
    >>> figure.data[0].x, figure.data[0].y, figure.data[1].y
    (('0', '4'), (0.5, 2.0), (0.0, 3.0))
    """
    judged, verdict = predictions(actual, predicted, target="purchases")
    bought = np.asarray(frequency, dtype=np.float64)
    n = same_length(predicted=judged, frequency=bought)
    then = pd.DataFrame({"customer_id": judged["customer_id"], "frequency": bought})
    rows = by_frequency_of(judged, then, verdict)
    return alone(BY_FREQUENCY.figure(Shown(rows, n, day(as_of))))


def predicted_vs_actual(
    actual: Values,
    predicted: Values,
    *,
    as_of: Day,
    target: Literal["purchases", "revenue"] = "purchases",
    currency: str | None = None,
) -> go.Figure:
    """Draw predicted beside actual means in tenths of the customers, highest predictions first.

    Parameters
    ----------
    actual, predicted
        Shape (n,): purchase days, or revenue, of each customer after the cut-off.
    as_of
        The cut-off.
    target
        What is predicted.
    currency
        Written before amounts.

    Examples
    --------
    >>> import winback as wb
    >>> figure = wb.plot.predicted_vs_actual(range(20), range(20), as_of="2024-06-30")
    >>> figure.data[0].y[:3], figure.data[1].y[:3]
    ((18.5, 16.5, 14.5), (18.5, 16.5, 14.5))
    """
    judged, verdict = predictions(actual, predicted, target=target)
    with aggregator(predictions=judged) as engine:
        bins = tenths(engine, verdict)
    shown = Shown(bins, _all(bins), day(as_of))
    return alone(DECILES[target].figure(shown, Words(currency=currency)))


def coverage(
    actual: Values,
    low: Values,
    high: Values,
    frequency: Values,
    *,
    as_of: Day,
    level: float = 0.8,
) -> go.Figure:
    """Draw how often intervals held what came, by how often customers had bought again.

    Parameters
    ----------
    actual, low, high
        Shape (n,): what came, and the interval of each customer, both ends in it.
    frequency
        Shape (n,): repeat purchase days up to the cut-off.
    as_of
        The cut-off.
    level
        The probability that the intervals promise.

    Examples
    --------
    >>> import winback as wb
    >>> figure = wb.plot.coverage([1, 5, 2], [0, 0, 1], [2, 2, 3], [0, 0, 9], as_of="2024-06-30")
    >>> figure.data[0].x, figure.data[0].y
    (('0', '7+'), (0.5, 1.0))
    """
    came, least, most, bought = (
        np.asarray(values, dtype=np.float64) for values in (actual, low, high, frequency)
    )
    n = same_length(actual=came, low=least, high=most, frequency=bought)
    held = ((came >= least) & (came <= most)).astype(np.float64)
    group = np.minimum(bought, MOST_FREQUENT).astype(int)
    inside = {_group(int(one)): held[group == one] for one in np.unique(group)}
    tables = {name: reliability_table(part, part, 1).iloc[0] for name, part in inside.items()}
    shares = {name: float(row["actual"]) for name, row in tables.items()}
    worst = min(shares, key=lambda name: shares[name])
    names = list(shares)
    points = go.Scatter(
        x=names,
        y=list(shares.values()),
        error_y={
            "array": [float(tables[name]["high"]) - shares[name] for name in names],
            "arrayminus": [shares[name] - float(tables[name]["low"]) for name in names],
            "thickness": 1.2,
            "width": 3,
        },
        mode="markers",
        marker={"color": ACCENT, "size": 9},
        name="held (with 95% interval)",
    )
    figure = chart(
        [points, reference(names, [level] * len(names), f"promised: {level:.0%}")],
        x="Repeat purchase days before the cut-off",
        y="Share of customers inside",
    )
    figure.update_xaxes(type="category", showgrid=False)
    return of_its_own(
        figure.update_yaxes(range=[0, 1.03], **PERCENT),
        f"{level:.0%} intervals: how often they held",
        f"The {level:.0%} intervals held {held.mean():.1%} of the customers; least often, "
        f"{shares[worst]:.1%}, at a frequency of {worst}.",
        n=n,
        as_of=as_of,
        drawn="Points of the share inside, by frequency.",
    )


CHARTS = (*DECILES.values(), BY_FREQUENCY)
PLOTS = (calibration, predicted_vs_actual, coverage)
