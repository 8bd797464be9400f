"""In which order customers are called back, through which channel, and how far money reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

RANKING = "ranking"
EXPLORATION = "exploration"
BELOW_BREAK_EVEN = "below break-even"
OVER_BUDGET = "over budget"
OVER_CAPACITY = "over capacity"
CONTROL_BELOW_CUT_OFF = "control below the cut-off"

_MILLIONTHS = 1_000_000  # money is added in whole millionths: ten times 0.1 is 1


def in_order(
    customers: pd.DataFrame, *, exploration_share: float, lots: npt.NDArray[np.float64]
) -> pd.DataFrame:
    """Put customers into the order in which money is spent on them.

    The ranking is by profit per cost. Where a share of the money is for exploration, a second
    order, by lot, is merged into it: after so much money in all, the share has gone down the lots
    and the rest down the ranking. The merged order knows no budget, so a budget, whatever its
    size, spends along it from the top, and a larger one only goes further. Nor does it know the
    arms: treated and controls above a cut-off are comparable.

    Parameters
    ----------
    customers
        Those who may pay, of both arms: `customer_id, commitment, profit`, one row each.
    exploration_share
        Share of the money that goes by lot, in [0, 1).
    lots
        A number in [0, 1) for each, drawn from nothing but the customer, shape (n,).

    Returns
    -------
    pandas.DataFrame
        In order, with the index of `customers`: `rank` (1, 2, 3, …) and `chosen_by` (`ranking`, or
        `exploration` for those whom the lots reach first).

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": list("abcde"), "commitment": 1.0,
    ...                           "profit": [5.0, 4.0, 3.0, 2.0, 1.0]})
    >>> lots = np.array([0.5, 0.4, 0.3, 0.2, 0.1])
    >>> order = in_order(customers, exploration_share=0.4, lots=lots)
    >>> "".join(customers.loc[order.index, "customer_id"]), order["chosen_by"].tolist()[:3]
    ('aebcd', ['ranking', 'exploration', 'ranking'])
    """
    with np.errstate(divide="ignore", invalid="ignore"):  # a campaign that costs nothing
        per_cost = customers["profit"] / customers["commitment"]
    ranked = customers.assign(per_cost=per_cost, lot=lots).sort_values(
        ["per_cost", "profit", "customer_id"], ascending=[False, False, True]
    )
    cost = ranked["commitment"].to_numpy(dtype="float64")
    if not cost.any():
        cost = np.ones(len(ranked))  # then places are shared instead of money
    # how much must have been spent in all before one's turn comes
    by_rank = np.cumsum(cost) / (1 - exploration_share)
    by_lot = np.full(len(ranked), np.inf)
    if exploration_share:
        drawn = np.lexsort((ranked["customer_id"].to_numpy(dtype=object), ranked["lot"]))
        by_lot[drawn] = np.cumsum(cost[drawn]) / exploration_share
    order = np.lexsort((np.arange(len(ranked)), np.minimum(by_rank, by_lot)))
    chosen_by = np.where(by_lot < by_rank, EXPLORATION, RANKING)[order]
    return pd.DataFrame(
        {
            "rank": np.arange(1.0, len(ranked) + 1),
            "chosen_by": pd.Series(chosen_by, dtype="str").to_numpy(),
        },
        index=ranked.index[order],
    ).astype({"chosen_by": "str"})


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


@dataclass(frozen=True)
class CutOff:
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
        `over budget`, `over capacity` (of all channels together), or None where nobody was left
        out. Where both would stop it at the same customer it is the budget.
    first_left_out
        Position of the treated customer at whom it stopped.
    """

    paid: npt.NDArray[np.bool_]
    reached: npt.NDArray[np.bool_]
    full: npt.NDArray[np.bool_]
    stopped_by: str | None
    first_left_out: int | None


def cut_off(
    cost: npt.ArrayLike,
    treated: npt.ArrayLike,
    *,
    budget: float,
    places: int,
    has_room: npt.ArrayLike | None = None,
) -> CutOff:
    """Go down a ranking and stop at the first treated customer that cannot be paid.

    Nobody further down is taken instead, even if cheaper: a larger budget then always adds to the
    list and never takes from it. A customer without room in any channel is passed by; who finds
    room depends on the ranking alone, not on the budget (see `assign`). The cut-off is the last
    customer paid; where nobody is left out, it is the end.

    Parameters
    ----------
    cost
        What a treated customer may cost at most, in the order of the ranking, shape (n,).
    treated
        Whose arm is treated; the others cost nothing, shape (n,).
    budget
        The most that may be committed, 0 or more.
    places
        The most customers that may be treated, over all channels, 0 or more.
    has_room
        Whether a channel that reaches the customer has room when their turn comes, shape (n,).
        None: each has.

    Examples
    --------
    >>> far = cut_off([1, 1, 1, 1], [True, False, True, True], budget=2.5, places=10)
    >>> far.paid.tolist(), far.stopped_by, far.first_left_out
    ([True, False, True, False], 'over budget', 3)
    >>> far = cut_off([1, 1, 1], [True] * 3, budget=9, places=9, has_room=[True, False, True])
    >>> far.paid.tolist(), far.full.tolist()
    ([True, False, True], [False, True, False])
    """
    of_arm = np.asarray(treated, dtype=bool)
    n = len(of_arm)
    room = np.ones(n, dtype=bool) if has_room is None else np.asarray(has_room, dtype=bool)
    positions = np.flatnonzero(of_arm & room)
    millionths = np.rint(np.asarray(cost, dtype="float64")[positions] * _MILLIONTHS)
    committed = np.cumsum(millionths.astype("int64"))
    money = round(budget * _MILLIONTHS)
    affordable = int(np.searchsorted(committed, money, side="right")) if money > 0 else 0
    n_paid = min(affordable, places)
    paid = np.zeros(n, dtype=bool)
    paid[positions[:n_paid]] = True
    if n_paid == len(positions):
        return CutOff(paid, room, of_arm & ~room, None, None)
    above = np.arange(n) <= (positions[n_paid - 1] if n_paid else -1)
    stopped_by = OVER_BUDGET if affordable <= places else OVER_CAPACITY
    return CutOff(paid, above & room, of_arm & ~room & above, stopped_by, int(positions[n_paid]))
