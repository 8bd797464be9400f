"""Who is chosen, in which order and through which channel, under which limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import floor

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.lists.control import TREATED
from winback.lists.ranking import in_order
from winback.lists.selection import (
    BELOW_BREAK_EVEN,
    CONTROL_BELOW_CUT_OFF,
    OVER_CAPACITY,
    Channel,
    Used,
    Walk,
    walk,
)


@dataclass(frozen=True)
class Terms:
    """The limits in force, what of them is used up, and whether the source has amounts."""

    budget: float
    capacity: int
    channels: Mapping[str, Channel]
    control_share: float
    money: bool
    max_share: float = 0.5
    used: Used = field(default_factory=Used)

    def most(self, eligible: int) -> int:
        """Return how many the list may contact of so many who are eligible.

        Whoever was contacted in the same week was eligible before: lists of one week together
        never reach more than the share.
        """
        share = floor(self.max_share * (eligible + self.used.contacts) + 1e-9)
        return max(0, min(self.capacity, share) - self.used.contacts)

    @property
    def room(self) -> dict[str, int]:
        """The places left of each channel."""
        taken = self.used.by_channel
        return {
            name: max(0, of.capacity - taken.get(name, 0)) for name, of in self.channels.items()
        }

    @property
    def budget_left(self) -> float:
        """The money left."""
        return max(0.0, self.budget - self.used.budget)


@dataclass(frozen=True)
class Choice:
    """Who was chosen.

    Parameters
    ----------
    rows
        By eligible customer: the case and what to do through the channel chosen, `rank,
        chosen_by` and `reason` (missing: on the list or in the comparison group).
    far
        How far budget and capacities reached along the ranking.
    only_by_lot
        How many treated customers the ranking alone would not have reached.
    options
        Every treated customer above break-even through every channel that reaches them:
        `customer_id, channel, profit, commitment`.
    """

    rows: pd.DataFrame
    far: Walk
    only_by_lot: int
    options: pd.DataFrame


def choose(
    eligible: pd.DataFrame,
    cases: Sequence[pd.DataFrame],
    reached: pd.DataFrame,
    terms: Terms,
    *,
    exploration_share: float,
    lots: npt.NDArray[np.float64],
) -> Choice:
    """Order those above break-even, of both arms, give them channels, and walk.

    A customer is ranked by the case through the first channel, in the job's order, that reaches
    them and pays. Channels are then given down the ranking: the first with room. Neither knows the
    budget, so a larger one only goes further.

    Parameters
    ----------
    eligible
        `customer_id, arm`, and without amounts `expected_purchases`.
    cases
        Each channel's case of everybody: `commitment, expected_incremental_margin, channel, …`.
    reached
        A boolean column a channel, in the job's order: as `winback.lists.eligibility.reach`.
    terms
        The limits.
    exploration_share, lots
        See `winback.lists.ranking.in_order`.
    """
    profits = np.column_stack([case["expected_incremental_margin"].to_numpy() for case in cases])
    can = reached.to_numpy(dtype=bool)
    able = can & (profits > 0) if terms.money else can
    pays = able.any(axis=1)
    first = np.where(pays, able.argmax(axis=1), can.argmax(axis=1))
    wanted = _pick(cases, first).assign(customer_id=eligible["customer_id"])
    wanted["profit"] = (
        wanted["expected_incremental_margin"] if terms.money else eligible["expected_purchases"]
    )
    of_arm = (eligible["arm"] == TREATED).to_numpy()
    room = list(terms.room.values())

    def reach_down(share: float) -> tuple[pd.DataFrame, npt.NDArray[np.intp], pd.DataFrame, Walk]:
        order = in_order(
            wanted[pd.Series(pays, index=wanted.index)],
            exploration_share=share,
            lots=lots[pays],
        )
        at = eligible.index.get_indexer(order.index)
        given = assign(able[at], of_arm[at], room)
        which = first.copy()
        which[at] = np.where(given >= 0, given, first[at])
        case = _pick(cases, which)
        far = walk(
            case["commitment"].to_numpy()[at],
            of_arm[at],
            budget=terms.budget,
            capacity=terms.capacity,
            at_most=terms.most(len(eligible)),
            has_room=given >= 0,
            used=terms.used,
        )
        return order, at, case, far

    order, at, case, far = reach_down(exploration_share)
    only_by_lot = 0
    if exploration_share and (far.stopped_by or far.full.any()):
        alone, _, _, without = reach_down(0.0)
        ranked = set(alone.index[without.paid])
        only_by_lot = sum(name not in ranked for name in order.index[far.paid])
    treated = of_arm[at]
    left_out = np.where(far.full, OVER_CAPACITY, far.stopped_by or OVER_CAPACITY)
    left_out = np.where(treated, left_out, CONTROL_BELOW_CUT_OFF)
    chosen = far.paid | (far.reached & ~treated)
    rows = case.assign(rank=np.nan, chosen_by=np.nan, reason=BELOW_BREAK_EVEN)
    rows = rows.astype({"chosen_by": "str", "reason": "str"})
    rows.loc[order.index, ["rank", "chosen_by"]] = order
    rows.loc[order.index, "reason"] = pd.Series(left_out, order.index, dtype="str").mask(chosen)
    who, through = np.nonzero(able & of_arm[:, None])
    costs = np.column_stack([case["commitment"].to_numpy() for case in cases])
    options = pd.DataFrame(
        {
            "customer_id": eligible["customer_id"].to_numpy()[who],
            "channel": np.array(reached.columns, dtype=object)[through],
            "profit": profits[who, through],
            "commitment": costs[who, through],
        }
    )
    return Choice(rows, far, only_by_lot, options)


def assign(
    able: npt.NDArray[np.bool_], treated: npt.NDArray[np.bool_], room: Sequence[int]
) -> npt.NDArray[np.intp]:
    """Give each customer, down a ranking, the first channel of theirs that has room.

    Treated customers take a place; controls are given what they would have got.

    Parameters
    ----------
    able
        Whether a channel may be used for a customer, in order of preference, shape (n, channels).
    treated
        Whose arm is treated, shape (n,).
    room
        Places by channel, 0 or more.

    Returns
    -------
    numpy.ndarray
        Position of the channel; -1 where none of theirs has room, shape (n,).

    Examples
    --------
    >>> able = np.array([[True, True], [True, True], [True, False], [False, True]])
    >>> assign(able, np.array([True] * 4), [1, 5]).tolist()
    [0, 1, -1, 1]
    """
    n, n_channels = able.shape
    given = np.full(n, -1, dtype=np.intp)
    places, start = np.array(room, dtype="int64"), 0
    # in each turn of the loop a channel fills, so there are no more turns than channels
    while start < n:
        usable = able[start:] & (places > 0)
        choice = np.where(usable.any(axis=1), usable.argmax(axis=1), -1)
        taken = np.cumsum(
            (choice[:, None] == np.arange(n_channels)) & treated[start:, None], axis=0
        )
        full = (taken >= places) & (places > 0)
        filled = full.any(axis=1)
        stop = int(filled.argmax()) + 1 if filled.any() else n - start
        given[start : start + stop] = choice[:stop]
        places = places - taken[stop - 1]
        start += stop
    return given


def _pick(cases: Sequence[pd.DataFrame], which: npt.NDArray[np.intp]) -> pd.DataFrame:
    """Take each customer's row from the case of one channel."""
    picked: pd.DataFrame = pd.concat([case[which == place] for place, case in enumerate(cases)])
    return picked.reindex(cases[0].index)
