"""CSV and Parquet files become relations in the engine."""

from __future__ import annotations

import glob
import gzip
import re
import tempfile
import zlib
from pathlib import Path

from ibis.backends.duckdb import Backend

from winback.data import sql, workbooks
from winback.data.archives import packed_tables
from winback.data.described import set_apart
from winback.data.raw import Raw, fresh, own_rowid, view_of
from winback.data.text_layout import Layout, layout, plain_copy
from winback.errors import DataError, Sentence
from winback.nearest import nearest

_MAX_HEADER = 1 << 20
_TEXT, _OF_TIME = "VARCHAR", ("DATE", "TIME", "UUID")


def load(engine: Backend, source: str, encoding: str | None = None) -> Raw:
    """Make a file, a folder of files or a glob a relation in the engine.

    ``book.xlsx#Orders`` is one sheet. Files are taken in the order of their names. Parquet is read
    where it stands; CSV is copied as text, so that a bad cell is a rejected row and not a crash.
    What stands within structures of JSON is a column, too: ``customer.id``.

    Raises
    ------
    DataError
        There is no such file, or it is not what its name says.
    """
    book, sheet = workbooks.sheet_named(source)
    if sheet is not None:
        return set_apart(engine, workbooks.load(engine, [book], source, sheet))
    paths = find(source)
    if _is_parquet(paths[0]):
        return _load_parquet(engine, paths, source)
    if workbooks.is_book(paths[0]):
        return set_apart(engine, workbooks.load(engine, paths, source))
    begin = _first_line(paths[0]).lstrip(b"\xef\xbb\xbf \t\r\n")
    if re.match(rb"<(!doctype|html|table|\?xml|meta|head|style)\b", begin.lower()):
        raise DataError(
            "the file is a web page, whatever its name says",
            where=source,
            got=begin[:60].decode("utf-8", "replace"),
            hint="open it in a spreadsheet, and save it as .xlsx or CSV",
        )
    if begin[:1] in {b"[", b"{"}:
        return _load_json(engine, paths, source)
    with tempfile.TemporaryDirectory(prefix="winback-") as scratch:
        raw = _load_csv(engine, packed_tables(paths, Path(scratch)), source, encoding)
    return set_apart(engine, raw)


def find(source: str) -> list[Path]:
    """Return the files that a path, folder or glob stands for, in the order of their names."""
    path = Path(source).expanduser()
    if path.is_dir():
        for pattern in ("*.parquet", "*.csv", "*.csv.gz", "*.jsonl", "*.xlsx"):
            if paths := sorted(path.rglob(pattern)):
                return paths
        raise DataError(
            "the folder holds no data",
            where=source,
            allowed="files ending in .parquet, .csv, .jsonl or .xlsx",
        )
    if path.exists():
        return [path]
    if glob.has_magic(source):
        paths = sorted(Path(match) for match in glob.glob(str(path), recursive=True))  # noqa: PTH207 - absolute globs
        if paths := [match for match in paths if match.is_file()]:
            return paths
        raise DataError("no file matches", where=source)
    siblings = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    near = nearest(path.name, siblings)
    raise DataError(
        "there is no such file",
        where=source,
        hint=Sentence("did you mean {near}?", near=path.with_name(near)) if near else None,
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


def _load_csv(engine: Backend, paths: list[Path], source: str, encoding: str | None) -> Raw:
    table, unreadable = fresh("csv"), fresh("unreadable")
    engine.raw_sql(f"CREATE TABLE {sql.name(unreadable)} (source_row BIGINT, problem VARCHAR)")
    columns: tuple[str, ...] = ()
    with tempfile.TemporaryDirectory(prefix="winback-") as scratch:
        for path in paths:
            form = layout(path, encoding)
            if columns and set(form.names) != set(columns):
                odd = ", ".join(sorted(set(form.names) ^ set(columns)))
                raise DataError("the files have different columns", where=str(path), got=odd)
            if not columns:
                columns = form.names
                typed = ", ".join(f"{sql.name(column)} VARCHAR" for column in columns)
                engine.raw_sql(f"CREATE TABLE {sql.name(table)} ({typed})")
            copy = Path(scratch) / "copy.csv"
            if not form.as_is:
                plain_copy(path, form, copy)
            try:
                read = path if form.as_is else copy
                _append_csv(engine, read, form, into=table, unreadable=unreadable)
            except sql.EngineError:
                _append_anew(engine, path, form, copy, into=table, unreadable=unreadable)
    if _count(engine, unreadable):
        view = _numbered_around(engine, table, unreadable)
        return Raw(view, label=source, unreadable=unreadable, behind=(table,))
    engine.raw_sql(f"DROP TABLE {sql.name(unreadable)}")
    return Raw(view_of(engine, table), label=source, behind=(table,))


def _append_anew(
    engine: Backend, path: Path, form: Layout, copy: Path, *, into: str, unreadable: str
) -> None:
    """Read what the engine stops at, such as line ends of several kinds, row by row."""
    plain_copy(path, form, copy, anew=True)
    try:
        _append_csv(engine, copy, form, into=into, unreadable=unreadable)
    except sql.EngineError as error:
        raise DataError(
            "cannot be read as CSV", where=str(path), got=sql.first_line(error)
        ) from error


def _load_json(engine: Backend, paths: list[Path], source: str) -> Raw:
    table = fresh("json")
    listed = ", ".join(sql.text(str(path)) for path in paths)
    try:
        rows = sql.rows(engine, f"DESCRIBE SELECT * FROM read_json([{listed}], union_by_name=true)")
        if len(rows) == 1 and rows[0][1].endswith(")[]"):
            raise DataError(
                "the records stand in a list within the file",
                where=source,
                got=f"{rows[0][0]}: {rows[0][1]}"[:200],
                hint=Sentence(
                    "keep the list alone: jq '.{key}' {source} > records.json",
                    key=rows[0][0],
                    source=source,
                ),
            )
        # text that looks like a day is read with the rest of its column: 31-07-22 may be July 2022
        typed = ", ".join(
            f"{sql.text(name)}: {sql.text(_TEXT if kind.startswith(_OF_TIME) else kind)}"
            for name, kind, *_ in rows
        )
        engine.raw_sql(
            f"CREATE TABLE {sql.name(table)} AS SELECT * FROM"
            f" read_json([{listed}], columns = {{{typed}}})"
        )
    except sql.EngineError as error:
        raise DataError(
            "cannot be read as JSON", where=source, got=sql.first_line(error)
        ) from error
    return Raw(view_of(engine, table, _parts(engine, table)), label=source, behind=(table,))


def _parts(engine: Backend, table: str) -> dict[str, str]:
    """Return what stands within structures, ``customer.id``: the name and how it is reached."""
    schema = engine.table(table).schema()
    taken = {name.lower() for name in schema.names}
    parts: dict[str, str] = {}
    within = [([name], kind) for name, kind in schema.items() if kind.is_struct()]
    while within:
        path, kind = within.pop(0)
        for name, inner in kind.items():
            one = [*path, name]
            if inner.is_struct():
                within.append((one, inner))
            elif (dotted := ".".join(one)).lower() not in taken:
                taken.add(dotted.lower())
                parts[dotted] = ".".join(map(sql.name, one))
    return parts


def _append_csv(
    engine: Backend,
    path: Path,
    form: Layout,
    *,
    into: str,
    unreadable: str,
) -> None:
    """Copy a file's lines into `into`, and note those that cannot be read."""
    errors, scans = fresh("errors"), fresh("scans")
    before = _count(engine, into) + _count(engine, unreadable)
    struct = ", ".join(f"{sql.text(column)}: 'VARCHAR'" for column in form.names)
    short = ", null_padding = true, parallel = false" if form.short else ""
    try:
        engine.raw_sql(f"""
            INSERT INTO {sql.name(into)} BY NAME
            SELECT * FROM read_csv({sql.text(str(path))}, columns = {{{struct}}},
                auto_detect = false, header = {form.header},
                delim = {sql.text(form.delimiter)}{short},
                quote = '"', escape = '"', store_rejects = true, rejects_limit = 0,
                rejects_table = {sql.text(errors)}, rejects_scan = {sql.text(scans)})""")
        # `line` counts the header; a line with several errors is one unreadable line
        engine.raw_sql(f"""
            INSERT INTO {sql.name(unreadable)}
            SELECT {before} + line - {int(form.header)}, lower(any_value(error_type::VARCHAR))
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
            "a quotation mark is opened and never closed",
            where=Sentence("{path}, line {line}", path=path, line=swallowed[0][0]),
        )


def _count(engine: Backend, table: str) -> int:
    return int(sql.rows(engine, f"SELECT count(*) FROM {sql.name(table)}")[0][0])


def _numbered_around(engine: Backend, table: str, unreadable: str) -> str:
    """Return a view that numbers the readable lines as they stood among the unreadable ones."""
    view = fresh("raw")
    number = "row_number() OVER ()" if own_rowid(engine, table) else "rowid + 1"
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
            SELECT {number} AS position, COLUMNS(lambda c: lower(c) <> 'source_row')
            FROM {sql.name(table)}
        ) AS lines
        ASOF LEFT JOIN last_gaps ON lines.position > last_gaps.readable""")
    return view
