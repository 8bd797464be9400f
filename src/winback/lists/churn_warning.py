"""The churn-warning list: active customers at risk, how serious, why, and what to do.

Behaviour and contributions are worked out only for those selected: `churn_warning` asks for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from winback.features.open_cases import OPEN_COMPLAINT
from winback.lists.at_risk import at_risk, within_capacity
from winback.lists.behaviours import in_one_cell
from winback.lists.columns import (
    CHURN_WARNING,
    CHURN_WARNING_EXCLUDED,
    REASON_CODES,
    REASON_MESSAGES,
    REASONS,
    conform,
)
from winback.lists.control import in_holdout
from winback.lists.eligibility import CONTACT_CAP, COOLDOWN, is_active, over_cap, read_scores
from winback.lists.for_people import reasons_as_json
from winback.lists.memory import Memory
from winback.lists.origin import Origin
from winback.lists.playbook import Playbook, load_playbook
from winback.lists.reasons import reasons
from winback.lists.selection import OVER_CAPACITY
from winback.lists.severity import severity
from winback.lists.terms import Tables
from winback.lists.warning_actions import (
    ON_WIN_BACK,
    acting_costs,
    cooldown_until,
    in_cooldown,
    never_warned,
    warning_actions,
    warning_channels,
)
from winback.lists.warning_summary import summarise_warnings
from winback.lists.warning_terms import Described, WarningTerms
from winback.messages import Message

NOT_ACTIVE = "not active"
LIMITS = ("lists.churn_warning.capacity",)


@dataclass(frozen=True)
class ChurnWarning:
    """The two parts of a churn-warning list, and what to know before anybody acts on it.

    Parameters
    ----------
    listed
        Whom to act on: columns `winback.lists.columns.CHURN_WARNING`.
    excluded
        Everybody else, with a `reason` each: columns `CHURN_WARNING_EXCLUDED`.
    summary
        Counts, value at risk, and `messages` that say so (see `winback.lists.warning_summary`).
    """

    listed: pd.DataFrame
    excluded: pd.DataFrame
    summary: dict[str, Any]


def churn_warning(
    scores: pd.DataFrame,
    *,
    as_of: date,
    terms: WarningTerms,
    describe: Described | Callable[[pd.DataFrame], Described],
    tables: Tables | None = None,
    memory: Memory | None = None,
    playbook: Playbook | None = None,
    origin: Origin | None = None,
) -> ChurnWarning:
    """Choose whom to warn about, say why and what to do; and say why about the others.

    Listed and excluded hold every scored customer exactly once.

    Parameters
    ----------
    scores
        The scores of everybody, one row a customer.
    as_of
        The last day that is known.
    terms
        How many, and from where on.
    describe
        What is known of those selected, or how to find it out: it is called with their rows.
    tables
        Permissions and contacts; of the open cases, complaints: they are answered before anything
        else is said. None: nothing is known.
    memory
        Earlier lists: their colours do not flap, and a week has one capacity; and whom the
        win-back list of the same day decides about. None: there are none.
    playbook
        What to do about whom. None: the one that ships with winback.
    origin
        For which job; names the list. None: for none in particular.

    Raises
    ------
    UsageError
        If there is no capacity, or profit decides where the source has no amounts.
    DataError
        If the scores lack a column, or an active customer's risk.

    Examples
    --------
    >>> scores = pd.DataFrame({
    ...     "customer_id": ["a", "b"], "recency": [10.0, 90.0], "T": [100.0, 100.0],
    ...     "p_churn": [0.9, 0.2], "overdue_ratio": [9.0, 0.3], "clv": [50.0, 99.0],
    ...     "tier": ["core", "core"], "margin_lost": [60.0, 99.0], "purchases_lost": [1.0, 2.0],
    ...     "p_keepable": 0.5, "kept_share": 0.5,
    ...     "lifecycle_stage": ["at_risk", "active"]})
    >>> habits = pd.DataFrame({"customer_id": ["a"], "frequency": 4.0, "recency": 92.0,
    ...                        "gap_last": 12.0, "typical_gap_days": 27.0,
    ...                        "days_since_last": 90.0})
    >>> lists = churn_warning(scores, as_of=date(2011, 12, 9), terms=WarningTerms(capacity=9),
    ...                       describe=Described(habits))
    >>> lists.listed[["customer_id", "severity", "reason_1"]].values.tolist()
    [['a', 'red', 'usually buys every 27 days, silent for 90']]
    >>> lists.excluded[["customer_id", "reason"]].values.tolist()
    [['b', 'not at risk']]
    """
    tables, memory, origin = tables or Tables(), memory or Memory(), origin or Origin()
    previous = memory.previous_warnings(as_of)
    rows, never = _candidates(
        scores,
        as_of=as_of,
        terms=terms,
        tables=tables,
        memory=memory,
        playbook=playbook or load_playbook(),
        salt=origin.salt,
    )
    resting = in_cooldown(rows, tables.contacts, as_of)
    never[rows.loc[resting, "customer_id"]] = COOLDOWN
    pressed = over_cap(
        rows,
        memory.contacts(tables.contacts, as_of),
        as_of,
        cap=terms.contact_cap,
        within_days=terms.contact_cap_days,
    )
    never[rows.loc[pressed & ~resting, "customer_id"]] = CONTACT_CAP
    free = rows[~resting & ~pressed].reset_index(drop=True)
    selected = within_capacity(
        free, terms.capacity, listed_this_week=memory.warnings_this_week(as_of)
    )
    # a colour that a capacity by colour leaves out is no default: it gets none
    unchosen = origin.unchosen(LIMITS)
    listed = written(
        selected,
        describe(selected) if callable(describe) else describe,
        as_of=as_of,
        terms=terms,
        previous=previous,
        origin=origin,
    )
    excluded = left_out(scores, rows, listed, as_of=as_of, terms=terms, never=never, origin=origin)
    summary = summarise_warnings(
        free,
        listed,
        capacity=terms.capacity,
        threshold=terms.warn_from.summary(),
        left_out={str(reason): int(n) for reason, n in never.value_counts().sort_index().items()},
        defaults=unchosen,
        currency=terms.currency,
        level_spread=terms.level_spread,
    )
    summary["messages"] += _costs(listed, terms)
    return ChurnWarning(listed, excluded, summary)


def _candidates(
    scores: pd.DataFrame,
    *,
    as_of: date,
    terms: WarningTerms,
    tables: Tables,
    memory: Memory,
    playbook: Playbook,
    salt: str,
) -> tuple[pd.DataFrame, pd.Series]:
    """Find everybody at risk whom one may contact, with what to do; and why not the others."""
    ids = scores["customer_id"].astype("str")
    channels = warning_channels(playbook, terms.channels)
    never = never_warned(
        scores,
        as_of=as_of,
        channels=channels,
        customers=tables.customers,
        held_out=in_holdout(ids, share=terms.holdout_share, salt=salt, persons=memory.persons),
        on_win_back=memory.called_back,
    )
    silent = scores.assign(days_since_last=scores["T"] - scores["recency"])
    # that the dormant belong to the other list needs no saying
    never = never.mask((never == ON_WIN_BACK) & ~is_active(silent, terms.active_within_days))
    asked, previous = scores[never.isna()], memory.previous_warnings(as_of)
    doing: dict[str, Any] = {
        "playbook": playbook,
        "channels": channels,
        "customers": tables.customers,
        "complaints": _complaints(tables),
    }
    # whoever is not active is at no risk, and what acting on them would cost is not asked
    asked = asked[is_active(silent.loc[asked.index], terms.active_within_days)]
    if len(asked):
        rule = terms.warn_from
        colours = severity(
            # as on the list, where nobody is red by a score that may order nobody
            asked if rule.unfit is None else asked.assign(p_churn=rule.thresholds.risk[0]),
            as_of=as_of,
            thresholds=rule.thresholds,
            warn=pd.Series(data=True, index=asked.index),
            previous=previous,
        )["severity"]
        costs = acting_costs(asked, colours, warn_from=terms.warn_from, **doing)
        asked = asked.assign(**costs)
    rows = at_risk(
        asked,
        as_of=as_of,
        active_within_days=terms.active_within_days,
        warn_from=terms.warn_from,
        previous=previous,
    )
    return rows.join(warning_actions(rows, **doing)), never.set_axis(ids)


def _costs(listed: pd.DataFrame, terms: WarningTerms) -> list[Message]:
    """Say which costs nobody has chosen: the playbook's hold."""
    if listed.empty or not terms.warn_from.by_playbook:
        return []
    used = listed.groupby("channel")["contact_cost"].first()
    by_channel = [
        Message("warnings.cost", channel=str(channel), cost=float(cost))
        for channel, cost in used.items()
    ]
    offer = float(listed["offer_cost"].max())
    return [Message("warnings.costs", channels=by_channel, offer=offer)]


def _complaints(tables: Tables) -> set[str]:
    """Name those with a complaint open."""
    cases = tables.open_cases
    if cases is None:
        return set()
    return set(cases.loc[cases["reason"] == OPEN_COMPLAINT, "customer_id"].astype("str"))


def left_out(
    scores: pd.DataFrame,
    risky: pd.DataFrame,
    listed: pd.DataFrame,
    *,
    as_of: date,
    terms: WarningTerms,
    never: pd.Series | None = None,
    origin: Origin | None = None,
) -> pd.DataFrame:
    """Give everybody who is not on the list the one reason why.

    Parameters
    ----------
    scores
        The scores of everybody.
    risky
        From `winback.lists.at_risk.at_risk`.
    listed
        The list.
    as_of
        The last day that was known.
    terms
        Who is active, and from where on one is warned about.
    never
        Customer to the reason why they are not warned about whatever the risk.
    origin
        As for `churn_warning`.

    Returns
    -------
    pandas.DataFrame
        Columns `CHURN_WARNING_EXCLUDED`, in the order of the customers; severity and value at
        risk of those in `risky`.

    Examples
    --------
    >>> scores = pd.DataFrame({"customer_id": ["a", "b"], "recency": 0.0, "T": [400.0, 9.0],
    ...                        "p_churn": [0.9, 0.1], "tier": "core", "overdue_ratio": 0.5})
    >>> nobody = pd.DataFrame({"customer_id": [], "severity": [], "value_at_risk": []})
    >>> left_out(scores, nobody, nobody, as_of=date(2011, 12, 9),
    ...          terms=WarningTerms(capacity=9))["reason"].tolist()
    ['not active', 'not at risk']
    """
    rows = read_scores(scores, ("p_churn", "overdue_ratio", "tier"), as_of)
    reason = terms.warn_from.refusals(rows)
    reason = reason.mask(~is_active(rows, terms.active_within_days), NOT_ACTIVE)
    reason = reason.mask(rows["customer_id"].isin(risky["customer_id"]), OVER_CAPACITY)
    if never is not None:
        why = never.reindex(rows["customer_id"]).set_axis(rows.index)
        reason = reason.mask(why.notna(), why)
    at_stake = risky.set_index("customer_id").reindex(rows["customer_id"])
    rows = rows.assign(
        list_id=(origin or Origin()).list_id("churn_warning", as_of, rows),
        as_of=pd.Timestamp(as_of),
        reason=reason,
        severity=at_stake["severity"].to_numpy(),
        value_at_risk=at_stake["value_at_risk"].to_numpy(),
    )
    return conform(rows[~rows["customer_id"].isin(listed["customer_id"])], CHURN_WARNING_EXCLUDED)


def written(
    selected: pd.DataFrame,
    described: Described,
    *,
    as_of: date,
    terms: WarningTerms,
    previous: pd.DataFrame | None = None,
    origin: Origin | None = None,
) -> pd.DataFrame:
    """Write the list: reasons, suggested action, owner and expiry for each customer selected.

    Parameters
    ----------
    selected
        From `winback.lists.at_risk.within_capacity`, with the columns of
        `winback.lists.warning_actions.warning_actions`.
    described
        What is known of them.
    as_of
        The last day that was known.
    terms
        How long the list is good, and the currency.
    previous
        The newest list of an earlier date: who repeats from it without a rise in severity keeps
        its `cooldown_until`.
    origin
        As for `churn_warning`.

    Returns
    -------
    pandas.DataFrame
        Exactly the columns `CHURN_WARNING`, also with zero rows.
    """
    origin = origin or Origin()
    money = bool(selected["clv"].notna().any())
    ids = selected["customer_id"]
    behaviour = described.behaviour
    facts = behaviour.set_index(behaviour["customer_id"].astype("str")).reindex(ids)
    facts["customer_id"] = facts.index
    why = reasons(facts, described.contributions, money=money, currency=terms.currency)
    ends = selected.reindex(columns=["clv_low", "clv_high"]).astype("float64")
    clv = selected["clv"].astype("float64").where(lambda value: value > 0, 1.0)
    last = pd.Series(dtype="str")
    if described.last is not None and len(described.last):
        last = in_one_cell(described.last, money=money, currency=terms.currency)
    good_days = min(terms.expires_days, described.horizon_days)
    rows = selected.assign(
        list_id=origin.list_id("churn_warning", as_of, selected),
        as_of=pd.Timestamp(as_of),
        value_at_risk_low=selected["value_at_risk"] * ends["clv_low"] / clv,
        value_at_risk_high=selected["value_at_risk"] * ends["clv_high"] / clv,
        typical_gap_days=facts["typical_gap_days"].to_numpy(),
        last_behaviours=last.reindex(ids).to_numpy(),
        horizon_days=described.horizon_days,
        cooldown_until=cooldown_until(selected, as_of=as_of, previous=previous),
        expires_at=pd.Timestamp(as_of + timedelta(days=good_days)),
        limits=str(origin.limits(LIMITS)),
        **{name: why[name].to_numpy() for name in (*REASONS, *REASON_CODES)},
        **dict.fromkeys(REASON_MESSAGES, reasons_as_json(why[list(REASONS)].to_numpy())),
    )
    if not money:
        rows = rows.assign(monetary_value=np.nan)
    return conform(rows, CHURN_WARNING)
