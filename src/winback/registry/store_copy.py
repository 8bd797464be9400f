"""A model store in an SQLite file, copied while others may write to it, and put back."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from winback.errors import RegistryError
from winback.registry.store import DEFAULT_URI

_SQLITE = "sqlite:///"
_DATABASE, _ARTIFACTS = "mlflow.db", "artifacts"
_PATIENCE = 10  # seconds


@dataclass(frozen=True)
class StorePlace:
    """Where a store of this machine lies.

    Attributes
    ----------
    file
        The database.
    artifacts
        The folder of the artifacts.
    """

    file: Path
    artifacts: Path


def place_of(uri: str | None, artifacts: str | None) -> StorePlace | None:
    """Return where a store lies; None where it is a server's, which has backups of its own.

    Examples
    --------
    >>> place_of("http://models.example.org", None) is None
    True
    >>> place_of("sqlite:///models/mlflow.db", None).artifacts.parts[-2:]
    ('models', 'artifacts')
    """
    address = uri or DEFAULT_URI
    if not address.startswith(_SQLITE):
        return None
    file = Path(unquote(address.removeprefix(_SQLITE))).resolve()
    if artifacts is None:
        return StorePlace(file, file.parent / _ARTIFACTS)
    parts = urlsplit(artifacts)
    if parts.scheme not in ("", "file"):
        return None
    return StorePlace(file, Path(unquote(parts.path) if parts.scheme else artifacts).resolve())


def copy_store(store: StorePlace, to: Path) -> int:
    """Copy a store: its database as of one moment, then the artifacts that it speaks of.

    Artifacts are written before the database names them and not changed afterwards, so that every
    version of the copy has its files, also where somebody trains meanwhile.

    Returns
    -------
    int
        How many files were copied.

    Raises
    ------
    RegistryError
        It cannot be read.
    """
    to.mkdir(parents=True)
    try:
        with (
            closing(sqlite3.connect(f"{store.file.as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(to / _DATABASE)) as target,
        ):
            source.backup(target)
    except sqlite3.Error as error:
        raise RegistryError(
            "the model store cannot be copied", where=str(store.file), got=str(error)
        ) from error
    copied = 1
    for place, _, files in os.walk(store.artifacts):
        for name in files:
            path = Path(place, name)
            target_file = to / _ARTIFACTS / path.relative_to(store.artifacts)
            target_file.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # a part of a training that was given up meanwhile
                shutil.copyfile(path, target_file)
                copied += 1
    return copied


def put_back(copy: Path, store: StorePlace) -> None:
    """Put a copied store where a job looks for it: artifacts first, then its database at once.

    A database that is there is overwritten within itself, in one transaction: whoever has it open
    meets the other content, and nobody goes on writing to a file without a name. Artifacts that the
    copy does not have stay; nothing of the database names them.

    Raises
    ------
    RegistryError
        It cannot be written.
    """
    aside = store.file.with_name(f".{store.file.name}.part")
    try:
        store.file.parent.mkdir(parents=True, exist_ok=True)
        if (copy / _ARTIFACTS).is_dir():
            shutil.copytree(
                copy / _ARTIFACTS, store.artifacts, dirs_exist_ok=True,
                copy_function=shutil.copyfile,
            )  # fmt: skip
        if not store.file.exists() or not _overwritten(copy / _DATABASE, store.file):
            shutil.copyfile(copy / _DATABASE, aside)
            aside.replace(store.file)
    except OSError as error:
        raise RegistryError(
            "the model store cannot be put back",
            where=str(store.file),
            got=error.strerror or str(error),
        ) from error


def _overwritten(source: Path, target: Path) -> bool:
    """Give a database the content of another; False where what is there is no database."""
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as copy,
            closing(sqlite3.connect(target, timeout=_PATIENCE)) as there,
        ):
            copy.backup(there)
    except sqlite3.OperationalError as error:  # somebody else is writing to it
        raise RegistryError(
            "the model store cannot be put back", where=str(target), got=str(error)
        ) from error
    except sqlite3.DatabaseError:
        return False
    return True
