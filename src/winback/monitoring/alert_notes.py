"""What people wrote down about alerts, from a CSV file that a spreadsheet can keep."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import TypeAdapter, ValidationError

from winback.errors import ConfigError, Sentence
from winback.messages import did_you_mean
from winback.monitoring.alerts import AlertNote

_COLUMNS = ("rule", "action", "on", "by", "segment", "until")
_NEEDED = frozenset(_COLUMNS[:4])


def read_notes(path: Path, rules: Collection[str]) -> list[AlertNote]:
    """Read the notes.

    Parameters
    ----------
    path
        A CSV file with the columns ``rule``, ``action`` (acknowledge, silence, close), ``on``
        (YYYY-MM-DD), ``by``, and optionally ``segment`` and ``until`` (of a silence).
    rules
        The ids of the rules that there are.

    Raises
    ------
    ConfigError
        The file cannot be read, or a line is not understood; the message says which.
    """
    try:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    except (OSError, ValueError) as error:
        got = getattr(error, "strerror", None) or str(error)
        hint = Sentence("write one line a note: {columns}", columns=",".join(_COLUMNS))
        raise ConfigError("cannot read the notes", where=str(path), got=got, hint=hint) from error
    missing = sorted(_NEEDED - set(table.columns))
    if missing:
        raise ConfigError(
            "the notes lack a column",
            where=str(path),
            got=", ".join(table.columns),
            allowed=", ".join(_COLUMNS),
            hint=Sentence("add {missing}", missing=", ".join(missing)),
        )
    read = TypeAdapter(AlertNote)
    return [
        _note(read, {name: value for name, value in row.items() if value}, f"{path}:{line}", rules)
        for line, row in enumerate(table.to_dict("records"), start=2)
    ]


def _note(
    read: TypeAdapter[AlertNote], row: dict[Any, Any], where: str, rules: Collection[str]
) -> AlertNote:
    try:
        note = read.validate_python(row)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = f"{where}, {'.'.join(str(part) for part in first['loc'])}"
        got = first["input"] if not isinstance(first["input"], dict) else "nothing"
        raise ConfigError(
            "a note is not understood", where=where, got=got, allowed=first["msg"]
        ) from None
    if note.rule not in rules:
        hint = did_you_mean(note.rule, sorted(rules))
        raise ConfigError("a note of no rule", where=where, got=note.rule, hint=hint)
    if note.action == "silence" and note.until is None:
        raise ConfigError("a silence has an end", where=where, hint="add its last day as `until`")
    return note
