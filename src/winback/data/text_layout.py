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
from itertools import islice
from pathlib import Path
from typing import Any, Final

from winback.data import sql
from winback.data.encodings import by_names, encodings_of
from winback.data.first_rows import (
    delimiter_of,
    first_row,
    is_headless,
    is_wrapped,
    rows_of,
    second_names,
    unwrapped,
)
from winback.errors import ConfigError, DataError, Sentence

_SAMPLE: Final = 1 << 18
_CHUNK: Final = 1 << 20
_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PROOF: Final = 3  # lines; fewer are accidents
_TICKED: Final = 0.8  # of the cells: sums below have none
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
    blanks
        Whether the file has blanks between its columns, and the copy tabs.
    ticked
        Whether each cell begins with a tick (`), as those of a payment provider's bills do.
    wrapped
        Whether whole lines stand in quotation marks.
    as_is
        Whether the engine can read the file as it stands.
    """

    names: tuple[str, ...]
    delimiter: str
    encoding: str
    skip: int = 0
    header: bool = True
    short: bool = False
    blanks: bool = False
    ticked: bool = False
    wrapped: bool = False
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


def layout(path: Path, encoding: str | None = None) -> Layout:
    """Look at a file's beginning, and at its bytes.

    Parameters
    ----------
    path
        The file.
    encoding
        As Python calls it, where it is known; a mark in the file goes before it.

    Raises
    ------
    DataError
        It is empty, no text, or its encoding cannot be told.
    ConfigError
        There is no such encoding.
    """
    with _bytes(path) as stream:
        start = stream.read(_SAMPLE)
    encoding = _known(encoding, start) or _encoding(path, start)
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
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    stated = re.fullmatch(r'"?sep=(.)"?', lines[0].strip("\ufeff")[:8].rstrip("\r") or "-")
    first = 1 if stated else 0
    if wrapped := is_wrapped(lines[first:]):
        lines = [unwrapped(line) for line in lines]
    delimiter = stated[1] if stated and not wrapped else delimiter_of(lines[first:])
    rows = list(rows_of(lines, first, delimiter))
    whole = rows[:-1] if len(start) == _SAMPLE and len(rows) > 1 else rows
    if not whole:
        raise DataError("the file is empty", where=str(path), allowed="a line of column names")
    header_line, names = first_row(whole)
    below = [row for line, row in whole if line > header_line]
    if two := second_names(names, below):
        header_line, names, below = _line_after(whole, header_line), two, below[1:]
    header = not is_headless(names, below)
    widths = [len(row) for row in below]
    if below and all(0 < len(row) <= len(names) for row in below):
        few = sum(width < len(names) for width in widths)
        short = few >= _PROOF and few > _SHORT * len(widths)
    else:
        short = False
    # the engine takes a lone line break within a name for the end of the line, and loses all rows
    broken = any("\n" in name for name in names)
    cells = [cell for row in below for cell in row if cell.strip()]
    ticked = bool(cells) and sum(c.startswith("`") for c in cells) >= _TICKED * len(cells)
    if not header:
        names = [f"column_{n}" for n in range(1, len(names) + 1)]
    with path.open("rb") as stream:
        magic = stream.read(2)
    packed = magic == b"PK" or (magic == b"\x1f\x8b" and path.suffix != ".gz")
    return Layout(
        names=tuple(unique(names)),
        delimiter="\t" if delimiter == " " else delimiter,
        encoding=encoding,
        skip=header_line,
        header=header,
        short=short,
        blanks=delimiter == " ",
        ticked=ticked,
        wrapped=wrapped,
        as_is=encoding in {"utf-8", "utf-8-sig"}
        and header_line == 0
        and not (old_mac or packed or broken or ticked or wrapped)
        and delimiter != " ",
    )


def _line_after(rows: list[tuple[int, list[str]]], line: int) -> int:
    """Return the line of the row that follows the one of a line."""
    return next(number for number, _ in rows if number > line)


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
    if b"\0" not in start:
        return None
    # every other byte of what is ASCII, line ends at least, is nothing
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) > 10 * min(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _known(encoding: str | None, start: bytes) -> str | None:
    """Return the encoding that somebody says, unless the file's first bytes show another."""
    if encoding is None:
        return None
    try:
        name = codecs.lookup(encoding).name
    except LookupError as error:
        raise ConfigError(
            "there is no such encoding",
            where="encoding",
            got=encoding,
            allowed="utf-8, cp1252, gb18030, big5, cp932, …, as Python calls them",
        ) from error
    return _marked(start) or name


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
    if good >= len(bad):
        return "utf-8"  # the few lines that are not will be rejected, and counted
    likely = by_names(encodings_of(b"".join(bad)), start)
    if len(likely) == 1:
        return likely[0]
    if len(bad) < _PROOF and bad[0] not in start[: len(bad[0])]:
        return "utf-8"
    shown = next((line for line in bad if len({line.decode(e) for e in likely}) > 1), bad[0])[:60]
    raise DataError(
        "the file's encoding cannot be told",
        where=str(path),
        got=" / ".join(f"{shown.decode(e, 'replace')!r} ({e})" for e in likely) or repr(shown),
        hint=Sentence(
            "say which, beside source: `encoding: {encoding}`; of winback init, "
            "--encoding {encoding}",
            encoding=likely[0],
        )
        if likely
        else "export it as UTF-8",
    )


def plain_copy(path: Path, form: Layout, to: Path, *, anew: bool = False) -> None:
    """Write a file's table as the engine reads it: UTF-8, from its first line on.

    Parameters
    ----------
    path, found
        The file, and how it is laid out.
    to
        Where to write.
    anew
        Take every row apart and write it again, for what the engine cannot take apart itself.

    Raises
    ------
    DataError
        Its bytes are not of the encoding that its beginning tells.
    """
    # bytes that are not UTF-8 pass through: the engine rejects their lines one by one
    lenient = "surrogateescape" if form.encoding.startswith("utf-8") else "strict"
    try:
        with (
            _bytes(path) as stream,
            io.TextIOWrapper(stream, encoding=form.encoding, errors=lenient, newline=None) as text,
            to.open("w", encoding="utf-8", errors=lenient, newline="") as out,
        ):
            lines = islice(text, form.skip, None)
            if form.blanks:
                out.writelines("\t".join(line.split()) + "\n" for line in lines)
            elif form.wrapped:
                out.writelines(unwrapped(line).rstrip("\n") + "\n" for line in lines)
            elif form.ticked:
                tick = re.compile(rf"(^|{re.escape(form.delimiter)})`")
                out.writelines(tick.sub(r"\1", line) for line in lines)
            elif anew:
                rows = csv.reader(lines, delimiter=form.delimiter)
                writer = csv.writer(out, delimiter=form.delimiter, lineterminator="\n")
                writer.writerows(row for row in rows if row)
            else:
                out.writelines(lines)
    except UnicodeDecodeError as error:
        raise DataError(
            Sentence("the file is not {encoding} text throughout", encoding=form.encoding),
            where=str(path),
            got=repr(error.object[max(0, error.start - 20) : error.start + 20]),
            hint="export it as UTF-8",
        ) from error
    except csv.Error as error:
        raise DataError("cannot be read as CSV", where=str(path), got=str(error)) from error
