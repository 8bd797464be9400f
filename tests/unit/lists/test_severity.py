from datetime import date

import pandas as pd
import pytest

from winback.errors import DataError, UsageError
from winback.lists.severity import LEVELS, Thresholds, severity

AS_OF = date(2011, 12, 9)


def test_the_rule_table():
    risks, ratios = (0.49, 0.50, 0.69, 0.70, 0.84, 0.85, 1.0), (1.49, 1.5, 2.99, 3.0)
    table = [[LEVELS[Thresholds().level([p], [q])[0]] for q in ratios] for p in risks]
    low = ["none", "yellow", "yellow", "orange"]
    middle = ["yellow", "orange", "orange", "red"]
    high = ["orange", "red", "red", "red"]
    assert table == [["none"] * 4, low, low, middle, middle, high, high]


def test_no_known_rhythm_is_no_breach():
    assert Thresholds().level([0.9, 0.6], [None, float("nan")]).tolist() == [2, 0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"risk": (0.7, 0.5, 0.9)},
        {"risk": (0.5, 0.7)},
        {"risk": (0.5, 0.7, 1.1)},
        {"breach": (0.0, 2.0)},
        {"breach": (2.0, 2.0)},
    ],
)
def test_thresholds_that_make_no_scale_are_refused(wrong):
    with pytest.raises(UsageError, match="scale"):
        Thresholds(**wrong)


def before(colour, days_ago=7):
    return pd.DataFrame(
        {
            "customer_id": ["a"],
            "as_of": [pd.Timestamp(AS_OF) - pd.Timedelta(days=days_ago)],
            "severity": [colour],
            "days_at_severity": [14],
        }
    )


def now(risk, ratio, previous):
    scores = pd.DataFrame({"customer_id": ["a"], "p_churn": [risk], "overdue_ratio": [ratio]})
    return severity(scores, as_of=AS_OF, previous=previous).iloc[0]


@pytest.mark.parametrize(
    ("risk", "ratio", "colour"),
    [
        (0.78, 2.0, "red"),  # strictly orange, but above .9 x .85
        (0.76, 2.0, "orange"),  # clearly below: falls
        (0.72, 2.75, "red"),  # strictly orange, but above .9 x 3
        (0.40, 9.0, "none"),  # no risk, no colour
        (0.46, 3.5, "orange"),  # the eased table decides how far it falls
    ],
)
def test_a_colour_falls_only_when_clearly_below_its_thresholds(risk, ratio, colour):
    assert now(risk, ratio, before("red"))["severity"] == colour


def test_a_colour_rises_at_once_and_never_because_of_ease():
    assert now(0.9, 1.5, before("yellow"))["severity"] == "red"
    assert now(0.78, 2.0, before("yellow"))["severity"] == "orange"
    assert now(0.78, 2.0, None)["severity"] == "orange"


def test_days_at_a_severity_are_counted():
    assert now(0.9, 1.5, before("red", days_ago=7))["days_at_severity"] == 21
    assert now(0.9, 1.5, before("orange"))["days_at_severity"] == 0
    assert now(0.1, 1.5, before("orange"))["days_at_severity"] == 0


def test_an_earlier_list_must_be_earlier():
    with pytest.raises(UsageError, match="earlier date"):
        now(0.9, 1.5, before("red", days_ago=0))
    with pytest.raises(DataError, match="lack a column"):
        now(0.9, 1.5, before("red").drop(columns="severity"))
    assert now(0.9, 1.5, before("red").head(0))["severity"] == "red"
