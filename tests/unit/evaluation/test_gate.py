from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.estimators.value.customer_value import CustomerValueModel
from winback.evaluation.churn_forward import ChurnSettings
from winback.evaluation.forward import ForwardTest
from winback.evaluation.gate import BASELINES, GateEvidence, decide, evaluate_recipes
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.evaluation.windows import Window
from winback.messages import Message

WINDOW = Window(date(2024, 1, 1), date(2024, 4, 1))
N = 2000
REFITTED = Message.of("refitted")


def value_evidence(failed=None, **models):
    """Models by name; each a function of (actual, rng)."""
    rng = np.random.default_rng(0)
    actual = rng.gamma(0.3, 30, N) * (rng.random(N) < 0.4)
    return evidence("value", "revenue", actual, models, rng, failed)


def churn_evidence(failed=None, **models):
    rng = np.random.default_rng(1)
    risk = rng.beta(3, 2, N)
    return evidence("churn", "churn", (rng.random(N) < risk) * 1.0, models, rng, failed, risk)


def evidence(kind, target, actual, models, rng, failed, base=None):
    base = actual if base is None else base
    predictions = {name: pd.DataFrame({"predicted": of(base, rng)}) for name, of in models.items()}
    customers = pd.Series([f"c{i}" for i in range(N)])
    failed = {name: Message.of(why) for name, why in (failed or {}).items()}
    test = ForwardTest(WINDOW, target, customers, actual, predictions, failed)
    return GateEvidence(kind, WINDOW, [test], REFITTED, failed)


def noisy(share, spread=2.0):
    def model(y, rng):
        predicted = share * y + (1 - share) * y.mean() + np.abs(rng.normal(0, spread, y.size))
        return predicted * y.mean() / predicted.mean()

    return model


GOOD, POOR = noisy(0.5), noisy(0.1)


def TRUE(p, _):  # noqa: N802 - a model, like GOOD and POOR
    return p


def decision(found, champion="champion", baselines=("rate",), **kwargs):
    return decide(found, challenger="challenger", champion=champion, baselines=baselines, **kwargs)


OLD = Message("gate.aged", name="shop-value/1", days=200, most=90)


def test_a_challenger_of_another_recipe_must_be_shown_to_be_better():
    found = value_evidence(challenger=noisy(0.6), champion=noisy(0.2), rate=POOR)
    result = decision(found)
    assert result.accepted, result.reasons
    assert str(result.reasons[-1]) == "7 checks passed, against the champion, own rate so far"
    assert "has to be shown to be better" in str(result.reasons[1])
    first = result.checks.iloc[0]
    assert first["metric"] == "tweedie_deviance"
    assert first["high"] < 0
    alike = decision(value_evidence(challenger=GOOD, champion=GOOD, rate=POOR))
    assert not alike.accepted
    assert not alike.checks["passed"].iloc[0]


def test_against_an_old_champion_it_must_only_not_be_worse():
    alike = value_evidence(challenger=GOOD, champion=GOOD, rate=POOR)
    result = decision(alike, overdue=OLD)
    assert result.accepted, result.reasons
    assert "must be shown to be better to stay" in str(result.reasons[1])
    worse = decision(
        value_evidence(challenger=noisy(0.4), champion=noisy(0.6), rate=POOR), overdue=OLD
    )
    assert not worse.accepted


def test_a_champion_whose_total_has_drifted_off_must_be_shown_to_be_better_to_stay():
    low = lambda y, rng: 0.6 * GOOD(y, rng)  # noqa: E731 - a model
    near = lambda y, rng: 0.8 * GOOD(y, rng)  # noqa: E731
    result = decision(value_evidence(challenger=near, champion=low, rate=POOR))
    assert any("of what came" in str(reason) for reason in result.reasons)
    assert not any(
        "of what came" in str(reason)
        for reason in decision(value_evidence(challenger=low, champion=near, rate=POOR)).reasons
    )


def mean_evidence(seed, **models):
    """Models as functions of the true mean, of skewed revenue that is mostly 0."""
    rng = np.random.default_rng(seed)
    mean = rng.gamma(0.5, 20.0, N)
    actual = rng.poisson(mean / 10) * rng.gamma(2.0, 5.0, N)
    return evidence("value", "revenue", actual, models, rng, None, mean)


def test_a_challenger_at_the_true_mean_gets_in_and_one_far_below_it_does_not():
    def at(share):
        return lambda mean, _: share * mean

    for seed in range(5):
        models = {"rate": lambda mean, _: 0 * mean + mean.mean()}
        up = mean_evidence(seed, challenger=at(1.0), champion=at(0.9), **models)
        assert decision(up, overdue=OLD).accepted, seed
        down = mean_evidence(seed, challenger=at(0.7), champion=at(1.0), **models)
        assert not decision(down, overdue=OLD).accepted, seed


def test_a_worse_challenger_is_refused_with_its_numbers():
    result = decision(value_evidence(challenger=POOR, champion=GOOD, rate=POOR))
    assert not result.accepted
    refused = [str(reason) for reason in result.reasons if str(reason).endswith("worse")]
    assert refused
    assert refused[0].startswith("Revenue: Tweedie deviance ")
    assert " of the champion, loss +" in refused[0]


def test_a_challenger_must_hold_its_own_against_every_baseline():
    result = decision(value_evidence(challenger=POOR, champion=POOR, rate=GOOD))
    assert not result.accepted
    assert any(" of own rate so far, loss +" in str(reason) for reason in result.reasons)


def test_the_first_model_is_judged_by_the_baselines_alone():
    found = value_evidence(challenger=GOOD, rate=POOR)
    assert decision(found, champion=None).accepted
    beaten = decision(value_evidence(challenger=POOR, rate=GOOD), champion=None)
    assert not beaten.accepted
    assert beaten.beaten_by == ["rate"]


def test_a_difference_that_is_sure_but_of_no_consequence_puts_nobody_out():
    found = value_evidence(
        challenger=lambda y, _: 0.5 * y + 0.51 * y.mean(),
        rate=lambda y, _: 0.5 * y + 0.5 * y.mean(),
    )
    result = decision(found, champion=None)
    change = result.checks.query("metric == 'loss'").iloc[0]
    assert change["low"] > 0  # sure
    assert change["loss_change"] < 0.01
    assert result.accepted


def test_a_total_off_by_more_than_two_is_refused_unless_the_champions_is_no_nearer():
    thrice = lambda y, _: 3 * y  # noqa: E731 - a model
    result = decision(value_evidence(challenger=thrice, rate=thrice), champion=None)
    assert not result.accepted
    assert str(result.reasons[-1]) == (
        "Revenue: Predicted / actual 3 against 0.5 to 2: is not known well enough, or out of bounds"
    )
    same = value_evidence(challenger=thrice, champion=thrice, rate=thrice)
    assert decision(same, overdue=OLD).accepted


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            GateEvidence("value", None, [], Message("window.too_short", days=12)),
            "history of 12 days is too short",
        ),
        (
            value_evidence({"challenger": "too few repeaters"}, champion=GOOD, rate=POOR),
            "challenger could not be fitted: too few repeaters",
        ),
        (value_evidence(champion=GOOD, rate=POOR), "it was not among the recipes"),
        (value_evidence(challenger=GOOD, champion=GOOD), "no baseline of another recipe could"),
        (
            value_evidence(challenger=lambda y, _: y * np.nan, champion=GOOD, rate=POOR),
            "is not known well enough",
        ),
        (
            value_evidence(challenger=GOOD, champion=lambda y, _: y * np.nan, rate=POOR),
            "is not known well enough",
        ),
        (
            churn_evidence(challenger=TRUE, champion=TRUE, rate=lambda p, _: p * np.nan),
            "is not known well enough",
        ),
    ],
)  # fmt: skip
def test_the_gate_fails_closed(found, words):
    result = decision(found)
    assert not result.accepted
    assert any(words in str(reason) for reason in result.reasons)


def test_a_window_in_which_nothing_happened_closes_the_gate():
    found = value_evidence(challenger=GOOD, champion=GOOD, rate=POOR)
    dead = found.tests[0]
    dead = ForwardTest(WINDOW, "revenue", dead.customers, 0 * dead.actual, dead.predictions)
    assert not decision(GateEvidence("value", WINDOW, [dead], REFITTED)).accepted


def test_a_champion_that_cannot_be_refitted_closes_the_gate():
    result = decision(value_evidence({"champion": "needs repeaters"}, challenger=GOOD, rate=POOR))
    assert not result.accepted
    assert [str(reason) for reason in result.reasons[1:]] == [
        "the champion could not be compared: needs repeaters",
        "nobody is promoted over a champion that was not compared",
    ]


def value_recipe(purchase_model, **params):
    return {
        "estimator": "CustomerValueModel",
        "params": {"purchase_model": purchase_model, **params},
    }


def test_nothing_is_compared_with_its_own_recipe():
    found = value_evidence(challenger=GOOD, champion=GOOD, btyd=GOOD, rate=POOR)
    recipes = {
        "challenger": value_recipe("beta_geo", margin=0.5, horizon_days=90),
        "champion": value_recipe("beta_geo", discount_rate=0.2, random_state=7),
        "btyd": VALUE_CANDIDATES["beta_geo+gamma_gamma"],
        "rate": VALUE_CANDIDATES["rate+own_mean"],
    }
    result = decision(replace(found, recipes=recipes), baselines=("btyd", "rate"))
    assert [str(reason) for reason in result.reasons] == [
        "refitted",
        "same recipe as the champion",
        "same recipe as the baseline btyd",
        "2 checks passed, against own rate so far",
    ]
    alone = decision(replace(found, recipes=recipes), baselines=("btyd",))
    assert not alone.accepted
    other = recipes | {"champion": value_recipe("beta_geo", spend_model="own_mean")}
    compared = decision(replace(found, recipes=other), baselines=("rate",))
    assert set(map(str, compared.checks["against"])) == {"champion", "rate", "0.5 to 2"}
    assert not compared.accepted  # another recipe, and no better


def test_churn_is_judged_by_its_probabilities_its_ranking_and_its_calibration():
    guess = lambda p, _: 0 * p + p.mean()  # noqa: E731
    shifted = lambda p, _: np.clip(p + 0.2, 0, 1)  # noqa: E731 - ranks as well, and is not calibrated
    blurred = lambda p, rng: np.clip(p + rng.normal(0, 0.2, p.size), 0.02, 0.98)  # noqa: E731
    assert decision(churn_evidence(challenger=TRUE, champion=blurred, rate=guess)).accepted
    refused = decision(churn_evidence(challenger=shifted, champion=TRUE, rate=guess), overdue=OLD)
    assert not refused.accepted
    failed = refused.checks[~refused.checks["passed"]]
    assert set(failed["metric"]) == {"brier", "log_loss", "ece"}
    assert not decision(churn_evidence(challenger=guess, champion=TRUE, rate=guess)).accepted


def test_who_says_that_there_is_nothing_to_rank_by_is_not_asked_for_a_ranking():
    def guess(p, _):
        return 0 * p + p.mean()

    def weak(p, rng):  # ranks a little, and is sure of it
        spread = 0.02 * (p - p.mean()) + 0.3 * rng.choice([-1, 1], p.size)
        return np.clip(p.mean() + spread, 0.01, 0.99)

    result = decision(churn_evidence(challenger=guess, rate=weak), champion=None)
    assert result.accepted, result.reasons
    assert set(result.checks["metric"]) == {"brier"}


def tiers_decision(rank, champion_rank=None):
    rng = np.random.default_rng(2)
    true = rng.integers(0, 3, N)
    spent = rng.exponential(1 + 10.0 * true)
    ranks = {"challenger": rank(true, rng)}
    if champion_rank is not None:
        ranks["champion"] = champion_rank(true, rng)
    predictions = {name: pd.DataFrame({"predicted": r * 1.0}) for name, r in ranks.items()}
    test = ForwardTest(WINDOW, "tiers", pd.Series(np.arange(N).astype(str)), spent, predictions)
    champion = None if champion_rank is None else "champion"
    return decision(GateEvidence("tiers", WINDOW, [test], REFITTED), champion, baselines=())


def test_tiers_must_order_later_revenue():
    right = lambda true, _: true  # noqa: E731
    upside_down = lambda true, _: 2 - true  # noqa: E731
    swapped = lambda true, _: np.array([1, 0, 2])[true]  # noqa: E731
    one = lambda true, _: 0 * true  # noqa: E731
    assert tiers_decision(right, right).accepted
    assert not tiers_decision(upside_down).accepted
    assert not tiers_decision(swapped).accepted
    assert not tiers_decision(one).accepted
    blind = lambda true, _: np.arange(true.size) % 2  # noqa: E731
    checks = tiers_decision(blind).checks
    assert dict(zip(map(str, checks["metric"]), checks["passed"], strict=True)) == {
        "tiers": True,
        "gini": False,
        "mean of tier 2 from the bottom": True,
    }
    coarse = lambda true, _: (true > 1) * 1  # noqa: E731
    assert tiers_decision(coarse).accepted
    assert not tiers_decision(coarse, right).accepted  # the champion tells more apart


TODAY = date(1998, 6, 30)


@pytest.fixture(scope="module")
def tenth():
    return read_transactions("sample:cdnow-tenth", engine=open_engine())


def test_recipes_are_refitted_before_the_window_they_are_judged_on(tenth, monkeypatch):
    from winback.evaluation import forward

    seen = []
    original = forward.fitted_value

    def spy(then, recipe, window, random_state, frame, *rest):
        seen.append((window, float(frame["T"].max())))
        return original(then, recipe, window, random_state, frame, *rest)

    monkeypatch.setattr(forward, "fitted_value", spy)
    recipes = {"challenger": VALUE_CANDIDATES["beta_geo+gamma_gamma"]} | BASELINES["value"]
    found = evaluate_recipes(Past(tenth, TODAY), recipes, horizon_days=90)
    assert len(seen) == len(recipes) - 1  # the challenger is one of the baselines
    for window, oldest in seen:
        assert (window.as_of, window.until) == (date(1998, 4, 1), date(1998, 6, 30))
        assert oldest == (window.as_of - date(1997, 1, 1)).days
    result = decide(
        found, challenger="challenger", champion=None, baselines=list(BASELINES["value"])
    )
    assert result.accepted, result.reasons
    assert str(result.reasons[0]) == (
        "refitted on data to 1998-04-01 and judged on the 90 days to 1998-06-30"
    )


def test_what_differs_in_settings_alone_is_fitted_once(tenth, monkeypatch):
    from winback.evaluation import forward

    fits = []
    original = forward.fitted_value

    def spy(then, recipe, *rest):
        fits.append(recipe["params"])
        return original(then, recipe, *rest)

    monkeypatch.setattr(forward, "fitted_value", spy)
    monkeypatch.setattr(CustomerValueModel, "caveats_", tuple(map(Message.of, ("one", "two"))))
    recipes = {
        "challenger": value_recipe("rate", margin=0.4, horizon_days=365),
        "zero": value_recipe("zero"),
        "champion": value_recipe("rate", margin=0.2, random_state=5),
        "broken": value_recipe("oracle"),
        "broken too": value_recipe("oracle"),
    }
    found = evaluate_recipes(Past(tenth, TODAY), recipes, horizon_days=90)
    assert [params["purchase_model"] for params in fits] == ["rate", "zero", "oracle"]
    for test in found.tests:
        predicted = test.predicted()
        assert set(predicted) == {"challenger", "champion", "zero"}
        assert (predicted["challenger"] == predicted["champion"]).all()
        assert str(test.caveats["champion"]) == "one; two"
    assert found.failed["broken"] == found.failed["broken too"]


def test_churn_recipes_go_through_on_real_customers(tenth):
    simple = {"estimator": "ChurnModel", "params": {"candidates": ["logistic"]}}
    base = BASELINES["churn"]["base_rate"]
    found = evaluate_recipes(
        Past(tenth, TODAY),
        {"challenger": simple, "base_rate": base},
        horizon_days=90,
        churn=ChurnSettings(365),
    )
    assert found.kind == "churn"
    assert decide(found, challenger="challenger", champion=None, baselines=["base_rate"]).accepted


def test_tiers_are_learned_from_a_value_model_refitted_at_the_same_cut_off(tenth):
    found = evaluate_recipes(
        Past(tenth, TODAY),
        {"challenger": {"estimator": "ValueTiers", "params": {}}},
        horizon_days=90,
        value_recipe=VALUE_CANDIDATES["beta_geo+gamma_gamma"],
    )
    result = decide(found, challenger="challenger", champion=None, baselines=[])
    assert result.accepted, result.reasons
    assert result.metrics["tiers.gini"] > 0.5


def test_recipes_of_two_kinds_or_none_are_an_error(tenth):
    mixed = {"a": {"estimator": "ValueTiers"}, "b": {"estimator": "ChurnModel"}}
    for recipes in (mixed, {}, {"a": {"estimator": "Oracle"}}):
        with pytest.raises(ValueError, match="one known estimator"):
            evaluate_recipes(Past(tenth, TODAY), recipes, horizon_days=90)
