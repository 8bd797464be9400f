"""Figures that the report does not have: intervals, parameters over runs, what a score hears."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from winback.errors import NotEnoughDataError, UsageError
from winback.evaluation.calibration import reliability_table
from winback.lists.reasons import by_family
from winback.reports.figures import ENGLISH
from winback.reports.figures import value as figures
from winback.reports.figures.style import (
    ACCENT,
    bars,
    chart,
    reference,
    rows_chart,
)
from winback.reports.plot.judged import Values
from winback.reports.plot.notebook import Day, alone, day, same_length, told
from winback.reports.plot.value import purchase_model
from winback.reports.readings.value import frequency_name
from winback.reports.stability import stability
from winback.reports.value import MOST_FREQUENT

_NAMES = {
    "BetaGeoModel": "beta_geo",
    "ModifiedBetaGeoModel": "modified_beta_geo",
    "ParetoNBDModel": "pareto_nbd",
}  # as the report's words know them


def coverage(
    actual: Values,
    low: Values,
    high: Values,
    frequency: Values,
    *,
    as_of: Day,
    level: float = 0.8,
) -> go.Figure:
    """Draw how often intervals held what came, by how often customers had bought again.

    Parameters
    ----------
    actual, low, high
        Shape (n,): what came, and the interval of each customer, both ends in it.
    frequency
        Shape (n,): repeat purchase days up to the cut-off.
    as_of
        The cut-off.
    level
        The probability that the intervals promise.

    Examples
    --------
    >>> import winback as wb
    >>> figure = wb.plot.coverage([1, 5, 2], [0, 0, 1], [2, 2, 3], [0, 0, 9], as_of="2024-06-30")
    >>> figure.data[0].x, figure.data[0].y
    (('0', '7+'), (0.5, 1.0))
    """
    came, least, most, bought = (
        np.asarray(values, dtype=np.float64) for values in (actual, low, high, frequency)
    )
    n = same_length(actual=came, low=least, high=most, frequency=bought)
    held = ((came >= least) & (came <= most)).astype(np.float64)
    group = np.minimum(bought, MOST_FREQUENT).astype(int)
    groups = [int(at) for at in np.unique(group)]
    names = [frequency_name(at) for at in groups]
    inside = [held[group == at] for at in groups]
    tables = [reliability_table(part, part, 1).iloc[0] for part in inside]
    shares = [float(row["actual"]) for row in tables]
    worst = min(range(len(names)), key=lambda at: shares[at])
    reading = (
        f"The {level:.0%} intervals held {held.mean():.1%} of the customers; least often, "
        f"{shares[worst]:.1%}, at a frequency of {names[worst]}."
    )
    figure = chart(
        [
            go.Scatter(
                x=names,
                y=shares,
                error_y={
                    "array": [
                        float(row["high"]) - s for row, s in zip(tables, shares, strict=True)
                    ],
                    "arrayminus": [
                        s - float(row["low"]) for row, s in zip(tables, shares, strict=True)
                    ],
                    "thickness": 1.2,
                    "width": 3,
                },
                mode="markers",
                marker={"color": ACCENT, "size": 9},
                name="held (with 95% interval)",
            ),
            reference(names, [level] * len(names), f"promised: {level:.0%}"),
        ],
        told(
            f"{level:.0%} intervals: how often they held",
            reading,
            n=n,
            as_of=as_of,
            drawn="Points of the share inside, by frequency.",
        ),
        ENGLISH,
        x="Repeat purchase days before the cut-off",
        y="Share of customers inside",
    )
    figure.update_xaxes(type="category", showgrid=False)
    return alone(figure.update_yaxes(range=[0, 1.03], dtick=0.25, tickformat=".0%"))


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
    fitted: list[Any] = [purchase_model(models[at]) for at in days]
    kinds = sorted({_NAMES.get(type(model).__name__, type(model).__name__) for model in fitted})
    runs = [
        {
            "version": day(at),
            "as_of": day(at),
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
        for at, model in zip(days, fitted, strict=True)
    ]
    computed = stability(runs, kinds[0]) if len(kinds) == 1 else None
    if computed is None:
        raise UsageError(
            "parameters over runs need two models of one kind",
            where="models",
            got=f"{len(days)}: {', '.join(kinds)}",
        )
    drawn = figures.stability(computed, ENGLISH, as_of=day(days[-1]))
    drawn.for_each_xaxis(lambda axis: axis.title.update(text="Fitted at") if axis.title.text else 0)
    return alone(drawn, n=ENGLISH.number(round(float(fitted[-1].n_))))


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
    >>> told = pd.DataFrame({"overdue_ratio": [1.0, -2.0], "frequency": [0.5, 0.5], "bias": 0.1})
    >>> figure = wb.plot.importance(told, as_of="2024-06-30")
    >>> figure.data[0].y[0], figure.data[0].x
    ('overdue', (1.5, 0.5))
    """
    n = same_length(contributions=contributions)
    rows = contributions.drop(columns="customer_id", errors="ignore")
    families = by_family(rows.assign(customer_id=np.arange(n)))
    size = families.abs().mean().sort_values(ascending=False).head(most)
    size = size[size > 0]
    if size.empty:
        raise NotEnoughDataError("nothing moves the score")
    names = [ENGLISH.reason(str(code)) for code in size.index]
    share = float(size.iloc[0] / (families.abs().mean().sum() or 1.0))
    reading = f"Most is moved by reasons of the kind '{names[0]}': {share:.0%} of all movement."
    figure = rows_chart(
        [bars(names, size.tolist(), ENGLISH.number, ACCENT)],
        told(
            "What moves the churn score",
            reading,
            n=n,
            as_of=as_of,
            drawn="Bars of mean absolute contribution by kind of reason.",
        ),
        ENGLISH,
        x="Mean size of the contribution (log-odds)",
        rows=len(size),
    )
    return alone(figure.update_xaxes(tickformat=None))
