"""The win-back list: which dormant customers it pays to call back, under a budget.

Arms first, money second. Every eligible customer's arm is drawn before anybody looks at money;
then those above break-even are ranked by profit per cost, and the ranking is walked until the
first treated customer that the budget or the capacity cannot bear. Controls above that cut-off are
the comparison group. Everybody else is left out, with one reason each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from winback.errors import UsageError
from winback.lists.columns import VERSIONS, Kind, conform, finite, list_id
from winback.lists.control import CONTROL, TREATED, draw_arms, strata
from winback.lists.economics import Economics
from winback.lists.playbook import Playbook, load_playbook, suggest
from winback.lists.selection import (
    BELOW_BREAK_EVEN,
    CONTROL_BELOW_CUT_OFF,
    Walk,
    check_limits,
    ineligible,
    read_scores,
    walk,
)
from winback.lists.summary import summarise

_CASE: dict[str, Kind] = {
    "arm": "text",
    "stratum": "text",
    "propensity": "probability",
    "experiment_id": "text",
    "p_return_untreated": "probability",
    "uplift": "probability",
    "uplift_source": "text",
    "expected_margin": "money",
    "contact_cost": "money",
    "offer_cost": "money",
    "expected_cost": "money",
    "expected_incremental_margin": "money",
}
_CUSTOMER: dict[str, Kind] = {
    "days_since_last": "count",
    "last_purchase_at": "date",
    "frequency": "count",
    "monetary_value": "money",
    "tier": "text",
}
WIN_BACK: dict[str, Kind] = {
    "list_id": "text",
    "as_of": "date",
    "rank": "count",
    "customer_id": "text",
    **_CASE,
    "action": "text",
    "channel": "text",
    "offer": "text",
    "owner": "text",
    **_CUSTOMER,
    "cooldown_until": "date",
    "measure_until": "date",
    "expires_at": "date",
    **VERSIONS,
}
WIN_BACK_EXCLUDED: dict[str, Kind] = {
    "list_id": "text",
    "as_of": "date",
    "customer_id": "text",
    "reason": "text",
    "rank": "count",
    **_CASE,
    **_CUSTOMER,
    **VERSIONS,
}
LEAVE_ALONE = "leave alone: comparison group"


@dataclass(frozen=True)
class WinBack:
    """The three parts of a win-back list, and what to know before sending it.

    Parameters
    ----------
    treated
        Whom to contact: columns `WIN_BACK`.
    control
        Whom to leave alone for comparison: columns `WIN_BACK`.
    excluded
        Everybody else, with a `reason` each: columns `WIN_BACK_EXCLUDED`.
    summary
        Counts, money, what the list can measure, and `sentences` in plain words (see
        `winback.lists.summary`).
    """

    treated: pd.DataFrame
    control: pd.DataFrame
    excluded: pd.DataFrame
    summary: dict[str, Any]


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
    channel: str = "email",
    offer: str = "voucher",
    job: str = "winback",
    experiment_id: str | None = None,
    salt: str = "winback",
    expires_days: int = 14,
    customers: pd.DataFrame | None = None,
    contacts: pd.DataFrame | None = None,
    cooldown_days: int = 30,
    contact_cap: int = 3,
    contact_cap_days: int = 90,
    playbook: Playbook | None = None,
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
        The most customers that are contacted, 1 or more.
    control_share
        Share of the eligible whose arm is control, in (0, 1).
    window_days
        Fewest and most days of silence of those called back, both included.
    active_within_days
        Who bought within so many days is not dormant. None: the window alone decides.
    channel, offer
        Through which channel one writes, and with what.
    job
        Name of the job; enters `list_id`.
    experiment_id
        Draws the arms. None: made from the job's name, the same on every day.
    salt
        See `winback.lists.control.draw_arms`.
    expires_days
        The list is good for so many days, and never longer than the horizon.
    customers, contacts
        Who may be written to, and who was (see `winback.lists.selection.ineligible`).
    cooldown_days, contact_cap, contact_cap_days
        How often one may be written to.
    playbook
        Action and owner. None: the one that ships with winback.

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
    check_limits(budget, capacity)
    if min(horizon_days, expires_days) < 1:
        raise UsageError("a list looks at least a day ahead", where="horizon_days, expires_days")
    needed = ("p_repurchase", "expected_spend", "expected_purchases", "tier")
    rows = read_scores(scores, needed, as_of)
    reason = ineligible(
        rows,
        as_of=as_of,
        active_within_days=active_within_days,
        window_days=window_days,
        channel=channel,
        customers=customers,
        contacts=contacts,
        cooldown_days=cooldown_days,
        contact_cap=contact_cap,
        contact_cap_days=contact_cap_days,
    )
    has_money = bool(rows["expected_spend"].notna().any())
    experiment_id = experiment_id or f"{job}-win-back"
    eligible = rows[reason.isna()]
    finite(eligible, ("p_repurchase", _worth(has_money)), what="the scores")
    case = economics.of(eligible).assign(
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
    rows = rows.join(case).assign(
        reason=reason,
        list_id=list_id(job, "win_back", as_of, rows),
        as_of=pd.Timestamp(as_of),
    )
    if not has_money and "monetary_value" in rows.columns:
        rows["monetary_value"] = np.nan
    ranked, reached = _rank(rows, economics, budget=budget, capacity=capacity, money=has_money)
    rows = rows.assign(rank=ranked["rank"], reason=rows["reason"].fillna(ranked["reason"]))
    chosen = rows[rows["reason"].isna()].sort_values("rank")
    expires = min(expires_days, horizon_days)
    chosen = chosen.assign(
        **suggest(chosen, playbook or load_playbook(), "win_back")[["action", "owner"]],
        channel=channel,
        offer=offer,
        cooldown_until=pd.Timestamp(as_of + timedelta(days=cooldown_days)),
        measure_until=pd.Timestamp(as_of + timedelta(days=horizon_days)),
        expires_at=pd.Timestamp(as_of + timedelta(days=expires)),
    )
    treated = conform(chosen[chosen["arm"] == TREATED], WIN_BACK)
    control = chosen[chosen["arm"] == CONTROL].assign(
        action=LEAVE_ALONE, channel=None, offer=None, owner=None, cooldown_until=None
    )
    excluded = conform(rows[rows["reason"].notna()], WIN_BACK_EXCLUDED)
    summary = summarise(
        rows,
        reached,
        economics,
        budget=budget,
        capacity=capacity,
        control_share=control_share,
        money=has_money,
    )
    return WinBack(treated, conform(control, WIN_BACK), excluded, summary)


def _worth(money: bool) -> str:
    return "expected_spend" if money else "expected_purchases"


def _rank(
    rows: pd.DataFrame, economics: Economics, *, budget: float, capacity: int, money: bool
) -> tuple[pd.DataFrame, Walk]:
    """Rank those above break-even, of both arms, and walk; give `rank` and `reason` by index."""
    eligible = rows[rows["reason"].isna()]
    if money:
        profit = eligible["expected_incremental_margin"]
        pays = profit > 0
        with np.errstate(divide="ignore"):  # a campaign that costs nothing
            per_cost = profit / np.float64(economics.commitment)
    else:
        profit = per_cost = eligible["expected_purchases"]
        pays = pd.Series(data=True, index=eligible.index)
    order = (
        eligible.assign(profit=profit, per_cost=per_cost)[pays]
        .sort_values(["per_cost", "profit", "customer_id"], ascending=[False, False, True])
        .index
    )
    treated = (rows.loc[order, "arm"] == TREATED).to_numpy()
    far = walk(np.full(len(order), economics.commitment), treated, budget=budget, capacity=capacity)
    left_out = np.where(treated, far.stopped_by or "", CONTROL_BELOW_CUT_OFF)
    chosen = far.paid | (far.reached & ~treated)
    result = pd.DataFrame({"rank": np.nan, "reason": BELOW_BREAK_EVEN}, index=eligible.index)
    result["reason"] = result["reason"].astype("str")
    result.loc[order, "rank"] = np.arange(1.0, len(order) + 1)
    result.loc[order, "reason"] = pd.Series(left_out, index=order, dtype="str").mask(chosen)
    return result, far
