from dataclasses import replace
from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pytest

from winback.errors import ConfigError, OutputError
from winback.lists.database import Edition, write_table

COLUMNS = {
    "list_id": "text", "customer_id": "text", "rank": "count", "as_of": "date",
    "margin": "money", "propensity": "probability", "run_id": "text",
}  # fmt: skip
EDITION = Edition("shop", date(2024, 1, 31), "a")


def rows(list_id="a", n=3):
    return pd.DataFrame(
        {
            "list_id": list_id,
            "customer_id": [f"'=;DROP {i}\tÄ" for i in range(n)],
            "rank": [None, *range(1, n)],
            "as_of": pd.Timestamp("2024-01-31"),
            "margin": np.arange(n) / 3,
            "propensity": np.nan,
            "run_id": f"training of {list_id}",
        }
    )


@pytest.fixture
def store(tmp_path):
    url = f"duckdb://{tmp_path}/deep/lists.duckdb"

    def put(frame, list_id="a", job="shop", day=EDITION.as_of, trainings=(), **over):
        arguments = {"url": url, "table": "win_back"} | over
        edition = Edition(job, day, list_id, lambda: trainings)
        return write_table(frame, COLUMNS, edition, **arguments)

    def read(query="SELECT * FROM win_back ORDER BY list_id, customer_id"):
        with duckdb.connect(str(tmp_path / "deep" / "lists.duckdb")) as connection:
            return connection.execute(query).fetchall()

    put.url = url
    return put, read


def test_a_second_run_adds_nothing_and_other_lists_stay(store):
    put, read = store
    assert put(rows(n=3)) == 3
    put(rows("b", 2), "b", job="other")
    before = read()
    put(rows(n=3))
    assert read() == before
    put(rows(n=1))
    assert [row[0] for row in read()] == ["a", "b", "b"]
    put(rows(n=1).head(0))  # a list may come out empty
    assert [row[0] for row in read()] == ["b", "b"]


def test_one_list_of_a_job_and_date_is_current(store):
    put, read = store
    current = "SELECT list_id, count(*) FROM win_back_current GROUP BY ALL ORDER BY ALL"
    put(rows("a"))
    put(rows("other shop"), "other shop", job="other")
    put(rows("sunday").assign(as_of=pd.Timestamp("2024-01-30")), "sunday", day=date(2024, 1, 30))
    others = [("other shop", 3), ("sunday", 3)]
    assert read(current) == [("a", 3), *others]
    put(rows("b", 2), "b")  # another budget
    assert read(current) == [("b", 2), *others]
    assert read("SELECT count(*) FROM win_back WHERE list_id = 'a'") == [(3,)]  # kept, marked
    put(rows("a"))
    assert read(current) == [("a", 3), *others]
    put(rows("c").head(0), "c")  # nobody is to be called back any more
    assert read(current) == others


def test_of_lists_of_an_earlier_make_a_job_takes_the_place_of_its_own_only(store):
    put, read = store
    put(rows("old", 2), "old")
    put(rows("other shop", 3), "other shop", job="other")
    with duckdb.connect(put.url.removeprefix("duckdb://")) as connection:
        connection.execute("DROP VIEW win_back_current")
        for column in ("job", "is_current"):
            connection.execute(f"ALTER TABLE win_back DROP COLUMN {column}")
    put(rows("new", 1), "new", trainings={"training of old", "training of new"})
    current = "SELECT DISTINCT list_id FROM win_back_current ORDER BY ALL"
    assert read(current) == [("new",), ("other shop",)]
    put(rows("anew", 1), "anew", job="other", trainings={"training of other shop"})
    assert read(current) == [("anew",), ("new",)]
    assert read("SELECT job, count(*) FROM win_back GROUP BY ALL ORDER BY ALL") == [
        ("other", 4),
        ("shop", 3),
    ]


def test_values_arrive_as_they_are(store):
    put, read = store
    put(rows())
    assert read()[0][:6] == ("a", "'=;DROP 0\tÄ", None, date(2024, 1, 31), 0.0, None)
    assert read()[1][2:5] == (1, date(2024, 1, 31), 1 / 3)


def test_a_table_of_an_earlier_make_gets_what_it_lacks(store):
    put, read = store
    put(rows(n=2))
    more = {**COLUMNS, "extra": "text"}
    other = replace(EDITION, list_id="b")
    write_table(rows("b", 1).assign(extra="new"), more, other, table="win_back", url=put.url)
    assert [row[-1] for row in read()] == [None, None, "new"]


def test_a_table_of_another_make_is_refused_and_left_as_it_is(store):
    put, read = store
    put(rows())
    fewer = {"list_id": "text"}
    with pytest.raises(OutputError, match=r"other columns.*customer_id text"):
        write_table(rows(), fewer, EDITION, table="win_back", url=put.url)
    assert len(read()) == 3


def test_a_failure_leaves_the_earlier_version(store, monkeypatch):
    put, read = store
    put(rows())
    monkeypatch.setitem(write_table.__globals__["_SQL"], "count", "date")  # the insert fails
    with pytest.raises(OutputError):
        put(rows(n=2))
    assert len(read()) == 3


def test_a_schema_that_is_not_there_is_told(store):
    put, _ = store
    with pytest.raises(OutputError, match="cannot be written"):
        put(rows(), schema="nowhere")


def test_other_databases_are_refused_and_no_password_is_shown():
    with pytest.raises(ConfigError, match=r"of this kind.*mysql://") as error:
        write_table(rows(), COLUMNS, EDITION, url="mysql://eva:s3cret@db/x", table="t")
    assert "s3cret" not in str(error.value)
