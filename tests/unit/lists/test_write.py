import csv
import hashlib
from datetime import date

import pandas as pd
import pyarrow.parquet as pq
import pytest

from winback.errors import OutputError, UsageError
from winback.lists.write import safe_text, write_csv, write_parquet

COLUMNS = {
    "customer_id": "text",
    "rank": "count",
    "last_purchase_at": "date",
    "margin": "money",
    "p": "probability",
}


def rows():
    return pd.DataFrame(
        {
            "p": [0.123456, None],
            "customer_id": ["=cmd|' /C calc'!A0", 'Zoë "x", y'],
            "rank": [1.0, None],
            "last_purchase_at": [pd.Timestamp("2011-12-09 13:45"), None],
            "margin": [-0.001, -12.345678],
            "not_in_the_list": [1, 2],
        }
    )


def test_a_csv_is_readable_and_harmless(tmp_path):
    write_csv(rows(), tmp_path / "list.csv", COLUMNS, bom=True)
    content = (tmp_path / "list.csv").read_bytes()
    assert content.decode("utf-8") == (
        "\ufeffcustomer_id,rank,last_purchase_at,margin,p\n"
        "'=cmd|' /C calc'!A0,1,2011-12-09,0.00,0.1235\n"
        '"Zoë ""x"", y",,,-12.35,\n'
    )


def test_decimal_and_separator(tmp_path):
    write_csv(rows(), tmp_path / "list.csv", COLUMNS, decimal=",", separator=";")
    with (tmp_path / "list.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file, delimiter=";"))[1][3:] == ["0,00", "0,1235"]
    for wrong in ({"decimal": ","}, {"separator": "x"}):
        with pytest.raises(UsageError, match="signs"):
            write_csv(rows(), tmp_path / "list.csv", COLUMNS, **wrong)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
@pytest.mark.parametrize("before", ["", " ", "\u00a0", "\ufeff", "\u200b", "\t", "\r", " \n"])
def test_every_way_to_begin_a_formula_is_disarmed(before, sign):
    assert safe_text(f"{before}{sign}1+1").startswith("'")


@pytest.mark.parametrize("sign", ["\t", "\r", "\n"])
def test_a_leading_tab_or_line_break_is_disarmed_whatever_follows(sign):
    assert safe_text(f"{sign}1") == "' 1"


@pytest.mark.parametrize("text", ["a-b", "1+1", "me@example.com", "", "O'Hara", "-".join("ab")])
def test_other_text_is_left_alone(text):
    assert safe_text(text) == text


def test_a_program_with_another_separator_finds_no_formula_either():
    assert safe_text("a,=1;-1| @x\t=1") == "a,'=1;'-1|' @x '=1"
    assert safe_text('a","=1') == 'a",\'"=1'


def test_parquet_keeps_precision_types_and_nothing_of_pandas(tmp_path):
    write_parquet(rows(), tmp_path / "list.parquet", COLUMNS)
    table = pq.read_table(tmp_path / "list.parquet")
    assert [str(kind) for kind in table.schema.types] == [
        "string", "int64", "date32[day]", "double", "double",
    ]  # fmt: skip
    assert table.schema.metadata is None
    assert table.to_pylist()[0] == {
        "customer_id": "=cmd|' /C calc'!A0",
        "rank": 1,
        "last_purchase_at": date(2011, 12, 9),
        "margin": -0.001,
        "p": 0.123456,
    }


def test_the_type_of_a_column_does_not_depend_on_there_being_rows(tmp_path):
    write_parquet(rows(), tmp_path / "some.parquet", COLUMNS)
    write_parquet(rows().head(0), tmp_path / "none.parquet", COLUMNS)
    write_parquet(pd.DataFrame(), tmp_path / "nothing.parquet", COLUMNS)
    schemas = [pq.read_schema(tmp_path / f"{n}.parquet") for n in ("some", "none", "nothing")]
    assert schemas[0] == schemas[1] == schemas[2]
    write_csv(pd.DataFrame(), tmp_path / "none.csv", COLUMNS)
    assert (tmp_path / "none.csv").read_text() == ",".join(COLUMNS) + "\n"


def test_the_same_rows_give_the_same_bytes(tmp_path):
    def digest(frame, name):
        write_parquet(frame, tmp_path / name, COLUMNS)
        return hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()

    other = rows().astype({"customer_id": object}).set_index(pd.Index([7, 8]))
    other["last_purchase_at"] = other["last_purchase_at"].astype("datetime64[ns]")
    assert digest(rows(), "a.parquet") == digest(other, "b.parquet")


def test_any_frame_becomes_portable_parquet(tmp_path):
    frame = pd.DataFrame(
        {"at": pd.to_datetime(["2011-12-09 13:45"]).astype("datetime64[ns]"), "none": [None]}
    )
    write_parquet(frame, tmp_path / "any.parquet")
    schema = pq.read_schema(tmp_path / "any.parquet")
    assert [str(kind) for kind in schema.types] == ["timestamp[us]", "string"]
    assert schema.metadata is None


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    write_csv(rows(), tmp_path / "list.csv", COLUMNS)
    before = (tmp_path / "list.csv").read_bytes()

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(OutputError, match="No space left"):
        write_csv(rows(), tmp_path / "list.csv", COLUMNS)
    assert (tmp_path / "list.csv").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1
