"""Folders that can be granted apart: what operators need, what analysts need, and nothing else."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from winback.errors import ConfigError, OutputError
from winback.files import read_record
from winback.publishing.result_folder import MANIFEST, files_of, pointed
from winback.workflows.output import OutputFolder

if TYPE_CHECKING:
    from winback.config import LoadedJob

OF_ROLE: Final = {
    "operators": re.compile(r"(churn_warning|win_back)\.csv|lists\.xlsx"),
    "analysts": re.compile(
        r"(?!rejected|identities|erased)[^/]+\.(parquet|json|html)|(campaigns|channels|alerts)\.csv"
    ),
}
"""Which files of a set each role gets: lists to act on; scores, figures, and what these rest on."""


def share(settings: LoadedJob, out: Path) -> None:
    """Bring each folder that the job grants to the newest set; one that has it stays as it is.

    Parameters
    ----------
    settings
        The job.
    out
        The folder of all results.

    Raises
    ------
    ConfigError
        There is no such group.
    OutputError
        A folder cannot be written, or cannot be given to its group.
    """
    folders, version = settings.job.folders, pointed(out)
    if version is None:
        return
    for role, of_role in OF_ROLE.items():
        granted = getattr(folders, role)
        if granted is not None:
            path = Path(settings.resolve(granted.path))
            if path.resolve().is_relative_to(out.resolve()):
                raise ConfigError(
                    "a folder that is granted apart lies among all results",
                    where=f"folders.{role}.path",
                    got=str(path),
                    allowed="a place outside of the output folder",
                )
            with _granted(path, granted.group):
                _fill(path, role, version, [n for n in files_of(version) if of_role.fullmatch(n)])


def _fill(path: Path, role: str, version: Path, names: list[str]) -> None:
    """Publish copies of some files of a set as a set of their own; the one before goes at once."""
    with OutputFolder(path) as shared:
        if read_record(shared.earlier / MANIFEST).get("of") == version.name:
            return
        for name in names:
            shutil.copyfile(version / name, shared.staged(name))
        for name in files_of(shared.earlier):
            if name not in names:
                shared.drop(name)
        manifest = read_record(version / MANIFEST)
        facts = {name: manifest.get(name) for name in ("name", "as_of", "package_version")}
        shared.mend(**facts, role=role, of=version.name)


@contextmanager
def _granted(path: Path, group: str | None) -> Iterator[None]:
    """Make what is written in a folder readable for its group, and for nobody else."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if group is not None:
            shutil.chown(path, group=group)
        path.chmod(0o2750)  # what is made in it is the same group's
    except LookupError as error:
        raise ConfigError("there is no such group", where="folders", got=group) from error
    except OSError as error:
        raise OutputError(
            "the folder cannot be given to its group",
            where=str(path),
            got=error.strerror or str(error),
            hint="let whoever runs winback be of that group, or make the folder for them",
        ) from error
    before = os.umask(0o027)
    try:
        yield
    finally:
        os.umask(before)
