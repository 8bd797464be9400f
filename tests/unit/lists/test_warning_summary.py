import json

import numpy as np
import pandas as pd

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


def test_value_at_risk_adds_up_and_so_do_the_ends():
    summary = summarise(listed())
    assert summary["value_at_risk"]["all"] == {"expected": 20.0, "low": 4.0, "high": 50.0}
    assert summary["value_at_risk"]["red"] == {"expected": 10.0, "low": 2.0, "high": 25.0}
    assert "4.00 if all came out low, 50.00 if all high" in str(summary["messages"][0])


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
