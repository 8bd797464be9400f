"""Lists as tables of a real PostgreSQL server."""

import threading
from datetime import date

import pandas as pd
import pytest

from winback.data.address import address
from winback.errors import OutputError
from winback.lists.database import Edition, write_table
from winback.lists.database_without import take_out_of_tables
from winback.lists.win_back import WIN_BACK

psycopg = pytest.importorskip("psycopg")


@pytest.fixture
def schema(postgres):
    """A schema of its own, and how to read from it."""
    with psycopg.connect(address(postgres).url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS winback_lists CASCADE")
        connection.execute("CREATE SCHEMA winback_lists")
        yield lambda table="t": connection.execute(
            f"SELECT list_id, customer_id, rank, as_of, uplift FROM winback_lists.{table}"
            " ORDER BY list_id, customer_id"
        ).fetchall()


def rows(list_id, n):
    return pd.DataFrame(
        {
            "list_id": list_id,
            "customer_id": [f"=1;\t\\N'{i:03}" for i in range(n)],
            "rank": [None, *range(1, n)],
            "as_of": pd.Timestamp("2024-01-31"),
            "uplift": 1 / 3,
        }
    )


def put(postgres, list_id, n, job="shop", **over):
    arguments = {"url": postgres, "table": "t", "schema": "winback_lists"} | over
    edition = Edition(job, date(2024, 1, 31), list_id)
    return write_table(rows(list_id, n), WIN_BACK, edition, **arguments)


def test_a_list_is_replaced_whole(postgres, schema):
    assert put(postgres, "a", 3) == 3
    put(postgres, "b", 2, job="other")
    before = schema()
    put(postgres, "a", 3)
    assert schema() == before == schema("t_current")
    assert before[0] == ("a", "=1;\t\\N'000", None, date(2024, 1, 31), 1 / 3)
    put(postgres, "a", 1)
    assert [row[0] for row in schema()] == ["a", "b", "b"]


def test_a_second_list_of_a_job_and_date_takes_the_place_of_the_first(postgres, schema):
    put(postgres, "a", 3)
    put(postgres, "b", 2)
    assert [row[0] for row in schema("t_current")] == ["b", "b"]
    assert len(schema()) == 5
    put(postgres, "a", 1)
    assert [row[0] for row in schema("t_current")] == ["a"]


def test_jobs_that_write_at_once_take_turns(postgres, schema):
    threads = [threading.Thread(target=put, args=(postgres, "a", 50)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(schema()) == 50


def test_errors_say_what_is_wrong_and_no_password(postgres, schema):
    secret = address(postgres).secrets
    with psycopg.connect(address(postgres).url, autocommit=True) as connection:
        connection.execute("CREATE TABLE winback_lists.t (list_id text, other int)")
    with pytest.raises(OutputError, match="other columns"):
        put(postgres, "a", 1)
    wrong = postgres.replace("bot:", "nobody:", 1)
    for url, schema_name in ((wrong, "winback_lists"), (postgres, "nowhere")):
        with pytest.raises(OutputError, match="cannot be written") as error:
            put(url, "a", 1, schema=schema_name)
        assert not any(text in str(error.value) for text in secret)


def test_customers_are_deleted_from_every_list_and_a_table_that_is_not_there_holds_nobody(
    postgres, schema
):
    for day, list_id in ((date(2024, 1, 31), "a"), (date(2024, 2, 29), "b")):
        frame = rows(list_id, 4).assign(as_of=pd.Timestamp(day))
        edition = Edition("shop", day, list_id)
        write_table(frame, WIN_BACK, edition, url=postgres, table="t", schema="winback_lists")
    gone = [row[1] for row in schema()][:2]
    tables = ["t", "not_there"]
    done = take_out_of_tables(tables, gone, url=postgres, schema="winback_lists")
    assert done == {"t": 4}
    assert len(schema()) == 4
    assert not {row[1] for row in schema()} & set(gone)
    assert take_out_of_tables(tables, gone, url=postgres, schema="winback_lists") == {"t": 0}
