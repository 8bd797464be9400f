"""Verify a published set: that it is whole, unchanged, and what people open."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from winback.errors import OutputError, Sentence, WinbackError
from winback.files import read_record
from winback.publishing.result_folder import (
    MANIFEST,
    POINTER,
    describe,
    files_of,
    is_linked,
    linked,
    own_file,
    pointed,
    stands,
)
from winback.signing import demand_signature

_MAKE_ANEW = "make it anew with `winback run JOB.yaml`"


def problems(folder: Path) -> list[OutputError]:
    """Find what is wrong with the set that was published last in a folder.

    The set is looked up once and nothing is locked, so that a job may publish at the same time.

    Parameters
    ----------
    folder
        Where the job publishes, as ``outputs/NAME``.

    Returns
    -------
    list of OutputError
        One for each problem: what, where, and what to do next. Empty: all is well.

    Examples
    --------
    >>> [problem.what for problem in problems(Path("/nowhere"))]
    ['no results have been published here']
    """
    try:
        version = pointed(folder)
    except OutputError as error:
        return [error]
    if version is None:
        return [_without_pointer(folder)]
    files = files_of(version)
    if unread := unlisted(version):
        return [unread]
    answers = [changed(version, name, said) for name, said in files.items()]
    answers += [_elsewhere(folder, name) for name in [*files, MANIFEST]]
    return [problem for problem in answers if problem] + _foreign(
        folder, version, {*files, MANIFEST}
    )


def unlisted(version: Path) -> OutputError | None:
    """Return what is wrong where a manifest does not say which files its set has, or is unsigned.

    Examples
    --------
    >>> str(unlisted(Path("/nowhere")).what)
    'the manifest cannot be read, or lists no files'
    """
    record = read_record(version / MANIFEST)
    if isinstance(record.get("files"), dict):
        try:
            demand_signature(record, str(version / MANIFEST))
        except WinbackError as error:
            return OutputError(error.what, where=error.where, got=error.got, hint=error.hint)
        return None
    return OutputError(
        "the manifest cannot be read, or lists no files",
        where=str(version / MANIFEST),
        hint=Sentence(
            "restore it, or set `{pointer}` back to the set before with `ln -sfn`; to begin anew, "
            "delete `{pointer}`",
            pointer=POINTER,
        ),
    )


def _without_pointer(folder: Path) -> OutputError:
    if files_of(folder):
        return OutputError(
            "the results were published by an earlier winback, without digests",
            where=str(folder),
            hint="the next `winback run JOB.yaml` makes a set of them",
        )
    return OutputError(
        "no results have been published here", where=str(folder), hint="`winback run JOB.yaml`"
    )


def changed(version: Path, name: str, said: Mapping[str, Any]) -> OutputError | None:
    """Compare a file with what the manifest says of it; None: it is what was published.

    Parameters
    ----------
    version
        The folder of the set.
    name
        The file's name in it.
    said
        Its `sha256` and `size`, as the manifest gives them.

    Examples
    --------
    >>> str(changed(Path("/nowhere"), "scores.parquet", {}).what)
    'scores.parquet is missing'
    """
    path = own_file(version, name)
    hint = Sentence(_MAKE_ANEW)
    if name.startswith("lists/"):
        hint = Sentence(
            "make it anew with `winback lists JOB.yaml --as-of {day}`", day=name.split("/")[1]
        )
    if path is None:
        what = Sentence("{name} is missing", name=name)
        if os.path.lexists(version / name):
            what = Sentence("{name} is not a plain file", name=name)
        return OutputError(what, where=str(version / name), hint=hint)
    is_said = describe(path)
    if is_said == {key: said.get(key) for key in is_said}:
        return None
    return OutputError(
        Sentence("{name} has changed since it was published", name=name),
        where=str(path),
        got=Sentence(
            "{size:,} {size:form.byte/bytes}, sha256 {digest}",
            size=is_said["size"],
            digest=is_said["sha256"][:12],
        ),
        allowed=Sentence(
            "{size} {size:form.byte/bytes}, sha256 {digest}",
            size=said.get("size"),
            digest=str(said.get("sha256"))[:12],
        ),
        hint=hint,
    )


def _elsewhere(folder: Path, name: str) -> OutputError | None:
    """Tell where the path that people open does not lead to the set."""
    path = folder / name
    if is_linked(folder, name):
        return None
    if not os.path.lexists(path):
        return OutputError(
            Sentence("the link to {name} is missing", name=name),
            where=str(path),
            hint="the next command that publishes sets it again",
        )
    return OutputError(
        Sentence(
            "{what} stands where the link to {name} should be: it is not what was published",
            what=stands(path),
            name=name,
        ),
        where=str(path),
        hint="move it elsewhere; the next command that publishes sets the link again",
    )


def _foreign(folder: Path, version: Path, names: set[str]) -> list[OutputError]:
    """Find what looks as if it were of the set, and is not in its manifest."""
    within = {p.relative_to(version).as_posix(): p for p in version.rglob("*") if not p.is_dir()}
    foreign = [
        OutputError(
            Sentence("{name} is not of the set, but lies in its folder", name=name),
            where=str(path),
            hint="move it elsewhere",
        )
        for name, path in sorted(within.items())
        if name not in names
    ]
    foreign += [
        OutputError(
            Sentence("the link {name} leads to no file of the set", name=name),
            where=str(folder / name),
            hint="the next command that publishes removes it",
        )
        for name in sorted(linked(folder))
        if name not in names and name not in within
    ]
    return foreign
