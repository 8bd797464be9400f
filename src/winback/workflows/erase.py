"""Erase persons from everything that a job has written, and let none of them come in again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winback.errors import OutputError, UsageError
from winback.files import read_record
from winback.masking import mask
from winback.messages import Message
from winback.personal_key import is_pseudonym
from winback.publishing.result_folder import MANIFEST, VERSION, files_of
from winback.workflows.erased_files import Erased, take_out_of_files
from winback.workflows.erased_persons import Asked, asked_for
from winback.workflows.personal import ERASED, noted, write_record

if TYPE_CHECKING:
    from winback.config import LoadedJob
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables

TABLES = ("churn_warning", "win_back", "win_back_control")


@dataclass(frozen=True)
class _Work:
    """What every part of an erasure needs."""

    settings: LoadedJob
    tables: JobTables
    results: Results
    reporter: Reporter


def erase(
    settings: LoadedJob,
    tables: JobTables,
    results: Results,
    reporter: Reporter,
    *,
    ids: Sequence[str] = (),
    file: Path | None = None,
) -> dict[str, Any]:
    """Take persons out of every result, and keep tombstones by which their rows are left out.

    Parameters
    ----------
    settings, tables, results, reporter
        See `winback.workflows.work.Work`.
    ids
        Ids as the shop has them, or pseudonyms; each stands for all ids of its person.
    file
        More of them, one a line.

    Returns
    -------
    dict
        The receipt, which names nobody: `on`; how many `persons` and `ids`, and how many of the
        persons were `not_found` in any result; `rows` by file; `arms` by list; `pages`; `database`
        (rows by table); `tombstones` (all that are kept); `sources`, which are not winback's to
        change; `backups` (`n`: how many still hold them; `until`: by when
        the last of these expires; None: the job does not say).

    Raises
    ------
    UsageError
        Nobody is named.
    ConfigError
        There is no key for tombstones.
    OutputError
        A result cannot be written. What is not done is done when the same persons are erased again.
    """
    given = [*ids, *_lines(file)]
    if not given:
        raise UsageError(
            "nobody is named",
            where="ID",
            hint="name ids after the job, or a file with one a line: --file FILE",
        )
    work = _Work(settings, tables, results, reporter)
    with reporter.step(Message("doing.find_persons")):
        asked = asked_for(tables, given)
    with reporter.step(Message("doing.take_out")):
        files = {name: results.kept(name) for name in files_of(results.earlier)}
        taken = take_out_of_files(results, files, asked.names)
    receipt = _receipt(work, asked, taken)
    _keep(work, asked, receipt)
    results.afterwards(lambda: _after(work, asked, receipt))
    return receipt


def _lines(file: Path | None) -> list[str]:
    if file is None:
        return []
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise UsageError("the ids cannot be read", where=str(file), got=str(error)) from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _receipt(work: _Work, asked: Asked, taken: Erased) -> dict[str, Any]:
    job = work.settings.job
    on = work.tables.today or job.as_of
    sources = {
        name: [mask(source) for source in table.sources]
        for name in ("transactions", "identities", "customers", "events", "contacts")
        if (table := getattr(job.data, name)) is not None
    }
    return {
        "job": job.name,
        "on": on.isoformat(),
        "folder": str(work.results.out),
        "persons": len(asked.persons),
        "ids": len(asked.ids),
        "not_found": sum(not names & taken.found for names in asked.persons),
        "rows": dict(taken.rows),
        "arms": _arms(taken),
        "pages": 0,
        "database": {},
        "sources": sources,
        "backups": _backups(work.settings),
    }


def _backups(settings: LoadedJob) -> dict[str, Any]:
    """Say how many backups still hold them, and until when, as far as the job knows."""
    from datetime import timedelta

    from winback.publishing.backups import backups_of
    from winback.workflows.backup import backups_folder

    kept = settings.job.backups
    if kept.folder is None:
        return {"n": None, "until": None}
    there = backups_of(backups_folder(settings), settings.job.name)
    until = None
    if there and kept.keep_days is not None:
        until = (there[-1].day + timedelta(days=kept.keep_days + 1)).isoformat()
    return {"n": len(there), "until": until}


def _arms(taken: Erased) -> dict[str, dict[str, int]]:
    """Count the erased by list and arm: a comparison goes on counting them."""
    counted: dict[str, Counter[str]] = {}
    for list_id, arm, _ in sorted(taken.arms):
        counted.setdefault(list_id, Counter())[arm] += 1
    return {list_id: dict(arms) for list_id, arms in counted.items()}


def _keep(work: _Work, asked: Asked, receipt: dict[str, Any]) -> None:
    """Stage the tombstones, and note in the manifest how many there are and of which arms."""
    results, key = work.results, work.tables.personal.key
    before = read_record(results.find(ERASED))
    stones = sorted({*before.get("tombstones", ()), *map(key.tombstone, asked.ids)})
    arms = {name: Counter(counts) for name, counts in before.get("arms", {}).items()}
    for list_id, counts in receipt["arms"].items():
        arms.setdefault(list_id, Counter()).update(counts)
    record: dict[str, Any] = {
        "key": key.fingerprint,
        "persons": before.get("persons", 0) + len(asked.persons),
        "last": receipt["on"],
        "arms": {name: dict(counts) for name, counts in sorted(arms.items())},
        "tombstones": stones,
    }
    if work.tables.personal.pseudonyms:  # by which results of before are known
        also = {key.tombstone(key.pseudonym(one)) for one in asked.ids if not is_pseudonym(one)}
        record["pseudonyms"] = sorted({*before.get("pseudonyms", ()), *also})
    write_record(results.staged(ERASED), record)
    receipt["tombstones"] = len(stones)
    earlier = read_record(results.earlier / MANIFEST)
    job = work.settings.job
    fixed = {} if earlier else {"name": job.name, "as_of": job.as_of.isoformat()}
    results.mend(**fixed, erased=noted(record))


def _after(work: _Work, asked: Asked, receipt: dict[str, Any]) -> None:
    """Do what is no part of the set, once the set is there; then say what was done."""
    left = work.results.earlier  # where nothing was published before, it is now the newest set
    if VERSION.fullmatch(left.name) and files_of(left):
        raise OutputError(
            "the set before cannot be removed: it still names whom it named",
            where=str(left),
            hint="delete this folder",
        )
    receipt["pages"] = _pages(work.results, asked)
    receipt["database"] = _database(work, asked)
    for line in _lines_of(receipt):
        work.reporter.say(line)


def _pages(results: Results, asked: Asked) -> int:
    """Delete the pages that `winback explain --html` has made of them."""
    from winback.workflows.customer_page import FOLDER, file_name

    pages = [results.out / FOLDER / file_name(name) for name in sorted(asked.names)]
    there = [page for page in pages if page.is_file()]
    for page in there:
        page.unlink()
    return len(there)


def _database(work: _Work, asked: Asked) -> dict[str, int]:
    from winback.lists.database_without import take_out_of_tables
    from winback.workflows.list_files import database_url

    database = work.settings.job.lists.database
    if database is None:
        return {}
    with work.reporter.step(Message("doing.take_out_of_database")):
        return take_out_of_tables(
            [f"{database.prefix}{name}" for name in TABLES],
            asked.names,
            url=database_url(work.settings, database.url),
            schema=database.in_schema,
        )


def _lines_of(receipt: dict[str, Any]) -> list[Message]:
    rows = receipt["rows"]
    lines = [
        Message("erase.done", persons=receipt["persons"], ids=receipt["ids"], on=receipt["on"]),
        Message("erase.files", rows=sum(rows.values()), files=len(rows), folder=receipt["folder"]),
    ]
    lines += [Message("erase.file", file=name, n=n) for name, n in sorted(rows.items())]
    lines += [
        Message(
            "erase.arms",
            list=name,
            treated=arms.get("treated", 0),
            control=arms.get("control", 0),
        )
        for name, arms in receipt["arms"].items()
    ]
    lines += [Message("erase.pages", n=receipt["pages"])] if receipt["pages"] else []
    lines += [Message("erase.table", table=name, n=n) for name, n in receipt["database"].items()]
    if receipt["not_found"]:
        lines.append(Message("erase.not_found", n=receipt["not_found"]))
    lines.append(Message("erase.tombstones", n=receipt["tombstones"]))
    sources = [source for named in receipt["sources"].values() for source in named]
    lines.append(Message("erase.sources", sources=sources))
    backups = receipt["backups"]
    lines.append(
        Message("erase.backups")
        if backups["until"] is None
        else Message("erase.backups_until", n=backups["n"], until=backups["until"])
    )
    return lines
