"""Files appear whole or not at all: written aside, flushed to the disk, then renamed."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from winback.errors import OutputError

if sys.platform != "win32":
    import fcntl


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a path to write to, which becomes `path` when the block ends without an error.

    The file is written as `.NAME.part` beside its destination (a rename is only atomic within one
    file system), flushed to the disk and renamed over `path`. After an error the part is removed
    and whatever stood at `path` stands there still. A killed process leaves at most a part, which
    the next writer of the same file overwrites: the name is fixed on purpose.

    Parameters
    ----------
    path
        Where the file is to appear. Missing parent folders are made.

    Yields
    ------
    pathlib.Path
        Where to write. Only write there; do not rename it.

    Raises
    ------
    OutputError
        If the folder or the file cannot be written, the disk is full, or another process
        is writing the same file.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with atomic_path(folder / "note.txt") as part:
    ...     _ = part.write_text("whole", encoding="utf-8")
    >>> [(file.name, file.read_text(encoding="utf-8")) for file in folder.iterdir()]
    [('note.txt', 'whole')]
    """
    target = Path(path)
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            raise OutputError("a folder stands where the file should be", where=str(target))
        lock = _claim(part, target)
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        yield part
        _publish(part, target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _unwritable(target, error) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    finally:
        if lock is not None:
            os.close(lock)


def flush(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk.

    Examples
    --------
    >>> flush(Path("."))
    """
    if sys.platform == "win32" and path.is_dir():  # where a folder cannot be opened
        return
    opened = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def disk_full(error: object) -> OSError | None:
    """Return that the disk is full where this lies behind an error, whatever it was taken for.

    An engine that finds no room while it reads says so in words of its own, and whoever asked it
    may take that for a fault of the data.

    Examples
    --------
    >>> try:
    ...     try:
    ...         raise RuntimeError("could not write block: No space left on device")
    ...     except RuntimeError:
    ...         raise ValueError("the file cannot be read")
    ... except ValueError as error:
    ...     print(disk_full(error))
    [Errno 28] No space left on device
    >>> disk_full(ValueError("the file cannot be read")) is None
    True
    """
    while isinstance(error, BaseException):
        for number in (errno.ENOSPC, errno.EDQUOT):
            if getattr(error, "errno", None) == number or os.strerror(number) in str(error):
                return OSError(number, os.strerror(number))
        error = error.__cause__ or error.__context__
    return None


def read_record(path: Path | None) -> dict[str, Any]:
    """Return what a JSON file of ours holds; empty where there is none, or it cannot be read.

    Examples
    --------
    >>> read_record(Path("no such file"))
    {}
    """
    try:
        content = {} if path is None else json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _claim(part: Path, target: Path) -> int | None:
    """Empty the part and hold it against other processes; the lock dies with its process."""
    if sys.platform == "win32":  # which itself refuses to rename a file that is open elsewhere
        part.write_bytes(b"")
        return None
    lock = os.open(part, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        with suppress(OSError):  # a file system without locks, such as some network folders
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise _taken(target) from error
        _demand_at(part, lock, target)
        os.ftruncate(lock, 0)  # whatever a killed writer left
    except BaseException:
        os.close(lock)
        raise
    return lock


def _demand_at(part: Path, opened: int, target: Path) -> None:
    """Refuse a part that another writer has renamed between our opening and our locking it."""
    try:
        is_there = os.path.samestat(part.stat(), os.fstat(opened))
    except FileNotFoundError:
        is_there = False
    if not is_there:
        raise _taken(target)


def _taken(target: Path) -> OutputError:
    return OutputError(
        "another process is writing this file",
        where=str(target),
        hint="wait for it to end, or choose another output folder",
    )


def _publish(part: Path, target: Path) -> None:
    """Flush the part to the disk and rename it; the folder too, so that a crash keeps the name."""
    flush(part)
    part.replace(target)
    flush(target.parent)


def _unwritable(target: Path, error: OSError) -> OutputError:
    return OutputError(
        "the file cannot be written",
        where=str(target),
        got=error.strerror or str(error),
        hint="check the folder, its permissions and the space on the disk",
    )
