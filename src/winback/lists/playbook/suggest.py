"""Look up what to do about each customer on a list, and which step of the sequence is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.data.arms import CONTROL, arms_of
from winback.errors import DataError, UsageError
from winback.lists.family_reasons import only_at_discount
from winback.lists.playbook.playbook_rules import (
    BUYS,
    CHURN_WARNING,
    NEXT,
    WIN_BACK,
    Playbook,
    PlaybookRule,
    first,
    fitting,
    in_words,
)
from winback.lists.playbook.templates import fill

WAITING = "next step not due"
FINISHED = "sequence finished"


def suggest(
    rows: pd.DataFrame,
    playbook: Playbook,
    list_name: str,
    reach: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Look up action, channel, offer, owner and cooldown for each customer.

    A rule fits only customers whom its channel reaches, so that nobody is to be called by e-mail:
    the next rule that fits answers instead. Where the channel of no rule that fits reaches them,
    the last of these answers, as the most general, through the first channel that does.

    Parameters
    ----------
    rows
        `tier, lifecycle_stage` and `severity` (churn warnings) or `step` (win-backs; missing or
        not there: the first step), and the columns that templates speak of: `T`,
        `days_since_last`, `frequency`; `discount_share`, where rules ask what customers buy at;
        `next_category`, where they ask or speak of what is likely to be bought next.
    playbook
        The rules.
    list_name
        `churn_warning` or `win_back`.
    reach
        A boolean column a channel, in order of preference, aligned with `rows` (see
        `winback.lists.eligibility.reach`); a channel without a column reaches nobody. None: every
        channel reaches everybody.

    Returns
    -------
    pandas.DataFrame
        `action, channel, offer, owner, cooldown_days`, aligned with `rows`; for win-backs also
        `step`, and `without_offer`: the action where the offer does not pay. The channel is missing
        where nothing reaches the customer.

    Raises
    ------
    UsageError
        If a row holds a name that the playbook was not checked against, and no rule fits it.

    Examples
    --------
    >>> from winback.lists.playbook import load_playbook
    >>> playbook = load_playbook(tiers=["strategic", "long-tail"])
    >>> rows = pd.DataFrame({"severity": ["red", "yellow"], "tier": ["strategic", "long-tail"],
    ...                      "lifecycle_stage": "cooling"})
    >>> suggest(rows, playbook, "churn_warning")["owner"].tolist()
    ['account manager', 'retention']

    The account manager calls; who cannot be called gets the next rule:

    >>> reached = pd.DataFrame({"email": [True, True], "phone": [False, True]})
    >>> suggest(rows, playbook, "churn_warning", reached)[["action", "channel"]].loc[0].tolist()
    ['personal message with an offer', 'email']
    """
    keys, rules = playbook.answers[list_name], playbook.rules[list_name]
    asked = _asked(rows, list(keys))
    if list_name == WIN_BACK:
        asked["step"] = asked["step"].astype("str").fillna(playbook.steps[0].step)
    fits = fitting(asked, rules)
    place = first(fits)
    if (place < 0).any():
        raise UsageError(
            "the playbook has no action for a customer",
            where=f"{playbook.name}, {list_name}",
            got=in_words(asked[place < 0].iloc[0]),
            hint="end its rules with one that names no tier, stage, severity or step",
        )
    channel = None
    if reach is not None:
        place, channel = _within_reach(fits, rules, reach)
    said = {
        what: [getattr(rule, what) for rule in rules]
        for what in ("action", "channel", "offer", "owner")
    }
    filled = ["action", "offer"]
    if list_name == WIN_BACK:
        said["without_offer"] = [rule.without_offer or rule.action for rule in rules]
        filled.append("without_offer")
    words = {what: pd.Series(texts, dtype="str").to_numpy()[place] for what, texts in said.items()}
    result = pd.DataFrame(words, index=rows.index).astype("str")
    if channel is not None:
        result["channel"] = channel
    result["cooldown_days"] = np.array([rule.cooldown_days for rule in rules])[place]
    for what in filled:
        for template in result[what].unique():  # a handful of rules, not customers
            if "{" in template or "}" in template:
                of_it = result[what] == template
                result.loc[of_it, what] = fill(template, rows[of_it])
    return result.assign(step=asked["step"]) if list_name == WIN_BACK else result


def _asked(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return what rules ask of each customer."""
    asked = rows.reindex(columns=keys)
    if "buys" in keys:
        habits = rows.reindex(columns=["discount_share", "frequency"]).astype("float64")
        only = only_at_discount(habits["discount_share"], habits["frequency"])
        asked["buys"] = np.where(only, *BUYS)
    if "next_category" in keys:
        asked["next_category"] = np.where(asked["next_category"].notna(), *NEXT)
    return asked


def _within_reach(
    fits: npt.NDArray[np.bool_], rules: Sequence[PlaybookRule], reach: pd.DataFrame
) -> tuple[npt.NDArray[np.int64], pd.Series]:
    """Find the rule and the channel of each customer whom some rule fits."""
    able = reach.to_numpy(dtype=bool)
    names = pd.Series(reach.columns, dtype="str")
    column = {name.lower(): place for place, name in enumerate(names)}
    channels = np.array([column.get(rule.channel.lower(), -1) for rule in rules])
    # a column for the channels that reach nobody; -1 finds it
    through = np.hstack([able, np.zeros((len(reach), 1), dtype=bool)])[:, channels].T
    place = first(fits & through)
    within_reach = place >= 0
    last = len(rules) - 1 - np.argmax(fits[::-1], axis=0)
    place = np.where(within_reach, place, last)
    used = np.where(within_reach, channels[place], able.argmax(axis=1) if able.shape[1] else 0)
    channel = names.reindex(used).set_axis(reach.index)
    return place, channel.where(within_reach | able.any(axis=1))


def steps_due(
    rows: pd.DataFrame,
    playbook: Playbook,
    *,
    as_of: date,
    contacts: pd.DataFrame | None = None,
    dormant_after_days: int = 0,
) -> pd.DataFrame:
    """Say which step of the win-back sequence each customer is due for.

    One contact is one step: with n win-back contacts since the last purchase, the next step is
    the (n + 1)-th. It is due `after_days` after the last of them, and not before `silent_days`
    of silence. A purchase begins the sequence anew.

    Whatever list it came from, a contact counts as a win-back contact if the customer had already
    been dormant for it: winback need not have made the list. Contacts of winback's own win-back
    lists always count, those of its churn-warning lists never.

    Parameters
    ----------
    rows
        `customer_id, days_since_last`.
    playbook
        Its `steps`.
    as_of
        The last day that is known: later contacts are not looked at.
    contacts
        `customer_id, timestamp` of earlier contacts. Rows whose `arm` is `control` were not sent.
        A `list_id` tells those of winback's own lists (`win_back-…`, `churn_warning-…`).
    dormant_after_days
        A customer was dormant after more than so many days of silence. Give
        `churn.active_within_days` or, where nobody counts as dormant, a day less than the horizon.
        0: every contact since the last purchase counts.

    Returns
    -------
    pandas.DataFrame
        Aligned with `rows`: `step` (the next one; missing after the last), `step_contacts` (how
        many there were since the last purchase), `step_due_at` (its day; missing after the last),
        `reason` (missing where the step is due, else `WAITING` or `FINISHED`).

    Examples
    --------
    >>> from winback.lists.playbook import load_playbook
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "days_since_last": [400.0, 400.0]})
    >>> sent = pd.DataFrame({"customer_id": ["b"], "timestamp": [pd.Timestamp("2011-11-30")]})
    >>> due = steps_due(rows, load_playbook(), as_of=date(2011, 12, 9), contacts=sent)
    >>> due[["step", "step_due_at", "reason"]]
           step step_due_at             reason
    0   trigger  2010-11-04                NaN
    1  diagnose  2011-12-30  next step not due
    """
    today = pd.Timestamp(as_of)
    silent = rows["days_since_last"].astype("float64")
    bought = today - pd.to_timedelta(silent, unit="D").dt.round("D")
    ids = rows["customer_id"].astype("str")
    count, last = _contacts_since(ids, bought, contacts, today, dormant_after_days)
    steps = playbook.steps
    finished = (count >= len(steps)).to_numpy()
    place = np.minimum(count.to_numpy(), len(steps) - 1)

    def days(of: str) -> pd.Series:
        values = np.array([getattr(step, of) for step in steps])[place]
        return pd.to_timedelta(pd.Series(values, index=rows.index), unit="D")

    after_contact = (last + days("after_days")).fillna(bought)
    due_at = after_contact.where(
        after_contact > bought + days("silent_days"), bought + days("silent_days")
    )
    step = pd.Series(np.array([step.step for step in steps])[place], index=rows.index, dtype="str")
    reason = pd.Series(np.nan, index=rows.index).astype("str").mask(due_at > today, WAITING)
    return pd.DataFrame(
        {
            "step": step.mask(finished),
            "step_contacts": count,
            "step_due_at": due_at.mask(finished).astype("datetime64[us]"),
            "reason": reason.mask(finished, FINISHED),
        }
    )


def _contacts_since(
    ids: pd.Series,
    bought: pd.Series,
    contacts: pd.DataFrame | None,
    today: pd.Timestamp,
    dormant_after_days: int,
) -> tuple[pd.Series, pd.Series]:
    """Count each customer's win-back contacts since their last purchase, and find the last one."""
    if contacts is None or contacts.empty:
        return (
            pd.Series(0, index=ids.index),
            pd.Series(pd.NaT, index=ids.index, dtype="datetime64[us]"),
        )
    missing = [name for name in ("customer_id", "timestamp") if name not in contacts.columns]
    if missing:
        raise DataError("the contacts lack a column", got=", ".join(missing))
    day = pd.to_datetime(contacts["timestamp"]).dt.normalize()
    sent = day <= today
    if "arm" in contacts.columns:
        sent &= arms_of(contacts["arm"], "contacts, arm") != CONTROL
    who = contacts["customer_id"].astype("str")
    since = bought.astype("datetime64[us]").set_axis(ids).reindex(who).set_axis(contacts.index)
    silent = (day - since).dt.days
    counts = silent > dormant_after_days
    if "list_id" in contacts.columns:
        of = contacts["list_id"].astype("str").fillna("")
        counts |= of.str.startswith(f"{WIN_BACK}-")
        counts &= ~of.str.startswith(f"{CHURN_WARNING}-")
    counts = (counts & (silent > 0) & sent).astype(bool)
    grouped = day[counts].astype("datetime64[us]").groupby(who[counts])
    return (
        grouped.size().reindex(ids).fillna(0).astype("int64").set_axis(ids.index),
        grouped.max().reindex(ids).set_axis(ids.index),
    )
