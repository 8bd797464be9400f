"""What winback's own earlier lists have asked for: contacts, colours, and a week's use."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import pandas as pd

from winback.data.arms import CONTROL, TREATED, arms_of
from winback.lists.columns import require
from winback.lists.spend import Spend, spend_of

EARLIER = (
    "list_id",
    "as_of",
    "customer_id",
    "arm",
    "channel",
    "contact_cost",
    "offer_cost",
    "expected_cost",
    "cooldown_until",
    "expires_at",
)


@dataclass(frozen=True)
class Used:
    """What earlier lists of the same week have used up.

    Parameters
    ----------
    contact_cost, offer_cost, redeems
        Of each of their contacts: what it cost, what its offer costs if it is redeemed, and
        P(that), as predicted.
    contacts
        Customers whom they contact.
    by_channel
        The same by channel.
    """

    contact_cost: tuple[float, ...] = ()
    offer_cost: tuple[float, ...] = ()
    redeems: tuple[float, ...] = ()
    contacts: int = 0
    by_channel: Mapping[str, int] = field(default_factory=dict)

    def spend(self, commitment: str) -> Spend:
        """Return what they may cost together; see `winback.lists.spend`."""
        each = spend_of(self.contact_cost, self.offer_cost, self.redeems, commitment=commitment)
        return each.sum()


@dataclass(frozen=True)
class Memory:
    """The lists that a job has made before; whatever is missing was not made.

    Parameters
    ----------
    win_backs
        Treated and controls of earlier win-back lists: columns `EARLIER`.
    warnings
        Earlier churn-warning lists by date, also where they have no rows: `as_of, customer_id,
        severity` and, where they have them, `days_at_severity, cooldown_until`.
    called_back
        Whom the win-back list of the same day decides about, in either arm: a warning leaves them
        to it.
    persons
        Ids that are another's: `own_id, person_id`; who was held out by any is held out.

    Examples
    --------
    >>> earlier = pd.DataFrame({
    ...     "list_id": "win_back-2011-12-01-a", "as_of": pd.Timestamp("2011-12-01"),
    ...     "customer_id": ["a", "b"], "arm": "treated", "channel": "email",
    ...     "contact_cost": 0.1, "offer_cost": 2.0, "expected_cost": 0.3,
    ...     "cooldown_until": pd.Timestamp("2012-01-30"), "expires_at": pd.Timestamp("2011-12-31")})
    >>> memory = Memory(win_backs=earlier)
    >>> memory.contacts(None, date(2011, 12, 9))[["customer_id", "timestamp"]].values.tolist()
    [['a', Timestamp('2011-12-01 00:00:00')], ['b', Timestamp('2011-12-01 00:00:00')]]
    >>> sent = pd.DataFrame({"customer_id": ["b"], "timestamp": pd.to_datetime(["2011-12-03"]),
    ...                      "list_id": ["win_back-2011-12-01-a"]})
    >>> memory.contacts(sent, date(2011, 12, 9))[["customer_id", "cooldown_until"]]
      customer_id cooldown_until
    0           b     2012-02-01
    """

    win_backs: pd.DataFrame | None = None
    warnings: Mapping[date, pd.DataFrame] = field(default_factory=dict)
    called_back: Collection[str] = ()
    persons: pd.DataFrame | None = None

    def contacts(self, contacts: pd.DataFrame | None, as_of: date) -> pd.DataFrame | None:
        """Put the contacts table and what earlier win-back lists asked for together.

        A list whose `list_id` occurs in the contacts table was sent, and the table alone
        tells to whom. Of a list that does not occur there, every treated customer counts as
        contacted on its date: it was handed over to be sent. A contact without a `list_id`
        while the list was good is taken to be the list's.

        The controls of a list count as if contacted on its date: both arms leave the pool
        together and come back together. Were the treated alone in cooldown, the next list
        would find hardly anybody but controls eligible, and its arms could not be compared.

        Parameters
        ----------
        contacts
            `customer_id, timestamp`, and where known `list_id, arm`.
        as_of
            The last day that is known: nothing later is looked at.

        Returns
        -------
        pandas.DataFrame or None
            `customer_id, timestamp, list_id, cooldown_until` (the list's own, counted from the day
            of the contact; missing: none) and the table's other columns; `arm` is missing for the
            controls of winback's own lists. None: nothing is known.
        """
        before = _before(self.win_backs, as_of)
        if contacts is None:
            return None if before is None else _as_contacts(before)
        if before is None or not {"customer_id", "timestamp"} <= set(contacts.columns):
            return contacts
        sent = contacts.assign(customer_id=contacts["customer_id"].astype("str"))
        if "list_id" not in sent.columns:
            sent["list_id"] = pd.Series(pd.NA, index=sent.index, dtype="str")
        sent["list_id"] = sent["list_id"].astype("str")
        day = pd.to_datetime(sent["timestamp"]).dt.normalize().astype("datetime64[us]")
        past = day <= pd.Timestamp(as_of)
        sent, day = sent[past], day[past]
        own = before.drop_duplicates(["list_id", "customer_id"]).set_index(
            ["list_id", "customer_id"]
        )
        alone = (own["cooldown_until"] - own["as_of"]).reindex(
            pd.MultiIndex.from_frame(sent[["list_id", "customer_id"]])
        )
        sent["cooldown_until"] = day + alone.set_axis(sent.index)
        if "arm" in sent.columns:
            ours = sent["list_id"].isin(before["list_id"].unique())
            sent["arm"] = arms_of(sent["arm"], "contacts, arm")
            sent["arm"] = sent["arm"].mask(ours & (sent["arm"] == CONTROL))
        controls = before[before["arm"] == CONTROL]
        pairs = pd.MultiIndex.from_frame(controls[["list_id", "customer_id"]])
        controls = controls[~pairs.isin(pd.MultiIndex.from_frame(sent[["list_id", "customer_id"]]))]
        unreported = before[before["arm"] == TREATED]
        unreported = unreported[~unreported["list_id"].isin(sent["list_id"].dropna().unique())]
        nameless = sent.loc[sent["list_id"].isna(), ["customer_id"]].assign(day=day)
        same_days = unreported.reset_index().merge(nameless, on="customer_id")
        of_it = same_days["day"].between(same_days["as_of"], same_days["expires_at"])
        unreported = unreported[~unreported.index.isin(same_days.loc[of_it, "index"])]
        return pd.concat(
            [sent, _as_contacts(unreported), _as_contacts(controls)], ignore_index=True
        )

    def used(self, as_of: date, channels: Sequence[str] | None = None) -> Used:
        """Add up what the win-back lists of earlier days of this week, from Monday, have committed.

        Parameters
        ----------
        as_of
            The day of the list to come.
        channels
            Whose contacts are told apart. None: of every channel.

        Examples
        --------
        >>> earlier = pd.DataFrame({
        ...     "list_id": "a", "as_of": pd.to_datetime(["2011-12-04", "2011-12-05"]),
        ...     "customer_id": ["a", "b"], "arm": "treated", "channel": "email",
        ...     "contact_cost": 0.1, "offer_cost": 2.0, "expected_cost": 0.3,
        ...     "cooldown_until": pd.Timestamp("2012-01-30"),
        ...     "expires_at": pd.Timestamp("2011-12-31")})
        >>> used = Memory(earlier).used(date(2011, 12, 9))  # a Friday; the fourth was a Sunday
        >>> used.contacts, float(used.spend("worst_case").committed)
        (1, 2.1)
        """
        before = _before(self.win_backs, as_of)
        if before is None:
            return Used()
        before = before[before["arm"] == TREATED]
        week = before[before["as_of"] >= pd.Timestamp(_monday(as_of))]
        counts = week["channel"].value_counts()
        names = sorted(counts.index) if channels is None else list(channels)
        by_channel = {str(name): int(counts.get(name, 0)) for name in names}
        contact, offer = (week[name].astype("float64") for name in ("contact_cost", "offer_cost"))
        redeems = ((week["expected_cost"] - contact) / offer.where(offer > 0)).fillna(0.0)
        return Used(
            tuple(contact.tolist()),
            tuple(offer.tolist()),
            tuple(redeems.tolist()),
            len(week),
            by_channel,
        )

    def previous_warnings(self, as_of: date) -> pd.DataFrame | None:
        """Return the newest churn-warning list of an earlier date, if there is one."""
        days = [day for day in self.warnings if day < as_of]
        return self.warnings[max(days)] if days else None

    def warnings_this_week(self, as_of: date) -> pd.DataFrame | None:
        """Return what stood on the week's churn-warning lists of earlier days, from Monday."""
        days = sorted(day for day in self.warnings if _monday(as_of) <= day < as_of)
        return pd.concat([self.warnings[day] for day in days], ignore_index=True) if days else None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


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
