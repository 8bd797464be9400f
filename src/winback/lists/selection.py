"""How far the money reaches: a ranking is walked under a budget and the capacities of channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from winback.errors import UsageError

BELOW_BREAK_EVEN = "below break-even"
OVER_BUDGET = "over budget"
OVER_CAPACITY = "over capacity"
CONTROL_BELOW_CUT_OFF = "control below the cut-off"

_MILLIONTHS = 1_000_000  # money is added in whole millionths: ten times 0.1 is 1


@dataclass(frozen=True)
class Channel:
    """A channel through which customers are written to.

    Parameters
    ----------
    capacity
        The most customers that are contacted through it, 1 or more.
    contact_cost
        What one contact costs. None: the campaign's.
    """

    capacity: int
    contact_cost: float | None = None


@dataclass(frozen=True)
class Walk:
    """How far the money reached along a ranking.

    Parameters
    ----------
    paid
        The treated customers that budget and capacities reach, shape (n,).
    reached
        Customers of either arm above the cut-off of their channel, shape (n,).
    full
        The treated customers above the cut-off whose channel was full, shape (n,).
    stopped_by
        `over budget`, `over capacity` (of all channels together), or None where it did not stop.
    first_left_out
        Position of the treated customer at whom it stopped.
    """

    paid: npt.NDArray[np.bool_]
    reached: npt.NDArray[np.bool_]
    full: npt.NDArray[np.bool_]
    stopped_by: str | None
    first_left_out: int | None


def walk(
    cost: npt.ArrayLike,
    treated: npt.ArrayLike,
    *,
    budget: float,
    capacity: int,
    channel: npt.ArrayLike | None = None,
    channels: Mapping[str, Channel] | None = None,
) -> Walk:
    """Walk down a ranking and stop at the first treated customer that cannot be paid.

    Nobody further down is taken instead, even if cheaper: a larger budget then always adds to the
    list and never takes from it. A customer whose channel is full is passed by, and the walk goes
    on; who finds room depends on the ranking alone, not on the budget. The cut-off is the last
    customer paid (of a channel that was full: its last); where nobody is left out, it is the end.

    Parameters
    ----------
    cost
        What a treated customer may cost at most, in the order of the ranking, shape (n,).
    treated
        Whose arm is treated; the others cost nothing, shape (n,).
    budget
        The most that may be committed, above 0.
    capacity
        The most customers that may be treated, over all channels, 1 or more.
    channel
        Each customer's channel, shape (n,). None: there is but one.
    channels
        Their capacities.

    Raises
    ------
    UsageError
        If there is no budget or no capacity. A list without limits is never made.

    Examples
    --------
    >>> far = walk([1, 1, 1, 1], [True, False, True, True], budget=2.5, capacity=10)
    >>> far.paid.tolist(), far.stopped_by, far.first_left_out
    ([True, False, True, False], 'over budget', 3)
    >>> far = walk([1, 1, 1], [True] * 3, budget=9, capacity=9, channel=["sms", "sms", "email"],
    ...            channels={"sms": Channel(1), "email": Channel(5)})
    >>> far.paid.tolist(), far.full.tolist()
    ([True, False, True], [False, True, False])
    """
    check_limits(budget, capacity, channels)
    of_arm = np.asarray(treated, dtype=bool)
    n = len(of_arm)
    has_room = np.ones(n, dtype=bool)
    before_cut = np.ones(n, dtype=bool)  # of the customer's own channel
    for name, limit in (channels or {}).items():
        here = np.asarray(channel) == name
        place = np.cumsum(here & of_arm)
        has_room &= ~here | (place <= limit.capacity)
        if n and place[-1] > limit.capacity:
            last = int(np.searchsorted(place, limit.capacity))
            before_cut &= ~here | (np.arange(n) <= last)
    positions = np.flatnonzero(of_arm & has_room)
    millionths = np.rint(np.asarray(cost, dtype="float64")[positions] * _MILLIONTHS)
    committed = np.cumsum(millionths.astype("int64"))
    affordable = int(np.searchsorted(committed, round(budget * _MILLIONTHS), side="right"))
    n_paid = min(affordable, capacity)
    paid = np.zeros(n, dtype=bool)
    paid[positions[:n_paid]] = True
    if n_paid == len(positions):
        return Walk(paid, before_cut, of_arm & ~has_room, None, None)
    above = np.arange(n) <= (positions[n_paid - 1] if n_paid else -1)
    stopped_by = OVER_BUDGET if affordable <= capacity else OVER_CAPACITY
    full = of_arm & ~has_room & above
    return Walk(paid, above & before_cut, full, stopped_by, int(positions[n_paid]))


def check_limits(
    budget: float | None, capacity: int | None, channels: Mapping[str, Channel] | None = None
) -> None:
    """Refuse a list without a budget or a capacity, or with a channel that has none.

    Raises
    ------
    UsageError
        Naming the one that is missing.
    """
    if not (budget is not None and 0 < budget < np.inf):
        raise UsageError(
            "a list needs a budget",
            where="budget",
            got=budget,
            allowed="an amount above 0",
            hint="write what the campaign may cost at most, such as budget: 250",
        )
    check_capacity(capacity)
    for name, channel in (channels or {}).items():
        check_capacity(channel.capacity, where=f"channels.{name}.capacity")


def check_capacity(capacity: int | None, where: str = "capacity") -> None:
    """Refuse a list without a capacity.

    Raises
    ------
    UsageError
        If it is not a whole number of 1 or more.
    """
    if not (capacity is not None and float(capacity).is_integer() and capacity >= 1):
        raise UsageError(
            "a list needs a capacity",
            where=where,
            got=capacity,
            allowed="a whole number of 1 or more",
            hint="write how many customers the team can work through, such as capacity: 200",
        )
