"""Lists as people read them: twelve columns at most, in reading order, in the reader's words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Literal

import pandas as pd

from winback.lists.columns import REASON_MESSAGES, REASONS, Columns, Kind, conform
from winback.lists.playbook.playbook_rules import CHURN_WARNING, NO_OFFER, WIN_BACK
from winback.messages import Message, Words

ListName = Literal["churn_warning", "win_back"]

_BOTH: dict[str, Kind] = {
    "rank": "count",
    "customer_id": "text",
    "why": "text",
    "what": "text",
    "through": "text",
    "owner": "text",
    "by_when": "date",
    "expected_gain": "money",
    "value": "money",
    "last_purchase": "date",
    "tier": "text",
}
FOR_PEOPLE: dict[str, dict[str, Kind]] = {
    CHURN_WARNING: {**_BOTH, "colour": "text"},
    WIN_BACK: {**_BOTH, "step": "text"},
}
"""Of each list the columns that people read, in reading order."""

# the people's column: the list's own
_NUMBERS = {
    CHURN_WARNING: {"expected_gain": "expected_profit", "value": "value_at_risk"},
    WIN_BACK: {"expected_gain": "expected_incremental_margin", "value": "expected_margin"},
}


def for_people(rows: pd.DataFrame, name: ListName, words: Words) -> pd.DataFrame:
    """Say a list in the reader's words.

    Parameters
    ----------
    rows
        A list with all its columns (`winback.lists.columns`), as made or as read from its Parquet
        file. A column that an earlier winback did not write is missing here as well.
    name
        Which list.
    words
        The reader's language.

    Returns
    -------
    pandas.DataFrame
        The columns `FOR_PEOPLE[name]`: rank and customer; why they are listed; what to do, through
        which channel, by whom and until when; what it is expected to bring, and the value at stake
        (on warnings what leaving costs times its risk; on the win-back list the margin of the
        first order after a return), both money; the last purchase; tier; colour, or step of the
        sequence. Numbers stay numbers and days days.

    Examples
    --------
    >>> rows = pd.DataFrame({"rank": [1], "customer_id": "a", "severity": "red",
    ...     "action": "call", "offer": "voucher", "channel": "phone", "value_at_risk": 80.0,
    ...     "reason_messages": reasons_as_json([[Message("because.bought_once")]])})
    >>> for_people(rows, "churn_warning", Words("en")).T[0].dropna().to_dict()
    {'rank': 1, 'customer_id': 'a', 'why': 'has bought on one day only', 'what': 'call (voucher)',
     'through': 'phone', 'value': 80.0, 'colour': 'red'}
    >>> for_people(rows, "churn_warning", Words("zh")).loc[0, ["why", "through", "colour"]].tolist()
    ['只在一天购买过', '电话', '红']
    """
    columns = FOR_PEOPLE[name]
    rows = rows.reset_index(drop=True)

    def own(column: str) -> pd.Series:
        return rows[column] if column in rows else pd.Series(None, rows.index, dtype="str")

    def named(column: str, kind: str) -> pd.Series:
        return own(column).map(lambda value: words.label(kind, value), na_action="ignore")

    said = {
        "rank": own("rank"),
        "customer_id": own("customer_id"),
        "why": _why(rows, words),
        "what": _what(own("action"), own("offer"), own("next_category"), words),
        "through": named("channel", "channel"),
        "owner": own("owner"),
        "by_when": own("expires_at"),
        **{ours: own(theirs) for ours, theirs in _NUMBERS[name].items()},
        "last_purchase": own("last_purchase_at"),
        "tier": named("tier", "tier"),
        "colour": named("severity", "severity"),
        "step": named("step", "step"),
    }
    return conform(pd.DataFrame({column: said[column] for column in columns}), columns)


def headings(columns: Columns, words: Words) -> dict[str, str]:
    """Return what the reader calls each of these columns.

    Examples
    --------
    >>> headings(FOR_PEOPLE["win_back"], Words("en"))["expected_gain"]
    'Expected gain'
    """
    return {name: words(f"sheet.{name}") for name in columns}


def reasons_as_json(reasons: Iterable[Iterable[Message | None]]) -> list[str]:
    """Keep each customer's reasons as a text from which every language can be said.

    Examples
    --------
    >>> reasons_as_json([[Message("because.bought_once"), None]])
    ['[{"code": "because.bought_once", "facts": {}}]']
    """
    return [
        json.dumps([said.as_data() for said in own if isinstance(said, Message)]) for own in reasons
    ]


def _why(rows: pd.DataFrame, words: Words) -> pd.Series:
    (kept,) = REASON_MESSAGES
    if kept in rows and rows[kept].notna().any():
        return rows[kept].map(
            lambda text: words("clause.next").join(
                Message.of(data).say(words) for data in json.loads(text)
            ),
            na_action="ignore",
        )
    # a list of an earlier winback has its reasons in English
    written = rows[[name for name in REASONS if name in rows]]
    together = pd.Series("", rows.index, dtype="str")
    for name in written:
        part = written[name].fillna("")
        together += (words("clause.next") + part).where((together != "") & (part != ""), part)
    return together.replace("", None)


def _what(action: pd.Series, offer: pd.Series, category: pd.Series, words: Words) -> pd.Series:
    """Return the action, the offer beside it where there is one, and what is likely bought next."""
    does = _with_offer(action, offer, words)
    both = [
        words("sheet.action_with_next", action=what, next=name)
        for what, name in zip(does, category, strict=True)
    ]
    said = category.notna() & does.notna()
    return does.mask(said, pd.Series(both, does.index, dtype="str"))


def _with_offer(action: pd.Series, offer: pd.Series, words: Words) -> pd.Series:
    named = offer.map(lambda value: words.label("offer", value), na_action="ignore")
    both = [
        words("sheet.action_with_offer", action=does, offer=gives)
        for does, gives in zip(action, named, strict=True)
    ]
    offers = offer.notna() & (offer != NO_OFFER) & action.notna()
    return action.mask(offers, pd.Series(both, action.index, dtype="str"))
