"""The output folder of a job: results appear in it together, or not at all.

Results are staged in a hidden folder beside their place and moved when the command has come to
its end, so that a job that fails or is killed leaves the last complete set as it was.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from signal import SIG_DFL, SIGINT, SIGTERM, getsignal, raise_signal, signal
from threading import current_thread, main_thread
from typing import Any, Self, TextIO

from winback.errors import OutputError

_STAGE = ".staged-"
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class OutputFolder:
    """A folder that one command at a time writes its results to.

    Parameters
    ----------
    out
        The folder; it is made where it is not there.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self._stack = ExitStack()
        self._manifest: dict[str, Any] | None = None
        self._afterwards: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        """Take the output folder: make it, lock it, and clear what a killed job left."""
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            lock = self._stack.enter_context((self.out / ".lock").open("w", encoding="ascii"))
            self._lock(lock)
            for left in self.out.glob(_STAGE + "*"):
                shutil.rmtree(left, ignore_errors=True)
            self.stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=self.out))
        except OSError as error:
            self._stack.close()
            raise self._unwritable(error) from error
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Publish the results unless there was an error; let go of everything that was taken."""
        try:
            if kind is None:
                self.publish()
            elif isinstance(error, OSError) and error.errno in _DISK_FULL:
                raise self._unwritable(error) from error
        finally:
            self._close()
            shutil.rmtree(self.stage, ignore_errors=True)
            self._stack.close()

    def _close(self) -> None:
        """Let go of what was opened inside of the folder."""

    def _lock(self, lock: TextIO) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(
                "another winback job is writing to this folder",
                where=str(self.out),
                hint="wait for it to end, or choose another folder with --out",
            ) from None

    def _unwritable(self, error: OSError) -> OutputError:
        return OutputError(
            "cannot write to the output folder",
            where=str(self.out),
            got=error.strerror or str(error),
            hint="check its permissions and the space on the disk, or choose another with --out",
        )

    def staged(self, name: str) -> Path:
        """Return where to write the result `name`; `publish` moves it to its place."""
        path = self.stage / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def find(self, name: str) -> Path | None:
        """Return the result `name` of this command, or else of an earlier one, or None."""
        for path in (self.stage / "results" / name, self.out / name):
            if path.exists():
                return path
        return None

    def keep_only(self, folder: str | None) -> None:
        """Drop every staged result outside of `folder`, the manifest too; None: all of them."""
        self._manifest = None
        for path in (self.stage / "results").glob("*"):
            if path.name != folder:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def afterwards(self, do: Callable[[], None]) -> None:
        """Do something once the results are in their place, and only then."""
        self._afterwards.append(do)

    def publish(self) -> None:
        """Move every staged result to its place, the manifest last; then do what comes afterwards.

        Everything is on the disk before the first file moves, so that a full disk moves none; and
        whoever tells the process to stop while they move is heard when all have moved.

        Raises
        ------
        OutputError
            The disk is full, or a file cannot be replaced.
        """
        results = self.stage / "results"
        try:
            if self._manifest is not None:
                text = json.dumps(self._manifest, indent=2, ensure_ascii=False, default=str)
                self.staged("manifest.json").write_text(text + "\n", encoding="utf-8")
            names = [str(p.relative_to(results)) for p in results.rglob("*") if p.is_file()]
            # what speaks of other files comes after them, and the manifest last
            names.sort(key=lambda name: (name == "manifest.json", name.endswith(".json"), name))
            for name in names:
                with (results / name).open("rb") as file:
                    os.fsync(file.fileno())
                (self.out / name).parent.mkdir(parents=True, exist_ok=True)
            with _undisturbed():
                for name in names:
                    (results / name).replace(self.out / name)
        except OSError as error:
            raise self._unwritable(error) from error
        for do in self._afterwards:
            do()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold SIGINT and SIGTERM back until the end of the block."""
    if current_thread() is not main_thread():  # where no signal arrives
        yield
        return
    held: list[int] = []
    before = {number: getsignal(number) for number in (SIGINT, SIGTERM)}
    for number in before:
        signal(number, lambda got, _frame: held.append(got))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal(number, handler or SIG_DFL)
    for got in held[:1]:
        raise_signal(got)
