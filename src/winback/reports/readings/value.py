"""What the charts of value say, in one plain sentence each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from winback.messages import Words
from winback.reports.readings import off
from winback.reports.value import MOST_FREQUENT


def tracking_reading(weeks: Sequence[dict[str, Any]], words: Words) -> str:
    """Return how many purchases happened and were expected, held-out weeks first of all."""
    unseen = [week for week in weeks if week["held_out"]]
    counted = unseen or weeks
    actual, expected = (sum(week[side] or 0 for week in counted) for side in ("actual", "expected"))
    return words(
        "chart.tracking.reading.held_out" if unseen else "chart.tracking.reading",
        weeks=words.number(len(counted)),
        actual=words.number(round(actual)),
        expected=words.number(round(expected)),
        off=off(expected, actual, words),
    )


def cumulative_reading(added: Sequence[dict[str, Any]], words: Words) -> str:
    """Return the totals by the last day."""
    last = added[-1]
    return words(
        "chart.cumulative.reading",
        actual=words.number(round(last["actual"])),
        expected=words.number(round(last["expected"])),
        off=off(last["expected"], last["actual"], words),
    )


def forecast_reading(rows: Sequence[dict[str, Any]], kind: str, words: Words) -> str:
    """Return how much is expected by the end, and how sure that is."""
    last = rows[-1]

    def write(value: float) -> str:
        return words.number(round(value)) if kind == "forecast" else words.money(value)

    return words(
        f"chart.{kind}.reading",
        day=words.day(last["day"]),
        expected=write(last["cumulative"]),
        low=write(last["cumulative_low"]),
        high=write(last["cumulative_high"]),
    )


def stability_reading(told: dict[str, Any], words: Words) -> str:
    """Return which parameter has moved the most, and between which values."""
    known = {
        name: [value for value in values["value"] if value is not None]
        for name, values in told["parameters"].items()
    }
    moves = {
        name: max(values) / min(values)
        for name, values in known.items()
        if values and min(values) > 0
    }
    name = max(moves, key=lambda key: moves[key], default=next(iter(known)))
    last = told["parameters"][name]
    low, high = last["low"][-1], last["high"][-1]
    inside = low is not None and all(low <= value <= high for value in known[name])
    return words(
        "chart.stability.reading.inside" if inside else "chart.stability.reading",
        runs=words.number(len(told["runs"])),
        name=words.label("parameter", name),
        low=words.parameter(name, min(known[name], default=None)),
        high=words.parameter(name, max(known[name], default=None)),
    )


def frequency_name(frequency: int) -> str:
    """Return how often, in figures; the last group is open."""
    return f"{frequency}+" if frequency >= MOST_FREQUENT else str(frequency)


def by_frequency_reading(rows: Sequence[dict[str, Any]], words: Words) -> str:
    """Return the group of frequency in which most purchases were missed."""
    worst = max(rows, key=lambda row: row["n"] * abs(row["predicted"] - row["actual"]))
    return words(
        "chart.by_frequency.reading",
        frequency=frequency_name(worst["frequency"]),
        predicted=words.number(worst["predicted"]),
        actual=words.number(worst["actual"]),
        off=off(worst["predicted"], worst["actual"], words),
    )


def matrix_reading(told: dict[str, Any], kind: str, words: Words) -> str:
    """Return what the model says of a frequent customer seen lately, and of one long silent."""
    at = min(5, len(told["frequencies"]) - 1)
    column = [row[at] for row in told[kind]]
    half = len(column) // 2
    write = words.share if kind == "p_alive" else words.number
    return words(
        f"chart.matrix_{kind}.reading",
        frequency=words.number(told["frequencies"][at]),
        fresh=write(column[-1]),
        silent=write(column[half]),
        days=words.number(told["T"] - told["recencies"][half]),
    )


def cohort_start(day: str, rows: Sequence[dict[str, Any]]) -> str:
    """Return the month or, where all rows begin one, the quarter that begins on a day.

    Examples
    --------
    >>> cohort_start("2024-04-01", [{"cohort": "2024-04-01"}, {"cohort": "2024-07-01"}])
    '2024 Q2'
    """
    quarters = all((int(row["cohort"][5:7]) - 1) % 3 == 0 for row in rows)
    return f"{day[:4]} Q{(int(day[5:7]) + 2) // 3}" if quarters else day[:7]


def cohort_value_reading(rows: Sequence[dict[str, Any]], words: Words) -> str:
    """Return what a customer of the newest cohorts is worth beside one of the oldest."""
    worth = [(row["realised"] + row["expected"]) / row["customers"] for row in rows]
    return words(
        "chart.cohort_value.reading",
        first=cohort_start(rows[0]["cohort"], rows),
        then=words.money(worth[0]),
        last=cohort_start(rows[-1]["cohort"], rows),
        now=words.money(worth[-1]),
    )
