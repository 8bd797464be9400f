"""What to know about a churn-warning list before anybody acts on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from winback.lists.severity import LEVELS

COLOURS = LEVELS[:0:-1]  # red first


def summarise_warnings(
    at_risk: pd.DataFrame,
    listed: pd.DataFrame,
    *,
    capacity: int | Mapping[str, int],
    threshold: Mapping[str, Any],
    left_out: Mapping[str, int],
    defaults: Sequence[str] = (),
    currency: str | None = None,
) -> dict[str, Any]:
    """Count, add up and put into words.

    Parameters
    ----------
    at_risk
        Everybody at risk: `severity, value_at_risk`.
    listed
        The list, with the columns `CHURN_WARNING`.
    capacity
        The week's places.
    threshold
        The threshold in force, with its `meaning` in words and, where days of warning were asked
        for, what was measured.
    left_out
        Reason to number of customers who are not warned about whatever their risk.
    defaults
        Settings left at their defaults, as `key = value`.
    currency
        Written after amounts.

    Returns
    -------
    dict
        Plain values only: `at_risk` and `listed` (colour to count), `value_at_risk` (colour, and
        `all`, to the sum over those listed, `expected`, and of the ends of their intervals, `low`
        and `high`: how far it would reach if all came out low, or high, together; None without
        amounts), `capacity, threshold, left_out, defaults` and `sentences`.

    Examples
    --------
    >>> rows = pd.DataFrame({"severity": ["red", "yellow"], "value_at_risk": [20.0, 1.0],
    ...                      "value_at_risk_low": 0.0, "value_at_risk_high": 40.0})
    >>> told = summarise_warnings(rows, rows.head(1), capacity=1, left_out={"opted out": 3},
    ...                           threshold={"meaning": "P(churn) of 0.50"})
    >>> told["sentences"][0]
    '1 churn warning, of 2 customers at risk (the capacity): 1 red, 0 orange, 0 yellow; 20.00 of
     margin at risk (0.00 if all came out low, 40.00 if all high)'
    """
    money = bool(listed["value_at_risk"].notna().any())
    groups = {colour: listed[listed["severity"] == colour] for colour in COLOURS}
    sums = {name: _sum(rows) for name, rows in {**groups, "all": listed}.items()}
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
    cut = f", of {of:,} customers at risk (the capacity)" if of > n else ""
    colours = ", ".join(f"{summary['listed'][colour]:,} {colour}" for colour in COLOURS)
    everybody, of_what = sums["all"], f" {currency}" if currency else ""
    lost = (
        f"; {everybody['expected']:,.2f}{of_what} of margin at risk "
        f"({everybody['low']:,.2f} if all came out low, {everybody['high']:,.2f} if all high)"
        if money
        else ""
    )
    sentences = [f"{n:,} churn {'warning' if n == 1 else 'warnings'}{cut}: {colours}{lost}"]
    sentences.append(f"warned from: {summary['threshold']['meaning']}")
    sentences += [
        f"{count:,} {'customer is' if count == 1 else 'customers are'} not warned about: {reason}"
        for reason, count in left_out.items()
        if count
    ]
    if defaults:
        sentences.append(f"left at their defaults: {', '.join(defaults)}")
    return {**summary, "sentences": sentences}


def _counts(rows: pd.DataFrame) -> dict[str, int]:
    counts = rows["severity"].value_counts()
    return {colour: int(counts.get(colour, 0)) for colour in COLOURS}


def _sum(rows: pd.DataFrame) -> dict[str, float]:
    columns = {"expected": "", "low": "_low", "high": "_high"}
    return {name: round(float(rows[f"value_at_risk{at}"].sum()), 2) for name, at in columns.items()}
