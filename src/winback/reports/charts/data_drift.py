"""Drift: how far today's customers differ from those that the champion learned from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from winback.messages import Words
from winback.reports.aggregator import Rows, aggregator, plain, records
from winback.reports.charts.chart import Chart, Shown, as_of, scored
from winback.reports.charts.notebook import Day, alone, day
from winback.reports.style import ACCENT, SECOND, bars, mark, rows_chart

FEATURES = {
    "frequency": "frequency",
    "days_since_last": "T - recency",
    "tenure": "T",
    "monetary_value": "monetary_value",
}
STEADY, MOVED = 0.1, 0.25
"""Customary marks of the population stability index: below the first nothing has happened, above
the second the model should be trained anew."""
LEAST = 1e-4  # an empty bin would make the index infinite


def drift_of(past: Rows, scores: Rows, *, has_amounts: bool) -> list[dict[str, Any]]:
    """Measure the population stability index of each feature, over tenths of the past.

    Parameters
    ----------
    past, scores
        ``frequency, recency, T, monetary_value`` when the champion was trained, and today.
    has_amounts
        False: the source has no amounts to compare.

    Returns
    -------
    list of dict
        ``feature`` and ``psi`` = sum over bins of (today - past) x ln(today / past), shares of
        customers; 0 is the same distribution. The largest first.

    Examples
    --------
    >>> import pandas as pd
    >>> past = pd.DataFrame({"frequency": [0.0, 1, 2, 3] * 50, "recency": 1.0, "T": 9.0,
    ...                      "monetary_value": 5.0})
    >>> same = drift_of(past, past, has_amounts=True)
    >>> {row["feature"]: row["psi"] for row in same}["frequency"]
    0.0
    >>> drift_of(past, past.assign(frequency=3.0), has_amounts=True)[0]["feature"]
    'frequency'
    """
    indices = []
    with aggregator(past=past, scores=scores) as engine:
        for name, value in FEATURES.items():
            if name == "monetary_value" and not has_amounts:
                continue
            tenths = [tenth / 10 for tenth in range(1, 10)]
            edges = records(engine, f"SELECT quantile_disc({value}, {tenths}) AS edges FROM past")
            cuts = sorted({float(edge) for edge in edges[0]["edges"] or []})
            bins = " + ".join(f"CAST({value} > {edge!r} AS INTEGER)" for edge in cuts) or "0"
            shares = [
                {
                    row["bin"]: row["share"]
                    for row in records(
                        engine,
                        f"""
                        SELECT {bins} AS bin, count(*) / (SELECT count(*) FROM {table}) AS share
                        FROM {table} GROUP BY 1 ORDER BY 1
                        """,
                    )
                }
                for table in ("past", "scores")
            ]
            pairs = [
                tuple(max(side.get(place, 0.0), LEAST) for side in shares)
                for place in sorted({*shares[0], *shares[1]})
            ]
            psi = sum((now - then) * math.log(now / then) for then, now in pairs)
            indices.append({"feature": name, "psi": plain(psi)})
    return sorted(indices, key=lambda row: -row["psi"])


class Drift(Chart):
    """How far each feature has moved since the champion was trained."""

    name = "drift"
    place = "data.drift"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        data = report["drift"]
        if not data or not data["features"]:
            return None
        return Shown(data, scored(report), as_of(report))

    def title(self, data: Mapping[str, Any], words: Words) -> tuple[str, dict[str, str]]:
        return self.name, {"since": words.day(data["since"])}

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return which feature has moved the most, and whether that is much."""
        first = data["features"][0]
        size = "moved" if first["psi"] > MOVED else "moving" if first["psi"] > STEADY else "steady"
        return words(
            f"chart.drift.reading.{size}",
            feature=words(f"feature.{first['feature']}"),
            psi=words.metric(first["psi"]),
            since=words.day(data["since"]),
        )

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        sizes = [row["psi"] for row in data["features"]]
        names = [words(f"feature.{row['feature']}") for row in data["features"]]
        drawn = bars(names, sizes, words.metric, [SECOND if n > MOVED else ACCENT for n in sizes])
        figure = rows_chart([drawn], x=words("chart.drift.x"), rows=len(sizes))
        longest = max(MOVED, *sizes)
        mark(figure, MOVED, words("chart.drift.moved"), right=0.6 * longest < MOVED)
        return figure.update_xaxes(range=[0, 1.2 * longest], tickformat=None)


DRIFT = Drift()


def drift(past: pd.DataFrame, today: pd.DataFrame, *, since: Day, as_of: Day) -> go.Figure:
    """Draw how far the customers have moved, by feature (population stability index).

    Parameters
    ----------
    past, today
        ``frequency, recency, T, monetary_value`` of the customers at the two dates.
    since, as_of
        The dates.

    Examples
    --------
    >>> import winback as wb
    >>> past = pd.DataFrame({"frequency": [0.0, 1, 2, 3] * 50, "recency": 1.0, "T": 9.0,
    ...                      "monetary_value": 5.0})
    >>> figure = wb.plot.drift(past, past, since="2024-01-01", as_of="2024-06-30")
    >>> set(figure.data[0].x)
    {0.0}
    """
    data = {"since": day(since), "features": drift_of(past, today, has_amounts=True)}
    figure = DRIFT.figure(Shown(data, len(today), day(as_of)))
    return alone(figure, title=f"Drift of the customers since {day(since)}")


CHARTS = (DRIFT,)
PLOTS = (drift,)
