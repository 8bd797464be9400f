"""The line of YAML to write instead of a setting that is not allowed."""

from __future__ import annotations

from collections.abc import Mapping

from winback.errors import Sentence
from winback.yaml_file import KeyPath

_LIMIT = "a win-back list always has a limit; write for example {example}"
_HINTS: Mapping[KeyPath, tuple[str, str]] = {
    ("lists",): (_LIMIT, "`lists: {win_back: {budget: 250}}`"),
    ("lists", "win_back"): (_LIMIT, "`win_back: {budget: 250}`"),
    ("lists", "churn_warning"): (
        "write for example {example}",
        "`churn_warning: {capacity: 200}`",
    ),
    ("lists", "win_back", "budget"): (_LIMIT, "`budget: 250`"),
    ("lists", "win_back", "capacity"): (_LIMIT, "`capacity: 200`"),
    ("lists", "win_back", "control_share"): (
        "without a control group the effect cannot be measured; write for example {example}",
        "`control_share: 0.2`",
    ),
    ("lists", "win_back", "max_share"): (
        "a win-back list never contacts everybody; write for example {example}",
        "`max_share: 0.5`",
    ),
    ("lists", "win_back", "exploration_share"): (
        "an unmeasured uplift is only measured for those drawn by lot; write for example {example}",
        "`exploration_share: 0.1`",
    ),
    ("lists", "churn_warning", "capacity"): (
        "write for example {example}",
        "`capacity: 200`, `capacity: {red: 50, orange: 100, yellow: 50}`",
    ),
    ("lists", "holdout_share"): (
        "against the holdout the lists as a whole are measured; write for example {example}",
        "`holdout_share: 0.02`",
    ),
}


def hint(keys: KeyPath) -> str | None:
    """Return what to write for the setting of this name; a channel's name is the job's own.

    Examples
    --------
    >>> hint(("lists", "win_back", "capacity"))
    'a win-back list always has a limit; write for example `capacity: 200`'
    """
    if keys[:3] == ("lists", "win_back", "channels") and keys[4:] == ("capacity",):
        return Sentence(_LIMIT, example=f"`channels: {{{keys[3]}: {{capacity: 150}}}}`")
    if keys not in _HINTS:
        return None
    template, example = _HINTS[keys]
    return Sentence(template, example=example)
