"""What must hold of the chance of a category, whatever was bought."""

from datetime import date, timedelta

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winback.evaluation.category_chances import CategoryModel, likeliest
from winback.features.bought_categories import category_chances

AS_OF = date(2024, 3, 31)
few = settings(max_examples=15, deadline=None)
orders = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(0, 60), st.sampled_from("uvwxyz")),
    min_size=1,
    max_size=40,
    unique=True,
)
models = st.builds(
    CategoryModel,
    st.sampled_from([0.5, 4.0, 16.0]),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([0.0, 1.0]),
    st.floats(0.1, 3.0),
)


def bought(rows, names=None):
    names = names or {}
    return ibis.memtable(
        pa.table(
            {
                "customer_id": [who for who, _, _ in rows],
                "day": [AS_OF - timedelta(days=ago) for _, ago, _ in rows],
                "category": [names.get(what, what) for _, _, what in rows],
                "amount": [1.0] * len(rows),
            }
        )
    )


def named(rows, model, names=None):
    found = likeliest(model, category_chances(bought(rows, names), AS_OF, 90))
    frame = found.to_pyarrow().to_pandas().sort_values("customer_id")
    return frame.set_index("customer_id")


@few
@given(orders, models)
def test_everybody_is_named_one_category_with_a_chance(rows, model):
    found = named(rows, model)
    assert sorted(found.index) == sorted({who for who, _, _ in rows})
    assert found["chance"].between(0, 1).all()


@few
@given(orders, models)
def test_neither_the_order_of_rows_nor_the_names_of_categories_matter(rows, model):
    found = named(rows, model)
    pd.testing.assert_frame_equal(named(rows[::-1], model), found)
    names = {what: f"category {what}" for what in "uvwxyz"}  # the same alphabet
    renamed = named(rows, model, names)
    assert renamed["chance"].tolist() == pytest.approx(found["chance"].tolist())
    assert renamed["category"].tolist() == [names[what] for what in found["category"]]


@few
@given(orders)
def test_counts_add_up(rows):
    pairs = category_chances(bought(rows), AS_OF, 90).to_pyarrow().to_pandas()
    assert (pairs["with_it"] <= pairs["orders"]).all()
    assert (pairs["in_last"] <= pairs["with_it"]).all()
    assert pairs["popular"].between(0, 1).all()
    assert pairs["follows"].between(0, 1).all()
    assert pairs["with_it"].sum() == len(rows)
    assert not pairs.duplicated(["customer_id", "category"]).any()
