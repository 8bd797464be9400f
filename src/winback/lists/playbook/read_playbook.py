"""Read a playbook's YAML, check every name in it, and say in which line a mistake stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from winback.errors import ConfigError, Sentence
from winback.estimators.tiers.stages import STAGES
from winback.lists.playbook.playbook_rules import (
    ASKED,
    CHURN_WARNING,
    KEYS,
    NEXT,
    WIN_BACK,
    Playbook,
    PlaybookRule,
)
from winback.lists.playbook.schema import PlaybookText, RuleText
from winback.lists.playbook.templates import check_template
from winback.lists.severity import COLOURS
from winback.messages import did_you_mean
from winback.yaml_file import KeyPath, YamlFile, explain, read_yaml

DEFAULT = Path(__file__).with_name("default.yaml")
"""The playbook that ships with winback, in English."""
TOP = "top"
"""In a rule: the most valuable tier, whatever it is called."""


def default_playbook(language: str = "en") -> Path:
    """Return the playbook that ships with winback in this language; in English if there is none.

    Examples
    --------
    >>> default_playbook("zh").name
    'default.zh.yaml'
    """
    own = DEFAULT.with_suffix(f".{language}.yaml")
    return own if own.exists() else DEFAULT


def load_playbook(
    path: Path | None = None, *, tiers: Sequence[str] | None = None, language: str = "en"
) -> Playbook:
    """Read and check a playbook.

    Parameters
    ----------
    path
        The YAML file. None: the playbook that ships with winback.
    tiers
        The names of the tiers, the most valuable first. None: those of every naming scheme; then
        `top` is the first tier of each.
    language
        In which the default playbook, and what no rule says, are written.

    Returns
    -------
    Playbook
        In which every combination of tier, stage and severity, or step, meets a rule.

    Raises
    ------
    ConfigError
        The file cannot be read, names an unknown key, tier, stage, severity or step, leaves a
        combination without a rule, or holds a rule that can never be reached. The message says in
        which line.

    Examples
    --------
    >>> playbook = load_playbook(tiers=["strategic", "potential", "long-tail"])
    >>> [step.step for step in playbook.steps]
    ['trigger', 'diagnose', 'incentive', 'emotional']
    """
    file = read_yaml(
        path or default_playbook(language),
        "playbook",
        allowed=", ".join(PlaybookText.model_fields),
        hint="name a YAML file in lists.playbook, or leave it out for the default",
        name=None if path else "the default playbook",
    )
    try:
        written = PlaybookText.model_validate(file.content)
    except ValidationError as error:
        raise explain(error, file, PlaybookText) from None
    top, every = ((tiers[0],), tuple(tiers)) if tiers else _every_tier()
    steps = tuple(step.step for step in written.win_back.steps)
    # whoever is dormant is on the win-back list, and never warned about
    active = tuple(stage for stage in STAGES if stage != "dormant")
    answers = {
        CHURN_WARNING: dict(zip(KEYS[CHURN_WARNING], (every, active, COLOURS), strict=True)),
        WIN_BACK: dict(zip(KEYS[WIN_BACK], (every, STAGES, steps), strict=True)),
    }
    parts: dict[str, tuple[KeyPath, Sequence[RuleText]]] = {
        CHURN_WARNING: ((CHURN_WARNING,), written.churn_warning),
        WIN_BACK: ((WIN_BACK, "rules"), written.win_back.rules),
    }
    for list_name, (_, texts) in parts.items():
        answers[list_name] |= {
            name: words
            for name, words in ASKED.items()
            if any(getattr(rule, name) for rule in texts)
        }
    rules = {
        list_name: tuple(
            _rule(rule, answers[list_name], top, keys=(*keys, index), file=file)
            for index, rule in enumerate(texts)
        )
        for list_name, (keys, texts) in parts.items()
    }
    return Playbook(file.name, rules, written.win_back.steps, answers, language, written.costs)


def _rule(
    text: RuleText,
    answers: Mapping[str, tuple[str, ...]],
    top: tuple[str, ...],
    *,
    keys: KeyPath,
    file: YamlFile,
) -> PlaybookRule:
    fits: dict[str, tuple[str, ...]] = {}
    for column, possible in answers.items():
        key = column.removeprefix("lifecycle_")
        named: tuple[str, ...] | None = getattr(text, key)
        if named is None:
            continue
        allowed = (TOP, *possible) if key == "tier" else possible
        for word in named:
            if word not in allowed:
                raise ConfigError(
                    Sentence("the playbook names an unknown {key}", key=key),
                    where=file.place((*keys, key)),
                    got=word,
                    allowed=", ".join(allowed),
                    hint=did_you_mean(word, allowed),
                )
        plain = [(top if key == "tier" and word == TOP else (word,)) for word in named]
        fits[column] = tuple(word for words in plain for word in words)
    without = getattr(text, "without_offer", None)
    for key in ("action", "offer", *(("without_offer",) if without else ())):
        where = file.place((*keys, key))
        check_template(getattr(text, key), where=where)
        if "{next}" in getattr(text, key) and text.next_category != NEXT[:1]:
            raise ConfigError(
                "a rule speaks of what is bought next to whom it may not be known",
                where=where,
                got=getattr(text, key),
                hint="write `next_category: known` into the rule, and one for the others below it",
            )
    return PlaybookRule(
        text.action,
        text.channel,
        text.offer,
        text.owner,
        text.cooldown_days,
        fits,
        file.lines[keys],
        without,
    )


def _every_tier() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the first tier of every naming scheme, and all tiers of all of them."""
    from winback.estimators.tiers.value_tiers import SCHEMES  # noqa: PLC0415 - brings scikit-learn

    numbered = tuple(f"tier-{place}" for place in range(1, 7))  # at most six
    schemes = [*(names for names in SCHEMES.values() if names), numbered]
    return (
        tuple(names[0] for names in schemes),
        tuple(dict.fromkeys(name for names in schemes for name in names)),
    )
