"""Calibrators: monotone maps from a score to a probability, and the choice among them.

A calibrator learnt on one snapshot repairs it and may spoil the next, when the base rate moves.
So the choice is made by leaving whole label windows out, and the plainest calibrator stays unless
another is clearly better on windows that it has not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import log_loss

from winback.errors import ModelError
from winback.estimators.churn.candidates.candidate import (
    EPSILON,
    Floats,
    linear_score,
    log_odds,
)
from winback.estimators.churn.logistic_regression import fit_logistic

CALIBRATIONS = ("none", "platt", "beta", "isotonic")
"""Simplest first; of two that cannot be told apart, the earlier one is kept."""

MARGIN = 0.001
"""Nats of log loss per row that a less simple calibrator must gain, on unseen windows."""

MIN_WINDOWS = 3
"""Disjoint label windows without which no calibration is chosen."""

_WEAK_PENALTY = 1e4


@dataclass(frozen=True)
class Calibrator:
    """A fitted, never decreasing map of (0, 1) into itself.

    Parameters
    ----------
    kind
        One of `CALIBRATIONS`.
    intercept, slopes
        Of ``platt`` (one slope, in the log-odds; Platt 1999) and ``beta`` (slopes of ``log p``
        and ``-log(1 - p)``; Kull, Silva Filho & Flach 2017, equation 4). Slopes are >= 0.
    knots, levels
        Of ``isotonic``: scores and their probabilities, linear in between.

    Examples
    --------
    >>> Calibrator("platt", intercept=0.0, slopes=(2.0,)).predict(np.array([0.5, 0.8])).round(3)
    array([0.5  , 0.941])
    """

    kind: str = "none"
    intercept: float = 0.0
    slopes: tuple[float, ...] = ()
    knots: tuple[float, ...] = ()
    levels: tuple[float, ...] = ()

    def predict(self, p: Floats) -> Floats:
        """Return calibrated probabilities, shape (n,), within ``[EPSILON, 1 - EPSILON]``."""
        p = np.clip(np.asarray(p, dtype=np.float64), EPSILON, 1.0 - EPSILON)
        if self.kind == "none":
            return p
        if self.kind == "isotonic":
            mapped = np.interp(p, self.knots, self.levels)
        else:
            mapped = expit(linear_score(_inputs(self.kind, p), self.slopes, self.intercept))
        return np.asarray(np.clip(mapped, EPSILON, 1.0 - EPSILON))


def _inputs(kind: str, p: Floats) -> Floats:
    if kind == "platt":
        return log_odds(p)[:, None]
    return np.column_stack([np.log(p), -np.log1p(-p)])


def fit_calibrator(kind: str, p: Floats, y: npt.NDArray[np.int64]) -> Calibrator:
    """Fit one kind of calibrator on forward predictions.

    Parameters
    ----------
    kind
        One of `CALIBRATIONS`.
    p
        Shape (n,): predicted probabilities of rows that the model has not seen.
    y
        Shape (n,): 1 = churned.

    Raises
    ------
    ModelError
        `kind` is unknown.
    """
    if kind not in CALIBRATIONS:
        raise ModelError("unknown calibration", got=kind, allowed=", ".join(CALIBRATIONS))
    p = np.clip(p, EPSILON, 1.0 - EPSILON)
    if kind == "none" or len(np.unique(y)) < 2:
        return Calibrator()
    if kind == "isotonic":
        # a step at 0 or 1 would be certainty learnt from a handful: keep half a customer away
        edge = 0.5 / (len(y) + 1.0)
        fitted = IsotonicRegression(y_min=edge, y_max=1.0 - edge).fit(p, y)
        knots, levels = (tuple(map(float, v)) for v in (fitted.X_thresholds_, fitted.y_thresholds_))
        return Calibrator("isotonic", knots=knots, levels=levels)
    inputs = _inputs(kind, p)
    kept = list(range(inputs.shape[1]))
    while kept:
        slopes, intercept = fit_logistic(inputs[:, kept], y, C=_WEAK_PENALTY)
        if min(slopes) >= 0.0:
            break
        kept.pop(int(np.argmin(slopes)))  # a falling slope would turn the ranking upside down
    else:
        slopes, intercept = [], float(log_odds(np.array([y.mean()]))[0])
    full = [0.0] * inputs.shape[1]
    for position, slope in zip(kept, slopes, strict=True):
        full[position] = slope
    return Calibrator(kind, intercept=intercept, slopes=tuple(full))


def count_disjoint(days: npt.NDArray[np.int64], horizon_days: int) -> int:
    """Return how many snapshots can be picked so that no two label windows overlap.

    Examples
    --------
    >>> count_disjoint(np.array([0, 30, 60, 90]), horizon_days=60)
    2
    """
    picked, last = 0, None
    for day in np.sort(days):
        if last is None or day - last >= horizon_days:
            picked, last = picked + 1, day
    return picked


def choose_calibration(
    p: Floats,
    y: npt.NDArray[np.int64],
    snapshot: npt.NDArray[np.int64],
    *,
    horizon_days: int,
    margin: float = MARGIN,
) -> tuple[str, dict[str, float]]:
    """Choose a calibration by its log loss on windows that it was not fitted on.

    Each snapshot is calibrated by the snapshots whose label windows do not overlap with its own
    (neighbours that share most of a window share its base rate, and would flatter). A less simple
    kind replaces the plainest only if its mean gain over the snapshots exceeds `margin` and two
    standard errors of that mean. With fewer than `MIN_WINDOWS` disjoint windows nothing is known
    about how a calibration carries over, and "none" is chosen.

    Parameters
    ----------
    p, y, snapshot
        Shape (n,): forward predictions, labels, and the day number of each row's snapshot.
    horizon_days
        Length of the label window.
    margin
        In nats per row.

    Returns
    -------
    kind : str
        The choice.
    losses : dict
        Mean log loss (each snapshot counts the same) by kind; empty without enough windows.
    """
    days = np.unique(snapshot)
    if count_disjoint(days, horizon_days) < MIN_WINDOWS:
        return "none", {}
    losses = {}
    for kind in CALIBRATIONS:
        each = []
        for day in days:
            here, apart = snapshot == day, np.abs(snapshot - day) >= horizon_days
            if apart.any():
                q = fit_calibrator(kind, p[apart], y[apart]).predict(p[here])
                each.append(float(log_loss(y[here], q, labels=[0, 1])))
        losses[kind] = np.array(each)
    chosen = "none"
    for kind in CALIBRATIONS[1:]:
        gain = losses[chosen] - losses[kind]
        error = gain.std(ddof=1) / np.sqrt(len(gain))
        if gain.mean() > max(margin, 2.0 * float(error)):
            chosen = kind
    return chosen, {kind: float(values.mean()) for kind, values in losses.items()}
