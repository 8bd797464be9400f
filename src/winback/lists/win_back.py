"""The win-back list: which dormant customers it pays to call back, under a budget.

Arms first, money second. Every eligible customer's arm is drawn before anybody looks at money;
then those above break-even are put in order, and the order is walked until the first treated
customer that the budget cannot bear. Controls above that cut-off are the comparison group.
Everybody else is left out, with one reason each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from winback.errors import UsageError
from winback.lists.columns import conform, finite, list_id
from winback.lists.control import CONTROL, TREATED, digests, draw_arms, in_holdout, strata
from winback.lists.economics import Economics
from winback.lists.eligibility import first_channel, ineligible, reach, read_scores
from winback.lists.gain import gain_in_force
from winback.lists.playbook import Playbook, load_playbook, steps_due, suggest
from winback.lists.ranking import in_order
from winback.lists.selection import (
    BELOW_BREAK_EVEN,
    CONTROL_BELOW_CUT_OFF,
    OVER_CAPACITY,
    Channel,
    Walk,
    check_limits,
    walk,
)
from winback.lists.summary import Terms, summarise
from winback.lists.win_back_columns import WIN_BACK, WIN_BACK_EXCLUDED, WinBack

if TYPE_CHECKING:
    from winback.estimators.uplift import UpliftModel

__all__ = ["LEAVE_ALONE", "WIN_BACK", "WIN_BACK_EXCLUDED", "WinBack", "win_back"]

LEAVE_ALONE = "leave alone: comparison group"
NO_OFFER = "none"


def win_back(
    scores: pd.DataFrame,
    *,
    as_of: date,
    horizon_days: int,
    economics: Economics,
    budget: float,
    capacity: int,
    control_share: float,
    window_days: tuple[int, int],
    active_within_days: int | None = 365,
    channels: Mapping[str, Channel] | None = None,
    offer: str | None = None,
    job: str = "winback",
    experiment_id: str | None = None,
    salt: str = "winback",
    expires_days: int = 14,
    customers: pd.DataFrame | None = None,
    contacts: pd.DataFrame | None = None,
    open_cases: pd.DataFrame | None = None,
    holdout_share: float | None = None,
    cooldown_days: int = 30,
    contact_cap: int = 3,
    contact_cap_days: int = 90,
    playbook: Playbook | None = None,
    uplift: UpliftModel | None = None,
    covariates: pd.DataFrame | None = None,
    exploration_share: float = 0.1,
    defaults: Sequence[str] = (),
) -> WinBack:
    """Choose whom to call back, whom to leave alone for comparison, and say why about the others.

    Treated, control and excluded hold every scored customer exactly once. The budget is committed
    at the most that a treated customer can cost (contact and offer), so it holds even if everybody
    redeems. A larger budget adds customers and takes none away. Without amounts nobody's break-even
    is known: the list is then ranked by expected purchases, and its summary says so.

    Parameters
    ----------
    scores
        The scores of everybody, one row a customer.
    as_of
        The last day that is known.
    horizon_days
        Days in which a return counts: `p_repurchase` is about them.
    economics
        Costs, margin and the assumed uplift.
    budget
        The most that the list may commit, above 0.
    capacity
        The most customers that are contacted over all channels, 1 or more.
    control_share
        Share of the eligible whose arm is control, in (0, 1).
    window_days
        Fewest and most days of silence of those called back, both included.
    active_within_days
        Who bought within so many days is not dormant. None: the window alone decides.
    channels
        Through which one writes, in order of preference. A customer gets the playbook's channel or,
        where it does not reach them or is none of these, the first that does; there is no second
        one where it is full. None: e-mail.
    offer
        Replaces the playbook's offers; where it offers nothing, nothing is offered.
    job
        Name of the job; enters `list_id`.
    experiment_id
        Draws the arms. None: made from the job's name, the same on every day.
    salt
        See `winback.lists.control.draw_arms`.
    expires_days
        The list is good for so many days, and never longer than the horizon.
    customers, contacts, open_cases
        Who may be written to, who was, and who has a complaint or a refund open (see
        `winback.lists.eligibility.ineligible`).
    holdout_share
        Share of all customers in the global holdout. None: there is none.
    cooldown_days, contact_cap, contact_cap_days
        How often one may be written to.
    playbook
        Steps, actions, channels, offers and owners. None: the one that ships with winback.
    uplift
        What past campaigns measured. None: the prior.
    covariates
        `customer_id` and the columns that `uplift` asks for, where the scores lack them.
    exploration_share
        Until the uplift is measured, this share of the money goes by lot to customers above
        break-even.
    defaults
        The settings that nobody has chosen, as `key = value`: told in the summary.

    Returns
    -------
    WinBack
        Three frames and a summary.

    Raises
    ------
    UsageError
        If a limit or the comparison group is missing, or an argument is out of range.
    DataError
        If a table lacks a column, or an eligible customer's `p_repurchase`.

    Examples
    --------
    >>> scores = pd.DataFrame({
    ...     "customer_id": ["a", "b", "c"], "recency": [100.0, 100.0, 100.0],
    ...     "T": [500.0, 500.0, 110.0], "p_repurchase": [0.05, 0.05, 0.6],
    ...     "expected_spend": [120.0, 9.0, 50.0], "expected_purchases": [0.1, 0.1, 2.0],
    ...     "tier": ["core", "core", "core"]})
    >>> lists = win_back(scores, as_of=date(2011, 12, 9), horizon_days=90, budget=100, capacity=50,
    ...                  economics=Economics(contact_cost=0.1, offer_cost=5), control_share=0.1,
    ...                  window_days=(90, 730))
    >>> lists.treated[["rank", "customer_id"]]
       rank customer_id
    0     1           a
    >>> lists.excluded[["customer_id", "reason"]]
      customer_id            reason
    0           b  below break-even
    1           c       not dormant
    """
    channels = channels or {"email": Channel(capacity)} if capacity else {}
    check_limits(budget, capacity, channels)
    if min(horizon_days, expires_days) < 1:
        raise UsageError("a list looks at least a day ahead", where="horizon_days, expires_days")
    if not 0 <= exploration_share < 1:
        raise UsageError("not a share", where="exploration_share", got=exploration_share)
    needed = ("p_repurchase", "expected_spend", "expected_purchases", "tier")
    rows = read_scores(scores, needed, as_of)
    playbook = playbook or load_playbook()
    due = steps_due(rows, playbook, as_of=as_of, contacts=contacts)
    reason = ineligible(
        rows,
        as_of=as_of,
        active_within_days=active_within_days,
        window_days=window_days,
        channels=list(channels),
        customers=customers,
        held_out=in_holdout(rows["customer_id"], share=holdout_share, salt=salt),
        open_cases=open_cases,
        contacts=contacts,
        cooldown_days=cooldown_days,
        contact_cap=contact_cap,
        contact_cap_days=contact_cap_days,
        step_reason=due["reason"],
    )
    has_money = bool(rows["expected_spend"].notna().any())
    experiment_id = experiment_id or f"{job}-win-back"
    eligible = rows[reason.isna()]
    eligible = eligible.assign(step=due.loc[eligible.index, "step"])
    finite(eligible, ("p_repurchase", _worth(has_money)), what="the scores")
    told = _what_to_do(eligible, playbook, channels, customers=customers, offer=offer)
    gain = gain_in_force(_described(eligible, covariates), economics, uplift)
    prices = {name: of.contact_cost for name, of in channels.items() if of.contact_cost is not None}
    case = gain.economics.of(
        eligible,
        uplift=gain.uplift,
        uplift_source=gain.source,
        contact_cost=told["channel"].map(prices).astype("float64").fillna(economics.contact_cost),
        offer_cost=economics.offer_cost * (told["offer"] != NO_OFFER),
    ).assign(
        arm=draw_arms(
            eligible["customer_id"],
            experiment_id=experiment_id,
            control_share=control_share,
            salt=salt,
        ),
        stratum=strata(eligible["p_repurchase"], eligible[_worth(has_money)]),
        propensity=1 - control_share,
        experiment_id=experiment_id,
    )
    name = list_id(job, "win_back", as_of, rows)
    if not has_money and "monetary_value" in rows.columns:
        rows["monetary_value"] = np.nan
    rows = (
        rows.join(case)
        .join(told)
        .assign(
            reason=reason,
            list_id=name,
            as_of=pd.Timestamp(as_of),
        )
    )
    terms = Terms(budget, capacity, channels, control_share, money=has_money)
    exploring = 0.0 if gain.measured else exploration_share
    lots = digests(eligible["customer_id"], f"{salt}|{experiment_id}|exploration|")
    ranked, reached = _rank(rows, terms, exploring, pd.Series(lots, index=eligible.index))
    rows = rows.join(ranked[["rank", "chosen_by"]])
    rows["reason"] = rows["reason"].fillna(ranked["reason"])
    chosen = rows[rows["reason"].isna()].sort_values("rank")
    alone_days = np.maximum(chosen["cooldown_days"].astype("int64"), cooldown_days)
    chosen = chosen.assign(
        cooldown_until=pd.Timestamp(as_of) + pd.to_timedelta(alone_days, unit="D"),
        measure_until=pd.Timestamp(as_of + timedelta(days=horizon_days)),
        expires_at=pd.Timestamp(as_of + timedelta(days=min(expires_days, horizon_days))),
    )
    control = chosen[chosen["arm"] == CONTROL].assign(
        action=LEAVE_ALONE, channel=None, offer=None, owner=None, cooldown_until=None
    )
    summary = summarise(
        rows,
        reached,
        terms,
        gain,
        name=name,
        exploration_share=exploring,
        holdout_share=holdout_share,
        defaults=defaults,
    )
    return WinBack(
        conform(chosen[chosen["arm"] == TREATED], WIN_BACK),
        conform(control, WIN_BACK),
        conform(rows[rows["reason"].notna()], WIN_BACK_EXCLUDED),
        summary,
    )


def _worth(money: bool) -> str:
    return "expected_spend" if money else "expected_purchases"


def _what_to_do(
    eligible: pd.DataFrame,
    playbook: Playbook,
    channels: Mapping[str, Channel],
    *,
    customers: pd.DataFrame | None,
    offer: str | None,
) -> pd.DataFrame:
    """Look up the playbook, and give each customer a channel that reaches them."""
    told = suggest(eligible, playbook, "win_back")
    reached = reach(eligible["customer_id"], customers, list(channels))
    told["channel"] = first_channel(reached, told["channel"])
    if offer is not None:
        told["offer"] = told["offer"].where(told["offer"] == NO_OFFER, offer)
    return told


def _described(eligible: pd.DataFrame, covariates: pd.DataFrame | None) -> pd.DataFrame:
    """Put the uplift model's covariates beside the scores."""
    if covariates is None:
        return eligible
    known = covariates.set_index(covariates["customer_id"].astype("str"))
    named = known.columns.difference(["customer_id"])
    return known[named].reindex(eligible["customer_id"]).set_axis(eligible.index)


def _rank(
    rows: pd.DataFrame, terms: Terms, exploration_share: float, lots: pd.Series
) -> tuple[pd.DataFrame, Walk]:
    """Order those above break-even, of both arms, and walk; by index: `rank, chosen_by, reason`."""
    eligible = rows[rows["reason"].isna()]
    profit = eligible["expected_incremental_margin"]
    pays = profit > 0 if terms.money else pd.Series(data=True, index=eligible.index)
    candidates = eligible.assign(profit=profit if terms.money else eligible["expected_purchases"])
    order = in_order(
        candidates.loc[pays, ["customer_id", "commitment", "profit"]],
        exploration_share=exploration_share,
        lots=lots[pays].to_numpy(),
    )
    ahead = rows.loc[order.index]
    treated = (ahead["arm"] == TREATED).to_numpy()
    far = walk(
        ahead["commitment"],
        treated,
        budget=terms.budget,
        capacity=terms.capacity,
        channel=ahead["channel"],
        channels=terms.channels,
    )
    left_out = np.where(far.full, OVER_CAPACITY, far.stopped_by or OVER_CAPACITY)
    left_out = np.where(treated, left_out, CONTROL_BELOW_CUT_OFF)
    chosen = far.paid | (far.reached & ~treated)
    result = pd.DataFrame({"rank": np.nan, "chosen_by": np.nan}, index=eligible.index)
    result = result.astype({"chosen_by": "str"}).assign(reason=BELOW_BREAK_EVEN)
    result["reason"] = result["reason"].astype("str")
    result.loc[order.index, ["rank", "chosen_by"]] = order
    result.loc[order.index, "reason"] = pd.Series(left_out, order.index, dtype="str").mask(chosen)
    return result, far
