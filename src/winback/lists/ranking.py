"""In which order customers are called back: by profit per cost, and some by lot."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

RANKING = "ranking"
EXPLORATION = "exploration"


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
