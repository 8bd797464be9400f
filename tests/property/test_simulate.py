"""Whatever the shop: nothing happens outside its days, before a customer or after the dropout."""

import tempfile
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from winback.data.simulate import ShopParameters, read_truth, simulate


@settings(max_examples=25, deadline=None)
@given(
    customers=st.integers(1, 60),
    seed=st.integers(0, 2**63),
    days=st.integers(30, 900),
    switches=st.fixed_dictionaries(dict.fromkeys(("season", "drift", "dropout"), st.booleans())),
)
def test_a_shop_makes_sense(customers, seed, days, switches):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shop = simulate(
            folder, customers=customers, seed=seed, days=days, parameters=ShopParameters(**switches)
        )
        truth = read_truth(folder)
        tables = {name: pd.read_parquet(shop.paths[name]) for name in shop.counts}
    assert {name: len(table) for name, table in tables.items()} == shop.counts
    assert shop.counts["customers"] == shop.counts["truth"] == customers
    first, last = pd.Timestamp(shop.first_day), pd.Timestamp(shop.last_day)
    people = tables["customers"].set_index("buyer")
    lines = tables["transactions"].dropna(subset="buyer")
    lines = lines[lines["ordered_at"].dt.year.between(1900, 2098) & (lines["paid"] != "n/a")]
    times = {"transactions": lines["ordered_at"], "events": tables["events"]["at"]}
    for when in [*times.values(), tables["contacts"]["sent_at"], people["joined"]]:
        assert when.dt.normalize().between(first, last).all()
    joined = people.loc[tables["events"]["buyer"], "joined"].to_numpy()
    assert (tables["events"]["at"] >= joined).all()
    # the first order is the day of joining
    orders = lines[~lines["paid"].str.startswith("-")]
    assert (orders.groupby("buyer")["ordered_at"].min() == people["joined"]).all()
    # after the dropout there are only orders that a campaign brought
    people = truth.customers.set_index("customer_id")
    gone = pd.to_datetime(people.loc[orders["buyer"], "dropped_out_at"]).to_numpy()
    after = orders.loc[orders["ordered_at"].dt.normalize().to_numpy() > gone, "buyer"]
    treated = tables["contacts"].loc[tables["contacts"]["test_group"] == "treated", "buyer"]
    assert after.isin(treated).all()
    assert switches["dropout"] or people["dropped_out_at"].isna().all()
    assert (truth.level.daily > 0).all()
