"""A mapping written in YAML, and a mistake in it in one line: where, what was got, what is allowed.

Jobs and playbooks are read by this; so is whatever else people write in YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeAlias, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from winback.errors import ConfigError, Sentence
from winback.messages import did_you_mean
from winback.messages.allowed_values import allowed_of, one_of

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# what people write by hand stays far below; what is above could keep a nightly job busy for ever
_MOST_BYTES = 1_000_000
_DEEPEST = 50
_MOST_VALUES = 100_000

KeyPath: TypeAlias = tuple[str | int, ...]
"""The keys, and the places in sequences counted from 0, that lead to a setting."""
Text: TypeAlias = Annotated[str, Field(min_length=1)]
Identifier: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class YamlPart(BaseModel):
    """A part of what a file says: a key that it does not know is refused, nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class YamlFile:
    """What a file says, and in which line it says it.

    Attributes
    ----------
    name
        What a message calls the file: its path.
    content
        The mapping as written.
    lines
        The line of every key and item, counted from 1.
    """

    name: str
    content: dict[str, Any]
    lines: Mapping[KeyPath, int]

    def place(self, keys: KeyPath) -> str:
        """Return where a setting stands: file, line and dotted key, items counted from 1.

        Examples
        --------
        >>> file = YamlFile("shop.yaml", {"splits": [{}]}, {("splits",): 4, ("splits", 0): 5})
        >>> file.place(("splits", 0, "until"))
        'shop.yaml:5, splits.1.until'
        """
        nearest = keys
        while nearest and nearest not in self.lines:
            nearest = nearest[:-1]
        line = f":{self.lines[nearest]}" if nearest else ""
        key = ".".join(str(part + 1) if isinstance(part, int) else part for part in keys)
        return f"{self.name}{line}, {key}" if key else f"{self.name}{line}"


def read_yaml(
    path: Path, kind: str, *, allowed: str, hint: str, name: str | None = None
) -> YamlFile:
    r"""Read a file that holds a mapping.

    Parameters
    ----------
    path
        The file.
    kind
        What a message calls such a file: "job".
    allowed
        What belongs into it, for a message about an empty one.
    hint
        What to do where there is none.
    name
        What a message calls this file; None: its path.

    Raises
    ------
    ConfigError
        It is missing, no text, no YAML or no mapping; a key stands twice (YAML would drop the
        first); or it is larger, nested deeper or repeats itself by aliases more often than anything
        written by hand. The message says in which line.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "shop.yaml"
    >>> _ = path.write_text("name: shop\nname: again\n")
    >>> read_yaml(path, "job", allowed="name", hint="write one", name="shop.yaml")
    Traceback (most recent call last):
    ...
    winback.errors.ConfigError: the same key stands twice (at shop.yaml:2): got name
    """
    name = name or str(path)
    try:
        with path.open("rb") as file:
            written = file.read(_MOST_BYTES + 1)
        if len(written) > _MOST_BYTES:
            raise ConfigError(
                Sentence("the {kind} is too large", kind=Sentence(kind)),
                where=name,
                allowed=Sentence("at most {most:,} {most:form.byte/bytes}", most=_MOST_BYTES),
                hint="is this the file that was meant? data belong into files that it names",
            )
        text = written.decode()
    except OSError as error:
        raise ConfigError(
            Sentence("cannot read the {kind}", kind=Sentence(kind)),
            where=name,
            got=error.strerror,
            hint=hint,
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            Sentence("the {kind} is not UTF-8 text", kind=Sentence(kind)), where=name
        ) from error
    try:
        _demand_shallow(text, name, kind)
        node = yaml.compose(text, Loader=_LOADER)
        _demand_few(node, name, kind)
        content = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe one, in C where it is there
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ConfigError(
            Sentence("the {kind} is not valid YAML", kind=Sentence(kind)),
            where=f"{name}:{mark.line + 1}" if mark else name,
            got=getattr(error, "problem", None) or "cannot be parsed",
        ) from error
    except ValueError as error:  # PyYAML builds dates: 2011-13-09 looks like one to it
        raise ConfigError(
            Sentence("the {kind} holds a date or number that does not exist", kind=Sentence(kind)),
            where=name,
            got=error,
        ) from error
    if not isinstance(content, dict) or node is None:
        raise ConfigError(
            Sentence("the {kind} is empty or not a mapping", kind=Sentence(kind)),
            where=name,
            allowed=allowed,
        )
    return YamlFile(name, content, dict(_lines(node, name)))


def _demand_shallow(text: str, name: str, kind: str) -> None:
    """Refuse deep nesting before anything follows it."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise _unreasonable(kind, name, event.start_mark)


def _demand_few(root: yaml.Node | None, name: str, kind: str) -> None:
    """Refuse a file whose aliases multiply: count what each would be, written out in full."""
    sizes: dict[int, tuple[int, int]] = {}

    def extent(node: yaml.Node) -> tuple[int, int]:
        if id(node) not in sizes:
            sizes[id(node)] = (_MOST_VALUES + 1, 0)  # of one that holds itself
            parts = [] if isinstance(node, yaml.ScalarNode) else node.value
            if isinstance(node, yaml.MappingNode):
                parts = [part for pair in parts for part in pair]
            below = [extent(part) for part in parts]
            values = 1 + sum(values for values, _ in below)
            depth = 1 + max((depth for _, depth in below), default=0)
            if values > _MOST_VALUES or depth > _DEEPEST:
                raise _unreasonable(kind, name, node.start_mark)
            sizes[id(node)] = (values, depth)
        return sizes[id(node)]

    if root is not None:
        extent(root)


def _unreasonable(kind: str, name: str, mark: Any) -> ConfigError:
    return ConfigError(
        Sentence(
            "the {kind} is nested too deeply, or repeats itself too often", kind=Sentence(kind)
        ),
        where=f"{name}:{mark.line + 1}" if mark else name,
        allowed=Sentence(
            "at most {levels} {levels:form.level/levels} and {values:,} "
            "{values:form.value/values}, aliases written out",
            levels=_DEEPEST,
            values=_MOST_VALUES,
        ),
    )


def _lines(node: yaml.Node, name: str, keys: KeyPath = ()) -> Iterator[tuple[KeyPath, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line, word = key.start_mark.line + 1, str(key.value)
            here = (*keys, word)
            if word in seen:
                got = ".".join(map(str, here))
                raise ConfigError("the same key stands twice", where=f"{name}:{line}", got=got)
            seen.add(word)
            yield here, line
            yield from _lines(value, name, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*keys, index), item.start_mark.line + 1
            yield from _lines(item, name, (*keys, index))


def explain(
    error: ValidationError,
    file: YamlFile,
    model: type[BaseModel],
    *,
    hint: Callable[[KeyPath], str | None] = lambda _: None,
    masked: Callable[[str], str] = str,
) -> ConfigError:
    """Turn pydantic's first complaint into one line in our own words.

    Parameters
    ----------
    error
        Of `model`, when it was given the content of `file`.
    file, model
        What was written, and what is known.
    hint
        Gives what to do next about a setting whose value is not allowed.
    masked
        Hides what must not be shown of a value.

    Examples
    --------
    >>> class Shop(BaseModel, extra="forbid"):
    ...     margin: float
    >>> file = YamlFile("shop.yaml", {"margn": 0.3}, {("margn",): 1})
    >>> try:
    ...     Shop.model_validate(file.content)
    ... except ValidationError as error:
    ...     print(explain(error, file, Shop))
    unknown key 'margn' (2 mistakes in all) (at shop.yaml:1, margn); allowed: margin. Next: did
    you mean 'margin'?
    """
    problems = [
        (_without_tags(problem["loc"], file.lines), problem)
        for problem in error.errors(include_url=False)
    ]
    # a misspelt key explains a missing one, so it comes first; that a value is no mapping at all
    # says less than what is wrong in the mapping that it is
    problems.sort(key=lambda pair: _rank(pair[1]["type"]))
    keys, problem = problems[0]
    where, last = file.place(keys), str(keys[-1]) if keys else ""
    mistakes = len({other for other, _ in problems})
    more = Sentence(" ({n} {n:form.mistake/mistakes} in all)", n=mistakes) if mistakes > 1 else ""
    if problem["type"] == "extra_forbidden":
        names = _keys_beside(keys, model)
        return ConfigError(
            Sentence("unknown key {last!r}{more}", last=last, more=more),
            where=where,
            allowed=", ".join(names),
            hint=did_you_mean(last, names),
        )
    if problem["type"] == "missing":
        return ConfigError(
            Sentence("the key {last!r} is missing{more}", last=last, more=more), where=where
        )
    forms = [other for others, other in problems if others == keys]
    if any(_rank(form["type"]) < _LEAST for form in forms):  # another form of it is meant
        forms = [form for form in forms if _rank(form["type"]) < _LEAST]
    allowed = one_of(list(dict.fromkeys(map(allowed_of, forms))))
    got = masked(repr(problem["input"]))
    return ConfigError(
        Sentence("not allowed{more}", more=more),
        where=where,
        got=got,
        allowed=allowed,
        hint=hint(keys),
    )


_LEAST = 3
_RANKS = {"extra_forbidden": 0, "literal_error": 2, "int_type": _LEAST, "model_type": _LEAST}


def _rank(kind: str) -> int:
    """Order kinds of complaints: the lowest says most."""
    return _RANKS.get(kind, 1)


def _without_tags(keys: KeyPath, lines: Mapping[KeyPath, int]) -> KeyPath:
    """Leave out what pydantic calls the forms of a setting that may be one of several."""
    kept: KeyPath = ()
    for part in keys:
        if isinstance(part, int) or (*kept, part) in lines or part.isidentifier():
            kept = (*kept, part)
    return kept


def _keys_beside(keys: KeyPath, model: type[BaseModel]) -> list[str]:
    """Return the keys that are known where `keys` leads to."""
    for part in keys[:-1]:
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
