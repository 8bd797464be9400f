"""Reasons, notes and warnings of the rooms below: kept as data, said in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from winback.messages import Message, Words, capital

Sayable: TypeAlias = "Message | Mapping[str, Any] | str"
"""A message, the same as plain data, or a text that was stored before messages had codes."""


def words_of(report: Mapping[str, Any]) -> Words:
    """Return the words in which a report is written."""
    job = report["job"]
    return Words(job["language"], job["currency"], job.get("money", "margin"))


def kept(note: Sayable) -> dict[str, Any]:
    """Return a note as plain data."""
    return Message.of(note).as_record()


def sentence(note: Sayable, words: Words) -> str:
    """Say a note in these words; a stored text is shown as it stands.

    Examples
    --------
    >>> sentence(kept("few customers"), Words("zh"))
    'few customers'
    """
    return Message.of(note).say(words)


def sentences(notes: Iterable[Sayable], words: Words) -> str:
    """Say several of them as one, with a capital and a full stop.

    Examples
    --------
    >>> sentences(["few customers", "little history."], Words())
    'Few customers; little history.'
    """
    text = words("clause.next").join(sentence(note, words).rstrip(".\u3002") for note in notes)
    return capital(text) + words("stop") if text else ""
