"""Small invented exports (`tests/unit/data/exports.yaml`), read as `winback init` reads them."""

import base64
import datetime as dt
import gzip
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
import yaml

from winback.data.words import words_of
from winback.errors import DataError
from winback.workflows.init import init

EXPORTS = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "exports.yaml").read_text(encoding="utf-8")
)
OURS = {"customer": "customer_id", "time": "timestamp", "amount": "amount", "order": "order_id"}


def written(folder, export):
    """Write the file that an entry describes."""
    path = folder / export["file"]
    lines = export["text"].splitlines()
    if path.suffix in WRITERS:
        WRITERS[path.suffix](path, [[*map(_typed, line.split(","))] for line in lines])
        return path
    if "packed" in export:
        path.write_bytes(gzip.decompress(base64.b64decode(export["packed"])))
        return path
    text = export.get("ends", "\r\n").join([*lines, ""]).encode(export.get("encoding", "utf-8"))
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr(f"{path.stem}.csv", text)
    else:
        path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def _workbook(path, rows):
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for n, row in enumerate(rows):
            sheet.write_row(n, 0, row)


def _open_document(path, rows):
    def cell(value):
        kind, name = {float: ("float", "value"), dt.date: ("date", "date-value")}.get(
            type(value), ("string", "string-value")
        )
        return (
            f'<table:table-cell office:value-type="{kind}" office:{name}="{value}">'
            f"<text:p>{escape(str(value))}</text:p></table:table-cell>"
        )

    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    table = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("META-INF/manifest.xml", "<manifest/>")
        packed.writestr(
            "content.xml",
            f"<office:document-content{spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="Orders">{table}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )


def _parquet(path, rows):
    names, *rows = rows
    pq.write_table(pa.table([*map(list, zip(*rows, strict=True))], names=names), path)


def _typed(cell):
    for kind in (float, dt.date.fromisoformat):
        try:
            return kind(cell)
        except ValueError:
            pass
    return cell


WRITERS = {".xlsx": _workbook, ".ods": _open_document, ".parquet": _parquet}


@pytest.mark.parametrize("export", EXPORTS, ids=[export["layout"] for export in EXPORTS])
def test_an_export_is_read_right_or_refused_by_name(tmp_path, export):
    path = written(tmp_path, export)
    if "refused" in export:
        with pytest.raises(DataError) as refusal:
            init(str(path), tmp_path / "job.yaml")
        assert export["refused"] in str(refusal.value)
        assert not (tmp_path / "job.yaml").exists()
        return
    begun = init(str(path), tmp_path / "job.yaml")
    guesses = begun.sniffed.guesses
    taken = {name: guesses[ours].expression for name, ours in OURS.items() if ours in guesses}
    assert taken == export["columns"]
    assert begun.read.startswith(export["read"] + "; ")
    assert export.get("told", "") in " ".join(map(str, begun.notes))


def test_each_language_that_names_of_columns_are_in_has_an_example():
    names = words_of("columns")["names"]["customer_id"]
    spoken = {language for language in names if len(language) == 2}
    assert {export["language"] for export in EXPORTS} == spoken
