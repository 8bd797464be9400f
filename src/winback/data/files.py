"""CSV and Parquet files become relations in the engine."""

from __future__ import annotations

import csv
import glob
import gzip
import io
import zlib
from pathlib import Path

from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.raw import Raw, fresh, view_of
from winback.errors import DataError
from winback.nearest import nearest

_DELIMITERS = ",;\t|"
_MAX_HEADER = 1 << 20
# how a workbook of Excel or LibreOffice begins (a ZIP archive), and one of the old Excel
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def load(engine: Backend, source: str) -> Raw:
    """Make a file, a folder of files or a glob a relation in the engine.

    Files are taken in the order of their names. Parquet is read where it stands; CSV is copied as
    text, so that a bad cell is a rejected row and not a crash.

    Raises
    ------
    DataError
        There is no such file, or it is not what its name says.
    """
    paths = find(source)
    if _is_parquet(paths[0]):
        return _load_parquet(engine, paths, source)
    return _load_csv(engine, paths, source)


def find(source: str) -> list[Path]:
    """Return the files that a path, folder or glob stands for, in the order of their names."""
    path = Path(source).expanduser()
    if path.is_dir():
        for pattern in ("*.parquet", "*.csv", "*.csv.gz"):
            if found := sorted(path.rglob(pattern)):
                return found
        raise DataError(
            "the folder holds no data", where=source, allowed="files ending in .parquet or .csv"
        )
    if path.exists():
        return [path]
    if glob.has_magic(source):
        found = sorted(Path(match) for match in glob.glob(str(path), recursive=True))  # noqa: PTH207 - absolute globs
        if found := [match for match in found if match.is_file()]:
            return found
        raise DataError("no file matches", where=source)
    siblings = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    near = nearest(path.name, siblings)
    raise DataError(
        "there is no such file",
        where=source,
        hint=f"did you mean {path.with_name(near)}?" if near else None,
    )


def _is_parquet(path: Path) -> bool:
    return path.suffix in {".parquet", ".pq"} or _first_line(path).startswith(b"PAR1")


def _first_line(path: Path) -> bytes:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            return stream.readline(_MAX_HEADER)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            "cannot read the file", where=str(path), got=sql.first_line(error)
        ) from error


def _load_parquet(engine: Backend, paths: list[Path], source: str) -> Raw:
    view = fresh("raw")
    listed = ", ".join(sql.text(str(path)) for path in paths)
    try:
        # preserve_insertion_order (the engine's default) makes this the order of the file
        engine.raw_sql(f"""
            CREATE VIEW {sql.name(view)} AS
            SELECT row_number() OVER () AS source_row, COLUMNS(lambda c: lower(c) <> 'source_row')
            FROM read_parquet([{listed}], union_by_name = true)""")
    except sql.EngineError as error:
        raise DataError(
            "cannot be read as Parquet", where=source, got=sql.first_line(error)
        ) from error
    return Raw(view, label=source)


def _load_csv(engine: Backend, paths: list[Path], source: str) -> Raw:
    table, unreadable = fresh("csv"), fresh("unreadable")
    engine.raw_sql(f"CREATE TABLE {sql.name(unreadable)} (source_row BIGINT, problem VARCHAR)")
    columns: list[str] = []
    for path in paths:
        found, delimiter = _header(path)
        if columns and set(found) != set(columns):
            odd = ", ".join(sorted(set(found) ^ set(columns)))
            raise DataError("the files have different columns", where=str(path), got=odd)
        if not columns:
            columns = found
            typed = ", ".join(f"{sql.name(column)} VARCHAR" for column in columns)
            engine.raw_sql(f"CREATE TABLE {sql.name(table)} ({typed})")
        try:
            _append_csv(engine, path, found, delimiter, into=table, unreadable=unreadable)
        except sql.EngineError as error:
            raise DataError(
                "cannot be read as CSV", where=str(path), got=sql.first_line(error)
            ) from error
    if _count(engine, unreadable):
        view = _numbered_around(engine, table, unreadable)
        return Raw(view, label=source, unreadable=unreadable, behind=(table,))
    engine.raw_sql(f"DROP TABLE {sql.name(unreadable)}")
    return Raw(view_of(engine, table), label=source, behind=(table,))


def _header(path: Path) -> tuple[list[str], str]:
    """Return a CSV file's column names and its delimiter."""
    first = _first_line(path)
    if first.startswith(_WORKBOOKS):
        raise DataError(
            "the file is not a CSV file",
            where=str(path),
            got="a workbook, or an archive",
            hint="open it, and save the sheet as CSV UTF-8",
        )
    try:
        line = first.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            "the file is not UTF-8 text",
            where=str(path),
            hint="export it as UTF-8, or convert it: iconv -f GB18030 -t UTF-8 OLD > NEW",
        ) from error
    if not line.strip():
        raise DataError(
            "the file is empty", where=str(path), allowed="a first line of column names"
        )
    if "\0" in line:
        raise DataError(
            "the file is not a CSV file", where=str(path), got="bytes that are not text"
        )
    delimiter = max(_DELIMITERS, key=line.count)
    names: list[str] = []
    for position, cell in enumerate(next(csv.reader(io.StringIO(line), delimiter=delimiter)), 1):
        name = stem = cell.strip() or f"column_{position}"
        while name.lower() in (earlier.lower() for earlier in names):
            name = f"{stem}_{position}"
        names.append(name)
    return names, delimiter


def _append_csv(
    engine: Backend,
    path: Path,
    columns: list[str],
    delimiter: str,
    *,
    into: str,
    unreadable: str,
) -> None:
    """Copy a file's lines into `into`, and note those that cannot be read."""
    errors, scans = fresh("errors"), fresh("scans")
    before = _count(engine, into) + _count(engine, unreadable)
    struct = ", ".join(f"{sql.text(column)}: 'VARCHAR'" for column in columns)
    try:
        engine.raw_sql(f"""
            INSERT INTO {sql.name(into)} BY NAME
            SELECT * FROM read_csv({sql.text(str(path))}, columns = {{{struct}}},
                auto_detect = false, header = true, delim = {sql.text(delimiter)},
                quote = '"', escape = '"', store_rejects = true, rejects_limit = 0,
                rejects_table = {sql.text(errors)}, rejects_scan = {sql.text(scans)})""")
        # `line` counts the header; a line with several errors is one unreadable line
        engine.raw_sql(f"""
            INSERT INTO {sql.name(unreadable)}
            SELECT {before} + line - 1, lower(any_value(error_type::VARCHAR))
            FROM {sql.name(errors)} GROUP BY line ORDER BY line""")
        swallowed = sql.rows(
            engine,
            f"""
            SELECT line FROM {sql.name(errors)}
            WHERE error_type = 'LINE SIZE OVER MAXIMUM'
               OR (error_type = 'UNQUOTED VALUE' AND contains(rtrim(csv_line, chr(10)), chr(10)))
            ORDER BY line LIMIT 1""",
        )
    finally:
        engine.raw_sql(f"DROP TABLE IF EXISTS {sql.name(errors)}")
        engine.raw_sql(f"DROP TABLE IF EXISTS {sql.name(scans)}")
    if swallowed:
        raise DataError(
            "a quotation mark is opened and never closed", where=f"{path}, line {swallowed[0][0]}"
        )


def _count(engine: Backend, table: str) -> int:
    return int(sql.rows(engine, f"SELECT count(*) FROM {sql.name(table)}")[0][0])


def _numbered_around(engine: Backend, table: str, unreadable: str) -> str:
    """Return a view that numbers the readable lines as they stood among the unreadable ones."""
    view = fresh("raw")
    engine.raw_sql(f"""
        CREATE VIEW {sql.name(view)} AS
        WITH gaps AS (
            -- after so many readable lines, so many unreadable ones have gone by
            SELECT source_row - row_number() OVER (ORDER BY source_row) AS readable,
                   row_number() OVER (ORDER BY source_row) AS lost
            FROM {sql.name(unreadable)}
        ), last_gaps AS (SELECT readable, max(lost) AS lost FROM gaps GROUP BY readable)
        SELECT lines.position + coalesce(last_gaps.lost, 0) AS source_row,
               lines.* EXCLUDE (position)
        FROM (
            SELECT rowid + 1 AS position, COLUMNS(lambda c: lower(c) <> 'source_row')
            FROM {sql.name(table)}
        ) AS lines
        ASOF LEFT JOIN last_gaps ON lines.position > last_gaps.readable""")
    return view
