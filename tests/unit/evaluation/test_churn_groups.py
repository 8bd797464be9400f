"""Churn by kinds of customers, and the profit of acting on it."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.economics import Economics
from winback.evaluation.backtest import BacktestSettings, judge
from winback.evaluation.churn_forward import ChurnSettings
from winback.evaluation.churn_groups import group_records, order_groups, profit_records
from winback.evaluation.forward import ForwardTest
from winback.evaluation.past import Past
from winback.evaluation.windows import Window
from winback.messages import as_records

WINDOW = Window(date(2024, 1, 1), date(2024, 3, 1))


@pytest.fixture(scope="module")
def made():
    """A score that ranks repeat customers and knows nothing about the others."""
    rng = np.random.default_rng(0)
    n = 6000
    frequency = pd.Series(np.where(rng.random(n) < 0.5, 0.0, rng.integers(1, 15, n)))
    p = rng.uniform(0.1, 0.9, n)
    y = (rng.random(n) < np.where(frequency == 0, 0.7, p)).astype(float)
    predictions = {
        "score": pd.DataFrame({"predicted": p}),
        "flat": pd.DataFrame({"predicted": np.full(n, 0.5)}),
    }
    customers = pd.Series([f"c{i:04}" for i in range(n)])
    return frequency, ForwardTest(WINDOW, "churn", customers, y, predictions)


def test_groups_are_measured_apart_and_little_knowledge_is_said(made):
    frequency, test = made
    records = group_records(test, WINDOW, order_groups(frequency), chosen="score")
    table = pd.DataFrame(records).set_index(["grouping", "group", "model"])
    one = (frequency == 0).to_numpy()
    p = test.predicted()["score"]
    first = table.loc["repeat", "one order", "score"]
    assert first["n"] == one.sum()
    assert first["churn_rate"] == test.actual[one].mean()
    assert first["auc"] == pytest.approx(roc_auc_score(test.actual[one], p[one]))
    assert first["auc_low"] < 0.5 < first["auc_high"]
    assert f"customers with one order ({one.sum():,}) the score knows little" in str(first["note"])
    repeat = table.loc["repeat", "repeat", "score"]
    assert pd.isna(repeat["note"])
    assert repeat["auc_low"] < repeat["auc"] < repeat["auc_high"]
    assert list(dict.fromkeys(table.loc["orders"].index.get_level_values("group"))) == [
        "1",
        "2",
        "3-4",
        "5-9",
        "10+",
    ]
    assert table.loc["orders"].xs("score", level="model")["n"].sum() == 6000
    assert table.xs("flat", level="model")["note"].isna().all()  # said of the chosen model only


def test_a_group_of_one_kind_and_a_group_of_nobody(made):
    _, test = made
    part = test.among(pd.Index(test.customers[:40]))
    kinds = pd.Series(np.where(part.actual == 1, "gone", None))
    records = group_records(part, WINDOW, {"kind": kinds}, chosen="score")
    assert {r["group"] for r in records} == {"gone"}
    assert records[0]["auc"] is None
    assert "all left" in str(records[0]["note"])
    json.dumps(as_records(records), allow_nan=False)


def test_the_profit_curve_adds_up(made):
    _, test = made
    money = Economics(margin=0.5, save_rate=0.2, contact_cost=1.0, offer_cost=2.0)
    records = profit_records(test, WINDOW, money, value=100.0, chosen="score", steps=10)
    assert [r["depth"] for r in records if r["chosen"]] == [k / 10 for k in range(1, 11)]
    last = next(r for r in records if r["chosen"] and r["depth"] == 1.0)
    expected = money.of_warning(test.actual, 100.0 * test.actual).sum()
    assert last["profit"] == pytest.approx(expected)
    assert last["churners"] == last["keepable"] == test.actual.sum()
    kept = np.linspace(0.0, 1.0, len(test.actual))
    records = profit_records(test, WINDOW, money, value=100.0, chosen="score", keepable=kept)
    last = next(r for r in records if r["chosen"] and r["depth"] == 1.0)
    at_risk = 100.0 * kept * test.actual
    assert last["profit"] == pytest.approx(
        money.of_warning(test.actual, at_risk, keepable=kept).sum()
    )
    assert last["churners"] == test.actual.sum()
    assert last["keepable"] == pytest.approx((kept * test.actual).sum())
    json.dumps(as_records(records), allow_nan=False)


def test_a_backtest_carries_groups_tiers_and_profit():
    shop = read_transactions("sample:cdnow-tenth", engine=open_engine())
    ids = shop.table.select("customer_id").distinct().to_pyarrow().to_pandas()["customer_id"]
    tiers = pd.Series(np.where(ids.str[-1] < "5", "core", "rest"), ids)
    recipe = {
        "estimator": "ChurnModel",
        "params": {"candidates": ("base_rate", "beta_geo"), "margin": 0.3, "contact_cost": 0.1},
    }
    window = Window(date(1997, 12, 31), date(1998, 3, 31))
    settings = BacktestSettings(churn=ChurnSettings(None), churn_recipe=recipe, n_replicates=20)
    result = judge(Past(shop, window.until), window, settings, targets=("churn",), tiers=tiers)
    groups = pd.DataFrame(result.groups)
    assert set(groups["grouping"]) == {"repeat", "orders", "tier"}
    assert set(groups.query("grouping == 'tier'")["group"]) == {"core", "rest"}
    everybody = {r["model"]: r["n"] for r in result.records}
    for grouping in ("repeat", "orders", "tier"):
        of = groups[groups["grouping"] == grouping].groupby("model")["n"].sum()
        assert of.to_dict() == everybody
    assert groups.query("chosen and group == 'one order'")["churn_rate"].item() > 0.8
    assert {r["margin"] for r in result.profit} == {0.3}
    assert {r["model"] for r in result.profit} == {"base_rate", "beta_geo"}
    assert all(0 < r["keepable"] <= r["churners"] for r in result.profit)
    assert all(r["keepable"] < r["churners"] for r in result.profit if r["depth"] == 1.0)
    json.dumps(as_records([result.groups, result.profit]), allow_nan=False)
