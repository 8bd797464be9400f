"""How far the share that churns moves from snapshot to snapshot, beyond what chance does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from winback.estimators.churn.calibrators import count_disjoint
from winback.estimators.churn.candidates.candidate import Floats
from winback.messages import Message

NOTABLE = 0.02
"""A standard deviation of the churn rate from which a score's level is worth a warning."""


def base_rate_drift(rates: pd.DataFrame, level_errors: Floats, span_days: int) -> dict[str, Any]:
    """Estimate the spread of the churn rate over snapshots.

    The variance between snapshots less the mean variance of sampling, ``p (1 - p) / n`` (method
    of moments; DerSimonian & Laird 1986). Snapshots whose label windows overlap share outcomes
    and customers, which makes them more alike: the estimate is then rather too low, and `windows`
    says how few independent looks at the future it stands on.

    Parameters
    ----------
    rates
        ``snapshot, n, churn_rate``.
    level_errors
        Mean prediction less churn rate at each snapshot that was predicted from its past.
    span_days
        Days from a snapshot to the end of its label window.

    Returns
    -------
    dict
        ``sd`` (of the rate, in [0, 1]; None with one snapshot), ``low`` and ``high`` (the rates
        seen), ``snapshots``, ``windows`` (of them without overlap), ``level_error`` (the largest
        by which the model's mean prediction missed; None without forward evidence), ``notable``
        and ``message``.

    Examples
    --------
    >>> rates = pd.DataFrame({"snapshot": ["2024-01-01", "2024-04-01"], "n": [10_000, 10_000],
    ...                       "churn_rate": [0.60, 0.70]})
    >>> drift = base_rate_drift(rates, np.array([-0.08]), 90)
    >>> round(drift["sd"], 3), drift["windows"], drift["notable"]
    (0.071, 2, True)
    """
    rate = rates["churn_rate"].to_numpy(dtype=float)
    n = rates["n"].to_numpy(dtype=float)
    days = pd.to_datetime(rates["snapshot"]).to_numpy().astype("datetime64[D]").astype(np.int64)
    windows = count_disjoint(days, span_days)
    low, high = float(rate.min()), float(rate.max())
    missed = float(np.abs(level_errors).max()) if len(level_errors) else None
    if len(rate) < 2:
        sd, message = None, Message("base_rate.one_snapshot")
    else:
        excess = float(rate.var(ddof=1) - (rate * (1.0 - rate) / n).mean())
        sd = float(np.sqrt(max(excess, 0.0)))
        message = Message(
            "base_rate.moves", low=low, high=high, n=len(rate), windows=windows, sd=sd
        )
    if missed is not None:
        message = Message.of_all([message, Message("base_rate.missed", missed=missed)])
    notable = (sd or 0.0) >= NOTABLE or (missed or 0.0) >= 2 * NOTABLE
    return {
        "sd": sd,
        "low": low,
        "high": high,
        "snapshots": len(rate),
        "windows": windows,
        "level_error": missed,
        "notable": notable,
        "message": message,
    }
