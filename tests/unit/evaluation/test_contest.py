from dataclasses import replace
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.evaluation import contest
from winback.evaluation.contest import choose_value
from winback.evaluation.forward import ForwardTest
from winback.evaluation.metrics import value_metrics
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.evaluation.value_losses import at_level, bounded_weights, pooled_loss
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
    assert str(pooled.loc["zero", "note"]) == "predicts nothing at all"


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
    assert simple["loss_ratio"] > 1 + contest.TOLERANCE
    assert few.name == "fancy"


def test_a_level_that_is_too_low_wins_the_absolute_error_and_nothing_else():
    choice = choose({"low": lambda y, rng: noisy(0.3)(y, rng) * 0.4, "right": noisy(0.3)})
    mae = choice.table[choice.table["as_of"] != "pooled"].groupby("candidate")["mae"].mean()
    assert mae["low"] < mae["right"]
    assert choice.name == "right"


def test_candidates_are_judged_at_the_level_that_the_past_shows_for_them():
    tests = two_tests({"thrice": lambda y, rng: 3 * noisy(0.3)(y, rng), "right": noisy(0.28)})
    shifts = contest._shifts(
        tests, {"thrice": {}, "right": {}}, lambda of, model: contest.level_of(of, model).shift
    )
    assert -np.log(3) < shifts["thrice"] < -0.15 < -0.05 < shifts["right"] < 0.05
    moved = at_level(tests[0], shifts).predicted()["thrice"]
    np.testing.assert_allclose(moved, np.exp(shifts["thrice"]) * tests[0].predicted()["thrice"])


def writes_off(share):
    """The truth, but 0 for customers who brought about this share of the total."""

    def model(y, _):
        order = np.random.default_rng(9).permutation(y.size)
        off = order[np.cumsum(y[order]) <= share * y.sum()]
        predicted = 0.3 * y + 0.7 * y.mean()
        predicted[off] = 0
        return predicted

    return model


def test_who_writes_customers_off_loses_by_it_in_deviance_and_is_not_thrown_out():
    table = choose({"blind": writes_off(0.2), "sharp": noisy(0.3)}).table
    deviance = table[table["as_of"] != "pooled"].groupby("candidate")["deviance"].mean()
    assert deviance["blind"] > 3 * deviance["sharp"]
    assert choose({"blind": writes_off(0.2), "sharp": noisy(0.3)}).name == "sharp"
    assert choose({"blind": writes_off(0.001), "rough": noisy(0.02, 6)}).name == "blind"


@pytest.mark.parametrize("right", ["rule", "model"])
def test_one_wholesaler_decides_neither_for_a_rule_nor_against_it(right):
    def with_wholesaler(of, knows):
        def model(y, rng):
            predicted = of(y, rng)
            predicted[0] = y[0] * (1.0 if knows else 0.2)
            return predicted

        return model

    tests = two_tests({"rule": noisy(0.1), "model": noisy(0.5)})
    for test in tests:
        rng = np.random.default_rng(3)
        test.actual[0] = 50 * test.actual.sum()
        for name, of in (("rule", noisy(0.1)), ("model", noisy(0.5))):
            others = with_wholesaler(of, knows=name == right)
            rest = test.actual.copy()
            rest[0] = 0.0
            predicted = of(rest, rng)
            predicted[0] = others(test.actual, rng)[0]
            test.predictions[name] = pd.DataFrame({"predicted": predicted})
    choice = contest._choose("revenue", tests, {"rule": {}, "model": {}}, 200, 0)
    errors = choice.table[choice.table["as_of"] != "pooled"].groupby("candidate")["rmse"].mean()
    assert errors.idxmin() == right
    assert choice.name == "model"  # better for everybody else


def test_pooled_loss_is_the_mean_log_of_the_three_scores():
    tests = two_tests({"a": noisy(0.3), "b": noisy(0.2)})
    by_hand = []
    for test in tests:
        predicted = test.predicted()
        m = value_metrics(test.actual, predicted["a"])
        weights = bounded_weights(list(predicted.values()))
        square = (weights * (test.actual - predicted["a"]) ** 2).mean()
        by_hand.append(np.log([m["tweedie_deviance"] ** 0.5, square**0.5, 1 - m["gini"]]).mean())
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
    assert pooled.loc["rate+own_mean", "loss_ratio"] > 1.2


def test_no_window_ends_in_days_of_which_not_everything_is_known():
    """Rows come 20 days late: the last days look like a slump that is none."""
    shop = read_transactions("sample:cdnow-tenth")
    late, until = 20, date(1998, 3, 31)
    table = shop.table.mutate(known_on=shop.table.booked_on + ibis.interval(days=late))
    past = Past(replace(shop, table=table), until)
    settled = until - timedelta(days=late)
    name = "modified_beta_geo+gamma_gamma_all"
    choice = choose_value(
        past, horizon_days=60, candidates={name: VALUE_CANDIDATES[name]}, n_replicates=2
    )["revenue"]
    judged = choice.table.loc[choice.table["as_of"] != "pooled", "until"]
    assert judged.max() == str(settled)
    assert max(window["until"] for window in choice.level.windows) == str(settled)
    window, _ = past.last_window(60)
    assert window.until == settled
    # what is missing of a window's customers at its cut-off is missing ahead, too
    prompt = choose_value(
        Past(shop, settled), horizon_days=60, candidates={name: VALUE_CANDIDATES[name]},
        n_replicates=2,
    )["revenue"]  # fmt: skip
    assert choice.level.shift > prompt.level.shift
