"""What acting on a score earns, and how far the base rate moves."""

import numpy as np
import pandas as pd
import pytest

from winback.economics import Economics
from winback.estimators.churn.churn_profit import contact_profit
from winback.evaluation.base_rate_drift import base_rate_drift

ONE_DAY = np.zeros(4, dtype=np.int64)


def test_nobody_is_contacted_at_a_loss():
    money = Economics(save_rate=0.1, contact_cost=5.0)
    p, y = np.array([0.9, 0.8, 0.2, 0.1]), np.array([1, 1, 1, 1])
    earned = contact_profit(p, y, np.array([100.0, 1.0, 1.0, 1.0]), ONE_DAY, money, depth=1.0)
    assert earned.tolist() == [5.0, 0.0, 0.0, 0.0]


def test_what_is_at_stake_counts_and_places_are_per_snapshot():
    money = Economics(save_rate=1.0)
    p, y = np.array([0.9, 0.5, 0.9, 0.5]), np.array([1, 1, 1, 1])
    value = np.array([1.0, 10.0, 10.0, 1.0])
    days = np.array([0, 0, 1, 1])
    assert contact_profit(p, y, value, days, money, depth=0.5).tolist() == [0.0, 10.0, 10.0, 0.0]


def test_equals_share_the_places():
    money = Economics(save_rate=1.0)
    earned = contact_profit(np.full(4, 0.5), np.array([1, 0, 1, 0]), np.ones(4), ONE_DAY, money)
    assert earned.tolist() == pytest.approx([0.1, 0.0, 0.1, 0.0])


def rates(values, n=10_000, every=30):
    days = pd.date_range("2024-01-01", periods=len(values), freq=f"{every}D").strftime("%Y-%m-%d")
    return pd.DataFrame({"snapshot": days, "n": n, "churn_rate": values})


def test_drift_is_what_sampling_does_not_explain():
    rng = np.random.default_rng(0)
    still = rng.binomial(500, 0.6, 200) / 500
    assert base_rate_drift(rates(still, n=500), np.empty(0), 90)["sd"] < 0.01
    moving = rng.binomial(500, rng.normal(0.6, 0.05, 200)) / 500
    drift = base_rate_drift(rates(moving, n=500), np.empty(0), 90)
    assert drift["sd"] == pytest.approx(0.05, rel=0.2)
    assert drift["notable"]
    assert drift["windows"] == 67  # every third of 30 days is free of overlap
    assert "points beyond sampling noise" in str(drift["message"])


def test_one_snapshot_says_that_nothing_is_known():
    drift = base_rate_drift(rates([0.6]), np.empty(0), 90)
    assert drift["sd"] is None
    assert drift["level_error"] is None
    assert "unknown" in str(drift["message"])
    missed = base_rate_drift(rates([0.6]), np.array([0.02, -0.05]), 90)
    assert missed["level_error"] == 0.05
    assert missed["notable"]


def test_who_has_gone_already_is_contacted_in_vain():
    money = Economics(save_rate=0.5, contact_cost=1.0, offer_cost=2.0)
    p, y, gone = np.full(4, 0.8), np.ones(4, dtype=np.int64), np.array([1.0, 0.5, 0.1, 0.0])
    earned = contact_profit(p, y, np.full(4, 100.0), ONE_DAY, money, keepable=gone, depth=1.0)
    assert earned.tolist() == pytest.approx([50 - 1 - 1, 25 - 1 - 0.5, 5 - 1 - 0.1, 0.0])
    first = contact_profit(p, y, np.full(4, 100.0), ONE_DAY, money, keepable=gone[::-1], depth=0.25)
    assert np.flatnonzero(first).tolist() == [3]  # the place goes to who can still be kept
