"""Look up what to do about each customer on a list, and which step of the sequence is due."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from winback.errors import DataError, UsageError
from winback.lists.playbook.rules import KEYS, WIN_BACK, Playbook, first_fit, in_words
from winback.lists.playbook.templates import fill

WAITING = "next step not due"
FINISHED = "sequence finished"


def suggest(rows: pd.DataFrame, playbook: Playbook, list_name: str) -> pd.DataFrame:
    """Look up action, channel, offer, owner and cooldown for each customer.

    Parameters
    ----------
    rows
        `tier, lifecycle_stage` and `severity` (churn warnings) or `step` (win-backs; missing or
        not there: the first step), and the columns that templates speak of: `T`,
        `days_since_last`, `frequency`.
    playbook
        The rules.
    list_name
        `churn_warning` or `win_back`.

    Returns
    -------
    pandas.DataFrame
        `action, channel, offer, owner, cooldown_days`, aligned with `rows`; for win-backs also
        `step`.

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
    """
    keys, rules = KEYS[list_name], playbook.rules[list_name]
    asked = rows.reindex(columns=list(keys))
    if list_name == WIN_BACK:
        asked["step"] = asked["step"].astype("str").fillna(playbook.steps[0].step)
    place = first_fit(asked, rules)
    if (place < 0).any():
        raise UsageError(
            "the playbook has no action for a customer",
            where=f"{playbook.name}, {list_name}",
            got=in_words(asked[place < 0].iloc[0]),
            hint="end its rules with one that names no tier, stage, severity or step",
        )
    words = {
        what: pd.Series([getattr(rule, what) for rule in rules], dtype="str").to_numpy()[place]
        for what in ("action", "channel", "offer", "owner")
    }
    result = pd.DataFrame(words, index=rows.index).astype("str")
    result["cooldown_days"] = np.array([rule.cooldown_days for rule in rules])[place]
    for what in ("action", "offer"):
        for template in result[what].unique():  # a handful of rules, not customers
            if "{" in template or "}" in template:
                of_it = result[what] == template
                result.loc[of_it, what] = fill(template, rows[of_it])
    return result.assign(step=asked["step"]) if list_name == WIN_BACK else result


def steps_due(
    rows: pd.DataFrame,
    playbook: Playbook,
    *,
    as_of: date,
    contacts: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Say which step of the win-back sequence each customer is due for.

    One contact is one step: with n win-back contacts since the last purchase, the next step is
    the (n + 1)-th. It is due `after_days` after the last of them, and not before `silent_days`
    of silence. A purchase begins the sequence anew.

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
        Where there is a `list_id`, only contacts from a win-back list count (`win_back-…`).

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
    count, last = _contacts_since(rows["customer_id"].astype("str"), bought, contacts, today)
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
    ids: pd.Series, bought: pd.Series, contacts: pd.DataFrame | None, today: pd.Timestamp
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
        sent &= (contacts["arm"] != "control").fillna(value=True)
    if "list_id" in contacts.columns:
        sent &= contacts["list_id"].astype("str").str.startswith(f"{WIN_BACK}-").fillna(value=False)
    who = contacts["customer_id"].astype("str")
    since = bought.astype("datetime64[us]").set_axis(ids).reindex(who)
    counts = (sent & (day.to_numpy() > since.to_numpy())).astype(bool)
    grouped = day[counts].astype("datetime64[us]").groupby(who[counts])
    return (
        grouped.size().reindex(ids).fillna(0).astype("int64").set_axis(ids.index),
        grouped.max().reindex(ids).set_axis(ids.index),
    )
