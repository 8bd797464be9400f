"""What to do about a customer at risk: through which channel, by whom, and not again too soon."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

import pandas as pd

from winback.lists.eligibility import COOLDOWN, ineligible, reach
from winback.lists.playbook import CHURN_WARNING, NO_OFFER, Playbook, load_playbook, suggest
from winback.lists.severity import LEVELS
from winback.lists.terms import ANYBODY, Tables
from winback.lists.warn_from import WarnFrom

ON_WIN_BACK = "on the win-back list"


def warning_channels(playbook: Playbook, first: Sequence[str] = ()) -> list[str]:
    """Name the channels of warnings: those given, then those of the playbook, each once.

    Examples
    --------
    >>> warning_channels(load_playbook(), first=["sms", "email"])
    ['sms', 'email', 'phone']
    """
    named = [*first, *(rule.channel for rule in playbook.rules[CHURN_WARNING])]
    return list({name.lower(): name for name in named}.values())


def never_warned(
    rows: pd.DataFrame,
    *,
    as_of: date,
    channels: Sequence[str],
    customers: pd.DataFrame | None = None,
    held_out: pd.Series | None = None,
    on_win_back: Collection[str] = (),
) -> pd.Series:
    """Give each customer the reason why nobody may warn about them; missing: somebody may.

    A warning asks somebody to write or call, so that the permissions of the win-back list hold
    (see `winback.lists.eligibility`); who is on that list, to be called back or to be compared
    with, is left to it.

    Parameters
    ----------
    rows
        `customer_id, recency, T`.
    as_of
        The last day that is known.
    channels
        See `warning_channels`.
    customers
        Permissions and channels, where they are known.
    held_out
        Who is in the global holdout, aligned.
    on_win_back
        Customers on the win-back list of the same day.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "b", "c"], "recency": 1.0, "T": 9.0})
    >>> customers = pd.DataFrame({"customer_id": ["a"], "contactable_channels": ["email"]})
    >>> never_warned(rows, as_of=date(2011, 12, 9), channels=["email"], on_win_back=["a"],
    ...              customers=customers).tolist()
    ['on the win-back list', 'not contactable', 'not contactable']
    """
    rows = rows.assign(
        customer_id=rows["customer_id"].astype("str"), days_since_last=rows["T"] - rows["recency"]
    )
    reason = ineligible(
        rows,
        as_of=as_of,
        rules=ANYBODY,  # how long they have been silent is not the question here
        channels=channels,
        tables=Tables(customers=customers),
        held_out=held_out,
    )
    return reason.mask(reason.isna() & rows["customer_id"].isin(on_win_back), ON_WIN_BACK)


def warning_actions(
    rows: pd.DataFrame,
    *,
    playbook: Playbook | None = None,
    channels: Sequence[str] | None = None,
    customers: pd.DataFrame | None = None,
    complaints: Collection[str] = (),
) -> pd.DataFrame:
    """Look up what to do about each customer, through a channel that reaches them.

    Parameters
    ----------
    rows
        From `winback.lists.at_risk.at_risk`.
    playbook
        What to do about whom. None: the one that ships with winback.
    channels
        See `warning_channels`. None: those of the playbook.
    customers
        `contactable_channels`, where they are known.
    complaints
        Customers with an open complaint: it is answered before anything else is said.

    Returns
    -------
    pandas.DataFrame
        `action, channel, offer, owner, cooldown_days`, aligned with `rows`.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "severity": "yellow", "tier": "core",
    ...                      "lifecycle_stage": "cooling"})
    >>> warning_actions(rows, complaints={"b"})["owner"].tolist()
    ['retention', 'customer service']
    """
    playbook = playbook or load_playbook()
    ids = rows["customer_id"].astype("str")
    reached = reach(ids, customers, channels or warning_channels(playbook))
    doing = suggest(rows, playbook, CHURN_WARNING, reached)
    complains = ids.isin(complaints)
    for what, text in playbook.answer_first.items():
        doing[what] = doing[what].mask(complains, text)
    return doing


def acting_costs(
    scores: pd.DataFrame,
    colours: pd.Series,
    *,
    warn_from: WarnFrom,
    playbook: Playbook,
    channels: Sequence[str],
    customers: pd.DataFrame | None = None,
    complaints: Collection[str] = (),
) -> pd.DataFrame:
    """Say what acting on a warning of these colours would cost: contact and offer, by the action.

    An offer costs only where the playbook makes one. What nobody has chosen
    (`warn_from.by_playbook`) is the playbook's default by channel. The other parameters are those
    of `warning_actions`.

    Returns
    -------
    pandas.DataFrame
        `contact_cost, offer_cost`, aligned with `scores`.

    Examples
    --------
    >>> scores = pd.DataFrame({"customer_id": ["a", "b"], "tier": "core", "overdue_ratio": 2.0,
    ...     "lifecycle_stage": "cooling", "p_churn": 0.9, "margin_lost": 9.0, "recency": 1.0,
    ...     "T": 50.0})
    >>> acting_costs(scores, pd.Series(["red", "yellow"]), playbook=load_playbook(),
    ...     warn_from=WarnFrom(by_playbook=("contact_cost", "offer_cost")), channels=["email"])
       contact_cost  offer_cost
    0           0.1         2.0
    1           0.1         0.0
    """
    rows = scores.assign(
        severity=colours,
        days_since_last=scores["T"] - scores["recency"],
        value_at_risk=scores["p_churn"] * scores["margin_lost"],
    )
    doing = warning_actions(
        rows, playbook=playbook, channels=channels, customers=customers, complaints=complaints
    )
    money, costs, unchosen = warn_from.economics, playbook.costs, warn_from.by_playbook
    contact = (
        doing["channel"].map(costs.of_contact, na_action="ignore").astype("float64").fillna(0.0)
        if "contact_cost" in unchosen
        else money.contact_cost
    )
    offer = costs.offer if "offer_cost" in unchosen else money.offer_cost
    return pd.DataFrame(
        {"contact_cost": contact, "offer_cost": offer * (doing["offer"] != NO_OFFER)},
        index=scores.index,
    )


def in_cooldown(rows: pd.DataFrame, contacts: pd.DataFrame | None, as_of: date) -> pd.Series:
    """Tell who had a contact within the `cooldown_days` of the rule that answers them.

    Parameters
    ----------
    rows
        `customer_id, days_since_last, cooldown_days`.
    contacts
        `customer_id, timestamp` of earlier contacts, whoever made them. Rows whose `arm` is
        `control` were not sent. None: nothing is known.
    as_of
        The last day that is known.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "days_since_last": 5.0,
    ...                      "cooldown_days": [7, 14]})
    >>> sent = pd.DataFrame({"customer_id": ["a", "b"], "timestamp": pd.Timestamp("2011-11-30")})
    >>> in_cooldown(rows, sent, date(2011, 12, 9)).tolist()
    [False, True]
    """
    resting = pd.Series(data=False, index=rows.index)
    if contacts is None:
        return resting
    for days, answered in rows.groupby("cooldown_days"):  # a handful of rules, not customers
        reason = ineligible(
            answered,
            as_of=as_of,
            rules=replace(ANYBODY, cooldown_days=int(str(days))),
            channels=[],
            contacts=contacts,
        )
        resting[answered.index] = reason == COOLDOWN
    return resting


def cooldown_until(
    rows: pd.DataFrame, *, as_of: date, previous: pd.DataFrame | None = None
) -> pd.Series:
    """Say until when to leave each customer alone once the action is done.

    Who repeats from the earlier list, no more severely than there, keeps the day that stood there
    until it has come: a customer who is listed week by week is not put off week by week.

    Parameters
    ----------
    rows
        `customer_id, severity, cooldown_days`.
    as_of
        The last day that is known.
    previous
        The newest list of an earlier date, with its `severity` and `cooldown_until`.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "severity": "orange", "cooldown_days": 14})
    >>> before = pd.DataFrame({"customer_id": ["a", "b"], "severity": ["orange", "yellow"],
    ...                        "cooldown_until": pd.Timestamp("2011-12-16")})
    >>> cooldown_until(rows, as_of=date(2011, 12, 9), previous=before).dt.day.tolist()
    [16, 23]
    """
    today = pd.Timestamp(as_of)
    fresh = today + pd.to_timedelta(rows["cooldown_days"].astype("int64"), unit="D")
    if previous is None or previous.empty or "cooldown_until" not in previous.columns:
        return fresh
    earlier = previous.set_index(previous["customer_id"].astype("str"))
    before = earlier.reindex(rows["customer_id"].astype("str")).set_axis(rows.index)
    level = {colour: place for place, colour in enumerate(LEVELS)}
    risen = rows["severity"].map(level) > before["severity"].map(level)
    until = pd.to_datetime(before["cooldown_until"])
    return fresh.mask((until > today) & ~risen, until)
