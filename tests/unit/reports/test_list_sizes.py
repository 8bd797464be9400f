import pandas as pd

from winback.reports.list_sizes import churn_warning_size, win_back_size


def warnings(severity, value):
    return pd.DataFrame({"severity": severity, "value_at_risk": pd.Series(value, dtype=float)})


def test_every_severity_is_counted_also_at_zero():
    size = churn_warning_size(warnings(["red", "yellow", "red"], [5.0, 1.0, 2.0]))
    assert [(row["name"], row["n"], row["value_at_risk"]) for row in size["severities"]] == [
        ("red", 2, 7),
        ("orange", 0, 0),
        ("yellow", 1, 1),
    ]
    assert (size["n"], size["value_at_risk"]) == (3, 8)


def test_values_that_are_all_missing_are_no_value():
    size = churn_warning_size(warnings(["red"], [float("nan")]))
    assert size["value_at_risk"] is None
    assert size["severities"][1]["value_at_risk"] is None


def test_an_empty_list_is_a_list_and_no_list_is_none():
    assert churn_warning_size(warnings([], []))["n"] == 0
    assert churn_warning_size(None) is None
    assert win_back_size(None, None, {"budget": 1.0}) is None


def test_active_customers_are_not_part_of_the_funnel():
    one = pd.DataFrame({"customer_id": ["a"]})
    size = win_back_size(one, one.iloc[:0], {"excluded": {"not dormant": 90, "opted out": 2}})
    assert size["dormant"] == 3
    assert size["excluded"] == [{"reason": "opted out", "n": 2}]
    assert size["budget"] is None
