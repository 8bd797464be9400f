"""Earlier win-back campaigns, with a control group, and what they really did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from winback.data.simulate.demand import DemandLevel, Floats
from winback.data.simulate.orders import Orders
from winback.data.simulate.people import Flags, People, Whole
from winback.data.simulate.shop_parameters import ShopParameters


@dataclass(frozen=True)
class Wave:
    """Who was in a campaign.

    Attributes
    ----------
    day
        The day of sending, counted from the beginning.
    owner
        Positions of the customers in the block.
    treated
        Which of them were written to.
    """

    day: int
    owner: Whole
    treated: Flags


def response(
    persuadable: Floats, *, complained: Flags, gone: Flags, parameters: ShopParameters
) -> Floats:
    """Work out how a contact works on customers as they are now.

    Parameters
    ----------
    persuadable
        See `People.persuadable`.
    complained, gone
        Who has an unresolved complaint, and who has dropped out.
    parameters
        The truth.

    Returns
    -------
    numpy.ndarray
        Above 0: P(orders within the response days because of the contact | would not have). Below
        0: minus P(orders nothing in these days because of it). Within -0.5 to 0.5.

    Examples
    --------
    >>> response(np.array([0.1, 0.1, 0.1]), complained=np.array([False, True, False]),
    ...          gone=np.array([False, False, True]), parameters=ShopParameters()).round(3).tolist()
    [0.1, -0.05, 0.05]
    """
    now = np.clip(persuadable + parameters.complaint_uplift * complained, -0.5, 0.5)
    return np.where(gone & (now > 0), now * parameters.gone_response, now)


def run_campaigns(
    people: People,
    orders: Orders,
    dropped: Floats,
    *,
    level: DemandLevel,
    parameters: ShopParameters,
    rng: np.random.Generator,
) -> tuple[Orders, list[Wave]]:
    """Send the campaigns one after the other, and let them work on the orders.

    A contact persuades only who would not have ordered within the response days, to one order; it
    changes nothing after that. Whom it annoys orders nothing in these days.

    Parameters
    ----------
    people, orders, dropped
        A block of customers, what they order by themselves, and when they drop out.
    level, parameters, rng
        The days of the shop, the truth, and where chance comes from.

    Returns
    -------
    Orders
        With what the campaigns brought, and without what they cost.
    list of Wave
        Who was in them, by day.
    """
    n, days = len(people), len(level.daily)
    shortest, longest = parameters.campaign_dormant
    waves = []
    for day in sorted(days - 1 - before for before in parameters.campaigns if before < days):
        last = np.full(n, -np.inf)
        so_far = orders.day < day + 1
        np.maximum.at(last, orders.owner[so_far], orders.day[so_far])
        silent = day - np.floor(last)
        arm, luck, when = rng.random((3, n))
        chosen = (silent >= shortest) & (silent <= longest) & people.email & ~people.opt_out
        treated = chosen & (arm < parameters.campaign_treated_share)
        works = response(
            people.persuadable,
            complained=orders.complained(n) < day + 1,
            gone=dropped < day + 1,
            parameters=parameters,
        )
        until = min(day + 1 + parameters.response_days, days)
        window = (orders.day >= day + 1) & (orders.day < until)
        returns = np.bincount(orders.owner[window], minlength=n) > 0
        annoyed = treated & (luck < -works)
        orders = orders.take(~(window & annoyed[orders.owner]))
        persuaded = np.flatnonzero(treated & ~returns & (luck < works))
        orders = _with(orders, persuaded, day + 1 + when[persuaded] * (until - day - 1))
        owner = np.flatnonzero(chosen)
        waves.append(Wave(day, owner, treated[owner]))
    return orders, waves


def _with(orders: Orders, owner: Whole, day: Floats) -> Orders:
    never = np.full(len(owner), np.inf)
    more = Orders(
        np.concatenate([orders.owner, owner]),
        np.concatenate([orders.day, day]),
        np.concatenate([orders.complaint, never]),
        np.concatenate([orders.resolved, never]),
    )
    return more.take(np.lexsort((more.day, more.owner)))
