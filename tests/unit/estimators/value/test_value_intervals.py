import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from winback.estimators.base.artifact import make
from winback.estimators.value.customer_value import CustomerValueModel
from winback.estimators.value.level_range import NO_LEVEL, LevelRange, with_level_error


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    T = rng.integers(100, 300, 400).astype(float)
    x = rng.poisson(rng.gamma(1.0, 1 / 40, 400) * T).astype(float)
    return pd.DataFrame(
        {
            "frequency": x,
            "recency": np.where(x > 0, T * rng.beta(5, 1, 400), 0).round(),
            "T": T,
            "monetary_value": np.where(x > 0, rng.gamma(8, 5, 400), 0),
        }
    )


@pytest.fixture(scope="module")
def model(frame):
    return CustomerValueModel("pareto_nbd", horizon_days=90).fit(frame)


def test_the_level_widens_intervals_and_moves_no_prediction(frame, model):
    plain = model.intervals(frame)
    point = model.predict(frame)["clv"]
    wide = model.set_params(level=(0.0, 0.3, 0.3)).intervals(frame)
    assert (model.predict(frame)["clv"] == point).all()
    model.set_params(level=NO_LEVEL)
    width = {k: v["revenue_high_80"] - v["revenue_low_80"] for k, v in enumerate((plain, wide))}
    busy = frame["frequency"] > 3
    assert (width[1][busy] > width[0][busy]).mean() > 0.95
    assert (wide["purchases_low_80"] % 1 == 0).mean() > 0.5  # whole, but where the mean is lower


def test_each_end_has_its_own_level_and_a_raised_one_holds_more_who_come_back(frame, model):
    plain = model.intervals(frame, 14)
    raised = model.set_params(level=(0.0, 0.0, 0.5)).intervals(frame, 14)
    lowered = model.set_params(level=(0.0, 0.5, 0.0)).intervals(frame, 14)
    model.set_params(level=NO_LEVEL)
    for side, of in (("low", raised), ("high", lowered)):
        names = [name for name in plain if f"_{side}_" in name]
        pd.testing.assert_frame_equal(of[names], plain[names], check_exact=True)
    unlikely = plain["purchases_high_80"] < 1
    assert (raised["purchases_high_80"] >= 1)[unlikely].any()  # no factor raises a zero
    assert (raised["revenue_high_90"] >= plain["revenue_high_90"]).all()
    assert (lowered["revenue_low_90"] <= plain["revenue_low_90"]).all()


def test_a_sum_is_narrower_than_the_sum_and_not_narrower_than_the_level(frame, model):
    alone = model.total_interval(frame, 0.8).loc["revenue"]
    intervals = model.intervals(frame)
    assert alone["low"] < alone["expected"] < alone["high"]
    assert alone["low"] > 1.5 * intervals["revenue_low_80"].sum()
    assert alone["high"] < 0.8 * intervals["revenue_high_80"].sum()
    level = model.set_params(level=(0.3, 0.0, 0.0)).total_interval(frame, 0.8).loc["revenue"]
    model.set_params(level=NO_LEVEL)
    assert level["high"] / level["low"] > 0.95 * np.exp(2 * 1.2816 * 0.3)


def test_a_sum_spreads_as_independent_customers_do(frame, model):
    """All customers alike: the draws that they share must not make them move together."""
    twins = pd.concat([frame[frame["frequency"] == 2].head(1)] * 400, ignore_index=True)
    one = model.total_interval(twins.head(1), 0.5)
    many = model.total_interval(twins, 0.5)
    shares = (many["high"] - many["low"]) / many["expected"]
    assert one.loc["purchases", "expected"] * 400 == pytest.approx(
        many.loc["purchases", "expected"]
    )
    assert (shares < 0.25).all()
    assert (shares > 0.01).all()


def test_a_faster_pace_is_more_purchases(frame, model):
    n = len(frame)
    ratios = (np.full(n, 2.0), np.full(n, 2.0))
    base, faster = model.intervals(frame), model.intervals(frame, ratios=ratios)
    assert (faster["revenue_high_80"] >= base["revenue_high_80"]).all()
    np.testing.assert_allclose(faster["revenue_low_80"], base["revenue_low_80"])
    doubled = model.total_interval(frame, ratios=ratios)
    once = model.total_interval(frame)
    np.testing.assert_allclose(doubled["expected"], 2 * once["expected"])


def test_what_another_model_drew_is_not_taken(frame):
    """Models come one after the other; the draws of each are its own, refitted in place or not."""
    one = CustomerValueModel("beta_geo", horizon_days=90).fit(frame)
    other = CustomerValueModel("beta_geo", horizon_days=90).fit(frame.head(200))
    first, second = one.intervals(frame), other.intervals(frame)
    assert not first.equals(second)
    pd.testing.assert_frame_equal(one.intervals(frame), first, check_exact=True)
    one.purchase_model_.fit(frame.head(200))
    one.spend_model_.fit(frame.head(200))
    pd.testing.assert_frame_equal(one.intervals(frame), second, check_exact=True)
    more = one.set_params(random_state=1).intervals(frame)
    assert not more.equals(second)


def test_recipes_and_states_of_format_1_name_the_parts_of_the_level(frame, model):
    old = {"purchase_model": "rate", "level_spread": 0.3, "level_high": 0.2}
    assert make({"estimator": "CustomerValueModel", "params": old}).level[:4] == (
        0.3,
        0.0,
        0.2,
        0.0,
    )
    learned = make({"estimator": "LearnedValueModel", "params": {"level_low": 0.1}})
    assert learned.level[:4] == (0.0, 0.1, 0.0, 0.0)
    state, texts = model.to_state()
    params = {name: value for name, value in state["params"].items() if name != "level"}
    again = type(model).from_state({**state, "params": params | {"level_high": 0.5}}, texts)
    raised = clone(model).set_params(level=(0.0, 0.0, 0.5)).fit(frame)
    pd.testing.assert_frame_equal(again.intervals(frame), raised.intervals(frame))


@pytest.mark.parametrize(("chance", "spread"), [(0.02, 0.15), (0.15, 0.15), (0.15, 0.0)])
def test_the_interval_of_a_sum_holds_four_futures_of_five_whichever_of_the_two_prevails(
    chance, spread
):
    rng = np.random.default_rng(0)
    futures = 100 * np.exp(rng.normal(0, spread, 20_000)) * (1 + rng.normal(0, chance, 20_000))
    half = 1.2816 * 100 * chance
    alone = pd.DataFrame(
        {"cumulative": [100.0], "cumulative_low": 100 - half, "cumulative_high": 100 + half}
    )
    told = with_level_error(alone, LevelRange(spread=spread), 0.8).iloc[0]
    within = (futures > told["cumulative_low"]) & (futures < told["cumulative_high"])
    assert 0.785 < within.mean() < 0.815
