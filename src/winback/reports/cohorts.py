"""Cohorts: who came back in which month after the first purchase, and what they have brought."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import ibis.expr.types as ir

from winback.reports.plain import plain

MOST = 24
UNITS = {"M": 1, "Q": 3}


def cohort_rows(days: ir.Table, unit: str) -> list[dict[str, Any]]:
    """Count buyers and sum amounts by cohort and age, inside the engine.

    Parameters
    ----------
    days
        Purchase days: ``customer_id, day, amount``.
    unit
        ``"M"`` (months) or ``"Q"`` (quarters).

    Returns
    -------
    list of dict
        ``cohort`` (first day of the period of the first purchase), ``age`` (periods since),
        ``customers`` (who bought in it), ``amount``.
    """
    first = days.group_by("customer_id").aggregate(first_day=days.day.min())
    joined = days.join(first, "customer_id")
    months = (joined.day.year() - joined.first_day.year()) * 12
    if unit == "Q":
        age = (months // 3) + joined.day.quarter() - joined.first_day.quarter()
    else:
        age = months + joined.day.month() - joined.first_day.month()
    rows = joined.mutate(cohort=joined.first_day.truncate(unit).cast("date"), age=age)
    found = rows.group_by(["cohort", "age"]).aggregate(
        customers=rows.customer_id.nunique(), amount=rows.amount.cast("decimal(38, 6)").sum()
    )
    ordered = found.mutate(amount=found.amount.cast("float64")).order_by(["cohort", "age"])
    listed: list[dict[str, Any]] = ordered.to_pyarrow().to_pylist()
    return listed


def unit_of(first_day: date, as_of: date) -> str:
    """Return months for a history of up to two years, quarters for a longer one.

    Examples
    --------
    >>> unit_of(date(2024, 1, 1), date(2025, 6, 30)), unit_of(date(2020, 1, 1), date(2025, 6, 30))
    ('M', 'Q')
    """
    return "M" if (as_of.year - first_day.year) * 12 + as_of.month - first_day.month < MOST else "Q"


def cohorts(
    rows: Sequence[Mapping[str, Any]], unit: str, as_of: date | str
) -> dict[str, Any] | None:
    """Put the counts into one entry a cohort, and mark the period that is not over.

    Parameters
    ----------
    rows
        As from `cohort_rows`.
    unit
        ``"M"`` or ``"Q"``.
    as_of
        The last known day: a period that ends after it is immature.

    Returns
    -------
    dict or None
        ``unit`` and ``cohorts`` (the newest 24): ``cohort, customers``, and by age ``retention``
        (share of the cohort who bought) and ``cumulative`` (amount per customer so far), from age
        0 on; ``mature``: how many of these periods are over. ``None`` with fewer than two.

    Examples
    --------
    >>> told = cohorts([{"cohort": "2024-01-01", "age": 0, "customers": 4, "amount": 40.0},
    ...                 {"cohort": "2024-01-01", "age": 2, "customers": 1, "amount": 8.0},
    ...                 {"cohort": "2024-02-01", "age": 0, "customers": 1, "amount": 9.0}],
    ...                "M", "2024-03-15")["cohorts"][0]
    >>> told["retention"], told["cumulative"], told["mature"]
    ([1.0, 0.0, 0.25], [10.0, 10.0, 12.0], 2)
    """
    last = date.fromisoformat(str(as_of)[:10])
    by_cohort: dict[date, dict[int, Mapping[str, Any]]] = {}
    for row in rows:
        start = date.fromisoformat(str(row["cohort"])[:10])
        by_cohort.setdefault(start, {})[int(row["age"])] = row
    if len(by_cohort) < 2:
        return None
    return {
        "unit": unit,
        "cohorts": [_cohort(start, by_cohort[start], unit, last) for start in sorted(by_cohort)][
            -MOST:
        ],
    }


def _cohort(
    start: date, ages: Mapping[int, Mapping[str, Any]], unit: str, last: date
) -> dict[str, Any]:
    size = int(ages[0]["customers"])
    begun = (last.year * 12 + last.month - start.year * 12 - start.month) // UNITS[unit] + 1
    retention, cumulative, total = [], [], 0.0
    for age in range(begun):
        row = ages.get(age)
        total += float(row["amount"]) if row else 0.0
        retention.append(plain((int(row["customers"]) if row else 0) / size))
        cumulative.append(plain(total / size))
    ends = [_end(start, age, unit) for age in range(begun)]
    return {
        "cohort": start.isoformat(),
        "customers": size,
        "retention": retention,
        "cumulative": cumulative,
        "mature": sum(end <= last for end in ends),
    }


def _end(start: date, age: int, unit: str) -> date:
    """Return the last day of the period `age` periods after that of `start`."""
    month = start.year * 12 + start.month - 1 + UNITS[unit] * (age + 1) - 1
    year, month = divmod(month, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])
