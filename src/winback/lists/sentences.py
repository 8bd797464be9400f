"""One plain sentence a family of features, filled with the customer's own numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from winback.features.catalogue import EVENT_MEMORY_DAYS

EVENT = "event:"
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
    """

    columns: tuple[str, ...]
    write: Callable[[pd.DataFrame, Amount], pd.Series]
    money: bool = False


def sentence(
    family: str, facts: pd.DataFrame, *, money: bool = True, currency: str | None = None
) -> pd.Series:
    """Write the sentence of a family for every customer.

    Parameters
    ----------
    family
        A family of `winback.features.catalogue`, or `event:TYPE`.
    facts
        Behaviour features, one row a customer.
    money
        Whether the source has amounts.
    currency
        Written after amounts.

    Returns
    -------
    pandas.Series
        Texts, aligned with `facts`; missing where there is nothing to say.

    Examples
    --------
    >>> facts = pd.DataFrame({"event_complaint_90": [2.0, 0.0, 0.0],
    ...                       "event_complaint_days_since": [5.0, 100.0, 365.0]})
    >>> sentence("event:complaint", facts).tolist()
    ['complaint: 2 in the last 90 days', 'last complaint 100 days ago',
     'no complaint in the last 365 days']
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
    return found.write(needed.astype("float64").fillna(0.0), amount).astype("str").where(complete)


def _whole(values: pd.Series) -> pd.Series:
    return values.astype("float64").round().astype("int64").astype("str")


def _count(values: pd.Series, unit: str) -> pd.Series:
    text = _whole(values)
    return (text + f" {unit}s").mask(text == "1", f"1 {unit}")


def _percent(values: pd.Series) -> pd.Series:
    return _whole(values * 100) + "%"


def _overdue(facts: pd.DataFrame, _: Amount) -> pd.Series:
    typical, silent = _count(facts["typical_gap_days"], "day"), facts["days_since_last"]
    once = "one purchase, " + _count(silent, "day") + " ago; the usual gap is " + typical
    return ("usually buys every " + typical + ", silent for " + _whole(silent)).where(
        facts["frequency"] > 0, once
    )


def _frequency(facts: pd.DataFrame, _: Amount) -> pd.Series:
    days = _count(facts["frequency"] + 1, "purchase day")
    return (days + " so far, " + _whole(facts["count_90"]) + " in the last 90 days").where(
        facts["frequency"] > 0, "has bought on one day only"
    )


def _slowing_down(facts: pd.DataFrame, _: Amount) -> pd.Series:
    gap, typical = facts["gap_last"], facts["typical_gap_days"]
    recent = _count(facts["count_90"], "purchase day") + " in the last 90 days, "
    counts = recent + _whole(facts["count_180"] - facts["count_90"]) + " in the 90 before"
    gaps = "last two purchases " + _count(gap, "day") + " apart, usually " + _whole(typical)
    return counts.mask((facts["frequency"] > 0) & (gap > typical), gaps)


def _basket(facts: pd.DataFrame, amount: Amount) -> pd.Series:
    repeats, last = facts["frequency"], facts["last_amount"]
    # basket_amount is the mean of all purchase days: take the last one out
    earlier = (facts["basket_amount"] * (repeats + 1) - last) / repeats.mask(repeats == 0)
    compared = amount(last) + " on the last purchase day, " + amount(earlier) + " on average before"
    return compared.where(repeats > 0, amount(last) + " on the only purchase day")


def _value(facts: pd.DataFrame, amount: Amount) -> pd.Series:
    spends = "spends " + amount(facts["basket_amount"]) + " a purchase day, "
    return spends + amount(facts["realised_revenue"]) + " in all"


def _refunds(facts: pd.DataFrame, _: Amount) -> pd.Series:
    share = facts["refund_share"]
    return (_percent(share) + " of the amount bought was refunded").where(
        share > 0, "nothing refunded so far"
    )


def _season(facts: pd.DataFrame, _: Amount) -> pd.Series:
    return _percent(facts["season_share"]) + " of purchase days fell in the season ahead"


def _tenure(facts: pd.DataFrame, _: Amount) -> pd.Series:
    return "customer for " + _count(facts["T"], "day")


def _variety(so_far: str, recent: str, unit: str) -> Sentence:
    def write(facts: pd.DataFrame, _: Amount) -> pd.Series:
        return (
            unit
            + ": "
            + _whole(facts[so_far])
            + " so far, "
            + _whole(facts[recent])
            + (" in the last 90 days")
        )

    return Sentence((so_far, recent), write)


def _event(slug: str) -> Sentence:
    recent, since, name = f"event_{slug}_90", f"event_{slug}_days_since", slug.replace("_", " ")

    def write(facts: pd.DataFrame, _: Amount) -> pd.Series:
        ago = f"last {name} " + _count(facts[since], "day") + " ago"
        never = f"no {name} in the last {EVENT_MEMORY_DAYS} days"
        seen = ago.where(facts[since] < EVENT_MEMORY_DAYS, never)
        some = f"{name}: " + _whole(facts[recent]) + " in the last 90 days"
        return some.where(facts[recent] > 0, seen)

    return Sentence((recent, since), write)


_FAMILIES: dict[str, Sentence] = {
    "overdue": Sentence(("frequency", "typical_gap_days", "days_since_last"), _overdue),
    "frequency": Sentence(("frequency", "count_90"), _frequency),
    "slowing_down": Sentence(
        ("frequency", "gap_last", "typical_gap_days", "count_90", "count_180"), _slowing_down
    ),
    "basket": Sentence(("frequency", "last_amount", "basket_amount"), _basket, money=True),
    "value": Sentence(("basket_amount", "realised_revenue"), _value, money=True),
    "refunds": Sentence(("refund_share",), _refunds, money=True),
    "season": Sentence(("season_share",), _season),
    "tenure": Sentence(("T",), _tenure),
    "channel": _variety("n_channels", "n_channels_90", "channels"),
    "category": _variety("n_categories", "n_categories_90", "categories"),
}
