"""The win-back list: which dormant customers it pays to call back, under a budget.

Arms first, money second. Every eligible customer's arm is drawn before anybody looks at money;
then some are drawn by lot, and the others, of both arms alike, are scored by what they bring less
what they take up of the limits. Down the scores whoever still fits is reached: treated customers
are contacted, controls are the comparison group. Everybody else is left out, with one reason each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from winback.data.arms import CONTROL, TREATED
from winback.lists.allocation import Allocation, Limits, allocate
from winback.lists.columns import WIN_BACK, WIN_BACK_EXCLUDED, conform, finite
from winback.lists.contact_options import options
from winback.lists.control import digests, draw_arms, in_holdout, strata
from winback.lists.eligibility import ineligible, reach, read_scores
from winback.lists.gain import gain_in_force
from winback.lists.memory import Memory
from winback.lists.origin import Origin
from winback.lists.playbook import Playbook, load_playbook, steps_due
from winback.lists.terms import EXPLORATION_SHARES, Tables, WinBackTerms, check_controls
from winback.lists.win_back_reasons import win_back_reasons
from winback.lists.win_back_summary import LIMITS, summarise

if TYPE_CHECKING:
    from winback.estimators.uplift.uplift_model import UpliftModel

LEAST_EXPLORED = EXPLORATION_SHARES[0]
"""This share of money and places goes by lot whatever has been measured, so that a wrong verdict is
found out."""


@dataclass(frozen=True)
class WinBack:
    """The three parts of a win-back list, and what to know before sending it.

    Parameters
    ----------
    treated
        Whom to contact: columns `winback.lists.columns.WIN_BACK`.
    control
        Whom to leave alone for comparison: the same columns.
    excluded
        Everybody else, with a `reason` each: columns `WIN_BACK_EXCLUDED`.
    summary
        Counts, money, what the list can measure, and `messages` that say so (see
        `winback.lists.win_back_summary`).
    """

    treated: pd.DataFrame
    control: pd.DataFrame
    excluded: pd.DataFrame
    summary: dict[str, Any]

    @property
    def customer_ids(self) -> pd.Series:
        """Everybody whom the list decides about: those it contacts, and those it leaves alone."""
        both: pd.Series = pd.concat([self.treated["customer_id"], self.control["customer_id"]])
        return both.reset_index(drop=True)


def win_back(
    scores: pd.DataFrame,
    *,
    as_of: date,
    terms: WinBackTerms,
    tables: Tables | None = None,
    memory: Memory | None = None,
    playbook: Playbook | None = None,
    uplift: UpliftModel | None = None,
    origin: Origin | None = None,
) -> WinBack:
    """Choose whom to call back, whom to leave alone for comparison, and say why about the others.

    Treated, control and excluded hold every scored customer exactly once. The budget is committed
    at the 99.9% quantile of what the list will cost (see `winback.lists.spend`), or at the worst
    case. A larger limit never lowers what the best list is expected to bring, but it may exchange
    customers: for a dearer one who is worth it, or another channel. Without amounts nobody's
    break-even is known: the list is then ranked by expected purchases, and its summary says so.

    Parameters
    ----------
    scores
        The scores of everybody, one row a customer.
    as_of
        The last day that is known.
    terms
        Money, hands, and who is left alone.
    tables
        Permissions, contacts and open cases. None: nothing is known.
    memory
        The lists of earlier dates: their customers count as contacted, unless the contacts tell
        better, and what the week's lists committed is used up. None: there are none.
    playbook
        Steps, actions, channels, offers and owners. None: the one that ships with winback.
    uplift
        What past campaigns measured. None: the prior of `terms.economics`.
    origin
        For which job; names the list and draws the arms. None: for none in particular.

    Returns
    -------
    WinBack
        Three frames and a summary.

    Raises
    ------
    UsageError
        If 30 or more would be contacted and nobody left alone.
    DataError
        If a table lacks a column, or an eligible customer's `p_repurchase`.

    Examples
    --------
    >>> from winback.economics import Economics
    >>> from winback.lists.terms import Eligibility
    >>> scores = pd.DataFrame({
    ...     "customer_id": ["a", "d", "e"], "recency": [100.0, 100.0, 100.0],
    ...     "T": [500.0, 500.0, 110.0], "p_repurchase": [0.05, 0.05, 0.6],
    ...     "expected_spend": [120.0, 4.0, 50.0], "expected_purchases": [0.1, 0.1, 2.0],
    ...     "tier": ["core", "core", "core"]})
    >>> terms = WinBackTerms(Economics(contact_cost=0.1, offer_cost=5), budget=100, capacity=50,
    ...                      control_share=0.1, exploration_loss=0,
    ...                      eligibility=Eligibility(window_days=(90, 730)))
    >>> lists = win_back(scores, as_of=date(2011, 12, 9), terms=terms)
    >>> lists.treated[["rank", "customer_id"]]
       rank customer_id
    0     1           a
    >>> lists.excluded[["customer_id", "reason"]]
      customer_id            reason
    0           d  below break-even
    1           e       not dormant
    """
    tables, memory, origin = tables or Tables(), memory or Memory(), origin or Origin()
    playbook = playbook or load_playbook()
    everybody = _everybody(scores, as_of, terms, tables, memory, playbook, origin)
    eligible, money = everybody.eligible, everybody.money
    gain = gain_in_force(_described(eligible, tables.covariates), terms.economics, uplift)
    limits = Limits(terms, memory.used(as_of, list(terms.through)))
    exploration_share = LEAST_EXPLORED if gain.measured else terms.exploration_share
    if not limits.learns(len(eligible)):
        exploration_share = 0.0
    allocation = allocate(
        eligible,
        options(
            eligible,
            reach(eligible["customer_id"], tables.customers, list(terms.through)),
            terms=terms,
            gain=gain,
            playbook=playbook,
        ),
        limits,
        money=money,
        exploration_share=exploration_share,
        # by lot anew on every day, so that it is not always the same whom one explores
        lots=digests(
            eligible["customer_id"],
            f"{origin.salt}|{origin.experiment}|exploration|{as_of.isoformat()}|",
        ),
    )
    name = origin.list_id("win_back", as_of, everybody.rows)
    rows = _decided(everybody, allocation, as_of, terms, origin).assign(list_id=name)
    chosen = _dated(rows[rows["reason"].isna()].sort_values("rank"), as_of, terms)
    why = win_back_reasons(chosen, measured=gain.measured, currency=terms.currency)
    chosen = chosen.join(why)
    control = chosen[chosen["arm"] == CONTROL].assign(
        action=playbook.leave_alone, channel=None, offer=None, owner=None, next_category=None
    )
    treated = chosen[chosen["arm"] == TREATED]
    check_controls(len(treated), len(control))
    summary = summarise(
        rows,
        allocation,
        limits,
        gain,
        exploration_share=exploration_share,
        money=money,
        remembers=everybody.remembers,
        origin=origin,
    )
    return WinBack(
        conform(treated, WIN_BACK),
        conform(control, WIN_BACK),
        conform(rows[rows["reason"].notna()], WIN_BACK_EXCLUDED),
        {"list_id": name, **summary},
    )


@dataclass(frozen=True)
class _Everybody:
    """Everybody who was scored, and who of them may be contacted.

    Parameters
    ----------
    rows, reason
        The scores; and why not, missing for whoever may be.
    eligible
        Whoever may be, with ``step``, ``arm`` and ``stratum``.
    money
        Whether the scores have amounts.
    remembers
        Whether any contact or earlier list is known.
    """

    rows: pd.DataFrame
    reason: pd.Series
    eligible: pd.DataFrame
    money: bool
    remembers: bool


def _everybody(
    scores: pd.DataFrame,
    as_of: date,
    terms: WinBackTerms,
    tables: Tables,
    memory: Memory,
    playbook: Playbook,
    origin: Origin,
) -> _Everybody:
    """Find who may be contacted, at which step of the sequence, and draw their arms."""
    contacts = memory.contacts(tables.contacts, as_of)
    rows = read_scores(
        scores, ("p_repurchase", "expected_spend", "expected_purchases", "tier"), as_of
    )
    due = steps_due(
        rows,
        playbook,
        as_of=as_of,
        contacts=contacts,
        dormant_after_days=terms.eligibility.dormant_after_days,
    )
    reason = ineligible(
        rows,
        as_of=as_of,
        rules=terms.eligibility,
        channels=list(terms.through),
        tables=tables,
        contacts=contacts,
        held_out=in_holdout(
            rows["customer_id"],
            share=terms.holdout_share,
            salt=origin.salt,
            persons=memory.persons,
        ),
        step_reason=due["reason"],
    )
    money = bool(rows["expected_spend"].notna().any())
    worth = "expected_spend" if money else "expected_purchases"
    eligible = rows[reason.isna()].join(due["step"])
    after = ("margin_after_return",) if money and terms.economics.won_back_share else ()
    finite(eligible, ("p_repurchase", worth, *after), what="the scores")
    eligible = eligible.assign(
        arm=draw_arms(
            eligible["customer_id"],
            experiment_id=origin.experiment,
            control_share=terms.control_share,
            salt=origin.salt,
        ),
        stratum=strata(eligible["p_repurchase"], eligible[worth]),
    )
    return _Everybody(rows, reason, eligible, money, remembers=contacts is not None)


def _decided(
    everybody: _Everybody,
    allocation: Allocation,
    as_of: date,
    terms: WinBackTerms,
    origin: Origin,
) -> pd.DataFrame:
    """Put beside the scores what was decided about each customer."""
    rows = everybody.rows
    if not everybody.money and "monetary_value" in rows.columns:
        rows = rows.assign(monetary_value=np.nan)
    rows = (
        rows.join(everybody.eligible[["step", "arm", "stratum"]])
        .join(allocation.rows.drop(columns="reason"))
        .assign(
            reason=everybody.reason.fillna(allocation.rows["reason"]),
            as_of=pd.Timestamp(as_of),
            limits=str(origin.limits([f"lists.win_back.{key}" for key in LIMITS])),
        )
    )
    drawn = rows["arm"].notna()
    rows["propensity"] = np.where(drawn, 1 - terms.control_share, np.nan)
    rows["experiment_id"] = pd.Series(origin.experiment, rows.index, dtype="str").where(drawn)
    return rows


def _described(eligible: pd.DataFrame, covariates: pd.DataFrame | None) -> pd.DataFrame:
    """Put the uplift model's covariates beside the scores."""
    if covariates is None:
        return eligible
    by_customer = covariates.set_index(covariates["customer_id"].astype("str"))
    names = by_customer.columns.difference(["customer_id"])
    described = by_customer[names].reindex(eligible["customer_id"]).set_axis(eligible.index)
    return described.assign(**eligible[eligible.columns.intersection(["p_alive", "p_repurchase"])])


def _dated(chosen: pd.DataFrame, as_of: date, terms: WinBackTerms) -> pd.DataFrame:
    """Say until when customers are left alone afterwards, measured, and the list is good."""
    alone_days = np.maximum(
        chosen["cooldown_days"].astype("int64"), terms.eligibility.cooldown_days
    )
    good_days = min(terms.expires_days, terms.horizon_days)
    return chosen.assign(
        cooldown_until=pd.Timestamp(as_of) + pd.to_timedelta(alone_days, unit="D"),
        measure_until=pd.Timestamp(as_of + timedelta(days=terms.horizon_days)),
        expires_at=pd.Timestamp(as_of + timedelta(days=good_days)),
    )
