from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.economics import Economics
from winback.errors import DataError
from winback.estimators.uplift.uplift_model import UpliftModel
from winback.lists.columns import DTYPES, WIN_BACK, WIN_BACK_EXCLUDED
from winback.lists.control import draw_arms, in_holdout
from winback.lists.origin import Origin
from winback.lists.terms import Channel, Eligibility, Tables, WinBackTerms
from winback.lists.win_back import win_back

AS_OF = date(2011, 12, 9)
TERMS = Economics(contact_cost=0.1, offer_cost=0.9)


def scores(spend=(120.0, 100.0, 80.0, 60.0, 40.0, 3.0, 90.0, 90.0), **over):
    """Six dormant customers in the window, one active, one silent for too long."""
    n = len(spend)
    table = {
        "customer_id": [f"c{i}" for i in range(n)],
        "as_of": [AS_OF] * n,
        "frequency": 2.0,
        "recency": [100.0] * (n - 2) + [490.0, 0.0],
        "T": [500.0] * (n - 1) + [900.0],
        "monetary_value": 20.0,
        "last_purchase_at": pd.Timestamp("2010-11-05 15:00"),
        "expected_purchases": 0.2,
        "expected_spend": list(spend),
        "p_repurchase": 0.1,
        "tier": "core",
        "value_version": "3",
        "churn_version": "2",
        "tiers_version": "1",
        "run_id": "r",
    } | over
    return pd.DataFrame(table)


def make(table=None, *, as_of=AS_OF, tables=None, origin=None, uplift=None, rules=None, **over):
    terms = {
        "economics": TERMS,
        "budget": 100,
        "capacity": 50,
        "control_share": 0.34,
        "exploration_loss": 0.0,
        "eligibility": Eligibility(**{"window_days": (90, 730)} | (rules or {})),
    } | over
    return win_back(
        scores() if table is None else table,
        as_of=as_of,
        terms=WinBackTerms(**terms),
        tables=Tables(**(tables or {})),
        uplift=uplift,
        origin=Origin(**{"experiment_id": EXPERIMENT} | (origin or {})),
    )


def said(lists):
    return " ".join(map(str, lists.summary["messages"]))


def experiment_with(arms):
    """Find an experiment that draws these arms, so that the small example is as wanted."""
    ids = pd.Series([f"c{i}" for i in range(len(arms))])
    for i in range(10_000):
        drawn = draw_arms(ids, experiment_id=f"e{i}", control_share=0.34)
        if "".join(drawn.str[0]) == arms:
            return f"e{i}"
    raise AssertionError(arms)


EXPERIMENT = experiment_with("tctctt")  # c0 treated, c1 control, c2 treated, ...


def reasons(lists):
    return dict(zip(lists.excluded["customer_id"], lists.excluded["reason"], strict=True))


def test_enough_money_reaches_everybody_above_break_even():
    lists = make()
    assert lists.treated["customer_id"].tolist() == ["c0", "c2", "c4"]
    assert lists.control["customer_id"].tolist() == ["c1", "c3"]
    assert reasons(lists) == {
        "c5": "below break-even",
        "c6": "not dormant",
        "c7": "outside the window",
    }
    assert lists.treated["rank"].tolist() == [1, 3, 5]
    # .02 x 120 - .1: the voucher, taken by .12 of them, would add nothing that anybody has shown
    assert lists.treated["expected_incremental_margin"][0] == pytest.approx(2.3)
    assert (lists.treated["offer"] == "none").all()


DEAR = Economics(contact_cost=1.0)


def test_a_budget_cuts_both_arms_at_the_same_place():
    lists = make(scores([120.0, 118, 116, 90, 88, 3, 90, 90]), budget=2.5, economics=DEAR)
    assert lists.treated["customer_id"].tolist() == ["c0", "c2"]
    assert lists.control["customer_id"].tolist() == ["c1"]
    assert reasons(lists)["c4"] == "over budget"
    assert reasons(lists)["c3"] == "control below the cut-off"
    summary = lists.summary
    assert summary["budget_committed"] == 2.0
    assert summary["first_left_out"] == {"customer_id": "c4", "rank": 5, "reason": "over budget"}
    assert summary["shadow_price"] > 0
    assert summary["capacity_shadow_price"] == 0


def test_a_capacity_cuts_likewise():
    lists = make(capacity=1)
    assert lists.treated["customer_id"].tolist() == ["c0"]
    assert lists.control.empty
    assert reasons(lists)["c2"] == "over capacity"
    assert lists.summary["shadow_price"] == 0.0
    assert lists.summary["capacity_shadow_price"] > 0


def test_columns_are_complete_and_typed_with_and_without_rows():
    for lists in (make(), make(scores().head(0)), make(scores(spend=[1.0] * 8))):
        for frame, columns in [
            (lists.treated, WIN_BACK),
            (lists.control, WIN_BACK),
            (lists.excluded, WIN_BACK_EXCLUDED),
        ]:
            assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
                name: DTYPES[kind] for name, kind in columns.items()
            }


def test_a_row_says_all_that_operations_need():
    row = make(horizon_days=60).treated.iloc[0]
    assert row["propensity"] == pytest.approx(0.66)
    assert row["uplift_source"] == "prior, unmeasured"
    assert (row["channel"], row["offer"]) == ("email", "none")
    assert row["expires_at"] == pd.Timestamp("2011-12-23")
    assert row["measure_until"] == pd.Timestamp("2012-02-07")
    assert row["cooldown_until"] == pd.Timestamp("2012-01-08")
    assert (row["days_since_last"], row["last_purchase_at"]) == (400, pd.Timestamp("2010-11-05"))
    assert (row["value_version"], row["run_id"]) == ("3", "r")


def test_nobody_can_send_to_the_comparison_group_by_mistake():
    control = make().control
    assert (control["action"] == "leave alone: comparison group").all()
    assert control[["channel", "offer", "owner"]].isna().all(axis=None)


def test_when_nothing_pays_the_list_is_empty_and_says_why():
    lists = make(economics=Economics(contact_cost=0.6, offer_cost=5), table=scores([25.0] * 8))
    assert lists.treated.empty
    assert lists.control.empty
    assert lists.summary["excluded"]["below break-even"] == 6
    assert "Nobody is worth calling back on these terms" in said(lists)
    assert "more than 2.4 points (2.0 assumed)" in said(lists)
    assert "without an offer, 0 of 6 would pay" in said(lists)


def test_when_only_the_comparison_group_would_pay_the_list_is_empty_and_says_why():
    lists = make(scores([1.0, 100.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]))
    assert lists.treated.empty
    assert lists.control["customer_id"].tolist() == ["c1"]
    assert "Of those eligible nobody is called back: 5 below break-even." in said(lists)
    assert "nobody is called back" not in said(make())


def test_when_nobody_is_eligible_the_summary_says_why():
    why = said(make(rules={"window_days": (0, 10)}))
    assert "Nobody is eligible: 1 not dormant, 7 outside the window." in why
    assert "no customers" in said(make(scores().head(0)))


def test_a_budget_too_small_for_one_says_so():
    lists = make(budget=0.5, economics=DEAR)
    assert "does not pay a single contact with its offer (1.00)" in said(lists)


def test_without_amounts_purchases_rank_and_money_is_empty():
    bare = scores(spend=[np.nan] * 8, expected_purchases=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1, 1])
    lists = make(bare, max_share=0.8)
    assert lists.treated["customer_id"].tolist() == ["c5", "c4", "c2", "c0"]
    empty = ["expected_margin", "expected_incremental_margin", "monetary_value"]
    assert lists.treated[empty].isna().all(axis=None)
    assert lists.summary["expected_incremental_margin"] is None
    assert "no amounts" in said(lists)


def test_permission_and_contacts_are_respected():
    customers = pd.DataFrame({"customer_id": ["c0"], "opt_out": [True]})
    contacts = pd.DataFrame({"customer_id": ["c2"], "timestamp": [pd.Timestamp("2011-12-01")]})
    lists = make(tables={"customers": customers, "contacts": contacts})
    assert (reasons(lists)["c0"], reasons(lists)["c2"]) == ("opted out", "in cooldown")
    assert lists.excluded["arm"].isna()[lists.excluded["customer_id"] == "c0"].all()  # never drawn


def test_list_and_experiment_are_named_by_what_they_depend_on():
    first, again = (make(origin={"experiment_id": None}) for _ in range(2))
    assert first.treated["list_id"][0] == again.treated["list_id"][0]
    assert (first.control["experiment_id"] == "winback-win-back").all()
    other = make(scores(churn_version="9"))
    assert other.treated["list_id"][0] != first.treated["list_id"][0]


def test_open_cases_steps_and_the_holdout_have_reasons_of_their_own():
    cases = pd.DataFrame({"customer_id": ["c0"], "reason": ["open complaint"]})
    sent = ["2011-11-01", "2011-08-01", "2011-05-01", "2011-02-01"]
    contacts = pd.DataFrame({"customer_id": "c2", "timestamp": pd.to_datetime(sent)})
    contacts["list_id"] = "win_back-before"
    lists = make(
        tables={"open_cases": cases, "contacts": contacts},
        holdout_share=0.3,
        rules={"contact_cap": 9},
    )
    why = reasons(lists)
    assert why["c0"] == "open complaint"
    assert why["c2"] == "sequence finished"
    held = {name for name, reason in why.items() if reason == "global holdout"}
    ids = scores()["customer_id"]
    assert held == set(ids[in_holdout(ids, share=0.3)]) - {"c6", "c7"}
    assert lists.summary["held_out"] == len(held)


def test_a_row_says_the_step_that_is_due():
    contacts = pd.DataFrame({"customer_id": ["c0"], "timestamp": pd.to_datetime(["2011-10-01"])})
    contacts["list_id"] = "win_back-before"
    treated = make(tables={"contacts": contacts}).treated.set_index("customer_id")
    assert treated["step"].to_dict() == {"c0": "diagnose", "c2": "trigger", "c4": "trigger"}
    assert (treated.loc["c0", "offer"], treated.loc["c0", "offer_cost"]) == ("none", 0)  # asks only
    assert treated.loc["c0", "contact_cost"] == 0.1


def test_a_full_channel_is_passed_by_and_the_walk_goes_on():
    customers = pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(8)],
            "contactable_channels": ["sms", "sms", "sms", "sms", "email", *["email,sms"] * 3],
        }
    )
    channels = {"email": Channel(9), "sms": Channel(1, contact_cost=0.5)}
    lists = make(tables={"customers": customers}, channels=channels)
    assert lists.treated["customer_id"].tolist() == ["c4", "c0"]  # by what is left at the prices
    assert lists.treated["channel"].tolist() == ["email", "sms"]
    assert lists.treated["contact_cost"].tolist() == [0.1, 0.5]
    assert reasons(lists)["c2"] == "over capacity"
    assert reasons(lists)["c1"] == "control below the cut-off"  # sms was full when c1's turn came
    sms = lists.summary["channels"]["sms"]
    assert (sms["treated"], sms["left_out"]) == (1, 1)
    assert sms["shadow_price"] > 0.02 * 80 - 0.5 - 0.02
    assert lists.summary["optimality_gap"] < 0.05  # of it the share that goes by lot


def test_limits_that_nobody_chose_are_told():
    lines = ["lists.win_back.budget = 250", "lists.win_back.offer = voucher", "margin = 1.0"]
    lists = make(origin={"defaults": lines})
    assert lists.summary["defaults"] == lines[:1]
    assert "they are defaults: win_back.budget = 250." in said(lists)
    assert "defaults" not in said(make())


def test_every_row_says_whose_limits_they_are():
    lines = ["lists.win_back.budget = 250", "lists.win_back.capacity = 200", "margin = 1.0"]
    lists = make(origin={"defaults": lines})
    for part in (lists.treated, lists.control):
        assert set(part["limits"]) == {"defaults: budget, capacity"}
    assert set(make(origin={"defaults": ["margin = 1.0"]}).treated["limits"]) == {"set by the job"}
    assert list(WIN_BACK).index("limits") == list(WIN_BACK).index("tier") + 1


def test_the_list_knows_everybody_it_decides_about():
    lists = make()
    assert sorted(lists.customer_ids) == ["c0", "c1", "c2", "c3", "c4"]


def test_a_customer_gets_the_channel_that_is_worth_the_most_to_the_list():
    names = ["sms", "email,sms", "email,sms", "email,sms", "email", *["email,sms"] * 3]
    customers = pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(8)], "contactable_channels": names}
    )
    everybody = scores(spend=[120.0, 110, 100, 90, 80, 70, 1, 1])
    over = {
        "tables": {"customers": customers},
        "max_share": 0.8,
        "origin": {"experiment_id": experiment_with("tttttt")},
    }
    channels = {"sms": Channel(2, contact_cost=0.5), "email": Channel(9)}
    lists = make(everybody, channels=channels, **over)
    channel_of = dict(zip(lists.treated["customer_id"], lists.treated["channel"], strict=True))
    assert channel_of["c0"] == "sms"  # nothing else reaches c0
    assert {channel_of[name] for name in channel_of if name != "c0"} == {
        "email"
    }  # a dear sms adds nothing
    assert lists.summary["channels"]["sms"]["left_out"] == 0
    assert lists.summary["optimality_gap"] == 0
    by_email = lists.treated["channel"] == "email"
    assert (lists.treated.loc[by_email, "contact_cost"] == 0.1).all()
    # a channel that does not pay is no choice
    dear = {"sms": Channel(9, contact_cost=50), "email": Channel(9)}
    assert set(make(everybody, channels=dear, **over).treated["channel"]) == {"email"}


def test_what_to_do_fits_the_channel():
    contacts = pd.DataFrame({"customer_id": ["c0"], "timestamp": pd.to_datetime(["2011-10-01"])})
    contacts["list_id"] = "win_back-before"  # the best are asked: by a call, or by a question
    actions = {}
    for channel in ("email", "phone"):
        lists = make(
            scores(tier="strategic"),
            channels={channel: Channel(9)},
            tables={"contacts": contacts},
        )
        assert (lists.treated["channel"] == channel).all()
        actions[channel] = lists.treated.set_index("customer_id").loc["c0", "action"]
    assert actions["phone"] == "call, ask what kept them away"
    assert actions["email"] == "one question, what kept you away?"


def measured(gain, n=4000):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"days_since_last": rng.integers(90, 700, n), "basket_amount": rng.random(n)})
    treated = rng.random(n) < 0.5
    y = rng.random(n) < 0.2 + treated * gain
    return UpliftModel().fit(X, y, treated, campaign=np.repeat("spring", n))


def test_a_measured_uplift_takes_the_place_of_the_prior():
    covariates = pd.DataFrame({"customer_id": [f"c{i}" for i in range(8)], "basket_amount": 0.5})
    covariates["days_since_last"] = 400
    lists = make(uplift=measured(0.1), tables={"covariates": covariates})
    ranked = lists.treated[lists.treated["chosen_by"] == "ranking"]
    assert (ranked["offer"] == "voucher").all()  # worth it, now that it is measured
    assert ranked["uplift"].between(0.05, 0.15).all()
    assert ranked["uplift_source"].str.startswith("experiment: spring (").all()
    assert lists.summary["uplift_measured"]
    assert lists.summary["exploration_share"] == 0.05  # a wrong verdict is to be found out
    harm = make(uplift=measured(-0.1), tables={"covariates": covariates})
    assert harm.treated.empty
    assert harm.excluded["uplift"].min() < 0


def test_a_verdict_of_harm_does_not_end_learning():
    many = pd.concat([scores()] * 100, ignore_index=True)
    many["customer_id"] = [f"c{i}" for i in range(len(many))]
    covariates = pd.DataFrame({"customer_id": many["customer_id"], "basket_amount": 0.5})
    covariates["days_since_last"] = 400
    over = {"uplift": measured(-0.1), "tables": {"covariates": covariates}, "max_share": 0.8}
    lists = make(many, budget=100, capacity=400, exploration_loss=0.1, **over)
    assert (lists.treated["chosen_by"] == "exploration").all()
    assert len(lists.treated) >= 5
    assert len(lists.control) >= 1
    lost = -lists.treated["expected_incremental_margin"].sum()
    assert 0 < lost <= 0.1 * 100
    assert lists.summary["exploration_risked"] == pytest.approx(lost)
    assert "expected to lose" in said(lists)
    assert make(many, budget=100, capacity=400, exploration_loss=0, **over).treated.empty


def test_a_measured_uplift_is_not_credited_to_the_gone_nor_to_contacts_without_an_offer():
    covariates = pd.DataFrame({"customer_id": [f"c{i}" for i in range(8)], "basket_amount": 0.5})
    covariates["days_since_last"] = 400
    alive = [0.9, 0.6, 0.3, 0.15, 0.1, 0.05, 1, 1]  # 0.1 come back anyway
    table = scores(p_alive=alive)
    over = {"uplift": measured(0.1), "holdout_share": 0.005}
    tables = {"covariates": covariates}
    lists = make(table, tables=tables, **over)
    rows = pd.concat([lists.treated, lists.control, lists.excluded]).set_index("customer_id")
    rows = rows.loc[["c0", "c1", "c2", "c3", "c4", "c5"]]
    flat = make(tables=tables, **over).treated["uplift"].iloc[0]
    more = flat * 6 / (3 * flat + 0.05)  # what some have no room for, the others get
    expected = np.array([flat * more] * 3 + [0.05, 0, 0])
    ranked = (rows["chosen_by"] != "exploration").to_numpy()  # lots try contacts without offers
    assert ranked.sum() >= 3
    assert rows["uplift"].to_numpy()[ranked] == pytest.approx(expected[ranked])
    contacts = pd.DataFrame({"customer_id": ["c0"], "timestamp": pd.to_datetime(["2011-10-01"])})
    contacts["list_id"] = "win_back-before"  # now a question is due, without an offer
    tables["contacts"] = contacts
    asked = make(table, tables=tables, **over)
    row = pd.concat([asked.treated, asked.excluded]).set_index("customer_id").loc["c0"]
    assert (row["step"], row["offer_cost"]) == ("diagnose", 0)
    assert row["uplift"] == pytest.approx(0.02 * 0.9)
    assert row["uplift_source"].startswith("contact without an offer: prior")
    harm = make(table, tables=tables, **over | {"uplift": measured(-0.1)}).excluded
    assert harm.set_index("customer_id").loc["c0", "uplift"] < 0


def test_an_uplift_that_is_not_told_from_none_moves_the_prior_as_far_as_it_says_something():
    vague = measured(0.0, n=400)
    lists = make(uplift=vague)
    assert vague.low_ < 0 < vague.high_
    offered = lists.treated[lists.treated["offer"] != "none"]
    bare = lists.treated[lists.treated["offer"] == "none"]
    assert offered["uplift"].to_numpy() == pytest.approx(vague.overall_)
    assert bare["uplift"].to_numpy() == pytest.approx(min(vague.overall_, 0.02))
    assert vague.prior * 0.5 < vague.overall_ < vague.prior * 1.5
    assert lists.summary["exploration_share"] == 0.1
    assert "not told apart from 0 at a planned look" in said(lists)
    small = make(uplift=measured(0.1, n=50))
    assert (small.treated["uplift_source"] == "prior, unmeasured").all()
    assert "fewer than 100 an arm" in said(small)


def test_lots_reach_customers_that_the_ranking_does_not():
    many = pd.concat([scores()] * 40, ignore_index=True)
    many["customer_id"] = [f"c{i}" for i in range(len(many))]
    many["expected_spend"] = np.linspace(200, 50, len(many))
    lists = make(many, budget=40, exploration_share=0.25)
    by_lot = lists.treated[lists.treated["chosen_by"] == "exploration"]
    assert 0.15 < len(by_lot) / len(lists.treated) < 0.35
    assert by_lot["expected_margin"].min() < lists.treated["expected_margin"].median()
    assert lists.summary["optimality_gap"] > 0
    less = make(many, budget=40, exploration_share=0.05)
    assert less.summary["optimality_gap"] < lists.summary["optimality_gap"]
    # who is reached only by lot is told, and nothing is when the money reaches everybody
    lists = make(many, budget=40, exploration_share=0.25)
    one = lists.summary
    top = set(make(many, budget=40, exploration_share=0.05).treated["customer_id"])
    assert 0 < one["explored"] <= len(by_lot)
    n = len(lists.treated)
    assert f"{one['explored']} of the {n} called back are reached only by lot" in said(lists)
    assert top
    rich = make(many, budget=10_000, capacity=1_000, max_share=0.8)
    plenty = rich.summary
    assert plenty["explored"] == 0
    assert "by lot" not in said(rich)


def test_nothing_is_risked_to_learn_where_nobody_is_left_alone_to_learn_from():
    many = pd.concat([scores([2.0] * 8)] * 40, ignore_index=True)  # all below break-even
    many["customer_id"] = [f"c{i}" for i in range(len(many))]
    terms = {"economics": Economics(contact_cost=0.1), "exploration_loss": 0.5, "budget": 50}
    big = make(many, capacity=60, max_share=0.8, exploration_share=0.5, **terms)
    assert len(big.control)
    assert big.summary["exploration_risked"] > 0
    # a control share of .34 leaves nobody alone beside one contact
    small = make(many, capacity=1, max_share=0.8, exploration_share=0.5, **terms)
    assert small.treated.empty
    assert (small.summary["exploration_share"], small.summary["exploration_risked"]) == (0, 0)
    assert "price of learning" not in said(small)


def test_the_lots_are_drawn_anew_on_every_day():
    many = pd.concat([scores()] * 40, ignore_index=True)
    many["customer_id"] = [f"c{i}" for i in range(len(many))]
    by_lot = []
    for day in ("2011-12-09", "2011-12-16"):
        as_of = date.fromisoformat(day)
        lists = make(many.assign(as_of=as_of), as_of=as_of, budget=40, exploration_share=0.5)
        arms = pd.concat([lists.treated, lists.control])
        by_lot.append(set(arms.loc[arms["chosen_by"] == "exploration", "customer_id"]))
    assert len(by_lot[0] & by_lot[1]) < 0.5 * len(by_lot[0])


def test_a_missing_prediction_of_an_eligible_customer_is_refused():
    with pytest.raises(DataError, match="p_repurchase"):
        make(scores(p_repurchase=[np.nan] + [0.1] * 7))
    make(scores(p_repurchase=[0.1] * 6 + [np.nan] * 2))  # nobody looks at the ineligible
