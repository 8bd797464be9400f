"""Workbooks become relations in the engine: every cell as text, dates in the form of ISO 8601."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import python_calamine
from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.raw import Raw
from winback.data.streams import stream
from winback.data.text_layout import unique
from winback.errors import DataError, Sentence

_BATCH = 50_000
_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


def sheet_named(source: str) -> tuple[Path, str | None]:
    """Return a workbook and the sheet that a source such as ``book.xlsx#Orders`` names."""
    whole = Path(source).expanduser()
    stem, sign, sheet = source.rpartition("#")
    book = Path(stem).expanduser()
    named = sign and sheet and book.suffix.lower() in ENDINGS and not whole.exists()
    return (book, sheet) if named and book.is_file() else (whole, None)


def is_book(path: Path) -> bool:
    """Whether a file is a workbook by its name and its first bytes: text is often called so."""
    if path.suffix.lower() not in ENDINGS or not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(4) in _STARTS


def tables_in(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the sheets of a workbook that hold tables, each with its columns."""
    return {sheet: tuple(_columns(rows[0])) for sheet, rows in _sheets(path)}


def load(engine: Backend, paths: list[Path], source: str, sheet: str | None = None) -> Raw:
    """Make workbooks a relation in the engine.

    Every sheet that holds a table is read; they must have the same columns.

    Parameters
    ----------
    engine, paths
        Where to, and from where.
    source
        As messages call it.
    sheet
        The one sheet that is read.

    Raises
    ------
    DataError
        A file is no workbook, its sheets are different tables, or there is no table at all.
    """
    names: list[str] | None = None
    tables: list[list[list[Any]]] = []
    shown: list[str] = []
    for path in paths:
        for name, rows in _sheets(path):
            header, *below = rows
            columns = _columns(header)
            shown.append(f"{path.name}#{name}: {', '.join(columns)}")
            if sheet is not None and name != sheet:
                continue
            if names is not None and columns != names:
                raise DataError(
                    "the sheets are different tables",
                    where=source,
                    got="; ".join(shown),
                    hint=Sentence(
                        "name the one that is meant, such as {sheet}",
                        sheet=shown[0].partition(": ")[0],
                    ),
                )
            names = columns
            tables.append(below)
    if names is None:
        raise DataError(
            "the workbook holds no such table" if sheet else "the workbook holds no table",
            where=source,
            got=sheet,
            allowed="; ".join(shown) or None,
        )
    schema = pa.schema([(name, pa.string()) for name in names])
    width = len(names)

    def batches() -> Iterator[pa.RecordBatch]:
        for rows in tables:
            for begin in range(0, len(rows), _BATCH):
                part = rows[begin : begin + _BATCH]
                columns = [[_text(row[n]) for row in part] for n in range(width)]
                yield pa.RecordBatch.from_arrays(
                    [pa.array(column, pa.string()) for column in columns], schema=schema
                )

    return stream(engine, pa.RecordBatchReader.from_batches(schema, batches()), source)


def _columns(header: list[Any]) -> list[str]:
    return unique([_text(cell) or "" for cell in header])


def _sheets(path: Path) -> Iterator[tuple[str, list[list[Any]]]]:
    """Yield each sheet that holds a table, from its first row with two cells or more."""
    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python()
            filled = [sum(cell != "" for cell in row) for row in rows]
            least = max(2, max(filled, default=0) / 2)
            first = next((n for n, cells in enumerate(filled) if cells >= least), None)
            if first is not None and first + 1 < len(rows):
                table = rows[first:]
                yield name, [table[0], *(row for row in table[1:] if any(c != "" for c in row))]
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise DataError(
            "the workbook cannot be read", where=str(path), got=sql.first_line(error)
        ) from error


def _text(cell: Any) -> str | None:
    """Return a cell as text: 12.0 is 12, a date is written year first, nothing is NULL."""
    if cell == "" or cell is None:
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)
