"""Why a customer is on the win-back list, as messages with the customer's own numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from winback.lists.columns import REASON_CODES, REASON_MESSAGES, REASONS
from winback.lists.for_people import reasons_as_json
from winback.lists.selection import EXPLORATION
from winback.messages import Message

LEAST_GAPS = 3
"""Fewer gaps between purchases are no habit to speak of."""


def win_back_reasons(
    chosen: pd.DataFrame, *, measured: bool, currency: str | None = None
) -> pd.DataFrame:
    """Say why each customer is on the list: the silence, what a return brings, what a contact adds.

    Parameters
    ----------
    chosen
        Rows of the list: `days_since_last, expected_margin, p_return_untreated, uplift,
        chosen_by` and, where known, `frequency` and `overdue_ratio`.
    measured
        Whether the gain by a contact has been measured; else it is said to be assumed.
    currency
        Written after amounts.

    Returns
    -------
    pandas.DataFrame
        Aligned: `reason_1, reason_2, reason_3` (messages), `reason_1_code, …` (`silence`,
        `uplift` or, for those drawn by lot, `exploration`, `return_value`; missing without
        amounts), and `reason_messages` (see `winback.lists.for_people`).

    Examples
    --------
    >>> row = pd.DataFrame({"days_since_last": [200.0], "frequency": [4.0], "overdue_ratio": [5.0],
    ...     "expected_margin": [30.0], "p_return_untreated": [0.05], "uplift": [0.02],
    ...     "chosen_by": ["ranking"]})
    >>> for reason in win_back_reasons(row, measured=False).iloc[0, :3]:
    ...     print(reason)
    silent for 200 days, 5.0 times the usual gap of 40 days
    a contact is assumed to raise the chance of a return from 5.0% to 7.0%
    a return brings about 30.00
    """
    rows: list[dict[Any, Any]] = chosen.to_dict("records")
    said = [_of(row, measured=measured, currency=currency) for row in rows]
    words = [[reason[1] for reason in own] for own in said]
    codes = [[reason[0] for reason in own] for own in said]
    result = pd.DataFrame(
        {
            **{name: [own[place] for own in words] for place, name in enumerate(REASONS)},
            **{name: [own[place] for own in codes] for place, name in enumerate(REASON_CODES)},
        },
        index=chosen.index,
        dtype=object,
    )
    kept = pd.Series(reasons_as_json(words), chosen.index, dtype="str")
    return result.assign(**dict.fromkeys(REASON_MESSAGES, kept))


def _of(
    row: Mapping[str, Any], *, measured: bool, currency: str | None
) -> list[tuple[str | None, Message | None]]:
    adds = (
        ("exploration", Message("called.by_lot"))
        if row["chosen_by"] == EXPLORATION
        else ("uplift", _adds(row, measured=measured))
    )
    brings: tuple[str | None, Message | None] = (None, None)
    if pd.notna(row["expected_margin"]):
        amount = Message("amount", value=float(row["expected_margin"]))
        if currency:
            amount = Message("amount.in", value=float(row["expected_margin"]), currency=currency)
        brings = ("return_value", Message("called.brings", amount=amount))
    return [("silence", _silent(row)), adds, brings]


def _adds(row: Mapping[str, Any], *, measured: bool) -> Message:
    before = float(row["p_return_untreated"])
    after = before + float(row["uplift"])
    if measured:
        return Message("called.adds", before=before, after=after)
    return Message("called.adds_assumed", before=before, after=after)


def _silent(row: Mapping[str, Any]) -> Message:
    silent = _days(row["days_since_last"])
    ratio, repeats = row.get("overdue_ratio"), row.get("frequency")
    if repeats is None or pd.isna(repeats):
        return Message("called.silent", silent=silent)
    if repeats >= LEAST_GAPS and pd.notna(ratio) and ratio > 0:
        gap = _days(row["days_since_last"] / ratio)
        return Message("called.overdue", silent=silent, ratio=float(ratio), gap=gap)
    if repeats == 0:
        return Message("called.bought_once", silent=silent)
    return Message("called.silent_after", silent=silent, n=round(repeats + 1))


def _days(n: float) -> Message:
    whole = round(n)
    return Message("span.day", n=whole) if whole == 1 else Message("span.days", n=whole)
