from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.data.events import read_table
from winback.data.simulate.demand import make_level
from winback.data.simulate.exports import draw_events
from winback.data.simulate.orders import draw_orders
from winback.data.simulate.people import draw_people
from winback.data.simulate.shop_parameters import ShopParameters

COLUMNS = {"customer_id": "buyer", "timestamp": "at", "event": "what", "channel": "seen_on"}


@pytest.fixture(scope="module")
def events(shop):
    return pd.read_parquet(shop.paths["events"])


def test_visits_fade_before_a_customer_leaves_and_cease_after_it(truth, events):
    gone = truth.customers.dropna(subset="dropped_out_at").set_index("customer_id")
    gone = gone[pd.to_datetime(gone["dropped_out_at"]) < pd.Timestamp("2026-01-01")]
    gone = gone[
        pd.to_datetime(gone["acquired_at"])
        < pd.to_datetime(gone["dropped_out_at"]) - pd.Timedelta(days=90)
    ]
    visits = events[(events["what"] == "visit") & events["buyer"].isin(gone.index)]
    left = pd.to_datetime(gone.loc[visits["buyer"], "dropped_out_at"]).to_numpy()
    days = (visits["at"].to_numpy() - left) / pd.Timedelta(days=1)
    counts = pd.cut(pd.Series(days), [-90, -45, 0, 45, 90]).value_counts(sort=False).to_numpy()
    assert (counts[1:] < 0.75 * counts[:-1]).all()
    assert counts[0] > 500


def test_who_left_a_rounding_before_the_first_order_does_not_visit():
    truth, rng = ShopParameters(), np.random.default_rng(0)
    level = make_level(date(2023, 1, 1), 100, truth, rng)
    people = draw_people(0, 500, level, truth, rng)
    orders, _ = draw_orders(people, level, truth, rng)
    gone = np.nextafter(people.acquired, 0.0)
    events = draw_events(people, orders, gone, level=level, parameters=truth, rng=rng).to_pandas()
    visits = events[events["what"] == "visit"].set_index("buyer")["at"]
    acquired = pd.Series(level.timestamps(people.acquired), people.ids)
    assert (visits.sort_index() >= acquired.loc[visits.sort_index().index]).all()


def test_complaints_drive_customers_away(truth):
    people = truth.customers
    complained = people["complained_at"].notna() & (people["orders"] > 1)
    others = people["complained_at"].isna() & (people["orders"] > 1)
    gone = people["dropped_out_at"].notna()
    assert complained.sum() > 100
    assert gone[complained].mean() > gone[others].mean() + 0.05


def test_most_complaints_are_resolved_and_afterwards(events):
    counts = events["what"].value_counts()
    assert 0.6 < counts["complaint_resolved"] / counts["complaint"] < 0.8
    assert counts["share"] > 100


def test_referrers_were_there_before(shop, truth):
    people = pd.read_parquet(shop.paths["customers"])
    referred = people.dropna(subset="invited_by")
    assert set(referred["won_by"]) == {"referral"}
    with_referrer = referred[referred["invited_by"] != "unknown"]
    assert 0 < len(referred) - len(with_referrer) < 0.1 * len(referred)
    joined = people.set_index("buyer")["joined"]
    assert (
        joined[with_referrer["invited_by"]].to_numpy() <= with_referrer["joined"].to_numpy()
    ).all()
    assert (joined.dt.date.to_numpy() == truth.customers["acquired_at"].to_numpy()).all()


def test_the_tables_keep_the_contracts(shop):
    read = read_table("events", str(shop.paths["events"]), columns=COLUMNS)
    assert (read.rows_in, dict(read.reasons)) == (shop.counts["events"], {})
    people = read_table(
        "customers",
        str(shop.paths["customers"]),
        columns={
            "customer_id": "buyer",
            "opt_out": "no_ads",
            "contactable_channels": "reachable_by",
        },
    )
    opted_out = people.table.opt_out.mean().to_pyarrow().as_py()
    assert 0.04 < opted_out < 0.08
