"""The words of the first page: what to decide, whom it is about, what must be known before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from winback.lists.for_people import FOR_PEOPLE, for_people, headings
from winback.messages import Words, capital
from winback.reports.verdict import warning

SHOWN = ("rank", "customer_id", "why", "what", "through", "owner", "expected_gain")
PROSE = {"why", "what"}
_KEEPS = {
    None: "basis.save_rate",
    True: "basis.save_rate.tested",
    False: "basis.save_rate.untested",
}
OWNERS = 2  # more names than these say nobody


def read_first(report: Mapping[str, Any], words: Words) -> list[str]:
    """Return the sentences that change a decision, worst first."""
    return [warning(entry, words) for entry in report["week"]["first"]]


def cards(report: Mapping[str, Any], words: Words) -> list[dict[str, Any]]:
    """Return the decisions of the week: what, the money in one line, who, until when, which file.

    Returns
    -------
    list of dict
        ``title, money, basis, who, by, file``; texts, None where there is nothing to say.
    """
    return [_card(entry, words) for entry in report["week"]["decisions"]]


def _card(entry: Mapping[str, Any], words: Words) -> dict[str, Any]:
    code = entry["code"]
    facts = {name: value for name, value in entry.items() if name not in {"code", "owners"}}
    return {
        "title": words(f"decide.{code}", **facts),
        "money": money_line(entry, words),
        "basis": _basis(entry, words),
        "who": words("comma").join(entry["owners"][:OWNERS]) or None,
        "by": entry["by"],
        "file": entry["file"],
    }


def money_line(entry: Mapping[str, Any], words: Words) -> str | None:
    """Say in one line what something costs, brings and leaves, as expected and at worst.

    Examples
    --------
    >>> entry = {"costs": 24.0, "brings": 41.0, "leaves": 17.0, "worst": 60.0}
    >>> print(money_line(entry, Words(currency="EUR")))
    Costs EUR 24, brings EUR 41 of margin, leaves EUR 17; at worst costs EUR 60 and brings nothing.
    """
    costs, brings, leaves, worst = (entry[part] for part in ("costs", "brings", "leaves", "worst"))
    if brings is None:
        return None
    if costs is None or leaves is None:
        return words("money.brings", brings=brings)
    at_worst = words("money.worst", worst=worst) if worst is not None else ""
    return words("money.line", costs=costs, brings=brings, leaves=leaves, worst=at_worst)


def _basis(entry: Mapping[str, Any], words: Words) -> str | None:
    """Say on what the gain rests: on what was measured, or on what is assumed."""
    if entry["code"].startswith("warn") and entry["brings"] is not None:
        return words(_KEEPS[entry.get("tested")], rate=entry["rate"])
    if entry["code"] == "margin":
        return words("basis.margin")
    if entry["code"] == "call_back":
        return words("basis.measured" if entry["measured"] else "basis.assumed")
    return None


def table_of(name: str, entry: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """Return the first rows of a list as people read them.

    Returns
    -------
    dict
        ``columns``, ``heads`` and ``rows``: of each row ``colour`` (None on the win-back list) and
        ``cells``, a pair of column and text each.
    """
    rows = pd.DataFrame(entry["rows"])
    if rows.empty:
        return {"heads": [], "rows": []}
    for day in ("expires_at", "last_purchase_at"):
        if day in rows:
            rows[day] = pd.to_datetime(rows[day])
    said = for_people(rows, name, words)  # type: ignore[arg-type]  # one of the two lists
    shown = [column for column in SHOWN if said[column].notna().any()]
    titles = headings(FOR_PEOPLE[name], words)
    if "expected_gain" in shown and words.currency:
        title = words("change.in", name=titles["expected_gain"], unit=words.currency)
        titles["expected_gain"] = title
    plain = Words(words.language)
    colours = rows["severity"] if "severity" in rows else pd.Series(None, rows.index, dtype="str")
    return {
        "columns": shown,
        "heads": [titles[column] for column in shown],
        "prose": [place for place, column in enumerate(shown) if column != "expected_gain"],
        "rows": [
            {
                "colour": colour if isinstance(colour, str) else None,
                "cells": [(column, _cell(row[column], column, plain)) for column in shown],
            }
            for colour, row in zip(colours, said[shown].to_dict("records"), strict=True)
        ],
    }


def _cell(value: Any, column: str, words: Words) -> str:
    if pd.isna(value):
        return words("missing")
    if column == "expected_gain":
        return words.money(float(value))
    if column == "why":  # the first reason; the file has them all
        value = str(value).partition(words("clause.next"))[0]
    return capital(str(value)) if column in PROSE else str(value)
