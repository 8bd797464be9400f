"""What there is to say about a model version, kept beside it as tags."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from winback.registry.aliases import ModelVersionRef
from winback.registry.guard import guarded
from winback.registry.store import Store

CAVEATS: Final = "caveats"
GATE: Final = "gate"


def write_notes(store: Store, ref: ModelVersionRef, kind: str, notes: Sequence[str]) -> None:
    """Keep sentences of one kind with a version, in place of earlier ones.

    Parameters
    ----------
    kind
        `CAVEATS` (what to know about the fit) or `GATE` (what the gate said).
    """
    text = json.dumps(list(notes), ensure_ascii=False)
    with guarded(store.uri):
        store.client.set_model_version_tag(ref.name, str(ref.version), f"winback.{kind}", text)


def read_notes(ref: ModelVersionRef, kind: str) -> list[str]:
    """Return the sentences that were kept when `ref` was resolved.

    Examples
    --------
    >>> ref = ModelVersionRef("shop-value", 1, "f00", "ab", {"winback.gate": '["passed"]'})
    >>> read_notes(ref, GATE), read_notes(ref, CAVEATS)
    (['passed'], [])
    """
    return [str(note) for note in json.loads(ref.tags.get(f"winback.{kind}", "[]"))]
