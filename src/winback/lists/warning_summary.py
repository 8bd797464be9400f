"""What to know about a churn-warning list before anybody acts on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from winback.estimators.value.level_range import LevelRange, with_level_error
from winback.lists.severity import COLOURS
from winback.messages import Message

RED_FIRST = COLOURS[::-1]
LEVEL_OF_ENDS = 0.8  # of the intervals of single customers


def summarise_warnings(
    at_risk: pd.DataFrame,
    listed: pd.DataFrame,
    *,
    capacity: int | Mapping[str, int],
    threshold: Mapping[str, Any],
    left_out: Mapping[str, int],
    defaults: Sequence[str] = (),
    currency: str | None = None,
    level_spread: float = 0.0,
) -> dict[str, Any]:
    """Count, add up and say.

    Parameters
    ----------
    at_risk
        Everybody at risk: `severity, value_at_risk`.
    listed
        The list, with the columns `CHURN_WARNING`.
    capacity
        The week's places.
    threshold
        The threshold in force, with its `meaning` and, where days of warning were asked
        for, what was measured.
    left_out
        Reason to number of customers who are not warned about whatever their risk.
    defaults
        Settings left at their defaults, as `key = value`.
    currency
        Written after amounts.
    level_spread
        How unsure the level of demand is, which all customers share; see
        `winback.estimators.value.level_range.LevelRange`.

    Returns
    -------
    dict
        Plain values and messages: `at_risk` and `listed` (colour to count), `value_at_risk`
        (colour, and `all`, to the sum over those listed, `expected`, and its 80% interval, `low`
        and `high`: the customers' own chances, which cancel out in a sum, and the level, which does
        not; None without amounts), `capacity, threshold, left_out, defaults`, and `messages` that
        say so.

    Examples
    --------
    >>> rows = pd.DataFrame({"severity": ["red", "yellow"], "value_at_risk": [20.0, 1.0],
    ...                      "value_at_risk_low": 0.0, "value_at_risk_high": 40.0})
    >>> summary = summarise_warnings(rows, rows.head(1), capacity=1, left_out={"opted out": 3},
    ...                              threshold={"meaning": "P(churn) of 0.50"})
    >>> str(summary["messages"][0])
    '1 churn warning, of 2 customers at risk (the capacity): 1 red, 0 orange, 0 yellow; 20.00 of
     margin at risk (80% interval 0.00 to 40.00, the level of demand in it)'
    """
    money = bool(listed["value_at_risk"].notna().any())
    groups = {colour: listed[listed["severity"] == colour] for colour in RED_FIRST}
    ranged = LevelRange(spread=level_spread)
    sums = {name: _sum(rows, ranged) for name, rows in {**groups, "all": listed}.items()}
    summary: dict[str, Any] = {
        "at_risk": _counts(at_risk),
        "listed": _counts(listed),
        "value_at_risk": sums if money else None,
        "capacity": dict(capacity) if isinstance(capacity, Mapping) else capacity,
        "threshold": dict(threshold),
        "left_out": dict(left_out),
        "defaults": list(defaults),
    }
    n, of = len(listed), len(at_risk)
    counted = Message(
        "warnings.counted",
        n=n,
        cut=Message("warnings.cut", n=of) if of > n else "",
        colours=[Message("warnings.colour", n=summary["listed"][c], colour=c) for c in RED_FIRST],
        value=_value(sums["all"], currency) if money else "",
    )
    unfit = [threshold["unfit"]] if threshold.get("unfit") else []
    messages = [
        *unfit,
        counted,
        Message("warnings.from", meaning=summary["threshold"]["meaning"]),
    ]
    messages += [
        Message("warnings.left_out", n=n, reason=reason) for reason, n in left_out.items() if n
    ]
    if defaults:
        messages.append(Message("warnings.defaults", settings=list(defaults)))
    return {**summary, "messages": messages}


def _value(total: Mapping[str, float], currency: str | None) -> Message:
    amount = Message("amount", value=total["expected"])
    if currency:
        amount = Message("amount.in", value=total["expected"], currency=currency)
    return Message("warnings.value", expected=amount, low=total["low"], high=total["high"])


def _counts(rows: pd.DataFrame) -> dict[str, int]:
    counts = rows["severity"].value_counts()
    return {colour: int(counts.get(colour, 0)) for colour in RED_FIRST}


def _sum(rows: pd.DataFrame, level: LevelRange) -> dict[str, float]:
    """Add up, with an 80% interval: chances cancel out, the level of demand does not."""
    total = float(rows["value_at_risk"].sum())
    half = float(np.hypot.reduce((rows["value_at_risk_high"] - rows["value_at_risk_low"]) / 2))
    ends = {"cumulative": total, "cumulative_low": total - half, "cumulative_high": total + half}
    widened = with_level_error(pd.DataFrame([ends]), level, LEVEL_OF_ENDS).iloc[0]
    names = {"expected": "cumulative", "low": "cumulative_low", "high": "cumulative_high"}
    return {name: round(float(widened[column]), 2) for name, column in names.items()}
