"""What past deviations of a total say of the next one: a Gaussian process over days.

The logarithm of a shop's demand is taken for a sum of three processes (Rasmussen & Williams 2006,
sections 2.2, 4.2.1 and 4.2.3): a drift that is forgotten over about a year (Ornstein-Uhlenbeck), a
season that repeats every year (their equation 4.31), and a walk that begins shortly before today,
as demand may just have broken. A window's total, over what a model fitted before it predicted, is
the mean of that curve over the window less its mean over the days that the model has learned from.
Windows that overlap, and the same days of a year before, are correlated for that reason alone; and
what single customers did by chance on the days that two windows share, both saw. No weight is given
to anything by hand. How strong drift, season and break are is not known: what each
combination says is averaged by how well it explains what was seen (ibid., section 5.2, on a grid),
so that a large deviation is believed and a small one is taken for noise.

A model's total may also miss by itself, whatever the demand: one whose shop began before its data
takes old customers for new ones. What it misses by changes slowly with the length of the history
that it was fitted on, so windows of a like history show it, and it is not demand: another model,
that has learned from outcomes, is not moved by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.linalg import block_diag
from scipy.optimize import brentq
from scipy.special import ndtr

from winback.estimators.base.frames import FloatArray

YEAR = 365.25
SINCE = 90.0  # days before today in which demand may have broken
UNEXPLAINED = 0.03  # what a model's total misses by, whatever the demand

# standard deviations of the logarithm, with how often they are expected beforehand
FORGOTTEN = 365.0  # days after which a drift keeps 1/e of itself
DRIFT = {0.0: 0.5, 0.05: 0.125, 0.1: 0.125, 0.2: 0.125, 0.4: 0.125}
SEASON = {0.0: 0.3, 0.15: 0.2, 0.4: 0.2, 1.0: 0.3}
SMOOTH = {0.7: 0.5, 1.5: 0.5}  # how slowly a season turns: its length scale, in half radians
BREAK = {0.0: 0.7, 0.15: 0.15, 0.4: 0.15}
MISFIT = {0.0: 0.25, 0.1: 0.25, 0.2: 0.25, 0.4: 0.25}
NO_MISFIT = {0.0: 1.0}
ALIKE = 1.0  # how slowly a misfit changes: its length scale, in logarithms of days of history
LEAST_HISTORY = 7.0  # days: shorter histories are all alike


class SeenLevel(NamedTuple):
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


Span = tuple[float, float]  # (start, end], in days since the first that is known


def next_level(
    seen: Sequence[SeenLevel],
    start: float,
    days: float,
    learned_from: Sequence[Span] = (),
    misfit: Mapping[float, float] = NO_MISFIT,
) -> Mixture:
    """Return what windows of the past say of the days to come.

    Parameters
    ----------
    seen
        In any order; none: what is expected beforehand.
    start
        Today, in days since the first that is known.
    days
        How many days are to be predicted.
    learned_from
        The days whose level a model has that is to predict them: of what was fitted to outcomes,
        their windows. None: it was fitted on ``[0, start]``, as those of the windows seen were.
    misfit
        How strong what a model misses by itself may be, with how often that is expected: `MISFIT`,
        or none is looked for, and all is demand.

    Examples
    --------
    Nothing seen; three windows as predicted; three at 1.35 of it; 2.7 of it a year before:

    >>> def windows(log, *starts):
    ...     return [SeenLevel(start, start + 90, log, 0.001) for start in starts]
    >>> year = windows(0.0, 640, 595, 550)
    >>> for seen in ([], year, windows(0.3, 640, 595, 550), year + windows(1.0, 365)):
    ...     level = next_level(seen, 730, 90)
    ...     print(abs(round(level.mean, 2)), round(level.spread, 2))
    0.0 0.4
    0.0 0.07
    0.1 0.28
    0.69 0.44
    """
    ahead = fitted_on(start, start + days)
    if learned_from:
        ahead = Contrast(ahead.over, tuple(learned_from))
    contrasts = [*(fitted_on(w.start, w.end) for w in seen), ahead]
    happened = np.array([window.log_ratio for window in seen])
    shares, together = _combinations(_covariances(contrasts, start), misfit)
    # one system a combination, solved together: they are many, and small
    root = np.linalg.cholesky(together[:, :-1, :-1] + _chance(seen))
    fitted = np.linalg.solve(root, np.broadcast_to(happened, root.shape[:2])[..., None])[..., 0]
    common = np.linalg.solve(root, together[:, :-1, -1:])[..., 0]
    fit = (fitted**2).sum(axis=1) / 2 + np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    logs = np.log(shares) - fit
    spreads = np.sqrt(together[:, -1, -1] - (common**2).sum(axis=1) + UNEXPLAINED**2)
    weights = np.exp(logs - logs.max())
    return Mixture(weights / weights.sum(), (common * fitted).sum(axis=1), spreads)


class Contrast(NamedTuple):
    """The mean of the curve over some days, less its mean over others.

    Parameters
    ----------
    over, less
        The days.
    history
        How many days the model was fitted on that the windows seen were predicted by. None: the
        prediction is another model's.
    """

    over: Span
    less: Sequence[Span]
    history: float | None = None


def fitted_on(start: float, end: float) -> Contrast:
    """Return what a model of everything up to a day misses in the days from then on."""
    return Contrast((start, end), ((0.0, start),), start)


class _Kernels(NamedTuple):
    """How the contrasts go together by drift, season (by smoothness), break and misfit."""

    drift: FloatArray
    season: dict[float, FloatArray]
    broken: FloatArray
    misfit: FloatArray


def _combinations(
    kernels: _Kernels, misfit: Mapping[float, float]
) -> tuple[FloatArray, FloatArray]:
    """Return how likely each combination of strengths is beforehand, and its covariance."""
    drifts = _of_strengths(DRIFT, {0.0: 1.0}, {0.0: kernels.drift})
    seasons = _of_strengths(SEASON, SMOOTH, kernels.season)
    breaks = _of_strengths(BREAK, {0.0: 1.0}, {0.0: kernels.broken})
    misfits = _of_strengths(misfit, {0.0: 1.0}, {0.0: kernels.misfit})
    together = [
        (float(np.prod([share for share, _ in each])), sum(of for _, of in each))
        for each in product(drifts, seasons, breaks, misfits)
    ]
    return np.array([share for share, _ in together]), np.array([of for _, of in together])


def _of_strengths(
    strengths: Mapping[float, float], shapes: Mapping[float, float], of: Mapping[float, FloatArray]
) -> list[tuple[float, FloatArray]]:
    """Return covariances with their shares; what has no strength has no shape."""
    (none, share), *rest = strengths.items()
    first = next(iter(of.values()))
    weighted = [(share, none * first)]
    return weighted + [
        (share * each, strength**2 * of[shape])
        for strength, share in rest
        for shape, each in shapes.items()
    ]


def _chance(seen: Sequence[SeenLevel]) -> FloatArray:
    """Return how the windows' chance goes together: as far as they share their days."""
    starts, ends, _, variances = np.array(seen, dtype=np.float64).reshape(len(seen), 4).T
    shared = np.minimum.outer(ends, ends) - np.maximum.outer(starts, starts)
    lengths, spread = np.sqrt(ends - starts), np.sqrt(variances)
    together = np.outer(spread / lengths, spread / lengths) * np.maximum(shared, 0.0)
    return np.asarray(together + UNEXPLAINED**2 * np.eye(len(seen)))


def _covariances(contrasts: Sequence[Contrast], today: float) -> _Kernels:
    """Integrate the kernels over the days of each contrast."""
    points, weights = [], []
    for over, less, _ in contrasts:
        ahead = np.arange(over[0] + 0.5, over[1], 3.0)
        before = np.concatenate([np.arange(a + 0.5, b + 1.0, 7.0) for a, b in less])
        points.append(np.r_[ahead, before])
        weights.append(
            np.r_[np.full(len(ahead), 1 / len(ahead)), np.full(len(before), -1 / len(before))]
        )
    of_each = block_diag(*weights)
    days = np.concatenate(points)
    apart = np.abs(days[:, None] - days[None, :])
    earlier = np.minimum(days[:, None], days[None, :])
    turn = np.sin(np.pi * apart / YEAR) ** 2

    def integrated(kernel: FloatArray) -> FloatArray:
        return np.asarray(of_each @ kernel @ of_each.T)

    return _Kernels(
        integrated(np.exp(-apart / FORGOTTEN)),
        {smooth: integrated(np.exp(-2 * turn / smooth**2)) for smooth in SMOOTH},
        integrated(np.clip((earlier - (today - SINCE)) / SINCE, 0.0, 1.0)),
        _misfit([contrast.history for contrast in contrasts]),
    )


def _misfit(histories: Sequence[float | None]) -> FloatArray:
    """Return how misfits go together: as far as histories are alike; another model has none."""
    days = np.array([np.nan if of is None else max(of, LEAST_HISTORY) for of in histories])
    apart = np.log(days)[:, None] - np.log(days)[None, :]
    return np.asarray(np.nan_to_num(np.exp(-((apart / ALIKE) ** 2) / 2), nan=0.0))
