from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.evaluation import contest
from winback.evaluation.bootstrap import Difference
from winback.evaluation.contest import choose_value
from winback.evaluation.forward import ForwardTest
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.evaluation.value_losses import pooled_loss
from winback.evaluation.windows import Window
from winback.messages import Message

WINDOWS = [
    Window(date(2024, 3, 1), date(2024, 4, 1)),
    Window(date(2024, 2, 1), date(2024, 3, 1)),
]


def two_tests(models, n=600, seed=0):
    """Two forward tests; ``models`` maps a name to a function of (actual, rng)."""
    rng = np.random.default_rng(seed)
    result = []
    for number, window in enumerate(WINDOWS):
        rows = n - 100 * number  # fewer customers number the earlier cut-off
        actual = rng.gamma(0.3, 30, rows) * (rng.random(rows) < 0.4)
        predictions = {
            name: pd.DataFrame({"predicted": np.maximum(of(actual, rng), 0)})
            for name, of in models.items()
        }
        customers = pd.Series([f"c{i}" for i in range(rows)])
        result.append(ForwardTest(window, "revenue", customers, actual, predictions))
    return result


def choose(models, **kwargs):
    recipes = {name: {"estimator": name} for name in models}
    return contest._choose("revenue", two_tests(models, **kwargs), recipes, 200, 0)


def noisy(share, spread=2.0):
    return lambda y, rng: np.maximum(  # hardly anything, but never 0
        share * y + (1 - share) * y.mean() + rng.normal(0, spread, y.size), 1e-6
    )


def test_nobody_buys_again_cannot_win_by_its_absolute_error():
    choice = choose({"zero": lambda y, _: 0 * y, "model": noisy(0.1)})
    table = choice.table[choice.table["as_of"] != "pooled"]
    mae = table.groupby("candidate")["mae"].mean()
    assert mae["zero"] < mae["model"]
    assert choice.name == "model"
    pooled = choice.table.set_index(["as_of", "candidate"]).loc["pooled"]
    assert str(pooled.loc["zero", "note"]) == "predicts 0 for customers who brought 100%"


def test_the_simpler_wins_only_when_the_two_cannot_be_told_apart():
    same = choose({"simple": noisy(0.3), "fancy": noisy(0.3)})
    assert same.name == "simple"
    assert choose({"fancy": noisy(0.3), "simple": noisy(0.3)}).name == "fancy"  # the order decides
    clear = choose({"simple": noisy(0.1), "fancy": noisy(0.6)})
    assert clear.name == "fancy"
    assert "against simple" in str(clear.reasons)


def test_a_simpler_one_that_is_much_worse_loses_even_where_nothing_can_be_proved():
    few = choose({"simple": noisy(0.2, 6), "fancy": noisy(0.3, 4)}, n=130, seed=2)
    simple = few.table.set_index(["as_of", "candidate"]).loc[("pooled", "simple")]
    assert simple["low"] < 1 < simple["high"]
    assert simple["loss_ratio"] > 1.02
    assert few.name == "fancy"


def test_a_candidate_that_misses_the_level_by_more_than_two_is_out():
    choice = choose({"tripled": lambda y, _: 3 * y, "rough": noisy(0.1, 6)})
    assert choice.name == "rough"
    assert "total 1." in str(choice.reasons)


def writes_off(share):
    """The truth, but 0 for customers who brought about this share of the total."""

    def model(y, _):
        order = np.random.default_rng(9).permutation(y.size)
        off = order[np.cumsum(y[order]) <= share * y.sum()]
        predicted = 0.8 * y + 0.2 * y.mean()
        predicted[off] = 0
        return predicted

    return model


def test_a_candidate_that_writes_off_customers_who_come_back_is_out():
    blind = choose({"blind": writes_off(0.2), "rough": noisy(0.1)})
    assert blind.name == "rough"
    assert "left out, as they predict 0 for customers who came back: blind (20% of the total)" in (
        str(blind.reasons)
    )
    pooled = blind.table.set_index(["as_of", "candidate"]).loc["pooled"]
    assert pooled.loc["blind", "loss_ratio"] < 0.9
    assert str(pooled.loc["blind", "note"]) == "predicts 0 for customers who brought 20%"
    few = choose({"blind": writes_off(0.03), "rough": noisy(0.1)})
    assert few.name == "blind"
    assert "came back" not in str(few.reasons)


def test_where_every_candidate_writes_customers_off_the_best_of_them_stays():
    choice = choose({"blind": writes_off(0.2), "blinder": writes_off(0.3)})
    assert choice.name == "blind"
    assert "; they predict 0 for customers who came back: blind (19%" in str(choice.reasons)


def test_pooled_loss_is_the_mean_log_of_the_three_metrics():
    from winback.evaluation.metrics import value_metrics

    tests = two_tests({"a": noisy(0.3), "b": noisy(0.2)})
    by_hand = []
    for test in tests:
        m = value_metrics(test.actual, test.predicted()["a"])
        by_hand.append(np.log([m["mae"], m["rmse"], 1 - m["gini"]]).mean())
    assert pooled_loss(tests).point["a", "loss"] == pytest.approx(np.mean(by_hand))


def test_a_window_in_which_nothing_happened_decides_nothing():
    tests = two_tests({"a": noisy(0.3)})
    dead = ForwardTest(
        WINDOWS[0], "revenue", tests[0].customers, 0 * tests[0].actual, tests[0].predictions
    )
    alone = pooled_loss(tests[1:]).point["a", "loss"]
    assert pooled_loss([dead, tests[1]]).point["a", "loss"] == pytest.approx(alone)
    assert np.isnan(pooled_loss([dead]).point["a", "loss"])


def frame(days, customers=30):
    rng = np.random.default_rng(0)
    when = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, days, 3 * customers), "D")
    who = [f"c{i % customers}" for i in range(3 * customers)]
    return pd.DataFrame({"customer_id": who, "timestamp": when, "amount": 10.0})


def test_a_history_too_short_to_judge_falls_back_and_says_so():
    short = read_transactions(frame(15), engine=open_engine())
    for choice in choose_value(Past(short, date(2024, 1, 20)), horizon_days=90).values():
        assert choice.name == contest.DEFAULT
        assert str(choice.reasons).startswith(
            "MBG/NBD with Gamma-Gamma on all days by default: history is too short"
        )
        assert choice.recipe == VALUE_CANDIDATES[choice.name]


def test_without_amounts_only_purchases_are_contested():
    plain = read_transactions(frame(200, 60).drop(columns="amount"), engine=open_engine())
    simple = {name: VALUE_CANDIDATES[name] for name in ("zero", "rate+own_mean")}
    choices = choose_value(Past(plain, date(2024, 7, 15)), horizon_days=30, candidates=simple)
    assert {target: choice.name for target, choice in choices.items()} == {
        "purchases": "rate+own_mean"
    }


def test_the_contest_is_held_among_at_most_so_many_customers(monkeypatch):
    monkeypatch.setattr(contest, "MAX_CONTEST", 40)
    many = read_transactions(frame(200, 120), engine=open_engine())
    rate = {"rate+own_mean": VALUE_CANDIDATES["rate+own_mean"]}
    choice = choose_value(Past(many, date(2024, 7, 18)), horizon_days=30, candidates=rate)
    table = choice["revenue"].table
    assert 20 <= table["n"].max() <= 60


def test_a_candidate_that_loses_to_a_simple_rule_in_one_metric_is_out():
    def scaled(y, rng):  # the rule's ranking and level, and large errors in a few
        return noisy(0.6)(y, rng) * np.where(rng.random(y.size) < 0.01, 30, 0.75)

    choice = choose({"rate+own_mean": noisy(0.5), "sharp": noisy(0.9), "wild": scaled})
    notes = choice.table.set_index(["as_of", "candidate"]).loc["pooled"]["note"]
    assert choice.name == "sharp"
    assert "RMSE to own rate so far" in str(notes["wild"])
    assert "; left out, as they lose to a simple rule: wild (in " in str(choice.reasons)


def test_where_all_lose_to_a_simple_rule_the_choice_says_in_what():
    def level(y, rng):
        return noisy(0.5)(y, rng) * 0.75

    choice = choose({"rate+own_mean": writes_off(0.2), "rough": noisy(0.05), "rougher": level})
    assert "; all that are left lose to a simple rule, this one in " in str(choice.reasons)


def test_a_candidate_that_could_not_be_fitted_is_told_of():
    few = Message.of("too few customers")
    tests = [
        replace(test, failed=dict.fromkeys(["trees", "more trees"], few))
        for test in two_tests({"model": noisy(0.3)})
    ]
    recipes = {name: {"estimator": name} for name in ("model", "trees", "more trees")}
    choice = contest._choose("revenue", tests, recipes, 20, 0)
    assert "; could not be fitted: trees (too few customers) and 1 more" in str(choice.reasons)


def test_where_nobody_came_back_that_is_the_reason():
    gone = [replace(test, actual=0 * test.actual) for test in two_tests({"model": noisy(0.3)})]
    recipes = {"model": {"estimator": "model"}}
    for target, words in (("purchases", "nobody came back"), ("revenue", "brought nothing")):
        choice = contest._choose(target, gone, recipes, 20, 0)
        assert str(choice.reasons).startswith("model by default: ")
        assert words in str(choice.reasons)


def test_the_level_is_what_the_choice_missed_by():
    level = contest.level_of(two_tests({"half": lambda y, _: y / 2}), "half")
    assert [window["ratio"] for window in level.windows] == pytest.approx([2, 2])
    assert 0 < level.shift < np.log(2)  # two windows are no proof
    assert contest.NO_LEVEL.shift == 0
    assert contest.NO_LEVEL.low == pytest.approx(contest.NO_LEVEL.high)
    mute = [replace(test, actual=0 * test.actual) for test in two_tests({"half": noisy(0.3)})]
    assert contest.level_of(mute, "half").windows == []


def test_the_rule_leaves_a_good_model_of_buying_till_dropping_out_alone_on_cdnow():
    tenth = read_transactions("sample:cdnow-tenth", engine=open_engine())
    choices = choose_value(Past(tenth, date(1997, 9, 30)), horizon_days=273, n_replicates=50)
    assert choices["revenue"].name.endswith("gamma_gamma_all")
    table = choices["revenue"].table
    assert {"1997-07-02", "pooled"} < set(table["as_of"])
    assert table["until"].max() <= "1997-09-30"
    pooled = table[table["as_of"] == "pooled"].set_index("candidate")
    assert set(pooled.index) == set(VALUE_CANDIDATES)
    assert "of the actual total" in str(pooled.loc["rate+own_mean", "note"]) or (
        "predicts 0" in str(pooled.loc["rate+own_mean", "note"])
    )


@pytest.mark.parametrize(("share", "out"), [(0.005, False), (0.02, True)])
def test_a_loss_of_no_consequence_puts_nobody_out_however_sure_it_is(share, out):
    rival = "rate+own_mean"

    class Sure:
        point = dict.fromkeys([("sharp", "loss"), (rival, "loss")], 1.0)

        def difference(self, model, other, metric):
            ends = (share, share - 1e-4, share + 1e-4)
            return Difference(model, other, metric, 1.0, 1.0, *ends)

    lost = contest._losses_to_simple(Sure(), "sharp")
    assert bool(lost) == out
