"""Of what a result is made: settings, data and models, so that no step mixes two of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from winback.config import Job
from winback.errors import Sentence

_READ = (
    "timezone", "currency",
    "data.transactions", "data.events", "data.customer_ids", "data.pseudonyms",
    "data.identities",
)  # fmt: skip
_LEARNED = (*_READ, "name", "horizon_days", "random_state", "value", "churn", "tiers")
_SCORED = (*_LEARNED, "margin", "discount_rate", "data.customers")
OF_STAGE: dict[str, tuple[str, ...]] = {
    "train": _LEARNED,  # a model is told the margin when it is used
    "score": _SCORED,
    "lists": (*_SCORED, "data.contacts", "lists", "language"),
}
"""The settings that decide a stage's results, not those that say where these lie or how fast."""
OF_FIGURES: dict[str, tuple[str, ...]] = {
    "identities": (
        "timezone", "data.transactions", "data.customer_ids", "data.pseudonyms", "data.identities",
    ),
    "indicators": (*_READ, "data.customers", "indicators"),
    "alerts": (*_READ, "data.customers", "margin", "indicators", "alerts"),
    "channels": (*_READ, "data.customers", "data.spend", "margin", "acquisition"),
    "campaigns": (
        *_READ, "data.contacts", "horizon_days", "margin", "campaigns", "lists.win_back",
    ),
}  # fmt: skip
"""The settings that decide the figures which are no step on the way to a list."""
COMMANDS = {"train": ("train", "promote"), "score": ("score",), "lists": ("lists",)}
"""The commands that make a stage anew."""


def settings_of(job: Job, stage: str) -> dict[str, str]:
    """Digest the settings that decide a stage's results, a digest a setting or group of them.

    Examples
    --------
    >>> job = Job.model_validate({"name": "shop", "as_of": "2011-12-09",
    ...                           "data": {"transactions": {"source": "orders.csv"}}})
    >>> other = job.model_copy(update={"margin": 0.3})
    >>> differing(settings_of(job, "score"), settings_of(other, "score"))
    ['margin']
    >>> differing(settings_of(job, "lists"), settings_of(other, "lists"))
    ['margin']
    """
    content = job.model_dump(mode="json")
    flat = {name: value for name, value in content.items() if name not in {"data", "lists"}}
    for group in ("data", "lists"):
        flat |= {f"{group}.{name}": value for name, value in content[group].items()}
    wanted = (OF_STAGE | OF_FIGURES)[stage]
    return {
        name: digest(value)
        for name, value in sorted(flat.items())
        if name in wanted or name.partition(".")[0] in wanted
    }


def digest(value: Any) -> str:
    """Return eight hexadecimal digits of plain data."""
    text = json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def differing(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Name what differs, what only one of the two has included."""
    names = sorted(before.keys() | now.keys())
    return [name for name in names if before.get(name) != now.get(name)]


def commands(stages: Iterable[str], job_file: str) -> str:
    """Return the commands that make these stages anew, and all that follows from them.

    Examples
    --------
    >>> print(commands(["score"], "shop.yaml"))
    `winback score shop.yaml`, then `winback lists shop.yaml`; or all of it: `winback run shop.yaml`
    """
    first = min(list(OF_STAGE).index(stage) for stage in stages)
    named = [name for stage in list(OF_STAGE)[first:] for name in COMMANDS[stage]]
    steps = reduce(
        lambda done, step: Sentence("{done}, then {step}", done=done, step=step),
        (f"`winback {name} {job_file}`" for name in named),
    )
    whole = f"`winback run {job_file}`"
    return Sentence("{steps}; or all of it: {whole}", steps=steps, whole=whole)
