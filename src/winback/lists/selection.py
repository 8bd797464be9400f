"""Down an order of customers: who is reached, by which option, while money, places and rooms last.

The walk never looks at a customer's own arm before it has decided about them: whoever's turn comes
is reached if what they would take fits into what is left, and only then do the treated take it.
Treated and controls that are reached are comparable, whatever the limits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from winback.lists.spend import Spend

RANKING = "ranking"
EXPLORATION = "exploration"
BELOW_BREAK_EVEN = "below break-even"
OVER_BUDGET = "over budget"
OVER_CAPACITY = "over capacity"
CONTROL_BELOW_CUT_OFF = "control below the cut-off"

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

_BLOCK = 50_000
_CENT = 1e-9  # money is added in floats: ten times 0.1 is 1


@dataclass(frozen=True)
class Choices:
    """What may be done about each customer.

    Parameters
    ----------
    able
        Which options there are, shape (customers, options).
    profit
        What each is expected to bring, same shape.
    spend
        What each may cost, of arrays of that shape.
    channel
        Each option's channel, shape (options,).
    treated
        Whose arm is treated, shape (customers,).
    """

    able: Bools
    profit: Floats
    spend: Spend
    channel: Whole
    treated: Bools

    def of(self, rows: Whole | Bools) -> Choices:
        """Take some of the customers."""
        return Choices(
            self.able[rows],
            self.profit[rows],
            self.spend.of(rows),
            self.channel,
            self.treated[rows],
        )


@dataclass(frozen=True)
class Room:
    """What is left of the limits.

    Parameters
    ----------
    budget
        Of which `spent.committed` may take up all.
    spent
        By whom has been reached so far.
    places
        Contacts left.
    rooms
        Contacts left by channel, shape (channels,).
    loss
        The most that contacts below break-even may be expected to lose.
    """

    budget: float
    spent: Spend
    places: int
    rooms: Whole
    loss: float = 0.0

    def fits(self, more: Spend) -> Bools:
        """Tell which amounts still fit into the budget."""
        committed = self.spent.plus(more).committed
        return np.asarray(committed <= self.budget + _CENT * max(1.0, self.budget))


@dataclass(frozen=True)
class Assignment:
    """How far the limits reached.

    Parameters
    ----------
    given
        Each customer's option; -1 for who is not reached, shape (customers,).
    stopped
        Why, for who is not reached and had an option: `OVER_BUDGET` or `OVER_CAPACITY`; else empty.
    left
        What is left.
    """

    given: Whole
    stopped: npt.NDArray[np.object_]
    left: Room


def walk(choices: Choices, order: Whole, preference: Floats, room: Room) -> Assignment:
    """Go down an order and give each customer the option preferred among those that still fit.

    Whom nothing fits is passed by, and the walk goes on to who is cheaper. Nothing is counted
    below break-even beyond `room.loss`.

    Parameters
    ----------
    choices
        What may be done, and what it costs.
    order
        Positions of the customers whose turn comes, one after the other.
    preference
        The higher, the sooner an option is given; shape (customers, options).
    room
        What there is.

    Examples
    --------
    >>> costs = np.array([[9.0], [1.0], [1.0], [1.0]])
    >>> choices = Choices(np.ones((4, 1), bool), costs, Spend(costs, 0 * costs, costs),
    ...                   np.array([0]), np.array([True, True, False, True]))
    >>> far = walk(choices, np.arange(4), costs, Room(1.5, Spend(), 9, np.array([9])))
    >>> far.given.tolist(), far.stopped.tolist()
    ([-1, 0, -1, -1], ['over budget', '', 'over budget', 'over budget'])
    """
    n = len(choices.treated)
    given = np.full(n, -1, dtype=np.intp)
    stopped = np.full(n, "", dtype=object)
    # floats are rounded where they are added one by one
    for start in range(0, len(order), _BLOCK):
        pending = order[start : start + _BLOCK]
        while len(pending):
            pending, chosen, reached, room = _turn(choices, pending, preference, room, stopped)
            given[reached] = chosen
    return Assignment(given, stopped, room)


def _turn(
    choices: Choices,
    pending: Whole,
    preference: Floats,
    room: Room,
    stopped: npt.NDArray[np.object_],
) -> tuple[Whole, Whole, Whole, Room]:
    """Give options until a limit is met; return who waits, options, whose, and what is left."""
    has_room = choices.able[pending] & (room.rooms > 0)[choices.channel] & (room.places > 0)
    profit = choices.profit[pending]
    fits = has_room & room.fits(choices.spend.of(pending)) & (profit >= -room.loss - _CENT)
    waits = fits.any(axis=1)
    passed = pending[~waits]
    no_room = np.where(choices.able[passed].any(axis=1), OVER_CAPACITY, "")
    stopped[passed] = np.where(has_room[~waits].any(axis=1), OVER_BUDGET, no_room)
    pending, fits = pending[waits], fits[waits]
    if not len(pending):
        return pending, pending, pending, room
    option = np.where(fits, preference[pending], -np.inf).argmax(axis=1)
    takes = choices.treated[pending].astype("float64")

    def so_far(each: Floats) -> Floats:
        """Add up the treated before each, and each: nobody's own arm is looked at."""
        taken = each * takes
        total: Floats = np.cumsum(taken) - taken + each
        return total

    spend = choices.spend.of((pending, option))
    amounts = Spend(so_far(spend.expected), so_far(spend.variance), so_far(spend.worst), spend.step)
    loss = np.maximum(0.0, -choices.profit[pending, option])
    full = so_far(np.ones(len(pending))) > room.places
    channel = choices.channel[option]
    for number in range(len(room.rooms)):
        mine = channel == number
        full |= mine & (so_far(mine.astype("float64")) > room.rooms[number])
    over = full | ~room.fits(amounts) | ((loss > 0) & (so_far(loss) > room.loss + _CENT))
    stop = int(over.argmax()) if over.any() else len(pending)
    reached, option = pending[:stop], option[:stop]
    paid = choices.treated[reached]
    who = (reached[paid], option[paid])
    used = np.bincount(channel[:stop][paid], minlength=len(room.rooms))
    left = replace(
        room,
        spent=room.spent.plus(choices.spend.of(who).sum()),
        places=room.places - int(paid.sum()),
        rooms=room.rooms - used,
        loss=room.loss - float(loss[:stop][paid].sum()),
    )
    return pending[stop:], option, reached, left
