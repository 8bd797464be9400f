"""Whom the churn score finds: how many of those who left are among the riskiest customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import duckdb
import numpy as np
import plotly.graph_objects as go

from winback.errors import NotEnoughDataError, Sentence
from winback.messages import Words
from winback.reports.aggregator import aggregator, plain, records
from winback.reports.charts.chart import Chart, Shown, tested
from winback.reports.charts.notebook import Day, Scores, Values, alone, by_name, day, predictions
from winback.reports.style import ACCENT, PERCENT, SECOND, THIRD, chart, line, reference

BASELINES = ("base_rate", "recency_rule", "logistic", "beta_geo")
FEWEST = 100  # a percent of fewer customers is nobody
SHOWN = 3  # models: more lines cannot be told apart
COLOURS = (ACCENT, SECOND, THIRD)
_DEPTHS = [percent / 100 for percent in range(101)]
Curves = Sequence[Mapping[str, Any]]


def shown_models(verdict: Mapping[str, Any]) -> list[str]:
    """Return whose curves are drawn: the chosen model, the best baseline, and the recency rule.

    Examples
    --------
    >>> shown_models({"chosen": "blend", "table": [
    ...     {"model": name} for name in ("lightgbm", "blend", "logistic", "recency_rule")]})
    ['blend', 'logistic', 'recency_rule']
    """
    ranked = [row["model"] for row in verdict["table"]]  # best first
    best = next((name for name in ranked if name in BASELINES and name != verdict["chosen"]), None)
    rule = "recency_rule" if "recency_rule" in ranked else None
    return [name for name in dict.fromkeys([verdict["chosen"], best, rule]) if name]


def curves_of(
    engine: duckdb.DuckDBPyConnection, verdict: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Count customers and churners among the riskiest 0, 1, …, 100 percent, by model.

    Customers of equal score count with their mean outcome, as if their order were drawn by lot;
    so a score that is the same for everybody lies on the diagonal.

    Returns
    -------
    list of dict
        ``model``, ``chosen``, and ``n`` and ``churners``: 101 cumulative counts each. Empty with
        fewer than a hundred customers, or without anybody who left.
    """
    models = shown_models(verdict)
    counted = records(
        engine,
        """
        WITH ranked AS (
            SELECT model, avg(actual) OVER (PARTITION BY model, predicted) AS actual,
                   row_number() OVER (PARTITION BY model ORDER BY predicted DESC) AS place,
                   count(*) OVER (PARTITION BY model) AS total
            FROM predictions
            WHERE split = ? AND target = ? AND list_contains(?, model)
              AND predicted IS NOT NULL AND actual IS NOT NULL
        )
        SELECT model, CAST(ceil(place * 100.0 / total) AS INTEGER) AS percent,
               count(*) AS n, sum(actual) AS churners
        FROM ranked GROUP BY model, percent
        """,
        [verdict["split"], verdict["target"], models],
    )
    drawn = []
    for model in models:
        rows = {row["percent"]: row for row in counted if row["model"] == model}
        if rows:
            counts = {
                name: plain(list(accumulate(rows.get(p, {}).get(name, 0) for p in range(101))))
                for name in ("n", "churners")
            }
            drawn.append({"model": model, "chosen": model == verdict["chosen"], **counts})
    return [row for row in drawn if row["n"][100] >= FEWEST and row["churners"][100]]


class _Found(Chart):
    """Of the curves: what the riskiest customers hold."""

    place = "churn.found"
    of_evaluation = True

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        curves = report["quality"]["churn"]["curves"]
        return Shown(curves, curves[0]["n"][100], tested(report, "churn")) if curves else None


class Gain(_Found):
    """Share of those who left that the riskiest customers hold, beside the perfect order."""

    name = "gain"

    def read(self, data: Curves, words: Words) -> str:
        """Return how many of those who left are among the riskiest fifth."""
        total = data[0]["churners"][100] or 1
        text = words(
            "chart.gain.reading",
            captured=_captured(data[0], 20),
            possible=min(1.0, data[0]["n"][20] / total),
        )
        return text + _against(data, lambda curve: words.share(_captured(curve, 20)), words)

    def draw(self, data: Curves, words: Words) -> go.Figure:
        perfect = reference([0, _rate(data[0]), 1], [0, 1, 1], words("perfect.order"), dash="dot")
        figure = chart(
            [perfect, *_lines(data, _shares, words), reference([0, 1], [0, 1], words("by.lot"))],
            x=words("axis.riskiest"),
            y=words("chart.gain.y"),
            height=430,
        )
        figure.update_xaxes(range=[0, 1], **PERCENT)
        return figure.update_yaxes(range=[0, 1.03], **PERCENT)


class Lift(_Found):
    """How many times as many leavers as by lot, beside the highest that is possible."""

    name = "lift"

    def read(self, data: Curves, words: Words) -> str:
        """Return the lift of the riskiest tenth beside the highest possible."""

        def lift(curve: Mapping[str, Any]) -> str:
            depth = curve["n"][10] / curve["n"][100]
            return words.number(round(_captured(curve, 10) / depth, 2))

        rate = data[0]["churners"][100] / data[0]["n"][100]
        highest = round(min(1 / rate, 10.0), 2) if rate else None
        text = words("chart.lift.reading", lift=lift(data[0]), highest=highest)
        return text + _against(data, lift, words)

    def draw(self, data: Curves, words: Words) -> go.Figure:
        depths = _DEPTHS[2:]
        best = [min(1 / _rate(data[0]), 1 / depth) for depth in depths]

        def lifts(curve: Mapping[str, Any]) -> tuple[list[float], list[float]]:
            shares = _shares(curve)[1][2:]
            return depths, [share / x for share, x in zip(shares, depths, strict=True)]

        perfect = reference(depths, best, words("perfect.order"), dash="dot")
        figure = chart(
            [perfect, *_lines(data, lifts, words), reference([0, 1], [1, 1], words("by.lot"))],
            x=words("axis.riskiest"),
            y=words("chart.lift.y"),
            height=430,
        )
        figure.update_xaxes(range=[0, 1], **PERCENT)
        return figure.update_yaxes(rangemode="tozero")


class PrecisionRecall(_Found):
    """Of those warned, how many left; of those who left, how many were warned."""

    name = "precision_recall"

    def read(self, data: Curves, words: Words) -> str:
        """Return how many of the riskiest tenth left, and how many of all that is."""
        n, left = data[0]["n"], data[0]["churners"]
        return words(
            "chart.precision_recall.reading",
            precision=left[10] / n[10] if n[10] else None,
            recall=_captured(data[0], 10),
            rate=left[100] / n[100],
        )

    def draw(self, data: Curves, words: Words) -> go.Figure:

        def points(curve: Mapping[str, Any]) -> tuple[list[float], list[float]]:
            counts = zip(curve["churners"][2:], curve["n"][2:], strict=True)
            precision = [left / warned for left, warned in counts if warned]
            return _shares(curve)[1][-len(precision) :], precision

        rate = _rate(data[0])
        figure = chart(
            [*_lines(data, points, words), reference([0, 1], [rate, rate], words("by.lot"))],
            x=words("chart.precision_recall.x"),
            y=words("chart.precision_recall.y"),
            height=410,
        )
        figure.update_xaxes(range=[0, 1], **PERCENT)
        return figure.update_yaxes(range=[0, 1.03], **PERCENT)


def _lines(
    curves: Curves,
    points: Callable[[Mapping[str, Any]], tuple[list[float], list[float]]],
    words: Words,
) -> list[go.Scatter]:
    return [
        line(*points(curve), words.label("model", curve["model"]), colour)
        for curve, colour in zip(curves, COLOURS, strict=False)
    ]


def _shares(curve: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    """Return depths, and the share of all churners within each."""
    total = curve["churners"][100] or 1
    return _DEPTHS, [round(count / total, 5) for count in curve["churners"]]


def _captured(curve: Mapping[str, Any], percent: int) -> float:
    """Return the share of all churners among the riskiest `percent`."""
    return float(curve["churners"][percent] / (curve["churners"][100] or 1))


def _rate(curve: Mapping[str, Any]) -> float:
    return float(curve["churners"][100] / curve["n"][100]) or 1.0


def _against(curves: Curves, write: Callable[[Mapping[str, Any]], str], words: Words) -> str:
    """Return the end of a sentence: what the other models have come to."""
    others = [
        words("compared.one", model=words.label("model", curve["model"]), value=write(curve))
        for curve in curves[1:]
    ]
    others_too = words("compared", others=words("comma").join(others)) if others else ""
    return others_too + words("stop")


GAIN, LIFT, PRECISION_RECALL = Gain(), Lift(), PrecisionRecall()


def gain(y: Values, p: Scores, *, as_of: Day) -> go.Figure:
    """Draw the share of those who left that the riskiest customers hold.

    Parameters
    ----------
    y
        Shape (n,): 1 = left.
    p
        Shape (n,), or several such by name of the model, the one in question first. The first three
        are drawn: more lines cannot be told apart.
    as_of
        The cut-off.

    Raises
    ------
    NotEnoughDataError
        Fewer than a hundred customers, or nobody left.

    Examples
    --------
    >>> import winback as wb
    >>> y = [1] * 20 + [0] * 80
    >>> figure = wb.plot.gain(y, {"sure": y, "blind": [0.2] * 100}, as_of="2024-06-30")
    >>> figure.data[1].name, figure.data[1].y[20], figure.data[2].name, figure.data[2].y[20]
    ('sure', 1.0, 'blind', 0.2)
    """
    return alone(GAIN.figure(_curves(y, p, as_of)))


def lift(y: Values, p: Scores, *, as_of: Day) -> go.Figure:
    """Draw how many times as many leavers as by lot the riskiest customers hold.

    Parameters and errors as of `gain`.

    Examples
    --------
    >>> import winback as wb
    >>> y = [1] * 20 + [0] * 80
    >>> wb.plot.lift(y, y, as_of="2024-06-30").data[1].y[8]  # of the riskiest tenth
    5.0
    """
    return alone(LIFT.figure(_curves(y, p, as_of)))


def precision_recall(y: Values, p: Scores, *, as_of: Day) -> go.Figure:
    """Draw of those warned how many left, against how many of those who left were warned.

    Parameters and errors as of `gain`.

    Examples
    --------
    >>> import winback as wb
    >>> y = [1] * 20 + [0] * 80
    >>> figure = wb.plot.precision_recall(y, y, as_of="2024-06-30")
    >>> figure.data[0].x[-1], figure.data[0].y[-1]
    (1.0, 0.2)
    """
    return alone(PRECISION_RECALL.figure(_curves(y, p, as_of)))


def _curves(y: Values, p: Scores, as_of: Day) -> Shown:
    drawn: list[dict[str, Any]] = []
    for name, scores in list(by_name(p).items())[:SHOWN]:
        judged, verdict = predictions(y, scores, target="churn", model=name)
        with aggregator(predictions=judged) as engine:
            drawn += curves_of(engine, verdict)
    if not drawn:
        raise NotEnoughDataError(
            "too little to draw a curve from",
            got=Sentence(
                "{n} {n:form.customer/customers}, {left} left",
                n=len(np.asarray(y)),
                left=int(np.sum(y)),
            ),
            allowed=Sentence("{n} {n:form.customer/customers}, and somebody who left", n=FEWEST),
        )
    curves = [{**curve, "chosen": place == 0} for place, curve in enumerate(drawn)]
    return Shown(curves, curves[0]["n"][100], day(as_of))


CHARTS = (GAIN, LIFT, PRECISION_RECALL)
PLOTS = (gain, lift, precision_recall)
