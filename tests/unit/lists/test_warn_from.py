import numpy as np
import pandas as pd
import pytest

from winback.economics import Economics
from winback.errors import UsageError
from winback.lists.warn_from import WarnFrom

ROWS = pd.DataFrame({"p_churn": [0.8, 0.2], "value_keepable": [80.0, 20.0], "p_keepable": 1.0})
MONEY = Economics(save_rate=0.25, contact_cost=1, offer_cost=4)


def test_expected_profit_counts_those_who_would_have_bought_anyway():
    terms = WarnFrom(economics=MONEY)
    # saved .2 x 100; redeem .2 + .2, and .8 + .05
    assert terms.expected_profit(ROWS).tolist() == pytest.approx([20 - 1 - 1.6, 5 - 1 - 3.4])


@pytest.mark.parametrize(
    "wrong",
    [
        {"risk": 0.5, "profit": 1.0},
        {"risk": 0.0},
        {"risk": 1.2},
    ],
)
def test_what_is_no_threshold_is_refused(wrong):
    with pytest.raises(UsageError):
        WarnFrom(**wrong)


def test_an_offer_costs_those_to_whom_one_is_made():
    terms = WarnFrom(profit=1.0, economics=MONEY)
    both, neither = (
        terms.expected_profit(ROWS.assign(offer_cost=cost)) for cost in (MONEY.offer_cost, 0.0)
    )
    assert both.tolist() == terms.expected_profit(ROWS).tolist()
    assert neither.tolist() == pytest.approx((0.25 * ROWS["value_keepable"] - 1).tolist())


def test_profit_needs_amounts():
    with pytest.raises(UsageError, match="no amounts"):
        WarnFrom(profit=1.0).decide(ROWS.assign(value_keepable=np.nan))
    assert WarnFrom().decide(ROWS) == {}
    assert WarnFrom(risk=0.8).decide(ROWS)["warn"].tolist() == [True, False]
    assert WarnFrom(profit=1.0).decide(ROWS.head(0))["warn"].empty


@pytest.mark.parametrize("profit", [5.0, -5.0, 0.0])
def test_who_was_on_the_earlier_list_stays_a_tenth_below_the_profit(profit):
    bound = profit - 0.1 * abs(profit)  # below it, also where it is a loss
    values = np.array([profit, profit - 1e-6, bound + 1e-6, bound - 1e-6])
    rows = pd.DataFrame({"p_churn": 1.0, "value_keepable": values / 0.1, "p_keepable": 1.0})
    decided = WarnFrom(profit=profit, economics=Economics(save_rate=0.1)).decide(rows)
    assert decided["warn"].tolist() == [True, False, profit == 0, False]
    assert decided["keep"].tolist() == [True, profit != 0, True, False]


def test_it_speaks():
    assert str(WarnFrom().meaning) == (
        "P(churn) of 0.50 after a silence of 1.5 typical gaps or more, or P(churn) of 0.70 "
        "whatever the silence"
    )
    assert str(WarnFrom(risk=0.5).meaning) == "P(churn) of 0.50"
    assert str(WarnFrom(profit=5, economics=MONEY).meaning) == (
        "acting is expected to earn 5.00 or more, where a warning keeps 25% of those who are "
        "about to leave and have not gone already (assumed)"
    )


def test_it_is_told_as_data():
    assert WarnFrom(risk=0.5).summary()["by"] == "risk"
    assert WarnFrom().summary()["by"] == "table"
    assert WarnFrom(risk=0.5, measured={"lead_median": 9}).summary() == {
        "by": "days",
        "lead_median": 9,
    }
    summary = WarnFrom(profit=5, economics=MONEY).summary()
    assert [summary[name] for name in ("by", "profit", "save_rate", "offer_cost")] == [
        "profit", 5, 0.25, 4,
    ]  # fmt: skip
