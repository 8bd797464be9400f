"""A message as data: a code, and the facts that its words have room for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from math import isfinite
from typing import Any

import numpy as np

from winback.errors import Sentence, WinbackError
from winback.messages.words import Words
from winback.nearest import nearest
from winback.plain import each_leaf

CLAUSES = "clauses"


class Message:
    """What there is to say about something: a reason, a caveat, a note, a warning.

    Rooms make messages; words are found at the edge, in the reader's language (`Words.say`). As
    text (`str`) a message is English.

    Parameters
    ----------
    code
        An entry of the catalogues, such as ``gate.few_customers``; or an English sentence, as it
        stands in the catalogues of texts.
    facts
        What the entry's placeholders are filled with, by name: text, numbers (None where one is
        missing or infinite), dates, further messages, or lists of these. How each is written (as
        money, as a share, as the name of a model) is the catalogue's to say.

    Examples
    --------
    >>> few = Message("gate.few_customers", n=12, least=20)
    >>> str(few)
    '12 customers, 20 needed'
    >>> Message.of(few.as_data()) == few
    True
    """

    __slots__ = ("code", "facts")

    def __init__(self, code: str, /, **facts: Any) -> None:
        self.code = code
        self.facts: Mapping[str, Any] = {name: _fact(value) for name, value in facts.items()}

    @classmethod
    def of_error(cls, error: WinbackError, *, hint: bool = False) -> Message:
        """Return what an error says, its `reason` as a message; with its `hint`, if asked for.

        Examples
        --------
        >>> str(Message.of_error(WinbackError("too few", got=3, allowed="20 or more")))
        'too few: got 3; allowed: 20 or more'
        """
        said = cls.of(_told(error.what))
        for part in ("where", "got", "allowed"):
            if (fact := getattr(error, part)) is not None:
                said = cls(f"error.{part}", said=said, **{part: _told(fact)})
        return cls("error.hint", said=said, hint=error.hint) if hint and error.hint else said

    @classmethod
    def of_all(cls, messages: Iterable[Message]) -> Message:
        """Return several messages as one, a clause each; of one, the message itself.

        Examples
        --------
        >>> two = Message.of_all([Message.of("few customers"), Message.of("little history")])
        >>> str(two), len(two.clauses)
        ('few customers; little history', 2)
        """
        clauses = [clause for message in messages for clause in message.clauses]
        return clauses[0] if len(clauses) == 1 else cls("clauses", clauses=clauses)

    @property
    def clauses(self) -> list[Message]:
        """The messages that this one is made of: itself, if it is not made of several."""
        return list(self.facts["clauses"]) if self.code == CLAUSES else [self]

    def say(self, words: Words) -> str:
        """Return the message in these words."""
        return words.say(self.code, self.facts)

    def __str__(self) -> str:
        """Return the message in English."""
        return self.say(_english())

    def __repr__(self) -> str:
        """Return how to make it."""
        facts = "".join(f", {name}={value!r}" for name, value in self.facts.items())
        return f"Message({self.code!r}{facts})"

    def __eq__(self, other: object) -> bool:
        """Messages are equal if their codes and facts are."""
        return isinstance(other, Message) and self.as_data() == other.as_data()

    def __hash__(self) -> int:
        """Return a hash of code and facts."""
        return hash(json.dumps(self.as_data(), sort_keys=True))

    def as_data(self) -> dict[str, Any]:
        """Return the message as plain data for JSON."""
        return {"code": self.code, "facts": {k: _as_data(v) for k, v in self.facts.items()}}

    def as_record(self) -> dict[str, Any]:
        """Return the same with the English ``text``, for whoever looks at what is kept."""
        return {**self.as_data(), "text": str(self)}

    @classmethod
    def of(cls, data: Message | Mapping[str, Any] | str) -> Message:
        """Return the message of plain data.

        A text becomes a message that says it in the reader's language, if there are words for it,
        and else as it stands; so does the ``text`` of a record whose code and facts this version of
        winback has no words for.

        Examples
        --------
        >>> str(Message.of("what an earlier version wrote"))
        'what an earlier version wrote'
        >>> str(Message.of({"code": "of.a.later", "facts": {}, "text": "what a later one wrote"}))
        'what a later one wrote'
        """
        if isinstance(data, Message):
            return data
        if isinstance(data, Sentence) and data.facts:
            return cls(data.template, **data.facts)
        if isinstance(data, str):
            return cls("stored", text=str(data))  # an error's literal, or of before codes
        message = cls(data["code"], **{k: _of_data(v) for k, v in data["facts"].items()})
        if "text" in data:
            try:
                str(message)
            except (LookupError, TypeError, ValueError):
                return cls.of(str(data["text"]))
        return message


def as_records(value: Any) -> Any:
    """Return a nesting as plain data, its messages as records: code, facts and English text.

    Examples
    --------
    >>> as_records({"notes": [Message("gate.few_customers", n=12, least=20)]})["notes"][0]["text"]
    '12 customers, 20 needed'
    """
    return each_leaf(value, lambda leaf: leaf.as_record() if isinstance(leaf, Message) else leaf)


@cache
def _english() -> Words:
    return Words()


def did_you_mean(word: str, names: Iterable[str]) -> Sentence | None:
    """Return a hint at the name closest to a word, if one is near.

    Examples
    --------
    >>> did_you_mean("Severety", ["tier", "severity"])
    "did you mean 'severity'?"
    """
    near = nearest(word, names)
    return Sentence("did you mean {near!r}?", near=near) if near else None


def _told(part: object) -> Any:
    """Return a part of an error as what can be said, or as its text."""
    return part if isinstance(part, Message | Sentence) else str(part)


def _fact(value: Any) -> Any:
    """Return a fact as something that JSON can hold, messages and lists of them included."""
    if isinstance(value, Sentence):
        return Message.of(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, list | tuple):
        return [_fact(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, float) and not isfinite(value):
        return None  # JSON has no such numbers
    if value is None or isinstance(value, Message | str | bool | int | float):
        return value
    raise TypeError(f"not a fact of a message: {type(value).__name__}")


def _as_data(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_data(item) for item in value]
    return value.as_data() if isinstance(value, Message) else value


def _of_data(value: Any) -> Any:
    if isinstance(value, list):
        return [_of_data(item) for item in value]
    return Message.of(value) if isinstance(value, Mapping) else value
