"""What winback's own earlier lists have asked for: contacts, and what is used up of a week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from winback.lists.columns import require
from winback.lists.control import CONTROL, TREATED
from winback.lists.selection import Used

EARLIER = (
    "list_id",
    "as_of",
    "customer_id",
    "arm",
    "channel",
    "contact_cost",
    "offer_cost",
    "cooldown_until",
    "expires_at",
)


def contacts_so_far(
    contacts: pd.DataFrame | None, earlier: pd.DataFrame | None, as_of: date
) -> pd.DataFrame | None:
    """Put the contacts table and what earlier lists asked for together.

    A list whose `list_id` occurs in the contacts table was sent, and the table alone tells to
    whom. Of a list that does not occur there, every treated customer counts as contacted on its
    date: it was handed over to be sent. A contact without a `list_id` while the list was good is
    taken to be the list's.

    The controls of a list count as if contacted on its date: both arms leave the pool together and
    come back together. Were the treated alone in cooldown, the next list would find hardly anybody
    but controls eligible, and its arms could not be compared.

    Parameters
    ----------
    contacts
        `customer_id, timestamp`, and where known `list_id, arm`.
    earlier
        Treated and controls of earlier lists: columns `EARLIER`.
    as_of
        The last day that is known: nothing later is looked at.

    Returns
    -------
    pandas.DataFrame or None
        `customer_id, timestamp, list_id, cooldown_until` (the list's own, counted from the day of
        the contact; missing: none) and the table's other columns; `arm` is missing for the
        controls of winback's own lists. None: nothing is known.

    Examples
    --------
    >>> earlier = pd.DataFrame({
    ...     "list_id": "win_back-2011-12-01-a", "as_of": pd.Timestamp("2011-12-01"),
    ...     "customer_id": ["a", "b"], "arm": "treated", "channel": "email",
    ...     "contact_cost": 0.1, "offer_cost": 2.0,
    ...     "cooldown_until": pd.Timestamp("2012-01-30"), "expires_at": pd.Timestamp("2011-12-31")})
    >>> told = contacts_so_far(None, earlier, date(2011, 12, 9))
    >>> told[["customer_id", "timestamp"]].values.tolist()
    [['a', Timestamp('2011-12-01 00:00:00')], ['b', Timestamp('2011-12-01 00:00:00')]]
    >>> sent = pd.DataFrame({"customer_id": ["b"], "timestamp": pd.to_datetime(["2011-12-03"]),
    ...                      "list_id": ["win_back-2011-12-01-a"]})
    >>> contacts_so_far(sent, earlier, date(2011, 12, 9))[["customer_id", "cooldown_until"]]
      customer_id cooldown_until
    0           b     2012-02-01
    """
    before = _before(earlier, as_of)
    if contacts is None:
        return None if before is None else _as_contacts(before)
    if before is None or not {"customer_id", "timestamp"} <= set(contacts.columns):
        return contacts
    known = contacts.assign(customer_id=contacts["customer_id"].astype("str"))
    if "list_id" not in known.columns:
        known["list_id"] = pd.Series(pd.NA, index=known.index, dtype="str")
    known["list_id"] = known["list_id"].astype("str")
    day = pd.to_datetime(known["timestamp"]).dt.normalize().astype("datetime64[us]")
    past = day <= pd.Timestamp(as_of)
    known, day = known[past], day[past]
    own = before.drop_duplicates(["list_id", "customer_id"]).set_index(["list_id", "customer_id"])
    alone = (own["cooldown_until"] - own["as_of"]).reindex(
        pd.MultiIndex.from_frame(known[["list_id", "customer_id"]])
    )
    known["cooldown_until"] = day + alone.set_axis(known.index)
    if "arm" in known.columns:
        ours = known["list_id"].isin(before["list_id"].unique())
        known["arm"] = known["arm"].mask(ours & (known["arm"] == CONTROL))
    controls = before[before["arm"] == CONTROL]
    pairs = pd.MultiIndex.from_frame(controls[["list_id", "customer_id"]])
    controls = controls[~pairs.isin(pd.MultiIndex.from_frame(known[["list_id", "customer_id"]]))]
    untold = before[before["arm"] == TREATED]
    untold = untold[~untold["list_id"].isin(known["list_id"].dropna().unique())]
    nameless = known.loc[known["list_id"].isna(), ["customer_id"]].assign(day=day)
    met = untold.reset_index().merge(nameless, on="customer_id")
    of_it = met["day"].between(met["as_of"], met["expires_at"])
    untold = untold[~untold.index.isin(met.loc[of_it, "index"])]
    return pd.concat([known, _as_contacts(untold), _as_contacts(controls)], ignore_index=True)


def used_up(
    earlier: pd.DataFrame | None, as_of: date, channels: Sequence[str] | None = None
) -> Used:
    """Add up what the lists of earlier days of this week, from Monday, have committed.

    Parameters
    ----------
    earlier
        Treated and controls of earlier lists: columns `EARLIER`.
    as_of
        The day of the list to come.
    channels
        Whose contacts are told apart. None: of every channel.

    Examples
    --------
    >>> earlier = pd.DataFrame({
    ...     "list_id": "a", "as_of": pd.to_datetime(["2011-12-04", "2011-12-05"]),
    ...     "customer_id": ["a", "b"], "arm": "treated", "channel": "email",
    ...     "contact_cost": 0.1, "offer_cost": 2.0,
    ...     "cooldown_until": pd.Timestamp("2012-01-30"), "expires_at": pd.Timestamp("2011-12-31")})
    >>> used_up(earlier, date(2011, 12, 9))  # a Friday; the fourth was a Sunday
    Used(budget=2.1, contacts=1, by_channel={'email': 1})
    """
    before = _before(earlier, as_of)
    if before is None:
        return Used()
    before = before[before["arm"] == TREATED]
    week = before[before["as_of"] >= pd.Timestamp(as_of - timedelta(days=as_of.weekday()))]
    counts = week["channel"].value_counts()
    names = sorted(counts.index) if channels is None else list(channels)
    by_channel = {str(name): int(counts.get(name, 0)) for name in names}
    money = round(float((week["contact_cost"] + week["offer_cost"]).sum()), 6)
    return Used(money, len(week), by_channel)


def _before(earlier: pd.DataFrame | None, as_of: date) -> pd.DataFrame | None:
    """Return the rows of earlier dates only: a list made again must not meet itself."""
    if earlier is None:
        return None
    require(earlier.drop_duplicates("customer_id"), EARLIER, what="the earlier lists")
    dates = {
        name: pd.to_datetime(earlier[name]).astype("datetime64[us]")
        for name in ("as_of", "cooldown_until", "expires_at")
    }
    texts = {
        name: earlier[name].astype("str") for name in ("list_id", "customer_id", "arm", "channel")
    }
    rows = earlier.assign(**dates, **texts)
    return rows[rows["as_of"] < pd.Timestamp(as_of)].reset_index(drop=True)


def _as_contacts(rows: pd.DataFrame) -> pd.DataFrame:
    named = rows[["customer_id", "as_of", "list_id", "cooldown_until"]]
    return named.rename(columns={"as_of": "timestamp"}).reset_index(drop=True)
