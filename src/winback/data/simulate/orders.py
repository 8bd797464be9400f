"""What customers order by themselves, and when they drop out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from winback.data.simulate.demand import DemandLevel, Floats
from winback.data.simulate.people import People, Whole
from winback.data.simulate.shop_parameters import ShopParameters


@dataclass(frozen=True)
class Orders:
    """The orders of a block of customers, by customer, then by time; arrays of one shape (m,).

    Attributes
    ----------
    owner
        Position of the customer in the block.
    day
        Days since the beginning, a fraction included.
    complaint
        Days since the beginning of the complaint about the order; infinite: none.
    resolved
        Days since the beginning at which the complaint was resolved; infinite: never.
    """

    owner: Whole
    day: Floats
    complaint: Floats
    resolved: Floats

    def take(self, chosen: npt.NDArray[np.bool_] | Whole) -> Orders:
        """Keep some of the orders."""
        return Orders(
            self.owner[chosen], self.day[chosen], self.complaint[chosen], self.resolved[chosen]
        )

    def complained(self, n: int) -> Floats:
        """Return when each customer's first unresolved complaint was made; infinite: never."""
        first = np.full(n, np.inf)
        open_ = np.isinf(self.resolved) & np.isfinite(self.complaint)
        np.minimum.at(first, self.owner[open_], self.complaint[open_])
        return first


def draw_orders(
    people: People,
    level: DemandLevel,
    parameters: ShopParameters,
    rng: np.random.Generator,
) -> tuple[Orders, Floats]:
    """Draw each customer's own orders.

    Orders after the first are a Poisson process on the level's clock (BG/NBD, assumption i); after
    each repeat order the customer drops out with a probability of their own (assumption iii), and
    after any order with a complaint more easily.

    Parameters
    ----------
    people, level, parameters, rng
        Who orders, when more is ordered, the truth, and where chance comes from.

    Returns
    -------
    Orders
        The orders until the last day of the shop.
    numpy.ndarray
        Days since the beginning at which each customer dropped out, shape (n,); infinite: alive
        at the end.
    """
    start, end = level.operational(people.acquired), level.clock[-1]
    # a Poisson number of points, each uniform in time, is a Poisson process
    count = rng.poisson(people.rate * (end - start)) + 1
    owner = np.repeat(np.arange(len(people)), count)
    first = np.cumsum(count) - count
    time = start[owner] + rng.random(len(owner)) * (end - start)[owner]
    time[first] = start
    day = level.calendar(time[np.lexsort((time, owner))])
    complaint, resolved = _complaints(day, parameters, rng)
    leaves = people.dropout[owner]
    leaves[first] = 0.0
    driven = np.where(
        np.isinf(resolved), parameters.unresolved_dropout, parameters.resolved_dropout
    )
    leaves = 1 - (1 - leaves) * (1 - np.where(np.isfinite(complaint), driven, 0.0))
    gone = (rng.random(len(owner)) < leaves) & parameters.dropout
    so_far = np.cumsum(gone)
    before = so_far - gone
    kept = before == before[first][owner]
    dropped = np.full(len(people), np.inf)
    dropped[owner[kept & gone]] = day[kept & gone]
    return Orders(owner, day, complaint, resolved).take(kept), dropped


def _complaints(
    day: Floats, parameters: ShopParameters, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    m = len(day)
    complains = rng.random(m) < parameters.complaint_share
    made_at = day + 1 + 9 * rng.random(m)
    solved = rng.random(m) < parameters.resolved_share
    solved_at = made_at + 1 + 13 * rng.random(m)
    complaint = np.where(complains, made_at, np.inf)
    return complaint, np.where(complains & solved, solved_at, np.inf)
