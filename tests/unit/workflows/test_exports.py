"""Small invented exports (`tests/unit/data/exports.yaml`), read as `winback init` reads them."""

import datetime as dt
import gzip
import zipfile
from pathlib import Path

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
    if path.suffix == ".xlsx":
        _workbook(path, [line.split(",") for line in lines])
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
            sheet.write_row(n, 0, [_typed(cell) for cell in row])


def _typed(cell):
    for kind in (float, dt.date.fromisoformat):
        try:
            return kind(cell)
        except ValueError:
            pass
    return cell


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
