"""Looking at a test more than once without fooling oneself: group-sequential boundaries.

Looks are planned on a scale of information, not of days: the plan ends where as much is known as
the test was to know. Each look may spend a part of the error allowed, next to nothing of it early.

Where there is no end to plan for, because the newest days are looked at every night and the oldest
fall out, `rolling_boundary` spends the error evenly over a stretch of time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from winback.errors import UsageError

Floats = npt.NDArray[np.float64]

LOOKS = 12
NEVER = 9.0
"""A boundary that nothing crosses: so little error is left to a look."""
_NORMAL = NormalDist()
_LEAST = 1e-15


def spent(fraction: float, alpha: float = 0.05) -> float:
    """Return the error that may have been made by so large a part of the information.

    The O'Brien-Fleming-like function of Lan and DeMets (1983, doi:10.1093/biomet/70.3.659) on each
    side: ``2 - 2 Phi(z / sqrt(t))`` with z the quantile of ``1 - alpha / 4``, twice.

    Examples
    --------
    >>> [round(spent(t), 5) for t in (0.2, 0.5, 1.0)]
    [0.0, 0.00305, 0.05]
    """
    if fraction <= 0:
        return 0.0
    z = _NORMAL.inv_cdf(1 - alpha / 4) / min(fraction, 1.0) ** 0.5
    return 4 * _NORMAL.cdf(-z)


def boundaries(fractions: Sequence[float], alpha: float = 0.05) -> list[float]:
    """Return how far |z| must lie from 0 at each look to be told apart from it.

    By recursive integration (Armitage, McPherson and Rowe, 1969; Jennison and Turnbull, *Group
    Sequential Methods*, 2000, ch. 19): over all looks together the chance that a test without
    effect crosses is `alpha`.

    Parameters
    ----------
    fractions
        The information at each look as a part of all that is planned, rising, in (0, 1].
    alpha
        Two-sided, in (0, 1).

    Raises
    ------
    UsageError
        If the fractions do not rise within (0, 1].

    Examples
    --------
    >>> [round(bound, 2) for bound in boundaries([0.2, 0.4, 0.6, 0.8, 1.0])]
    [4.88, 3.36, 2.68, 2.29, 2.03]
    """
    times = np.asarray(fractions, dtype="float64")
    if len(times) and not (times[0] > 0 and times[-1] <= 1 and (np.diff(times) > 0).all()):
        raise UsageError(
            "looks are planned at rising parts of the information",
            where="fractions",
            got=list(fractions),
            allowed="above 0, at most 1",
        )
    bounds: list[float] = []
    nodes, mass, before, used = np.zeros(1), np.ones(1), 0.0, 0.0
    for time in times:
        may = spent(float(time), alpha) - used
        step = float(np.sqrt(time - before))
        limit = _bound(nodes, mass, step, may) if may > _LEAST else NEVER * float(np.sqrt(time))
        bounds.append(limit / float(np.sqrt(time)))
        n = 2 * int(min(1_500, max(200, 8 * limit / step))) + 1
        reached = np.linspace(-limit, limit, n)
        simpson = np.full(n, 2.0)
        simpson[1::2] = 4.0
        simpson[[0, -1]] = 1.0
        away = (reached[:, None] - nodes) / step
        density = (np.exp(-0.5 * away**2) @ mass) / (step * np.sqrt(2 * np.pi))
        nodes, mass = reached, density * simpson * (2 * limit / (n - 1) / 3)
        before, used = float(time), used + max(may, 0.0)
    return bounds


def rolling_boundary(window_days: float, days: float, alpha: float = 0.05) -> float:
    """Return how far z must lie above 0, if a rolling window is looked at again and again.

    A difference over the last `window_days`, however often it is looked at within `days`, crosses
    this by chance with probability `alpha` at most: looks at nearly the same window are nearly the
    same look. z over a rolling window is a Gaussian process whose correlation falls linearly to 0
    (Slepian 1961, doi:10.1002/j.1538-7305.1962.tb02419.x), and the chance that it crosses c in the
    time t, in windows, is about ``1 - Phi(c) + t c phi(c)`` (Leadbetter, Lindgren and Rootzen,
    *Extremes*, 1983, theorem 12.2.9).

    Parameters
    ----------
    window_days, days
        Above 0.
    alpha
        One-sided.

    Examples
    --------
    One look; every night of a year at windows of 90 days, of 14 days:

    >>> looks = [(90, 1e-9), (90, 365), (14, 365)]
    >>> [round(rolling_boundary(window, days), 2) for window, days in looks]
    [1.64, 3.04, 3.64]
    """
    low, high = 0.0, NEVER
    for _ in range(60):  # it falls from above alpha to next to nothing
        c = (low + high) / 2
        chance = _NORMAL.cdf(-c) + days / window_days * c * _NORMAL.pdf(c)
        low, high = (c, high) if chance > alpha or c < 1 else (low, c)
    return high


@lru_cache(maxsize=64)
def _remembered(fractions: tuple[float, ...], alpha: float) -> tuple[float, ...]:
    return tuple(boundaries(fractions, alpha))


def _bound(nodes: Floats, mass: Floats, step: float, may: float) -> float:
    from scipy.optimize import brentq  # noqa: PLC0415 - half a second
    from scipy.special import ndtr  # noqa: PLC0415

    def too_much(limit: float) -> float:
        out = ndtr((-limit - nodes) / step) + ndtr((nodes - limit) / step)
        return float(out @ mass) - may

    far = float(np.abs(nodes).max()) + NEVER * step
    return float(brentq(too_much, 0.0, far, xtol=1e-10))


@dataclass(frozen=True)
class Plan:
    """When a difference is looked at, and what it takes to be told apart from 0.

    Parameters
    ----------
    effect
        The difference that the test is to show, above 0.
    looks
        How often, at equal steps of information.
    alpha, power
        Two-sided level over all looks together, and the chance to show the effect if it is there.

    Examples
    --------
    >>> plan = Plan(effect=0.02, looks=5)
    >>> round(plan.information)
    19622
    >>> plan.judge([4_000, 8_000, 12_000], [2.0, 3.0, 2.9])
    (2, 1)
    """

    effect: float
    looks: int = LOOKS
    alpha: float = 0.05
    power: float = 0.80

    @property
    def information(self) -> float:
        """The information planned, one over a variance: at it a fixed test has the power."""
        z = _NORMAL.inv_cdf(1 - self.alpha / 2) + _NORMAL.inv_cdf(self.power)
        return (z / self.effect) ** 2

    def due(self, information: npt.ArrayLike) -> list[int]:
        """Return at which points of a rising information a look is due.

        Examples
        --------
        >>> plan = Plan(effect=0.02, looks=5)
        >>> plan.due([2_000, 4_000, 4_500, 9_000, 25_000, 30_000])
        [1, 3, 4]
        """
        reached = np.minimum(np.asarray(information, dtype="float64") / self.information, 1.0)
        step = np.floor(reached * self.looks + 1e-9)
        fresh = np.flatnonzero(np.diff(step, prepend=0.0) > 0)
        return [int(look) for look in fresh]

    def judge(self, information: Sequence[float], z: Sequence[float]) -> tuple[int, int]:
        """Judge the looks so far.

        Parameters
        ----------
        information, z
            At each look.

        Returns
        -------
        (int, int)
            Place of the first look that crosses its boundary, and 1 or -1 by its side; (-1, 0)
            where none does.
        """
        for place, look in enumerate(self.judged(information, z)):
            if abs(look["z"]) >= look["boundary"]:
                return place, 1 if look["z"] > 0 else -1
        return -1, 0

    def judged(self, information: Sequence[float], z: Sequence[float]) -> list[dict[str, float]]:
        """Return each look's `fraction` of the information planned, `z` and `boundary`.

        Examples
        --------
        >>> Plan(effect=0.02).judged([20_000], [2.5])
        [{'fraction': 1.0, 'z': 2.5, 'boundary': 1.96}]
        """
        fractions = np.minimum(np.asarray(information, dtype="float64") / self.information, 1.0)
        bounds = _remembered(tuple(fractions.tolist()), self.alpha)
        return [
            {"fraction": round(float(t), 4), "z": round(float(value), 4), "boundary": round(b, 4)}
            for t, value, b in zip(fractions, z, bounds, strict=True)
        ]
