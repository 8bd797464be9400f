"""All charts, found by themselves: for the page, for the runs of a tracker, for notebooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import plotly.graph_objects as go

from winback.messages import Words
from winback.reports import charts as rooms
from winback.reports.charts.chart import ENGLISH, Chart
from winback.reports.stored_messages import words_of


@cache
def _modules() -> tuple[ModuleType, ...]:
    names = sorted(module.name for module in iter_modules(rooms.__path__))
    return tuple(import_module(f"{rooms.__name__}.{name}") for name in names)


@cache
def charts() -> dict[str, Chart]:
    """Return every chart by name, by file and in the order in which a file lists them.

    Examples
    --------
    >>> charts()["gain"].place
    'churn.found'
    """
    return {chart.name: chart for module in _modules() for chart in getattr(module, "CHARTS", ())}


@cache
def plots() -> dict[str, Callable[..., go.Figure]]:
    """Return every function that `winback.plot` offers, by name."""
    listed = (plot for module in _modules() for plot in getattr(module, "PLOTS", ()))
    return {plot.__name__: plot for plot in listed}


def figures(report: Mapping[str, Any]) -> dict[str, go.Figure]:
    """Draw every chart that the report has data for.

    Parameters
    ----------
    report
        The result of :func:`winback.reports.compute.compute_report`.

    Returns
    -------
    dict
        Name of the chart, and its figure.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.reports.compute import compute_report
    >>> from winback.reports.material import Data
    >>> scores = pd.DataFrame({
    ...     "frequency": [2.0, 0.0], "recency": [30.0, 0.0], "T": [40.0, 400.0],
    ...     "expected_purchases": [1.5, 0.1], "clv": [90.0, 10.0], "p_churn": [0.2, 0.9],
    ...     "tier": ["high", "low"], "lifecycle_stage": ["active", "dormant"]})
    >>> report = compute_report({"name": "shop", "as_of": "1998-06-30"},
    ...                         Data(intake={"rows_in": 3, "accepted": 3}, scores=scores))
    >>> list(figures(report))
    ['risk', 'tiers', 'stages', 'concentration']
    """
    words = words_of(report)
    return _drawn(charts().values(), report, words)


def quality_figures(quality: Mapping[str, Any]) -> dict[str, go.Figure]:
    """Draw how good the models are, as far as they were tested.

    Parameters
    ----------
    quality
        The result of :func:`winback.reports.quality.quality`.

    Examples
    --------
    >>> from winback.reports.quality import quality
    >>> quality_figures(quality([], None))
    {}
    """
    mine = [chart for chart in charts().values() if chart.of_evaluation]
    return _drawn(mine, {"quality": quality}, ENGLISH)


def _drawn(asked: Iterable[Chart], report: Mapping[str, Any], words: Words) -> dict[str, go.Figure]:
    shown = [(chart, chart.of(report)) for chart in asked]
    return {chart.name: chart.figure(data, words) for chart, data in shown if data is not None}
