"""Files of rows about customers, written anew without some of them: Parquet, CSV, workbooks."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from winback.errors import OutputError
from winback.files import atomic_path
from winback.lists.for_people import FOR_PEOPLE, headings
from winback.lists.workbook import FILLS, Sheet, write_workbook
from winback.lists.write import safe_text
from winback.messages import Words
from winback.messages.catalogue import languages

ID_COLUMNS: Final = ("customer_id", "person_id", "one", "other")
"""The columns of winback's files that say who."""
_SEPARATORS: Final = (",", ";", "\t")
_CREATED: Final = re.compile(r"<dcterms:created[^>]*>(\d{4}-\d\d-\d\d)")


@dataclass
class Taken:
    """What was taken out.

    Attributes
    ----------
    rows
        How many rows.
    found
        Which of the ids stood in them.
    arms
        By list and arm, which of them: ``(list_id, arm, customer_id)``.
    """

    rows: int = 0
    found: set[str] = field(default_factory=set)
    arms: set[tuple[str, str, str]] = field(default_factory=set)


def take_out(source: Path, target: Path, ids: Collection[str]) -> Taken:
    r"""Write a file anew without the rows about some customers, if it has any.

    Parameters
    ----------
    source
        A file that winback wrote: `.parquet`, `.csv` or `.xlsx`; others hold no rows.
    target
        Where the file without them appears, whole; nothing appears where nobody is taken out.
    ids
        What the file calls them.

    Raises
    ------
    OutputError
        A workbook is not one of winback's, or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> before = Path(tempfile.mkdtemp()) / "list.csv"
    >>> _ = before.write_text("rank;customer_id\n1;a\n2;b\n", encoding="utf-8")
    >>> take_out(before, before.with_name("after.csv"), {"a"}).rows
    1
    >>> before.with_name("after.csv").read_text(encoding="utf-8")
    'rank;customer_id\n2;b\n'
    """
    kinds = {".parquet": _parquet, ".csv": _csv, ".xlsx": _workbook}
    take = kinds.get(source.suffix)
    return Taken() if take is None or not ids else take(source, target, ids)


def named_in(source: Path) -> set[str]:
    """Return whom a Parquet file names; of other files, which name nobody else, nobody."""
    if source.suffix != ".parquet":
        return set()
    named: set[str] = set()
    with pq.ParquetFile(source) as file:
        who = [name for name in ID_COLUMNS if name in file.schema_arrow.names]
        for batch in file.iter_batches(columns=who) if who else ():
            for column in batch.columns:
                named.update(pc.unique(pc.cast(column, pa.string())).drop_null().to_pylist())
    return named


def _parquet(source: Path, target: Path, ids: Collection[str]) -> Taken:
    """Read it part by part, twice: most files have none of them, and one may not fit in memory."""
    taken, gone = Taken(), pa.array(sorted(ids), pa.string())
    with pq.ParquetFile(source) as file:
        who = [name for name in ID_COLUMNS if name in file.schema_arrow.names]
        arms = [name for name in ("list_id", "arm") if name in file.schema_arrow.names]
        for batch in file.iter_batches(columns=[*who, *arms]) if who else ():
            hits = batch.filter(_named(batch, who, gone)).to_pylist()
            taken.rows += len(hits)
            for row in hits:
                taken.found.update({row[name] for name in who} & set(ids))
                if len(arms) == 2:
                    taken.arms.add((str(row["list_id"]), str(row["arm"]), row[who[0]]))
        if taken.rows:
            keeps_schema = b"ARROW:schema" in (file.metadata.metadata or {})
            with (
                atomic_path(target) as part,
                pq.ParquetWriter(
                    part, file.schema_arrow, compression="zstd", store_schema=keeps_schema
                ) as writer,
            ):
                for batch in file.iter_batches():
                    kept = batch.filter(pc.invert(_named(batch, who, gone)))
                    writer.write_table(pa.Table.from_batches([kept]))
    return taken


def _named(batch: pa.RecordBatch, who: Collection[str], gone: pa.Array) -> pa.Array:
    parts = [pc.is_in(pc.cast(batch.column(name), pa.string()), value_set=gone) for name in who]
    named = parts[0]
    for part in parts[1:]:
        named = pc.or_(named, part)
    return named


def _csv(source: Path, target: Path, ids: Collection[str]) -> Taken:
    """Leave lines out; the others keep their bytes. A customer is one line (`safe_text`)."""
    cells = {safe_text(name): name for name in ids}
    taken = Taken()
    with source.open(encoding="utf-8", newline="") as file:
        kept = [file.readline()]
        separator, who = _columns(kept[0].removeprefix("\ufeff").rstrip("\r\n"))
        for line in file:
            (row,) = csv.reader([line], delimiter=separator)
            hits = {cells[row[n]] for n in who if n < len(row) and row[n] in cells}
            taken.found |= hits
            taken.rows += bool(hits)
            if not hits:
                kept.append(line)
    if taken.rows:
        with atomic_path(target) as part:
            part.write_text("".join(kept), encoding="utf-8", newline="")
    return taken


def _columns(header: str) -> tuple[str, list[int]]:
    """Return the separator of a CSV file and which of its columns say who, in any language."""
    names = {*ID_COLUMNS, *(Words(language)("sheet.customer_id") for language in languages())}
    for separator in _SEPARATORS:
        (row,) = csv.reader([header], delimiter=separator)
        if who := [n for n, name in enumerate(row) if name in names]:
            return separator, who
    return ",", []


def _workbook(source: Path, target: Path, ids: Collection[str]) -> Taken:
    """Read a workbook back and write it again: the same lists would give the same bytes."""
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - only who reads one needs it

    book = CalamineWorkbook.from_path(str(source))
    *lists, about = book.sheet_names
    taken, sheets = Taken(), []
    for title in lists:
        header, *rows = book.get_sheet_by_name(title).to_python()
        kind, words = _list_of([str(name) for name in header], source)
        columns = FOR_PEOPLE[kind]
        frame = pd.DataFrame(rows, columns=list(columns), dtype=object).replace("", None)
        hits = frame["customer_id"].isin(ids)
        taken.rows += int(hits.sum())
        taken.found |= set(frame.loc[hits, "customer_id"])
        sheets.append(
            Sheet(
                title,
                frame[~hits],
                columns,
                headings(columns, words),
                {words.label("severity", name): fill for name, fill in FILLS.items()}
                if "colour" in columns
                else {},
            )
        )
    if taken.rows:
        lines = [(str(term), str(said)) for term, said in _two(book, about)]
        write_workbook(target, sheets, about=(about, lines), made=_made(source))
    return taken


def _two(book: Any, title: str) -> list[list[Any]]:
    return [[*row, "", ""][:2] for row in book.get_sheet_by_name(title).to_python()]


def _list_of(header: list[str], source: Path) -> tuple[str, Words]:
    """Return which list a sheet shows, and in whose words."""
    for language in languages():
        words = Words(language)
        for kind, columns in FOR_PEOPLE.items():
            if list(headings(columns, words).values()) == header:
                return kind, words
    raise OutputError(
        "the workbook has other columns than this version writes",
        where=str(source),
        hint="make the lists anew, or delete the workbook; then erase again",
    )


def _made(source: Path) -> date:
    with ZipFile(source) as archive:
        found = _CREATED.search(archive.read("docProps/core.xml").decode())
    return date.fromisoformat(found[1]) if found else date(2000, 1, 1)
