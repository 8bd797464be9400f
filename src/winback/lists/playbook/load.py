"""Read a playbook's YAML, check every name in it, and say in which line a mistake stands."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml
from pydantic import ValidationError

from winback.errors import ConfigError
from winback.estimators.tiers.stages import STAGES
from winback.lists.playbook.rules import CHURN_WARNING, KEYS, WIN_BACK, Playbook, Rule
from winback.lists.playbook.schema import PlaybookText, RuleText, Step, WarningRule, WinBackRule
from winback.lists.playbook.templates import check_template
from winback.lists.severity import LEVELS

DEFAULT = Path(__file__).with_name("default.yaml")
"""The playbook that ships with winback."""
TOP = "top"
"""In a rule: the most valuable tier, whatever it is called."""

_At = tuple[str | int, ...]
_MODELS: dict[_At, Any] = {
    (): PlaybookText,
    (CHURN_WARNING,): WarningRule,
    (WIN_BACK,): PlaybookText.model_fields["win_back"].annotation,
    (WIN_BACK, "rules"): WinBackRule,
    (WIN_BACK, "steps"): Step,
}


def load_playbook(path: Path | None = None, *, tiers: Sequence[str] | None = None) -> Playbook:
    """Read and check a playbook.

    Parameters
    ----------
    path
        The YAML file. None: the playbook that ships with winback.
    tiers
        The names of the tiers, the most valuable first. None: those of every naming scheme; then
        `top` is the first tier of each.

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
    text, name = _read(path)
    node, raw = _parse(text, name)
    lines = dict(_lines(node, name))
    try:
        written = PlaybookText.model_validate(raw)
    except ValidationError as error:
        _explain(error, lines, name)
    top, known = ((tiers[0],), tuple(tiers)) if tiers else _every_tier()
    steps = tuple(step.step for step in written.win_back.steps)
    # whoever is dormant is on the win-back list, and never warned about
    active = tuple(stage for stage in STAGES if stage != "dormant")
    answers = {
        CHURN_WARNING: dict(zip(KEYS[CHURN_WARNING], (known, active, LEVELS[1:]), strict=True)),
        WIN_BACK: dict(zip(KEYS[WIN_BACK], (known, STAGES, steps), strict=True)),
    }
    parts: dict[str, tuple[_At, Sequence[RuleText]]] = {
        CHURN_WARNING: ((CHURN_WARNING,), written.churn_warning),
        WIN_BACK: ((WIN_BACK, "rules"), written.win_back.rules),
    }
    rules = {
        list_name: tuple(
            _rule(rule, answers[list_name], top, at=(*at, index), lines=lines, name=name)
            for index, rule in enumerate(texts)
        )
        for list_name, (at, texts) in parts.items()
    }
    return Playbook(name, rules, written.win_back.steps, answers)


def _read(path: Path | None) -> tuple[str, str]:
    if path is None:
        return DEFAULT.read_text(encoding="utf-8"), "the default playbook"
    try:
        return path.read_text(encoding="utf-8"), str(path)
    except OSError as error:
        raise ConfigError(
            "cannot read the playbook",
            where=str(path),
            got=error.strerror,
            hint="name a YAML file in lists.playbook, or leave it out for the default",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError("the playbook is not UTF-8 text", where=str(path)) from error


def _parse(text: str, name: str) -> tuple[yaml.Node, dict[str, Any]]:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        raw = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        raise ConfigError(
            "the playbook is not valid YAML",
            where=f"{name}:{mark.line + 1}" if mark else name,
            got=getattr(error, "problem", None) or "cannot be parsed",
        ) from error
    if node is None or not isinstance(raw, dict):
        raise ConfigError(
            "the playbook is empty or not a mapping",
            where=name,
            allowed=", ".join(PlaybookText.model_fields),
        )
    return node, raw


def _lines(node: yaml.Node, name: str, at: _At = ()) -> Iterator[tuple[_At, int]]:
    """Yield the line of every key and item; refuse a key that stands twice."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line, word = key.start_mark.line + 1, str(key.value)
            if word in seen:
                raise ConfigError("the same key stands twice", where=f"{name}:{line}", got=word)
            seen.add(word)
            yield (*at, word), line
            yield from _lines(value, name, (*at, word))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*at, index), item.start_mark.line + 1
            yield from _lines(item, name, (*at, index))


def _where(lines: Mapping[_At, int], at: _At, name: str) -> str:
    known = at
    while known and known not in lines:
        known = known[:-1]
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in at)
    return f"{name}:{lines[known]}, {key}" if known else name


def _explain(error: ValidationError, lines: Mapping[_At, int], name: str) -> NoReturn:
    """Turn pydantic's first complaint into one line in our own words."""
    # a misspelt key explains a missing one, so it comes first
    problems = sorted(
        error.errors(include_url=False), key=lambda problem: problem["type"] != "extra_forbidden"
    )
    problem, at = problems[0], problems[0]["loc"]
    where = _where(lines, at, name)
    if problem["type"] == "extra_forbidden":
        path = tuple(part for part in at[:-1] if not isinstance(part, int))
        keys = list(_MODELS[path].model_fields)
        raise ConfigError(
            f"unknown key {str(at[-1])!r} in the playbook",
            where=where,
            allowed=", ".join(keys),
            hint=did_you_mean(str(at[-1]), keys),
        ) from None
    if problem["type"] == "missing":
        raise ConfigError(f"the key {at[-1]!r} is missing in the playbook", where=where) from None
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    raise ConfigError(
        "not allowed in the playbook", where=where, got=repr(problem["input"]), allowed=message
    ) from None


def did_you_mean(word: str, names: Iterable[str]) -> str | None:
    """Return a hint at the nearest name, if one is near."""
    near = difflib.get_close_matches(word.lower(), list(names), n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else None


def _rule(
    text: RuleText,
    answers: Mapping[str, tuple[str, ...]],
    top: tuple[str, ...],
    *,
    at: _At,
    lines: Mapping[_At, int],
    name: str,
) -> Rule:
    fits: dict[str, tuple[str, ...]] = {}
    for column, known in answers.items():
        key = column.removeprefix("lifecycle_")
        named: tuple[str, ...] | None = getattr(text, key)
        if named is None:
            continue
        allowed = (TOP, *known) if key == "tier" else known
        for word in named:
            if word not in allowed:
                raise ConfigError(
                    f"the playbook names an unknown {key}",
                    where=_where(lines, (*at, key), name),
                    got=word,
                    allowed=", ".join(allowed),
                    hint=did_you_mean(word, allowed),
                )
        plain = [(top if key == "tier" and word == TOP else (word,)) for word in named]
        fits[column] = tuple(word for words in plain for word in words)
    for key in ("action", "offer"):
        check_template(getattr(text, key), where=_where(lines, (*at, key), name))
    return Rule(
        text.action, text.channel, text.offer, text.owner, text.cooldown_days, fits, lines[at]
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
