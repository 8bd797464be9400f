"""What a list can measure, said before it is sent."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from winback.messages import Message

_HALF_TURN = math.pi / 2


def minimum_detectable_effect(
    n_treated: int, n_control: int, rate: float, *, alpha: float = 0.05, power: float = 0.80
) -> float:
    """Work out the smallest gain in the return rate that two groups can show.

    The two-sided test of two proportions by `statsmodels.stats.power.NormalIndPower`, on Cohen's
    effect size `h = 2 asin sqrt(p1) - 2 asin sqrt(p2)` (*Statistical Power Analysis*, 2nd ed.,
    eq. 6.2.1), which needs no common variance; `h` is turned back into points at this rate.

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
    from statsmodels.stats.power import NormalIndPower  # noqa: PLC0415 - takes a second

    if not n_treated or not n_control:
        return math.inf
    size = NormalIndPower().solve_power(
        nobs1=n_treated, ratio=n_control / n_treated, alpha=alpha, power=power
    )
    angle = math.asin(math.sqrt(rate)) + float(size) / 2
    return math.inf if angle > _HALF_TURN else math.sin(angle) ** 2 - rate


def needed_customers(
    effect: float, rate: float, control_share: float, *, alpha: float = 0.05, power: float = 0.80
) -> int:
    """Work out how many customers, both groups together, would show a gain.

    The inverse of `minimum_detectable_effect`.

    Examples
    --------
    >>> needed_customers(0.0208, 0.11, 0.5)
    7672
    """
    from statsmodels.stats.power import NormalIndPower  # noqa: PLC0415 - takes a second
    from statsmodels.stats.proportion import proportion_effectsize  # noqa: PLC0415

    treated = NormalIndPower().solve_power(
        effect_size=float(proportion_effectsize(min(rate + effect, 1.0), rate)),
        ratio=control_share / (1 - control_share),
        alpha=alpha,
        power=power,
    )
    return math.ceil(float(treated) / (1 - control_share))


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
    'With 160 treated and 40 controls, only a gain of 19.1 points or more on the return rate would
    show (80% power, 5% two-sided); the 2.0 points expected would need about 11,984 customers.'
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
    found = Message("power.none", treated=n_treated, control=n_control, needed=wanted)
    if math.isfinite(effect):
        points = effect * 100
        found = Message(
            "power.effect", treated=n_treated, control=n_control, needed=wanted, points=points
        )
    return {
        "minimum_detectable_effect": effect if math.isfinite(effect) else None,
        "needed_customers": needed,
        "message": found,
    }
