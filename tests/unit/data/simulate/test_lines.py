import datetime as dt

import pandas as pd
import pytest

from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy

COLUMNS = {
    "customer_id": "buyer",
    "timestamp": "ordered_at",
    "amount": "paid",
    "order_id": "order_no",
    "category": "department",
}


@pytest.fixture(scope="module")
def intake(shop):
    return read_transactions(
        str(shop.paths["transactions"]),
        columns=COLUMNS,
        policy=IntakePolicy(deduplicate=True, refunds="by_order", not_after=shop.last_day),
    )


def test_the_bad_rows_and_no_others_are_rejected_each_for_its_reason(shop, intake):
    names = {"future": "future time"}
    expected = {names.get(reason, reason): n for reason, n in shop.bad_rows.items()}
    assert dict(intake.counts.rejected) == expected
    assert min(expected.values()) > 10
    assert intake.counts.accepted == shop.counts["transactions"] - sum(expected.values())
    assert sum(expected.values()) < 0.03 * shop.counts["transactions"]  # the intake allows 5%
    assert intake.counts.customers == shop.counts["customers"]


def test_every_order_and_every_refund_is_there(shop, intake, truth):
    rows = intake.table.to_pyarrow().to_pandas()
    bought, back = rows[rows["amount"] > 0], rows[rows["amount"] < 0]
    orders = bought.groupby("customer_id")["order_id"].nunique()
    counted = truth.customers.set_index("customer_id")["orders"]
    pd.testing.assert_series_equal(orders, counted, check_names=False, check_index_type=False)
    paid = bought.groupby("order_id")["amount"].sum()
    given_back = -back.set_index("order_id")["amount"]
    assert len(given_back) > 200
    assert (given_back <= paid[given_back.index] + 1e-9).all()
    whole = (given_back - paid[given_back.index]).abs() < 1e-9
    assert 0.2 < whole.mean() < 0.4
    assert rows["timestamp"].dt.date.between(shop.first_day, shop.last_day).all()


def test_amounts_have_the_mean_that_is_true(intake, truth):
    rows = intake.table.to_pyarrow().to_pandas()
    paid = rows[rows["amount"] > 0].groupby(["customer_id", "order_id"])["amount"].sum()
    means = paid.groupby(level=0).mean()
    ratio = means / truth.customers.set_index("customer_id")["mean_spend"].loc[means.index]
    # an order varies by 1 / sqrt(p) of its mean
    assert abs(ratio.mean() - 1) < 4 / (6 * len(ratio)) ** 0.5
    assert rows["timestamp"].min() >= pd.Timestamp(dt.date(2023, 1, 1))
