"""Publish a set of results: everything is made beside what is there, and shown at one switch.

At each moment, killed or not, whoever opens the files by their stable paths meets one whole set:
the names lead through one pointer, and replacing it is the only step that changes what is seen.
"""

from __future__ import annotations

import filecmp
import json
import os
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from signal import SIG_DFL, SIGINT, SIGTERM, getsignal, raise_signal, signal
from threading import current_thread, main_thread
from typing import Any

from winback.errors import OutputError, Sentence
from winback.files import flush, read_record
from winback.publishing.result_folder import (
    MANIFEST,
    POINTER,
    VERSION,
    VERSIONS,
    describe,
    files_of,
    is_folder,
    is_linked,
    link_of,
    linked,
    own_file,
    pointed,
    stands,
)
from winback.signing import with_signature


def earlier_set(folder: Path) -> Path:
    """Return where the results lie that were published last, to be asked once per command.

    A folder that was written before there were sets is its own; where nothing was published, the
    folder returned does not exist.

    Raises
    ------
    OutputError
        Something else stands where winback's pointer should be.

    Examples
    --------
    >>> earlier_set(Path("/nowhere")).exists()
    False
    """
    made_before = "config_hash" in read_record(folder / MANIFEST)
    return pointed(folder) or (folder if made_before else folder / POINTER)


def demand_links(folder: Path, stage: Path) -> None:
    """Refuse a file system without symbolic links, by which a set appears at once.

    Parameters
    ----------
    folder
        Where results are published.
    stage
        A folder within it, to try in.

    Raises
    ------
    OutputError
        No link can be made.
    """
    probe = stage / "probe"
    try:
        probe.symlink_to(POINTER)
        probe.unlink()
    except OSError as error:
        raise OutputError(
            "no symbolic link can be made here, and without one results cannot appear together",
            where=str(folder),
            got=error.strerror or str(error),
            hint="choose a folder on another file system with --out, and copy the results from it",
        ) from error


def demand_room(folder: Path, names: Collection[str]) -> None:
    """Refuse to publish where something of somebody's own stands at a name of the set.

    A file that equals the newest set's is none: a link in its place changes nothing that is seen.

    Raises
    ------
    OutputError
        Something stands there; the message says what.
    """
    folders = {VERSIONS, *(str(above) for name in names for above in Path(name).parents)} - {"."}
    taken = [
        *(n for n in names if not is_linked(folder, n) and not _is_copy(folder, n)),
        *(n for n in folders if not is_folder(folder / n)),
    ]
    for path in (folder / name for name in taken):
        if os.path.lexists(path):
            raise OutputError(
                Sentence(
                    "{what} that winback did not publish stands where results should be",
                    what=stands(path),
                ),
                where=str(path),
                hint="move it elsewhere, or delete it, and start again",
            )


def publish(
    folder: Path,
    stage: Path,
    results: Path,
    facts: Mapping[str, Any],
    without: Collection[str] = (),
    *,
    forget: bool = False,
) -> None:
    """Publish new results together with those of the last set that were not made anew.

    Parameters
    ----------
    folder
        Where people open them.
    stage
        A folder within it, for what is being made.
    results
        A folder with the new results, on the same file system; it becomes the set.
    facts
        What the manifest says besides the files.
    without
        Names of the last set that the new one does not have.
    forget
        Whether the set before goes at once, instead of with the next publication.

    Raises
    ------
    OutputError
        Something of somebody's own stands in the way. Nothing has been published.
    OSError
        The disk is full, or a file cannot be written. Nothing has been published.
    """
    before = pointed(folder)
    source = earlier_set(folder)
    earlier = files_of(source)
    shown = [name for name in (*earlier, MANIFEST) if own_file(source, name)]
    to_adopt = _new_version(read_record(source / MANIFEST)) if source == folder else None
    new = {path.relative_to(results).as_posix() for path in results.rglob("*") if path.is_file()}
    files: dict[str, Any] = {}
    for name in sorted({*earlier, *new} - {*without, MANIFEST}):
        if name not in new and (kept := own_file(source, name)):
            _carry(kept, results / name)
        # what was described is not described again: a file that has changed since stays suspect
        files[name] = (name not in new and earlier[name]) or describe(results / name)
    version = _new_version(facts)
    previous = to_adopt or (before.name if before else None)
    published = {"version": version, "previous": None if forget else previous}
    record = {**facts, "published": published, "files": files}
    plain = json.loads(json.dumps(record, default=str))  # what is read again is what is signed
    text = json.dumps(with_signature(plain), indent=2, ensure_ascii=False)
    (results / MANIFEST).write_text(text + "\n", encoding="utf-8")
    names = [*files, MANIFEST]
    demand_room(folder, [n for n in names if to_adopt is None or n not in {*earlier, MANIFEST}])
    _settle(results)
    with _undisturbed():
        try:
            (folder / VERSIONS).mkdir(exist_ok=True)
            if to_adopt:
                _adopt(folder, stage, shown, to_adopt)
            _link(folder, stage, [*{*shown, *names}])
            _show(folder, stage, results, version)
        finally:
            with suppress(OSError, OutputError):  # the set is whole; the next command tries again
                sweep(folder)


def sweep(folder: Path) -> None:
    """Remove what no publication needs any more, or a killed one has left.

    That is: links of winback's own to what the newest set does not have, and sets besides the
    newest and the one before it. Of a set only the files that its manifest lists are removed.
    """
    version = pointed(folder)
    names = {*files_of(version), MANIFEST} if version else set()
    for name in list(linked(folder)):
        if name not in names and not (folder / name).exists():
            (folder / name).unlink()
            with suppress(OSError):  # something else is in it
                for above in list(Path(name).parents)[:-1]:
                    (folder / above).rmdir()
    if version is None:
        return
    kept = {version.name, read_record(version / MANIFEST).get("published", {}).get("previous")}
    for old in (folder / VERSIONS).iterdir():
        if VERSION.fullmatch(old.name) and old.name not in kept and not old.is_symlink():
            _remove(old)


def _new_version(facts: Mapping[str, Any]) -> str:
    """Name a set by its date and by chance: the same results published again are another set."""
    try:
        day = date.fromisoformat(str(facts.get("as_of"))).isoformat()
    except ValueError:
        day = "undated"
    return f"{day}-{secrets.token_hex(4)}"


def _carry(source: Path, target: Path) -> None:
    """Take a file over: as another name of the same one, or as a copy where that cannot be."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)


def _settle(version: Path) -> None:
    """Bring a set to the disk; whatever is to be true of every file of a set is done here."""
    for path in [version, *version.rglob("*")]:
        if path.is_dir() or path.stat().st_nlink == 1:  # else it is there under its earlier name
            flush(path)


def _adopt(folder: Path, stage: Path, names: Collection[str], version: str) -> None:
    """Make a set of the plain files of an earlier winback; what is seen stays the same."""
    adopted = stage / "adopted"
    for name in names:
        _carry(folder / name, adopted / name)
    _settle(adopted)
    _show(folder, stage, adopted, version)


def _link(folder: Path, stage: Path, names: Collection[str]) -> None:
    """Let the stable paths of results lead through the pointer, where they do not yet."""
    missing = [name for name in names if not is_linked(folder, name)]
    for name in missing:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(folder / name):
            (folder / name).symlink_to(link_of(name))
        elif _is_copy(folder, name):
            link = stage / "link"
            link.symlink_to(link_of(name))
            link.replace(folder / name)
    for above in {above for name in missing for above in Path(name).parents}:
        flush(folder / above)


def _show(folder: Path, stage: Path, made: Path, version: str) -> None:
    """Put a set beside the others, and switch the pointer to it."""
    made.rename(folder / VERSIONS / version)
    flush(folder / VERSIONS)
    pointer = stage / "pointer"
    pointer.symlink_to(f"{VERSIONS}/{version}")
    pointer.replace(folder / POINTER)
    flush(folder)


def _is_copy(folder: Path, name: str) -> bool:
    """Tell whether a plain file equals the newest set's."""
    plain, ours = own_file(folder, name), folder / POINTER / name
    if plain is None or not ours.is_file():
        return False
    return plain.samefile(ours) or filecmp.cmp(plain, ours, shallow=False)


def _remove(version: Path) -> None:
    for name in [*files_of(version), MANIFEST]:
        if path := own_file(version, name):
            path.unlink()
    for place, _, _ in os.walk(version, topdown=False):
        with suppress(OSError):  # somebody's own file is in it
            Path(place).rmdir()


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
