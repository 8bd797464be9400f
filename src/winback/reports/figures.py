"""Figures: one small function per chart, from plain data to a plotly figure.

Each figure carries its caption (title, n, as-of date, reading, alternative text) in
``figure.layout.meta``, so that a page, a notebook or an experiment tracker can show it whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from winback.reports import readings
from winback.reports.messages import Words
from winback.reports.style import ACCENT, MUTED, SECOND, SEVERITY, Caption, chart, rows_chart


def figures(report: dict[str, Any]) -> dict[str, go.Figure]:
    """Draw every chart that the report has data for.

    Parameters
    ----------
    report
        The result of :func:`winback.reports.compute.compute_report`.

    Returns
    -------
    dict
        Name of the chart, and its figure, in the order of the page.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.reports.compute import compute_report
    >>> scores = pd.DataFrame({
    ...     "frequency": [2.0, 0.0], "recency": [30.0, 0.0], "T": [40.0, 400.0],
    ...     "expected_purchases": [1.5, 0.1], "clv": [90.0, 10.0], "p_churn": [0.2, 0.9],
    ...     "tier": ["high", "low"], "lifecycle_stage": ["active", "dormant"]})
    >>> report = compute_report(job={"name": "shop", "as_of": "1998-06-30"},
    ...                         intake={"rows_in": 3, "accepted": 3}, scores=scores)
    >>> list(figures(report))
    ['concentration', 'tiers', 'risk', 'stages']
    """
    words = Words(report["job"]["language"], report["job"]["currency"])
    as_of = words.day(report["job"]["as_of"])
    people, quality, lists = report["population"], report["quality"], report["lists"]
    drawn: dict[str, go.Figure] = {}
    if quality["reliability"]:
        tested = words.day(quality["targets"]["churn"]["as_of"])
        drawn["reliability"] = reliability(quality["reliability"], words, as_of=tested)
    for target, bins in quality["deciles"].items():
        tested = words.day(quality["targets"][target]["as_of"])
        drawn[f"deciles_{target}"] = deciles(bins, words, target=target, as_of=tested)
    if report["tracking"]:
        drawn["tracking"] = tracking(report["tracking"], words, as_of=as_of)
    if people["concentration"]:
        n = people["summary"]["n"]
        drawn["concentration"] = concentration(people["concentration"], words, n=n, as_of=as_of)
    if people["tiers"]:
        drawn["tiers"] = tiers(people["tiers"], words, as_of=as_of)
    if people["risk"]:
        mean = people["summary"]["mean_p_churn"]
        drawn["risk"] = risk(people["risk"], words, mean=mean, as_of=as_of)
    if people["stages"]:
        drawn["stages"] = stages(people["stages"], words, as_of=as_of)
    if lists["churn_warning"] and lists["churn_warning"]["n"]:
        drawn["severity"] = severity(lists["churn_warning"], words, as_of=as_of)
    if lists["win_back"] and lists["win_back"]["considered"]:
        drawn["funnel"] = funnel(lists["win_back"], words, as_of=as_of)
    return drawn


def deciles(
    bins: Sequence[dict[str, Any]], words: Words, *, target: str, as_of: str
) -> go.Figure:
    """Predicted against actual means in ten groups, the highest predictions first."""
    name = words.label("target", target)
    caption = _caption(
        "deciles",
        readings.deciles_reading(bins, target, words),
        words,
        n=sum(row["n"] for row in bins),
        as_of=as_of,
        target=name,
    )
    places = [row["bin"] for row in bins]
    figure = chart(
        [
            go.Bar(x=places, y=[row[side] for row in bins], name=words(side), marker_color=colour)
            for side, colour in (("predicted", ACCENT), ("actual", SECOND))
        ],
        caption,
        words,
        x=words("chart.deciles.x"),
        y=words(f"chart.deciles.y.{target}"),
    )
    return figure.update_xaxes(dtick=1, showgrid=False)


def reliability(bins: Sequence[dict[str, Any]], words: Words, *, as_of: str) -> go.Figure:
    """Predicted churn against the share who left, in ten groups of equal size."""
    caption = _caption(
        "reliability",
        readings.reliability_reading(bins, words),
        words,
        n=sum(row["n"] for row in bins),
        as_of=as_of,
    )
    ordered = sorted(bins, key=lambda row: row["predicted"])
    intervals = [_wilson(row["actual"], row["n"]) for row in ordered]
    figure = chart(
        [
            go.Scatter(
                x=[0, 1],
                y=[0, 1],
                mode="lines",
                line={"color": MUTED, "dash": "dash", "width": 1.5},
                name=words("perfect"),
                hoverinfo="skip",
            ),
            go.Scatter(
                x=[row["predicted"] for row in ordered],
                y=[row["actual"] for row in ordered],
                error_y={
                    "array": [
                        high - row["actual"]
                        for row, (_, high) in zip(ordered, intervals, strict=True)
                    ],
                    "arrayminus": [
                        row["actual"] - low for row, (low, _) in zip(ordered, intervals, strict=True)
                    ],
                    "thickness": 1.2,
                    "width": 3,
                },
                mode="lines+markers",
                line={"color": ACCENT, "width": 2},
                marker={"size": 8},
                name=words("actual"),
            ),
        ],
        caption,
        words,
        x=words("chart.reliability.x"),
        y=words("chart.reliability.y"),
    )
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    return figure.update_yaxes(range=[0, 1.03], tickformat=".0%")


def tracking(weeks: Sequence[dict[str, Any]], words: Words, *, as_of: str) -> go.Figure:
    """Draw actual and expected purchases by week, with a line where the held-out weeks begin."""
    caption = _caption(
        "tracking", readings.tracking_reading(weeks, words), words, n=len(weeks), as_of=as_of
    )
    whole = [week for week in weeks if week["days"] == 7] or list(weeks)  # a part week dips
    days = [week["week"] for week in whole]
    figure = chart(
        [
            go.Scatter(
                x=days,
                y=[week[side] for week in whole],
                mode="lines",
                line={"color": colour, "width": 2, "dash": dash},
                name=words(side),
            )
            for side, colour, dash in (("actual", SECOND, "solid"), ("expected", ACCENT, "dash"))
        ],
        caption,
        words,
        x=words("chart.tracking.x"),
        y=words("chart.tracking.y"),
    )
    unseen = next((week["week"] for week in weeks if week["held_out"]), None)
    if unseen is not None and unseen != weeks[0]["week"]:
        figure.add_vline(x=unseen, line={"color": MUTED, "width": 1.5, "dash": "dot"})
        figure.add_annotation(
            x=unseen,
            y=1,
            yref="paper",
            text=words("chart.tracking.held_out"),
            showarrow=False,
            xanchor="left",
            xshift=6,
        )
    return figure.update_yaxes(rangemode="tozero")


def concentration(data: dict[str, Any], words: Words, *, n: int, as_of: str) -> go.Figure:
    """Draw the share of value against the share of customers, the most valuable first."""
    caption = _caption(
        "concentration", readings.concentration_reading(data, words), words, n=n, as_of=as_of
    )
    percents = [place / 100 for place in range(101)]
    top = [row for row in data["top"] if row["percent"] > 1]
    figure = chart(
        [
            go.Scatter(
                x=percents,
                y=data["curve"],
                mode="lines",
                line={"color": ACCENT, "width": 2.5},
                name=words("chart.concentration.y"),
            ),
            go.Scatter(
                x=[0, 1],
                y=[0, 1],
                mode="lines",
                line={"color": MUTED, "width": 1.5, "dash": "dash"},
                name=words("chart.concentration.equal"),
                hoverinfo="skip",
            ),
            go.Scatter(
                x=[row["percent"] / 100 for row in top],
                y=[row["value_share"] for row in top],
                text=[f"{row['percent']}%: {words.share(row['value_share'])}" for row in top],
                mode="markers+text",
                textposition="middle right",
                marker={"color": ACCENT, "size": 8},
                showlegend=False,
                hoverinfo="skip",
            ),
        ],
        caption,
        words,
        x=words("chart.concentration.x"),
        y=words("chart.concentration.y"),
    )
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    return figure.update_yaxes(range=[0, 1.03], tickformat=".0%")


def tiers(rows: Sequence[dict[str, Any]], words: Words, *, as_of: str) -> go.Figure:
    """Each tier's share of customers beside its share of value."""
    n = sum(row["n"] for row in rows)
    caption = _caption("tiers", readings.tiers_reading(rows, words), words, n=n, as_of=as_of)
    names = [words.label("tier", row["name"]) for row in rows]
    shares = [("share", "customers", MUTED), ("value_share", "value", ACCENT)]
    figure = rows_chart(
        [
            _bars(names, [row[key] for row in rows], words.share, colour).update(
                name=words(f"chart.tiers.{name}")
            )
            for key, name, colour in shares
            if rows[0][key] is not None
        ],
        caption,
        words,
        x="",
        rows=len(rows) + 1,
    )
    return figure.update_xaxes(tickformat=".0%", rangemode="tozero")


def risk(data: dict[str, Any], words: Words, *, mean: float | None, as_of: str) -> go.Figure:
    """Histogram of the churn probability, dormant customers stacked on active ones."""
    caption = _caption(
        "risk",
        readings.risk_reading(data, mean, words),
        words,
        n=data["n_active"] + data["n_dormant"],
        as_of=as_of,
    )
    edges = data["edges"]
    middles = [(low + high) / 2 for low, high in zip(edges, edges[1:], strict=False)]
    figure = chart(
        [
            go.Bar(x=middles, y=data[kind], name=words(f"chart.risk.{kind}"), marker_color=colour)
            for kind, colour in (("active", ACCENT), ("dormant", MUTED))
            if data[f"n_{kind}"]
        ],
        caption,
        words,
        x=words("chart.risk.x"),
        y=words("chart.risk.y"),
    )
    figure.update_layout(barmode="stack", bargap=0.06)
    return figure.update_xaxes(range=[0, 1], tickformat=".0%", showgrid=False)


def stages(rows: Sequence[dict[str, Any]], words: Words, *, as_of: str) -> go.Figure:
    """Customers per lifecycle stage."""
    n = sum(row["n"] for row in rows)
    caption = _caption("stages", readings.stages_reading(rows, words), words, n=n, as_of=as_of)
    names = [words.label("stage", row["name"]) for row in rows]
    bars = _bars(names, [row["n"] for row in rows], words.number, ACCENT)
    return rows_chart([bars], caption, words, x=words("chart.stages.x"), rows=len(rows))


def severity(size: dict[str, Any], words: Words, *, as_of: str) -> go.Figure:
    """Churn warnings per severity."""
    caption = _caption(
        "severity", readings.severity_reading(size, words), words, n=size["n"], as_of=as_of
    )
    rows = size["severities"]
    names = [words.label("severity", row["name"]) for row in rows]
    colours = [SEVERITY[row["name"]] for row in rows]
    bars = _bars(names, [row["n"] for row in rows], words.number, colours)
    return rows_chart([bars], caption, words, x=words("chart.severity.x"), rows=len(rows))


def funnel(size: dict[str, Any], words: Words, *, as_of: str) -> go.Figure:
    """From everybody considered for win-back, over those left out, to the call list."""
    caption = _caption(
        "funnel", readings.funnel_reading(size, words), words, n=size["considered"], as_of=as_of
    )
    steps = [(words("chart.funnel.considered"), size["considered"], MUTED)]
    steps += [(words.label("excluded", row["reason"]), row["n"], MUTED) for row in size["excluded"]]
    steps += [
        (words("chart.funnel.control"), size["control"], SECOND),
        (words("chart.funnel.treated"), size["treated"], ACCENT),
    ]
    names, counts, colours = (list(column) for column in zip(*steps, strict=True))
    bars = _bars(names, counts, words.number, colours)
    return rows_chart([bars], caption, words, x=words("chart.funnel.x"), rows=len(steps))


def _bars(
    names: list[str], values: list[Any], write: Any, colour: str | list[str]
) -> go.Bar:
    """Draw horizontal bars with their value written behind the end."""
    return go.Bar(
        x=values,
        y=names,
        orientation="h",
        text=[write(value) for value in values],
        textposition="outside",
        cliponaxis=False,
        marker_color=colour,
        hoverinfo="y+text",
    )


def _caption(
    name: str, reading: str, words: Words, *, n: int, as_of: str, **facts: str
) -> Caption:
    return Caption(
        title=words(f"chart.{name}.title", **facts),
        n=words.number(n),
        as_of=as_of,
        reading=reading,
        alt=words(f"chart.{name}.alt", reading=reading, **facts),
    )


def _wilson(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """95% interval of a share (Wilson 1927): stays inside [0, 1] even at 0 and 1."""
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * ((share * (1 - share) + z * z / (4 * n)) / n) ** 0.5
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))
