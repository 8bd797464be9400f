import json

import numpy as np
import pandas as pd
import pytest

from winback.lists.warning_summary import summarise_warnings


def listed(n=4, **over):
    table = {
        "severity": ["red", "yellow"] * (n // 2),
        "value_at_risk": 5.0,
        "value_at_risk_low": 1.0,
        "value_at_risk_high": 12.5,
    } | over
    return pd.DataFrame(table, index=range(n))


def summarise(rows, **over):
    arguments = {"capacity": 9, "threshold": {"meaning": "x"}, "left_out": {}} | over
    return summarise_warnings(rows, rows, **arguments)


def test_chances_cancel_out_in_a_sum_and_the_level_does_not():
    alone = summarise(listed(100))["value_at_risk"]
    # each half interval is 5.75, and of 100 independent ones 57.5
    assert alone["all"] == {"expected": 500.0, "low": 442.5, "high": 557.5}
    assert alone["red"]["high"] - 250 == pytest.approx(5.75 * 50**0.5, abs=0.01)
    shared = summarise(listed(100), level_spread=0.2)["value_at_risk"]["all"]
    assert shared["low"] < 500 * np.exp(-1.2816 * 0.2)
    assert shared["high"] > 500 * np.exp(1.2816 * 0.2)
    many = summarise(listed(10_000), level_spread=0.2)["value_at_risk"]["all"]
    assert many["high"] / many["expected"] == pytest.approx(np.exp(1.2816 * 0.2), rel=1e-3)
    assert "80% interval 442.50 to 557.50" in str(summarise(listed(100))["messages"][0])


def test_everything_is_counted_and_plain():
    summary = summarise_warnings(
        listed(), listed(2), capacity={"red": 1, "yellow": 1}, threshold={"meaning": "x"},
        left_out={"opted out": 1, "global holdout": 2, "nobody": 0}, defaults=["capacity = 200"],
        currency="GBP",
    )  # fmt: skip
    assert summary["at_risk"] == {"red": 2, "orange": 0, "yellow": 2}
    assert summary["listed"] == {"red": 1, "orange": 0, "yellow": 1}
    counted = {name: value for name, value in summary.items() if name != "messages"}
    assert json.loads(json.dumps(counted)) == counted
    assert [str(message) for message in summary["messages"][1:]] == [
        "warned from: x",
        "1 customer is not warned about: opted out",
        "2 customers are not warned about: global holdout",
        "left at their defaults: capacity = 200",
    ]
    assert "of 4 customers at risk (the capacity)" in str(summary["messages"][0])


def test_without_amounts_or_rows():
    bare = listed(value_at_risk=np.nan)
    assert summarise(bare)["value_at_risk"] is None
    assert str(summarise(bare)["messages"][0]) == "4 churn warnings: 2 red, 0 orange, 2 yellow"
    assert summarise(listed().head(0))["listed"] == {"red": 0, "orange": 0, "yellow": 0}
