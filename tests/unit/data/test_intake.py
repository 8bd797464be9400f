"""Every row is accepted, or counted with its reason; what is after as_of has no effect."""

import datetime as dt
import math
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pytest

from winback.data.connect import open_engine
from winback.data.intake import fingerprint, read_transactions
from winback.data.policy import IntakePolicy
from winback.data.row_checks import TooManyRejectedError
from winback.errors import ConfigError, DataError

DAY = dt.date(2024, 3, 31)


def orders(**columns):
    return pa.table({"customer_id": ["a"], "timestamp": ["2024-01-01"], "amount": ["5"]} | columns)


def days(transactions):
    rows = transactions.table.order_by("timestamp", "amount").to_pyarrow().to_pylist()
    return [(row["day"], row["booked_on"], row["known_on"], row["amount"]) for row in rows]


def test_a_bad_cell_inside_an_expression_is_unparsable_and_shown():
    lines = pa.table(
        {
            "customer_id": ["a"] * 5,
            "at": ["1/2/2024", "1/2/2024", "1/2/2024", "soon", ""],
            "pieces": ["2", "x", "", "1", "1"],
            "price": [1.5] * 5,
        }
    )
    columns = {"timestamp": "strptime(at, '%d/%m/%Y')", "amount": "pieces * price"}
    read = read_transactions(lines, columns=columns, policy=IntakePolicy(max_rejected_share=1.0))
    rejected = read.rejected.order_by("source_row").to_pyarrow().to_pylist()
    assert [(row["reason"], row["timestamp"], row["amount"]) for row in rejected] == [
        ("unparsable amount", "2024-02-01 00:00:00", "x"),
        ("no amount", "2024-02-01 00:00:00", None),
        ("unparsable time", "soon", "1.5"),
        ("no time", None, "1.5"),
    ]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["$1,234.50", "$5.00"], [5, 1234.5]),
        (["USD 7", "-USD 1,000"], [-1000, 7]),
        (["12,50", "1.234,00"], [12.5, 1234]),
        (["1 234,50 €", "-3,00 €"], [-3, 1234.5]),
        (["1'234.50", "CHF 2.00"], [2, 1234.5]),
        (["¥1,200", "¥300"], [300, 1200]),
    ],
)
def test_amounts_as_people_write_them_are_read_as_they_stand(cells, values):
    source = pa.table(
        {"customer_id": ["a"] * 2, "timestamp": ["2024-01-01"] * 2, "Order Total": cells}
    )
    read = read_transactions(source, columns={"amount": "Order Total"})
    assert sorted(read.table.to_pyarrow()["amount"].to_pylist()) == values


def test_words_are_no_amounts_that_anything_reads():
    with pytest.raises(TooManyRejectedError, match="mend the source"):
        read_transactions(orders(amount=["5 pieces or so"]))


def test_each_broken_row_lands_in_rejected_with_its_reason_and_cells(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(
        "customer_id,timestamp,amount,currency,available_at\n"
        "a,2024-01-01,5,EUR,\n"
        ",2024-01-01,5,EUR,\n"
        "a,,5,EUR,\n"
        "a,someday,5,EUR,\n"
        "a,1066-10-14,5,EUR,\n"
        "a,2025-01-01,5,EUR,\n"
        "a,2024-01-01,,EUR,\n"
        "a,2024-01-01,five,EUR,\n"
        "a,2024-01-01,inf,EUR,\n"
        "a,2024-01-01,nan,EUR,\n"
        "a,2024-01-01,5,USD,\n"
        "a,2024-01-01,5,,\n"
        "a,2024-01-01,5,eur,then\n"
        "a,2024-01-01,5,EUR,\n"
        "a,2024-01-01,5\n"
        "b,2024-01-02,0,EUR,\n"
    )
    read = read_transactions(
        path,
        policy=IntakePolicy(
            currency="EUR", deduplicate=True, not_after=DAY, max_rejected_share=1.0
        ),
    )
    rejected = read.rejected.order_by("source_row").to_pyarrow().to_pylist()
    assert [(row["source_row"], row["reason"]) for row in rejected] == [
        (2, "no customer"),
        (3, "no time"),
        (4, "unparsable time"),
        (5, "time before 1900"),
        (6, "future time"),
        (7, "no amount"),
        (8, "unparsable amount"),
        (9, "amount not finite"),
        (10, "amount not finite"),
        (11, "wrong currency"),
        (12, "wrong currency"),
        (13, "unparsable available_at"),
        (14, "duplicate line"),
        (15, "unreadable line"),
    ]
    assert rejected[6] == {
        "source_row": 8,
        "reason": "unparsable amount",
        "customer_id": "a",
        "timestamp": "2024-01-01",
        "amount": "five",
    }
    counts = read.counts
    assert (counts.rows_in, counts.accepted, counts.zero_amounts) == (16, 1, 1)
    assert sum(counts.rejected.values()) == 14
    assert days(read) == [(dt.date(2024, 1, 1),) * 3 + (5.0,)]


def test_the_last_possible_day_is_possible_to_its_end():
    times = [f"{DAY} 23:59:59", f"{DAY + dt.timedelta(days=1)} 00:00:00"]
    source = orders(customer_id=["a", "b"], timestamp=times, amount=["5", "5"])
    read = read_transactions(source, policy=IntakePolicy(not_after=DAY, max_rejected_share=0.5))
    assert [row[0] for row in days(read)] == [DAY]
    assert dict(read.counts.rejected) == {"future time": 1}


def test_what_is_after_as_of_has_no_effect():
    earlier = orders(
        customer_id=["a", "b", "a"],
        timestamp=["2024-01-01", "2024-03-31 23:59:59", "2024-02-01"],
        amount=["5", "1", "x"],
    )
    later = orders(
        customer_id=["a", None, "c"] * 50,
        timestamp=["2024-04-01", "2024-04-02", "2031-01-01"] * 50,
        amount=["x", "1", "5"] * 50,
    )
    policy = IntakePolicy(not_after=dt.date(2024, 12, 31), max_rejected_share=0.34)
    alone = read_transactions(earlier, as_of=DAY, policy=policy)
    both = read_transactions(pa.concat_tables([later, earlier]), as_of=DAY, policy=policy)
    assert both.fingerprint == alone.fingerprint
    assert both.counts.after_as_of == 100
    assert both.counts.rejected == {"unparsable amount": 1, "future time": 50}
    assert (both.counts.accepted, both.counts.last_day) == (2, DAY)
    strict = replace(policy, max_rejected_share=0.3)
    with pytest.raises(TooManyRejectedError, match="1 of 3 rows"):
        read_transactions(pa.concat_tables([later, earlier]), as_of=DAY, policy=strict)


def test_a_row_that_became_known_after_as_of_is_not_known():
    rows = orders(
        customer_id=["a", "a"],
        timestamp=["2024-01-01", "2024-01-02"],
        amount=["1", "2"],
        available_at=["2024-02-01", "2024-05-01"],
    )
    read = read_transactions(rows, as_of=DAY)
    assert read.counts.after_as_of == 1
    first = dt.date(2024, 1, 1)
    assert days(read) == [(first, first, dt.date(2024, 2, 1), 1.0)]


def test_days_are_cut_in_the_time_zone():
    rows = orders(
        customer_id=["a", "a"],
        timestamp=["2024-01-01T20:00:00Z", "2024-01-01 20:00:00"],
        amount=["1", "2"],
    )
    read = read_transactions(rows, policy=IntakePolicy(timezone="Asia/Shanghai"))
    assert [(day, amount) for day, _, _, amount in days(read)] == [
        (dt.date(2024, 1, 1), 2.0),  # naive: local
        (dt.date(2024, 1, 2), 1.0),  # aware: converted
    ]
    with pytest.raises(ConfigError, match="no such time zone"):
        read_transactions(rows, policy=IntakePolicy(timezone="Mars/Phobos"))


def test_a_filter_sees_aware_timestamps_in_the_time_zone():
    rows = pd.DataFrame(
        {"customer_id": "a", "timestamp": pd.to_datetime(["2024-01-01T20:00Z"]), "amount": 1.0}
    )
    keep = "CAST(timestamp AS DATE) = DATE '2024-01-02'"
    assert (
        read_transactions(
            rows, filter=keep, policy=IntakePolicy(timezone="Asia/Shanghai")
        ).counts.accepted
        == 1
    )


def test_filter_and_expressions_run_on_the_sources_own_columns():
    rows = pa.table(
        {
            "customer_id": ["house 1", "house 1", "house 2"],
            "person": ["ann", "bob", "cy"],
            "when": ["2024-01-01", "2024-01-02", "2024-01-03"],
            "n": ["2", "3", "four"],
            "price": [1.5, 1.5, 1.5],
        }
    )
    read = read_transactions(
        rows,
        columns={
            "customer_id": "person",
            "order_id": "customer_id",  # the source's, not ours
            "timestamp": "when",
            "amount": "n * price",
        },
        filter="n <> 2",
        policy=IntakePolicy(max_rejected_share=0.5),
    )
    accepted = read.table.to_pyarrow().to_pylist()
    assert [(r["customer_id"], r["order_id"], r["amount"]) for r in accepted] == [
        ("bob", "house 1", 4.5)
    ]
    # neither a row that fails the filter nor one for which it is unknown passes
    assert read.counts.filtered_out == 2


@pytest.mark.parametrize(
    ("zero_amounts", "accepted", "dropped", "count_zero"),
    [(None, 1, 1, False), ("drop", 1, 1, False), ("keep", 2, 0, True)],
)
def test_zero_amounts(zero_amounts, accepted, dropped, count_zero):
    rows = orders(customer_id=["a", "b"], timestamp=["2024-01-01"] * 2, amount=["-0.0", "5"])
    read = read_transactions(rows, policy=IntakePolicy(zero_amounts=zero_amounts))
    assert (read.counts.accepted, read.counts.zero_amounts) == (accepted, dropped)
    assert read.count_zero is count_zero
    assert all(math.copysign(1, row[3]) == 1 for row in days(read))


def test_a_source_without_amounts():
    read = read_transactions(orders().drop(["amount"]), policy=IntakePolicy(zero_amounts="drop"))
    assert not read.has_amounts
    assert read.count_zero
    assert [row[3] for row in days(read)] == [0.0]


def test_several_currencies_need_a_word():
    rows = orders(
        customer_id=["a", "b", "c"],
        timestamp=["2024-01-01"] * 3,
        amount=["1", "2", "3"],
        currency=["EUR", "usd", "EUR "],
    )
    with pytest.raises(DataError, match=r"got EUR in 2 rows, USD in 1 row\. .*set currency: EUR"):
        read_transactions(rows)
    read = read_transactions(rows, policy=IntakePolicy(currency="eur", max_rejected_share=0.5))
    assert read.counts.rejected == {"wrong currency": 1}


def test_too_many_rejected_rows_stop_with_an_example_and_carry_the_rows():
    rows = orders(
        customer_id=["a"] * 3, timestamp=["2024-01-01", "soon", "now"], amount=["1", "2", "x"]
    )
    with pytest.raises(TooManyRejectedError) as caught:
        read_transactions(rows)
    assert str(caught.value).startswith(
        "2 of 3 rows break the contract, more than max_rejected_share allows (0.05): "
        "2 unparsable time (at the data frame): got for example row 2, unparsable time: "
        "customer_id 'a', timestamp 'soon', amount '2'."
    )
    assert caught.value.exit_code == 3
    assert caught.value.rejected.count().to_pyarrow().as_py() == 2


@pytest.mark.parametrize(
    ("rows", "options", "words"),
    [
        (orders().slice(0, 0), {}, "the source has no rows"),
        (orders(), {"as_of": dt.date(2023, 1, 1)}, "no rows are left .*1 after 2023-01-01"),
        (orders(), {"filter": "amount < 0"}, "no rows are left .*1 left out by filter"),
        (orders(amount=["0"]), {}, "no rows are left .*1 of amount zero"),
    ],
)
def test_nothing_left_is_refused(rows, options, words):
    with pytest.raises(DataError, match=words):
        read_transactions(rows, **options)


def test_lines_are_duplicates_only_if_every_column_repeats():
    rows = orders(
        customer_id=["a"] * 3,
        timestamp=["2024-01-01"] * 3,
        amount=["5"] * 3,
        note=["x", "y", "x"],
    )
    assert read_transactions(rows).counts.accepted == 3
    read = read_transactions(rows, policy=IntakePolicy(deduplicate=True, max_rejected_share=0.5))
    assert read.rejected.to_pyarrow()["source_row"].to_pylist() == [3]


def test_the_fingerprint_is_of_the_rows_and_nothing_else():
    rows = orders(
        customer_id=["a", "b", "b"],
        timestamp=["2024-01-01", "2024-01-02", "2024-01-02"],
        amount=["1", "2", "2"],
    )
    one = read_transactions(rows).fingerprint
    assert len(one) == 16
    assert read_transactions(rows.take([2, 0, 1])).fingerprint == one
    # a pair of equal rows counts, and so does every column
    assert read_transactions(rows.slice(0, 2)).fingerprint != one
    assert read_transactions(rows.append_column("channel", [["w"] * 3])).fingerprint != one
    for column, cells in {"amount": ["1", "2", "3"], "timestamp": ["2024-01-01 01:00"] * 3}.items():
        index = rows.column_names.index(column)
        assert read_transactions(rows.set_column(index, column, [cells])).fingerprint != one


def test_the_fingerprint_tells_cells_apart_and_the_engine_that_hashed_them():
    engine = open_engine(threads=1)

    def of(values, version=""):
        engine.con.execute(f"CREATE OR REPLACE TABLE t AS SELECT * FROM (VALUES {values}) v(a, b)")
        engine.con.execute(f"CREATE OR REPLACE MACRO version() AS '{version}'")
        return fingerprint(engine, "t")

    cells = ["('x', 'y')", "('y', 'x')", "('xy', '')", "('x', NULL)", "(NULL, 'x')", "('x', '')"]
    assert len({of(row) for row in cells}) == len(cells)
    assert of("('x', 'y'), ('a', 'b')") == of("('a', 'b'), ('x', 'y')")
    assert of("('x', 'y')", "2.0") != of("('x', 'y')", "2.1")


def test_the_engine_is_left_with_nothing_but_the_results():
    engine = open_engine(threads=1)
    read_transactions(orders(), engine=engine)
    assert len(engine.list_tables()) == 2  # accepted and rejected


@pytest.mark.slow
def test_online_retail(online_retail):
    """Cancellations, lines without a customer and zero prices, by configuration alone."""
    read = read_transactions(
        online_retail,
        columns={
            "customer_id": "CustomerID",
            "timestamp": "InvoiceDate",
            "amount": "Quantity * UnitPrice",
            "order_id": "InvoiceNo",
        },
        filter="CustomerID IS NOT NULL AND InvoiceNo NOT LIKE 'C%'",
        as_of=dt.date(2011, 12, 9),
    )
    counts = read.counts
    assert (counts.rows_in, counts.filtered_out, counts.zero_amounts) == (541_909, 143_985, 40)
    assert (counts.accepted, counts.customers) == (397_884, 4_338)


@pytest.mark.parametrize(
    ("column", "cells", "told"),
    [
        (
            "discount",
            ["12,50", "0.00", "10%", "-5.00", None, "no", "true", "0", "nan"],
            [True, False, True, True, False, False, True, False, False],
        ),
        ("discount", [0.0, 2.5, None, float("nan")], [False, True, False, False]),
        ("discount", [True, False, None], [True, False, False]),
        ("voucher", ["SPRING", "", None, "none"], [True, False, False, False]),
    ],
)
def test_a_discount_is_told_by_what_is_taken_off_or_by_a_voucher(column, cells, told):
    n = len(cells)
    amounts = [float(i + 1) for i in range(n)]
    source = orders(
        customer_id=["a"] * n, timestamp=["2024-01-01"] * n, amount=amounts, **{column: cells}
    )
    rows = read_transactions(source).table.order_by("amount").to_pyarrow().to_pandas()
    assert rows["discounted"].tolist() == told


def test_without_discounts_nothing_is_said_of_them():
    assert "discounted" not in read_transactions(orders()).table.columns
