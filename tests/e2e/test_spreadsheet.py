"""A spreadsheet program opens the lists: what was text stays text, and nothing is a formula."""

import shutil
import subprocess
import zipfile
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from winback.lists.win_back import WIN_BACK
from winback.lists.write import write_csv

HOSTILE = [
    "=1+1", "+1", "-2+3", "@SUM(1;2)", "\t=1+1", " =2*3", '=HYPERLINK("http://x","y")', "Zoë;=1+1",
    "a,=1+1", "C-0017", "=cmd|' /C calc'!A0", "\uff1d1+1", "plain",
]  # fmt: skip
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"
TABLE, CELL = f"{{{OFFICE}table:1.0}}", f"{{{OFFICE}office:1.0}}"
TEXT = f"{{{OFFICE}text:1.0}}p"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
# semicolons, quotes, UTF-8, from line 1, German numbers; true at the end: evaluate formulas
SEMICOLONS = "CSV:59,34,76,1,,1031,false,true,false,false,false,0,true"


@pytest.fixture(scope="module")
def office():
    """Convert a CSV with LibreOffice, in a profile of its own."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("no LibreOffice: apt-get install libreoffice-calc")

    def convert(path, kind):
        folder = path.parent
        command = [program, f"-env:UserInstallation=file://{folder}/profile", "--headless"]
        command += ["--norestore", f"--infilter={SEMICOLONS}", "--convert-to", kind]
        subprocess.run(
            [*command, "--outdir", folder, path], check=True, timeout=150, capture_output=True
        )
        return folder / f"{path.stem}.{kind}"

    return convert


@pytest.fixture
def written(tmp_path):
    """A list as a German office reads it: byte-order mark, semicolons, decimal commas."""
    n = len(HOSTILE)
    rows = pd.DataFrame(
        {
            "list_id": "win_back-2011-12-09-8027fa683e3f",
            "customer_id": HOSTILE,
            "rank": range(1, n + 1),
            "expected_incremental_margin": -1234.5,
            "action": "=invitation",
            "as_of": pd.Timestamp("2011-12-09"),
        }
    )
    path = tmp_path / "win_back.csv"
    write_csv(rows, path, WIN_BACK, bom=True, decimal=",", separator=";")
    return path


@pytest.mark.slow
def test_no_cell_is_a_formula_and_no_customer_is_lost(office, written):
    rows = [
        [cell for cell in row for _ in range(int(cell.get(f"{TABLE}number-columns-repeated", 1)))]
        for row in ET.parse(office(written, "fods")).iter(f"{TABLE}table-row")
    ]
    texts = [["".join(p.text or "" for p in cell.iter(TEXT)) for cell in row] for row in rows]
    assert texts[0][: len(WIN_BACK)] == list(WIN_BACK)
    assert not [cell for row in rows for cell in row if cell.get(f"{TABLE}formula")]
    column = list(WIN_BACK).index("customer_id")
    read = [row[column].lstrip("'") for row in texts[1 : len(HOSTILE) + 1]]
    said = [text.replace("\t", " ") for text in HOSTILE]
    assert [text.replace("'", "").strip() for text in read] == [
        text.replace("'", "").strip() for text in said
    ]


@pytest.mark.slow
def test_neither_is_there_one_in_a_workbook(office, written):
    with zipfile.ZipFile(office(written, "xlsx")) as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert not list(sheet.iter(f"{SHEET}f"))
    assert len(list(sheet.iter(f"{SHEET}row"))) == len(HOSTILE) + 1
