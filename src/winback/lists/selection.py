"""How far the money reaches: a ranking is walked under a budget and the capacities of channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
class Used:
    """What earlier lists of the same week have used up.

    Parameters
    ----------
    budget
        Money that they committed.
    contacts
        Customers whom they contact.
    by_channel
        The same by channel.
    """

    budget: float = 0.0
    contacts: int = 0
    by_channel: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Walk:
    """How far the money reached along a ranking.

    Parameters
    ----------
    paid
        The treated customers that budget and capacities reach, shape (n,).
    reached
        Customers of either arm above the cut-off for whom a channel had room, shape (n,).
    full
        The treated customers above the cut-off for whom no channel had room, shape (n,).
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
    at_most: int | None = None,
    has_room: npt.ArrayLike | None = None,
    used: Used | None = None,
) -> Walk:
    """Walk down a ranking and stop at the first treated customer that cannot be paid.

    Nobody further down is taken instead, even if cheaper: a larger budget then always adds to the
    list and never takes from it. A customer without room in any channel is passed by, and the walk
    goes on; who finds room depends on the ranking alone, not on the budget (see
    `winback.lists.choice.assign`). The cut-off is the last customer paid; where nobody is left
    out, it is the end.

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
    at_most
        No more are treated than this, 0 or more. None: the capacity alone decides.
    has_room
        Whether a channel that reaches the customer has room when their turn comes, shape (n,).
        None: each has.
    used
        What of budget and capacity is used up. None: nothing.

    Raises
    ------
    UsageError
        If there is no budget or no capacity. A list without limits is never made.

    Examples
    --------
    >>> far = walk([1, 1, 1, 1], [True, False, True, True], budget=2.5, capacity=10)
    >>> far.paid.tolist(), far.stopped_by, far.first_left_out
    ([True, False, True, False], 'over budget', 3)
    >>> far = walk([1, 1, 1], [True] * 3, budget=9, capacity=9, has_room=[True, False, True])
    >>> far.paid.tolist(), far.full.tolist()
    ([True, False, True], [False, True, False])
    """
    check_limits(budget, capacity)
    used = used or Used()
    of_arm = np.asarray(treated, dtype=bool)
    n = len(of_arm)
    room = np.ones(n, dtype=bool) if has_room is None else np.asarray(has_room, dtype=bool)
    positions = np.flatnonzero(of_arm & room)
    millionths = np.rint(np.asarray(cost, dtype="float64")[positions] * _MILLIONTHS)
    committed = np.cumsum(millionths.astype("int64"))
    money = round(budget * _MILLIONTHS) - round(used.budget * _MILLIONTHS)
    affordable = int(np.searchsorted(committed, money, side="right")) if money > 0 else 0
    places = max(0, capacity - used.contacts)
    places = places if at_most is None else min(places, at_most)
    n_paid = min(affordable, places)
    paid = np.zeros(n, dtype=bool)
    paid[positions[:n_paid]] = True
    if n_paid == len(positions):
        return Walk(paid, room, of_arm & ~room, None, None)
    above = np.arange(n) <= (positions[n_paid - 1] if n_paid else -1)
    stopped_by = OVER_BUDGET if affordable <= places else OVER_CAPACITY
    return Walk(paid, above & room, of_arm & ~room & above, stopped_by, int(positions[n_paid]))


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
