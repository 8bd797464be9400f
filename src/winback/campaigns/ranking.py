"""Whether a score ranks customers by what treatment brings them: AUTOC and Qini.

Both ask how much more treatment brings the customers ranked first than it brings on average; a
score that ranks by anything but the effect has 0 of either. A campaign that was not randomised
gives neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from winback.confidence import Z
from winback.errors import UsageError

Floats = npt.NDArray[np.float64]
RESAMPLES: Final = 200


@dataclass(frozen=True)
class Ranking:
    """How well a score ranks by effect.

    Attributes
    ----------
    estimate
        The area between the curve of the targeting operator and 0: in units of the outcome.
    standard_error
        By half-sample bootstrap over customers.
    low, high
        The 95% interval.
    z
        Estimate over standard error.
    weight
        ``autoc``: every depth counts alike, so the few ranked first have the largest say.
        ``qini``: depths count by how many customers they hold.
    """

    estimate: float
    standard_error: float
    low: float
    high: float
    z: float
    weight: Literal["autoc", "qini"]


def rank_weighted_effect(
    score: npt.ArrayLike,
    outcome: npt.ArrayLike,
    treated: npt.ArrayLike,
    *,
    weight: Literal["autoc", "qini"] = "autoc",
    random_state: int = 42,
) -> Ranking:
    """Estimate the rank-weighted average treatment effect of a score.

    The score must have been made without these customers' outcomes (cross-fitted). The share of
    treated is taken from the data; each customer stands for the effect by
    ``outcome * (treated / share - (1 - treated) / (1 - share))`` about the arms' means, which is
    unbiased under randomisation.

    Parameters
    ----------
    score
        The higher, the earlier. Customers of equal score share their ranks' mean effect, so a
        constant score has exactly 0.
    outcome
        One number a customer.
    treated
        1 or 0, randomised.
    weight
        See `Ranking`.
    random_state
        Seed of the half-samples.

    References
    ----------
    Yadlowsky, S., Fleming, S., Shah, N., Brunskill, E., Wager, S. (2025). Evaluating treatment
    prioritization rules via rank-weighted average treatment effects. *JASA* 120 (equations 2.4 to
    2.6, and section 3 on the half-sample bootstrap).

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> arm, kind = random.integers(0, 2, 4000), random.integers(0, 2, 4000)
    >>> brought = arm * kind + random.standard_normal(4000)
    >>> good = rank_weighted_effect(kind, brought, arm)
    >>> bad = rank_weighted_effect(random.standard_normal(4000), brought, arm)
    >>> good.z > 3, abs(bad.z) < 3
    (True, True)
    """
    values, y = np.asarray(score, float), np.asarray(outcome, float)
    arm = np.asarray(treated, float)
    if not len(values) == len(y) == len(arm):
        raise UsageError("score, outcome and treated differ in length", where="ranking")
    share = float(arm.mean())
    if not 0 < share < 1:
        raise UsageError("both arms have customers", where="treated", got=share)
    centre = (1 - share) * y[arm == 1].mean() + share * y[arm == 0].mean()
    effects = (y - centre) * (arm / share - (1 - arm) / (1 - share))
    order = np.argsort(-values, kind="stable")
    effects, values = effects[order], values[order]
    estimate = _area(effects, values, weight)
    random = np.random.default_rng(random_state)
    n = len(values)
    halves = np.empty(RESAMPLES)
    for i in range(RESAMPLES):
        half = np.sort(random.choice(n, n // 2, replace=False))
        halves[i] = _area(effects[half], values[half], weight)
    error = float(halves.std(ddof=1))
    reach = Z * error
    z = estimate / error if error > 0 else 0.0
    return Ranking(estimate, error, estimate - reach, estimate + reach, z, weight)


def _area(effects: Floats, values: Floats, weight: str) -> float:
    """Return the mean over depths of how much the first bring above everybody's mean."""
    starts = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)
    sizes = np.diff(starts, append=len(values))
    tied = np.repeat(np.add.reduceat(effects, starts) / sizes, sizes)
    depth = np.arange(1, len(tied) + 1)
    above = np.cumsum(tied) / depth - tied.mean()
    return float((above * depth / len(tied)).mean() if weight == "qini" else above.mean())
