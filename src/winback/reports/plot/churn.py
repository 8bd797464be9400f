"""Figures of a churn score: its level, whom it finds, what acting on it would earn."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from winback.economics import Economics
from winback.errors import NotEnoughDataError
from winback.estimators.churn.churn_model import ChurnModel
from winback.evaluation.metrics import profit_by_depth as profits
from winback.messages import Words
from winback.reports import churn
from winback.reports.figures import ENGLISH, churn_groups, models
from winback.reports.figures import churn as figures
from winback.reports.plot.judged import Scores, Values, by_name, churn_curves, judged
from winback.reports.plot.notebook import Day, alone, day

SHOWN = 3  # models


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
    told = judged(y, p, "churn", as_of)
    counts = told["churn"]["histogram"]
    return alone(
        models.reliability(told["reliability"], ENGLISH, as_of=day(as_of), histogram=counts)
    )


def gain(y: Values, p: Scores, *, as_of: Day) -> go.Figure:
    """Draw the share of those who left that the riskiest customers hold.

    Parameters
    ----------
    y
        Shape (n,): 1 = left.
    p
        Shape (n,), or several such by name of the model, the one in question first. The first three
        are drawn: more lines cannot be told apart.
    as_of
        The cut-off.

    Raises
    ------
    NotEnoughDataError
        Fewer than a hundred customers, or nobody left.

    Examples
    --------
    >>> import winback as wb
    >>> y = [1] * 20 + [0] * 80
    >>> figure = wb.plot.gain(y, {"sure": y, "blind": [0.2] * 100}, as_of="2024-06-30")
    >>> figure.data[1].name, figure.data[1].y[20], figure.data[2].name, figure.data[2].y[20]
    ('sure', 1.0, 'blind', 0.2)
    """
    return alone(figures.gain(_curves(y, p, as_of), ENGLISH, as_of=day(as_of)))


def lift(y: Values, p: Scores, *, as_of: Day) -> go.Figure:
    """Draw how many times as many leavers as by lot the riskiest customers hold.

    Parameters and errors as of `gain`.

    Examples
    --------
    >>> import winback as wb
    >>> y = [1] * 20 + [0] * 80
    >>> wb.plot.lift(y, y, as_of="2024-06-30").data[1].y[8]  # of the riskiest tenth
    5.0
    """
    return alone(figures.lift(_curves(y, p, as_of), ENGLISH, as_of=day(as_of)))


def precision_recall(y: Values, p: Scores, *, as_of: Day) -> go.Figure:
    """Draw of those warned how many left, against how many of those who left were warned.

    Parameters and errors as of `gain`.

    Examples
    --------
    >>> import winback as wb
    >>> y = [1] * 20 + [0] * 80
    >>> figure = wb.plot.precision_recall(y, y, as_of="2024-06-30")
    >>> figure.data[0].x[-1], figure.data[0].y[-1]
    (1.0, 0.2)
    """
    return alone(figures.precision_recall(_curves(y, p, as_of), ENGLISH, as_of=day(as_of)))


def profit_by_depth(
    y: Values,
    p: Scores,
    *,
    value: float,
    as_of: Day,
    margin: float = 1.0,
    save_rate: float = 0.1,
    contact_cost: float = 0.0,
    offer_cost: float = 0.0,
    capacity: int | None = None,
    currency: str | None = None,
) -> go.Figure:
    """Draw the profit of warning the riskiest share of customers.

    Parameters
    ----------
    y, p, as_of
        As of `gain`.
    value
        What a saved customer brings, before margin.
    margin, save_rate, contact_cost, offer_cost
        The economics of a contact; the save rate is an assumption until an experiment measures it.
    capacity
        How many customers one can warn; it is marked.
    currency
        Written before amounts.

    Examples
    --------
    >>> import winback as wb
    >>> y = [1] * 20 + [0] * 80
    >>> figure = wb.plot.profit_by_depth(y, y, value=100.0, contact_cost=1.0, as_of="2024-06-30")
    >>> max(zip(figure.data[0].y, figure.data[0].x))  # warn exactly those who leave
    (180.0, 0.2)
    """
    costs = {"contact_cost": contact_cost, "offer_cost": offer_cost}
    money = Economics(margin=margin, save_rate=save_rate, **costs)
    terms = {"margin": margin, "save_rate": save_rate, "value": value, **costs}
    entries = [
        {"model": name, "chosen": at == 0, **terms, **row}
        for at, (name, scores) in enumerate(list(by_name(p).items())[:SHOWN])
        for row in profits(np.asarray(y), np.asarray(scores), money, value=value).to_dict("records")
    ]
    told = churn.profit_of(entries, list(by_name(p))[:SHOWN]) or {}
    share = None if capacity is None else min(capacity / len(np.asarray(y)), 1.0)
    words = Words(currency=currency)
    return alone(figures.profit(told, words, as_of=day(as_of), capacity=share))


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
    rows = churn.snapshots_of(model.evidence_.to_dict("records"), names)  # type: ignore[arg-type]
    return alone(churn_groups.snapshots(rows, ENGLISH, chosen=model.selected_))


def _curves(y: Values, p: Scores, as_of: Day) -> list[dict[str, object]]:
    first = dict(list(by_name(p).items())[:SHOWN])
    drawn = churn_curves(y, first, as_of)
    if not drawn:
        raise NotEnoughDataError(
            "too little to draw a curve from",
            got=f"{len(np.asarray(y))} customers, {int(np.sum(y))} left",
            allowed=f"{churn.FEWEST} customers, and somebody who left",
        )
    return drawn
