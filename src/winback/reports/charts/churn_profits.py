"""What acting on the churn score would earn, by how many are warned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

import numpy as np
import plotly.graph_objects as go

from winback.economics import Economics
from winback.evaluation.metrics import profit_by_depth as profits
from winback.messages import Words
from winback.reports.aggregator import plain
from winback.reports.charts.chart import Chart, Shown, tested
from winback.reports.charts.churn_found import COLOURS, SHOWN
from winback.reports.charts.notebook import Day, Scores, Values, alone, by_name, day
from winback.reports.style import MUTED, PERCENT, chart, line, mark

DEFAULTS = {"margin": 1.0, "save_rate": 0.1, "contact_cost": 0.0, "offer_cost": 0.0}


def profit_of(entries: Sequence[Mapping[str, Any]], models: Sequence[str]) -> dict[str, Any] | None:
    """Take the profit of warning a share of customers, by model, for the job's own costs.

    Returns
    -------
    dict or None
        ``n`` customers judged, ``keepable`` (the share of those who left who could still be kept;
        None where it is not known), ``terms`` (``margin, save_rate, contact_cost, offer_cost,
        value``), and ``models``: ``model, chosen, depth, profit``.
    """
    drawn = []
    for model in models:
        mine = [e for e in entries if e["model"] == model and plain(e["profit"]) is not None]
        rows = sorted(mine, key=lambda e: e["depth"])
        if rows:
            drawn.append(
                {
                    "model": model,
                    "chosen": bool(rows[0].get("chosen")),
                    "depth": [plain(row["depth"]) for row in rows],
                    "profit": [plain(row["profit"]) for row in rows],
                }
            )
    if not drawn:
        return None
    last = max(entries, key=lambda entry: entry["depth"])
    keepable = plain(last.get("keepable"))
    return {
        "n": round(last["n"] / last["depth"]),
        "keepable": keepable / last["churners"] if keepable and last["churners"] else keepable,
        "terms": {name: plain(last.get(name)) for name in (*DEFAULTS, "value")},
        "models": drawn,
    }


class Profit(Chart):
    """Profit of warning a share of customers, for the job's costs, with the week's capacity."""

    name = "profit"
    place = "churn.found"
    of_evaluation = True

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        profit = report["quality"]["churn"]["profit"]
        if not profit:
            return None
        capacity = report.get("churn", {}).get("capacity_share")
        return Shown({**profit, "capacity": capacity}, profit["n"], tested(report, "churn"))

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return where the profit is highest, and what the capacity takes of it."""
        chosen, capacity, terms = data["models"][0], data["capacity"], data["terms"]
        points = list(zip([0, *chosen["depth"]], [0, *chosen["profit"]], strict=True))
        depth, best = max(points, key=lambda point: point[1])
        text = words("chart.profit.reading", best=best, depth=depth)
        if capacity is not None and capacity < 1:
            text += words(
                "chart.profit.reading.capacity", depth=capacity, profit=_between(points, capacity)
            )
        if data["keepable"] is not None:
            text += words("chart.profit.reading.keepable", keepable=data["keepable"])
        return text + words(
            "chart.profit.reading.terms",
            saved=terms["save_rate"],
            margin=terms["margin"],
            contact=terms["contact_cost"],
            offer=terms["offer_cost"],
        )

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        drawn = [
            line(
                [0, *entry["depth"]],
                [0, *entry["profit"]],
                words.label("model", entry["model"]),
                colour,
            )
            for entry, colour in zip(data["models"], COLOURS, strict=False)
        ]
        y = words("chart.profit.y", currency=words.currency or "").strip()
        figure = chart(drawn, x=words("axis.best_to_warn"), y=y, height=410)
        capacity = data["capacity"]
        if capacity is not None and capacity < 1:
            mark(figure, capacity, words("chart.profit.capacity"), right=capacity > 0.6)
        figure.update_xaxes(range=[0, 1], **PERCENT)
        return figure.update_yaxes(tickformat=",", zeroline=True, zerolinecolor=MUTED)


def _between(points: Sequence[tuple[float, float]], depth: float) -> float:
    """Return the profit at a depth, by a straight line between the points beside it."""
    return float(np.interp(depth, [x for x, _ in points], [profit for _, profit in points]))


PROFIT = Profit()


class Terms(TypedDict, total=False):
    """The economics of a contact."""

    margin: float
    save_rate: float
    contact_cost: float
    offer_cost: float


def profit_by_depth(
    y: Values,
    p: Scores,
    *,
    value: float,
    as_of: Day,
    keepable: Values | None = None,
    capacity: int | None = None,
    currency: str | None = None,
    **terms: Unpack[Terms],
) -> go.Figure:
    """Draw the profit of warning a share of customers, those of the highest expected gain first.

    Parameters
    ----------
    y, p, as_of
        As of `gain`.
    value
        What a saved customer brings, before margin.
    keepable
        P(has not gone already | leaves) of each customer. None: everybody who leaves could still
        be kept.
    capacity
        How many customers one can warn; it is marked.
    currency
        Written before amounts.
    **terms
        ``margin`` (1 unless given), ``save_rate`` (0.1), ``contact_cost`` and ``offer_cost`` (0);
        the save rate is an assumption until an experiment measures it.

    Examples
    --------
    >>> import winback as wb
    >>> y = [1] * 20 + [0] * 80
    >>> figure = wb.plot.profit_by_depth(y, y, value=100.0, contact_cost=1.0, as_of="2024-06-30")
    >>> max(zip(figure.data[0].y, figure.data[0].x))  # warn exactly those who leave
    (180.0, 0.2)
    """
    money = Economics(**terms)
    models = dict(list(by_name(p).items())[:SHOWN])
    entries = [
        {"model": name, "chosen": place == 0, "value": value, **DEFAULTS, **terms, **row}
        for place, (name, scores) in enumerate(models.items())
        for row in profits(
            np.asarray(y), np.asarray(scores), money, value=value, keepable=keepable
        ).to_dict("records")
    ]
    share = None if capacity is None else min(capacity / len(np.asarray(y)), 1.0)
    data = {**(profit_of(entries, list(models)) or {}), "capacity": share}
    return alone(PROFIT.figure(Shown(data, data["n"], day(as_of)), Words(currency=currency)))


CHARTS = (PROFIT,)
PLOTS = (profit_by_depth,)
