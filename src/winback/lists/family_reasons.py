"""What a family of features says about a customer, as a message with the customer's own numbers.

A family may speak only where it reads as a reason for leaving: a larger basket, a fresh visit or
"nothing refunded" would contradict the list on which it stands, whatever the model made of it.
What is usual is the customer's median gap, and where there are too few gaps to speak of a habit,
they are named themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from winback.features.feature_catalogue import EVENT_MEMORY_DAYS
from winback.messages import Message

EVENT = "event:"
NEW_DAYS = 90
CENT = 0.005
Row = Mapping[str, float]


@dataclass(frozen=True)
class Family:
    """What a family says.

    Parameters
    ----------
    columns
        The features that it needs; it says nothing where one of them is missing.
    says
        From one customer's features, and the currency, to a message.
    money
        Whether it speaks of amounts.
    speaks
        From the features to whether the message reads as a reason for leaving; None: always.
    """

    columns: tuple[str, ...]
    says: Callable[[Row, str | None], Message]
    money: bool = False
    speaks: Callable[[pd.DataFrame], pd.Series] | None = None


def speaks(family: str, facts: pd.DataFrame, *, money: bool = True) -> pd.Series:
    """Tell of which customers a family has something to say that reads as a reason for leaving.

    Parameters
    ----------
    family
        A family of `winback.features.feature_catalogue`, or `event:TYPE`.
    facts
        Behaviour features, one row a customer.
    money
        Whether the source has amounts.

    Examples
    --------
    >>> facts = pd.DataFrame({"event_complaint_90": [2.0, 0.0, 0.0],
    ...                       "event_complaint_days_since": [5.0, 100.0, 365.0]})
    >>> speaks("event:complaint", facts).tolist()
    [True, True, False]
    """
    own = _family(family)
    if own is None or (own.money and not money) or not set(own.columns) <= set(facts.columns):
        return pd.Series(data=False, index=facts.index)
    needed = facts[list(own.columns)]
    complete = needed.notna().all(axis=1)
    if own.speaks is not None:
        complete &= own.speaks(needed.astype("float64").fillna(0.0))
    return complete.astype(bool)


def says(family: str, row: Mapping[str, Any], *, currency: str | None = None) -> Message:
    """Return what a family says of one customer of whom it speaks.

    Parameters
    ----------
    family
        As for `speaks`.
    row
        The customer's behaviour features.
    currency
        Written after amounts.

    Raises
    ------
    KeyError
        If there is no such family.

    Examples
    --------
    >>> str(says("event:complaint", {"event_complaint_90": 2, "event_complaint_days_since": 5}))
    'complaint: 2 in the last 90 days'
    """
    own = _family(family)
    if own is None:
        raise KeyError(family)
    return own.says({name: float(row[name]) for name in own.columns}, currency)


def _family(name: str) -> Family | None:
    return _event(name.removeprefix(EVENT)) if name.startswith(EVENT) else _FAMILIES.get(name)


def _days(n: float) -> Message:
    whole = round(n)
    return Message("span.day", n=whole) if whole == 1 else Message("span.days", n=whole)


def _purchase_days(n: float) -> Message:
    whole = round(n)
    if whole == 1:
        return Message("span.purchase_day", n=whole)
    return Message("span.purchase_days", n=whole)


def _or_none(n: float) -> Message | int:
    return round(n) or Message("span.none")


def _percent(share: float) -> Message:
    return Message("span.percent", n=round(share * 100))


def _amount(value: float, currency: str | None) -> Message:
    if currency is None:
        return Message("amount", value=value)
    return Message("amount.in", value=value, currency=currency)


_HABIT = 3
"""From so many gaps on they have a middle; of fewer, each is named."""


def _rhythm(facts: pd.DataFrame) -> pd.Series:
    """Return the silence that is nothing new: the typical gap or, of one or two, the longest."""
    longest = np.maximum(facts["gap_last"], facts["recency"] - facts["gap_last"])
    return facts["typical_gap_days"].where(~facts["frequency"].between(1, _HABIT - 1), longest)


def _overdue(row: Row, _: str | None) -> Message:
    repeats, silent = row["frequency"], row["days_since_last"]
    if repeats == 0:
        return Message(
            "because.never_returned", silent=_days(silent), gap=_days(row["typical_gap_days"])
        )
    last, before = row["gap_last"], row["recency"] - row["gap_last"]
    if repeats == 1:
        return Message("because.returned_once", gap=_days(last), silent=_days(silent))
    if repeats < _HABIT:
        return Message(
            "because.returned_twice",
            first=_days(before),
            second=_days(last),
            silent=_days(silent),
        )
    return Message("because.silent", gap=_days(row["typical_gap_days"]), silent=round(silent))


def _frequency(row: Row, _: str | None) -> Message:
    if row["frequency"] == 0:
        return Message("because.bought_once")
    days = _purchase_days(row["frequency"] + 1)
    if row["count_90"] == 0:
        return Message("because.none_lately", days=days)
    if row["T"] >= _HALF_YEAR and _per_quarter(row["frequency"], row["T"]) < 1:
        return Message("because.rarely", days=days, tenure=_days(row["T"]))
    recent = _or_none(row["count_90"])
    return Message("because.seldom", days=days, tenure=_days(row["T"]), recent=recent)


def only_at_discount(share: pd.Series, frequency: pd.Series) -> pd.Series:
    """Tell who has bought at a discount on each of three days or more: one may be by chance.

    Parameters
    ----------
    share
        `discount_share`; missing: not known.
    frequency
        Repeat purchase days.

    Examples
    --------
    >>> only_at_discount(pd.Series([1.0, 1.0, 0.9]), pd.Series([2.0, 1.0, 9.0])).tolist()
    [True, False, False]
    """
    only: pd.Series = (share >= 1.0) & (frequency >= _HABIT - 1)
    return only


_HALF_YEAR = 180


def _per_quarter(frequency: Any, tenure: Any) -> Any:
    return (frequency + 1) * 90 / tenure


def _seldom(facts: pd.DataFrame) -> pd.Series:
    per_quarter = _per_quarter(facts["frequency"], facts["T"].where(facts["T"] >= _HALF_YEAR))
    less = 2 * facts["count_90"] < per_quarter
    rarely: pd.Series = less | (per_quarter < 1)
    return (facts["frequency"] == 0) | (facts["count_90"] == 0) | rarely


def _gap_before(facts: pd.DataFrame) -> pd.Series:
    """Return the mean of all gaps but the last; missing with fewer than two."""
    repeats = facts["frequency"]
    return (facts["recency"] - facts["gap_last"]) / (repeats - 1).mask(repeats < 2)


def _longer_gap(facts: pd.DataFrame) -> pd.Series:
    return facts["gap_last"].round() > _gap_before(facts).round()


def _slowing_down(row: Row, _: str | None) -> Message:
    before = (row["recency"] - row["gap_last"]) / (row["frequency"] - 1)
    if round(row["gap_last"]) > round(before):
        return Message("because.longer_gap", gap=_days(row["gap_last"]), before=_days(before))
    recent = _purchase_days(row["count_90"])
    if round(row["count_90"]) == 0:
        recent = Message("span.no_purchase_day")
    return Message("because.fewer", recent=recent, before=round(row["count_180"] - row["count_90"]))


def _slower(facts: pd.DataFrame) -> pd.Series:
    fewer = 2 * facts["count_90"] < facts["count_180"]
    return (facts["frequency"] >= 2) & (_longer_gap(facts) | fewer)


def _earlier_basket(facts: Any) -> Any:
    # basket_amount is the mean of all purchase days: take the last one out
    total = facts["basket_amount"] * (facts["frequency"] + 1) - facts["last_amount"]
    return total / facts["frequency"]


def _smaller_basket(facts: pd.DataFrame) -> pd.Series:
    # compared with nothing where there is no earlier basket
    earlier = _earlier_basket(facts.assign(frequency=facts["frequency"].mask(lambda n: n == 0)))
    smaller: pd.Series = facts["last_amount"] < earlier - CENT
    return smaller


def _basket(row: Row, currency: str | None) -> Message:
    return Message(
        "because.smaller_basket",
        last=_amount(row["last_amount"], currency),
        before=_amount(_earlier_basket(row), currency),
    )


def _value(row: Row, currency: str | None) -> Message:
    return Message(
        "because.spends_less",
        recent=_amount(row["amount_90"], currency),
        before=_amount(row["amount_180"] - row["amount_90"], currency),
    )


def _spends_less(facts: pd.DataFrame) -> pd.Series:
    now, half = facts["amount_90"], facts["amount_180"]
    # without a purchase in these days, it would only say so again
    return (now >= CENT) & (2 * now < half - CENT)


def _season(row: Row, _: str | None) -> Message:
    share = _percent(row["season_share"])
    if round(row["season_share"] * 100) == 0:
        share = Message("span.none")
    return Message("because.season", share=share)


def _channels(row: Row, _: str | None) -> Message:
    return Message(
        "because.channels", n=round(row["n_channels"]), recent=round(row["n_channels_90"])
    )


def _categories(row: Row, _: str | None) -> Message:
    return Message(
        "because.categories", n=round(row["n_categories"]), recent=round(row["n_categories_90"])
    )


# Events that drive away, and events by which customers show that they are there.
_BAD = re.compile(
    r"complain|return|refund|cancel|unsubscri|dispute|claim|error|fail|delay|opt_?out"
)
_GOOD = re.compile(r"visit|session|login|open|click|view|share|search|wish|review|referral|app")


def _event(slug: str) -> Family:
    month, recent = f"event_{slug}_30", f"event_{slug}_90"
    since, name = f"event_{slug}_days_since", slug.replace("_", " ")

    def happened(row: Row, _: str | None) -> Message:
        if row[recent] > 0:
            return Message("because.event", event=name, n=round(row[recent]))
        if row[since] < EVENT_MEMORY_DAYS:
            return Message("because.event_ago", event=name, ago=_days(row[since]))
        return Message("because.no_event", event=name, days=EVENT_MEMORY_DAYS)

    def fewer(row: Row, currency: str | None) -> Message:
        if row[recent] <= 0:
            return happened(row, currency)
        before = round(row[recent] - row[month])
        return Message("because.fewer_events", event=name, n=_or_none(row[month]), before=before)

    if _BAD.search(slug):
        return Family(
            (recent, since), happened, speaks=lambda facts: facts[since] < EVENT_MEMORY_DAYS
        )
    if _GOOD.search(slug):
        # a third of 90 days: fewer than the 60 days before would have led to expect
        return Family(
            (month, recent, since),
            fewer,
            speaks=lambda facts: (facts[recent] == 0) | (3 * facts[month] < facts[recent]),
        )
    return Family((recent, since), happened)


_FAMILIES: dict[str, Family] = {
    "overdue": Family(
        ("frequency", "recency", "gap_last", "typical_gap_days", "days_since_last"),
        _overdue,
        speaks=lambda facts: facts["days_since_last"].round() > _rhythm(facts).round(),
    ),
    "frequency": Family(("frequency", "T", "count_90"), _frequency, speaks=_seldom),
    "slowing_down": Family(
        ("frequency", "recency", "gap_last", "count_90", "count_180"),
        _slowing_down,
        speaks=_slower,
    ),
    "basket": Family(
        ("frequency", "last_amount", "basket_amount"),
        _basket,
        money=True,
        speaks=_smaller_basket,
    ),
    "value": Family(("amount_90", "amount_180"), _value, money=True, speaks=_spends_less),
    "refunds": Family(
        ("refund_share",),
        lambda row, _: Message("because.refunds", share=_percent(row["refund_share"])),
        money=True,
        speaks=lambda facts: facts["refund_share"] > 0,
    ),
    # a year must have passed before anybody has a season, and an even year is four months in twelve
    "season": Family(
        ("season_share", "T"),
        _season,
        speaks=lambda facts: (facts["T"] >= 365) & (facts["season_share"] < 1 / 3),
    ),
    "tenure": Family(
        ("T",),
        lambda row, _: Message("because.new", tenure=_days(row["T"])),
        speaks=lambda facts: facts["T"] <= NEW_DAYS,
    ),
    # without a purchase in these days, it would only say so again
    "channel": Family(
        ("n_channels", "n_channels_90"),
        _channels,
        speaks=lambda facts: facts["n_channels_90"].between(1, facts["n_channels"] - 1),
    ),
    "discount": Family(
        ("discount_share", "frequency"),
        lambda row, _: Message("because.discounts", days=_purchase_days(row["frequency"] + 1)),
        speaks=lambda facts: only_at_discount(facts["discount_share"], facts["frequency"]),
    ),
    "category": Family(
        ("n_categories", "n_categories_90"),
        _categories,
        speaks=lambda facts: facts["n_categories_90"].between(1, facts["n_categories"] - 1),
    ),
}
