import time
import zipfile
from datetime import date
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from winback.lists.workbook import Sheet, write_workbook

HOSTILE = ["=1+1", "+1", "-2+3", "@SUM(1;2)", "007", "http://x", "a\x0bb", "Zoë", "{=1}"]
COLUMNS = {"customer_id": "text", "value": "money", "by_when": "date", "colour": "text"}


@pytest.fixture
def write(tmp_path):
    def _write(name, ids=HOSTILE):
        rows = pd.DataFrame(
            {
                "customer_id": ids,
                "value": 1.5,
                "by_when": pd.Timestamp("2011-12-23"),
                "colour": "红",
            }
        )
        sheet = Sheet(
            "流失预警", rows, COLUMNS, {name: name for name in COLUMNS}, {"红": "#F8B4AE"}
        )
        path = tmp_path / name
        about = ("说明", [("流失预警", ""), ("=1+1", "whom")])
        write_workbook(path, [sheet], about=about, made=date(2011, 12, 9))
        return path

    return _write


def test_texts_stay_texts_and_nothing_is_a_formula(write):
    path = write("lists.xlsx")
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name("流失预警").to_python()
    assert [row[0].replace("_x000B_", "\x0b") for row in rows[1:]] == HOSTILE
    assert rows[1][1:] == [1.5, date(2011, 12, 23), "红"]
    with zipfile.ZipFile(path) as book:
        for name in ("xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"):
            tags = {tag.tag.rpartition("}")[2] for tag in ET.fromstring(book.read(name)).iter()}
            assert not tags & {"f", "hyperlink"}
            assert name.endswith("2.xml") or tags >= {"autoFilter", "pane", "conditionalFormatting"}


def test_the_same_lists_give_the_same_bytes(write):
    first = write("a.xlsx").read_bytes()
    time.sleep(1.1)  # a second, to which the clock of a workbook counts
    assert write("b.xlsx").read_bytes() == first
    assert write("c.xlsx", HOSTILE[::-1]).read_bytes() != first


def test_nobody_is_a_sheet_with_headings(write):
    rows = CalamineWorkbook.from_path(write("lists.xlsx", [])).get_sheet_by_index(0).to_python()
    assert rows == [list(COLUMNS)]
