"""Who is chosen, in which order and by which option, under which limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import floor

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.data.arms import TREATED
from winback.lists.contact_options import Options
from winback.lists.memory import Used
from winback.lists.prices import CORE, Capacities, Prices, relax
from winback.lists.selection import (
    BELOW_BREAK_EVEN,
    CONTROL_BELOW_CUT_OFF,
    EXPLORATION,
    RANKING,
    Assignment,
    Choices,
    Room,
    walk,
)
from winback.lists.spend import Spend, spend_of
from winback.lists.terms import WinBackTerms

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Limits:
    """What the terms allow, less what earlier lists of the week have used up.

    Parameters
    ----------
    terms
        The terms.
    used
        What the week's earlier lists have committed.
    """

    terms: WinBackTerms
    used: Used

    def places(self, eligible: int) -> int:
        """Return how many the list may contact of so many who are eligible.

        Whoever was contacted in the same week was eligible before: lists of one week together
        never reach more than the share.
        """
        share = floor(self.terms.max_share * (eligible + self.used.contacts) + 1e-9)
        return max(0, min(self.terms.capacity, share) - self.used.contacts)

    @property
    def room(self) -> dict[str, int]:
        """The places left of each channel."""
        return {
            name: max(0, channel.capacity - self.used.by_channel.get(name, 0))
            for name, channel in self.terms.through.items()
        }

    @property
    def spent(self) -> Spend:
        """What the week's earlier lists may cost."""
        return self.used.spend(self.terms.commitment)

    @property
    def money(self) -> float:
        """The money left."""
        return max(0.0, self.terms.budget - float(self.spent.committed))

    def all(self, eligible: int) -> Room:
        """Return everything that is left."""
        rooms = np.array(list(self.room.values()), dtype=np.intp)
        return Room(self.terms.budget, self.spent, self.places(eligible), rooms)

    def learns(self, eligible: int) -> bool:
        """Tell whether a list of this size is expected to leave anybody alone for comparison.

        From what is contacted without anybody to compare it with nothing is learned. Nobody's own
        arm is looked at.
        """
        control = self.terms.control_share
        reached = min(float(self.places(eligible)), (1 - control) * eligible)
        return reached * control / (1 - control) >= 1

    def share(self, share: float, eligible: int, chance: float) -> Room:
        """Return what is set aside for exploration; of a part of a place chance makes one or none.

        Parameters
        ----------
        share
            Of everything that is left. 0: nobody is drawn, and nothing may be lost.
        eligible
            How many customers are.
        chance
            A number in [0, 1), drawn from the day.
        """
        room = self.all(eligible)
        spent = float(self.spent.committed)
        return replace(
            room,
            budget=min(self.terms.budget, spent + share * self.money),
            places=floor(share * room.places + chance),
            rooms=np.floor(share * room.rooms + chance).astype(np.intp),
            loss=self.terms.exploration_loss * self.money if share else 0.0,
        )


@dataclass(frozen=True)
class Allocation:
    """Who was chosen.

    Parameters
    ----------
    rows
        By eligible customer: the case and what to do by the option chosen, `rank, chosen_by` and
        `reason` (missing: on the list or in the comparison group).
    prices
        What one more unit of each limit would bring.
    spend
        Of the list and the week's earlier ones.
    only_by_lot
        How many treated customers the ranking alone would not have reached.
    risked
        What the treated who are contacted below break-even, to learn, are expected to lose.
    options
        Every treated customer above break-even by every option that reaches them:
        `customer_id, channel, profit, commitment` (on the mean; see `winback.lists.spend`).
    bound
        What no list of the treated can exceed under these limits.
    """

    rows: pd.DataFrame
    prices: Prices
    spend: Spend
    only_by_lot: int
    risked: float
    options: pd.DataFrame
    bound: float


def allocate(
    eligible: pd.DataFrame,
    options: Options,
    limits: Limits,
    *,
    money: bool,
    exploration_share: float,
    lots: Floats,
) -> Allocation:
    """Draw who is contacted to learn, then choose the others by what the limits are worth.

    The programme of `winback.lists.prices` is solved over both arms, with limits divided by the
    treated share; its prices score every customer and option, of either arm alike, and the walk of
    `winback.lists.selection` goes down the scores until the limits are met.

    Parameters
    ----------
    eligible
        `customer_id, arm`, and without amounts `expected_purchases`.
    options
        Each customer's case by each option.
    limits
        The limits.
    money
        Whether the source has amounts. Without them the ranking is by expected purchases.
    exploration_share
        Share of money, places and rooms that goes by lot, to customers below break-even too as
        long as the loss is within the terms.
    lots
        A number in [0, 1) for each, drawn from nothing but the customer and the day.
    """
    choices = choices_of(eligible, options, limits.terms, money=money)
    n = len(eligible)
    pays: Bools = np.asarray((choices.able & (choices.profit > 0)).any(axis=1))
    explored = walk(
        choices,
        np.lexsort((eligible["customer_id"].to_numpy(dtype=object), lots)),
        _by_lot(choices, lots),
        limits.share(exploration_share, n, float(np.mod(lots.min(initial=1.0) * 2.0**24, 1.0))),
    )
    by_lot = explored.given >= 0
    everything = limits.all(n)
    left = replace(
        everything,
        spent=explored.left.spent,
        places=everything.places - int((by_lot & choices.treated).sum()),
        rooms=everything.rooms - _used(choices, explored.given),
    )
    others = np.flatnonzero(~by_lot & pays)
    walked, prices, _ = choose(choices.of(others), left, 1 - limits.terms.control_share)
    worth = prices.worth(choices.profit, choices.spend.expected, choices.channel)
    given, chosen = explored.given.copy(), by_lot.copy()
    given[others] = walked.given
    chosen[others] = walked.given >= 0
    stopped = np.full(n, "", dtype=object)
    stopped[others] = walked.stopped
    column = np.where(given >= 0, given, _preferred(choices, worth))
    rows = options.taken(column)
    rows["rank"] = _ranks(eligible["customer_id"], chosen, worth, column, pays)
    ranked = rows["rank"].notna()
    named = np.where(by_lot, EXPLORATION, RANKING)
    rows["chosen_by"] = pd.Series(named, rows.index, dtype="str").where(ranked)
    left_out = np.where(choices.treated, stopped, CONTROL_BELOW_CUT_OFF)
    why = pd.Series(np.where(pays, left_out, BELOW_BREAK_EVEN), rows.index, dtype="str")
    rows["reason"] = why.mask(chosen)
    return Allocation(
        rows,
        prices,
        walked.left.spent,
        _only_by_lot(choices, explored, worth),
        float(-choices.profit[_paid(choices, explored)].clip(max=0.0).sum()),
        _table(eligible["customer_id"], choices, options),
        _bound(choices, prices, everything, walked.left.spent),
    )


def choices_of(
    eligible: pd.DataFrame, options: Options, terms: WinBackTerms, *, money: bool
) -> Choices:
    """Lay out what may be done about each customer, as arrays."""
    profit = options.matrix("expected_incremental_margin")
    if not money:
        purchases = eligible["expected_purchases"].to_numpy(dtype="float64")
        profit = np.repeat(purchases[:, None], profit.shape[1], axis=1)
    redeems = options.matrix("p_return_untreated") + options.matrix("uplift")
    spend = spend_of(
        options.matrix("contact_cost"),
        options.matrix("offer_cost"),
        redeems,
        commitment=terms.commitment,
    )
    treated = (eligible["arm"] == TREATED).to_numpy()
    return Choices(options.able, profit, spend, options.channel, treated)


def choose(choices: Choices, room: Room, treated_share: float) -> tuple[Assignment, Prices, Whole]:
    """Choose the best of these customers, of both arms alike, under what is left.

    Parameters
    ----------
    choices
        What may be done about them.
    room
        What is left of the limits, for the treated.
    treated_share
        P(treated), in (0, 1].

    Returns
    -------
    Assignment, Prices, ndarray
        Who is reached by which option, the prices of the limits, and the order of the walk.
    """
    # whom even the whole budget does not pay is no option
    choices = replace(choices, able=choices.able & (choices.profit > 0))
    able = choices.able & room.fits(choices.spend)
    cost, whole = choices.spend.expected, choices
    choices = replace(choices, able=able)
    limits = Capacities(
        max(0.0, room.budget - float(room.spent.expected) - _reserve(choices, room, treated_share)),
        float(room.places),
        room.rooms.astype("float64"),
        choices.channel,
    ).times(1 / treated_share)
    solved = relax(choices.profit, cost, able, limits)
    worth = solved.prices.worth(choices.profit, cost, choices.channel)
    preference = np.where(able, worth, -np.inf)
    best = preference.max(axis=1, initial=-np.inf)
    # the programme has settled the ties between options and, at the margin, between customers
    who = np.flatnonzero(solved.taken >= 0)
    preference[who, solved.taken[who]] = np.inf
    # of equal customers the first in line, of either arm
    order = np.lexsort((np.arange(len(best)), -best, solved.taken < 0))
    return walk(whole, order, preference, room), solved.prices, order


def _reserve(choices: Choices, room: Room, treated_share: float) -> float:
    """Estimate what will be set aside above the mean, which depends on who is chosen."""
    n = len(choices.treated)
    if not choices.spend.variance.any():
        return room.spent.reserve
    if n > CORE:
        choices = choices.of(np.random.default_rng(1).choice(n, CORE, replace=False))
    part = len(choices.treated) / n
    limits = Capacities(
        max(0.0, room.budget - float(room.spent.committed)),
        float(room.places),
        room.rooms.astype("float64"),
        choices.channel,
    ).times(part / treated_share)
    taken = relax(choices.profit, choices.spend.expected, choices.able, limits).taken
    who = np.flatnonzero(taken >= 0)
    spend = choices.spend.of((who, taken[who])).sum()
    return room.spent.plus(spend.times(treated_share / part)).reserve


def _by_lot(choices: Choices, lots: Floats) -> Floats:
    """Prefer an option by lot among those above break-even; where there is none, the least loss."""
    paying = choices.able & (choices.profit > 0)
    many = paying.sum(axis=1)
    # digits of the lot that have not decided the order
    place = np.floor(np.mod(lots * 2.0**24, 1.0) * many)
    drawn = paying & (np.cumsum(paying, axis=1) - 1 == place[:, None])
    return np.where(drawn, np.inf, choices.profit)


def _used(choices: Choices, given: Whole) -> Whole:
    who = np.flatnonzero((given >= 0) & choices.treated)
    used: Whole = np.bincount(choices.channel[given[who]], minlength=len(set(choices.channel)))
    return used


def _paid(choices: Choices, walked: Assignment) -> tuple[Whole, Whole]:
    who = np.flatnonzero((walked.given >= 0) & choices.treated)
    return who, walked.given[who]


def _preferred(choices: Choices, worth: Floats) -> Whole:
    """Return what would have been done: the option worth the most, above break-even if one is."""
    pays = choices.able & (choices.profit > 0)
    there = np.where(pays.any(axis=1, keepdims=True), pays, choices.able)
    best: Whole = np.where(there, worth, -np.inf).argmax(axis=1)
    return best


def _ranks(ids: pd.Series, chosen: Bools, worth: Floats, column: Whole, pays: Bools) -> Floats:
    """Return the places of who is reached, or would pay; the reached first, then by worth."""
    ranked = np.flatnonzero(chosen | pays)
    value = worth[ranked, column[ranked]]
    names = ids.to_numpy(dtype=object)[ranked]
    order = np.lexsort((names, -value, ~chosen[ranked]))
    rank = np.full(len(ids), np.nan)
    rank[ranked[order]] = np.arange(1.0, len(ranked) + 1)
    return rank


def _only_by_lot(choices: Choices, explored: Assignment, worth: Floats) -> int:
    """Count the treated who are not worth their place at the prices."""
    who, _ = _paid(choices, explored)
    pays = choices.able & (choices.profit > 0) & (worth > 0)
    return len(who) - int(np.count_nonzero(pays[who].any(axis=1)))


def _table(ids: pd.Series, choices: Choices, options: Options) -> pd.DataFrame:
    able = choices.able & (choices.profit > 0) & choices.treated[:, None]
    who, option = np.nonzero(able)
    names = np.array(list(options.channels), dtype=object)
    return pd.DataFrame(
        {
            "customer_id": ids.to_numpy()[who],
            "channel": names[choices.channel[option]],
            "profit": choices.profit[who, option],
            "commitment": choices.spend.expected[who, option],
        }
    )


def _bound(choices: Choices, prices: Prices, room: Room, spent: Spend) -> float:
    worth = prices.worth(choices.profit, choices.spend.expected, choices.channel)
    able = choices.able & choices.treated[:, None] & (choices.profit > 0)
    limits = Capacities(
        max(0.0, room.budget - spent.reserve - float(room.spent.expected)),
        float(room.places),
        room.rooms.astype("float64"),
        choices.channel,
    )
    return prices.bound(np.where(able, worth, 0.0), limits)
