"""Whether the churn score has the right level: by tenths, and on one snapshot after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import plotly.graph_objects as go
from scipy.stats import binomtest

from winback.errors import NotEnoughDataError
from winback.estimators.churn.churn_model import ChurnModel
from winback.messages import Words, capital
from winback.reports.aggregator import aggregator, plain, records
from winback.reports.charts.chart import Chart, Shown, tested
from winback.reports.charts.churn_found import shown_models
from winback.reports.charts.notebook import Day, Values, alone, day, predictions
from winback.reports.style import ACCENT, MUTED, PERCENT, SECOND, THIRD, chart, line, reference
from winback.reports.tenths import tenths

HISTOGRAM_BINS = 20


def reliability_of(
    engine: duckdb.DuckDBPyConnection, verdict: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Compare predicted and actual churn by tenths, of the chosen model and of its baselines.

    Parameters
    ----------
    engine, verdict
        As of `winback.reports.tenths.tenths`.

    Returns
    -------
    dict or None
        ``bins``, ``histogram`` (the chosen model's predictions in bins of five points) and
        ``rivals`` (``model, bins``). None without predictions.
    """
    bins = tenths(engine, verdict)
    if not bins:
        return None
    names = [name for name in shown_models(verdict) if name != verdict["chosen"]]
    rivals = [{"model": name, "bins": tenths(engine, verdict, name)} for name in names]
    counted = records(
        engine,
        """
        SELECT least(CAST(floor(predicted * ?) AS INTEGER), ? - 1) AS bin, count(*) AS n
        FROM predictions
        WHERE split = ? AND target = ? AND model = ? AND predicted IS NOT NULL
        GROUP BY bin
        """,
        [HISTOGRAM_BINS, HISTOGRAM_BINS, verdict["split"], verdict["target"], verdict["chosen"]],
    )
    by_bin = {row["bin"]: row["n"] for row in counted}
    return {
        "bins": bins,
        "histogram": [by_bin.get(place, 0) for place in range(HISTOGRAM_BINS)],
        "rivals": [row for row in rivals if row["bins"]],
    }


def snapshots_of(
    evidence: Sequence[Mapping[str, Any]], models: Sequence[str]
) -> list[dict[str, Any]]:
    """Take the forward evidence of the drawn models, one entry a model and snapshot."""
    names = ("n", "base_rate", "mean_predicted", "brier", "log_loss", "auc", "ece")
    return [
        {
            "model": row["candidate"],
            "snapshot": plain(row["snapshot"])[:10],
            **{name: plain(row.get(name)) for name in names},
        }
        for row in evidence
        if row["candidate"] in models and plain(row.get("brier")) is not None
    ]


class Reliability(Chart):
    """Predicted churn against the share who left, and below how often each score is given."""

    name = "reliability"
    place = "churn.how_good"
    of_evaluation = True

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        quality = report["quality"]
        if not quality["reliability"]:
            return None
        data = {
            "bins": quality["reliability"],
            "chosen": quality["targets"]["churn"]["chosen"],
            **{name: quality["churn"][name] for name in ("histogram", "rivals")},
        }
        return _reliability_shown(data, tested(report, "churn"))

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return mean predicted and actual churn and the largest gap among the groups."""
        bins = data["bins"]
        n = sum(row["n"] for row in bins)
        worst = max(bins, key=lambda row: abs(row["predicted"] - row["actual"]))
        return words(
            "chart.reliability.reading",
            predicted=sum(row["n"] * row["predicted"] for row in bins) / n,
            actual=sum(row["n"] * row["actual"] for row in bins) / n,
            gap=abs(worst["predicted"] - worst["actual"]),
            at=worst["predicted"],
        )

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        ordered = sorted(data["bins"], key=lambda row: row["predicted"])
        counts = [(round(row["actual"] * row["n"]), row["n"]) for row in ordered]
        ends = [binomtest(*count).proportion_ci(method="wilson") for count in counts]
        actual = [row["actual"] for row in ordered]
        own = go.Scatter(
            x=[row["predicted"] for row in ordered],
            y=actual,
            error_y={
                "array": [high - share for share, (_, high) in zip(actual, ends, strict=True)],
                "arrayminus": [share - low for share, (low, _) in zip(actual, ends, strict=True)],
                "thickness": 1.2,
                "width": 3,
            },
            mode="lines+markers",
            line={"color": ACCENT, "width": 2},
            marker={"size": 8},
            name=words.label("model", data["chosen"]) if data["chosen"] else words("actual"),
        )
        rivals = [
            line(
                [row["predicted"] for row in reversed(entry["bins"])],
                [row["actual"] for row in reversed(entry["bins"])],
                words.label("model", entry["model"]),
                colour,
            ).update(mode="lines+markers", line_width=1.3, marker_size=4)
            for entry, colour in zip(data["rivals"], (SECOND, THIRD), strict=False)
        ]
        figure = chart(
            [reference([0, 1], [0, 1], words("perfect")), own, *rivals],
            x=words("chart.reliability.x"),
            y=words("chart.reliability.y"),
        )
        figure.update_yaxes(range=[0, 1.03], **PERCENT)
        if any(data["histogram"]):
            _below(figure, data["histogram"], words)
        return figure.update_xaxes(range=[0, 1], **PERCENT)


def _reliability_shown(data: Mapping[str, Any], until: str) -> Shown:
    return Shown(data, sum(row["n"] for row in data["bins"]), until)


def _below(figure: go.Figure, histogram: Sequence[int], words: Words) -> None:
    """Draw under a chart of probabilities how many customers have which."""
    step = 1 / len(histogram)
    figure.add_bar(
        x=[(place + 0.5) * step for place in range(len(histogram))],
        y=list(histogram),
        yaxis="y2",
        name=words("column.customers"),
        marker_color=MUTED,
        width=0.9 * step,
    )
    below = {"domain": [0, 0.16], "showticklabels": False, "showgrid": False}
    figure.update_layout(yaxis={"domain": [0.22, 1]}, yaxis2={**below, "fixedrange": True})
    figure.update_layout(height=470, xaxis={"anchor": "y2"})


class Snapshots(Chart):
    """Brier score of the chosen model and its rivals on each past snapshot."""

    name = "snapshots"
    place = "churn.how_good"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        chosen = report["quality"]["targets"].get("churn", {}).get("chosen")
        rows = report["churn"]["snapshots"]
        if not chosen or len({row["snapshot"] for row in rows}) < 2:
            return None
        return _snapshots_shown(rows, chosen)

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return on how many snapshots the chosen model was the best, and how the level moved."""
        rows = data["rows"]
        days = sorted({row["snapshot"] for row in rows})
        best = [
            min((r for r in rows if r["snapshot"] == day), key=lambda r: r["brier"])["model"]
            for day in days
        ]
        rates = [row["base_rate"] for row in rows]
        return words(
            "chart.snapshots.reading",
            model=capital(words.label("model", data["chosen"])),
            wins=best.count(data["chosen"]),
            n=len(days),
            low=min(rates),
            high=max(rates),
        )

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        rows, chosen = data["rows"], data["chosen"]
        models = sorted({row["model"] for row in rows}, key=lambda name: (name != chosen, name))
        traces = []
        for model, colour in zip(models, (ACCENT, SECOND, THIRD, MUTED), strict=False):
            mine = sorted((r for r in rows if r["model"] == model), key=lambda r: r["snapshot"])
            days, scores = ([row[name] for row in mine] for name in ("snapshot", "brier"))
            drawn = line(days, scores, words.label("model", model), colour)
            traces.append(drawn.update(mode="lines+markers", marker={"size": 8}))
        figure = chart(traces, x=words("column.snapshot"), y=words.label("metric", "brier"))
        return figure.update_xaxes(type="category")


def _snapshots_shown(rows: Sequence[Mapping[str, Any]], chosen: str) -> Shown:
    own = [row for row in rows if row["model"] == chosen] or rows
    last = max(row["snapshot"] for row in rows)
    return Shown({"rows": rows, "chosen": chosen}, sum(row["n"] for row in own), last)


RELIABILITY, SNAPSHOTS = Reliability(), Snapshots()


def reliability(y: Values, p: Values, *, as_of: Day) -> go.Figure:
    """Draw the share who left against the predicted one, in tenths, with a histogram below.

    Parameters
    ----------
    y
        Shape (n,): 1 = left.
    p
        Shape (n,): predicted probability.
    as_of
        The cut-off.

    Examples
    --------
    >>> import winback as wb
    >>> y, p = [0, 1, 1, 1] * 25, [0.25, 0.75, 0.75, 0.75] * 25
    >>> figure = wb.plot.reliability(y, p, as_of="2024-06-30")
    >>> figure.data[1].x[0], figure.data[1].y[0], figure.data[1].x[-1], figure.data[1].y[-1]
    (0.25, 0.0, 0.75, 1.0)
    """
    judged, verdict = predictions(y, p, target="churn")
    with aggregator(predictions=judged) as engine:
        data = {**(reliability_of(engine, verdict) or {}), "chosen": ""}
    return alone(RELIABILITY.figure(_reliability_shown(data, day(as_of))))


def snapshots(model: ChurnModel) -> go.Figure:
    """Draw the error of a churn model and its rivals on each snapshot of the past.

    Parameters
    ----------
    model
        A fitted churn model with forward evidence. Its winner and the next best three are drawn.

    Raises
    ------
    NotEnoughDataError
        It has no evidence.
    """
    if model.contest_.empty:
        raise NotEnoughDataError("there is no forward evidence to draw", got=model.evidence_note_)
    ranked = model.contest_.sort_values("brier")["candidate"].tolist()
    names = list(dict.fromkeys([model.selected_, *ranked]))[:4]
    rows = snapshots_of(model.evidence_.to_dict("records"), names)  # type: ignore[arg-type]
    return alone(SNAPSHOTS.figure(_snapshots_shown(rows, model.selected_)))


CHARTS = (RELIABILITY, SNAPSHOTS)
PLOTS = (reliability, snapshots)
