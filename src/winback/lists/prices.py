"""What limits are worth: the linear programme over everybody, and the prices of its limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.intp]

SAMPLE = 4_000
"""From so many customers the first prices come where there are more than `CORE`."""
CORE = 10_000
"""Customers of whom the programme is solved exactly: those nearest to a tie."""
_TRUST = 1.5
_CUTS = 40
_CLOSE = 1e-5


@dataclass(frozen=True)
class Capacities:
    """The limits of a programme.

    Parameters
    ----------
    money
        What may be spent.
    places
        How many customers.
    rooms
        How many by channel, shape (channels,).
    channel
        Each option's channel, shape (options,).
    """

    money: float
    places: float
    rooms: Floats
    channel: Whole

    def times(self, factor: float) -> Capacities:
        """Return the limits so many times as large."""
        return Capacities(
            self.money * factor, self.places * factor, self.rooms * factor, self.channel
        )


@dataclass(frozen=True)
class Prices:
    """What one more unit of each limit would bring: the dual solution.

    Parameters
    ----------
    money, place
        Of a unit of money, and of a contact; 0 where the limit does not bind.
    channels
        Of a contact through each channel, shape (channels,).
    """

    money: float
    place: float
    channels: Floats

    def worth(self, profit: Floats, cost: Floats, channel: Whole) -> Floats:
        """Return profits less what they take up at these prices, shape (customers, options)."""
        return profit - self.money * cost - self.place - self.channels[channel]

    def bound(self, worth: Floats, limits: Capacities) -> float:
        """Return what no choice within the limits can exceed (weak duality)."""
        gained = np.maximum(worth.max(axis=1, initial=0.0), 0.0).sum()
        of_limits = self.money * limits.money + self.place * limits.places
        return float(gained + of_limits + self.channels @ limits.rooms)


@dataclass(frozen=True)
class Relaxed:
    """The solution of the programme.

    Parameters
    ----------
    taken
        Each customer's option, shape (customers,); -1 where none is taken. The few that the
        programme would cut in parts have the largest.
    prices
        Of the limits.
    """

    taken: Whole
    prices: Prices


def relax(profit: Floats, cost: Floats, able: npt.NDArray[np.bool_], limits: Capacities) -> Relaxed:
    """Solve `max sum(profit x)` under the limits, each customer's x adding up to at most 1.

    A multiple-choice knapsack in several dimensions, relaxed (Sinha and Zoltners, 1979,
    doi:10.1287/opre.27.3.503): at the optimum a customer's option is the one that is worth the most
    at the prices, if above 0, and no more customers are cut in parts than limits bind. Up to `CORE`
    customers it is solved as it stands (HiGHS). Beyond, prices from `SAMPLE` customers are refined
    on all by cutting planes (Kelley, 1960, doi:10.1137/0108053): there are as many as limits,
    however many customers. They tell for whom the choice is clear; the programme is solved for the
    others, under what the clear ones leave.

    Parameters
    ----------
    profit, cost
        Of each customer's options, shape (customers, options).
    able
        Which options there are, same shape.
    limits
        The limits.

    Examples
    --------
    Of three customers who can be called, one can also be written to, who loses the least by it:

    >>> profit, cost = np.array([[5.0, 4.0], [4.5, 0.0], [3.0, 0.0]]), np.ones((3, 2))
    >>> able = np.array([[True, True], [True, False], [True, False]])
    >>> limits = Capacities(9.0, 9.0, np.array([1.5, 9.0]), np.array([0, 1]))
    >>> solved = relax(profit, cost, able, limits)
    >>> solved.taken.tolist(), solved.prices.channels.tolist()
    ([1, 0, -1], [3.0, 0.0])
    """
    able = able & (profit > 0)
    n = len(profit)
    if n <= CORE:
        return _solve(profit, cost, able, limits)
    sample = np.random.default_rng(0).choice(n, SAMPLE, replace=False)
    first = _solve(profit[sample], cost[sample], able[sample], limits.times(SAMPLE / n)).prices
    first = _refined(profit, cost, able, limits, first)
    worth = np.where(able, first.worth(profit, cost, limits.channel), -np.inf)
    worth = np.column_stack([worth, np.zeros(n)])  # to take none
    best = worth.argmax(axis=1)
    two = np.partition(worth, -2, axis=1)[:, -2:]
    core = np.argpartition(two[:, 1] - two[:, 0], CORE)[:CORE]
    taken = np.where(best < profit.shape[1], best, -1)
    taken[core] = -1
    left = _left(cost, taken, limits)
    solved = _solve(profit[core], cost[core], able[core], left)
    taken[core] = solved.taken
    return Relaxed(taken, solved.prices)


def _refined(
    profit: Floats,
    cost: Floats,
    able: npt.NDArray[np.bool_],
    limits: Capacities,
    prices: Prices,
) -> Prices:
    """Minimise the bound that prices give, near these, by cutting planes."""
    from scipy.optimize import linprog  # noqa: PLC0415 - half a second

    start = np.concatenate([[prices.money, prices.place], prices.channels])
    most = np.concatenate([[limits.money, limits.places], limits.rooms])
    # a limit that did not bind may be worth a little
    a_little = 0.05 * float(profit[able].mean()) if able.any() else 0.0
    unit = np.concatenate([[1 / max(float(cost[able].mean()), 1e-9)], np.ones(len(start) - 1)])
    low, high = start / _TRUST, start * _TRUST + a_little * unit
    cheap = Prices(low[0], low[1], low[2:]).worth(profit, cost, limits.channel)
    asked = (np.where(able, cheap, -np.inf) > 0).any(axis=1)  # the others are never taken
    profit, cost, able = profit[asked], cost[asked], able[asked]
    point, best, least = start, start, np.inf
    cuts, heights = [], []
    for _ in range(_CUTS):
        worth = Prices(point[0], point[1], point[2:]).worth(profit, cost, limits.channel)
        worth = np.where(able, worth, -np.inf)
        option = worth.argmax(axis=1)
        gained = worth[np.arange(len(worth)), option]
        who = np.flatnonzero(gained > 0)
        used = np.bincount(limits.channel[option[who]], minlength=len(limits.rooms))
        spent = float(cost[who, option[who]].sum())
        slope = most - np.concatenate([[spent, float(len(who))], used])
        value = float(gained[who].sum()) + float(point @ most)
        if value < least:
            best, least = point, value
        cuts.append(np.append(slope, -1.0))
        heights.append(float(slope @ point) - value)
        bounds = [*zip(low, high, strict=True), (None, None)]
        goal = np.append(np.zeros(len(start)), 1.0)
        master = linprog(goal, A_ub=np.array(cuts), b_ub=np.array(heights), bounds=bounds)
        if master.status or least - master.fun <= _CLOSE * abs(least):
            break
        point = (master.x[:-1] + best) / 2  # half-way: a far corner teaches little
    return Prices(float(best[0]), float(best[1]), best[2:])


def _left(cost: Floats, taken: Whole, limits: Capacities) -> Capacities:
    chosen = np.flatnonzero(taken >= 0)
    used = np.bincount(limits.channel[taken[chosen]], minlength=len(limits.rooms))
    return Capacities(
        max(0.0, limits.money - float(cost[chosen, taken[chosen]].sum())),
        max(0.0, limits.places - len(chosen)),
        np.maximum(0.0, limits.rooms - used),
        limits.channel,
    )


def _solve(
    profit: Floats, cost: Floats, able: npt.NDArray[np.bool_], limits: Capacities
) -> Relaxed:
    """Solve the programme of all these customers."""
    n, n_channels = len(profit), len(limits.rooms)
    who, option = np.nonzero(able)
    taken = np.full(n, -1, dtype=np.intp)
    if not len(who):
        return Relaxed(taken, Prices(0.0, 0.0, np.zeros(n_channels)))
    from scipy.optimize import linprog  # noqa: PLC0415 - half a second
    from scipy.sparse import csr_array, vstack  # noqa: PLC0415

    columns = np.arange(len(who))
    ones = np.ones(len(who))
    people, place = np.unique(who, return_inverse=True)
    table = vstack(
        [
            csr_array(np.vstack([cost[who, option], ones])),
            csr_array((ones, (limits.channel[option], columns)), shape=(n_channels, len(who))),
            csr_array((ones, (place, columns)), shape=(len(people), len(who))),
        ],
        format="csc",
    )
    # a limit that cannot bind is as good as none, and no number too large for the solver
    all_money = float(cost[people].max(axis=1).sum()) + 1.0
    rooms = np.minimum(limits.rooms, len(people))
    of_all = [min(limits.money, all_money), min(limits.places, float(len(people)))]
    most = np.concatenate([of_all, rooms, np.ones(len(people))])
    solved = linprog(-profit[who, option], A_ub=table, b_ub=most, method="highs-ipm")
    if solved.status:  # a degenerate interior: the simplex takes longer, and always ends
        solved = linprog(-profit[who, option], A_ub=table, b_ub=most, method="highs-ds")
    # the parts of each customer; where most of one is taken, the largest part stands for all
    parts = np.zeros((n, profit.shape[1]))
    parts[who, option] = solved.x
    whole = parts.sum(axis=1) > 0.5
    taken[whole] = parts[whole].argmax(axis=1)
    duals = np.maximum(0.0, -solved.ineqlin.marginals[: 2 + n_channels])
    return Relaxed(taken, Prices(float(duals[0]), float(duals[1]), duals[2:]))
