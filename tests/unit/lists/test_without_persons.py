"""Whoever is taken out of a file is in no byte of it; everything else stays as it was."""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from winback.errors import OutputError
from winback.lists.for_people import FOR_PEOPLE, headings
from winback.lists.without_persons import take_out
from winback.lists.workbook import FILLS, Sheet, write_workbook
from winback.lists.write import write_csv, write_parquet
from winback.messages import Words

COLUMNS = {"list_id": "text", "customer_id": "text", "arm": "text", "margin": "money"}
ROWS = pd.DataFrame(
    {
        "list_id": "w-1",
        "customer_id": ["=A1", "ann, b", "cid-3", "dan-4"],
        "arm": ["treated", "control", "control", "treated"],
        "margin": [1.5, -2.0, 3.25, np.nan],
    }
)


@pytest.mark.parametrize(("decimal", "separator"), [(".", ","), (",", ";"), (",", "\t")])
@pytest.mark.parametrize("bom", [False, True])
def test_a_csv_is_what_it_would_have_been_without_them(tmp_path, decimal, separator, bom):
    before, after, without = (tmp_path / f"{name}.csv" for name in ("before", "after", "without"))
    style = {"bom": bom, "decimal": decimal, "separator": separator}
    heads = {"customer_id": "客户"} if bom else {}
    names = {heads.get(name, name): kind for name, kind in COLUMNS.items()}
    write_csv(ROWS.rename(columns=heads), before, names, **style)
    write_csv(ROWS.iloc[2:].rename(columns=heads), without, names, **style)
    taken = take_out(before, after, {"=A1", "ann, b", "nobody"})
    assert (taken.rows, taken.found) == (2, {"=A1", "ann, b"})
    assert after.read_bytes() == without.read_bytes()


def test_a_parquet_file_keeps_its_types_and_says_which_arms_were_taken_out(tmp_path):
    before, after, without = (tmp_path / f"{n}.parquet" for n in ("before", "after", "without"))
    write_parquet(ROWS, before, COLUMNS)
    write_parquet(ROWS.iloc[[0, 3]], without, COLUMNS)
    taken = take_out(before, after, {"cid-3", "ann, b"})
    assert taken.arms == {("w-1", "control", "cid-3"), ("w-1", "control", "ann, b")}
    assert pq.read_table(after).equals(pq.read_table(without))
    assert pq.read_schema(after).equals(pq.read_schema(before), check_metadata=True)
    assert b"cid-3" in before.read_bytes()
    assert b"cid-3" not in after.read_bytes()  # in the statistics neither


def test_any_column_that_says_who_counts(tmp_path):
    frame = pd.DataFrame(
        {"person_id": ["a", "b"], "customer_id": ["c", "d"], "version": ["c", "a"]}
    )
    frame.to_parquet(tmp_path / "before.parquet")
    assert take_out(tmp_path / "before.parquet", tmp_path / "after.parquet", {"a"}).rows == 1
    left = pd.read_parquet(tmp_path / "after.parquet")
    assert left["person_id"].tolist() == ["b"]


@pytest.mark.parametrize("name", ["x.parquet", "x.csv"])
def test_where_nobody_is_found_nothing_is_written(tmp_path, name):
    write = write_csv if name.endswith("csv") else write_parquet
    write(ROWS, tmp_path / name, COLUMNS)
    assert take_out(tmp_path / name, tmp_path / "after", {"1.50", "w-1", "control"}).rows == 0
    assert not (tmp_path / "after").exists()


def book(path, rows, language):
    words = Words(language)
    fills = {words.label("severity", colour): fill for colour, fill in FILLS.items()}
    sheets = [
        Sheet(kind[:20], rows, FOR_PEOPLE[kind], headings(FOR_PEOPLE[kind], words),
              fills if kind == "churn_warning" else {})
        for kind in FOR_PEOPLE
    ]  # fmt: skip
    about = ("About", [("a heading", ""), ("a term", "what is said of it")])
    write_workbook(path, sheets, about=about, made=date(2011, 12, 9))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_workbook_is_what_it_would_have_been_without_them(tmp_path, language):
    rows = pd.DataFrame(
        {
            "rank": [1, 2, 3],
            "customer_id": ["007", "=A1", "1e5"],
            "why": ["long silent", None, "b"],
            "by_when": pd.to_datetime(["2011-12-09", None, "2011-12-10"]),
            "expected_gain": [1234.5678, np.nan, -0.5],
            "colour": [Words(language).label("severity", "red"), None, "x"],
        }
    )
    before, after, without = (tmp_path / f"{n}.xlsx" for n in ("before", "after", "without"))
    book(before, rows, language)
    for gone in ({"=A1"}, {"007", "1e5"}, {"007", "=A1", "1e5"}):
        book(without, rows[~rows["customer_id"].isin(gone)], language)
        taken = take_out(before, after, gone)
        assert (taken.rows, taken.found) == (2 * len(gone), gone)
        assert after.read_bytes() == without.read_bytes()


def test_a_workbook_of_other_columns_is_refused(tmp_path):
    sheet = Sheet("x", pd.DataFrame({"a": ["b"]}), {"a": "text"}, {"a": "A"})
    write_workbook(tmp_path / "x.xlsx", [sheet], about=("y", []), made=date(2011, 12, 9))
    with pytest.raises(OutputError, match="other columns"):
        take_out(tmp_path / "x.xlsx", tmp_path / "y.xlsx", {"b"})
