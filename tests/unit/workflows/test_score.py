"""Scores with lifetime values and referrals, of a job with a table of customers."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from winback.data.intake import read_transactions
from winback.estimators.churn.churn_model import ChurnModel
from winback.estimators.tiers.value_tiers import ValueTiers
from winback.estimators.value.customer_value import CustomerValueModel
from winback.features.rfm import rfm_summary
from winback.roles import ROLES
from winback.workflows.score import score
from winback.workflows.tracking import Tracking

AS_OF = date(1998, 6, 30)
JOB = """\
name: shop
as_of: 1998-06-30
margin: 0.4
data:
  transactions: {source: orders.csv}
  customers: {source: customers.csv}
value: {purchase_model: beta_geo}
churn: {active_within_days: 180, snapshots: {count: 2}}
"""
LTV = ["ltv", "ltv_first_order", "ltv_repurchase", "referral_value", "residual_value"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory, workshop_in, cdnow_quarter):
    ids = sorted(cdnow_quarter["customer_id"].unique())[:400]
    orders = cdnow_quarter[cdnow_quarter["customer_id"].isin(ids)]
    chance = np.random.default_rng(5)
    brought_by = [ids[chance.integers(i)] if i and i % 3 else None for i in range(len(ids))]
    brought_by[3], brought_by[6], brought_by[9] = ids[3], "nobody", ids[10]
    brought_by[10] = ids[9]
    people = pd.DataFrame({"customer_id": ids, "referred_by": brought_by})
    folder = tmp_path_factory.mktemp("shop") / "shop"
    shop = workshop_in(folder, JOB, orders=orders, customers=people)
    shop.people, shop.orders = people, orders
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tracking, "champions", champions(orders))
        shop.do(score)
    return shop


def champions(orders):
    """Return quick models in the champions' places."""
    frame = rfm_summary(read_transactions(orders), as_of=AS_OF)
    value = CustomerValueModel(margin=0.4, n_draws=100).fit(frame)
    tiers = ValueTiers(random_state=0).fit(frame.assign(clv=value.predict(frame)["clv"]))
    churn = ChurnModel.from_purchase_model(value.purchase_model_, horizon_days=90)
    models = dict(zip(ROLES, (value, churn, tiers), strict=True))
    said = {"version": 1, "digest": "d", "run_id": "r"}
    return {
        role: SimpleNamespace(
            name=f"shop-{role}",
            estimator=model,
            input_columns=getattr(model, "input_columns_", []),
            **said,
        )
        for role, model in models.items()
    }


def test_scores_say_what_customers_brought_and_whom(shop):
    scores = shop.read("scores.parquet").set_index("customer_id")
    orders = shop.orders[pd.to_datetime(shop.orders["timestamp"]).dt.date <= AS_OF]
    spent = orders.groupby("customer_id")["amount"].sum()
    np.testing.assert_allclose(scores["ltv"], 0.4 * spent.loc[scores.index] + scores["clv"])
    assert not scores[LTV].isna().any().any()
    assert (scores["residual_value"] > scores["clv"]).mean() > 0.9
    worth, brought_by = scores["ltv"], shop.people.set_index("customer_id")["referred_by"]
    brought_by = brought_by[brought_by.index.isin(worth.index)]
    ids = list(shop.people["customer_id"])
    kept = brought_by[brought_by.isin(worth.index)].drop([ids[3], ids[9], ids[10]])
    value = worth.copy()  # with everybody below, who come later in the list
    for customer in reversed(kept.index.tolist()):
        value[kept[customer]] += 0.5 * value[customer]
    expected = 2 * (value - worth)  # the first generation counts in full
    np.testing.assert_allclose(scores["referral_value"], expected, atol=1e-4)
    counts = shop.read("manifest.json")["referrals"]
    assert (counts["self_referrals"], counts["in_cycles"]) == (1, 2)
    assert counts["links"] == len(kept)
    assert (
        counts["referred"]
        == brought_by.notna().sum()
        == len(kept) + 3 + counts["unknown_referrers"]
    )


def test_another_decay_is_no_reason_to_train_again(shop, tmp_path):
    again = shop.copy_to(tmp_path / "again")
    with shop.work() as work:
        before = work.tables.training_key
    text = again.yaml.read_text()
    again.yaml.write_text(text.replace("beta_geo}", "beta_geo, referral_decay: 1}"))
    with again.work() as work:
        assert work.job.value.referral_decay == 1
        assert work.tables.training_key == before


def test_without_referrers_nothing_is_said_of_them(shop, tmp_path, monkeypatch):
    alone = shop.copy_to(tmp_path / "alone")
    alone.yaml.write_text(
        alone.yaml.read_text().replace("  customers: {source: customers.csv}\n", "")
    )
    monkeypatch.setattr(Tracking, "champions", champions(shop.orders))
    alone.do(score)
    scores = alone.read("scores.parquet")
    assert scores.pop("referral_value").isna().all()
    assert scores.pop("discount_share").isna().all()  # purchases say nothing of discounts
    assert not scores.isna().any().any()
    assert "referrals" not in alone.read("manifest.json")


def test_referrers_and_purchases_to_come_change_nothing(shop, tmp_path, monkeypatch):
    later = shop.copy_to(tmp_path / "later")
    orders = pd.read_csv(later.folder / "orders.csv", dtype=str)
    people = pd.read_csv(later.folder / "customers.csv", dtype=str)
    referrer = people["customer_id"][0]
    new = [f"new{i}" for i in range(5)]
    rows = pd.DataFrame(
        {"customer_id": [*new, referrer], "timestamp": "1998-07-01", "amount": "999"}
    )
    pd.concat([orders, rows]).to_csv(later.folder / "orders.csv", index=False)
    brought = pd.DataFrame({"customer_id": new, "referred_by": referrer})
    pd.concat([people, brought]).to_csv(later.folder / "customers.csv", index=False)
    monkeypatch.setattr(Tracking, "champions", champions(shop.orders))
    later.do(score)
    pd.testing.assert_frame_equal(later.read("scores.parquet"), shop.read("scores.parquet"))
    assert later.read("tracking.json") == shop.read("tracking.json")
    counts = [place.read("manifest.json")["referrals"] for place in (shop, later)]
    assert counts[0] == counts[1]


def test_customers_are_added_up(shop):
    scores, tracking = shop.read("scores.parquet"), shop.read("tracking.json")
    forecast, cohorts = pd.DataFrame(tracking["forecast"]), pd.DataFrame(tracking["cohorts"])
    assert len(forecast) == 365
    total = scores["expected_purchases"].sum()
    assert forecast["cumulative"].iloc[-1] == pytest.approx(total, rel=1e-6)
    assert forecast["expected"].sum() == pytest.approx(total, rel=1e-6)
    assert (
        forecast["cumulative"]
        .between(forecast["cumulative_low"], forecast["cumulative_high"])
        .all()
    )
    assert cohorts["customers"].sum() == len(scores)
    for column, of in (("ltv", "ltv"), ("expected", "clv"), ("residual", "residual_value")):
        assert cohorts[column].sum() == pytest.approx(scores[of].sum())
    born = pd.to_datetime(scores["as_of"]) - pd.to_timedelta(scores["T"], unit="D")
    months = born.dt.strftime("%Y-%m-01").value_counts()
    assert cohorts.set_index("cohort")["customers"].to_dict() == months.to_dict()
    past = pd.DataFrame(tracking["past"])
    days = shop.orders[shop.orders["amount"] > 0].copy()
    days["day"] = pd.to_datetime(days["timestamp"]).dt.strftime("%Y-%m-%d")
    days = days.groupby(["customer_id", "day"]).first().reset_index()
    days = days[days.duplicated("customer_id")]  # all but the first
    counted = past.set_index("day")["actual"]
    counts = days["day"].value_counts().reindex(counted.index, fill_value=0)
    assert counted.to_dict() == counts.to_dict()
    assert past["held_out"].any()
    assert not past["held_out"].all()
