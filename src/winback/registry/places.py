"""The places that a store can be in: looked at before MLflow does, and followed when they move."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import tempfile
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from winback.errors import RegistryError, Sentence
from winback.masking import mask
from winback.registry.guard import guarded, load_mlflow

PORTS: Final = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}
ROOT_TAG: Final = "winback.artifacts_root"
_FILLED: Final = "SELECT count(*) FROM sqlite_master WHERE name = 'registered_models'"
# Every column of MLflow's schema that holds an absolute artifact address.
_ADDRESSES: Final = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
    ("experiment_tags", "value"),
)


def check_sqlite(file: Path, root: str | None, *, create: bool) -> None:
    """Raise a RegistryError unless `file` is a store that can be read (and written).

    MLflow itself would try a broken file ten times over, for a minute and a half. A new file is
    made with the artifact root `root`.
    """
    where = f"sqlite:///{file}"
    try:
        if not file.exists():
            if not create:
                raise RegistryError(
                    "there is no model store here",
                    where=where,
                    hint="train first (winback train JOB.yaml), or name the store's address",
                )
            _make_sqlite(file, root)
        with closing(sqlite3.connect(file, timeout=10)) as connection:
            if not connection.execute(_FILLED).fetchone()[0]:  # MLflow would fill it in silence
                raise RegistryError(
                    "this file holds no model store",
                    where=where,
                    got=Sentence(
                        "{size:,} {size:form.byte/bytes} without its tables",
                        size=file.stat().st_size,
                    ),
                    hint="restore it from a backup, or delete it to begin anew without any model",
                )
            if create:
                connection.execute("BEGIN IMMEDIATE")
                connection.rollback()
    except (OSError, sqlite3.Error) as error:
        raise RegistryError(
            "the model store cannot be opened",
            where=where,
            got=str(error),
            hint="name a file that can be written, or a server, in tracking.uri",
        ) from error


def _make_sqlite(file: Path, root: str | None) -> None:
    """Make the database aside, then let it appear whole.

    MLflow builds its schema in seventy steps, and cannot open a file in which it was killed between
    two of them.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent):
        pass  # an unwritable folder is noticed before the work
    with tempfile.TemporaryDirectory() as temporary:
        uri = f"sqlite:///{temporary}/new.db"
        with guarded(uri):
            load_mlflow()
            stores = import_module("mlflow.store.tracking.sqlalchemy_store")
            stores.SqlAlchemyStore(uri, root).engine.dispose()
        aside = file.with_name(f".{file.name}.{os.getpid()}")
        shutil.copyfile(Path(temporary) / "new.db", aside)
    try:
        os.link(aside, file)
    except FileExistsError:  # another job was first; its store is as good
        aside.unlink()
    except OSError:  # a file system without hard links
        aside.replace(file)
    else:
        aside.unlink()


def check_database(uri: str) -> None:
    """Raise a RegistryError unless the database answers one quick try."""
    parts = urlsplit(uri)
    if parts.hostname:
        port = parts.port or PORTS[parts.scheme.split("+")[0]]
        with guarded(uri), socket.create_connection((parts.hostname, port), timeout=5):
            pass
    sqlalchemy = __import__("sqlalchemy")
    try:
        with guarded(uri):
            engine = sqlalchemy.create_engine(uri)
            with engine.connect():
                pass
            engine.dispose()
    except ImportError as error:
        raise RegistryError(
            "the database's driver is not installed", where=mask(uri), got=error.name
        ) from error


def follow_moved_folder(file: Path, root: str) -> None:
    """Point the store's addresses at `root` when its folder was moved since they were written.

    MLflow keeps artifact addresses absolute, so a moved clone would write into (or fail for want
    of) the folder it came from.
    """
    if not file.exists() or not (file.parent / "artifacts").is_dir():
        return
    with closing(sqlite3.connect(file, timeout=10)) as connection:
        try:
            rows = connection.execute(
                "SELECT DISTINCT value FROM experiment_tags WHERE key = ?", (ROOT_TAG,)
            ).fetchall()
        except sqlite3.OperationalError:  # a database that MLflow has yet to fill
            return
        for (old,) in rows:
            if old == root or Path(old).name != "artifacts":
                continue
            with connection:
                for table, column in _ADDRESSES:
                    connection.execute(
                        f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
                        f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                        (root, len(old) + 1, old, len(old) + 1, old + "/"),
                    )
