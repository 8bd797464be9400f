"""A mistake in a job, told in one line: where it stands, what was got, what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from winback.config.schema import Job
from winback.errors import ConfigError

KeyPath = tuple[str | int, ...]


def place(at: KeyPath, lines: Mapping[KeyPath, int], path: Path) -> str:
    """Return where a setting stands: file, line and dotted key."""
    key = ".".join(str(part) for part in at)
    known = at
    while known and known not in lines:
        known = known[:-1]
    line = f":{lines[known]}" if known else ""
    return f"{path}{line}, {key}" if key else f"{path}{line}"


def explain(
    error: ValidationError, lines: Mapping[KeyPath, int], path: Path, secrets: Mapping[str, str]
) -> ConfigError:
    """Turn pydantic's first complaint into one line in our own words."""
    problems: list[dict[str, Any]] = [
        {**problem, "at": _without_tags(problem["loc"], lines)}
        for problem in error.errors(include_url=False)
    ]
    # a misspelt key explains a missing one, so it comes first; that a value is no mapping at all
    # says less than what is wrong in the mapping that it is
    problems.sort(key=lambda problem: _SAYS_MOST.get(problem["type"], 1))
    problem = problems[0]
    at: KeyPath = problem["at"]
    where = place(at, lines, path)
    mistakes = len({other["at"] for other in problems})
    more = f" ({mistakes} mistakes in all)" if mistakes > 1 else ""
    if problem["type"] == "extra_forbidden":
        names = _keys_beside(at)
        near = difflib.get_close_matches(str(at[-1]), names, n=1, cutoff=0.5)
        return ConfigError(
            f"unknown key {str(at[-1])!r}{more}",
            where=where,
            allowed=", ".join(names),
            hint=f"did you mean {near[0]!r}?" if near else None,
        )
    if problem["type"] == "missing":
        return ConfigError(f"the key {at[-1]!r} is missing{more}", where=where)
    got = repr(problem["input"])
    for name, value in secrets.items():
        if value:
            got = got.replace(value, f"${{{name}}}")
    said = [other for other in problems if other["at"] == at]
    if any(_SAYS_MOST.get(other["type"], 1) < 3 for other in said):  # another form of it is meant
        said = [other for other in said if _SAYS_MOST.get(other["type"], 1) < 3]
    allowed = " or ".join(dict.fromkeys(_allowed(other["msg"]) for other in said))
    return ConfigError(f"not allowed{more}", where=where, got=got, allowed=allowed, hint=_hint(at))


_SAYS_MOST = {"extra_forbidden": 0, "literal_error": 2, "int_type": 3, "model_type": 3}


def _allowed(message: str) -> str:
    if message.startswith("Input should be a valid dictionary"):
        return "a mapping"
    return message.removeprefix("Value error, ").removeprefix("Input should be ")


def _without_tags(at: KeyPath, lines: Mapping[KeyPath, int]) -> KeyPath:
    """Leave out what pydantic calls the forms of a setting that may be one of several."""
    kept: KeyPath = ()
    for part in at:
        if isinstance(part, int) or (*kept, part) in lines or part.isidentifier():
            kept = (*kept, part)
    return kept


def _hint(at: KeyPath) -> str | None:
    """Return the line of YAML to write; a channel's name is the job's own."""
    if at[:3] == ("lists", "win_back", "channels") and at[4:] == ("capacity",):
        return f"{_NO_MASS_RECALL}`channels: {{{at[3]}: {{capacity: 150}}}}`"
    return _HINTS.get(at)


_NO_MASS_RECALL = "a win-back list always has a limit; write for example "
_HINTS: dict[KeyPath, str] = {
    ("lists",): _NO_MASS_RECALL + "`lists: {win_back: {budget: 250}}`",
    ("lists", "win_back"): _NO_MASS_RECALL + "`win_back: {budget: 250}`",
    ("lists", "churn_warning"): "write for example `churn_warning: {capacity: 200}`",
    ("lists", "win_back", "budget"): _NO_MASS_RECALL + "`budget: 250`",
    ("lists", "win_back", "capacity"): _NO_MASS_RECALL + "`capacity: 200`",
    ("lists", "win_back", "control_share"): (
        "without a control group the effect cannot be measured; write for example "
        "`control_share: 0.2`"
    ),
    ("lists", "win_back", "max_share"): (
        "a win-back list never contacts everybody; write for example `max_share: 0.5`"
    ),
    ("lists", "win_back", "exploration_share"): (
        "an unmeasured uplift is only measured for those drawn by lot; write for example "
        "`exploration_share: 0.1`"
    ),
    ("lists", "churn_warning", "capacity"): (
        "write for example `capacity: 200` or `capacity: {red: 50, orange: 100, yellow: 50}`"
    ),
    ("lists", "holdout_share"): (
        "against the holdout the lists as a whole are measured; write for example "
        "`holdout_share: 0.02`"
    ),
}


def _keys_beside(at: KeyPath) -> list[str]:
    """Return the keys that are known where `at` stands."""
    model: type[BaseModel] = Job
    for part in at[:-1]:
        info = model.model_fields.get(str(part))
        if info is None:
            continue  # the index of a list item: its model was reached by the list's own key
        model = next(_models(info.annotation), model)
    return list(model.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
