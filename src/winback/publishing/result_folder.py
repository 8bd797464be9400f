"""How a folder of results lies: whole sets side by side, one pointer, and links that people open.

::

    outputs/NAME/
      win_back.csv -> current/win_back.csv          what people open: the path never changes
      lists/2011-12-09/win_back.csv -> ../../current/lists/2011-12-09/win_back.csv
      current -> .published/2011-12-09-1f6a09c2     winback's pointer: replacing it is the switch
      .published/2011-12-09-1f6a09c2/               the set it shows, with its `manifest.json`
      .published/2011-12-08-77c0d1e4/               the set before, until the next publication

Only these links are followed, each checked by its target. Whatever else lies in the folder is
somebody's own.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from winback.errors import OutputError, Sentence
from winback.files import read_record

VERSIONS = ".published"
POINTER = "current"
MANIFEST = "manifest.json"
VERSION = re.compile(r"(\d{4}-\d\d-\d\d|undated)-[0-9a-f]{8}")
# what lies, as plain files, in a folder that was written before there were sets
_EARLIER = re.compile(
    r"(lists/\d{4}-\d\d-\d\d/)?(churn_warning|win_back|win_back_control)\.(csv|parquet)"
    r"|(churn_warning_excluded|win_back_excluded|scores|rejected)\.parquet"
    r"|report\.(html|json)|(evaluation|backtest)\.(json|parquet|html)|(tracking|tiers)\.json"
)


def pointed(folder: Path) -> Path | None:
    """Return the set that the pointer of a folder shows; None where there is no pointer yet.

    Raises
    ------
    OutputError
        What stands there is not winback's pointer, or shows no set.

    Examples
    --------
    >>> import tempfile
    >>> pointed(Path(tempfile.mkdtemp())) is None
    True
    """
    pointer = folder / POINTER
    if not os.path.lexists(pointer):
        return None
    if not pointer.is_symlink():
        raise OutputError(
            Sentence(
                "{what} stands where winback's pointer to the newest results should be",
                what=stands(pointer),
            ),
            where=str(pointer),
            hint=Sentence(
                "move it elsewhere; if the folder was copied without its links, "
                "delete {pointer} and {versions} in it: the files beside them "
                "are read as the last results",
                pointer=POINTER,
                versions=VERSIONS,
            ),
        )
    target = str(pointer.readlink())
    room, _, version = target.partition("/")
    is_own = room == VERSIONS and VERSION.fullmatch(version)
    if not (is_own and is_folder(folder / VERSIONS) and is_folder(folder / target)):
        raise OutputError(
            "the pointer to the newest results leads to none",
            where=str(pointer),
            got=target,
            allowed=Sentence("a set in {folder}", folder=folder / VERSIONS),
            hint="set it back with `ln -sfn` to the newest set there, or delete it and run again",
        )
    return folder / target


def stands(path: Path) -> Sentence:
    """Say what stands at a path.

    Examples
    --------
    >>> stands(Path("/"))
    'a folder'
    """
    if path.is_symlink():
        return Sentence("a link to {place}", place=path.readlink())
    return Sentence("a folder" if path.is_dir() else "a file")


def link_of(name: str) -> str:
    """Return where the link leads by which people open the file `name` of the newest set.

    Examples
    --------
    >>> link_of("lists/2011-12-09/win_back.csv")
    '../../current/lists/2011-12-09/win_back.csv'
    """
    return "../" * name.count("/") + f"{POINTER}/{name}"


def is_linked(folder: Path, name: str) -> bool:
    """Tell whether winback's own link stands at `name`.

    Examples
    --------
    >>> is_linked(Path("/"), "etc")
    False
    """
    path = folder / name
    return path.is_symlink() and str(path.readlink()) == link_of(name)


def linked(folder: Path) -> Iterator[str]:
    """Find the names at which links of winback's own stand.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "scores.parquet").symlink_to("current/scores.parquet")
    >>> (folder / "mine.csv").symlink_to("scores.parquet")
    >>> list(linked(folder))
    ['scores.parquet']
    """
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for file in files:
            name = Path(place, file).relative_to(folder).as_posix()
            if is_linked(folder, name):
                yield name


def is_name(name: str) -> bool:
    """Tell whether a file of a set may have this name: within the folder, and not hidden.

    Examples
    --------
    >>> is_name("lists/2011-12-09/win_back.csv"), is_name("../notes.txt"), is_name("/etc/passwd")
    (True, False, False)
    """
    parts = PurePosixPath(name).parts
    return bool(parts) and parts[0] not in {"/", POINTER} and not any(p[0] == "." for p in parts)


def own_file(folder: Path, name: str) -> Path | None:
    """Return a set's file, if a regular one stands at its name, reached through no link.

    Examples
    --------
    >>> own_file(Path("/etc"), "../etc/passwd") is None
    True
    """
    path = folder / name
    if not is_name(name) or path.is_symlink() or not path.is_file():
        return None
    own_place = folder.resolve().joinpath(*PurePosixPath(name).parts[:-1])
    return path if path.parent.resolve() == own_place else None


def files_of(folder: Path) -> dict[str, dict[str, Any]]:
    """Return a set's files besides the manifest: their names, each with `sha256` and `size`.

    Where the manifest lists none, as those of an earlier winback, they are the files of the names
    that it gave, and nothing is said about them.

    Examples
    --------
    >>> files_of(Path("/nowhere"))
    {}
    """
    listed = read_record(folder / MANIFEST).get("files")
    if isinstance(listed, dict):
        return {name: entry for name, entry in listed.items() if is_name(name) and entry}
    paths = sorted([*folder.glob("*"), *folder.glob("lists/*/*")])
    names = (path.relative_to(folder).as_posix() for path in paths)
    return {name: {} for name in names if _EARLIER.fullmatch(name) and own_file(folder, name)}


def describe(path: Path) -> dict[str, Any]:
    """Return a file's `sha256` and `size` in bytes.

    Examples
    --------
    >>> describe(Path(os.devnull))["size"]
    0
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"sha256": digest, "size": file.tell()}


def is_folder(path: Path) -> bool:
    """Tell whether a folder itself stands at a path, and no link to one.

    Examples
    --------
    >>> is_folder(Path("/"))
    True
    """
    return path.is_dir() and not path.is_symlink()
