import numpy as np
import pandas as pd
import pytest

from winback.economics import Economics
from winback.lists.contact_options import case_of, what_would_have_to_hold


def customers(**columns):
    return pd.DataFrame(columns)


def test_the_formula_by_hand():
    case = case_of(
        Economics(contact_cost=0.1, offer_cost=5, margin=0.4, uplift_prior=0.02),
        customers(p_repurchase=[0.08], expected_spend=[100.0]),
    )
    row = case.iloc[0]
    assert row["expected_margin"] == pytest.approx(40)
    assert row["expected_cost"] == pytest.approx(0.1 + 0.10 * 5)
    assert row["expected_incremental_margin"] == pytest.approx(0.02 * 40 - 0.6)
    assert row["uplift_source"] == "prior, unmeasured"


def test_nobody_returns_more_often_than_always():
    case = case_of(
        Economics(contact_cost=0, offer_cost=1),
        customers(p_repurchase=[1.0, 0.985], expected_spend=[9.0, 9.0]),
    )
    assert case["uplift"].tolist() == pytest.approx([0.0, 0.015])


def test_what_would_have_to_hold_is_where_break_even_is():
    economics = Economics(contact_cost=0.5, offer_cost=4)
    rows = customers(p_repurchase=[0.2, 0.3], expected_spend=[54.0, 3.0])
    sentence = str(what_would_have_to_hold(case_of(economics, rows)))
    needed = (0.5 + 0.2 * 4) / (54 - 4)  # .026
    assert f"more than {needed * 100:.1f} points" in sentence
    even = case_of(Economics(contact_cost=0.5, offer_cost=4, uplift_prior=needed), rows)
    assert even["expected_incremental_margin"][0] == pytest.approx(0)
    assert "without an offer, 1 of 2 would pay" in sentence


def test_what_is_assumed_is_set_beside_what_is_needed_of_the_same_customer():
    economics = Economics(contact_cost=0.5, offer_cost=4, uplift_prior=0.05)
    rows = customers(p_alive=[0.1, 0.9], p_repurchase=[0.02, 0.5], expected_spend=[54.0, 54.0])
    needed = (0.5 + 0.02 * 4) / (54 - 4)
    sentence = str(what_would_have_to_hold(case_of(economics, rows)))
    assert f"more than {needed * 100:.1f} points (0.5 assumed)" in sentence


def test_an_offer_dearer_than_the_margin_can_never_pay():
    economics = Economics(contact_cost=0.5, offer_cost=40)
    case = case_of(economics, customers(p_repurchase=[0.2], expected_spend=[30.0]))
    assert "No uplift would make the offer pay" in str(what_would_have_to_hold(case))


def test_what_follows_a_return_counts_for_the_share_who_would_have_been_lost():
    rows = customers(p_repurchase=[0.1, 0.1], expected_spend=[50.0, 50.0])
    rows["margin_after_return"] = [0.0, 80.0]
    order = case_of(Economics(margin=0.4), rows)["expected_margin"]
    assert order.tolist() == [20.0, 20.0]
    both = case_of(Economics(margin=0.4, won_back_share=0.25), rows)["expected_margin"]
    assert both.tolist() == [20.0, 40.0]


def test_an_offer_to_who_buys_at_a_discount_only_is_priced_as_the_habit_that_it_feeds():
    rows = customers(p_repurchase=[0.1] * 3, expected_spend=[50.0] * 3)
    rows["margin_after_return"] = 40.0  # two orders of a margin of 20
    rows["discount_share"] = [0.0, 1.0, np.nan]
    money = Economics(margin=0.4, offer_cost=5.0, uplift_prior=0.1)
    case = case_of(money, rows)
    redeems = 0.1 + 0.1
    once = 0.1 * 20 - redeems * 5
    assert case["expected_incremental_margin"].tolist() == pytest.approx(
        [once, once - redeems * 2 * 5, once]
    )
    assert case["expected_cost"].tolist() == pytest.approx([redeems * 5] * 3)  # of this list
    bare = case_of(money, rows, offer_cost=0.0)["expected_incremental_margin"]
    assert bare.tolist() == pytest.approx([2.0] * 3)
