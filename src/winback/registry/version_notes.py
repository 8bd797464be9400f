"""What there is to say about a model version, kept beside it as tags."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from winback.messages import Message, as_records
from winback.registry.aliases import ModelVersionRef
from winback.registry.guard import guarded
from winback.registry.store import Store

CAVEATS: Final = "caveats"
FITNESS: Final = "winback.fitness"
GATE: Final = "gate"


def write_notes(store: Store, ref: ModelVersionRef, kind: str, notes: Sequence[Message]) -> None:
    """Keep messages of one kind with a version, in place of earlier ones.

    Parameters
    ----------
    store, ref
        Where, and of which version.
    kind
        `CAVEATS` (what to know about the fit) or `GATE` (what the gate said).
    notes
        What there is to say.
    """
    text = as_text(notes)
    with guarded(store.uri):
        store.client.set_model_version_tag(ref.name, str(ref.version), f"winback.{kind}", text)


def as_text(notes: Sequence[Message]) -> str:
    """Return messages as a tag holds them: code, facts, and English for whoever looks at it.

    Examples
    --------
    >>> as_text([Message.of("passed")])
    '[{"code": "stored", "facts": {"text": "passed"}, "text": "passed"}]'
    """
    return json.dumps(as_records(list(notes)), ensure_ascii=False)


def read_notes(ref: ModelVersionRef, kind: str) -> list[Message]:
    """Return the messages that were kept when `ref` was resolved.

    Where only English was kept, or a later winback has no such message, the message says the
    English as it stands.

    Examples
    --------
    >>> ref = ModelVersionRef("shop-value", 1, "f00", "ab", {"winback.gate": '["passed"]'})
    >>> [str(note) for note in read_notes(ref, GATE)], read_notes(ref, CAVEATS)
    (['passed'], [])
    """
    return [Message.of(kept) for kept in json.loads(ref.tags.get(f"winback.{kind}", "[]"))]


def write_fitness(store: Store, ref: ModelVersionRef, statement: Mapping[str, Any]) -> None:
    """Keep with a version what it is fit for, as plain data."""
    text = json.dumps(statement, ensure_ascii=False)
    with guarded(store.uri):
        store.client.set_model_version_tag(ref.name, str(ref.version), FITNESS, text)


def read_fitness(ref: ModelVersionRef) -> dict[str, Any] | None:
    """Return what a version was stated to be fit for when `ref` was resolved; None: nothing was.

    Examples
    --------
    >>> ref = ModelVersionRef("shop-value", 1, "f00", "ab", {FITNESS: '{"fit": "ranking"}'})
    >>> read_fitness(ref)
    {'fit': 'ranking'}
    """
    text = ref.tags.get(FITNESS)
    return None if text is None else dict(json.loads(text))
