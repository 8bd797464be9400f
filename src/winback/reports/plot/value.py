"""Figures of value: what a model expects, and whether it came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from winback.data.tables import Transactions
from winback.errors import NotEnoughDataError
from winback.estimators.purchase.expected_tracking import expected_tracking
from winback.estimators.purchase.purchase_model import PurchaseModel
from winback.evaluation.past import Past
from winback.evaluation.tracking import track
from winback.evaluation.windows import Window
from winback.features.purchases import purchase_days
from winback.messages import Words
from winback.reports import value
from winback.reports.figures import ENGLISH
from winback.reports.figures import customers as of_customers
from winback.reports.figures import models as of_models
from winback.reports.figures import value as figures
from winback.reports.plot.judged import Values, judged
from winback.reports.plot.notebook import Day, alone, day, same_length
from winback.reports.population import population


def tracking(
    model: Any,
    purchases: Transactions,
    *,
    as_of: Day,
    until: Day,
    cumulative: bool = False,
    level: float = 0.8,
) -> go.Figure:
    """Draw actual and expected repeat purchase days by week, before and after a cut-off.

    The model is fitted anew at the cut-off, on what was known then; see
    `winback.evaluation.tracking.track`.

    Parameters
    ----------
    model
        A purchase model or a value model, fitted or not, or the name of a purchase model.
    purchases
        Known up to `until`, or further.
    as_of, until
        The cut-off, and the last day drawn.
    cumulative
        Add up from the first week on.
    level
        Probability of the bands.

    Examples
    --------
    >>> import winback as wb
    >>> shop = wb.read_transactions("sample:cdnow-tenth")
    >>> figure = wb.plot.tracking("beta_geo", shop, as_of="1997-09-30", until="1998-06-30")
    >>> figure.layout.meta["title"]
    'Repeat purchase days per week, actual and expected'
    """
    window = Window(_date(as_of), _date(until))
    asked = model if isinstance(model, str) else purchase_model(model)
    weeks = value.weeks(track(Past(purchases, window.until), window, asked, level=level))
    days = purchase_days(purchases.table, window.as_of, count_zero=purchases.count_zero)
    n = int(days.customer_id.nunique().to_pyarrow().as_py())
    draw = figures.cumulative if cumulative else figures.tracking
    return alone(draw(weeks, ENGLISH, n=n, as_of=day(until)))


def forecast(
    model: Any, customers: pd.DataFrame, *, as_of: Day, days: int = 365, level: float = 0.8
) -> go.Figure:
    """Draw the repeat purchase days to come of today's customers, added up, with their band.

    Parameters
    ----------
    model
        A fitted purchase model or value model; its unit of time is the day.
    customers
        One row a customer, with the columns that the model reads.
    as_of
        The last day that is known.
    days
        How far to look.
    level
        Probability of the band, which knows chance only.

    Examples
    --------
    >>> import winback as wb
    >>> people = pd.DataFrame({"frequency": [4.0, 0.0], "recency": [80.0, 0.0], "T": [90.0, 50.0]})
    >>> model = wb.CustomerValueModel("rate", None).fit(people)
    >>> wb.plot.forecast(model, people, as_of="2024-06-30", days=28).data[2].x
    ('2024-07-07', '2024-07-14', '2024-07-21', '2024-07-28')
    """
    out = expected_tracking(purchase_model(model), customers, days, level=level)
    start = _date(as_of)
    rows = out.assign(day=[start + timedelta(days=int(at)) for at in out["day"]])
    told = value.forecast([{str(k): v for k, v in row.items()} for row in rows.to_dict("records")])
    return alone(figures.forecast(told, ENGLISH, n=len(customers), as_of=day(as_of)))


def calibration(actual: Values, predicted: Values, frequency: Values, *, as_of: Day) -> go.Figure:
    """Draw predicted beside actual purchase days, by how often customers had bought again.

    Parameters
    ----------
    actual, predicted
        Shape (n,): purchase days of each customer after the cut-off.
    frequency
        Shape (n,): repeat purchase days up to the cut-off.
    as_of
        The cut-off.

    Examples
    --------
    >>> import winback as wb
    >>> figure = wb.plot.calibration([0, 0, 3], [0.25, 0.75, 2], [0, 0, 4], as_of="2024-06-30")
    >>> figure.data[0].x, figure.data[0].y, figure.data[1].y
    (('0', '4'), (0.5, 2.0), (0.0, 3.0))
    """
    n = same_length(
        actual=np.asarray(actual), predicted=np.asarray(predicted), frequency=np.asarray(frequency)
    )
    split = f"{day(as_of)}/"
    predictions = pd.DataFrame(
        {
            "customer_id": np.arange(n),
            "split": split,
            "target": "purchases",
            "model": "model",
            "predicted": np.asarray(predicted, dtype=np.float64),
            "actual": np.asarray(actual, dtype=np.float64),
        }
    )
    then = pd.DataFrame(
        {"customer_id": np.arange(n), "frequency": np.asarray(frequency, dtype=np.float64)}
    )
    verdict = {"split": split, "target": "purchases", "chosen": "model"}
    rows = value.by_frequency(predictions, then, verdict)
    return alone(figures.by_frequency(rows, ENGLISH, as_of=day(as_of)))


def predicted_vs_actual(
    actual: Values,
    predicted: Values,
    *,
    as_of: Day,
    target: Literal["purchases", "revenue"] = "purchases",
    currency: str | None = None,
) -> go.Figure:
    """Draw predicted beside actual means in tenths of the customers, highest predictions first.

    Parameters
    ----------
    actual, predicted
        Shape (n,): purchase days, or revenue, of each customer after the cut-off.
    as_of
        The cut-off.
    target
        What is predicted.
    currency
        Written before amounts.

    Examples
    --------
    >>> import winback as wb
    >>> figure = wb.plot.predicted_vs_actual(range(20), range(20), as_of="2024-06-30")
    >>> figure.data[0].y[:3], figure.data[1].y[:3]
    ((18.5, 16.5, 14.5), (18.5, 16.5, 14.5))
    """
    bins = judged(actual, predicted, target, as_of)["deciles"][target]
    words = Words(currency=currency)
    return alone(of_models.deciles(bins, words, target=target, as_of=day(as_of)))


def p_alive_matrix(model: Any, customers: pd.DataFrame, *, as_of: Day) -> go.Figure:
    """Draw the probability of still being a customer, by frequency and recency.

    Parameters
    ----------
    model
        A fitted purchase model or value model; its unit of time is the day.
    customers
        Who were fitted: the oldest, and how often the most frequent bought, span the matrix.
    as_of
        The last day that was known.

    Examples
    --------
    >>> import winback as wb
    >>> shop = wb.read_transactions("sample:cdnow-tenth")
    >>> rfm = wb.rfm_summary(shop, as_of="1997-09-30")
    >>> drawn = wb.plot.p_alive_matrix(wb.BetaGeoModel().fit(rfm), rfm, as_of="1997-09-30").data[0]
    >>> round(drawn.z[-1][5], 2), round(drawn.z[6][5], 2)  # seen today, and 136 days ago
    (0.89, 0.26)
    """
    return _matrix(purchase_model(model).p_alive, customers, "p_alive", as_of)


def expected_purchases_matrix(
    model: Any, customers: pd.DataFrame, *, as_of: Day, horizon_days: int = 90
) -> go.Figure:
    """Draw the purchase days expected within a horizon, by frequency and recency.

    Parameters
    ----------
    model, customers, as_of
        As of `p_alive_matrix`.
    horizon_days
        The days after `as_of`.

    Examples
    --------
    >>> import winback as wb
    >>> people = pd.DataFrame({"frequency": [5.0], "recency": [100.0], "T": [100.0]})
    >>> model = wb.CustomerValueModel("rate", None).fit(people)
    >>> figure = wb.plot.expected_purchases_matrix(
    ...     model, people, as_of="2024-06-30", horizon_days=20)
    >>> figure.data[0].z[-1]
    [None, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    asked = purchase_model(model)
    return _matrix(
        lambda histories: asked.expected_purchases(histories, horizon_days),
        customers,
        "expected_purchases",
        as_of,
        horizon_days,
    )


def lorenz(values: Values, *, as_of: Day, what: str = "expected value") -> go.Figure:
    """Draw the share of value that the most valuable customers hold.

    Parameters
    ----------
    values
        Shape (n,): each customer's value, >= 0.
    as_of
        The last day that was known.
    what
        What the values are, in words.

    Examples
    --------
    >>> import winback as wb
    >>> figure = wb.plot.lorenz([8.0, 1.0, 1.0, 0.0], as_of="2024-06-30")
    >>> figure.data[0].y[25], figure.data[0].y[50], figure.data[0].y[100]
    (0.8, 0.9, 1.0)
    """
    worth = np.asarray(values, dtype=np.float64)
    missing = {"frequency": 0.0, "expected_purchases": np.nan, "p_churn": np.nan}
    frame = pd.DataFrame({"clv": worth, **missing, "tier": "-", "lifecycle_stage": "-"})
    told = population(frame, has_amounts=True, active_within_days=None)["concentration"]
    if told is None:
        raise NotEnoughDataError("nobody is worth anything", got=f"{len(worth)} customers")
    figure = of_customers.concentration(told, ENGLISH, n=len(worth), as_of=day(as_of))
    said = {name: text.replace("expected value", what) for name, text in figure.layout.meta.items()}
    figure.update_layout(meta=said, yaxis_title_text=f"Share of {what}")
    figure.data[0].name = f"Share of {what}"
    return alone(figure)


def purchase_model(model: Any) -> PurchaseModel:
    """Return the purchase model: the one given, or the one inside of a value model."""
    if isinstance(model, PurchaseModel):
        return model
    inner: PurchaseModel = getattr(model, "purchase_model_", None) or model.purchase_model
    return inner


def _matrix(
    ask: Callable[[pd.DataFrame], pd.Series[float]],
    customers: pd.DataFrame,
    kind: str,
    as_of: Day,
    horizon_days: int = 0,
) -> go.Figure:
    laid = value.grid(customers)
    if laid is None:
        raise NotEnoughDataError("nobody has a history of a month", hint="use a later as_of")
    told = {**laid, kind: value.over_grid(laid, ask)}
    days = ENGLISH.count(horizon_days, "day")
    n, until = len(customers), day(as_of)
    return alone(figures.matrix(told, ENGLISH, kind=kind, n=n, days=days, as_of=until))


def _date(value: Day) -> date:
    return date.fromisoformat(day(value))
