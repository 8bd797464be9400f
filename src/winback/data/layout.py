"""How a file of text is laid out: its encoding, where its table begins, what parts its columns.

What the engine reads as it stands (UTF-8, a first line of names) is left to it. Anything else is
written once more in that form, into a scratch file, before the engine reads it.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from winback.data import sql
from winback.data.encodings import encoding_of
from winback.errors import DataError

_SAMPLE: Final = 1 << 18
_CHUNK: Final = 1 << 20
_DELIMITERS: Final = ",;\t|"
_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_VALUE: Final = re.compile(r"[-+]?[\d.,:/ T-]*\d[\d.,:/ TZ-]*")
_PROOF: Final = 3  # lines; fewer are accidents
_SHORT: Final = 0.05  # of the rows: a spreadsheet leaves out separators at the end

__all__ = ["Layout", "layout", "plain_copy", "unique"]


@dataclass(frozen=True)
class Layout:
    """How a file of text is laid out.

    Attributes
    ----------
    names, delimiter
        Its columns, and what parts them.
    encoding
        As Python calls it.
    skip
        Lines before the first line of the table.
    header
        Whether the table begins with a line of names.
    short
        Whether lines may leave out their last cells.
    as_is
        Whether the engine can read the file as it stands.
    """

    names: tuple[str, ...]
    delimiter: str
    encoding: str
    skip: int = 0
    header: bool = True
    short: bool = False
    as_is: bool = True


@contextmanager
def _bytes(path: Path) -> Iterator[Any]:
    """Open a file, or what is packed in it."""
    try:
        with path.open("rb") as plain:
            start = plain.read(4)
        if start.startswith(b"\x1f\x8b"):
            with gzip.open(path) as packed:
                yield packed
        elif start.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(path) as archive:
                members = [m for m in archive.infolist() if not m.is_dir()]
                members = [m for m in members if not m.filename.startswith(("__MACOSX", "."))]
                if len(members) != 1:
                    raise DataError(
                        "the archive holds several files, or none",
                        where=str(path),
                        got=", ".join(member.filename for member in members),
                        hint="unpack it, and name one",
                    )
                with archive.open(members[0]) as packed:
                    yield packed
        else:
            with path.open("rb") as plain:
                yield plain
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
        raise DataError(
            "cannot read the file", where=str(path), got=sql.first_line(error)
        ) from error


def layout(path: Path) -> Layout:
    """Look at a file's beginning, and at its bytes.

    Raises
    ------
    DataError
        It is empty, no text, or its encoding cannot be told.
    """
    with _bytes(path) as stream:
        start = stream.read(_SAMPLE)
    encoding = _encoding(path, start)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(start)
    if not text.strip():
        raise DataError(
            "the file is empty", where=str(path), allowed="a first line of column names"
        )
    if "\0" in text:
        raise DataError(
            "the file is not a CSV file", where=str(path), got="bytes that are not text"
        )
    old_mac = "\r" in text and "\n" not in text
    rows_of = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = rows_of.split("\n")
    stated = re.fullmatch(r'"?sep=(.)"?', lines[0].strip("\ufeff")[:8].rstrip("\r") or "-")
    first = 1 if stated else 0
    delimiter = stated[1] if stated else _delimiter(lines)
    rows = list(_rows(lines, first, delimiter))
    whole = rows[:-1] if len(start) == _SAMPLE and len(rows) > 1 else rows
    at, names = _first_row(path, whole)
    below = [row for line, row in whole if line > at]
    header = not _is_headless(names, below)
    widths = [len(row) for row in below]
    if below and all(0 < len(row) <= len(names) for row in below):
        few = sum(width < len(names) for width in widths)
        short = few >= _PROOF and few > _SHORT * len(widths)
    else:
        short = False
    if not header:
        names = [f"column_{n}" for n in range(1, len(names) + 1)]
    with path.open("rb") as stream:
        magic = stream.read(2)
    packed = magic == b"PK" or (magic == b"\x1f\x8b" and path.suffix != ".gz")
    return Layout(
        names=tuple(unique(names)),
        delimiter="\t" if delimiter == " " else delimiter,
        encoding=encoding,
        skip=at,
        header=header,
        short=short,
        as_is=encoding in {"utf-8", "utf-8-sig"}
        and at == 0
        and not (old_mac or packed)
        and delimiter != " ",
    )


def _delimiter(lines: list[str]) -> str:
    """Return what parts the columns: the sign that most lines have equally often."""
    shown = [line for line in lines[:200] if line.strip()]
    score = {sign: sum(line.count(sign) > 0 for line in shown) for sign in _DELIMITERS}
    first = max(_DELIMITERS, key=shown[0].count)
    if shown[0].count(first):
        return first
    best = max(_DELIMITERS, key=lambda sign: (score[sign], shown[-1].count(sign)))
    if score[best] > len(shown) / 2:
        return best
    parts = {len(line.split()) for line in shown[:-1] or shown}
    return " " if len(parts) == 1 and parts != {1} else ","


def _rows(lines: list[str], first: int, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows, each with the line at which it begins."""
    if delimiter == " ":
        yield from (
            (n, line.split()) for n, line in enumerate(lines[first:], first) if line.strip()
        )
        return
    reader = csv.reader((line + "\n" for line in lines[first:]), delimiter=delimiter)
    begin = first
    try:
        for row in reader:
            if row:
                yield begin, row
            begin = first + reader.line_num
    except csv.Error:
        return


def _first_row(path: Path, rows: list[tuple[int, list[str]]]) -> tuple[int, list[str]]:
    """Return the row with which the table begins: what stands above has fewer cells."""
    if not rows:
        raise DataError("the file is empty", where=str(path), allowed="a line of column names")
    width = max(len(row) for _, row in rows[:200])
    if len(rows[0][1]) > 1 and sum(cell.strip() != "" for cell in rows[0][1]) > 1:
        return rows[0]
    for at, row in rows[:100]:
        filled = sum(cell.strip() != "" for cell in row)
        if filled >= max(2, width / 2):
            return at, row
    return rows[0]


def _is_headless(names: list[str], below: list[list[str]]) -> bool:
    """Whether the first row holds values, as the rows below do."""
    if not below or len(names) < 2 or len(below[0]) != len(names):
        return False
    values = [bool(_VALUE.fullmatch(cell.strip())) for cell in names]
    same = [bool(_VALUE.fullmatch(cell.strip())) for cell in below[0]]
    return sum(values) * 2 >= len(names) and all(
        there for here, there in zip(values, same, strict=True) if here
    )


def unique(names: list[str]) -> list[str]:
    """Return the names without blanks around, each once."""
    unique: list[str] = []
    for position, cell in enumerate(names, 1):
        stem = re.sub(r"\s*[\r\n]+\s*", " ", cell.strip().strip("\ufeff"))
        name = stem = stem or f"column_{position}"
        while name.lower() in (earlier.lower() for earlier in unique):
            name = f"{stem}_{position}"
        unique.append(name)
    return unique


def _marked(start: bytes) -> str | None:
    """Return the encoding that a file's first bytes show."""
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return encoding
    for odd, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if start[odd:40:2].count(0) > 10:
            return encoding
    return None


def _encoding(path: Path, start: bytes) -> str:
    """Return a file's encoding: a mark, or UTF-8 if its bytes are that, or what fits them best."""
    if marked := _marked(start):
        return marked
    # lines that are not ASCII: those that are UTF-8, and those that are not
    good, bad = 0, []
    with _bytes(path) as stream:
        for line in stream:
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
                good += 1
            except UnicodeDecodeError:
                bad.append(line)
                if len(bad) >= 2000:
                    break
    first = start.partition(b"\n")[0]
    told = len(bad) >= _PROOF or (bad and bad[0].startswith(first))
    if not told or good > len(bad):
        return "utf-8"  # the few lines that are not will be rejected, and counted
    encoding = encoding_of(b"".join(bad))
    if encoding is None:
        raise DataError(
            "the file's encoding cannot be told",
            where=str(path),
            got=repr(bad[0][:60]),
            hint="export it as UTF-8",
        )
    return encoding


def plain_copy(path: Path, found: Layout, to: Path) -> None:
    """Write a file's table as the engine reads it: UTF-8, from its first line on.

    Raises
    ------
    DataError
        Its bytes are not of the encoding that its beginning tells.
    """
    blanks = found.delimiter == "\t"
    try:
        with (
            _bytes(path) as stream,
            io.TextIOWrapper(stream, encoding=found.encoding, newline=None) as text,
            to.open("w", encoding="utf-8", newline="") as out,
        ):
            for number, line in enumerate(text):
                if number < found.skip:
                    continue
                if blanks and "\t" not in line:
                    out.write("\t".join(line.split()) + "\n")
                else:
                    out.write(line)
    except UnicodeDecodeError as error:
        raise DataError(
            f"the file is not {found.encoding} text throughout",
            where=str(path),
            got=repr(error.object[max(0, error.start - 20) : error.start + 20]),
            hint="export it as UTF-8",
        ) from error
