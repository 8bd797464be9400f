"""The sections of the page: each is a template of its name, and shown where it has data.

Charts are not listed here: each says in which place of a section it stands. A page for other
readers is another list of sections.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Report = Mapping[str, Any]
Places = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Parameters
    ----------
    name
        Of its template ``section_NAME.html.j2``, its heading ``section.NAME`` and its anchor.
    shown
        Whether a report has anything for it, or its places have figures.
    """

    name: str
    shown: Callable[[Report, Places], bool]


def _value(report: Report, _: Places) -> bool:
    tested = report["quality"]["targets"].keys() & {"purchases", "revenue"}
    return bool(report["population"]["concentration"] or tested)


def _churn(report: Report, _: Places) -> bool:
    people = report["population"]
    return bool(people["risk"] or people["stages"] or "churn" in report["quality"]["targets"])


def _lists(report: Report, _: Places) -> bool:
    return any(size is not None for size in report["lists"].values())


SECTIONS = (
    Section("value", _value),
    Section("churn", _churn),
    Section("tiers", lambda report, _: bool(report["population"]["tiers"])),
    Section("cohorts", lambda _, places: bool(places["cohorts.back"] or places["cohorts.worth"])),
    Section("lists", _lists),
    Section("data", lambda *_: True),
    Section("done", lambda *_: True),
)
