"""The chance of each category in the next order: fitted to windows, judged on another."""

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from winback.errors import NotEnoughDataError
from winback.evaluation.category_chances import (
    CategoryModel,
    fit_category_model,
    judge_category_model,
    labelled,
    likeliest,
)


def window(n, habit, seed=0, orders=6):
    """People of three categories, who order their favourite with a probability of `habit`."""
    rng = np.random.default_rng(seed)

    def drawn(size):
        other = rng.integers(3, size=(n, size))
        return np.where(rng.random((n, size)) < habit, favourite[:, None], other)

    favourite = rng.integers(3, size=n)
    past, following = drawn(orders), drawn(1)[:, 0]
    rows = [
        {
            "customer_id": f"c{i:05}",
            "category": "xyz"[what],
            "orders": float(orders),
            "with_it": float((past[i] == what).sum()),
            "in_last": float(past[i, -1] == what),
            "last_amount": float(past[i, -1] == what),
            "popular": (0.34, 0.33, 0.33)[what],
            "follows": 0.0,
            "bought": float(following[i] == what),
        }
        for i in range(n)
        for what in range(3)
    ]
    return ibis.memtable(pa.Table.from_pandas(pd.DataFrame(rows), preserve_index=False))


def test_a_chance_is_ones_own_share_and_what_is_popular_or_follows_as_weighed():
    pairs = {"orders": [3.0, 3.0], "with_it": [2.0, 0.0], "in_last": [1.0, 0.0]}
    pairs |= {"popular": [0.5, 0.25], "follows": [0.0, 1.0]}
    model = CategoryModel(prior_orders=2.0, following=0.25, last_order=1.0)
    said = model.chance(ibis.memtable(pa.table(pairs))).to_pyarrow().to_pylist()
    own, others = (2 + 1, 0), (0.75 * 0.5, 0.75 * 0.25 + 0.25)
    assert said == pytest.approx(
        [(o + 2 * e) / (3 + 1 + 2) for o, e in zip(own, others, strict=True)]
    )


def test_a_habit_is_found_foretold_and_its_chance_is_right():
    model = fit_category_model([window(600, 0.7, 1), window(600, 0.7, 2)])
    assert model.scale == pytest.approx(1.0, abs=0.1)
    found = judge_category_model(model, window(2000, 0.7, 3))
    assert found.better
    assert found.customers == 2000
    assert found.hits["model"] == pytest.approx(found.said, abs=0.08)
    assert found.said < found.hits["model"]  # never surer than the evidence
    assert found.hits["model"] > found.hits["last"] + 0.05 > found.hits["favourite"]
    assert found.message.code == "next.category"


def test_where_nothing_tells_nothing_is_said():
    model = fit_category_model([window(600, 0.0, 1)])
    found = judge_category_model(model, window(2000, 0.0, 2))
    assert not found.better
    assert found.message.code == "next.no_category"
    assert found.said == pytest.approx(1 / 3, abs=0.03)


def test_a_few_customers_are_no_evidence():
    found = judge_category_model(CategoryModel(1.0, 0.0, 0.0), window(99, 1.0))
    assert found.hits["model"] == 1.0
    assert not found.better
    assert found.message.code == "next.few"
    nobody = judge_category_model(CategoryModel(1.0, 0.0, 0.0), window(9, 1.0).limit(0))
    assert nobody.customers == 0
    with pytest.raises(NotEnoughDataError):
        fit_category_model([window(9, 1.0).limit(0)])


def test_only_who_ordered_is_labelled_and_everybody_is_named_one_category():
    pairs = window(50, 0.7).drop("bought")
    happened = ibis.memtable(
        pa.table({"customer_id": ["c00000", "c00001"], "category": ["x", "unheard of"]})
    )
    rows = labelled(pairs, happened).to_pyarrow().to_pandas()
    assert set(rows["customer_id"]) == {"c00000", "c00001"}
    held = rows[rows["bought"] == 1]
    assert list(zip(held["customer_id"], held["category"], strict=True)) == [("c00000", "x")]
    named = likeliest(CategoryModel(1.0, 0.0, 0.0), pairs).to_pyarrow().to_pandas()
    assert named["customer_id"].is_unique
    assert len(named) == 50
