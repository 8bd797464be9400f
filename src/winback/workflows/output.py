"""The output folder of a job: what a command makes appears in it as one set, or not at all.

Results are staged in a hidden folder beside their place. When the command has come to its end they
are published together, with the earlier ones that were not made anew (see `winback.publishing`); a
command that fails, or is killed, leaves the last set as it was.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self, TextIO

from winback.errors import OutputError
from winback.files import disk_full, read_record
from winback.processes import this_process
from winback.publishing.publish import demand_links, demand_room, earlier_set, publish
from winback.publishing.result_folder import MANIFEST, files_of
from winback.publishing.verify import changed, unlisted
from winback.signing import SIGNATURE

BEAT_SECONDS = 30.0
_STAGE = ".staged-"


@contextmanager
def _heart(lock: TextIO) -> Iterator[None]:
    """Say in the locked file who is at work, again and again; of a killed job it stays there."""
    ended, since = Event(), _now()

    def beat() -> None:
        with suppress(OSError):  # a full disk is told by whoever writes results
            lock.truncate(0)
            lock.write(json.dumps({**this_process(), "since": since, "beat": _now()}) + "\n")
            lock.flush()

    def beat_on() -> None:
        while not ended.wait(BEAT_SECONDS):
            beat()

    beat()
    heart = Thread(target=beat_on, name="winback-heart", daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join()
        with suppress(OSError):
            lock.truncate(0)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class OutputFolder:
    """A folder that one command at a time writes its results to.

    Parameters
    ----------
    out
        The folder; it is made where it is not there.

    Attributes
    ----------
    earlier
        The folder of the set that was published before this command, looked up once. It does not
        exist where nothing was published.
    stage
        A folder for what the command makes on its way; it is gone afterwards.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self._stack = ExitStack()
        self._manifest: dict[str, Any] | None = None
        self._dropped: set[str] = set()
        self._forget = False
        self._compared: set[str] = set()
        self._afterwards: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        """Take the output folder: make it, lock it, and clear what a killed job left.

        Raises
        ------
        OutputError
            It cannot be written to, another job writes to it, its file system has no symbolic
            links, or something of somebody's own stands where results should be.
        """
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            lock = self._stack.enter_context((self.out / ".lock").open("a+", encoding="ascii"))
            self._lock(lock)
            self._stack.enter_context(_heart(lock))
            for left in self.out.glob(_STAGE + "*"):
                shutil.rmtree(left, ignore_errors=True)
            self.earlier = earlier_set(self.out)
            self._demand_sound()
            self.stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=self.out))
            self._stack.callback(shutil.rmtree, self.stage, ignore_errors=True)
            demand_links(self.out, self.stage)
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
            elif (full := disk_full(error)) is not None:
                raise self._unwritable(full) from None
        finally:
            self._stack.close()

    def _demand_sound(self) -> None:
        """Refuse, before hours of work, a set whose files nobody knows, or names that are taken."""
        if self.earlier.exists() and self.earlier != self.out:
            manifest = read_record(self.earlier / MANIFEST)
            by_earlier_winback = manifest and "files" not in manifest
            if not by_earlier_winback and (unread := unlisted(self.earlier)):
                raise unread
            demand_room(self.out, [*files_of(self.earlier), MANIFEST])

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
        """Return where to write the result `name`; it is published under that name."""
        path = self.stage / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._dropped.discard(name)
        return path

    @property
    def written(self) -> list[str]:
        """The results of this command, those at the top of the folder only."""
        return sorted(path.name for path in (self.stage / "results").glob("*") if path.is_file())

    def drop(self, name: str) -> None:
        """Leave the result `name` of an earlier command out of the set to come."""
        self._dropped.add(name)

    def find(self, name: str) -> Path | None:
        """Return the result `name` of this command, or else of an earlier one, or None.

        Raises
        ------
        OutputError
            The earlier one is not what was published.
        """
        staged = self.stage / "results" / name
        if name in self._dropped or staged.exists():
            return None if name in self._dropped else staged
        return self.kept(name) if (self.earlier / name).exists() else None

    def kept(self, name: str) -> Path:
        """Return the result `name` of the set before, compared once with its digest.

        Raises
        ------
        OutputError
            It is gone, or not what was published: a disk forgets, a person edits.
        """
        if name not in self._compared:
            said = files_of(self.earlier).get(name)
            if said and (problem := changed(self.earlier, name, said)):
                raise problem
            self._compared.add(name)
        return self.earlier / name

    def keep_only(self, folder: str | None) -> None:
        """Drop every staged result outside of `folder`, the manifest too; None: all of them."""
        self._manifest = None
        self._dropped = {name for name in self._dropped if name.partition("/")[0] == folder}
        for path in (self.stage / "results").glob("*"):
            if path.name != folder:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def mend(self, **facts: Any) -> None:
        """Publish the set before with what is staged in its place, and nothing else of it anew.

        Parameters
        ----------
        facts
            What its manifest says besides. The set before goes at once: nobody shall find in it
            what was mended.
        """
        self._manifest = {**read_record(self.earlier / MANIFEST), **facts}
        self._forget = True

    def restore_facts(self, manifest: Mapping[str, Any]) -> None:
        """Publish what is staged as another set, by what its manifest says besides the files."""
        own = {"files", "published", SIGNATURE}
        self._manifest = {name: fact for name, fact in manifest.items() if name not in own}

    def afterwards(self, do: Callable[[], None]) -> None:
        """Do something once the results are in their place, and only then."""
        self._afterwards.append(do)

    def publish(self) -> None:
        """Publish what is staged, at one switch; then do what comes afterwards.

        Raises
        ------
        OutputError
            The disk is full, or something of somebody's own stands in the way.
        """
        results = self.stage / "results"
        results.mkdir(exist_ok=True)
        if any(results.iterdir()) or self._dropped or self._manifest is not None:
            facts = self._manifest or read_record(self.earlier / MANIFEST)
            try:
                publish(self.out, self.stage, results, facts, self._dropped, forget=self._forget)
            except OSError as error:
                raise self._unwritable(error) from error
        for do in self._afterwards:
            do()
