"""Look at files of purchases and write a job that runs on them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from winback.errors import UsageError
from winback.files import atomic_path
from winback.messages import Message, Words
from winback.workflows.init_look import Looked, Told, look, name_of
from winback.workflows.init_tables import slug
from winback.workflows.init_text import job_text

if TYPE_CHECKING:
    from winback.data.sniff import Sniffed
    from winback.workflows.tables import JobTables

_DATABASE = "WINBACK_DATABASE"

__all__ = ["Begun", "Looked", "init", "look", "place_for", "write"]


@dataclass(frozen=True)
class Begun:
    """What `init` found, and where it wrote the job.

    Attributes
    ----------
    sniffed
        The guesses.
    to
        The YAML that was written.
    notes
        What a person should look at.
    read
        What the job reads, in the words of `winback validate`.
    understood
        What a row was taken to be, in a sentence.
    """

    sniffed: Sniffed
    to: Path
    notes: tuple[Message, ...]
    read: str = ""
    understood: Message | None = None


def init(
    orders: str | Sequence[str],
    to: Path | None = None,
    columns: Mapping[str, str] | None = None,
    *,
    condition: str | None = None,
    schema: str | None = None,
    tell: Told = lambda _: None,
    encoding: str | None = None,
    language: str = "en",
) -> Begun:
    """Guess what the columns of files mean, and write a commented job that runs.

    Parameters
    ----------
    orders
        CSV or Parquet files, folders or globs of them, a sample's name, or a database's URL. Of
        several, those that hold purchases are joined by the keys that are found; customers,
        contacts and events are read beside them.
    to
        The YAML to write. Unset: the first file's name with `.yaml`, in the working directory.
    columns
        What is known already: our column, and the file's column or a SQL expression;
        ``customers.opt_out`` for one of a further table.
    condition
        The job's `filter`, where it is known.
    schema
        Of a database.
    tell
        Called with what is being done.
    encoding
        Of files of text, such as ``cp1252``, where their bytes do not tell.
    language
        Of the job, and of the comments in it.

    Returns
    -------
    Begun
        What was found and guessed.

    Raises
    ------
    DataError
        The files cannot be read or have no rows, nothing in them looks like a customer or a time,
        or the job would not run on them; nothing is written.
    UsageError
        The YAML exists already: nothing is overwritten.
    """
    sources = [orders] if isinstance(orders, str) else list(orders)
    to = place_for(sources, to)
    return write(
        look(sources, columns, condition, schema, tell, encoding), to, tell, language=language
    )


def place_for(sources: Sequence[str], to: Path | None) -> Path:
    """Return where the YAML is to be written.

    Raises
    ------
    UsageError
        It exists already.
    """
    to = to or Path(f"{name_of(sources)}.yaml")
    if to.exists():
        raise UsageError(
            "there is such a job already", where=str(to), hint="choose another name with --to"
        )
    return to


def write(
    looked: Looked,
    to: Path,
    tell: Told = lambda _: None,
    *,
    money: Mapping[str, float | str] | None = None,
    language: str = "en",
) -> Begun:
    """Write the job, once it has read the data as `winback validate` would.

    Parameters
    ----------
    looked
        What was found.
    to
        The YAML.
    tell
        Called with what is being done.
    money, language
        As for `winback.workflows.init_text.job_text`.

    Raises
    ------
    DataError
        The job would not run; nothing is written.
    """
    notes = list(looked.notes)
    with _password_kept(looked, notes) as shown, atomic_path(to) as part:
        part.write_text(job_text(shown, to, money, language), encoding="utf-8")
        tell(Message("doing.try_job"))
        read, understood = _try(part, notes)
    results = Path("outputs") / slug(to.stem)
    if results.exists():
        notes.append(Message("note.results_replaced", folder=str(results)))
    return Begun(looked.sniffed, to, tuple(notes), read, understood)


def _try(path: Path, notes: list[Message]) -> tuple[str, Message]:
    """Read the data as `winback validate` does; return what it says, and what rows are."""
    from winback.config.loaded import load_job
    from winback.workflows.reporter import Quiet
    from winback.workflows.validate import validate
    from winback.workflows.work import Work

    reporter = Quiet()
    with (
        tempfile.TemporaryDirectory(prefix="winback-") as out,
        Work(load_job(path), out=Path(out), reporter=reporter, in_memory=True) as work,
    ):
        _, *said = work.do(validate)["said"]
        understood = _understood(work.tables)
        between = Words(work.job.language)("clause.next")
    notes += [note for note in reporter.warnings if note not in notes]
    return between.join(said), understood


def _understood(tables: JobTables) -> Message:
    """Say in a sentence what the rows were taken to be."""
    transactions, job = tables.transactions, tables.job
    table, counts = transactions.table, transactions.counts
    orders = table.order_id.nunique().to_pyarrow().as_py() if "order_id" in table.columns else None
    several = orders is not None and 0 < orders < counts.accepted
    refunds = (
        int(table.filter(table.amount < 0).count().to_pyarrow().as_py())
        if transactions.has_amounts
        else 0
    )
    rows = (
        Message("understood.lines", rows=counts.accepted, orders=orders)
        if several
        else Message("understood.purchases", rows=counts.accepted)
    )
    money: Message | str = Message("understood.no_amounts")
    if transactions.has_amounts:
        money = (
            Message(
                "understood.as_revenue", currency=job.currency or Message("understood.currency")
            )
            if job.margin == 1
            else Message(
                "understood.as_margin",
                currency=job.currency or Message("understood.currency"),
                margin=job.margin,
            )
        )
    return Message(
        "understood",
        what=rows,
        customers=counts.customers,
        refunds=Message("understood.refunds", n=refunds) if refunds else "",
        money=money,
    )


@contextmanager
def _password_kept(looked: Looked, notes: list[Message]) -> Iterator[Looked]:
    """Keep a database's password out of the job: it is read from the environment."""
    from winback.data.address import address

    source = looked.source
    if not isinstance(source, str) or "://" not in source or not address(source).secrets:
        yield looked
        return
    notes.append(Message("note.password", variable=_DATABASE))
    variable = f"${{{_DATABASE}}}"
    before = os.environ.get(_DATABASE)
    os.environ[_DATABASE] = source
    further = {
        name: replace(table, source=variable if table.source == source else table.source)
        for name, table in looked.further.items()
    }
    try:
        yield replace(looked, source=variable, further=further)
    finally:
        if before is None:
            del os.environ[_DATABASE]
        else:
            os.environ[_DATABASE] = before
