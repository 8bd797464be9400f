"""What a rule would have done: how often, how long, and how soon it would see a lasting fall."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from winback.monitoring.alerts import replay
from winback.monitoring.conditions import Judged, judge
from winback.monitoring.rules import Benchmark, Rule

FALL: Final = 0.30
"""The lasting fall whose detection is rehearsed, as a share."""


def rehearse(
    table: pd.DataFrame,
    rules: Sequence[Rule],
    benchmarks: Sequence[Benchmark] = (),
    *,
    since: date,
    as_of: date,
) -> pd.DataFrame:
    """Replay rules over the past, as if they had been on.

    Parameters
    ----------
    table
        Rows of `winback.indicators.over_time.Indicators.table`.
    rules, benchmarks
        See `winback.monitoring.rules.read_rules`.
    since, as_of
        Only cases that opened after `since` count.

    Returns
    -------
    DataFrame
        One row a rule: ``rule``, ``subjects``, ``periods`` (since then, of all subjects, that
        could be judged), ``fired`` (cases), ``a_year`` (cases per subject and year), ``share`` (of
        these periods, at whose end it fired), ``longest`` (days), and ``seen`` and ``seen_after``:
        were the indicator to fall by 30% and stay there, the share of beginnings (each period in
        turn) after which the rule would have fired within 12 periods, and their median number of
        periods; missing where no beginning could be tried, or the rule was firing anyway.
    """
    return pd.DataFrame([_one(table, rule, benchmarks, since, as_of) for rule in rules])


def _one(
    table: pd.DataFrame, rule: Rule, benchmarks: Sequence[Benchmark], since: date, as_of: date
) -> dict[str, object]:
    days = max((as_of - since).days, 1)
    subjects = judge(table, rule, benchmarks)
    cases = [
        case
        for subject in subjects
        for case in replay(subject)
        if case.kind == "rule" and case.opened is not None and case.opened > since
    ]
    tried, firing = _periods(subjects, since)
    waits = [wait for one in subjects for wait in _waits(table, rule, benchmarks, one.segment)]
    seen = [wait for wait in waits if wait is not None]
    return {
        "rule": rule.id,
        "subjects": len(subjects),
        "periods": tried,
        "fired": len(cases),
        "a_year": len(cases) / max(len(subjects), 1) * 365.25 / days,
        "share": firing / tried if tried else np.nan,
        "longest": max((case.days_open(as_of) for case in cases), default=0),
        "seen": len(seen) / len(waits) if waits else np.nan,
        "seen_after": float(np.median(seen)) if seen else np.nan,
    }


def _periods(subjects: Sequence[Judged], since: date) -> tuple[int, int]:
    """Count the periods after a day that could be judged, and those at whose end a case fired."""
    tried = firing = 0
    for one in subjects:
        spans = [
            (case.opened, case.ended or date.max)
            for case in replay(one)
            if case.kind == "rule" and case.opened is not None
        ]
        for day, holds in zip(one.periods, one.holds, strict=True):
            if day > since and holds >= 0:
                tried += 1
                firing += any(opened <= day < ended for opened, ended in spans)
    return tried, firing


_WITHIN: Final = 12


def _waits(
    table: pd.DataFrame, rule: Rule, benchmarks: Sequence[Benchmark], segment: str
) -> list[int | None]:
    """Let the indicator fall at each period in turn; count the periods until the rule fires."""
    rows = (
        (table["grain"] == rule.grain)
        & (table["dimension"] == rule.dimension)
        & (table["indicator"] == rule.indicator)
        & (table["segment"] == segment)
    )
    subject = table[rows].sort_values("period")
    shop = table[(table["grain"] == rule.grain) & (table["dimension"] == "all")]
    orders = shop[shop["indicator"] == "orders"]
    whole = subject[subject["mature"]]
    waits: list[int | None] = []
    for start in range(len(whole) - _WITHIN):
        begun = whole["period"].iloc[start]
        after = subject["period"] >= begun
        fallen = subject.assign(value=subject["value"].where(~after, subject["value"] * (1 - FALL)))
        part = (
            fallen
            if rule.indicator == "orders" and rule.dimension == "all"
            else pd.concat([fallen, orders])
        )
        part = part[part["period"] <= whole["period"].iloc[start + _WITHIN - 1]]
        for one in judge(part, rule, benchmarks):
            if one.segment != segment:
                continue
            until = whole["until"].iloc[start]
            cases = [case for case in replay(one) if case.kind == "rule" and case.opened]
            fresh = [case.opened for case in cases if case.opened and case.opened >= until]
            if any(
                case.opened and case.opened < until and (case.ended is None or case.ended >= until)
                for case in cases
            ):
                continue  # it was firing anyway
            if np.isnan(one.expected[start]):
                continue  # too early to be judged at all
            waits.append(_place(whole, start, fresh[0]) if fresh else None)
    return waits


def _place(whole: pd.DataFrame, start: int, day: date) -> int:
    return int((whole["until"].iloc[start:] <= day).sum())
