"""Verify what a job has published."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winback.errors import OutputError
from winback.files import read_record
from winback.messages import Message
from winback.publishing.result_folder import MANIFEST, files_of, pointed
from winback.publishing.verify import problems

if TYPE_CHECKING:
    from winback.config import LoadedJob


def verify(place: Path, load: Callable[[Path], LoadedJob]) -> dict[str, Any]:
    """Hold the newest results against the digests that their manifest gives.

    Parameters
    ----------
    place
        The folder of the results, or the YAML of the job that publishes them.
    load
        Reads a job.

    Returns
    -------
    dict
        `folder`, the set's `version` and `as_of` (null where there is none), how many `files` it
        has, and `problems`: each with `what`, `where` and `next`.

    Examples
    --------
    >>> print(verify(Path("/"), load=...)["problems"][0]["what"])
    no results have been published here (at /)
    """
    folder = place
    if not place.is_dir():
        job = load(place).job
        folder = Path(job.output or Path("outputs") / job.name)
    faults = [
        {"what": Message.of_error(problem), "where": problem.where, "next": problem.hint}
        for problem in problems(folder)
    ]
    try:
        version = pointed(folder)
    except OutputError:
        version = None
    return {
        "folder": str(folder),
        "version": version and version.name,
        "as_of": version and read_record(version / MANIFEST).get("as_of"),
        "files": len(files_of(version)) if version else 0,
        "problems": faults,
    }
