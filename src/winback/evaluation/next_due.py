"""When the next order is due: the day by which it is as likely as not to have come.

A forecast of a day within a horizon, of customers of whom many order later or never, is judged by
the mean absolute error of min(day, horizon): the median is what makes it least, whoever is cut off
by the horizon.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from winback.confidence import Z
from winback.estimators.purchase.purchase_model import PurchaseModel
from winback.evaluation.calibration import Floats
from winback.messages import Message

STEPS = 16
"""The chance of an order is worked out for so many lengths of time, and drawn straight between."""
LEAST = 100
MODEL, RHYTHM, SAME = "model", "rhythm", "same"


def due_in(model: PurchaseModel, frame: pd.DataFrame, horizon_days: int) -> Floats:
    """Return in how many days the next order is as likely as not to have come.

    Parameters
    ----------
    model
        A purchase model, fitted in days.
    frame
        ``frequency``, ``recency`` and ``T``, one row a customer.
    horizon_days
        Longer is not looked.

    Returns
    -------
    ndarray of shape (n,)
        The median of the days until the next order, at least 1; NaN where an order within the
        horizon is less likely than not.

    Examples
    --------
    >>> from winback.estimators.purchase.purchase_rule import PurchaseRule
    >>> frame = pd.DataFrame({"frequency": [10.0, 0.0], "recency": [100.0, 0.0], "T": [100.0] * 2})
    >>> due_in(PurchaseRule("rate").fit(frame), frame, 90).round().tolist()
    [7.0, nan]
    """
    days = np.linspace(0.0, horizon_days, STEPS + 1)
    chances = np.zeros((len(frame), STEPS + 1))
    for place, length in enumerate(days[1:], start=1):
        chances[:, place] = model.p_purchase(frame, float(length)).to_numpy()
    after = np.argmax(chances >= 0.5, axis=1)  # 0: never
    row = np.arange(len(frame))
    low, high = chances[row, np.maximum(after - 1, 0)], chances[row, after]
    part = np.divide(0.5 - low, high - low, out=np.zeros_like(low), where=high > low)
    day = days[np.maximum(after - 1, 0)] + part * (days[1] - days[0])
    return np.where(after > 0, np.maximum(day, 1.0), np.nan)


def waited(orders: ir.Table, as_of: date, customers: pd.Series[str], horizon_days: int) -> Floats:
    """Return after how many days each customer ordered; the horizon where they did not in it.

    Parameters
    ----------
    orders
        ``customer_id``, ``day``: purchase days, as known at the end of the window.
    as_of
        The day before the window.
    customers
        In this order.
    horizon_days
        Its length.
    """
    later = orders.filter(orders.day > as_of)
    first = later.group_by("customer_id").aggregate(day=later.day.min()).to_pyarrow().to_pandas()
    days = pd.to_datetime(first["day"]) - pd.Timestamp(as_of)
    by_customer = pd.Series(days.dt.days.to_numpy(dtype=float), first["customer_id"].to_numpy())
    found = by_customer.reindex(customers.to_numpy()).fillna(float(horizon_days))
    return np.asarray(np.minimum(found.to_numpy(), float(horizon_days)))


@dataclass(frozen=True)
class DueTest:
    """How far off the day of the next order was, by who foretold it.

    Parameters
    ----------
    customers
        How many were judged; of more than 100,000 a sample.
    errors
        By `MODEL`, `RHYTHM` (the last order and the customer's own mean gap) and `SAME` (one day
        for everybody, the median of an earlier window): mean absolute error in days.
    lows
        By baseline, the lower end of the 95% interval of its error less the model's.
    come
        Of those of whom the model named a day, the share who had ordered by it: .5 is right.
    """

    customers: int
    errors: dict[str, float]
    lows: dict[str, float]
    come: float

    @property
    def better(self) -> bool:
        """Whether the model beats both baselines."""
        return self.customers >= LEAST and all(low > 0 for low in self.lows.values())

    @property
    def message(self) -> Message:
        """What was found, and whether it is used."""
        if self.customers < LEAST:
            return Message("next.few", n=self.customers, least=LEAST)
        model, rhythm, same = (self.errors[name] for name in (MODEL, RHYTHM, SAME))
        if not self.better:
            return Message("next.no_due", n=self.customers, model=model, rhythm=rhythm, same=same)
        return Message(
            "next.due", n=self.customers, model=model, rhythm=rhythm, same=same, come=self.come
        )

    def as_record(self) -> dict[str, Any]:
        """Return the figures as plain data."""
        return {**asdict(self), "better": self.better}


def judge_due(
    model: PurchaseModel, frame: pd.DataFrame, days: Floats, *, same: float, horizon_days: int
) -> DueTest:
    """Set the model's days beside what happened.

    Parameters
    ----------
    model
        Fitted to what was known before the window.
    frame
        ``frequency``, ``recency``, ``T``, as of then.
    days
        What `waited` returns.
    same
        The day that is named for everybody: the median of an earlier window.
    horizon_days
        Length of the window.
    """
    own = due_in(model, frame, horizon_days)
    gap = (frame["recency"] / frame["frequency"].where(frame["frequency"] > 0)).to_numpy()
    rhythm = np.maximum(gap - (frame["T"] - frame["recency"]).to_numpy(), 1.0)
    named = {
        MODEL: np.where(np.isnan(own), horizon_days, own),
        RHYTHM: np.where(np.isnan(rhythm), same, np.minimum(rhythm, horizon_days)),
        SAME: np.full(len(frame), min(same, horizon_days)),
    }
    off = {name: np.abs(day - days) for name, day in named.items()}
    n, lows = len(frame), {}
    for name in (RHYTHM, SAME):
        worse = off[name] - off[MODEL]
        error = worse.std(ddof=1) / np.sqrt(n) if n > 1 else np.inf
        lows[name] = float(worse.mean() - Z * error) if n > 1 else -np.inf
    known = ~np.isnan(own)
    come = float((days[known] <= own[known]).mean()) if known.any() else 0.0
    return DueTest(n, {name: float(gap.mean()) for name, gap in off.items()}, lows, come)
