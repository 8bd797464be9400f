import numpy as np
import pandas as pd
import pytest

from winback.reports.population import population


def shop(clv, **columns):
    n = len(clv)
    base = {
        "frequency": 0.0,
        "recency": 0.0,
        "T": 100.0,
        "expected_purchases": 1.0,
        "p_churn": 0.5,
        "tier": "only",
        "lifecycle_stage": "active",
    }
    return pd.DataFrame({"clv": clv, **{k: [v] * n for k, v in base.items()}} | columns)


def test_shares_and_gini_equal_a_plain_computation():
    rng = np.random.default_rng(0)
    clv = rng.lognormal(0, 1.5, 1234)
    result = population(shop(clv), has_amounts=True, active_within_days=None)
    ordered = np.sort(clv)[::-1]
    for row in result["concentration"]["top"]:
        assert row["n"] == int(np.ceil(1234 * row["percent"] / 100))
        assert row["value_share"] == pytest.approx(ordered[: row["n"]].sum() / clv.sum())
    differences = np.abs(clv[:, None] - clv[None, :]).mean() / (2 * clv.mean())
    assert result["concentration"]["gini"] == pytest.approx(differences)
    curve = result["concentration"]["curve"]
    assert curve[0] == 0
    assert curve[100] == pytest.approx(1)
    assert curve[50] == pytest.approx(ordered[:617].sum() / clv.sum())


def test_equal_customers_are_the_diagonal():
    result = population(shop(np.ones(1000)), has_amounts=True, active_within_days=None)
    assert result["concentration"]["gini"] == pytest.approx(0)
    assert result["concentration"]["curve"][25] == pytest.approx(0.25)


def test_the_last_active_day_counts_as_active():
    table = shop([1.0, 1.0, 1.0], recency=[10.0, 9.0, 0.0], T=[40.0, 40.0, 40.0])
    result = population(table, has_amounts=True, active_within_days=30)
    assert result["summary"]["active"] == 1
    assert result["risk"]["n_dormant"] == 2
    everybody = population(table, has_amounts=True, active_within_days=None)
    assert everybody["summary"]["active"] == 3


def test_without_amounts_value_is_purchases_and_nan_is_nothing():
    table = shop([np.nan] * 4, expected_purchases=[6.0, 2.0, np.nan, 0.0])
    result = population(table, has_amounts=False, active_within_days=None)
    assert result["summary"]["value"] == 8
    assert result["summary"]["value_is"] == "expected_purchases"
    assert result["concentration"]["top"][0]["value_share"] == 0.75
    assert result["tiers"][0]["value_share"] == 1


def test_certain_churn_falls_into_the_last_bin():
    table = shop([1.0] * 3, p_churn=[1.0, 0.0, np.nan])
    risk = population(table, has_amounts=True, active_within_days=None)["risk"]
    assert risk["active"][-1] == 1
    assert risk["active"][0] == 1
    assert risk["likely"] == 1
    assert sum(risk["active"]) == 2


def test_nobody(tmp_path):
    path = tmp_path / "scores.parquet"
    shop([1.0]).iloc[:0].to_parquet(path)
    result = population(path, has_amounts=True, active_within_days=365)
    assert result["summary"]["n"] == 0
    assert result["concentration"] is None
    assert result["risk"] is None
    assert result["tiers"] == []
