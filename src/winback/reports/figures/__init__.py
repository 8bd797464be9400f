"""Figures: one small function per chart, from plain data to a plotly figure.

Each figure carries its caption (title, n, as-of date, reading, alternative text) in
``figure.layout.meta``, so that a page, a notebook or an experiment tracker can show it whole.
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from winback.messages import Words
from winback.reports.figures.churn import gain, lift, precision_recall, profit
from winback.reports.figures.churn_groups import FEWEST, groups, reasons, snapshots
from winback.reports.figures.cohorts import cumulative_value, retention
from winback.reports.figures.customers import concentration, risk, stages, tiers
from winback.reports.figures.data import coverage, drift
from winback.reports.figures.lists import at_stake, funnel, left_out, severity
from winback.reports.figures.models import deciles, reliability
from winback.reports.figures.tier_quality import flows, migration, rates, spend
from winback.reports.figures.value import (
    by_frequency,
    cohort_value,
    cumulative,
    forecast,
    matrix,
    stability,
    tracking,
)
from winback.reports.readings import value_days

ENGLISH = Words()


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
    ['concentration', 'risk', 'stages', 'tiers']
    """
    words = Words(report["job"]["language"], report["job"]["currency"])
    as_of = words.day(report["job"]["as_of"])
    people = report["population"]
    drawn = quality_figures(report["quality"], words, capacity=report["churn"]["capacity_share"])
    drawn |= _value(report, words, as_of)
    if people["concentration"]:
        n = people["summary"]["n"]
        drawn["concentration"] = concentration(people["concentration"], words, n=n, as_of=as_of)
    if people["risk"]:
        mean = people["summary"]["mean_p_churn"]
        drawn["risk"] = risk(people["risk"], words, mean=mean, as_of=as_of)
    if people["stages"]:
        drawn["stages"] = stages(people["stages"], words, as_of=as_of)
    drawn |= _churn(report, words, as_of)
    if people["tiers"]:
        drawn["tiers"] = tiers(people["tiers"], words, as_of=as_of)
    drawn |= _tiers(report["tiers"], words)
    drawn |= _cohorts(report, words, as_of)
    drawn |= _lists(report["lists"], words, as_of)
    if report["coverage"]:
        rows = report["intake"]["accepted"]
        drawn["coverage"] = coverage(report["coverage"], words, n=rows, as_of=as_of)
    if report["drift"] and report["drift"]["features"]:
        n = people["summary"]["n"]
        drawn["drift"] = drift(report["drift"], words, n=n, as_of=as_of)
    return drawn


def quality_figures(
    quality: dict[str, Any], words: Words = ENGLISH, *, capacity: float | None = None
) -> dict[str, go.Figure]:
    """Draw how good the models are, as far as they were tested.

    Parameters
    ----------
    quality
        The result of :func:`winback.reports.quality.quality`.
    words
        The language and currency of the captions.
    capacity
        Share of the active customers that a week's warnings reach, to be marked.

    Returns
    -------
    dict
        ``deciles_TARGET``, and of churn ``reliability, gain, lift, precision_recall, profit,
        groups_tier, groups_orders``.

    Examples
    --------
    >>> from winback.reports.quality import quality
    >>> quality_figures(quality([], None))
    {}
    """
    drawn: dict[str, go.Figure] = {}
    for target, bins in quality["deciles"].items():
        tested = words.day(quality["targets"][target]["as_of"])
        drawn[f"deciles_{target}"] = deciles(bins, words, target=target, as_of=tested)
    if "churn" not in quality["targets"]:
        return drawn
    told, tested = quality["churn"], words.day(quality["targets"]["churn"]["as_of"])
    if quality["reliability"]:
        drawn["reliability"] = reliability(
            quality["reliability"],
            words,
            as_of=tested,
            histogram=told["histogram"],
            rivals=told["rivals"],
            chosen=quality["targets"]["churn"]["chosen"],
        )
    if told["curves"]:
        for name, draw in (("gain", gain), ("lift", lift), ("precision_recall", precision_recall)):
            drawn[name] = draw(told["curves"], words, as_of=tested)
    if told["profit"]:
        drawn["profit"] = profit(told["profit"], words, as_of=tested, capacity=capacity)
    for by in ("tier", "orders"):
        rows = told["groups"].get(by, [])
        if sum(row["n"] >= FEWEST for row in rows) > 1:
            drawn[f"groups_{by}"] = groups(rows, words, by=by, as_of=tested)
    return drawn


def _value(report: dict[str, Any], words: Words, as_of: str) -> dict[str, go.Figure]:
    told, drawn, n = report["value"], {}, report["population"]["summary"]["n"]
    if told["by_frequency"]:
        tested = words.day(report["quality"]["targets"]["purchases"]["as_of"])
        drawn["by_frequency"] = by_frequency(told["by_frequency"], words, as_of=tested)
    if report["tracking"]:
        drawn["tracking"] = tracking(report["tracking"], words, n=n, as_of=as_of)
        drawn["cumulative"] = cumulative(report["tracking"], words, n=n, as_of=as_of)
    for kind in ("forecast", "forecast_revenue"):
        if told[kind]:
            drawn[kind] = forecast(told[kind], words, n=n, as_of=as_of, kind=kind)
    if told["matrices"]:
        days = value_days(report, words)
        for kind in ("expected_purchases", "p_alive"):
            drawn[f"matrix_{kind}"] = matrix(
                told["matrices"], words, kind=kind, n=n, days=days, as_of=as_of
            )
    if told["stability"]:
        drawn["stability"] = stability(told["stability"], words, as_of=as_of)
    return drawn


def _cohorts(report: dict[str, Any], words: Words, as_of: str) -> dict[str, go.Figure]:
    told, drawn = report["cohorts"], {}
    if told:
        drawn["retention"] = retention(told, words, as_of=as_of)
        if report["intake"]["has_amounts"] and any(row["mature"] for row in told["cohorts"]):
            drawn["cumulative_value"] = cumulative_value(told, words, as_of=as_of)
    worth = [row for row in report["cohort_values"] if row.get("realised") is not None]
    if len(worth) > 1:
        drawn["cohort_value"] = cohort_value(worth, words, as_of=as_of)
    return drawn


def _churn(report: dict[str, Any], words: Words, as_of: str) -> dict[str, go.Figure]:
    told, drawn = report["churn"], {}
    chosen = report["quality"]["targets"].get("churn", {}).get("chosen")
    if chosen and len({row["snapshot"] for row in told["snapshots"]}) > 1:
        drawn["snapshots"] = snapshots(told["snapshots"], words, chosen=chosen)
    if told["reasons"]:
        n = report["lists"]["churn_warning"]["n"]
        drawn["reasons"] = reasons(told["reasons"], words, n=n, as_of=as_of)
    return drawn


def _tiers(told: dict[str, Any] | None, words: Words) -> dict[str, go.Figure]:
    drawn: dict[str, go.Figure] = {}
    if told and told["held_out"]:
        drawn["tier_spend"] = spend(told["held_out"], words)
        drawn["tier_rates"] = rates(told["held_out"], words)
    if told and told["migration"]:
        drawn["migration"] = migration(told["migration"], words)
        drawn["flows"] = flows(told["migration"], words)
    return drawn


def _lists(lists: dict[str, Any], words: Words, as_of: str) -> dict[str, go.Figure]:
    drawn: dict[str, go.Figure] = {}
    warned, called = lists["churn_warning"], lists["win_back"]
    if warned and warned["n"]:
        drawn["severity"] = severity(warned, words, as_of=as_of)
        if warned["value_high"] is not None and warned["value_at_risk"]:
            drawn["at_stake"] = at_stake(warned, words, as_of=as_of)
    if called and called["dormant"]:
        drawn["funnel"] = funnel(called, words, as_of=as_of)
        if called["excluded"]:
            drawn["left_out"] = left_out(called, words, as_of=as_of)
    return drawn
