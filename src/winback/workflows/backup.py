"""Back up a job's results and its model store."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winback.errors import UsageError
from winback.files import read_record
from winback.messages import Message
from winback.publishing.backups import begin, expire, finish
from winback.publishing.result_folder import MANIFEST, files_of

if TYPE_CHECKING:
    from winback.config import LoadedJob
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables

OUTPUTS, STORE = "outputs", "store"


def backup(
    settings: LoadedJob,
    tables: JobTables,
    results: Results,
    reporter: Reporter,
    *,
    to: Path | None = None,
) -> dict[str, Any]:
    """Copy the newest set of results and the model store into a folder with digests.

    Parameters
    ----------
    settings, tables, results, reporter
        See `winback.workflows.work.Work`.
    to
        Where backups lie. Unset: the job's `backups.folder`.

    Returns
    -------
    dict
        `folder`; how many `files` and `bytes`; `store`, whether it is in it; `expired`, the
        backups that were deleted, since they are older than `backups.keep_days`.

    Raises
    ------
    UsageError
        The job names no place for backups, or there is nothing to back up.
    """
    from winback.registry.store_copy import copy_store, place_of

    job = settings.job
    place = backups_folder(settings, to)
    if not files_of(results.earlier):
        raise UsageError(
            "there is nothing to back up yet",
            where=str(results.out),
            hint="`winback run JOB.yaml`",
        )
    today = tables.today or job.as_of
    store = place_of(job.tracking.uri, job.tracking.artifacts)
    folder = begin(place, f"{job.name}-{today}-{secrets.token_hex(4)}")
    try:
        with reporter.step(Message("doing.back_up")):
            for name in [*files_of(results.earlier), MANIFEST]:
                target = folder / OUTPUTS / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(results.kept(name), target)
            has_store = store is not None and store.file.exists()
            if store is not None and has_store:
                copy_store(store, folder / STORE)
        as_of = read_record(results.earlier / MANIFEST).get("as_of")
        facts = {"job": job.name, "as_of": as_of, "made": today, "store": has_store}
        whole = finish(folder, facts)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    expired = []
    if job.backups.keep_days is not None:
        keep = job.backups.keep_days
        expired = expire(place, job.name, before=today, keep_days=keep)
    paths = [path for path in whole.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in paths)
    reporter.say(Message("backup.made", folder=str(whole), n=len(paths), mb=size / 1e6))
    if not has_store:
        reporter.warn(Message("backup.no_store"))
    if expired:
        reporter.say(Message("backup.expired", n=len(expired)))
    results.keep_only(None)
    return {
        "folder": str(whole),
        "files": len(paths),
        "bytes": size,
        "store": has_store,
        "expired": expired,
    }


def backups_folder(settings: LoadedJob, to: Path | None = None) -> Path:
    """Return where the job's backups lie.

    Raises
    ------
    UsageError
        Nothing says where.
    """
    named = settings.job.backups.folder
    if to is None and named is None:
        raise UsageError(
            "nothing says where backups lie",
            where="backups.folder",
            hint="set it in the job, or give --to FOLDER",
        )
    return to or Path(settings.resolve(str(named)))
