"""One plain sentence a family of features, filled with the customer's own numbers.

A sentence may speak only where it reads as a reason for leaving: a larger basket, a fresh visit or
"nothing refunded" would contradict the list on which it stands, whatever the model made of it.
Gaps are the customer's own, and where there are too few of them to speak of a habit, none is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from winback.features.feature_catalogue import EVENT_MEMORY_DAYS

EVENT = "event:"
NEW_DAYS = 90
CENT = 0.005
Amount = Callable[[pd.Series], pd.Series]


@dataclass(frozen=True)
class Sentence:
    """What a family says.

    Parameters
    ----------
    columns
        The features that it needs; it is missing where one of them is.
    write
        From the features and a way to write amounts to one text a customer.
    money
        Whether it speaks of amounts.
    speaks
        From the features to whether the sentence reads as a reason for leaving; None: always.
    """

    columns: tuple[str, ...]
    write: Callable[[pd.DataFrame, Amount], pd.Series]
    money: bool = False
    speaks: Callable[[pd.DataFrame], pd.Series] | None = None


def sentence(
    family: str, facts: pd.DataFrame, *, money: bool = True, currency: str | None = None
) -> pd.Series:
    """Write the sentence of a family for every customer.

    Parameters
    ----------
    family
        A family of `winback.features.feature_catalogue`, or `event:TYPE`.
    facts
        Behaviour features, one row a customer.
    money
        Whether the source has amounts.
    currency
        Written after amounts.

    Returns
    -------
    pandas.Series
        Texts, aligned with `facts`; missing where there is nothing to say that reads as a reason
        for leaving.

    Examples
    --------
    >>> facts = pd.DataFrame({"event_complaint_90": [2.0, 0.0, 0.0],
    ...                       "event_complaint_days_since": [5.0, 100.0, 365.0]})
    >>> sentence("event:complaint", facts).tolist()
    ['complaint: 2 in the last 90 days', 'last complaint 100 days ago', nan]
    """
    found = (
        _event(family.removeprefix(EVENT)) if family.startswith(EVENT) else _FAMILIES.get(family)
    )
    if found is None or (found.money and not money) or not set(found.columns) <= set(facts.columns):
        return pd.Series(index=facts.index, dtype="str")

    def amount(values: pd.Series) -> pd.Series:
        text = values.astype("float64").map("{:,.2f}".format)
        return text if currency is None else text + f" {currency}"

    needed = facts[list(found.columns)]
    complete = needed.notna().all(axis=1)
    values = needed.astype("float64").fillna(0.0)
    if found.speaks is not None:
        complete &= found.speaks(values)
    return found.write(values, amount).astype("str").where(complete)


def _whole(values: pd.Series) -> pd.Series:
    return values.astype("float64").round().astype("int64").astype("str")


def _count(values: pd.Series, unit: str) -> pd.Series:
    text = _whole(values)
    return (text + f" {unit}s").mask(text == "1", f"1 {unit}")


def _percent(values: pd.Series) -> pd.Series:
    return _whole(values * 100) + "%"


def _rhythm(facts: pd.DataFrame) -> pd.Series:
    """Return the customer's own gap: the mean of theirs or, after one purchase, everybody's."""
    own = facts["recency"] / facts["frequency"].mask(facts["frequency"] == 0)
    return own.fillna(facts["typical_gap_days"])


def _overdue(facts: pd.DataFrame, _: Amount) -> pd.Series:
    repeats, gap = facts["frequency"], _count(_rhythm(facts), "day")
    silent = _count(facts["days_since_last"], "day")
    usually = "usually buys every " + gap + ", silent for " + _whole(facts["days_since_last"])
    back = "came back once, after " + gap + "; silent for " + silent + " since"
    once = "no second purchase in " + silent + "; returning customers buy every " + gap
    return usually.mask(repeats == 1, back).mask(repeats == 0, once)


def _frequency(facts: pd.DataFrame, _: Amount) -> pd.Series:
    days, tenure = _count(facts["frequency"] + 1, "purchase day"), _count(facts["T"], "day")
    recent = _whole(facts["count_90"]).replace("0", "none")
    lately = days + " in " + tenure + ", " + recent + " in the last 90"
    return (
        lately.mask(_rarely(facts), "buys rarely: " + days + " in " + tenure)
        .mask(facts["count_90"] == 0, days + " so far, none in the last 90 days")
        .mask(facts["frequency"] == 0, "has bought on one day only")
    )


def _per_quarter(facts: pd.DataFrame) -> pd.Series:
    return (facts["frequency"] + 1) * 90 / facts["T"].where(facts["T"] >= 180)


def _rarely(facts: pd.DataFrame) -> pd.Series:
    return _per_quarter(facts) < 1


def _seldom(facts: pd.DataFrame) -> pd.Series:
    less = 2 * facts["count_90"] < _per_quarter(facts)
    return (facts["frequency"] == 0) | (facts["count_90"] == 0) | less | _rarely(facts)


def _gap_before(facts: pd.DataFrame) -> pd.Series:
    """Return the mean of all gaps but the last; missing with fewer than two."""
    repeats = facts["frequency"]
    return (facts["recency"] - facts["gap_last"]) / (repeats - 1).mask(repeats < 2)


def _longer_gap(facts: pd.DataFrame) -> pd.Series:
    return facts["gap_last"].round() > _gap_before(facts).round()


def _slowing_down(facts: pd.DataFrame, _: Amount) -> pd.Series:
    gap, before = _count(facts["gap_last"], "day"), _count(_gap_before(facts).fillna(0.0), "day")
    recent = _count(facts["count_90"], "purchase day").replace("0 purchase days", "no purchase day")
    recent = recent + " in the last 90 days, "
    counts = recent + _whole(facts["count_180"] - facts["count_90"]) + " in the 90 before"
    gaps = "last two purchases " + gap + " apart, before that every " + before
    return counts.mask(_longer_gap(facts), gaps)


def _slower(facts: pd.DataFrame) -> pd.Series:
    fewer = 2 * facts["count_90"] < facts["count_180"]
    return (facts["frequency"] >= 2) & (_longer_gap(facts) | fewer)


def _earlier_basket(facts: pd.DataFrame) -> pd.Series:
    repeats = facts["frequency"]
    # basket_amount is the mean of all purchase days: take the last one out
    total = facts["basket_amount"] * (repeats + 1) - facts["last_amount"]
    return total / repeats.mask(repeats == 0)


def _basket(facts: pd.DataFrame, amount: Amount) -> pd.Series:
    return (
        amount(facts["last_amount"])
        + " on the last purchase day, "
        + amount(_earlier_basket(facts))
        + " on average before"
    )


def _value(facts: pd.DataFrame, amount: Amount) -> pd.Series:
    now, half = facts["amount_90"], facts["amount_180"]
    return (
        "spent " + amount(now) + " in the last 90 days, " + amount(half - now) + " in the 90 before"
    )


def _spends_less(facts: pd.DataFrame) -> pd.Series:
    now, half = facts["amount_90"], facts["amount_180"]
    # without a purchase in these days, it would only say so again
    return (now >= CENT) & (2 * now < half - CENT)


def _refunds(facts: pd.DataFrame, _: Amount) -> pd.Series:
    return _percent(facts["refund_share"]) + " of the amount bought was refunded"


def _season(facts: pd.DataFrame, _: Amount) -> pd.Series:
    share = _percent(facts["season_share"]).replace("0%", "none")
    return share + " of the purchase days so far fell in the months ahead"


def _tenure(facts: pd.DataFrame, _: Amount) -> pd.Series:
    return "a customer for only " + _count(facts["T"], "day")


def _variety(so_far: str, recent: str, unit: str) -> Sentence:
    def write(facts: pd.DataFrame, _: Amount) -> pd.Series:
        now = _whole(facts[recent])
        return unit + ": " + _whole(facts[so_far]) + " so far, " + now + " in the last 90 days"

    # without a purchase in these days, it would only say so again
    return Sentence(
        (so_far, recent), write, speaks=lambda facts: facts[recent].between(1, facts[so_far] - 1)
    )


# Events that drive away, and events by which customers show that they are there.
_BAD = re.compile(
    r"complain|return|refund|cancel|unsubscri|dispute|claim|error|fail|delay|opt_?out"
)
_GOOD = re.compile(r"visit|session|login|open|click|view|share|search|wish|review|referral|app")


def _event(slug: str) -> Sentence:
    month, recent = f"event_{slug}_30", f"event_{slug}_90"
    since, name = f"event_{slug}_days_since", slug.replace("_", " ")

    def write(facts: pd.DataFrame, _: Amount) -> pd.Series:
        ago = f"last {name} " + _count(facts[since], "day") + " ago"
        never = f"no {name} in the last {EVENT_MEMORY_DAYS} days"
        seen = ago.where(facts[since] < EVENT_MEMORY_DAYS, never)
        some = f"{name}: " + _whole(facts[recent]) + " in the last 90 days"
        return some.where(facts[recent] > 0, seen)

    def fewer(facts: pd.DataFrame, _: Amount) -> pd.Series:
        earlier = _whole(facts[recent] - facts[month]) + " in the 60 before"
        now = _whole(facts[month]).replace("0", "none")
        counts = f"{name}: " + now + " in the last 30 days, " + earlier
        return counts.where(facts[recent] > 0, write(facts, _))

    if _BAD.search(slug):
        happened = Sentence((recent, since), write)
        return replace(happened, speaks=lambda facts: facts[since] < EVENT_MEMORY_DAYS)
    if _GOOD.search(slug):
        # a third of 90 days: fewer than the 60 days before would have led to expect
        return Sentence(
            (month, recent, since),
            fewer,
            speaks=lambda facts: (facts[recent] == 0) | (3 * facts[month] < facts[recent]),
        )
    return Sentence((recent, since), write)


_FAMILIES: dict[str, Sentence] = {
    "overdue": Sentence(
        ("frequency", "recency", "typical_gap_days", "days_since_last"),
        _overdue,
        speaks=lambda facts: facts["days_since_last"].round() > _rhythm(facts).round(),
    ),
    "frequency": Sentence(("frequency", "T", "count_90"), _frequency, speaks=_seldom),
    "slowing_down": Sentence(
        ("frequency", "recency", "gap_last", "count_90", "count_180"),
        _slowing_down,
        speaks=_slower,
    ),
    "basket": Sentence(
        ("frequency", "last_amount", "basket_amount"),
        _basket,
        money=True,
        speaks=lambda facts: facts["last_amount"] < _earlier_basket(facts) - CENT,
    ),
    "value": Sentence(("amount_90", "amount_180"), _value, money=True, speaks=_spends_less),
    "refunds": Sentence(
        ("refund_share",), _refunds, money=True, speaks=lambda facts: facts["refund_share"] > 0
    ),
    # a year must have passed before anybody has a season, and an even year is four months in twelve
    "season": Sentence(
        ("season_share", "T"),
        _season,
        speaks=lambda facts: (facts["T"] >= 365) & (facts["season_share"] < 1 / 3),
    ),
    "tenure": Sentence(("T",), _tenure, speaks=lambda facts: facts["T"] <= NEW_DAYS),
    "channel": _variety("n_channels", "n_channels_90", "channels"),
    "category": _variety("n_categories", "n_categories_90", "categories"),
}
