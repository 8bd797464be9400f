"""Who is chosen, in which order and through which channel, under which limits."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.data.arms import TREATED
from winback.lists.memory import Used
from winback.lists.options import Options
from winback.lists.selection import (
    BELOW_BREAK_EVEN,
    CONTROL_BELOW_CUT_OFF,
    OVER_CAPACITY,
    CutOff,
    assign,
    cut_off,
    in_order,
)
from winback.lists.terms import WinBackTerms


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
    def budget(self) -> float:
        """The money left."""
        return max(0.0, self.terms.budget - self.used.budget)


@dataclass(frozen=True)
class Allocation:
    """Who was chosen.

    Parameters
    ----------
    rows
        By eligible customer: the case and what to do through the channel chosen, `rank,
        chosen_by` and `reason` (missing: on the list or in the comparison group).
    reach
        How far budget and capacities reached along the ranking.
    only_by_lot
        How many treated customers the ranking alone would not have reached.
    options
        Every treated customer above break-even through every channel that reaches them:
        `customer_id, channel, profit, commitment`.
    """

    rows: pd.DataFrame
    reach: CutOff
    only_by_lot: int
    options: pd.DataFrame


@dataclass(frozen=True)
class _Order:
    """An order of the customers above break-even, and how far the limits reach along it."""

    ranking: pd.DataFrame
    position: npt.NDArray[np.intp]
    case: pd.DataFrame
    reach: CutOff


def allocate(
    eligible: pd.DataFrame,
    options: Options,
    limits: Limits,
    *,
    money: bool,
    exploration_share: float,
    lots: npt.NDArray[np.float64],
) -> Allocation:
    """Order those above break-even, of both arms, give them channels, and go down the ranking.

    A customer is ranked by the case through the first channel, in the job's order, that reaches
    them and pays. Channels are then given down the ranking: the first with room. Neither knows the
    budget, so a larger one only goes further.

    Parameters
    ----------
    eligible
        `customer_id, arm`, and without amounts `expected_purchases`.
    options
        Each customer's case through each channel.
    limits
        The limits.
    money
        Whether the source has amounts. Without them the ranking is by expected purchases.
    exploration_share, lots
        See `winback.lists.selection.in_order`.
    """
    profits = options.matrix("expected_incremental_margin")
    can = options.reached.to_numpy(dtype=bool)
    able = can & (profits > 0) if money else can
    pays = able.any(axis=1)
    first = np.where(pays, able.argmax(axis=1), can.argmax(axis=1))
    wanted = options.taken(first).assign(customer_id=eligible["customer_id"])
    wanted["profit"] = (
        wanted["expected_incremental_margin"] if money else eligible["expected_purchases"]
    )
    treated = (eligible["arm"] == TREATED).to_numpy()

    def order_by(share: float) -> _Order:
        ranking = in_order(
            wanted[pd.Series(pays, index=wanted.index)],
            exploration_share=share,
            lots=lots[pays],
        )
        position = eligible.index.get_indexer(ranking.index)
        given = assign(able[position], treated[position], list(limits.room.values()))
        column = first.copy()
        column[position] = np.where(given >= 0, given, first[position])
        case = options.taken(column)
        reach = cut_off(
            case["commitment"].to_numpy()[position],
            treated[position],
            budget=limits.budget,
            places=limits.places(len(eligible)),
            has_room=given >= 0,
        )
        return _Order(ranking, position, case, reach)

    order = order_by(exploration_share)
    reach, names = order.reach, order.ranking.index
    only_by_lot = 0
    if exploration_share and (reach.stopped_by or reach.full.any()):
        alone = order_by(0.0)
        ranked = set(alone.ranking.index[alone.reach.paid])
        only_by_lot = sum(name not in ranked for name in names[reach.paid])
    of_arm = treated[order.position]
    left_out = np.where(reach.full, OVER_CAPACITY, reach.stopped_by or OVER_CAPACITY)
    left_out = np.where(of_arm, left_out, CONTROL_BELOW_CUT_OFF)
    chosen = reach.paid | (reach.reached & ~of_arm)
    rows = order.case.assign(rank=np.nan, chosen_by=np.nan, reason=BELOW_BREAK_EVEN)
    rows = rows.astype({"chosen_by": "str", "reason": "str"})
    rows.loc[names, ["rank", "chosen_by"]] = order.ranking
    rows.loc[names, "reason"] = pd.Series(left_out, names, dtype="str").mask(chosen)
    who, through = np.nonzero(able & treated[:, None])
    table = pd.DataFrame(
        {
            "customer_id": eligible["customer_id"].to_numpy()[who],
            "channel": np.array(options.reached.columns, dtype=object)[through],
            "profit": profits[who, through],
            "commitment": options.matrix("commitment")[who, through],
        }
    )
    return Allocation(rows, reach, only_by_lot, table)
