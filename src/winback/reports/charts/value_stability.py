"""Stability: the parameters that earlier runs of the same value model have found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from winback.errors import UsageError
from winback.messages import Words
from winback.reports.aggregator import plain
from winback.reports.charts.chart import ENGLISH, Chart, Shown, as_of
from winback.reports.charts.notebook import alone, day, purchase_model
from winback.reports.style import ACCENT, chart, line

MOST = 12
PANELS = 2  # of the parameters, side by side
_NAMES = {
    "BetaGeoModel": "beta_geo",
    "ModifiedBetaGeoModel": "modified_beta_geo",
    "BetaGeoBetaBinomialModel": "beta_binomial",
    "ParetoNBDModel": "pareto_nbd",
    "RegularBetaGeoModel": "regular_beta_geo",
}  # as the report's words know them


def stability_of(runs: Sequence[Mapping[str, Any]], chosen: str) -> dict[str, Any] | None:
    """Put together what the runs of one model have found for each of its parameters.

    Parameters
    ----------
    runs
        One entry a registered version, the oldest first: ``version, as_of, estimator`` and
        ``parameters`` (rows ``name, value, low, high``; the ends of a 95% interval may be missing).
    chosen
        The estimator in use; others have other parameters and are left aside.

    Returns
    -------
    dict or None
        ``estimator``, ``runs`` (``version, as_of``: the newest 12) and ``parameters``: per name
        ``value, low, high``, each a list over the runs. ``None`` with fewer than two runs.

    Examples
    --------
    >>> run = {"version": 1, "as_of": "2024-01-31", "estimator": "beta_geo",
    ...        "parameters": [{"name": "r", "value": 0.24, "low": 0.2, "high": 0.3}]}
    >>> stability_of([run, {**run, "version": 2}], "beta_geo")["parameters"]["r"]["value"]
    [0.24, 0.24]
    >>> stability_of([run], "beta_geo") is None
    True
    """
    mine = [run for run in runs if run["estimator"] == chosen and run["parameters"]][-MOST:]
    if len(mine) < 2:
        return None
    names = [row["name"] for row in mine[-1]["parameters"]]
    by_run = [{row["name"]: row for row in run["parameters"]} for run in mine]
    return {
        "estimator": chosen,
        "runs": [plain({key: run[key] for key in ("version", "as_of")}) for run in mine],
        "parameters": {
            name: {
                key: [plain(rows.get(name, {}).get(key)) for rows in by_run]
                for key in ("value", "low", "high")
            }
            for name in names
        },
    }


class Stability(Chart):
    """Each parameter by run, on a scale of its own, with its 95% interval."""

    name = "stability"
    place = "value.hold"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        data = report["value"]["stability"]
        return Shown(data, len(data["runs"]), as_of(report)) if data else None

    def title(self, data: Mapping[str, Any], words: Words) -> tuple[str, dict[str, str]]:
        return self.name, {"model": words.label("model", data["estimator"])}

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return which parameter has moved the most, and between which values."""
        given = {
            name: [value for value in values["value"] if value is not None]
            for name, values in data["parameters"].items()
        }
        moves = {
            name: max(values) / min(values)
            for name, values in given.items()
            if values and min(values) > 0
        }
        name = max(moves, key=lambda key: moves[key], default=next(iter(given)))
        last = data["parameters"][name]
        low, high = last["low"][-1], last["high"][-1]
        inside = low is not None and all(low <= value <= high for value in given[name])
        return words(
            "chart.stability.reading.inside" if inside else "chart.stability.reading",
            runs=len(data["runs"]),
            name=name,
            low=words.parameter(name, min(given[name], default=None)),
            high=words.parameter(name, max(given[name], default=None)),
        )

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        names = list(data["parameters"])
        lines = -(-len(names) // PANELS)
        figure = chart([], height=110 + 140 * lines)
        figure.set_subplots(
            lines,
            PANELS,
            subplot_titles=[words.label("parameter", name) for name in names],
            vertical_spacing=0.4 / lines,
            horizontal_spacing=0.16,  # room for the ticks of the right ones on a phone
        )
        labels = [str(run["version"]) for run in data["runs"]]
        for place, values in enumerate(data["parameters"].values()):
            ends = zip(values["value"], values["low"], values["high"], strict=True)
            up, down = zip(*(_reach(*end) for end in ends), strict=True)
            drawn = line(labels, values["value"], "", ACCENT).update(
                mode="lines+markers",
                marker_size=7,
                showlegend=False,
                error_y={"array": up, "arrayminus": down, "thickness": 1.4, "width": 4},
            )
            figure.add_trace(drawn, row=place // PANELS + 1, col=place % PANELS + 1)
        figure.update_annotations(font_size=13)
        figure.update_xaxes(type="category", showgrid=False)
        for column in range(min(PANELS, len(names))):
            row = lines - (column >= len(names) - PANELS * (lines - 1))  # the lowest of its column
            figure.update_xaxes(title_text=words("chart.stability.x"), row=row, col=column + 1)
        return figure.update_yaxes(nticks=4)


def _reach(value: float | None, low: float | None, high: float | None) -> tuple[float, float]:
    """Return how far an interval goes up and down; nowhere where it is not known."""
    if value is None or low is None or high is None:
        return 0.0, 0.0
    return high - value, value - low


STABILITY = Stability()


def parameters(models: Mapping[Any, Any]) -> go.Figure:
    """Draw the parameters of a purchase model over runs, each with its 95% interval.

    Parameters
    ----------
    models
        Fitted purchase models or value models, of one kind, by the day they were fitted at.

    Raises
    ------
    UsageError
        Fewer than two, or they are of different kinds.

    Examples
    --------
    >>> import winback as wb
    >>> shop = wb.read_transactions("sample:cdnow-tenth")
    >>> figure = wb.plot.parameters({
    ...     day: wb.BetaGeoModel().fit(wb.rfm_summary(shop, as_of=day))
    ...     for day in ("1997-09-30", "1998-06-30")})
    >>> figure.data[0].x, [round(value, 3) for value in figure.data[0].y]  # r
    (('1997-09-30', '1998-06-30'), [0.243, 0.254])
    """
    days = sorted(models, key=str)
    fitted: list[Any] = [purchase_model(models[one]) for one in days]
    kinds = sorted({_NAMES.get(type(model).__name__, type(model).__name__) for model in fitted})
    runs = [
        {
            "version": day(one),
            "as_of": day(one),
            "estimator": kinds[0],
            "parameters": [
                {
                    "name": str(name),
                    "value": float(row["estimate"]),
                    "low": float(row["low_95"]),
                    "high": float(row["high_95"]),
                }
                for name, row in model.summary_.iterrows()
            ],
        }
        for one, model in zip(days, fitted, strict=True)
    ]
    data = stability_of(runs, kinds[0]) if len(kinds) == 1 else None
    if data is None:
        raise UsageError(
            "parameters over runs need two models of one kind",
            where="models",
            got=f"{len(days)}: {', '.join(kinds)}",
        )
    figure = STABILITY.figure(Shown(data, len(days), day(days[-1])))
    for axis in figure.select_xaxes():
        if axis.title.text:
            axis.title.text = "Fitted at"
    return alone(figure, n=ENGLISH.number(round(float(fitted[-1].n_))))


CHARTS = (STABILITY,)
PLOTS = (parameters,)
