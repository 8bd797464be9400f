import json

import numpy as np
import pandas as pd
import pytest

from winback.lists.warning_summary import summarise_warnings


def listed(n=4, p=0.5, m=10.0, s=0.0, **over):
    half = 1.2816 * s
    table = {
        "severity": ["red", "yellow"] * (n // 2),
        "p_churn": p,
        "value_at_risk": p * m,
        "value_at_risk_low": p * (m - half),
        "value_at_risk_high": p * (m + half),
    } | over
    return pd.DataFrame(table, index=range(n))


def summarise(rows, **over):
    arguments = {"capacity": 9, "threshold": {"meaning": "x"}, "left_out": {}} | over
    return summarise_warnings(rows, rows, **arguments)


def test_the_sum_has_the_spread_of_what_may_be_lost():
    # four coins of 10 each, with their own spread of 3: sd of one is sqrt(.5 (9 + 100) - 25)
    total = summarise(listed(s=3.0))["value_at_risk"]["all"]
    half = 1.2816 * np.sqrt(4 * (0.5 * 109 - 25))
    assert total == pytest.approx({"expected": 20, "low": 20 - half, "high": 20 + half}, abs=0.01)
    # certain churn of a certain margin: no spread at all
    assert summarise(listed(p=1.0))["value_at_risk"]["all"] == {
        "expected": 40.0,
        "low": 40.0,
        "high": 40.0,
    }


def test_simulated_losses_lie_in_the_interval_as_often_as_it_says():
    rng = np.random.default_rng(1)
    rows = listed(n=200, p=rng.uniform(0.3, 0.9, 200), m=rng.gamma(2, 20, 200), s=8.0)
    mean = (rows["value_at_risk"] / rows["p_churn"]).to_numpy()
    leaves = rng.random((2000, 200)) < rows["p_churn"].to_numpy()
    lost = (leaves * rng.normal(mean, 8.0, (2000, 200))).sum(axis=1)
    total = summarise(rows)["value_at_risk"]["all"]
    assert np.mean((lost >= total["low"]) & (lost <= total["high"])) == pytest.approx(0.8, abs=0.03)


def test_everything_is_counted_and_plain():
    told = summarise_warnings(
        listed(), listed(2), capacity={"red": 1, "yellow": 1}, threshold={"meaning": "x"},
        left_out={"opted out": 1, "global holdout": 2, "nobody": 0}, defaults=["capacity = 200"],
        currency="GBP",
    )  # fmt: skip
    assert told["at_risk"] == {"red": 2, "orange": 0, "yellow": 2}
    assert told["listed"] == {"red": 1, "orange": 0, "yellow": 1}
    assert json.loads(json.dumps(told)) == told
    assert told["sentences"][1:] == [
        "warned from: x",
        "1 customer is never warned about: opted out",
        "2 customers are never warned about: global holdout",
        "left at their defaults: capacity = 200",
    ]
    assert "of 4 customers at risk (the capacity)" in told["sentences"][0]


def test_without_amounts_or_rows():
    bare = listed(value_at_risk=np.nan)
    assert summarise(bare)["value_at_risk"] is None
    assert summarise(bare)["sentences"][0] == "4 churn warnings: 2 red, 0 orange, 2 yellow"
    assert summarise(listed().head(0))["listed"] == {"red": 0, "orange": 0, "yellow": 0}
