"""A playbook in force: its rules, whom each of them answers, and the proof that nobody is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.errors import ConfigError, Sentence
from winback.lists.playbook.schema import Costs, PlaybookStep
from winback.messages import Words

CHURN_WARNING = "churn_warning"
WIN_BACK = "win_back"
NO_OFFER = "none"
KEYS: dict[str, tuple[str, str, str]] = {
    CHURN_WARNING: ("tier", "lifecycle_stage", "severity"),
    WIN_BACK: ("tier", "lifecycle_stage", "step"),
}
"""The columns that decide, list by list."""
BUYS = ("at_discount", "otherwise")
"""What a rule may ask of a customer besides: whether they buy only at a discount."""
NEXT = ("known", "unknown")
"""And whether it is said what they are likely to buy next."""
ASKED: dict[str, tuple[str, ...]] = {"buys": BUYS, "next_category": NEXT}
"""What is asked only where a rule asks it."""


@dataclass(frozen=True)
class PlaybookRule:
    """One rule: whom it fits, and what it says.

    Parameters
    ----------
    action, channel, offer, owner
        What to do, how, with what, and who does it; action and offer may be templates.
    cooldown_days
        Leave the customer alone for so many days afterwards.
    fits
        Column (of `KEYS`) to the names that fit; a column that is not there fits everybody.
    line
        Where it stands in the YAML.
    without_offer
        What to do where the offer does not pay. None: the same action.
    """

    action: str
    channel: str
    offer: str
    owner: str
    cooldown_days: int
    fits: Mapping[str, tuple[str, ...]]
    line: int
    without_offer: str | None = None


@dataclass(frozen=True)
class Playbook:
    """What to do about every customer on a list; made by `load_playbook`.

    Parameters
    ----------
    name
        The file, for messages.
    rules
        List to its rules, in order of precedence.
    steps
        The win-back sequence, in order.
    answers
        List to the names that each column of `KEYS` may hold.
    language
        In which to say what no rule says.
    costs
        What acting on a warning costs, where the job does not say it.

    Raises
    ------
    ConfigError
        If a combination of these names meets no rule (it is named), or no combination can ever
        reach a rule.
    """

    name: str
    rules: Mapping[str, tuple[PlaybookRule, ...]]
    steps: tuple[PlaybookStep, ...]
    answers: Mapping[str, Mapping[str, tuple[str, ...]]]
    language: str = "en"
    costs: Costs = field(default_factory=Costs)

    def __post_init__(self) -> None:
        """Prove that the first rule that fits is always there, and that each rule is used."""
        for list_name, rules in self.rules.items():
            cases = self.cases(list_name)
            place = first(fitting(cases, rules))
            self._check_covered(list_name, cases, place)
            self._check_reachable(list_name, place)

    @property
    def leave_alone(self) -> str:
        """What to do about the comparison group."""
        return Words(self.language)("playbook.leave_alone")

    @property
    def answer_first(self) -> dict[str, str]:
        """What goes before every rule while a complaint is open."""
        words = Words(self.language)
        return {
            "action": words("playbook.answer_first"),
            "offer": NO_OFFER,
            "owner": words("playbook.answers"),
        }

    def cases(self, list_name: str) -> pd.DataFrame:
        """Return every combination of names that a list can ask about."""
        names = self.answers[list_name]
        return pd.DataFrame(list(product(*names.values())), columns=list(names), dtype="str")

    def explain(self) -> pd.DataFrame:
        """Say which rule answers which combination.

        Returns
        -------
        pandas.DataFrame
            A row a combination: `list, tier, stage, severity` (missing for win-backs), `step`
            (missing for warnings), `rule` (from 1, as they stand), `line`, `action, channel,
            offer, owner, cooldown_days`.

        Examples
        --------
        >>> from winback.lists.playbook import load_playbook
        >>> table = load_playbook(None, tiers=["core", "rest"]).explain()
        >>> table.groupby("list").size().to_dict()
        {'churn_warning': 24, 'win_back': 40}
        >>> table.loc[0, ["tier", "stage", "severity", "action"]].tolist()
        ['core', 'new', 'yellow', 'watch; include in the next regular message']
        """
        tables = []
        for list_name, rules in self.rules.items():
            cases = self.cases(list_name)
            place = first(fitting(cases, rules))
            said = ("line", "action", "channel", "offer", "owner", "cooldown_days")
            tables.append(
                cases.rename(columns={"lifecycle_stage": "stage"}).assign(
                    list=list_name,
                    rule=place + 1,
                    **{what: [getattr(rules[number], what) for number in place] for what in said},
                )
            )
        together = pd.concat(tables, ignore_index=True)
        asked = [name for name in ASKED if name in together]
        return together[["list", "tier", "stage", "severity", "step", *asked, "rule", *said]]

    def _check_covered(
        self, list_name: str, cases: pd.DataFrame, place: npt.NDArray[np.int64]
    ) -> None:
        missed = cases[place < 0]
        if missed.empty:
            return
        more = f" and {len(missed) - 1:,} more combinations" if len(missed) > 1 else ""
        raise ConfigError(
            "the playbook leaves customers without an action",
            where=f"{self.name}, {list_name}",
            got=in_words(missed.iloc[0]) + more,
            hint="end the rules with one that names no tier, stage, severity or step",
        )

    def _check_reachable(self, list_name: str, place: npt.NDArray[np.int64]) -> None:
        for number, rule in enumerate(self.rules[list_name]):
            if not (place == number).any():
                raise ConfigError(
                    "a rule of the playbook can never be reached",
                    where=f"{self.name}:{rule.line}, {list_name}",
                    got=Sentence(
                        "rule {number}, {action!r}", number=number + 1, action=rule.action
                    ),
                    hint="the rules above it answer everybody that it fits; move it up, or drop it",
                )


def fitting(rows: pd.DataFrame, rules: Sequence[PlaybookRule]) -> npt.NDArray[np.bool_]:
    """Tell which rule fits which row; shape (rules, rows)."""
    fits = np.ones((len(rules), len(rows)), dtype=bool)
    for number, rule in enumerate(rules):
        for column, names in rule.fits.items():
            fits[number] &= rows[column].isin(names).to_numpy()
    return fits


def first(fits: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Find the first rule that fits each row; -1 where none does."""
    return np.where(fits.any(axis=0), np.argmax(fits, axis=0), -1).astype("int64")


def in_words(case: pd.Series) -> str:
    """Name a combination, such as `tier core, stage new, severity red`."""
    return ", ".join(
        f"{str(name).removeprefix('lifecycle_')} {value}" for name, value in case.items()
    )
