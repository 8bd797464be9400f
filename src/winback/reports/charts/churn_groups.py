"""The churn score by kind of customer: whether its level is right for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from winback.messages import Words
from winback.reports.aggregator import plain
from winback.reports.charts.chart import Chart, Shown, tested
from winback.reports.charts.churn_found import BASELINES
from winback.reports.stored_messages import kept
from winback.reports.style import ACCENT, MUTED, PERCENT, SECOND, chart, folded

GROUPINGS = ("repeat", "orders", "tier")
FEWEST = 30  # a group of fewer customers has no level to speak of
FIGURES = (
    "n",
    "churn_rate",
    "mean_predicted",
    "auc",
    "auc_low",
    "auc_high",
    "brier",
    "ece",
    "top_decile_lift",
    "top_decile_lift_max",
    "safe_decile_churn",
)


def groups_of(entries: Sequence[Mapping[str, Any]], chosen: str | None) -> dict[str, Any]:
    """Take the chosen model's figures by kind of customer, the best other baseline's AUC beside.

    Examples
    --------
    >>> entry = {"grouping": "repeat", "group": "repeat", "auc": 0.7}
    >>> entries = [{**entry, "model": name} for name in ("beta_geo", "logistic")]
    >>> groups_of(entries, "beta_geo")["repeat"][0]["baseline"]["model"]
    'logistic'

    Returns
    -------
    dict
        Per grouping (``repeat``, ``orders``, ``tier``) one entry a group.
    """
    by_grouping: dict[str, Any] = {}
    others = [entry for entry in entries if entry["model"] != chosen]
    for grouping in GROUPINGS:
        rows = [
            {
                "group": str(entry["group"]),
                **{name: plain(entry.get(name)) for name in FIGURES},
                "note": kept(entry["note"]) if entry.get("note") else None,
                "baseline": _best_baseline(others, grouping, entry["group"]),
            }
            for entry in entries
            if entry["grouping"] == grouping and entry["model"] == chosen
        ]
        if rows:
            by_grouping[grouping] = rows
    return by_grouping


def _best_baseline(
    entries: Sequence[Mapping[str, Any]], grouping: str, group: Any
) -> dict[str, Any] | None:
    baselines = [
        {"model": entry["model"], "auc": plain(entry.get("auc"))}
        for entry in entries
        if (entry["grouping"], entry["group"]) == (grouping, group)
        and entry["model"] in BASELINES
        and entry.get("auc") is not None
    ]
    return max(baselines, key=lambda entry: entry["auc"]) if baselines else None


class Groups(Chart):
    """Predicted and actual churn of each group, joined by a line as long as the gap."""

    place = "churn.for_whom"
    of_evaluation = True

    def __init__(self, by: str) -> None:
        self.name = f"groups_{by}"
        self.by = by
        self.kind = "tier" if by == "tier" else f"group.{by}"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        rows = report["quality"]["churn"]["groups"].get(self.by, [])
        rows = [row for row in rows if row["n"] >= FEWEST]
        if len(rows) < 2:
            return None
        return Shown(rows, sum(row["n"] for row in rows), tested(report, "churn"))

    def read(self, data: Sequence[Mapping[str, Any]], words: Words) -> str:
        """Return in which group the forecast misses the level the most."""
        worst = max(data, key=lambda row: abs(row["mean_predicted"] - row["churn_rate"]))
        return words(
            "chart.groups.reading",
            group=words.label(self.kind, worst["group"]),
            predicted=worst["mean_predicted"],
            actual=worst["churn_rate"],
        )

    def draw(self, data: Sequence[Mapping[str, Any]], words: Words) -> go.Figure:
        names = [
            folded(f"{words.label(self.kind, row['group'])} ({words.number(row['n'])})")
            for row in data
        ]
        gaps: list[Any] = []
        for row in data:
            gaps += [row["mean_predicted"], row["churn_rate"], None]
        joined = go.Scatter(
            x=gaps,
            y=[name for name in names for _ in range(3)],
            mode="lines",
            line={"color": MUTED, "width": 3},
            hoverinfo="skip",
            showlegend=False,
        )
        marks = [
            go.Scatter(
                x=[row[key] for row in data],
                y=names,
                mode="markers",
                marker={"color": colour, "size": 13, "symbol": symbol},
                name=words(name),
            )
            for key, name, colour, symbol in (
                ("mean_predicted", "predicted", ACCENT, "circle"),
                ("churn_rate", "actual", SECOND, "diamond"),
            )
        ]
        figure = chart([joined, *marks], x=words("chart.groups.x"), height=202 + 42 * len(data))
        figure.update_xaxes(range=[0, 1.02], **PERCENT)
        return figure.update_yaxes(autorange="reversed", ticklabelstandoff=8)


CHARTS = (Groups("tier"), Groups("orders"))
