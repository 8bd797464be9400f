"""Take persons out of the files of the last set: rows, and what the report shows of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from winback.workflows.results import Results

REPORT, PAGE = "report.json", "report.html"


@dataclass
class Erased:
    """What was taken out of a set.

    Attributes
    ----------
    rows
        How many rows, by file.
    found
        Which of the names stood in any file.
    arms
        ``(list_id, arm, name)`` of those who were on a list with arms.
    """

    rows: dict[str, int] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    arms: set[tuple[str, str, str]] = field(default_factory=set)


def take_out_of_files(
    results: Results, files: Mapping[str, Path], names: Collection[str]
) -> Erased:
    """Stage every file of a set that names one of them, without them.

    Parameters
    ----------
    results
        The output folder; nothing of it has been staged yet.
    files
        The set: what each is called, and where it lies.
    names
        What files call them.

    Returns
    -------
    Erased
        What was taken out. A file that names none of them is not written.
    """
    from winback.lists.without_persons import take_out

    erased = Erased()
    for name, path in files.items():
        if name.endswith(".json"):
            rows, found = _record(path, results.staged(name), names)
        else:
            taken = take_out(path, results.staged(name), names)
            rows, found = taken.rows, taken.found
            if not name.endswith("_excluded.parquet"):  # who was not reached has an arm, too
                erased.arms |= taken.arms
        if rows:
            erased.rows[name] = rows
            erased.found |= found
    if REPORT in erased.rows and PAGE in files:
        _draw_anew(results)
        erased.rows[PAGE] = erased.rows[REPORT]
    return erased


def _record(source: Path, target: Path, names: Collection[str]) -> tuple[int, set[str]]:
    """Leave out of a JSON document what it records of them."""
    record = json.loads(source.read_text(encoding="utf-8"))
    found: list[str] = []
    without = _without(record, names, found)
    if found:
        text = json.dumps(without, indent=1, ensure_ascii=False, allow_nan=False)
        target.write_text(text + "\n", encoding="utf-8", newline="\n")
    return len(found), set(found)


def _without(value: Any, names: Collection[str], found: list[str]) -> Any:
    if isinstance(value, list):
        kept = []
        for item in value:
            who = item.get("customer_id") if isinstance(item, dict) else None
            if isinstance(who, str) and who in names:
                found.append(who)
            else:
                kept.append(_without(item, names, found))
        return kept
    if isinstance(value, dict):
        return {key: _without(item, names, found) for key, item in value.items()}
    return value


def _draw_anew(results: Results) -> None:
    """Draw the page from its data, which no longer name them."""
    from winback.reports.page import write_report

    report = json.loads(results.staged(REPORT).read_text(encoding="utf-8"))
    write_report(report, results.staged(PAGE))
