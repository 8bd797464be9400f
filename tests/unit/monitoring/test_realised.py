"""What was promised against what came: only what is over, each customer counted once."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from winback.monitoring.realised import realised

NIGHT = date(2024, 1, 1)
N = 600


@pytest.fixture(scope="module")
def promised():
    """Return a night whose risks hold, and what came of it."""
    chance = np.random.default_rng(3)
    risk = chance.uniform(0.05, 0.95, N)
    kept = pd.DataFrame(
        {
            "customer_id": [f"c{i:03}" for i in range(N)],
            "as_of": NIGHT,
            "p_churn": np.where(np.arange(N) < 500, risk, np.nan),
            "expected_purchases": 2 * (1 - risk),
            "value_version": 1,
            "churn_version": 2,
            "gap_days": 0,
            "churn_horizon_days": 30,
            "value_horizon_days": 90,
        }
    )
    bought = chance.uniform(size=N) > risk
    came = kept.loc[bought, ["as_of", "customer_id"]].assign(purchases=1.0)
    targets = [came.assign(target=target) for target in ("churn", "purchases")]
    return kept, pd.concat(targets), bought


def of(table, metric):
    return table.set_index("metric").loc[metric]


def test_only_windows_that_are_over_count(promised):
    kept, came, _ = promised
    assert realised(kept, came, today=NIGHT + timedelta(days=29)).empty
    month = realised(kept, came, today=NIGHT + timedelta(days=30))
    assert set(month["target"]) == {"churn"}
    quarter = realised(kept, came, today=NIGHT + timedelta(days=90))
    assert set(zip(quarter["role"], quarter["version"], strict=True)) == {
        ("churn", 2),
        ("value", 1),
    }


def test_figures_are_those_of_what_came(promised):
    kept, came, bought = promised
    table = realised(kept, came, today=NIGHT + timedelta(days=90))
    auc, bias = of(table, "auc"), of(table, "bias")
    expected = roc_auc_score(~bought[:500], kept["p_churn"][:500])  # the dormant are not judged
    assert auc["value"] == pytest.approx(expected)
    assert auc["low"] < expected < auc["high"]
    assert auc["high"] - auc["low"] == pytest.approx(4 * 0.018, abs=0.02)  # Hanley and McNeil 1982
    assert bias["value"] == pytest.approx(kept["expected_purchases"].sum() / bought.sum())
    assert (auc["customers"], auc["nights"], auc["first"]) == (500, 1, NIGHT)


def test_nights_with_one_outcome_are_not_so_many_proofs(promised):
    kept, came, _ = promised
    days = [NIGHT + timedelta(days=day) for day in (0, 7, 14)]
    many = [pd.concat(frame.assign(as_of=day) for day in days) for frame in (kept, came)]
    today = days[-1] + timedelta(days=90)
    one = of(realised(kept, came, today=today), "auc")
    three = of(realised(*many, today=today), "auc")
    assert three["nights"] == 3
    assert three["value"] == pytest.approx(one["value"])
    width = one["high"] - one["low"]
    assert three["high"] - three["low"] == pytest.approx(width, rel=0.01)
