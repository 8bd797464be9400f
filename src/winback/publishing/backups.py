"""Backups: folders of files with their digests, that appear whole, are compared, and expire.

::

    BACKUPS/shop-2011-12-09-1f6a09c2/
      backup.json        whose, of which day, and the digest of every file; perhaps signed
      outputs/…          the files of the newest set
      store/…            the model store
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from winback.errors import OutputError, Sentence
from winback.files import flush, read_record
from winback.publishing.result_folder import describe
from winback.signing import demand_signature, with_signature

RECORD: Final = "backup.json"
_NAME: Final = re.compile(r"(?P<job>.+)-(?P<day>\d{4}-\d\d-\d\d)-[0-9a-f]{8}")
_UNFINISHED: Final = ".part-"


@dataclass(frozen=True)
class Backup:
    """A backup that is there.

    Attributes
    ----------
    folder
        Where it lies.
    day
        The day on which it was made.
    """

    folder: Path
    day: date


def backups_of(place: Path, job: str) -> list[Backup]:
    """Find the backups of a job, the oldest first.

    Examples
    --------
    >>> backups_of(Path("/nowhere"), "shop")
    []
    """
    found = []
    for folder in sorted(place.glob(f"{job}-*")):
        name = _NAME.fullmatch(folder.name)
        if name and name["job"] == job and (folder / RECORD).is_file():
            found.append(Backup(folder, date.fromisoformat(name["day"])))
    return sorted(found, key=lambda backup: (backup.day, backup.folder))


def begin(place: Path, name: str) -> Path:
    """Return a new folder to be filled, which is no backup before `finish`; clear what was killed.

    Raises
    ------
    OutputError
        It cannot be made.
    """
    own = _NAME.fullmatch(name)
    try:
        place.mkdir(parents=True, exist_ok=True)
        for left in place.glob(f"{_UNFINISHED}*"):
            of = _NAME.fullmatch(left.name.removeprefix(_UNFINISHED))
            if of and own and of["job"] == own["job"]:  # the job's own lock says that it is dead
                shutil.rmtree(left, ignore_errors=True)
        (place / f"{_UNFINISHED}{name}").mkdir()
    except OSError as error:
        raise OutputError(
            "the backup cannot be written", where=str(place), got=error.strerror or str(error)
        ) from error
    return place / f"{_UNFINISHED}{name}"


def finish(folder: Path, facts: Mapping[str, Any]) -> Path:
    """Write down what a filled folder holds, and let it appear as a backup.

    Returns
    -------
    pathlib.Path
        The backup.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {path.relative_to(folder).as_posix(): describe(path) for path in paths}
    plain = json.loads(json.dumps({**facts, "files": files}, default=str))
    text = json.dumps(with_signature(plain), indent=2, ensure_ascii=False)
    (folder / RECORD).write_text(text + "\n", encoding="utf-8")
    for path in [*paths, folder / RECORD, folder]:
        flush(path)
    whole = folder.with_name(folder.name.removeprefix(_UNFINISHED))
    folder.rename(whole)
    flush(whole.parent)
    return whole


def read_backup(folder: Path) -> dict[str, Any]:
    """Return what a backup says of itself, every file compared with its digest.

    Raises
    ------
    OutputError
        It is none, is not whole, or was changed.
    WinbackError
        It is not signed with the key, where there is one.
    """
    record = read_record(folder / RECORD)
    files = record.get("files")
    if not isinstance(files, dict):
        raise OutputError(
            "this is no backup",
            where=str(folder),
            allowed=Sentence("a folder with {file}", file=RECORD),
            hint="`winback backup JOB.yaml` makes one",
        )
    demand_signature(record, str(folder / RECORD))
    for name, said in files.items():
        path = folder / name
        if ".." in Path(name).parts or not path.is_file() or describe(path) != said:
            raise OutputError(
                Sentence("{name} is not what was backed up", name=name),
                where=str(path),
                hint="take another backup: this one is damaged",
            )
    return record


def expire(place: Path, job: str, *, before: date, keep_days: int) -> list[str]:
    """Delete the backups of a job that are older than they are kept; return their names.

    Parameters
    ----------
    place, job
        Where they lie, and whose they are.
    before
        Today.
    keep_days
        One that was made so many days ago is kept, an older one goes.
    """
    old = [b for b in backups_of(place, job) if before - b.day > timedelta(days=keep_days)]
    for backup in old:
        (backup.folder / RECORD).unlink()  # first, so that half of one is none
        shutil.rmtree(backup.folder)
    return [backup.folder.name for backup in old]
