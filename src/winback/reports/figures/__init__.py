"""Figures: one small function per chart, from plain data to a plotly figure.

Each figure carries its caption (title, n, as-of date, reading, alternative text) in
``figure.layout.meta``, so that a page, a notebook or an experiment tracker can show it whole.
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from winback.reports.figures.customers import concentration, risk, stages, tiers
from winback.reports.figures.lists import funnel, severity
from winback.reports.figures.models import deciles, reliability, tracking
from winback.reports.messages import Words

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
    ['concentration', 'tiers', 'risk', 'stages']
    """
    words = Words(report["job"]["language"], report["job"]["currency"])
    as_of = words.day(report["job"]["as_of"])
    people, lists = report["population"], report["lists"]
    drawn = quality_figures(report["quality"], words)
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
    if lists["win_back"] and lists["win_back"]["dormant"]:
        drawn["funnel"] = funnel(lists["win_back"], words, as_of=as_of)
    return drawn


def quality_figures(quality: dict[str, Any], words: Words = ENGLISH) -> dict[str, go.Figure]:
    """Draw predicted against actual for every target that was tested.

    Parameters
    ----------
    quality
        The result of :func:`winback.reports.quality.quality`.
    words
        The language and currency of the captions.

    Returns
    -------
    dict
        ``reliability`` (churn) and ``deciles_TARGET``, as far as there are predictions.

    Examples
    --------
    >>> quality_figures({"targets": {}, "history": [], "deciles": {}, "reliability": []})
    {}
    """
    drawn: dict[str, go.Figure] = {}
    if quality["reliability"]:
        tested = words.day(quality["targets"]["churn"]["as_of"])
        drawn["reliability"] = reliability(quality["reliability"], words, as_of=tested)
    for target, bins in quality["deciles"].items():
        tested = words.day(quality["targets"][target]["as_of"])
        drawn[f"deciles_{target}"] = deciles(bins, words, target=target, as_of=tested)
    return drawn
