"""Read a job's YAML: fill in secrets, check every key, say where a mistake stands."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from winback.config.explain import KeyPath, explain, place
from winback.config.schema import Job
from winback.errors import ConfigError

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
        return {key: _shown(value) for key, value in self.raw.items()}

    @property
    def defaults(self) -> list[str]:
        """The settings left at their default, as `key = value`."""
        return [line for line, written in _settings(self.job) if not written]

    @property
    def written(self) -> list[str]:
        """The settings that the job gives, as `key = value`, secrets unfilled."""
        return [self.scrub(_shown(line)) for line, written in _settings(self.job) if written]

    def scrub(self, text: str) -> str:
        """Return `text` with every secret replaced by the name of its variable."""
        for name, value in self.secrets.items():
            if len(value) >= 4:
                text = text.replace(value, f"${{{name}}}")
        return text

    def resolve(self, source: str) -> str:
        """Return an input path resolved against the YAML's folder; URLs and samples as they are."""
        if "://" in source or source.startswith("sample:"):
            return source
        return str((self.path.parent / Path(source).expanduser()).resolve())


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
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            "cannot read the job",
            where=str(path),
            got=error.strerror,
            hint="write one with `winback init ORDERS.csv`",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError("the job is not UTF-8 text", where=str(path)) from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        where = f"{path}{line}"
        raise ConfigError("the job is not valid YAML", where=where, got=problem) from error
    except ValueError as error:  # PyYAML builds dates: 2011-13-09 looks like one to it
        raise ConfigError(
            "the job holds a date that does not exist", where=str(path), got=str(error)
        ) from error
    if not isinstance(raw, dict) or node is None:
        raise ConfigError(
            "the job is empty or not a mapping", where=str(path), allowed="name, as_of, data, …"
        )
    lines = dict(_lines(node, path))
    for key, value in (overrides or {}).items():
        raw = _with(raw, key.split("."), value)
    secrets: dict[str, str] = {}
    filled = _fill(raw, (), secrets, lines, path)
    try:
        job = Job.model_validate(filled)
    except ValidationError as error:
        raise explain(error, lines, path, secrets) from None
    return LoadedJob(job=job, path=path.resolve(), raw=raw, secrets=secrets)


def _with(raw: Mapping[str, Any], at: list[str], value: Any) -> dict[str, Any]:
    """Return a copy of a mapping in which one setting is another; a missing group is made."""
    first, *rest = at
    if not rest:
        return {**raw, first: value}
    group = raw.get(first)
    if group is not None and not isinstance(group, dict):
        return dict(raw)  # not a group of settings: the check will say so
    return {**raw, first: _with(group or {}, rest, value)}


def _lines(node: yaml.Node, path: Path, at: KeyPath = ()) -> Iterator[tuple[KeyPath, int]]:
    """Yield the line of every key, refusing keys that stand twice (YAML would drop the first)."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            line = key.start_mark.line + 1
            if name in seen:
                raise ConfigError(
                    "the same key stands twice",
                    where=f"{path}:{line}",
                    got=".".join(map(str, (*at, name))),
                )
            seen.add(name)
            yield (*at, name), line
            yield from _lines(value, path, (*at, name))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*at, index), item.start_mark.line + 1
            yield from _lines(item, path, (*at, index))


def _fill(
    value: Any, at: KeyPath, secrets: dict[str, str], lines: Mapping[KeyPath, int], path: Path
) -> Any:
    """Return `value` with every `${VAR}` filled from the environment."""
    if isinstance(value, dict):
        return {k: _fill(v, (*at, k), secrets, lines, path) for k, v in value.items()}
    if isinstance(value, list):
        return [_fill(v, (*at, i), secrets, lines, path) for i, v in enumerate(value)]
    if not isinstance(value, str):
        return value

    def from_environment(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise ConfigError(
                f"the environment variable {name} is not set",
                where=place(at, lines, path),
                hint=f"export {name}=… and run again",
            )
        secrets[name] = os.environ[name]
        return os.environ[name]

    return _VARIABLE.sub(from_environment, value)


def _shown(value: Any) -> Any:
    """Return a value without the credentials of any address in it."""
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if not isinstance(value, str):
        return value
    hidden = re.sub(r"(?<=://)[^\s/]*@", "***@", value)
    return re.sub(r"(?i)\b(password|passwd|pwd|token|secret)=[^&\s;]+", r"\1=***", hidden)


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
