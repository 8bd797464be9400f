"""Databases: read by table or query, and never a password in an error."""

import duckdb
import pytest

from winback.data.connect import open_engine, read_source
from winback.errors import ConfigError, DataError


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE orders AS SELECT 'c' || range AS who FROM range(3)")
        connection.execute("CREATE SCHEMA crm; CREATE VIEW crm.people AS SELECT 'x' AS who")
    return f"duckdb:///{path}"


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ({"table": "orders"}, ["c0", "c1", "c2"]),
        ({"table": "crm.people"}, ["x"]),
        ({"query": "SELECT who FROM orders WHERE who <> 'c1' ORDER BY who DESC"}, ["c2", "c0"]),
    ],
)
def test_a_duckdb_file_by_table_and_query(shop, what, expected):
    rows = read_source(open_engine(), shop, **what).order_by("source_row").to_pyarrow()
    assert rows["who"].to_pylist() == expected


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"table": "order"}, "no such table .*shop.duckdb.*got order. Next: did you mean orders"),
        ({"query": "SELECT nothing FROM orders"}, "cannot be read .*nothing"),
    ],
)
def test_a_table_or_query_that_the_database_refuses(shop, what, words):
    with pytest.raises(DataError, match=words):
        read_source(open_engine(), shop, **what)


@pytest.mark.parametrize("what", [{}, {"table": "a", "query": "b"}])
def test_exactly_one_of_table_and_query(shop, what):
    with pytest.raises(ConfigError, match="exactly one of table and query"):
        read_source(open_engine(), shop, **what)


def test_table_goes_with_a_url_only():
    with pytest.raises(ConfigError, match="go with a database URL"):
        read_source(open_engine(), "orders.csv", table="orders")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://bot:{}@127.0.0.1:9/shop",
        "postgresql://127.0.0.1:9/shop?user=bot&password={}",
        "postgresql://bot:{}@127.0.0.1:port/shop",
        "postgresql://bot:{}@[bad/shop",
        "postgresql://bot:{}",
        "duckdb://bot:{}@nowhere/file.db",
        "mysql://bot:{}@127.0.0.1/shop",
        "ftp://bot:{}@127.0.0.1/shop",
    ],
)
@pytest.mark.parametrize("password", ["s3cr3tword", "s3cr%40tword", "s3cr@tword:#?/1"])
def test_a_password_never_shows(url, password):
    with pytest.raises((ConfigError, DataError)) as caught:
        read_source(open_engine(), url.format(password), table="orders")
    shown = str(caught.value)
    assert "s3cr" not in shown
    assert "tword" not in shown
    assert "\n" not in shown
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_what_a_driver_says_is_cleaned(monkeypatch):
    def connect(url):
        message = f"cannot use {url} with s3cr@t or s3cr%40t"
        raise RuntimeError(message)

    monkeypatch.setattr("winback.data.postgres.connect", connect)
    with pytest.raises(
        DataError, match=r"cannot use postgresql://bot:\*\*\*@db/shop with"
    ) as caught:
        read_source(open_engine(), "postgresql://bot:s3cr%40t@db/shop", table="orders")
    assert "s3cr" not in str(caught.value)
