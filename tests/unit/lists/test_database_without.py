"""Whoever is deleted from the lists of a database is in no byte of its file."""

from datetime import date

import duckdb
import pandas as pd
import pytest

from winback.errors import OutputError
from winback.lists.database import Edition, write_table
from winback.lists.database_without import take_out_of_tables

COLUMNS = {"list_id": "text", "as_of": "date", "customer_id": "text", "run_id": "text"}


@pytest.fixture
def file(tmp_path):
    for day in (date(2024, 1, 31), date(2024, 2, 29)):
        rows = pd.DataFrame(
            {"list_id": f"w-{day}", "as_of": pd.Timestamp(day), "run_id": "r",
             "customer_id": [f"customer-number-{n:05}" for n in range(5000)]}
        )  # fmt: skip
        url = f"duckdb://{tmp_path}/lists.duckdb"
        write_table(rows, COLUMNS, Edition("shop", day, f"w-{day}"), url=url, table="win_back")
    with duckdb.connect(str(tmp_path / "lists.duckdb")) as other:
        other.execute("CREATE TABLE own AS SELECT 1 AS n")
    return tmp_path / "lists.duckdb"


def test_rows_go_from_every_list_and_nothing_else_does(file):
    gone = ["customer-number-00017", "customer-number-04999", "nobody"]
    mode = file.stat().st_mode
    done = take_out_of_tables(["win_back", "not_there"], gone, url=f"duckdb://{file}")
    assert done == {"win_back": 4}
    assert [path.name for path in file.parent.iterdir()] == ["lists.duckdb"]
    assert file.stat().st_mode == mode
    with duckdb.connect(str(file), read_only=True) as after:
        assert after.execute("SELECT n FROM own").fetchall() == [(1,)]
        assert after.execute("SELECT count(*) FROM win_back").fetchone() == (9996,)
        left = "SELECT count(*) FROM win_back_current WHERE customer_id = ANY(?)"
        assert after.execute(left, [gone]).fetchone() == (0,)
    for name in gone:
        assert name.encode() not in file.read_bytes()
    assert take_out_of_tables(["win_back"], gone, url=f"duckdb://{file}") == {"win_back": 0}


def test_a_database_that_cannot_be_written_is_told(file):
    held = duckdb.connect(str(file))
    held.execute("BEGIN")
    held.execute("DROP TABLE win_back CASCADE")
    held.execute("CREATE TABLE win_back (a INTEGER)")
    held.execute("COMMIT")
    held.close()
    with pytest.raises(OutputError, match="cannot be deleted"):
        take_out_of_tables(["win_back"], ["a"], url=f"duckdb://{file}")
