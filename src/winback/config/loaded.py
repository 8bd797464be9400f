"""Read a job's YAML: fill in secrets, check every key, say where a mistake stands."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from winback.config.hints import hint
from winback.config.job import Job
from winback.errors import ConfigError, Sentence
from winback.masking import mask, mask_all, mask_values
from winback.messages.catalogue import languages
from winback.yaml_file import KeyPath, YamlFile, explain, read_yaml

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class LoadedJob:
    """A job, with where it came from and what must not be printed.

    Attributes
    ----------
    job
        The validated settings.
    path
        The YAML file; relative input paths resolve against its folder.
    raw
        The mapping as written, with `${VAR}` unfilled.
    secrets
        What `${VAR}` stood for, by variable name.
    """

    job: Job
    path: Path
    raw: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def config_hash(self) -> str:
        """Digest of the job as written (16 hexadecimal digits)."""
        text = json.dumps(self.raw, sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def shown(self) -> dict[str, Any]:
        """The job as written, without any password of an address: safe to record."""
        shown: dict[str, Any] = mask_all(self.raw)
        return shown

    @property
    def defaults(self) -> list[str]:
        """The settings left at their default, as `key = value`."""
        return [line for line, written in _settings(self.job) if not written]

    @property
    def written(self) -> list[str]:
        """The settings that the job gives, as `key = value`, secrets unfilled."""
        return [self.scrub(mask(line)) for line, written in _settings(self.job) if written]

    def scrub(self, text: str) -> str:
        """Return `text` with every secret replaced by the name of its variable."""
        return mask_values(text, self.secrets, shortest=4)

    def resolve(self, source: str) -> str:
        """Return an input path resolved against the YAML's folder; URLs and samples as they are."""
        if "://" in source or source.startswith("sample:"):
            return source
        return str((self.path.parent / Path(source).expanduser()).resolve())

    def resolve_all(self, source: str | Mapping[str, str]) -> str | dict[str, str]:
        """Return one input path, or several under their names, as `resolve` does."""
        if isinstance(source, str):
            return self.resolve(source)
        return {name: self.resolve(path) for name, path in source.items()}


def load_job(path: Path | str, *, overrides: Mapping[str, Any] | None = None) -> LoadedJob:
    """Read and check one job.

    Parameters
    ----------
    path
        The YAML file.
    overrides
        Settings that the command line gives, by dotted key: ``{"as_of": date(2011, 12, 9)}``,
        ``{"churn.tune": 20}``.

    Raises
    ------
    ConfigError
        The file is missing, is not YAML, names an unknown key, or holds a value that is not
        allowed; the message says in which line.
    """
    path = Path(path)
    file = read_yaml(
        path,
        "job",
        allowed="name, as_of, data, …",
        hint="write one with `winback init ORDERS.csv`",
    )
    raw = file.content
    for key, value in (overrides or {}).items():
        raw = _with(raw, key.split("."), value)
    secrets: dict[str, str] = {}
    filled = _fill(raw, (), secrets, file)
    try:
        job = Job.model_validate(filled)
    except ValidationError as error:
        masked = partial(mask_values, values=secrets)
        told = explain(error, file, Job, hint=hint, masked=masked)
        told.language = next((word for word in languages() if word == filled.get("language")), None)
        raise told from None
    return LoadedJob(job=job, path=path.resolve(), raw=raw, secrets=secrets)


def _with(raw: Mapping[str, Any], keys: list[str], value: Any) -> dict[str, Any]:
    """Return a copy of a mapping in which one setting is another; a missing group is made."""
    first, *rest = keys
    if not rest:
        return {**raw, first: value}
    group = raw.get(first)
    if group is not None and not isinstance(group, dict):
        return dict(raw)  # not a group of settings: the check will say so
    return {**raw, first: _with(group or {}, rest, value)}


def _fill(value: Any, keys: KeyPath, secrets: dict[str, str], file: YamlFile) -> Any:
    """Return `value` with every `${VAR}` filled from the environment."""
    if isinstance(value, dict):
        return {key: _fill(item, (*keys, key), secrets, file) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, (*keys, i), secrets, file) for i, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def from_environment(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise ConfigError(
                Sentence("the environment variable {name} is not set", name=name),
                where=file.place(keys),
                hint=Sentence("export {name}=… and run again", name=name),
            )
        secrets[name] = os.environ[name]
        return os.environ[name]

    return _VARIABLE.sub(from_environment, value)


def _settings(settings: BaseModel, prefix: str = "") -> Iterator[tuple[str, bool]]:
    """Yield every setting as `key = value`, and whether the job gives it."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            yield from _settings(value, f"{prefix}{name}.")
        else:
            is_text = isinstance(value, str)
            shown = value if is_text else json.dumps(value, default=str, ensure_ascii=False)
            yield f"{prefix}{name} = {shown}", name in settings.model_fields_set
