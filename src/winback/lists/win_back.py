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
from winback.lists.choice import Terms, choose
from winback.lists.columns import conform, finite, list_id
from winback.lists.control import CONTROL, TREATED, digests, draw_arms, in_holdout, strata
from winback.lists.economics import Economics
from winback.lists.eligibility import ineligible, reach, read_scores
from winback.lists.gain import gain_in_force
from winback.lists.limits import check_controls, check_shares
from winback.lists.memory import contacts_so_far, used_up
from winback.lists.playbook import NO_OFFER, Playbook, load_playbook, steps_due, suggest
from winback.lists.selection import Channel, check_limits
from winback.lists.summary import LIMITS, summarise
from winback.lists.win_back_columns import WIN_BACK, WIN_BACK_EXCLUDED, WinBack

if TYPE_CHECKING:
    from winback.estimators.uplift.uplift_model import UpliftModel

__all__ = ["LEAVE_ALONE", "WIN_BACK", "WIN_BACK_EXCLUDED", "WinBack", "win_back"]

LEAVE_ALONE = "leave alone: comparison group"


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
    holdout_share: float = 0.02,
    cooldown_days: int = 30,
    contact_cap: int = 3,
    contact_cap_days: int = 90,
    playbook: Playbook | None = None,
    uplift: UpliftModel | None = None,
    covariates: pd.DataFrame | None = None,
    exploration_share: float = 0.1,
    max_share: float = 0.5,
    earlier: pd.DataFrame | None = None,
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
        The most that the lists of a calendar week, Monday to Sunday, may commit, above 0.
    capacity
        The most customers that they contact over all channels, 1 or more.
    control_share
        Share of the eligible whose arm is control, in [0.05, 1).
    window_days
        Fewest and most days of silence of those called back, both included.
    active_within_days
        Who bought within so many days is not dormant. None: the window alone decides.
    channels
        Through which one writes, in order of preference, each with its capacity a week. A customer
        gets the first that reaches them, pays and has room when their turn comes; the playbook says
        what to do through it. None: e-mail.
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
        Share of all customers in the global holdout, in [0.005, 1).
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
        break-even; in [0.05, 0.5]. The lots are drawn anew on every day.
    max_share
        Whatever money and capacity say, no more than this share of the eligible is contacted (in
        one week, together); in (0, 0.8].
    earlier
        Treated and controls of winback's own lists of earlier dates (see
        `winback.lists.memory`): they count as contacted, unless the contacts tell better, and
        what the week's lists committed is used up. None: there are none.
    defaults
        The settings that nobody has chosen, as `key = value`: told in the summary.

    Returns
    -------
    WinBack
        Three frames and a summary.

    Raises
    ------
    UsageError
        If a limit or the comparison group is missing, an argument is out of range, or 30 or more
        would be contacted and nobody left alone.
    DataError
        If a table lacks a column, or an eligible customer's `p_repurchase`.

    Examples
    --------
    >>> scores = pd.DataFrame({
    ...     "customer_id": ["a", "d", "e"], "recency": [100.0, 100.0, 100.0],
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
    0           d  below break-even
    1           e       not dormant
    """
    channels = channels or {"email": Channel(capacity)} if capacity else {}
    check_limits(budget, capacity, channels)
    check_shares(
        control_share=control_share,
        holdout_share=holdout_share,
        exploration_share=exploration_share,
        max_share=max_share,
    )
    if min(horizon_days, expires_days) < 1:
        raise UsageError("a list looks at least a day ahead", where="horizon_days, expires_days")
    known = contacts_so_far(contacts, earlier, as_of)
    needed = ("p_repurchase", "expected_spend", "expected_purchases", "tier")
    rows = read_scores(scores, needed, as_of)
    playbook = playbook or load_playbook()
    due = steps_due(
        rows,
        playbook,
        as_of=as_of,
        contacts=known,
        dormant_after_days=(
            max(0, window_days[0] - 1) if active_within_days is None else active_within_days
        ),
    )
    reason = ineligible(
        rows,
        as_of=as_of,
        active_within_days=active_within_days,
        window_days=window_days,
        channels=list(channels),
        customers=customers,
        held_out=in_holdout(rows["customer_id"], share=holdout_share, salt=salt),
        open_cases=open_cases,
        contacts=known,
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
    gain = gain_in_force(_described(eligible, covariates), economics, uplift)
    arms = pd.DataFrame(
        {
            "arm": draw_arms(
                eligible["customer_id"],
                experiment_id=experiment_id,
                control_share=control_share,
                salt=salt,
            ),
            "stratum": strata(eligible["p_repurchase"], eligible[_worth(has_money)]),
            "propensity": 1 - control_share,
            "experiment_id": experiment_id,
        },
        index=eligible.index,
    )
    terms = Terms(
        budget,
        capacity,
        channels,
        control_share,
        money=has_money,
        max_share=max_share,
        used=used_up(earlier, as_of, list(channels)),
    )
    cases = []
    for channel, of in channels.items():
        told = _what_to_do(eligible, playbook, channel, offer)
        offered = told["offer"] != NO_OFFER
        gained, source = gain.of(eligible, offered)
        case = gain.economics.of(
            eligible,
            uplift=gained,
            uplift_source=source,
            contact_cost=economics.contact_cost if of.contact_cost is None else of.contact_cost,
            offer_cost=economics.offer_cost * offered,
        )
        cases.append(case.join(told.drop(columns="step")))
    exploring = 0.0 if gain.measured else exploration_share
    # by lot anew on every day, so that it is not always the same whom one explores
    lots = digests(
        eligible["customer_id"], f"{salt}|{experiment_id}|exploration|{as_of.isoformat()}|"
    )
    choice = choose(
        eligible.join(arms["arm"]),
        cases,
        reach(eligible["customer_id"], customers, list(channels)),
        terms,
        exploration_share=exploring,
        lots=lots,
    )
    name = list_id(job, "win_back", as_of, rows)
    if not has_money and "monetary_value" in rows.columns:
        rows["monetary_value"] = np.nan
    rows = (
        rows.join(eligible["step"])
        .join(arms)
        .join(choice.rows.drop(columns="reason"))
        .assign(
            reason=reason.fillna(choice.rows["reason"]),
            list_id=name,
            as_of=pd.Timestamp(as_of),
            limits=_whose_limits(defaults),
        )
    )
    chosen = rows[rows["reason"].isna()].sort_values("rank")
    alone_days = np.maximum(chosen["cooldown_days"].astype("int64"), cooldown_days)
    chosen = chosen.assign(
        cooldown_until=pd.Timestamp(as_of) + pd.to_timedelta(alone_days, unit="D"),
        measure_until=pd.Timestamp(as_of + timedelta(days=horizon_days)),
        expires_at=pd.Timestamp(as_of + timedelta(days=min(expires_days, horizon_days))),
    )
    control = chosen[chosen["arm"] == CONTROL].assign(
        action=LEAVE_ALONE, channel=None, offer=None, owner=None
    )
    treated = chosen[chosen["arm"] == TREATED]
    check_controls(len(treated), len(control))
    summary = summarise(
        rows,
        choice,
        terms,
        gain,
        name=name,
        exploration_share=exploring,
        holdout_share=holdout_share,
        remembers=known is not None,
        defaults=defaults,
    )
    return WinBack(
        conform(treated, WIN_BACK),
        conform(control, WIN_BACK),
        conform(rows[rows["reason"].notna()], WIN_BACK_EXCLUDED),
        summary,
    )


def _worth(money: bool) -> str:
    return "expected_spend" if money else "expected_purchases"


def _what_to_do(
    eligible: pd.DataFrame, playbook: Playbook, channel: str, offer: str | None
) -> pd.DataFrame:
    """Look up what to do about each customer through one channel."""
    through = pd.DataFrame(data=True, index=eligible.index, columns=[channel])
    told = suggest(eligible, playbook, "win_back", through)
    if offer is not None:
        told["offer"] = told["offer"].where(told["offer"] == NO_OFFER, offer)
    return told


def _described(eligible: pd.DataFrame, covariates: pd.DataFrame | None) -> pd.DataFrame:
    """Put the uplift model's covariates beside the scores."""
    if covariates is None:
        return eligible
    known = covariates.set_index(covariates["customer_id"].astype("str"))
    named = known.columns.difference(["customer_id"])
    described = known[named].reindex(eligible["customer_id"]).set_axis(eligible.index)
    return described.assign(**eligible[eligible.columns.intersection(["p_alive", "p_repurchase"])])


def _whose_limits(defaults: Sequence[str]) -> str:
    """Say on every row whether somebody has chosen the limits of the list."""
    keys = {line.partition(" = ")[0] for line in defaults}
    left = [name for name in LIMITS if f"lists.win_back.{name}" in keys]
    return f"defaults: {', '.join(left)}" if left else "set by the job"
