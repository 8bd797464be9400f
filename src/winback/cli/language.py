"""Which language the command line speaks: the job's or, where there is no job yet, the reader's."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any, Optional, get_type_hints

import typer

if TYPE_CHECKING:
    from winback.config import Job
    from winback.messages import Words

DEFAULT = "en"
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")  # in the order of POSIX: the first that is set counts
_asked: ContextVar[str | None] = ContextVar("language", default=None)

Language = Annotated[
    Optional[str],
    typer.Option(
        help="The language to speak, and to write into a job: en, zh.",
        show_default="your locale's, or en",
    ),
]


def takes_language(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that knows no job, and so no language, the option `--language`."""

    @wraps(command)
    def _spoken(*args: Any, language: str | None = None, **options: Any) -> None:
        from winback.messages.catalogue import languages

        if language is not None and language not in languages():
            allowed = ", ".join(languages())
            raise typer.BadParameter(f"{language!r} is none of {allowed}", param_hint="--language")
        before = _asked.set(language)
        try:
            command(*args, **options)
        finally:
            _asked.reset(before)

    return with_option(_spoken, command, "language", Language)


def with_option(
    made: Callable[..., None],
    command: Callable[..., Any],
    name: str,
    option: Any,
    default: object = None,
) -> Callable[..., None]:
    """Show Typer what `made` takes: all that the command takes, and one option more."""
    own, known = signature(command), get_type_hints(command, include_extras=True)
    added = Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=option)
    made.__signature__ = own.replace(  # type: ignore[attr-defined]  # what Typer looks at
        parameters=[
            *(part.replace(annotation=known[part.name]) for part in own.parameters.values()),
            added,
        ]
    )
    made.__annotations__ = {**known, name: option}
    return made


def language_of_reader() -> str:
    """Return what `--language` says, else the language of the environment, else English.

    Examples
    --------
    >>> from unittest.mock import patch
    >>> with patch.dict("os.environ", {"LC_ALL": "", "LC_MESSAGES": "zh_CN.UTF-8", "LANG": "de"}):
    ...     language_of_reader()
    'zh'
    >>> with patch.dict("os.environ", {"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}):
    ...     language_of_reader()
    'en'
    """
    locale = next((os.environ[name] for name in _LOCALE if os.environ.get(name)), "")
    spoken = _asked.get() or locale.partition(".")[0].partition("_")[0].lower()
    if spoken in {"", "c", "posix", DEFAULT}:  # at once: no catalogue is looked for
        return DEFAULT
    from winback.messages.catalogue import languages

    return spoken if spoken in languages() else DEFAULT


def words_of(job: Job | None, language: str | None = None) -> Words:
    """Return the words of a job or, without one, of a language, else of the reader."""
    from winback.messages import Words

    if job is None:
        return Words(language or language_of_reader())
    return Words(job.language, job.currency, job.amounts)
