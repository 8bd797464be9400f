"""What is bought next, beside the scores: by customer, and missing where nothing is said."""

import pandas as pd
import pytest

from winback.evaluation.next_order import NextOrder
from winback.workflows.coming_orders import with_next_order

SCORES = pd.DataFrame(
    {"customer_id": ["a", "b"], "as_of": "2024-01-31", "p_repurchase": [0.5, 0.2]}, index=[3, 1]
)


def test_what_comes_next_is_joined_by_customer():
    named = pd.DataFrame(
        {"next_category": ["x", "y"], "chance": [0.4, 0.8]},
        index=pd.Index(["b", "a"], name="customer_id"),
    )
    due = pd.Series({"a": 2.4, "b": float("nan")})
    rows = with_next_order(SCORES, NextOrder(named, due))
    assert rows.index.tolist() == [3, 1]
    assert rows["next_category"].tolist() == ["y", "x"]
    assert rows["p_next_category"].tolist() == pytest.approx([0.4, 0.08])
    assert rows["next_order_due"].tolist() == [pd.Timestamp("2024-02-02"), pd.NaT]


def test_where_nothing_is_said_the_columns_are_empty():
    rows = with_next_order(SCORES, NextOrder())
    assert rows[["next_category", "p_next_category", "next_order_due"]].isna().all().all()


def test_the_manifest_of_a_job_tells_how_well_it_was_foretold(shop):
    noted = shop.read("manifest.json")["next_order"]
    assert "category" not in noted  # nothing says what was bought
    assert noted["due"]["customers"] > 100
    assert [said["code"] for said in noted["messages"]] == ["next.no_due"]
    assert not noted["due"]["better"]
    listed = shop.read("churn_warning.parquet")
    assert listed[["next_category", "next_order_due"]].isna().all().all()
    told = [said["code"] for said in shop.read("manifest.json")["win_back"]["messages"]]
    assert told[-1] == "next.no_due"
