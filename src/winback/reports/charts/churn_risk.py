"""Who may leave, and why: the histogram of the score, the reasons on the list, what moves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import plotly.graph_objects as go

from winback.errors import NotEnoughDataError, Sentence
from winback.lists.reasons import by_family
from winback.messages import Words
from winback.reports.aggregator import Rows, aggregator, columns, records
from winback.reports.charts.chart import ENGLISH, Chart, Shown, as_of
from winback.reports.charts.notebook import Day, alone, day, of_its_own, same_length
from winback.reports.scored import scored_view, summary_of
from winback.reports.style import ACCENT, MUTED, PERCENT, bars, chart, rows_chart

RISK_BINS = 20
MOST_REASONS = 10


def risk_of(engine: duckdb.DuckDBPyConnection) -> dict[str, Any] | None:
    """Count customers by churn probability in twenty bins, active and dormant ones apart.

    Parameters
    ----------
    engine
        From `winback.reports.scored.scored_view`.
    """
    rows = records(
        engine,
        """
        SELECT least(CAST(floor(p_churn * ?) AS INTEGER), ? - 1) AS bin,
               count(*) FILTER (active) AS active, count(*) FILTER (NOT active) AS dormant,
               count(*) FILTER (active AND p_churn > 0.5) AS likely
        FROM scores WHERE p_churn IS NOT NULL GROUP BY bin ORDER BY bin
        """,
        [RISK_BINS, RISK_BINS],
    )
    if not rows:
        return None
    by_bin = {row["bin"]: row for row in rows}
    counts = {
        kind: [by_bin.get(place, {}).get(kind, 0) for place in range(RISK_BINS)]
        for kind in ("active", "dormant")
    }
    return {
        "edges": [place / RISK_BINS for place in range(RISK_BINS + 1)],
        **counts,
        "n_active": sum(counts["active"]),
        "n_dormant": sum(counts["dormant"]),
        "likely": sum(row["likely"] for row in rows),  # active, more likely than not to stay away
    }


def reasons_of(rows: Rows | None) -> list[dict[str, Any]]:
    """Count the reasons on the churn-warning list: as the first one, and as second or third."""
    if rows is None:
        return []
    with aggregator(warnings=rows) as engine:
        if "reason_1_code" not in columns(engine, "warnings"):
            return []
        return records(
            engine,
            """
            WITH given AS (
                SELECT reason_1_code AS code, 1 AS place FROM warnings
                UNION ALL SELECT reason_2_code, 2 FROM warnings
                UNION ALL SELECT reason_3_code, 3 FROM warnings
            )
            SELECT CAST(code AS VARCHAR) AS code, count(*) FILTER (place = 1) AS first,
                   count(*) FILTER (place > 1) AS further
            FROM given WHERE code IS NOT NULL AND CAST(code AS VARCHAR) <> ''
            GROUP BY code ORDER BY first DESC, further DESC, code
            """,
        )


class Risk(Chart):
    """Histogram of the churn probability, dormant customers stacked on active ones."""

    name = "risk"
    place = "churn.who"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        risk = report["population"]["risk"]
        if not risk:
            return None
        mean = report["population"]["summary"]["mean_p_churn"]
        return _risk_shown(risk, mean, as_of(report))

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return how many active customers are more likely than not to stay away."""
        if not data["n_active"]:
            customers = words.count(data["n_dormant"], "customer")
            return words("chart.risk.reading.dormant", customers=customers)
        return words(
            "chart.risk.reading",
            likely=data["likely"],
            active=data["n_active"],
            share=data["likely"] / data["n_active"],
            mean=data["mean"],
        )

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        middles = [(low + high) / 2 for low, high in pairwise(data["edges"])]
        figure = chart(
            [
                go.Bar(x=middles, y=data[k], name=words(f"chart.risk.{k}"), marker_color=colour)
                for k, colour in (("active", ACCENT), ("dormant", MUTED))
                if data[f"n_{k}"]
            ],
            x=words("chart.risk.x"),
            y=words("chart.risk.y"),
        )
        figure.update_layout(barmode="stack", bargap=0.06)
        figure.update_yaxes(tickformat=",")
        return figure.update_xaxes(range=[0, 1], **PERCENT, showgrid=False)


def _risk_shown(risk: Mapping[str, Any], mean: float | None, until: str) -> Shown:
    return Shown({**risk, "mean": mean}, risk["n_active"] + risk["n_dormant"], until)


class Reasons(Chart):
    """How often each reason stands first, and how often second or third."""

    name = "reasons"
    place = "churn.who"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        rows = report["churn"]["reasons"]
        if not rows:
            return None
        return _reasons_shown(rows, report["lists"]["churn_warning"]["n"], as_of(report))

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return the most frequent first reason."""
        first, n = data["rows"][0], data["n"]
        return words(
            "chart.reasons.reading",
            reason=words.reason(first["code"]),
            n=first["first"],
            total=n,
            share=first["first"] / n if n else None,
        )

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        shown = data["rows"][:MOST_REASONS]
        names = [words.reason(row["code"]) for row in shown]
        sums = [row["first"] + row["further"] for row in shown]
        drawn = [
            bars(names, [row[key] for row in shown], words.number, colour).update(
                name=words(f"chart.reasons.{key}"), textposition="none", hoverinfo="x+name"
            )
            for key, colour in (("first", ACCENT), ("further", MUTED))
        ]
        drawn[1].update(text=[words.number(n) for n in sums], textposition="outside")
        figure = rows_chart(drawn, x=words("chart.reasons.x"), rows=len(shown))
        figure.update_xaxes(range=[0, 1.2 * max(sums)])
        return figure.update_layout(barmode="stack", height=190 + 32 * len(shown))


def _reasons_shown(rows: Sequence[Mapping[str, Any]], n: int, until: str) -> Shown:
    return Shown({"rows": rows, "n": n}, n, until)


RISK, REASONS = Risk(), Reasons()


def churn_risk(
    scores: pd.DataFrame, *, as_of: Day, active_within_days: int | None = None
) -> go.Figure:
    """Draw the churn probabilities of active and dormant customers.

    Parameters
    ----------
    scores
        With the columns of ``scores.parquet``.
    as_of
        The last day that is known.
    active_within_days
        Who bought within so many days is active; None: everybody.

    Examples
    --------
    >>> import winback as wb
    >>> scores = pd.DataFrame({
    ...     "frequency": [2.0, 0.0], "recency": [30.0, 0.0], "T": [40.0, 400.0],
    ...     "expected_purchases": [1.5, 0.1], "clv": [90.0, 10.0], "p_churn": [0.2, 0.9],
    ...     "tier": ["high", "low"], "lifecycle_stage": ["active", "dormant"]})
    >>> figure = wb.plot.churn_risk(scores, as_of="2024-06-30", active_within_days=90)
    >>> sum(figure.data[0].y), sum(figure.data[1].y)
    (1, 1)
    """
    with scored_view(scores, active_within_days=active_within_days) as engine:
        risk, mean = risk_of(engine), summary_of(engine)["mean_p_churn"]
    if risk is None:
        raise NotEnoughDataError(
            "nobody has a churn probability",
            got=Sentence("{n} {n:form.customer/customers}", n=len(scores)),
        )
    return alone(RISK.figure(_risk_shown(risk, mean, day(as_of))))


def reasons(warnings: pd.DataFrame, *, as_of: Day) -> go.Figure:
    """Count the reasons on a churn-warning list: as the first one, and as second or third.

    Parameters
    ----------
    warnings
        With the columns of ``churn_warning.parquet``.
    as_of
        The list's date.

    Examples
    --------
    >>> import winback as wb
    >>> listed = pd.DataFrame({"reason_1_code": ["overdue", "overdue"],
    ...                        "reason_2_code": ["basket", None], "reason_3_code": None})
    >>> figure = wb.plot.reasons(listed, as_of="2024-06-30")
    >>> figure.data[0].x, figure.data[1].x
    ((2, 0), (0, 1))
    """
    rows = reasons_of(warnings)
    if not rows:
        raise NotEnoughDataError("the list gives no reason to count")
    return alone(REASONS.figure(_reasons_shown(rows, len(warnings), day(as_of))))


def importance(contributions: pd.DataFrame, *, as_of: Day, most: int = 12) -> go.Figure:
    """Draw how much each kind of reason moves a churn score: contributions, never causes.

    Parameters
    ----------
    contributions
        From `ChurnModel.contributions`: a column a feature, in log-odds, and ``bias``.
    as_of
        The last day that was known.
    most
        So many kinds at most.

    Examples
    --------
    >>> import winback as wb
    >>> moved = pd.DataFrame({"overdue_ratio": [1.0, -2.0], "frequency": [0.5, 0.5], "bias": 0.1})
    >>> figure = wb.plot.importance(moved, as_of="2024-06-30")
    >>> figure.data[0].y[0], figure.data[0].x
    ('overdue', (1.5, 0.5))
    """
    n = same_length(contributions=contributions)
    rows = contributions.drop(columns="customer_id", errors="ignore")
    means = by_family(rows.assign(customer_id=np.arange(n))).abs().mean()
    size = means.sort_values(ascending=False).head(most)
    size = size[size > 0]
    if size.empty:
        raise NotEnoughDataError("nothing moves the score")
    names = [ENGLISH.reason(str(code)) for code in size.index]
    share = float(size.iloc[0] / (means.sum() or 1.0))
    figure = rows_chart(
        [bars(names, size.tolist(), ENGLISH.number, ACCENT)],
        x="Mean size of the contribution (log-odds)",
        rows=len(size),
    )
    return of_its_own(
        figure.update_xaxes(tickformat=None),
        "What moves the churn score",
        f"Most is moved by reasons of the kind '{names[0]}': {share:.0%} of all movement.",
        n=n,
        as_of=as_of,
        drawn="Bars of mean absolute contribution by kind of reason.",
    )


CHARTS = (RISK, REASONS)
PLOTS = (churn_risk, reasons, importance)
