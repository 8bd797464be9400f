"""Put a backup of results and model store back, without whom was erased since."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winback.errors import RegistryError, Sentence, UsageError
from winback.files import read_record
from winback.messages import Message
from winback.publishing.backups import read_backup
from winback.publishing.result_folder import MANIFEST, files_of
from winback.workflows.backup import OUTPUTS, STORE
from winback.workflows.erased_files import take_out_of_files
from winback.workflows.personal import ERASED, noted, write_record

if TYPE_CHECKING:
    from winback.config import LoadedJob
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables
    from winback.workflows.tracking import Tracking


def restore(
    settings: LoadedJob,
    tables: JobTables,
    results: Results,
    tracking: Tracking,
    reporter: Reporter,
    *,
    backup: Path,
    erased: Path | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """Compare a backup with its digests, then put back its store and publish its results.

    Parameters
    ----------
    settings, tables, results, tracking, reporter
        See `winback.workflows.work.Work`.
    backup
        Its folder.
    erased
        A copy of `erased.json` that was kept elsewhere: who was erased since the backup.
    force
        Replace results and store that are there.

    Returns
    -------
    dict
        `backup`; `as_of`, `made` (its day); `files`, how many results; `store`, whether it was put
        back; `erased_rows`, how many rows were left out, since their persons were erased before or
        after the backup was made.

    Raises
    ------
    UsageError
        The backup is of another job; what was given as `erased` is no such file; or there are
        results, or a store, and nobody said `force`.
    OutputError
        The backup is not whole. Nothing has been changed.
    """
    job = settings.job
    with reporter.step(Message("doing.compare_backup")):
        record = read_backup(backup)
    if record.get("job") != job.name:
        raise UsageError(
            "the backup is of another job",
            where=str(backup),
            got=str(record.get("job")),
            allowed=job.name,
        )
    if erased is not None and "tombstones" not in read_record(erased):
        raise UsageError(
            "this says nothing of who was erased",
            where=str(erased),
            allowed=Sentence("a copy of {file}", file=ERASED),
        )
    has_store = _demand_room(tracking, results, record, force=force)
    with reporter.step(Message("doing.restore")):
        rows = _stage(tables, results, backup / OUTPUTS, erased)
        if has_store:
            _put_back(settings, backup)
    n = len(files_of(backup / OUTPUTS))
    said = {"as_of": record.get("as_of"), "made": record.get("made")}
    reporter.say(Message("restore.done", folder=str(results.out), n=n, made=said["made"]))
    if rows:
        reporter.say(Message("restore.erased", n=rows))
    if not has_store:
        reporter.warn(Message("backup.no_store"))
    return {"backup": str(backup), **said, "files": n, "store": has_store, "erased_rows": rows}


def _demand_room(
    tracking: Tracking, results: Results, record: dict[str, Any], *, force: bool
) -> bool:
    """Refuse to replace what is there; return whether a store is to be put back."""
    from winback.registry.claim import demand_free
    from winback.registry.store_copy import place_of

    job = tracking.settings.job
    store = place_of(job.tracking.uri, job.tracking.artifacts)
    has_store = bool(record.get("store")) and store is not None
    there = [str(results.out)] if files_of(results.earlier) else []
    if store is not None and has_store and store.file.exists():
        there.append(str(store.file))
        if force and _answers(tracking):
            demand_free(tracking.store, job.name, "training")
    if there and not force:
        raise UsageError(
            "there is something in the place of what would be restored",
            where=", ".join(there),
            hint="restore elsewhere with --out, or replace it with --force",
        )
    return has_store


def _answers(tracking: Tracking) -> bool:
    """Whether the store that is there can be opened; a damaged one is what restoring is for."""
    try:
        return tracking.store is not None
    except RegistryError:
        return False


def _stage(tables: JobTables, results: Results, source: Path, erased: Path | None) -> int:
    """Stage the results of the backup, without the erased; return how many rows are left out."""
    facts, files = (
        read_record(source / MANIFEST),
        {name: source / name for name in files_of(source)},
    )
    here = results.find(ERASED)
    paths = [path for path in (here, erased, files.get(ERASED)) if path is not None]
    records = [record for path in paths if (record := read_record(path))]
    names = tables.personal.among(files.values(), records)
    taken = take_out_of_files(results, files, names)
    for name, path in files.items():
        if name not in taken.rows:
            shutil.copyfile(path, results.staged(name))
    if records:  # whoever was erased since stays so, whatever the backup knows of it
        record = tables.personal.merged(records)
        write_record(results.staged(ERASED), record)
        facts["erased"] = noted(record)
    for name in files_of(results.earlier):
        if name not in {*files, ERASED}:
            results.drop(name)
    results.restore_facts(facts)
    return sum(taken.rows.values())


def _put_back(settings: LoadedJob, backup: Path) -> None:
    from winback.registry.store_copy import place_of, put_back

    job = settings.job
    store = place_of(job.tracking.uri, job.tracking.artifacts)
    if store is not None:
        put_back(backup / STORE, store)
