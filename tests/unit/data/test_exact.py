"""Identifiers arrive as they are, and what would be silently another thing is refused."""

import datetime as dt
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from winback.data.connect import load, open_engine, read_source
from winback.data.identity import CustomerIds
from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.errors import DataError

DAY = dt.date(2024, 1, 1)
KEY = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
LONG = [12345678901234567890 + n for n in range(3)]  # one float


def customers(ids, **options):
    table = pa.table(
        {"customer_id": ids, "timestamp": [DAY] * len(ids), "amount": [5.0] * len(ids)}
    )
    policy = IntakePolicy(max_rejected_share=1.0)
    table = read_transactions(table, policy=policy, **options).table
    return sorted(table.customer_id.to_pyarrow().to_pylist())


@pytest.mark.parametrize(
    "kind", [pa.decimal128(20, 0), pa.decimal128(38, 9), pa.string(), pa.uint64()]
)
def test_long_numbers_are_told_apart(kind):
    values = [Decimal(n) for n in LONG] if pa.types.is_decimal(kind) else LONG
    values = list(map(str, LONG)) if kind == pa.string() else values
    assert customers(pa.array(values, kind)) == list(map(str, LONG))


@pytest.mark.parametrize(
    ("kind", "cells", "expected"),
    [
        ("HUGEINT", LONG, list(map(str, LONG))),
        ("UUID", [KEY], [KEY]),
        ("ENUM('k1', 'k2')", ["k1", "k2"], ["k1", "k2"]),
    ],
)  # fmt: skip
def test_types_of_a_database_are_text(tmp_path, kind, cells, expected):
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as shop:
        shop.execute(f"CREATE TABLE o (customer_id {kind}, timestamp DATE, amount DOUBLE)")
        shop.executemany("INSERT INTO o VALUES (?, '2024-01-01', 5)", [[cell] for cell in cells])
    read = read_transactions(f"duckdb:///{path}", table="o").table
    assert sorted(read.customer_id.to_pyarrow().to_pylist()) == expected


@pytest.mark.parametrize(
    "cells", [pa.array([b"\x01\x02"]), pa.array([["a"]]), pa.array([{"id": 1}])]
)
def test_bytes_and_lists_are_no_identifiers(cells):
    with pytest.raises(DataError, match=r"holds no identifiers \(at customer_id\)"):
        customers(cells)


@pytest.mark.parametrize("normalise", [True, False])
def test_what_nobody_sees_is_no_customer(normalise):
    ids = ["a", "\x00", "\u2800", "\u3164", "\u2003", " \u200b"]
    table = pa.table({"customer_id": ids, "timestamp": [DAY] * 6, "amount": [5.0] * 6})
    policy = IntakePolicy(max_rejected_share=1.0, ids=CustomerIds(normalise=normalise))
    counts = read_transactions(table, policy=policy).counts
    assert (counts.customers, counts.rejected) == (1, {"no customer": 5})


def test_a_column_called_rowid_is_one_of_the_source(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("rowid,customer_id\n9,a\n7,b\n", encoding="utf-8")
    rows = read_source(open_engine(threads=1), str(path)).order_by("source_row").to_pyarrow()
    assert rows.to_pylist() == [
        {"source_row": 1, "rowid": "9", "customer_id": "a"},
        {"source_row": 2, "rowid": "7", "customer_id": "b"},
    ]


def test_rows_keep_their_numbers_around_a_bad_line_beside_a_column_called_rowid(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("rowid,customer_id\n90,a\n91,b,more,and,more\n92,c\n", encoding="utf-8")
    engine = open_engine(threads=1)
    rows = engine.table(load(engine, str(path)).name).to_pyarrow().to_pylist()
    assert {row["source_row"]: row["rowid"] for row in rows} == {1: "90", 3: "92"}


def test_a_name_that_looks_like_a_pattern_is_a_name(tmp_path):
    folder = tmp_path / "a[1]?"
    folder.mkdir()
    for name, who in {
        "orders[1].csv": "right",
        "orders1.csv": "wrong",
        "orders?.csv": "odd",
    }.items():
        (folder / name).write_text(f"customer_id\n{who}\n", encoding="utf-8")
    for name, who in {"orders[1].csv": "right", "orders?.csv": "odd"}.items():
        rows = read_source(open_engine(threads=1), str(folder / name)).to_pyarrow()
        assert rows["customer_id"].to_pylist() == [who]


@pytest.mark.parametrize("amount", [1e32, 1e15, 4e-7, -4e-7])
def test_amounts_that_nobody_pays_are_rejected(amount):
    table = pa.table({"customer_id": ["a", "b"], "timestamp": [DAY] * 2, "amount": [5.0, amount]})
    counts = read_transactions(table, policy=IntakePolicy(max_rejected_share=1.0)).counts
    assert (counts.accepted, counts.rejected) == (1, {"impossible amount": 1})


@pytest.mark.parametrize(
    ("columns", "condition", "why"),
    [
        ({"amount": "unnest([amount, amount])"}, None, "several rows of one"),
        ({"amount": "(SELECT count(*) FROM read_text('/etc/hostname'))"}, None, "something else"),
        ({"amount": "(SELECT 1 FROM '/etc/hostname')"}, None, "something else"),
        (None, "code > '100'", "letter by letter"),
        (None, "code BETWEEN '5' AND '50'", "letter by letter"),
    ],
)
def test_expressions_of_anything_but_the_row_are_refused(columns, condition, why):
    orders = {"customer_id": ["a"], "timestamp": [DAY], "amount": [5.0], "code": ["7"]}
    with pytest.raises(DataError, match=why):
        read_transactions(pa.table(orders), columns=columns, filter=condition)
