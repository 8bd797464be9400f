"""What orders held by category, and what speaks for each category at a day."""

from datetime import date

import ibis
import pyarrow as pa
import pytest

from winback.features.bought_categories import (
    bought_categories,
    category_chances,
    category_column,
    next_categories,
)

JAN, FEB, MAR, APR = (date(2024, month, 1) for month in (1, 2, 3, 4))


def table(**columns):
    return ibis.memtable(pa.table(columns))


def rows_of(found):
    return found.to_pyarrow().to_pylist()


@pytest.fixture
def bought():
    """`a` bought x, then x and y, then y; `b` y, then z; `c` z only, long ago."""
    what = [
        *[("a", JAN, "x", 5.0), ("a", FEB, "x", 2.0), ("a", FEB, "y", 8.0), ("a", MAR, "y", 3.0)],
        *[("b", JAN, "y", 4.0), ("b", MAR, "z", 4.0), ("c", JAN, "z", 1.0)],
    ]
    names = ("customer_id", "day", "category", "amount")
    return table(**dict(zip(names, map(list, zip(*what, strict=True)), strict=True)))


def test_the_category_is_taken_before_the_product_and_nothing_where_there_is_neither():
    both = ibis.table({"product_id": "string", "category": "string"}, name="both")
    assert category_column(both) == "category"
    assert category_column(both.drop("category")) == "product_id"
    assert category_column(ibis.table({"amount": "float64"}, name="neither")) is None


def test_refunds_unnamed_rows_and_days_that_are_no_orders_are_left_out():
    rows = table(
        customer_id=["a"] * 5,
        day=[JAN, JAN, JAN, JAN, FEB],
        amount=[5.0, -5.0, 3.0, 2.0, 9.0],
        category=["x", "x", None, "", "y"],
    )
    orders = table(customer_id=["a"], day=[JAN])
    assert rows_of(bought_categories(rows, orders, "category")) == [
        {"customer_id": "a", "day": JAN, "category": "x", "amount": 5.0}
    ]


def test_what_speaks_for_a_category_is_counted_by_hand(bought):
    pairs = {
        (row["customer_id"], row["category"]): row
        for row in rows_of(category_chances(bought, MAR, days=59))
    }
    assert set(pairs) == {(who, what) for who in "abc" for what in "xyz"}
    own = pairs["a", "y"]
    assert (own["orders"], own["with_it"], own["in_last"], own["last_amount"]) == (3, 2, 1, 3)
    assert (pairs["a", "x"]["in_last"], pairs["a", "x"]["last_amount"]) == (0, 0)
    # after January 2nd: three orders, of which x is in one, y in two, z in one
    assert pairs["c", "y"]["popular"] == pytest.approx(2 / 3)
    assert pairs["c", "y"]["with_it"] == 0
    # orders with y that another followed: a's of February (y next) and b's of January (z next)
    assert pairs["a", "y"]["follows"] == pytest.approx((1 + 5 * 2 / 3) / (2 + 5))
    assert pairs["a", "z"]["follows"] == pytest.approx((1 + 5 / 3) / (2 + 5))
    assert pairs["c", "x"]["follows"] == 0  # nothing has followed z


def test_the_first_order_after_the_day_is_the_next(bought):
    assert {tuple(row.values()) for row in rows_of(next_categories(bought, JAN))} == {
        ("a", "x"),
        ("a", "y"),
        ("b", "z"),
    }
    assert rows_of(next_categories(bought, APR)) == []
