import numpy as np
import pandas as pd
import pytest

from winback.errors import ModelError
from winback.estimators.purchase.purchase_rule import PurchaseRule
from winback.estimators.spend.spend_rule import SpendRule

FRAME = pd.DataFrame(
    {
        "frequency": [4.0, 0.0, 1.0, 2.0],
        "recency": [80.0, 0.0, 10.0, 30.0],
        "T": [100.0, 0.0, 50.0, 50.0],
        "monetary_value": [20.0, 0.0, 40.0, 0.0],
        "last_horizon_purchases": [3.0, 1.0, 0.0, 2.0],
    }
)


@pytest.mark.parametrize(
    ("rule", "expected", "new"),
    [
        (PurchaseRule("rate"), [2.0, 0.0, 1.0, 2.0], 1.75),
        (PurchaseRule("last_period", period=25), [6.0, 2.0, 0.0, 4.0], 1.75),
        (PurchaseRule("zero"), [0.0, 0.0, 0.0, 0.0], 0.0),
    ],
)
def test_purchase_rules_to_the_letter(rule, expected, new):
    rule.fit(FRAME)
    assert rule.expected_purchases(FRAME, 50).tolist() == expected
    assert rule.expected_purchases_new(50) == pytest.approx(new)
    assert (rule.p_alive(FRAME) == 1).all()
    buys = rule.p_purchase(FRAME, 50)
    assert buys.between(0, 1).all()
    assert ((buys > 0) == (np.array(expected) > 0)).all()
    # nobody ever leaves: a window is as likely now as later
    np.testing.assert_array_equal(rule.p_purchase_window(FRAME, 90, 50), buys)
    assert rule.discounted_purchases_new(50, rate=0.0) == pytest.approx(new)
    assert 0 <= rule.p_purchase_new(50) <= min(new, 1)


@pytest.mark.parametrize(
    ("rule", "expected"), [("own_mean", [20, 24, 40, 24]), ("pooled_mean", [24, 24, 24, 24])]
)
def test_spend_rules_to_the_letter(rule, expected):
    # the pooled mean is over repeat purchase days: (4 x 20 + 1 x 40) / 5
    assert SpendRule(rule).fit(FRAME).expected_spend(FRAME).tolist() == expected


def test_a_weight_counts_as_that_many_rows():
    weighted = FRAME.assign(weight=[3, 1, 1, 1])
    rows = FRAME.loc[[0, 0, 0, 1, 2, 3]]
    assert PurchaseRule().fit(weighted).rate_ == PurchaseRule().fit(rows).rate_
    by_weight, by_rows = SpendRule().fit(weighted), SpendRule().fit(rows)
    assert by_weight.mean_ == by_rows.mean_
    assert by_weight.shape_ == pytest.approx(by_rows.shape_)


def test_nobody_spends():
    nobody = FRAME.assign(monetary_value=0.0)
    assert (SpendRule("own_mean").fit(nobody).expected_spend(FRAME.head(2)) == [20.0, 0.0]).all()


@pytest.mark.parametrize(
    "rule", [PurchaseRule("rates"), PurchaseRule("last_period"), SpendRule("mean")]
)
def test_refusals(rule):
    with pytest.raises(ModelError):
        rule.fit(FRAME)
