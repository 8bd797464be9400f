"""Spend by a rule of thumb behind the contract of the models: to be beaten, or to fall back on."""

from __future__ import annotations

from typing import Literal, Self, get_args

import numpy as np
import pandas as pd

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.base.frames import FloatArray, read_columns, read_weight
from winback.estimators.base.simulation import Draws
from winback.estimators.spend.spend_model import Columns, SpendModel
from winback.messages import Message

SpendRuleName = Literal["own_mean", "pooled_mean"]


class SpendRule(SpendModel):
    """Expected amount of a purchase day by a rule of thumb.

    Parameters
    ----------
    rule
        ``own_mean``: the customer's ``monetary_value``, the pooled mean where there is none.
        ``pooled_mean``: the mean over all repeat purchase days, for everybody.

    Attributes
    ----------
    mean_ : float
        The pooled mean; 0 where nobody has repeat purchases of positive value.
    shape_ : float
        Gamma shape of an amount in the simulation of intervals: 1 / (squared coefficient of
        variation of customers' means), which spreads wider than a single customer's amounts do.

    Examples
    --------
    >>> frame = pd.DataFrame({"frequency": [3, 1, 0], "monetary_value": [10.0, 30.0, 0.0]})
    >>> SpendRule("own_mean").fit(frame).expected_spend(frame).tolist()
    [10.0, 30.0, 15.0]
    """

    def __init__(self, rule: SpendRuleName = "own_mean") -> None:
        self.rule = rule

    def fit(self, frame: pd.DataFrame, y: None = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Learn the pooled mean and the spread of amounts."""
        if self.rule not in get_args(SpendRuleName):
            raise ModelError(
                "unknown spend rule", got=self.rule, allowed=", ".join(get_args(SpendRuleName))
            )
        data = read_columns(frame, self.columns, reader="SpendRule")
        weight = read_weight(frame, reader="SpendRule")
        weight = np.ones(len(frame)) if weight is None else weight
        x, m = self.informed(data) * weight, data["monetary_value"]
        if not len(frame):
            raise NotEnoughDataError(
                Message("few.no_spend"), allowed=Message("bound.least", least=1)
            )
        days = float(x.sum())
        self.mean_ = float(x @ m) / days if days > 0 else 0.0
        used = weight * (x > 0)
        variance = float(used @ (m - self.mean_) ** 2) / max(float(used.sum()), 1.0)
        # between constant amounts and ones that vary a hundredfold
        relative = variance / self.mean_**2 if self.mean_ > 0 else 1.0
        self.shape_ = 1.0 / float(np.clip(relative, 1e-4, 1e4))
        return self

    def expected(self, data: Columns) -> FloatArray:
        """Return E[amount of a future purchase day | history], >= 0."""
        if self.rule == "pooled_mean":
            return np.full_like(data["frequency"], self.mean_)
        return np.where(self.informed(data) > 0, data["monetary_value"], self.mean_)

    def scale(self, data: Columns) -> FloatArray:
        """Return the customer's own scale in the simulation."""
        return self.expected(data)

    def draw(self, draws: Draws) -> tuple[float, FloatArray]:
        """Draw what may happen; see the contract."""
        return self.shape_, np.full(draws.n_draws, 1.0 / self.shape_)
