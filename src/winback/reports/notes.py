"""Reasons, notes and warnings of the rooms below: kept as data, said in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from winback.messages import Message, Words, capital
from winback.messages.message import STORED

Note: TypeAlias = "Message | Mapping[str, Any] | str"
"""A message, the same as plain data, or a text that was stored before messages had codes."""


def kept(note: Note) -> Any:
    """Return a note as plain data; a stored text stays one."""
    note = Message.of(note) if isinstance(note, Mapping) else note
    if isinstance(note, str):
        return note
    return note.facts["text"] if note.code == STORED else note.as_data()


def sentence(note: Note, words: Words) -> str:
    """Say a note in these words; a stored text is shown as it stands.

    Examples
    --------
    >>> sentence(Message("stored", text="few customers").as_data(), Words())
    'few customers'
    """
    text = kept(note)
    return words.sentence(text) if isinstance(text, str) else Message.of(text).say(words)


def sentences(notes: Iterable[Note], words: Words) -> str:
    """Say several of them as one, with a capital and a full stop.

    Examples
    --------
    >>> sentences(["few customers", "little history."], Words())
    'Few customers; little history.'
    """
    text = words("clause.next").join(sentence(note, words).rstrip(".。") for note in notes)
    return capital(text) + words("stop") if text else ""
