from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from winback.data.simulate import ShopParameters, read_truth, simulate
from winback.errors import DataError

AS_OF, HORIZON = date(2025, 12, 31), 90


@pytest.fixture(scope="module")
def happened(shop):
    """Orders of each customer in the window: lines without refunds and bad rows."""
    rows = pd.read_parquet(shop.paths["transactions"]).dropna(subset="buyer")
    rows = rows[(rows["paid"] != "n/a") & ~rows["paid"].str.startswith("-")]
    day = rows["ordered_at"].dt.normalize()
    window = (day > pd.Timestamp(AS_OF)) & (day <= pd.Timestamp(AS_OF + timedelta(days=HORIZON)))
    return rows[window].groupby("buyer")["order_no"].nunique()


def test_expectations_are_what_happens_on_average(truth, happened):
    true = truth.at(AS_OF, HORIZON).set_index("customer_id")
    orders = happened.reindex(true.index, fill_value=0)
    returned = orders > 0
    expected, spread = (
        true["p_purchase"].sum(),
        (true["p_purchase"] * (1 - true["p_purchase"])).sum(),
    )
    assert abs(returned.sum() - expected) < 4 * spread**0.5
    # a count under dropout varies no more than a Poisson count
    assert abs(orders.sum() - true["expected_purchases"].sum()) < 4 * orders.sum() ** 0.5
    assert orders[true["p_alive"] == 0].sum() == 0
    assert 0.2 < true["p_alive"].mean() < 0.9
    # by tenth of the probability as well
    tenth = pd.qcut(true["p_purchase"].rank(method="first"), 10, labels=False)
    gap = (returned - true["p_purchase"]).groupby(tenth).mean()
    assert gap.abs().max() < 4 * 0.5 / (len(true) / 10) ** 0.5


def test_a_contact_is_worth_what_it_adds_less_what_it_costs(truth):
    free = truth.at(AS_OF, HORIZON, margin=0.5)
    paid = truth.at(AS_OF, HORIZON, margin=0.5, contact_cost=0.1, offer_cost=3.0)
    redeems = free["p_purchase"] + free["uplift"]
    np.testing.assert_allclose(
        free["incremental_margin"] - paid["incremental_margin"], 0.1 + 3.0 * redeems
    )
    assert redeems.between(0, 1).all()
    assert (free["uplift"] > 0.05).any()
    assert (free["uplift"] < -0.01).any()


def test_who_is_gone_and_who_complained_answers_less(truth):
    people = truth.customers
    true = truth.at(AS_OF, HORIZON).set_index("customer_id")
    by_id = people.set_index("customer_id").loc[true.index]
    gone = (true["p_alive"] == 0) & (by_id["uplift"] > 0)
    assert (true.loc[gone, "uplift"] <= by_id.loc[gone, "uplift"] / 2 + 1e-12).all()
    complained = pd.to_datetime(by_id["complained_at"]) <= pd.Timestamp(AS_OF)
    assert complained.sum() > 50
    assert true.loc[complained, "uplift"].mean() < true.loc[~complained, "uplift"].mean()


def test_without_dropout_everybody_is_alive(tmp_path):
    simulate(tmp_path, customers=50, seed=1, parameters=ShopParameters(dropout=False))
    true = read_truth(tmp_path).at(AS_OF, HORIZON)
    assert (true["p_alive"] == 1).all()
    np.testing.assert_allclose(true["p_purchase"], 1 - np.exp(-true["expected_purchases"]))


@pytest.mark.parametrize(("as_of", "days"), [(date(2022, 1, 1), 9), (date(2026, 6, 1), 90)])
def test_a_window_outside_the_shop_is_refused(truth, as_of, days):
    with pytest.raises(DataError, match="leaves the simulated days"):
        truth.at(as_of, days)


def test_the_description_gives_the_parameters_back(truth):
    assert truth.parameters == ShopParameters()
