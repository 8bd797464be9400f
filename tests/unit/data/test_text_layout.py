"""One table in many layouts is the same table."""

import gzip
import json
import zipfile

import pytest

from winback.data.connect import load, open_engine
from winback.data.sql import rows
from winback.errors import DataError

TABLE = [["id", "day", "Betrag"], ["c1", "2024-01-01", "1"], ["c2", "2024-01-02", "2"]]
TABLE += [[f"Zoë{n}", "2024-01-03", "3"] for n in range(4)]


def lines(sign=",", end="\n", table=TABLE):
    return end.join(sign.join(row) for row in table) + end


def read(path):
    engine = open_engine(threads=1)
    raw = load(engine, str(path))
    assert raw.unreadable is None
    content = rows(engine, f'SELECT * EXCLUDE (source_row) FROM "{raw.name}" ORDER BY source_row')
    return [list(row) for row in content]


@pytest.mark.parametrize(
    "content",
    [
        lines().encode(),
        lines(end="\r").encode(),
        lines(end="\r\n").encode("utf-16"),
        lines("\t").encode("utf-16-le"),
        ("sep=;\n" + lines(";")).encode("cp1252"),
        ("Statement\nAccount: 1\n\n" + lines()).encode(),
        ("Konto;;\nStand;;\n" + lines(";")).encode(),
        lines("|").encode("utf-8-sig"),
        lines("   ").encode(),
        gzip.compress(lines().encode(), mtime=0),
        lines().replace("Betrag", '"Be\ntrag"').encode(),
    ],
)
def test_the_rows_are_the_same(tmp_path, content):
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    assert read(path) == TABLE[1:]


def test_packed_and_in_lines_of_json(tmp_path):
    with zipfile.ZipFile(tmp_path / "orders.zip", "w") as archive:
        archive.writestr("orders.csv", lines())
    assert read(tmp_path / "orders.zip") == TABLE[1:]
    objects = [dict(zip(TABLE[0], row, strict=True)) for row in TABLE[1:]]
    (tmp_path / "o.jsonl").write_text("\n".join(map(json.dumps, objects)))
    (tmp_path / "o.json").write_text(json.dumps(objects))
    for name in ("o.jsonl", "o.json"):
        assert [row[0] for row in read(tmp_path / name)] == [row[0] for row in TABLE[1:]]


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("gb18030", "客户张伟王芳李娜"),
        ("cp932", "カスタマーのなまえ"),
        ("cp1251", "Покупатель"),
        ("cp1252", "Müller"),
    ],
)
def test_encodings_are_told_from_the_bytes(tmp_path, encoding, word):
    table = [["id", "day"], *([f"{word}{n}", "2024-01-01"] for n in range(9))]
    path = tmp_path / "orders.csv"
    path.write_bytes(lines(table=table).encode(encoding))
    assert read(path) == table[1:]


def test_a_file_without_names_keeps_its_first_row(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(lines(table=[["c1", "20240101", "1", "9.5"], ["c2", "20240102", "1", "3.0"]]))
    assert [row[0] for row in read(path)] == ["c1", "c2"]


def test_last_cells_may_be_left_out(tmp_path):
    path = tmp_path / "orders.csv"
    short = [["id", "day", "note", "more"], *([f"c{n}", "2024-01-01"] for n in range(9))]
    path.write_text(lines(table=short))
    assert read(path) == [[*row, None, None] for row in short[1:]]


def test_an_archive_of_parts_is_one_table_and_of_several_tables_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "orders.zip", "w") as archive:
        archive.writestr("export/a.csv", lines())
        archive.writestr("export/README.txt", "see b")
        archive.writestr("__MACOSX/export/._a.csv", "\0")
    once = read(tmp_path / "orders.zip")
    with zipfile.ZipFile(tmp_path / "orders.zip", "a") as archive:
        archive.writestr("export/b.csv", lines())
    assert read(tmp_path / "orders.zip") == once * 2
    with zipfile.ZipFile(tmp_path / "orders.zip", "a") as archive:
        archive.writestr("c.csv", "id,city\n1,Bath\n")
    with pytest.raises(DataError, match=r"c\.csv: id, city.*export/a\.csv"):
        read(tmp_path / "orders.zip")


def test_days_in_json_are_read_as_text_with_their_column(tmp_path):
    objects = [{"day": day, "paid": 1.5} for day in ("31-07-22", "22-08-14")]
    (tmp_path / "o.jsonl").write_text("\n".join(map(json.dumps, objects)))
    assert read(tmp_path / "o.jsonl") == [["31-07-22", 1.5], ["22-08-14", 1.5]]
