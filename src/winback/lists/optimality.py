"""How much more the best list under the same limits would bring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

MILP_CUSTOMERS = 2_000
SECONDS = 10.0
NODES = 1_000

EXACT = "optimum (milp)"
RELAXED = "upper bound (linear relaxation)"


def best_possible(
    profit: npt.ArrayLike,
    cost: npt.ArrayLike,
    *,
    budget: float,
    capacity: int,
    channel: npt.ArrayLike | None = None,
    channels: Mapping[str, int] | None = None,
    customer: npt.ArrayLike | None = None,
    bound: float = np.inf,
) -> dict[str, Any]:
    """Find the most that any choice of these customers could be expected to bring.

    The knapsack `max sum(profit x)` under `sum(cost x) <= budget`, `sum(x) <= capacity` and one
    capacity a channel, x in {0, 1}; where a customer can be reached in several ways, each is a row
    of its own, and at most one of a customer's is taken. Up to `MILP_CUSTOMERS` rows it is solved
    (`scipy.optimize.milp`, at most `SECONDS` seconds and `NODES` nodes); beyond, the prices of the
    limits bound it from above (weak duality of linear programmes; see `winback.lists.prices`).

    Parameters
    ----------
    profit
        What each row is expected to bring, above 0, shape (n,).
    cost
        What each is expected to cost, shape (n,).
    budget, capacity
        The most that may be spent, and the most customers, 0 or more.
    channel
        Each row's channel, shape (n,). None: there is but one.
    channels
        Places by channel.
    customer
        Whose row it is, shape (n,). None: each is another's.
    bound
        What the prices say.

    Returns
    -------
    dict
        `value` and `method`: `EXACT` or `RELAXED`.

    Examples
    --------
    >>> best_possible([6.0, 5.0, 5.0], [6.0, 5.0, 5.0], budget=10, capacity=3)
    {'value': 10.0, 'method': 'optimum (milp)'}
    """
    gain, price = np.asarray(profit, dtype="float64"), np.asarray(cost, dtype="float64")
    n = len(gain)
    if not n:
        return {"value": 0.0, "method": EXACT}
    if n > MILP_CUSTOMERS:
        return {"value": float(min(bound, gain.sum())), "method": RELAXED}
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
    solved = milp(
        -gain,
        integrality=np.ones(n),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(table, ub=np.array(limits)),
        options={"time_limit": SECONDS, "node_limit": NODES, "mip_rel_gap": 1e-6},
    )
    if solved.status == 0:
        return {"value": float(-solved.fun), "method": EXACT}
    below = getattr(solved, "mip_dual_bound", None)
    if below is not None and np.isfinite(below):
        bound = min(bound, float(-below))
    return {"value": float(min(bound, gain.sum())), "method": RELAXED}


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
    return min(1.0, max(0.0, round(given_away, 6)))
