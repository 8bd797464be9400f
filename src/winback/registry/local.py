"""What a reader needs of a store in an SQLite file, read from the file itself.

MLflow takes seconds to import and to open a store; whoever only scores needs an alias, a version
and its files. Everything here returns None where the file does not answer plainly: another schema,
artifacts elsewhere, nothing of that name. Then MLflow is asked, whose errors say what is wrong.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

_HERE: Final = "workspace = 'default'"  # of MLflow's workspaces, the one that a client reads
_KEPT: Final = "current_stage <> 'Deleted_Internal' AND status = 'READY'"


@dataclass(frozen=True)
class LocalStore:
    """An SQLite store, to be read only.

    Parameters
    ----------
    file
        The database.
    """

    file: Path

    def aliases(self, name: str) -> dict[str, int] | None:
        """Return the model's aliases and their versions, as of now; None for an unknown model."""
        registered = f"SELECT name FROM registered_models WHERE name = ? AND {_HERE}"
        if not self._rows(registered, name):
            return None
        query = f"SELECT alias, version FROM registered_model_aliases WHERE name = ? AND {_HERE}"
        return {str(alias): int(version) for alias, version in self._rows(query, name) or ()}

    def tags(self, name: str, version: int) -> dict[str, str] | None:
        """Return the tags of a model version."""
        if self._version(name, version, "run_id") is None:
            return None
        query = (
            f"SELECT key, value FROM model_version_tags WHERE name = ? AND version = ? AND {_HERE}"
        )
        return dict(self._rows(query, name, version) or ())

    def files(self, name: str, version: int, folder: str) -> dict[str, str] | None:
        """Return the texts in a folder of a version's artifacts, by file name."""
        root = _path(self._version(name, version, "coalesce(storage_location, source)"))
        with suppress(OSError, UnicodeError):
            paths = [] if root is None else sorted((root / folder).iterdir())
            return {path.name: path.read_text(encoding="utf-8") for path in paths} or None
        return None

    def text(self, name: str, version: int, file: str) -> str | None:
        """Return a text beside a version, in the artifacts of the run that made it."""
        run_id = self._version(name, version, "run_id")
        rows = self._rows("SELECT artifact_uri FROM runs WHERE run_uuid = ?", run_id)
        root = _path(rows[0][0] if rows else None)
        with suppress(OSError, UnicodeError):
            return None if root is None else (root / file).read_text(encoding="utf-8")
        return None

    def run_tag(self, run_id: str, key: str) -> str | None:
        """Return a tag of a run."""
        rows = self._rows("SELECT value FROM tags WHERE run_uuid = ? AND key = ?", run_id, key)
        return str(rows[0][0]) if rows else None

    def _version(self, name: str, version: int, column: str) -> str | None:
        query = (
            f"SELECT {column} FROM model_versions"
            f" WHERE name = ? AND version = ? AND {_HERE} AND {_KEPT}"
        )
        rows = self._rows(query, name, version)
        return None if not rows or rows[0][0] is None else str(rows[0][0])

    def _rows(self, query: str, *values: object) -> Sequence[Any] | None:
        address = f"file:{quote(str(self.file))}?mode=ro"
        with (
            suppress(sqlite3.Error),
            closing(sqlite3.connect(address, uri=True, timeout=10)) as connection,
        ):
            return connection.execute(query, values).fetchall()
        return None


def _path(address: str | None) -> Path | None:
    """Return a folder of this machine, or None where the address is of another place."""
    parts = urlsplit(address or "")
    return Path(unquote(parts.path)) if parts.scheme == "file" and not parts.netloc else None
