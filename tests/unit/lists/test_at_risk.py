from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.economics import Economics
from winback.errors import UsageError
from winback.lists.at_risk import at_risk, select_at_risk, within_capacity
from winback.lists.warn_from import WarnFrom
from winback.messages import Message

AS_OF = date(2011, 12, 9)


def scores(**over):
    """Six customers: two red, one orange, one yellow, one safe, one dormant."""
    n = 6
    table = {
        "customer_id": list("abcdef"),
        "as_of": [AS_OF] * n,
        "frequency": 3.0,
        "recency": [100.0] * 5 + [0.0],
        "T": [160.0] * 5 + [400.0],
        "monetary_value": 20.0,
        "last_purchase_at": pd.Timestamp("2011-10-10 15:00"),
        "expected_purchases": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "clv": [10.0, 30.0, 900.0, 50.0, 60.0, 70.0],
        "margin_lost": [10.0, 30.0, 900.0, 50.0, 60.0, 70.0],
        "purchases_lost": [0.1, 0.3, 9.0, 0.5, 0.6, 0.7],
        "p_keepable": 1.0,
        "kept_share": 1.0,
        "clv_low": 5.0,
        "clv_high": 100.0,
        "p_churn": [0.9, 0.9, 0.75, 0.55, 0.2, 0.99],
        "overdue_ratio": [2.25, 3.75, 1.8, 1.65, 9.0, 9.0],
        "tier": ["core"] * 3 + ["dormant"] * 3,
        "lifecycle_stage": "at_risk",
        "value_version": 3,
        "churn_version": 2,
        "tiers_version": 1,
        "run_id": "r",
    } | over
    return pd.DataFrame(table)


def select(table=None, **over):
    arguments = {"as_of": AS_OF, "capacity": 9, "active_within_days": 365} | over
    return select_at_risk(scores() if table is None else table, **arguments)


def test_what_can_be_kept_comes_first_whatever_the_colour():
    chosen = select()
    assert chosen["customer_id"].tolist() == ["c", "d", "b", "a"]
    assert chosen["severity"].tolist() == ["orange", "yellow", "red", "red"]
    assert chosen["value_at_risk"].tolist() == pytest.approx([675, 27.5, 27, 9])
    assert chosen["rank"].tolist() == [1, 2, 3, 4]


def test_whom_nobody_can_keep_brings_nothing():
    gone = scores(kept_share=[1.0, 1.0, 0.0, 0.5, 1.0, 1.0], p_keepable=[1, 1, 0, 0.6, 1, 1])
    chosen = select(gone, warn_from=WarnFrom(economics=Economics(offer_cost=2.0)))
    chosen = chosen.set_index("customer_id")
    assert chosen.index.tolist() == ["b", "a", "d", "c"]
    assert chosen["value_at_risk"]["c"] == 675, "what leaving costs stays what it is"
    assert chosen["value_keepable"].tolist() == pytest.approx([27, 9, 13.75, 0])
    # nobody who has gone redeems; of c only those who stay do
    assert chosen["expected_profit"]["c"] == pytest.approx(-0.25 * 2)
    redeems = 1 - 0.55 + 0.1 * 0.6 * 0.55
    assert chosen["expected_profit"]["d"] == pytest.approx(1.375 - 2 * redeems)


def test_capacity_over_all_or_by_severity():
    assert select(capacity=3)["customer_id"].tolist() == ["c", "d", "b"]
    by_colour = select(capacity={"red": 1, "yellow": 5})
    assert by_colour["customer_id"].tolist() == ["d", "b"]


@pytest.mark.parametrize("capacity", [0, None, {}, {"purple": 3}, {"red": 0}])
def test_a_list_without_a_capacity_is_refused(capacity):
    with pytest.raises(UsageError, match="capacit"):
        select(capacity=capacity)


def test_the_dormant_belong_to_the_other_list():
    assert "f" not in set(select()["customer_id"])
    assert "f" in set(select(active_within_days=None)["customer_id"])


def test_percentile_is_among_the_active_of_the_tier():
    chosen = select().set_index("customer_id")["percentile_within_tier"]
    assert chosen["c"] == pytest.approx(1 / 3)  # the least risky of a, b, c
    assert chosen["d"] == 1.0  # above e; f is dormant


def test_value_at_risk_is_the_risk_times_what_leaving_costs():
    chosen = select(scores(margin_lost=[40.0, 10.0, 1.0, 2.0, 3.0, 4.0]))
    assert chosen["value_at_risk"].tolist() == pytest.approx([36, 9, 1.1, 0.75])
    assert chosen["customer_id"].tolist() == ["a", "b", "d", "c"]


def test_where_warnings_cost_something_profit_ranks():
    dear = WarnFrom(economics=Economics(contact_cost=0.1, offer_cost=10.0, save_rate=0.1))
    table = scores(p_churn=[0.9, 0.99, 0.72, 0.75, 0.2, 0.99], overdue_ratio=2.5)
    table["margin_lost"] = [30.0, 25.0, 60.0, 52.0, 1.0, 1.0]
    chosen = select(table, warn_from=dear).set_index("customer_id")
    red = chosen.index[chosen["severity"] == "red"].tolist()
    profit = dear.expected_profit(chosen)[red]
    assert profit.is_monotonic_decreasing
    # c has the most at stake, and would most likely have redeemed anyway
    assert chosen["value_at_risk"].idxmax() == "c"
    assert red[0] != "c"


@pytest.mark.parametrize("risk", [0.1, 0.3, 0.55, 0.56, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("ratio", [0.0, 1.5, 9.0, np.nan])
def test_a_threshold_by_risk_decides_alone(risk, ratio):
    table = scores(overdue_ratio=ratio)
    chosen = select(table, warn_from=WarnFrom(risk=risk), active_within_days=None)
    assert set(chosen["customer_id"]) == set(table.loc[table["p_churn"] >= risk, "customer_id"])
    # the colours stay those of the table
    by_table = select(table, active_within_days=None).set_index("customer_id")["severity"]
    expected = by_table.reindex(chosen["customer_id"]).fillna("yellow")
    assert chosen["severity"].tolist() == expected.tolist()


def test_a_threshold_by_risk_keeps_nobody_below_it_but_their_colour_above_it():
    before = select().assign(as_of=date(2011, 12, 2))
    eased = scores(p_churn=[0.8, 0.9, 0.74, 0.55, 0.2, 0.99])
    chosen = select(eased, warn_from=WarnFrom(risk=0.75), previous=before)
    assert chosen.set_index("customer_id")["severity"].to_dict() == {"a": "red", "b": "red"}


def test_a_threshold_by_profit_decides_alone():
    terms = WarnFrom(profit=5.0, economics=Economics(save_rate=0.1))
    chosen = select(scores(p_churn=[0.9, 0.9, 0.1, 0.55, 0.2, 0.99]), warn_from=terms)
    # .1 x .1 x 900 = 9 pays though the risk is small; .1 x .9 x 10 does not
    assert chosen["customer_id"].tolist() == ["c"]
    assert chosen["severity"].tolist() == ["yellow"]
    before = chosen.assign(as_of=date(2011, 12, 2))
    eased = scores(p_churn=[0, 0, 0.0511, 0, 0, 0])  # 4.6: below 5, above 4.5
    assert select(eased, warn_from=terms).empty
    assert len(select(eased, warn_from=terms, previous=before)) == 1
    assert select(scores(p_churn=0.0), warn_from=terms, previous=before).empty


def week(**colours):
    days = pd.date_range("2011-12-05", periods=len(colours))
    return pd.DataFrame(
        {"customer_id": list(colours), "as_of": days, "severity": list(colours.values())}
    )


@pytest.mark.parametrize(
    ("capacity", "earlier", "listed"),
    [
        (2, {}, "cd"),
        (2, {"a": "red"}, "ca"),  # a keeps the place, one is left
        (2, {"x": "red"}, "c"),  # x is at risk no more, but has had the week's place
        (2, {"x": "red", "y": "red"}, ""),
        (2, {"x": "red", "d": "yellow"}, "d"),
        (1, {"c": "red", "d": "yellow"}, "cd"),  # a smaller capacity takes no place away
        ({"red": 1, "yellow": 1}, {"x": "red"}, "d"),
        ({"red": 2, "orange": 1}, {"c": "yellow", "a": "red"}, "cba"),
    ],
)
def test_the_capacity_is_of_a_week(capacity, earlier, listed):
    rows = at_risk(scores(), as_of=AS_OF)
    chosen = within_capacity(rows, capacity, listed_this_week=week(**earlier))
    assert "".join(chosen["customer_id"]) == listed
    assert chosen["rank"].tolist() == list(range(1, len(listed) + 1))


UNFIT = WarnFrom(unfit=Message("fitness.constant"))


def test_a_score_that_ranks_nobody_orders_nobody_and_nobody_is_red():
    table = scores(overdue_ratio=[1.5, 3.5, 1.6, 0.9, 9.0, 9.0])
    chosen = select(table, warn_from=UNFIT)
    # overdue x value, however sure the score is that e stays; d is in rhythm
    assert chosen["customer_id"].tolist() == ["c", "e", "b", "a"]
    assert chosen["severity"].tolist() == ["yellow", "orange", "orange", "yellow"]
    mixed = scores(overdue_ratio=table["overdue_ratio"], p_churn=[0.1, 0.2, 0.99, 0.9, 0.3, 0.99])
    assert select(mixed, warn_from=UNFIT)["customer_id"].tolist() == ["c", "e", "b", "a"]
    assert chosen["p_churn"].eq(chosen["p_churn"][0]).all(), "everybody has the mean"
    assert chosen["percentile_within_tier"].isna().all()


def test_a_red_of_last_week_does_not_stay_red_by_a_score_that_ranks_nobody():
    before = pd.DataFrame({"customer_id": ["b"], "as_of": [date(2011, 12, 2)], "severity": "red"})
    chosen = select(warn_from=UNFIT, previous=before).set_index("customer_id")
    assert chosen.loc["b", "severity"] == "orange"


def test_where_no_rhythm_is_known_either_nobody_is_warned_about():
    nobody = WarnFrom(unfit=Message("fitness.constant"), rhythm=False)
    assert select(warn_from=nobody).empty
    assert set(nobody.refusals(scores())) == {"not overdue"}
