"""One exception tree. An error says what, where, got, allowed, and what to do next.

Examples
--------
>>> error = ConfigError("unknown key", where="shop.yaml:3", hint="did you mean 'data'?")
>>> print(error)
unknown key (at shop.yaml:3). Next: did you mean 'data'?
>>> error.exit_code
2
"""

from __future__ import annotations

from datetime import date
from numbers import Number
from string import Formatter
from typing import Any, ClassVar, Self


def form(value: object, words: str) -> str:
    """Return the word for one or, behind a slash, for any other number.

    Examples
    --------
    >>> form(1, "row/rows"), form(0, "row/rows"), form("1 row", "was/were"), form("12", "is/are")
    ('row', 'rows', 'was', 'are')
    """
    one, _, other = words.partition("/")
    return one if str(value).partition(" ")[0] in {"1", "1.0"} else other


class _English(Formatter):
    """Python's own formats, and the forms of words."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return one fact as text."""
        kind, _, words = format_spec.partition(".")
        if kind == "form":
            return form(value, words)
        return str(super().format_field(value, format_spec))


_ENGLISH = _English()


class Sentence(str):
    """An English text for people that is more than a literal at the place where it is raised.

    It is English to whoever reads it as text, and keeps what it was made of, so that it can be said
    in another language: the catalogues of texts have its template. A literal `what`, `allowed` or
    `hint` of an error needs none of this.

    Parameters
    ----------
    template
        The text, with placeholders by name; without facts, the text as it stands.
    facts
        What the placeholders are filled with: numbers, dates, messages, other sentences, lists of
        these (written with commas); anything else as its text. Beside Python's formats there is
        ``{n:form.row/rows}``, the word that goes with a number; see `form`.

    Examples
    --------
    >>> Sentence("the {kind} is too large", kind="job")
    'the job is too large'
    """

    __slots__ = ("facts", "template")
    template: str
    facts: dict[str, Any]

    def __new__(cls, template: str, /, **facts: Any) -> Self:
        """Fill in the facts."""
        shown = {
            name: ", ".join(map(str, fact)) if isinstance(fact, list) else fact
            for name, fact in facts.items()
        }
        made = super().__new__(cls, _ENGLISH.vformat(template, (), shown) if facts else template)
        made.template = template
        known = Number, date, str, list
        made.facts = {
            name: fact if isinstance(fact, known) or hasattr(fact, "say") else str(fact)
            for name, fact in facts.items()
        }
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make it again, in another process too."""
        return _sentence, (self.template, self.facts)


def _sentence(template: str, facts: dict[str, Any]) -> Sentence:
    return Sentence(template, **facts)


class WinbackError(Exception):
    """The root of everything winback raises on purpose.

    Parameters
    ----------
    what
        What is wrong, in one plain clause: an English literal or `Sentence`, whose words in other
        languages a catalogue of texts has, or a message.
    where
        The file, key, column or row concerned.
    got
        The offending value, as the user wrote it.
    allowed
        What would have been accepted.
    hint
        What to do next.
    """

    exit_code: ClassVar[int] = 1
    language: str | None = None
    """The language of what it is about, such as a job that is not allowed; None: the reader's."""

    def __init__(
        self,
        what: object,
        *,
        where: str | None = None,
        got: object | None = None,
        allowed: object | None = None,
        hint: str | None = None,
    ) -> None:
        self.what = what
        self.where = where
        self.got = got
        self.allowed = allowed
        self.hint = hint
        super().__init__(str(what))

    def __str__(self) -> str:
        """Return the whole message on one line."""
        next_step = "" if self.hint is None else f". Next: {self.hint}"
        return " ".join(f"{self.reason}{next_step}".split())

    @property
    def reason(self) -> str:
        """The message without the next step, for one who has taken it."""
        text = str(self.what)
        if self.where is not None:
            text += f" (at {self.where})"
        if self.got is not None:
            text += f": got {self.got}"
        if self.allowed is not None:
            text += f"; allowed: {self.allowed}"
        return " ".join(text.split())


class UsageError(WinbackError):
    """The command line or an argument is wrong."""

    exit_code = 2


class ConfigError(UsageError):
    """The job's YAML is wrong."""


class DataError(WinbackError):
    """The data break their contract."""

    exit_code = 3


class NotEnoughDataError(DataError):
    """There is too little data for a model; the message says how much is needed."""


class ModelError(WinbackError):
    """A model could not be fitted, or was given a frame that it cannot read."""


class RegistryError(WinbackError):
    """A run, a model version or an alias could not be found or written."""


class OutputError(WinbackError):
    """A result could not be written."""


class GateRefusedError(WinbackError):
    """The gate refused a promotion."""

    exit_code = 4
