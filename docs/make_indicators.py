# ruff: noqa: INP001 - a script beside what it writes, no package
"""Write the table of `docs/indicators.md` from the catalogue: `python docs/make_indicators.py`."""

from __future__ import annotations

from pathlib import Path

from winback.indicators.definition import (
    Conversion,
    Cumulative,
    Derived,
    Indicator,
    Ratio,
    Simple,
    read_catalogue,
)
from winback.messages import Words

PAGE = Path(__file__).with_name("indicators.md")
MARK = "<!-- made by `python docs/make_indicators.py` -->\n"


def meaning(one: Indicator) -> str:
    """Say in a few signs how an indicator is computed."""
    if isinstance(one, Ratio):
        per = f" x {one.per:g}" if one.per != 1 else ""
        return f"`{one.numerator.column}` / `{one.denominator.column}`{per}"
    if isinstance(one, Cumulative):
        days = "ever" if one.days == 3660 else f"in the last {one.days} days"
        return f"customers with `{one.event}` {days}"
    if isinstance(one, Conversion):
        days = f"{one.ends.replace('_', ' ')} {one.days} days"
        return f"of `{one.begins}`: `{one.event}` {days}"
    if isinstance(one, Derived):
        return f"`{one.formula}`"
    return _simple(one)


def _simple(one: Simple) -> str:
    if one.top_share:
        return f"revenue of the best {one.top_share:.0%} of the period's customers"
    return f"{one.of_orders} of purchase days" if one.sum is None else f"`{one.sum.column}`"


def page() -> str:
    """Return the page with its table as the catalogue has it."""
    words = Words()
    rows = [
        f"| `{one.id}` | {words.label('indicator', one.id)} | {meaning(one)} |"
        for one in read_catalogue().values()
    ]
    head = PAGE.read_text("utf-8").partition(MARK)[0]
    return "\n".join([head + MARK, "| id | | how |", "|---|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
