"""The sections of the page: each is a template of its name, and shown where it has data.

They stand in the tabs for those who look after models and data; the first tab, `week.html.j2`, is
for those who act. Charts are not listed here: each says in which place of a section it stands.
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
    tab
        Where it stands: ``figures``, ``models`` or ``data``.
    shown
        Whether a report has anything for it, or its places have figures.
    """

    name: str
    tab: str
    shown: Callable[[Report, Places], bool]


def _value(report: Report, _: Places) -> bool:
    tested = report["quality"]["targets"].keys() & {"purchases", "revenue"}
    return bool(report["population"]["concentration"] or tested)


def _churn(report: Report, _: Places) -> bool:
    people = report["population"]
    return bool(people["risk"] or people["stages"] or "churn" in report["quality"]["targets"])


def _lists(report: Report, _: Places) -> bool:
    return any(size is not None for size in report["lists"].values())


TABS = ("week", "figures", "models", "data")
"""For whom the page is: who acts this week, who steers the business, who looks after the models,
who after the data."""

SECTIONS = (
    Section("indicators", "figures", lambda report, _: bool(report["board"])),
    Section("channels", "figures", lambda report, _: bool(report["channels"])),
    Section("campaigns", "figures", lambda report, _: bool(report["campaigns"])),
    Section("verdict", "models", lambda *_: True),
    Section("value", "models", _value),
    Section("churn", "models", _churn),
    Section("tiers", "models", lambda report, _: bool(report["population"]["tiers"])),
    Section("lists", "models", _lists),
    Section("done", "models", lambda *_: True),
    Section("rows", "data", lambda *_: True),
    Section(
        "cohorts",
        "data",
        lambda _, places: bool(places["cohorts.back"] or places["cohorts.worth"]),
    ),
)
