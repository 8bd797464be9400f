"""The lifecycle stage of a customer, by rule, from the customer's own cadence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from winback.errors import ModelError
from winback.estimators.base.frames import read_columns

STAGES = ("new", "active", "cooling", "at_risk", "dormant")
"""In the order in which a customer runs through them."""

NEW_WITHIN_DAYS = 30
COOLING_AT = 2.0
AT_RISK_AT = 4.0


def lifecycle_stage(
    frame: pd.DataFrame,
    *,
    active_within_days: float | None = 365,
    new_within_days: float = NEW_WITHIN_DAYS,
    cooling_at: float = COOLING_AT,
    at_risk_at: float = AT_RISK_AT,
) -> pd.Series[str]:
    """Name the stage of each customer; the first rule that fits, from top to bottom, holds.

    ========== ====================================================================
    dormant    silent for more than `active_within_days`
    new        first purchase at most `new_within_days` ago, and no other since
    at_risk    silent for at least `at_risk_at` times the customer's own typical gap
    cooling    silent for at least `cooling_at` times that gap
    active     anybody else
    ========== ====================================================================

    If gaps between purchases are exponential, 25% of them exceed twice their median and 6% exceed
    four times it: hence the defaults.

    Parameters
    ----------
    frame
        `frequency`, `recency`, `T` (days) and `overdue_ratio` (days since the last purchase over
        the customer's typical gap).
    active_within_days
        In days; None: nobody is dormant.
    new_within_days
        In days.
    cooling_at, at_risk_at
        Multiples of the typical gap, ``0 < cooling_at <= at_risk_at``.

    Returns
    -------
    Series of str
        Aligned with `frame`.

    Raises
    ------
    ModelError
        A column is absent or impossible, or the thresholds are out of order.

    Examples
    --------
    >>> customers = pd.DataFrame({
    ...     "frequency": [0, 4, 4, 4, 4], "recency": [0, 95, 80, 60, 60],
    ...     "T": [10, 100, 120, 140, 700], "overdue_ratio": [0.2, 0.3, 2.0, 4.0, 32.0]})
    >>> lifecycle_stage(customers).tolist()
    ['new', 'active', 'cooling', 'at_risk', 'dormant']
    """
    if not 0 < cooling_at <= at_risk_at:
        raise ModelError(
            "the thresholds of the lifecycle stages are out of order",
            got=f"cooling_at {cooling_at}, at_risk_at {at_risk_at}",
            allowed="0 < cooling_at <= at_risk_at",
        )
    data = read_columns(
        frame, ("frequency", "recency", "T", "overdue_ratio"), reader="lifecycle_stage"
    )
    silent, overdue = data["T"] - data["recency"], data["overdue_ratio"]
    limit = np.inf if active_within_days is None else active_within_days
    rules = {
        "dormant": silent > limit,
        "new": (data["frequency"] == 0) & (data["T"] <= new_within_days),
        "at_risk": overdue >= at_risk_at,
        "cooling": overdue >= cooling_at,
    }
    stage = np.select(list(rules.values()), list(rules), default="active")
    return pd.Series(stage, index=frame.index, name="lifecycle_stage", dtype="str")
