"""Which tables `init` is given: files, the files of a folder, the tables of a database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from winback.errors import DataError

_PATTERNS = (
    "*.parquet", "*.csv", "*.csv.gz", "*.tsv", "*.txt", "*.jsonl", "*.json", "*.xlsx",
)  # fmt: skip


@dataclass(frozen=True)
class Given:
    """One table that `init` is given: a path, or a table of a database."""

    source: str
    table: str | None = None


def slug(text: str) -> str:
    """Return what may be a job's name: letters of any script, digits, `_` and `-`.

    Examples
    --------
    >>> slug("Orders 2024 (1)"), slug("商城")
    ('Orders_2024_1', '商城')
    """
    composed = unicodedata.normalize("NFC", text)
    return re.sub(r"[^\w-]+", "_", composed).strip("_-")[:64].strip("_-") or "shop"


def tables_of(sources: Sequence[str], schema: str | None = None) -> dict[str, Given]:
    """Return every table that is given, by the name that a query calls it.

    Raises
    ------
    DataError
        A folder holds files of several kinds that no pattern tells apart.
    """
    tables: dict[str, Given] = {}
    for source in sources:
        for stem, given in _tables(source, schema):
            plain = re.sub(r"\W+", "_", stem).strip("_").lower() or "orders"
            names = (plain, *(f"{plain}_{n}" for n in range(2, len(tables) + 3)))
            tables[next(name for name in names if name not in tables)] = given
    return tables


def _tables(source: str, schema: str | None) -> list[tuple[str, Given]]:
    if "://" in source:
        from winback.data.databases import tables_in

        return [
            (table.rpartition(".")[2], Given(source, table)) for table in tables_in(source, schema)
        ]
    path = Path(source).expanduser()
    from winback.data import workbooks

    if workbooks.is_book(path):
        sheets = workbooks.tables_in(path)
        if len(set(sheets.values())) > 1:
            return [(sheet, Given(f"{source}#{sheet}")) for sheet in sheets]
    if source.startswith("sample:") or not path.is_dir():
        return [(path.name.partition(".")[0], Given(source))]
    kinds = _kinds(path)
    if len(kinds) < 2:
        return [(path.name, Given(source))]
    return [_one_of(path, files, [f for k in kinds for f in k]) for files in kinds]


def _kinds(folder: Path) -> list[list[Path]]:
    """Return the files of a folder, those of the same columns together."""
    from winback.data.connect import open_engine
    from winback.data.file_sources import load
    from winback.data.raw import columns_of
    from winback.data.text_layout import layout

    paths = sorted({path for pattern in _PATTERNS for path in folder.rglob(pattern)})
    kinds: dict[tuple[str, ...], list[Path]] = {}
    engine = open_engine()
    for path in paths:
        if path.suffix in {".csv", ".tsv", ".txt", ".gz"}:
            columns = layout(path).names
        else:
            raw = load(engine, str(path))
            columns = tuple(columns_of(engine, raw.name))
            raw.drop(engine)
        kinds.setdefault(tuple(sorted(columns)), []).append(path)
    engine.disconnect()
    return list(kinds.values())


def _one_of(folder: Path, files: list[Path], every: list[Path]) -> tuple[str, Given]:
    if len(files) == 1:
        return files[0].name.partition(".")[0], Given(str(files[0]))
    first, last = min(files).name, max(files).name
    stem = "".join(a for n, a in enumerate(first) if last.startswith(first[: n + 1]))
    pattern = files[0].parent / f"{stem}*"
    if not stem or {p for p in every if p.name.startswith(stem)} != set(files):
        raise DataError(
            "the folder holds files of several kinds that their names do not tell apart",
            where=str(folder),
            got=", ".join(path.name for path in files[:5]),
            hint="give each kind a beginning of its own, as orders_1.csv and lines_1.csv have, or"
            " name the files",
        )
    return stem, Given(str(pattern))
