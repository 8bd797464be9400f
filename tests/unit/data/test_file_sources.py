"""Files become relations, line by line; a bad file becomes one line."""

import gzip
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from winback.data import connect
from winback.data.connect import open_engine, read_source
from winback.errors import DataError

ROWS = pa.table({"who": ["a", "b", "c"], "paid": [1.5, None, 3.0]})


@pytest.fixture
def engine():
    return open_engine(threads=2)


def listed(table):
    return table.order_by("source_row").to_pyarrow().to_pylist()


def test_parquet_files_number_their_rows_in_order(engine, tmp_path):
    n = 300_000  # more than a row group and a vector
    for name, start in (("b", n), ("a", 0)):
        table = pa.table({"i": range(start, start + n)})
        pq.write_table(table, tmp_path / f"{name}.parquet", row_group_size=50_000)
    rows = read_source(engine, str(tmp_path / "*.parquet"))
    assert rows.count().to_pyarrow().as_py() == 2 * n
    assert rows.filter(rows.source_row != rows.i + 1).count().to_pyarrow().as_py() == 0


def test_a_folder_is_all_its_files(engine, tmp_path):
    folder = tmp_path / "orders.parquet"
    folder.mkdir()
    pq.write_table(ROWS, folder / "part-0.parquet")
    pq.write_table(ROWS, folder / "part-1.parquet")
    assert read_source(engine, folder).count().to_pyarrow().as_py() == 6


def test_csv_is_text_in_the_order_of_the_file(engine, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_bytes('\ufeffwho;paid\r\n007;1,5\r\n"a;b";\r\n5" disc;x\r\n'.encode())
    assert listed(read_source(engine, path)) == [
        {"source_row": 1, "who": "007", "paid": "1,5"},
        {"source_row": 2, "who": "a;b", "paid": None},
        {"source_row": 3, "who": '5" disc', "paid": "x"},
    ]


def test_csv_files_of_one_glob_may_order_their_columns_differently(engine, tmp_path):
    (tmp_path / "1.csv").write_text("who,paid\na,1\n")
    with gzip.open(tmp_path / "2.csv.gz", "wt") as file:
        file.write("paid,who\n2,b\n")
    rows = listed(read_source(engine, str(tmp_path / "*.csv*")))
    assert [(row["source_row"], row["who"], row["paid"]) for row in rows] == [
        (1, "a", "1"),
        (2, "b", "2"),
    ]
    (tmp_path / "3.csv").write_text("who,price\nc,3\n")
    with pytest.raises(DataError, match=r"different columns .*3\.csv.*: got paid, price"):
        read_source(engine, str(tmp_path / "*.csv*"))


def test_unreadable_csv_lines_are_kept_apart_and_others_keep_their_numbers(engine, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_bytes(b'who,paid\na,1\nb,2,too many\nc\n"d"x,4\ne\xff,5\nf,6\n')
    raw = connect.load(engine, str(path))
    assert [(row["source_row"], row["who"]) for row in listed(engine.table(raw.name))] == [
        (1, "a"),
        (6, "f"),
    ]
    assert [row["source_row"] for row in listed(engine.table(raw.unreadable))] == [2, 3, 4, 5]
    with pytest.raises(DataError, match=r"line 2 of data\): got too many columns"):
        read_source(engine, path)


def test_line_numbers_hold_over_a_parallel_scan(engine, tmp_path):
    n, bad = 400_000, {7, 8, 200_000, 399_999}
    path = tmp_path / "orders.csv"
    path.write_text(
        "i,x\n" + "".join(f"{i},{'y' * 10}{',z' * (i in bad)}\n" for i in range(1, n + 1))
    )
    raw = connect.load(engine, str(path))
    rows = engine.table(raw.name)
    assert rows.filter(rows.source_row != rows.i.cast("int64")).count().to_pyarrow().as_py() == 0
    assert {row["source_row"] for row in listed(engine.table(raw.unreadable))} == bad


def test_a_quotation_mark_never_closed_does_not_swallow_the_file(engine, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text('who,paid\na,1\n"b,2\nc,3\n')
    with pytest.raises(DataError, match=r"never closed .*orders\.csv, line 3"):
        read_source(engine, path)


def missing(folder):
    (folder / "orders.csv").touch()
    return folder / "order.csv", "no such file .*did you mean .*orders.csv"


def empty(folder):
    (folder / "orders.csv").touch()
    return folder / "orders.csv", "is empty .*orders.csv"


def noise(folder):
    (folder / "orders.parquet").write_bytes(random.Random(1).randbytes(4096))
    return folder / "orders.parquet", "cannot be read as Parquet .*orders.parquet"


def noise_as_csv(folder):
    (folder / "orders.csv").write_bytes(b"who,paid" + bytes(100))
    return folder / "orders.csv", "not a CSV file .*orders.csv"


def workbook(folder):
    (folder / "orders.csv").write_bytes(b"PK\x03\x04" + bytes(100))
    return folder / "orders.csv", "cannot read the file .*orders.csv"


def truncated(folder):
    (folder / "orders.csv.gz").write_bytes(gzip.compress(b"a,b\n" * 1000)[:30])
    return folder / "orders.csv.gz", "cannot read .*orders.csv.gz"


def no_match(folder):
    return str(folder / "*.csv"), "no file matches"


def empty_folder(folder):
    return folder, "holds no data"


@pytest.mark.parametrize(
    "case", [missing, empty, noise, noise_as_csv, workbook, truncated, no_match, empty_folder]
)
def test_a_bad_file_is_one_line(engine, tmp_path, case):
    source, words = case(tmp_path)
    with pytest.raises(DataError, match=words) as caught:
        read_source(engine, source)
    assert "\n" not in str(caught.value)


def test_records_within_a_file_of_json_are_refused_with_the_way_out(tmp_path):
    path = tmp_path / "orders.json"
    path.write_text('{"orders": [{"customer_id": "a"}, {"customer_id": "b"}]}', encoding="utf-8")
    with pytest.raises(DataError, match=r"jq '\.orders'"):
        connect.load(open_engine(threads=1), str(path))
