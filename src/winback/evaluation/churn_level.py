"""The level of churn: how much more, or less, readily everybody comes back than a model expects.

A level of demand multiplies everybody's rate of purchase, hence the hazard: P(no purchase) becomes
P(no purchase) ** exp(shift). What it was in windows of the past is read off BG/NBD, which needs no
label and so can be asked wherever there is history, the days ahead of one and two years before
among them. What it will be is for `winback.evaluation.level_process` to say; a candidate that has
learned from labelled snapshots has the level of their windows already, BG/NBD that of all history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize import brentq

from winback.errors import ModelError, NotEnoughDataError
from winback.evaluation.calibration import Floats
from winback.evaluation.level import MOST, UNLIKE, level_windows
from winback.evaluation.level_process import MISFIT, SeenLevel, Span, next_level
from winback.evaluation.past import Past
from winback.evaluation.windows import MIN_CUSTOMERS, Window
from winback.messages import Message

MAX_CUSTOMERS = 50_000  # of whom the level is read off


@dataclass(frozen=True)
class ChurnLevel:
    """By how much the hazard of a purchase is expected to differ in the days ahead.

    Parameters
    ----------
    learned : float
        Logarithm of what hazards are multiplied by that were learned from labelled snapshots.
    expected : float
        The same of those that BG/NBD expects.
    windows : list of dict
        ``as_of``, ``until`` and ``ratio`` (of hazards, actual over expected) of each window.
    """

    learned: float = 0.0
    expected: float = 0.0
    windows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def message(self) -> Message:
        """What is made of it."""
        return Message("churn.level", factor=np.exp(self.learned), n=len(self.windows))


def churn_level(
    past: Past, ahead: Window, snapshots: Sequence[date], active_within_days: int | None
) -> ChurnLevel:
    """Estimate the level of the days ahead from windows of the past.

    Parameters
    ----------
    past : Past
        Of the day after which the days ahead begin, gap included.
    ahead : Window
        The days that are predicted.
    snapshots : sequence of date
        Of the labels that candidates have learned from.
    active_within_days : int or None
        Whom churn is asked of.
    """
    first, windows, seen = past.first_day, [], []
    for window in level_windows(first, past.as_of, ahead.horizon_days, settled=past.settled):
        measured = past.once(
            ("hazard ratio", window, active_within_days),
            partial(_hazard_ratio, past, window, active_within_days),
        )
        if measured is None:
            continue
        ratio, variance = measured
        alike = window.horizon_days == ahead.horizon_days
        start, end = ((day - first).days for day in (window.start, window.until))
        seen.append(SeenLevel(start, end, ratio, variance + (0 if alike else UNLIKE**2)))
        windows.append(
            {"as_of": str(window.as_of), "until": str(window.until), "ratio": float(np.exp(ratio))}
        )
    if not seen:
        return ChurnLevel()
    gap, days = timedelta(days=ahead.gap_days), timedelta(days=ahead.horizon_days)
    labels: list[Span] = [
        ((day + gap - first).days, (day + gap + days - first).days) for day in snapshots
    ]
    start = (ahead.start - first).days
    expected, learned = (
        float(np.clip(next_level(seen, start, ahead.horizon_days, spans, MISFIT).mean, -MOST, MOST))
        for spans in ((), labels)
    )
    return ChurnLevel(learned, expected, windows)


def _hazard_ratio(
    past: Past, window: Window, active_within_days: int | None
) -> tuple[float, float] | None:
    """Return the logarithm of the ratio of hazards in a window, and its variance by chance.

    None where nothing can be said: no model, hardly anybody active, or everybody did the same.
    """
    then = past.at(window.as_of)
    try:
        model = then.purchase_model()
    except (ModelError, NotEnoughDataError):
        return None
    customers = then.histories(MAX_CUSTOMERS)
    if active_within_days is not None:
        customers = customers[customers["T"] - customers["recency"] <= active_within_days]
    if len(customers) < MIN_CUSTOMERS:
        return None
    churned = past.outcomes(window, customers["customer_id"])["churned"].to_numpy()
    stays_away = 1.0 - np.asarray(model.p_purchase(customers, window.horizon_days))
    return hazard_ratio(stays_away, churned)


def hazard_ratio(stays_away: Floats, churned: Floats) -> tuple[float, float] | None:
    """Return by how much hazards differ from what was expected, as a logarithm, and its variance.

    Parameters
    ----------
    stays_away, churned : ndarray of shape (n,)
        P(no purchase), and whether there was none.

    Examples
    --------
    Half were expected to stay away, and a quarter does: the hazard is twice what was expected.

    >>> ratio, variance = hazard_ratio(np.full(400, 0.5), np.tile([1.0, 0.0, 0.0, 0.0], 100))
    >>> round(float(np.exp(ratio)), 2), round(variance**0.5, 3)
    (2.0, 0.062)
    """
    share = float(churned.mean())
    hazards = -np.log(np.clip(stays_away, 1e-12, 1 - 1e-12))

    def too_many(ratio: float) -> float:
        return float(np.exp(-hazards * np.exp(ratio)).mean()) - share

    if not too_many(MOST) < 0 < too_many(-MOST):
        return None
    ratio = float(brentq(too_many, -MOST, MOST, xtol=1e-9))
    faster = hazards * np.exp(ratio)
    p = np.exp(-faster)
    slope = float((p * faster).mean())  # of the share, in the logarithm of the ratio
    return ratio, float((p * (1 - p)).mean() / len(p) / slope**2)
