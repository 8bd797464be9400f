"""Explain a playbook: which rule answers which customer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from winback.config import LoadedJob
    from winback.lists.playbook import Playbook


def check(path: Path | None = None, *, tiers: Sequence[str] | None = None) -> list[str]:
    r"""Check a playbook and say what it does, rule by rule.

    `winback.lists.playbook.Playbook.explain` has a row for every combination.

    Parameters
    ----------
    path
        The YAML. None: the playbook that ships with winback.
    tiers
        The names of the tiers, the most valuable first. None: those of every naming scheme.

    Returns
    -------
    list of str
        Lines for people: per list its combinations, and per rule how many of them it answers,
        and which; then the steps of a win-back.

    Raises
    ------
    ConfigError
        The playbook has a mistake; the message says in which line.

    Examples
    --------
    >>> lines = check(tiers=["core", "rest"])
    >>> print(*lines[:3], sep="\n")
    churn_warning: each of 24 combinations of tier, stage and severity meets one of 7 rules
      1  call, ask what is wrong (phone, offer none, account manager, 30 days): answers 4
         core | new, active, cooling, at_risk | red
    """
    from winback.lists.playbook import DEFAULT, load_playbook

    playbook = load_playbook(path, tiers=tiers)
    table = playbook.explain()
    lines: list[str] = []
    for list_name, rules in playbook.rules.items():
        of_list = table[table["list"] == list_name]
        key = "severity" if list_name == "churn_warning" else "step"
        lines.append(
            f"{list_name}: each of {len(of_list):,} combinations of tier, stage and {key} meets "
            f"one of {len(rules)} rules"
        )
        for number, rule in enumerate(rules, start=1):
            answered = of_list[of_list["rule"] == number]
            whom = " | ".join(", ".join(answered[of].unique()) for of in ("tier", "stage", key))
            how = f"{rule.channel}, offer {rule.offer}, {rule.owner}, {rule.cooldown_days} days"
            lines += [
                f"  {number}  {rule.action} ({how}): answers {len(answered):,}",
                f"     {whom}",
            ]
    lines.append(f"win_back: {len(playbook.steps)} steps, one a contact since the last purchase")
    for number, step in enumerate(playbook.steps, start=1):
        when = f"{step.after_days} days after the contact before" if number > 1 else "first"
        silent = f", after {step.silent_days} days of silence" if step.silent_days else ""
        lines.append(f"  {number}  {step.step} ({when}{silent}): {step.meaning}")
    if path is None:
        lines.append(f"to change it, copy {DEFAULT} and name the copy in lists.playbook")
    return lines


def job_playbook(settings: LoadedJob) -> Playbook:
    """Read the playbook of a job; it may name the tiers of the job's naming scheme only."""
    from winback.estimators.tiers.value_tiers import SCHEMES
    from winback.lists.playbook import load_playbook

    named, language = settings.job.lists.playbook, settings.job.language
    path = None if named is None else Path(settings.resolve(named))
    scheme, wanted = settings.job.tiers.scheme, settings.job.tiers.n_tiers
    if path is None or not isinstance(wanted, int):
        return load_playbook(path, language=language)  # whatever the names turn out to be
    names = SCHEMES[scheme]
    if len(names) != wanted and scheme != "quadrant":
        names = tuple(f"tier-{place}" for place in range(1, wanted + 1))
    return load_playbook(path, tiers=names, language=language)
