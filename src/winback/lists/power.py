"""What a list can measure, said before it is sent."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from winback.messages import Message

EXACT = 1_500
"""Customers up to whom, in each arm, every outcome is counted."""
_MOST = 10**9
_FAR = 9.0  # standard deviations beyond which an outcome does not happen


def power_of(
    n_treated: int, n_control: int, rate: float, effect: float, *, alpha: float = 0.05
) -> float:
    """Work out the chance that a gain is told apart from 0, by the test that judges campaigns.

    That test is `winback.estimators.uplift`'s, looked at once: the difference of the return rates
    against its standard error, which is never below that with one more of each outcome (Agresti and
    Caffo, 2000, doi:10.1080/00031305.2000.10474560). Up to `EXACT` customers an arm the chance is
    summed over all outcomes of both arms; beyond, both rates are normal.

    Parameters
    ----------
    n_treated, n_control
        Sizes of the groups, 1 or more.
    rate
        Return rate of those left alone, in [0, 1].
    effect
        The gain, absolute.
    alpha
        Two-sided level.

    Examples
    --------
    >>> round(power_of(119, 28, 0.15, 0.24), 2)
    0.8
    """
    z = NormalDist().inv_cdf(1 - alpha / 2)
    other = min(max(rate + effect, 0.0), 1.0)
    if max(n_treated, n_control) > EXACT:
        error = math.sqrt(other * (1 - other) / n_treated + rate * (1 - rate) / n_control)
        if not error:
            return float(effect != 0)
        return NormalDist().cdf(effect / error - z) + NormalDist().cdf(-effect / error - z)
    treated, p_treated, v_treated = _outcomes(n_treated, other)
    control, p_control, v_control = _outcomes(n_control, rate)
    gap = treated[:, None] - control
    # of the whole difference the larger, as in `winback.estimators.uplift.pooling`
    plain = v_treated[0][:, None] + v_control[0]
    smooth = v_treated[1][:, None] + v_control[1]
    shows = np.abs(gap) > z * np.sqrt(np.maximum(plain, smooth))
    return float(p_treated @ shows @ p_control)


def _outcomes(n: int, rate: float) -> tuple[Any, Any, tuple[Any, Any]]:
    """Return the rates that may be seen, their chances, and the variances they would be given."""
    from scipy.stats import binom  # noqa: PLC0415 - half a second

    spread = _FAR * math.sqrt(n * rate * (1 - rate)) + _FAR
    low, high = max(0, math.floor(n * rate - spread)), min(n, math.ceil(n * rate + spread))
    count = np.arange(low, high + 1)
    seen, smooth = count / n, (count + 1) / (n + 2)
    return seen, binom.pmf(count, n, rate), (seen * (1 - seen) / n, smooth * (1 - smooth) / n)


def minimum_detectable_effect(
    n_treated: int, n_control: int, rate: float, *, alpha: float = 0.05, power: float = 0.80
) -> float:
    """Work out the smallest gain in the return rate that two groups can show; see `power_of`.

    Parameters
    ----------
    n_treated, n_control
        Sizes of the groups.
    rate
        Return rate of those left alone, in [0, 1].
    alpha
        Two-sided level.
    power
        Chance of seeing the effect if it is there.

    Returns
    -------
    float
        An absolute difference; infinite where a group is empty, or where not even a return of all
        the treated would show.

    Examples
    --------
    >>> round(minimum_detectable_effect(3842, 3842, 0.11), 4)
    0.0208
    """
    if not n_treated or not n_control:
        return math.inf
    low, high = 0.0, 1 - rate
    if power_of(n_treated, n_control, rate, high, alpha=alpha) < power:
        return math.inf
    while high - low > 1e-7:
        middle = (low + high) / 2
        enough = power_of(n_treated, n_control, rate, middle, alpha=alpha) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high


def needed_customers(
    effect: float, rate: float, control_share: float, *, alpha: float = 0.05, power: float = 0.80
) -> int:
    """Work out how many customers, both groups together, would show a gain.

    The inverse of `minimum_detectable_effect`.

    Examples
    --------
    >>> needed_customers(0.0206, 0.11, 0.5)
    7822
    """
    low, high = 2, _MOST
    while high - low > 1:
        middle = (low + high) // 2
        control = max(1, round(middle * control_share))
        groups = max(1, middle - control), control
        enough = power_of(*groups, rate, effect, alpha=alpha) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high


def what_it_can_measure(
    n_treated: int,
    n_control: int,
    *,
    p_return: npt.ArrayLike,
    uplift: float,
    control_share: float,
) -> dict[str, Any]:
    """Say before sending what a list can show.

    Parameters
    ----------
    n_treated, n_control
        Sizes of the list and of its comparison group.
    p_return
        P(return untreated) of the customers of both, or of those eligible.
    uplift
        The effect expected.
    control_share
        Share of the comparison group.

    Returns
    -------
    dict
        `minimum_detectable_effect` and `needed_customers` (None where there is none), `message`.

    Examples
    --------
    >>> power = what_it_can_measure(160, 40, p_return=[0.1], uplift=0.02, control_share=0.2)
    >>> str(power["message"])
    'With 160 treated and 40 controls, only a gain of 17.9 points or more on the return rate would
    show (80% power, 5% two-sided); the 2.0 points expected would need about 11,421 customers.'
    """
    returns = np.asarray(p_return, dtype="float64")
    if not len(returns):
        return {
            "minimum_detectable_effect": None,
            "needed_customers": None,
            "message": Message("power.nobody"),
        }
    rate = min(max(float(returns.mean()), 0.0), 1.0)
    possible = min(uplift, 1 - rate)
    needed = needed_customers(possible, rate, control_share) if possible > 0 else None
    effect = minimum_detectable_effect(n_treated, n_control, rate)
    wanted: Message | str = ""
    if needed is not None:
        wanted = Message("power.needed", points=possible * 100, n=needed)
    message = Message("power.none", treated=n_treated, control=n_control, needed=wanted)
    if math.isfinite(effect):
        points = effect * 100
        message = Message(
            "power.effect", treated=n_treated, control=n_control, needed=wanted, points=points
        )
    return {
        "minimum_detectable_effect": effect if math.isfinite(effect) else None,
        "needed_customers": needed,
        "message": message,
    }
