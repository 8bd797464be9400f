"""What past deviations of a total say of the next one: a Gaussian process over days.

The logarithm of a shop's demand is taken for a sum of three processes (Rasmussen & Williams 2006,
sections 2.2, 4.2.1 and 4.2.3): a drift that is forgotten over about a year (Ornstein-Uhlenbeck), a
season that repeats every year (their equation 4.31), and a walk that begins shortly before today,
as demand may just have broken. A window's total, over what a model fitted before it predicted, is
the mean of that curve over the window less its mean over the history that the model was fitted on.
Windows that overlap, and the same days of a year before, are correlated for that reason alone; no
weight is given to anything by hand. How strong drift, season and break are is not known: what each
combination says is averaged by how well it explains what was seen (ibid., section 5.2, on a grid),
so that a large deviation is believed and a small one is taken for noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from winback.estimators.base.frames import FloatArray

YEAR = 365.25
FORGOTTEN = 365.0  # days after which a drift keeps 1/e of itself
SINCE = 90.0  # days before today in which demand may have broken
UNEXPLAINED = 0.03  # what a model's total misses by, whatever the demand

# standard deviations of the logarithm, with how often they are expected beforehand
DRIFT = {0.0: 0.2, 0.05: 0.2, 0.1: 0.2, 0.2: 0.2, 0.4: 0.2}
SEASON = {0.0: 0.4, 0.15: 0.2, 0.4: 0.2, 1.0: 0.2}
SMOOTH = {0.7: 0.5, 1.5: 0.5}  # how slowly a season turns: its length scale, in half radians
BREAK = {0.0: 0.7, 0.15: 0.15, 0.4: 0.15}


class Seen(NamedTuple):
    """A window of the past, in days since the first that is known.

    Parameters
    ----------
    start, end
        The window is ``(start, end]``; what predicted it was fitted on ``[0, start]``.
    log_ratio
        Logarithm of actual over predicted total.
    variance
        Of that logarithm, by the chance of single customers: the sum of squares of what they did,
        over the square of the sum.
    """

    start: float
    end: float
    log_ratio: float
    variance: float


class Mixture(NamedTuple):
    """What is expected of the next logarithm: normal distributions with weights."""

    weights: FloatArray
    means: FloatArray
    spreads: FloatArray

    @property
    def mean(self) -> float:
        """Where it is expected."""
        return float(self.weights @ self.means)

    @property
    def spread(self) -> float:
        """Its standard deviation."""
        around = self.spreads**2 + (self.means - self.mean) ** 2
        return float(np.sqrt(self.weights @ around))

    def quantile(self, share: float, beyond: float = 0.0) -> float:
        """Return what a share of all futures lies below; `beyond` is a deviation on top."""
        spreads = np.hypot(self.spreads, beyond)
        far = 8 * spreads  # beyond every quantile that is asked for

        def too_much(value: float) -> float:
            return float(self.weights @ ndtr((value - self.means) / spreads)) - share

        ends = float((self.means - far).min()), float((self.means + far).max())
        return float(brentq(too_much, *ends, xtol=1e-12))


def next_level(seen: Sequence[Seen], start: float, days: float) -> Mixture:
    """Return what windows of the past say of the days to come.

    Parameters
    ----------
    seen
        In any order; none: what is expected beforehand.
    start
        Today, in days since the first that is known.
    days
        How many days are to be predicted.

    Examples
    --------
    Nothing seen; three windows as predicted; three at 1.35 of it; 2.7 of it a year before:

    >>> def windows(log, *starts):
    ...     return [Seen(start, start + 90, log, 0.001) for start in starts]
    >>> year = windows(0.0, 640, 595, 550)
    >>> for seen in ([], year, windows(0.3, 640, 595, 550), year + windows(1.0, 365)):
    ...     level = next_level(seen, 730, 90)
    ...     print(abs(round(level.mean, 2)), round(level.spread, 2))
    0.0 0.37
    0.0 0.08
    0.15 0.25
    0.55 0.46
    """
    spans = [*((window.start, window.end) for window in seen), (start, start + days)]
    kernels = _covariances(spans, start)
    happened = np.array([window.log_ratio for window in seen])
    chance = np.diag([window.variance + UNEXPLAINED**2 for window in seen]).reshape(
        len(seen), len(seen)
    )
    logs, means, spreads = [], [], []
    for strengths in product(DRIFT.items(), SEASON.items(), BREAK.items(), SMOOTH.items()):
        (drift, season, broken, smooth), shares = zip(*strengths, strict=True)
        together = drift**2 * kernels.drift + broken**2 * kernels.broken
        together = together + season**2 * kernels.season[smooth]
        root = np.linalg.cholesky(together[:-1, :-1] + chance)
        fitted = np.linalg.solve(root, happened)
        common = np.linalg.solve(root, together[:-1, -1])
        logs.append(np.log(shares).sum() - fitted @ fitted / 2 - np.log(np.diag(root)).sum())
        means.append(common @ fitted)
        spreads.append(np.sqrt(together[-1, -1] - common @ common + UNEXPLAINED**2))
    weights = np.exp(np.array(logs) - max(logs))
    return Mixture(weights / weights.sum(), np.array(means), np.array(spreads))


class _Kernels(NamedTuple):
    """How drift, season (by smoothness) and break of each window go together with each other's."""

    drift: FloatArray
    season: dict[float, FloatArray]
    broken: FloatArray


def _covariances(spans: Sequence[tuple[float, float]], today: float) -> _Kernels:
    """Integrate the kernels over each window, less the history before it."""
    points, owners = [], []
    for start, end in spans:
        ahead, before = np.arange(start + 0.5, end, 3.0), np.arange(0.5, start + 1.0, 7.0)
        points += [ahead, before]
        owners += [np.full(len(ahead), 1 / len(ahead)), np.full(len(before), -1 / len(before))]
    weights = np.zeros((len(spans), sum(map(len, points))))
    column = 0
    for place, owned in enumerate(owners):
        weights[place // 2, column : column + len(owned)] = owned
        column += len(owned)
    days = np.concatenate(points)
    apart = np.abs(days[:, None] - days[None, :])
    earlier = np.minimum(days[:, None], days[None, :])
    turn = np.sin(np.pi * apart / YEAR) ** 2

    def integrated(kernel: FloatArray) -> FloatArray:
        return np.asarray(weights @ kernel @ weights.T)

    return _Kernels(
        integrated(np.exp(-apart / FORGOTTEN)),
        {smooth: integrated(np.exp(-2 * turn / smooth**2)) for smooth in SMOOTH},
        integrated(np.clip((earlier - (today - SINCE)) / SINCE, 0.0, 1.0)),
    )
