"""Who may be on a list at all, and through which channel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from winback.data.arms import CONTROL, arms_of
from winback.errors import DataError, Sentence
from winback.lists.columns import require
from winback.lists.terms import Eligibility, Tables

NOT_DORMANT = "not dormant"
OUTSIDE_WINDOW = "outside the window"
OPTED_OUT = "opted out"
NOT_CONTACTABLE = "not contactable"
HELD_OUT = "global holdout"
COOLDOWN = "in cooldown"
CONTACT_CAP = "contact cap"


def read_scores(scores: pd.DataFrame, columns: tuple[str, ...], as_of: date) -> pd.DataFrame:
    """Check the scores, put them in the order of the customers and add `days_since_last`.

    The order of the rows given thus never matters.

    Raises
    ------
    DataError
        If a column is missing, a customer stands twice, or the scores are of another date.
    """
    require(scores, ("recency", "T", *columns), what="the scores")
    if "as_of" in scores.columns and len(scores):
        dates = pd.to_datetime(scores["as_of"])
        if not (dates.dt.date == as_of).all():
            raise DataError(
                "the scores are of another date",
                where="as_of",
                got=Sentence(
                    "{first} to {last}", first=dates.min().date(), last=dates.max().date()
                ),
                allowed=as_of.isoformat(),
            )
    rows = scores.assign(
        customer_id=scores["customer_id"].astype("str"),
        days_since_last=scores["T"] - scores["recency"],
    )
    return rows.sort_values("customer_id", ignore_index=True)


def is_active(rows: pd.DataFrame, active_within_days: int | None) -> pd.Series:
    """Tell who bought within so many days; with None, everybody is active."""
    if active_within_days is None:
        return pd.Series(data=True, index=rows.index)
    return rows["days_since_last"] <= active_within_days


def ineligible(
    rows: pd.DataFrame,
    *,
    as_of: date,
    rules: Eligibility,
    channels: Sequence[str],
    tables: Tables | None = None,
    contacts: pd.DataFrame | None = None,
    held_out: pd.Series | None = None,
    step_reason: pd.Series | None = None,
) -> pd.Series:
    """Give each customer the first reason why they may not be called back; missing: they may.

    A reason is a code: the catalogues of words have an entry ``left_out.REASON`` for each.

    Parameters
    ----------
    rows
        `customer_id, days_since_last`.
    as_of
        The last day that is known: later contacts are not looked at.
    rules
        Silence, cooldown and cap.
    channels
        Through which one can write; one of them must reach the customer (see `reach`).
    tables
        Permissions and open cases. None: nothing is known.
    contacts
        `customer_id, timestamp` of earlier contacts, those that winback's own lists asked for
        included (see `winback.lists.memory`). Rows whose `arm` is `control` were not sent. Where a
        contact has a `cooldown_until`, nobody is written to before that day either.
    held_out
        Who is in the global holdout (see `winback.lists.control.in_holdout`), aligned with `rows`.
    step_reason
        Why no step of the sequence is due (see `winback.lists.playbook.steps_due`), aligned with
        `rows`; missing: one is.

    Returns
    -------
    pandas.Series
        Aligned with `rows`.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "b", "c"], "days_since_last": [9.0, 400, 900]})
    >>> ineligible(rows, as_of=date(2011, 12, 9), rules=Eligibility(), channels=["email"]).tolist()
    ['not dormant', nan, 'outside the window']
    """
    tables = tables or Tables()
    shortest, longest = rules.window_days
    silent = rows["days_since_last"]
    tests: list[tuple[str, pd.Series]] = []
    if rules.active_within_days is not None:
        tests.append((NOT_DORMANT, is_active(rows, rules.active_within_days)))
    tests.append((OUTSIDE_WINDOW, (silent < shortest) | (silent > longest)))
    ids = rows["customer_id"]
    if tables.customers is not None:
        tests.append((OPTED_OUT, _opted_out(ids, tables.customers)))
        reached = reach(ids, tables.customers, channels)
        tests.append((NOT_CONTACTABLE, ~reached.any(axis=1)))
    if held_out is not None:
        tests.append((HELD_OUT, held_out))
    open_cases = tables.open_cases
    if open_cases is not None and len(open_cases):
        case = ids.map(open_cases.set_index(open_cases["customer_id"].astype("str"))["reason"])
        tests += [(name, case == name) for name in sorted(open_cases["reason"].unique())]
    if contacts is not None:
        since, recent = _contacted(ids, contacts, as_of, rules.contact_cap_days)
        waits = (since < rules.cooldown_days) | _cooling(ids, contacts, as_of)
        tests.append((COOLDOWN, waits))
        if rules.contact_cap is not None:
            tests.append((CONTACT_CAP, recent >= rules.contact_cap))
    due = pd.Series(np.nan, index=rows.index) if step_reason is None else step_reason
    reason = due.astype("str")
    for name, fails in reversed(tests):
        reason = reason.mask(fails, name)
    return reason


def over_cap(
    rows: pd.DataFrame,
    contacts: pd.DataFrame | None,
    as_of: date,
    *,
    cap: int | None,
    within_days: int,
) -> pd.Series:
    """Tell who has had as many contacts as anybody may have, whichever list or campaign sent them.

    Parameters
    ----------
    rows
        `customer_id`.
    contacts
        As for `ineligible`. None: nothing is known.
    as_of
        The last day that is known.
    cap, within_days
        So many contacts within so many days. None: no cap.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"]})
    >>> days = pd.to_datetime(["2011-12-01", "2011-12-01", "2011-11-01"])
    >>> sent = pd.DataFrame({"customer_id": ["a", "b", "b"], "timestamp": days})
    >>> over_cap(rows, sent, date(2011, 12, 9), cap=2, within_days=90).tolist()
    [False, True]
    """
    if contacts is None or cap is None:
        return pd.Series(data=False, index=rows.index)
    _, recent = _contacted(rows["customer_id"], contacts, as_of, within_days)
    capped: pd.Series = recent >= cap
    return capped


def reach(ids: pd.Series, customers: pd.DataFrame | None, channels: Sequence[str]) -> pd.DataFrame:
    """Tell through which channels each customer can be written to.

    Parameters
    ----------
    ids
        Who is asked about.
    customers
        `customer_id` and, where known, `contactable_channels` (names, in one text). Without the
        column, every channel reaches everybody; where it exists, nobody is reached by a channel
        that it does not name.
    channels
        Names, in order of preference.

    Returns
    -------
    pandas.DataFrame
        A boolean column a channel, aligned with `ids`.

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": ["a", "b"],
    ...                           "contactable_channels": ["SMS; e-mail", None]})
    >>> reach(pd.Series(["b", "a"]), customers, ["email", "sms"])["sms"].tolist()
    [False, True]
    """
    if customers is None or "contactable_channels" not in customers.columns:
        return pd.DataFrame(data=True, index=ids.index, columns=list(channels))
    names = _looked_up(ids, customers, "contactable_channels").astype("str").fillna("").str.lower()
    names = "," + names.str.replace(r"[^\w-]+", ",", regex=True) + ","
    return pd.DataFrame(
        {
            channel: names.str.contains(f",{channel.lower()},", regex=False).astype(bool)
            for channel in channels
        },
        index=ids.index,
    )


def _opted_out(ids: pd.Series, customers: pd.DataFrame) -> pd.Series:
    require(customers, (), what="the customers")
    if "opt_out" not in customers.columns:
        return pd.Series(data=False, index=ids.index)
    # who refuses after as_of is left alone all the same: the list goes out after it
    said = [name for name in ("opt_out", "opted_out_later") if name in customers.columns]
    refusals = pd.DataFrame({name: _looked_up(ids, customers, name) for name in said})
    return refusals.astype("boolean").fillna(value=False).astype(bool).any(axis=1)


def _looked_up(ids: pd.Series, customers: pd.DataFrame, name: str) -> pd.Series:
    """Return what the customers table says of each."""
    by_customer = customers[name].set_axis(customers["customer_id"].astype("str"))
    return by_customer.reindex(ids).set_axis(ids.index)


def _contacted(
    ids: pd.Series, contacts: pd.DataFrame, as_of: date, cap_days: int
) -> tuple[pd.Series, pd.Series]:
    """Count days since the last contact (infinite: none) and recent contacts."""
    missing = [name for name in ("customer_id", "timestamp") if name not in contacts.columns]
    if missing:
        raise DataError("the contacts lack a column", got=", ".join(missing))
    day, sent = _sent(contacts, as_of)
    who, ago = contacts.loc[sent, "customer_id"].astype("str"), (pd.Timestamp(as_of) - day[sent])
    ago = ago.dt.days
    since = ids.map(ago.groupby(who).min()).astype("float64").fillna(np.inf)
    recent = ids.map(who[ago < cap_days].value_counts())
    return since, recent.astype("float64").fillna(0.0)


def _cooling(ids: pd.Series, contacts: pd.DataFrame, as_of: date) -> pd.Series:
    """Tell whom a list has promised to leave alone until a later day."""
    if "cooldown_until" not in contacts.columns:
        return pd.Series(data=False, index=ids.index)
    _, sent = _sent(contacts, as_of)
    later = pd.to_datetime(contacts["cooldown_until"]) > pd.Timestamp(as_of)
    return ids.isin(contacts.loc[sent & later, "customer_id"].astype("str"))


def _sent(contacts: pd.DataFrame, as_of: date) -> tuple[pd.Series, pd.Series]:
    """Return each contact's day, and whether it was sent by `as_of`."""
    day = pd.to_datetime(contacts["timestamp"]).dt.normalize()
    sent = day <= pd.Timestamp(as_of)
    if "arm" in contacts.columns:
        sent &= arms_of(contacts["arm"], "contacts, arm") != CONTROL
    return day, sent
