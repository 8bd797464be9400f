"""How much more the best list under the same limits would bring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

MILP_CUSTOMERS = 2_000
LP_CUSTOMERS = 50_000
SECONDS = 10.0
NODES = 1_000

EXACT = "optimum (milp)"
RELAXED = "upper bound (linear relaxation)"
BUDGET_ONLY = "upper bound (budget alone)"


def best_possible(
    profit: npt.ArrayLike,
    cost: npt.ArrayLike,
    *,
    budget: float,
    capacity: int,
    channel: npt.ArrayLike | None = None,
    channels: Mapping[str, int] | None = None,
    customer: npt.ArrayLike | None = None,
) -> dict[str, Any]:
    """Find the most that any choice of these customers could be expected to bring.

    The knapsack `max sum(profit x)` under `sum(cost x) <= budget`, `sum(x) <= capacity` and one
    capacity a channel, x in {0, 1}; where a customer can be reached through several channels, each
    is a row of its own, and at most one of a customer's is taken. Up to `MILP_CUSTOMERS` rows it is
    solved (`scipy.optimize.milp`, at most `SECONDS` seconds and `NODES` nodes); up to
    `LP_CUSTOMERS` its linear relaxation bounds it from above; beyond, so does the budget alone,
    filled in order of profit per cost with the last customer cut in part (Dantzig, 1957,
    doi:10.1287/opre.5.2.266).

    Parameters
    ----------
    profit
        What each row is expected to bring, above 0, shape (n,).
    cost
        What each may cost at most, shape (n,).
    budget, capacity
        The most that may be committed, and the most customers, 0 or more.
    channel
        Each row's channel, shape (n,). None: there is but one.
    channels
        Places by channel.
    customer
        Whose row it is, shape (n,). None: each is another's.

    Returns
    -------
    dict
        `value` and `method`: `EXACT`, `RELAXED` or `BUDGET_ONLY`.

    Examples
    --------
    >>> best_possible([6.0, 5.0, 5.0], [6.0, 5.0, 5.0], budget=10, capacity=3)
    {'value': 10.0, 'method': 'optimum (milp)'}
    """
    gain, price = np.asarray(profit, dtype="float64"), np.asarray(cost, dtype="float64")
    n = len(gain)
    if not n:
        return {"value": 0.0, "method": EXACT}
    budget_alone = min(_dantzig(gain, price, budget), float(np.sort(gain)[::-1][:capacity].sum()))
    if n > LP_CUSTOMERS:
        return {"value": budget_alone, "method": BUDGET_ONLY}
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - half a second
    from scipy.sparse import csr_array, vstack  # noqa: PLC0415

    rows, limits = [price, np.ones(n)], [budget, float(capacity)]
    for name, places in (channels or {}).items():
        rows.append((np.asarray(channel) == name).astype("float64"))
        limits.append(float(places))
    table = csr_array(np.vstack(rows))
    if customer is not None:
        people, who = np.unique(np.asarray(customer).astype(str), return_inverse=True)
        if len(people) < n:
            once = csr_array((np.ones(n), (who, np.arange(n))), shape=(len(people), n))
            table, limits = vstack([table, once], format="csr"), [*limits, *np.ones(len(people))]
    exact = n <= MILP_CUSTOMERS
    solved = milp(
        -gain,
        integrality=np.full(n, int(exact)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(table, ub=np.array(limits)),
        options={"time_limit": SECONDS, "node_limit": NODES, "mip_rel_gap": 1e-6},
    )
    if solved.status == 0:
        return {"value": float(-solved.fun), "method": EXACT if exact else RELAXED}
    bound = getattr(solved, "mip_dual_bound", None)
    if bound is not None and np.isfinite(bound):
        return {"value": float(-bound), "method": RELAXED}
    return {"value": budget_alone, "method": BUDGET_ONLY}


def optimality_gap(chosen: pd.Series, best: dict[str, Any]) -> float | None:
    """Say which share of the best possible value a choice gives away, in [0, 1]; None: no value.

    Examples
    --------
    >>> optimality_gap(pd.Series([6.0]), {"value": 10.0, "method": EXACT})
    0.4
    """
    if best["value"] <= 0:
        return None
    # rounded: the solver stops within a millionth, and a gap is never below 0
    given_away: float = 1 - float(chosen.sum()) / best["value"]
    return max(0.0, round(given_away, 6))


def _dantzig(
    profit: npt.NDArray[np.float64], cost: npt.NDArray[np.float64], budget: float
) -> float:
    with np.errstate(divide="ignore"):
        order = np.argsort(-(profit / cost), kind="stable")
    spent, gained = np.cumsum(cost[order]), np.cumsum(profit[order])
    whole = int(np.searchsorted(spent, budget, side="right"))
    value = float(gained[whole - 1]) if whole else 0.0
    if whole == len(order):
        return value
    left = budget - (float(spent[whole - 1]) if whole else 0.0)
    return value + left * float(profit[order[whole]] / cost[order[whole]])
