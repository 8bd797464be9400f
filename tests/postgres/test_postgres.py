"""Transactions from a real PostgreSQL server, by batches, and errors without secrets."""

import datetime as dt
import math

import pytest

from winback.config.loaded import load_job
from winback.data import streams
from winback.data.address import address
from winback.data.connect import open_engine, read_source
from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.errors import DataError
from winback.workflows.init import init

psycopg = pytest.importorskip("psycopg")


@pytest.fixture(scope="module")
def shop(postgres):
    """A server with a table of every type that shops keep purchases in."""
    with psycopg.connect(address(postgres).url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS winback_test CASCADE")
        connection.execute("CREATE SCHEMA winback_test")
        connection.execute("""
            CREATE TABLE winback_test.orders AS
            SELECT n AS id, (n % 40000)::bigint AS customer,
                   timestamptz '2024-01-01 20:00:00+00' + n * interval '1 second' AS paid_at,
                   (n % 100)::numeric(12, 2) + 0.01 AS total, 'EUR'::char(3) AS money,
                   'web'::varchar AS channel
            FROM generate_series(1, 200000) AS n""")
        connection.execute("CREATE SEQUENCE winback_test.counter")
        connection.execute("CREATE TYPE winback_test.kind AS ENUM ('sale', 'refund')")
        connection.execute("""
            CREATE TABLE winback_test.odd (who text, day date, at timestamp, n int, x real,
                                           yes boolean, id uuid, kind winback_test.kind,
                                           price numeric, code numeric(10), note char(4))""")
        connection.execute("""
            INSERT INTO winback_test.odd VALUES
            ('ann', '2024-01-02', '2024-01-02 10:00:00.123456', 1, 1.5, true,
             'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'refund', 12.5, 123, 'x'),
            (NULL, 'infinity', '-infinity', NULL, 'nan', NULL, NULL, NULL, NULL, NULL, NULL)""")
    return postgres


def test_a_table_is_read_like_a_file(shop):
    read = read_transactions(
        shop,
        table="winback_test.orders",
        columns={
            "customer_id": "customer",
            "timestamp": "paid_at",
            "amount": "total",
            "currency": "money",
        },
        filter="id <= 150000",
        policy=IntakePolicy(timezone="Asia/Shanghai", currency="EUR"),
        as_of=dt.date(2024, 1, 2),
    )
    # 2024-01-01 20:00:00+00 is 04:00 on the 2nd in Shanghai: 72,000 seconds of that day are left
    counts = read.counts
    assert (counts.rows_in, counts.filtered_out) == (200_000, 50_000)
    assert (counts.accepted, counts.after_as_of) == (71_999, 78_001)
    assert counts.first_day == counts.last_day == dt.date(2024, 1, 2)
    assert read.table.channel.nunique().to_pyarrow().as_py() == 1
    total = read.table.amount.sum().to_pyarrow().as_py()
    assert total == pytest.approx(sum(n % 100 + 0.01 for n in range(1, 72_000)))


def test_a_query(shop):
    read = read_transactions(
        shop,
        query="SELECT customer AS customer_id, max(paid_at) AS timestamp, sum(total) AS amount"
        " FROM winback_test.orders GROUP BY customer",
    )
    assert (read.counts.accepted, read.counts.customers) == (40_000, 40_000)


def test_types_and_nulls_arrive_as_they_are(shop):
    rows = read_source(open_engine(), shop, query="SELECT * FROM winback_test.odd ORDER BY n")
    first, second = rows.order_by("source_row").to_pyarrow().to_pylist()
    assert first["day"] == dt.date(2024, 1, 2)
    assert first["at"] == dt.datetime(2024, 1, 2, 10, 0, 0, 123456)  # noqa: DTZ001
    assert (first["who"], first["n"], first["x"], first["yes"]) == ("ann", 1, 1.5, True)
    assert str(first["id"]) == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
    assert (first["kind"], first["price"], first["code"]) == ("refund", 12.5, 123)
    assert math.isnan(second.pop("x"))
    del second["source_row"]
    assert set(second.values()) == {None}


def test_nothing_is_written(shop):
    with pytest.raises(DataError, match="read-only"):
        read_source(open_engine(), shop, query="SELECT nextval('winback_test.counter')")


def test_rows_arrive_by_batches(shop, monkeypatch):
    fetched = []
    fetchmany = psycopg.ServerCursor.fetchmany

    def spy(cursor, size=0):
        rows = fetchmany(cursor, size)
        fetched.append(len(rows))
        return rows

    monkeypatch.setattr(psycopg.ServerCursor, "fetchmany", spy)
    rows = read_source(open_engine(), shop, query="SELECT id FROM winback_test.orders")
    monkeypatch.undo()
    assert rows.count().to_pyarrow().as_py() == 200_000
    assert sum(fetched) == 200_000
    assert max(fetched) <= streams.BATCH_ROWS < 200_000


def wrong_password(url):
    return {"source": url.replace("w@rd", "w@rong")}, "password authentication failed"


def wrong_port(url):
    head, _, _ = url.rpartition(":")
    return {"source": f"{head}:9/postgres"}, "[Rr]efused"


def no_database(url):
    return {"source": url.rpartition("/")[0] + "/nowhere"}, '"nowhere" does not exist'


def no_table(url):
    return {"source": url, "table": "winback_test.order"}, "no such table .*did you mean orders"


def bad_query(url):
    return {"source": url, "table": None, "query": "SELECT nothing"}, "cannot be read .*nothing"


def breaks_midway(url):
    query = "SELECT 1 / (n - 150000) AS x FROM generate_series(1, 200000) AS n"
    return {"source": url, "table": None, "query": query}, "division by zero"


@pytest.mark.parametrize(
    "case", [wrong_password, wrong_port, no_database, no_table, bad_query, breaks_midway]
)
def test_an_error_is_one_line_without_the_password(shop, case):
    options, words = case(shop)
    with pytest.raises(DataError, match=words) as caught:
        read_source(open_engine(), **{"table": "winback_test.orders", **options})
    shown = str(caught.value)
    assert "\n" not in shown
    assert "s3cr3t" not in shown
    assert "127.0.0.1" in shown


@pytest.mark.parametrize("kind", ["numeric(20, 0)", "numeric", "numeric(38, 2)"])
def test_long_keys_are_told_apart(shop, kind):
    query = f"""SELECT (12345678901234567890 + n)::{kind} AS customer_id,
        date '2024-01-01' AS timestamp, 5 AS amount FROM generate_series(0, 2) AS n"""
    read = read_transactions(shop, query=query)
    expected = [str(12345678901234567890 + n) for n in range(3)]
    assert sorted(read.table.customer_id.to_pyarrow().to_pylist()) == expected


def test_bytes_are_no_identifiers(shop):
    query = r"SELECT '\x01'::bytea AS customer_id, date '2024-01-01' AS timestamp, 5 AS amount"
    with pytest.raises(DataError, match="holds no identifiers"):
        read_transactions(shop, query=query)


def test_a_time_after_9999_is_a_row_and_no_stop(shop):
    query = """SELECT n AS customer_id, 5 AS amount, CASE n WHEN 0
        THEN timestamp '12000-01-01' ELSE timestamp '2024-01-01' END AS timestamp
        FROM generate_series(0, 2) AS n"""
    read = read_transactions(shop, query=query, policy=IntakePolicy(max_rejected_share=1.0))
    assert (read.counts.accepted, dict(read.counts.rejected)) == (2, {"no time": 1})


def test_a_query_is_one_statement(shop):
    sly = "SELECT 1 AS x) AS s; ROLLBACK; SET default_transaction_read_only = off;"
    sly += " DROP TABLE winback_test.odd; SELECT * FROM (SELECT 1 AS x"
    with pytest.raises(DataError, match="multiple commands"):
        read_source(open_engine(), shop, query=sly)
    read_source(open_engine(), shop, table="winback_test.odd")  # still there


def test_a_first_look_joins_the_tables_of_a_schema(shop, tmp_path, monkeypatch):
    monkeypatch.delenv("WINBACK_DATABASE", raising=False)
    with psycopg.connect(address(shop).url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS winback_shop CASCADE")
        connection.execute("CREATE SCHEMA winback_shop")
        connection.execute("""
            CREATE TABLE winback_shop."Orders" AS SELECT n AS id, 'k' || n % 7 AS customer_no,
                date '2024-01-01' + n % 28 AS order_date FROM generate_series(1, 40) AS n;
            CREATE TABLE winback_shop.lines AS SELECT n / 2 AS order_id, 2 AS quantity,
                (n + 0.5)::numeric(12, 2) AS unit_price FROM generate_series(2, 81) AS n;
            CREATE TABLE winback_shop.people AS SELECT 'k' || n AS customer_no,
                n > 0 AS opt_out FROM generate_series(0, 6) AS n""")
    begun = init(shop, tmp_path / "job.yaml", schema="winback_shop")
    assert "80 of 80 rows of lines find one" in " ".join(map(str, begun.notes))
    monkeypatch.setenv("WINBACK_DATABASE", shop)
    settings = load_job(tmp_path / "job.yaml").job.data
    bought = settings.transactions
    read = read_transactions(shop, query=bought.query, columns=bought.columns)
    assert (read.counts.accepted, read.counts.customers) == (80, 7)
    total = read.table.amount.sum().to_pyarrow().as_py()
    assert total == sum(2 * (n + 0.5) for n in range(2, 82))
    assert settings.customers.columns == {"customer_id": "customer_no", "opt_out": "opt_out"}
