"""What the charts of the cohorts say, in one plain sentence each."""

from __future__ import annotations

from typing import Any

from winback.messages import Words


def cohort_name(row: dict[str, Any], unit: str, words: Words) -> str:
    """Return a cohort's month or quarter with its size."""
    year, month = row["cohort"][:4], int(row["cohort"][5:7])
    name = f"{year}-{month:02}" if unit == "M" else f"{year} Q{(month + 2) // 3}"
    return f"{name} ({words.number(row['customers'])})"


def retention_reading(told: dict[str, Any], words: Words) -> str:
    """Return the share who came back one and six periods later, over all whole cohorts."""
    shares = {}
    for age in (1, 6):
        rows = [row for row in told["cohorts"] if row["mature"] > age]
        n = sum(row["customers"] for row in rows)
        back = sum(row["customers"] * row["retention"][age] for row in rows)
        shares[age] = back / n if n else None
    return words(
        f"chart.retention.reading.{told['unit']}"
        if shares[6] is not None
        else f"chart.retention.reading.short.{told['unit']}",
        one=words.share(shares[1]),
        six=words.share(shares[6]),
    )


def cumulative_value_reading(told: dict[str, Any], words: Words) -> str:
    """Return what a customer of the oldest cohort brought at first, and by now."""
    first = next(row for row in told["cohorts"] if row["mature"])
    return words(
        "chart.cumulative_value.reading",
        cohort=cohort_name(first, told["unit"], words),
        start=words.money(first["cumulative"][0]),
        now=words.money(first["cumulative"][first["mature"] - 1]),
    )
