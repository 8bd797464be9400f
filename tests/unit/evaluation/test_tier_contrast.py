"""Tiers that differ are told from those that do not, and nothing dull raises."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kruskal

from winback.evaluation.tier_contrast import differentiation_test, top_shares

NAMES = ["top", "middle", "low"]


def tiers(n=200):
    return pd.Series(np.repeat(NAMES, n))


def test_tiers_that_differ_are_said_to_and_by_how_much():
    rng = np.random.default_rng(0)
    spend = np.r_[rng.gamma(4, 30, 200), rng.gamma(2, 10, 200), rng.gamma(1, 2, 200)]
    result = differentiation_test(spend, tiers(), NAMES)
    statistic = kruskal(spend[:200], spend[200:400], spend[400:]).statistic
    assert result["statistic"] == pytest.approx(statistic)
    assert result["epsilon_squared"] == pytest.approx(statistic / 599)
    assert result["effect"] == "large"
    assert [(pair["upper"], pair["lower"]) for pair in result["pairs"]] == [
        ("top", "middle"),
        ("middle", "low"),
    ]
    assert all(pair["outspends"] > 0.8 and pair["p"] < 0.001 for pair in result["pairs"])
    assert "but not" not in str(result["message"])


def test_neighbours_that_do_not_differ_or_are_upside_down_are_named():
    rng = np.random.default_rng(1)
    same = rng.gamma(2, 10, 400)
    spend = np.r_[same, np.zeros(200)]
    assert "but not top and middle." in str(differentiation_test(spend, tiers(), NAMES)["message"])
    turned = np.r_[np.zeros(200), rng.gamma(2, 10, 200), np.zeros(200)]
    result = differentiation_test(turned, tiers(), NAMES)
    assert "but not top and middle" in str(result["message"])
    assert result["pairs"][0]["outspends"] == 0.0


def test_chance_alone_is_no_difference():
    refused = 0
    for seed in range(60):
        spend = np.random.default_rng(seed).gamma(0.3, 10, 600)
        result = differentiation_test(spend, tiers(), NAMES)
        refused += "do not differ" in str(result["message"])
    assert refused >= 52  # 57 expected at 5%


@pytest.mark.parametrize(
    ("spend", "tier"),
    [(np.zeros(6), NAMES * 2), (np.arange(6.0), ["low"] * 6), (np.array([3.0]), ["top"])],
)
def test_what_cannot_be_compared_says_so(spend, tier):
    result = differentiation_test(spend, pd.Series(tier), NAMES)
    assert str(result["message"]).startswith("Nothing to compare")
    assert result["p"] is None


def test_the_top_hold_their_share_and_few_customers_are_pointed_out():
    revenue = np.r_[np.full(20, 80.0), np.full(1980, 0.2)]
    result = top_shares(revenue)
    assert [row["customers"] for row in result["shares"]] == [20, 100, 200, 400]
    assert result["shares"][0]["share"] == pytest.approx(1600 / revenue.sum())
    assert result["caveat"] is None
    assert "the top 1% are 1 customer only" in str(top_shares(np.arange(30.0))["caveat"])
    returned = top_shares(np.array([10.0, -50.0, 0.0]))
    assert returned["shares"][-1]["share"] == 1.0
    assert top_shares(np.zeros(5))["shares"][0]["share"] is None
