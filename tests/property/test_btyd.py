"""What theory says of BG/NBD and Gamma-Gamma, whatever the parameters and the customers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winback.estimators.beta_geo import BetaGeoModel
from winback.estimators.customer_value import CustomerValueModel
from winback.estimators.gamma_gamma import GammaGammaModel

TRUTH = {"r": 0.8, "alpha": 30.0, "a": 0.7, "b": 2.0, "p": 5.0, "q": 4.0, "v": 20.0}


def simulate(n, seed, *, horizon=0.0):
    """Draw customers from the models' own story; with what they do in the horizon."""
    rng = np.random.default_rng(seed)
    age = rng.integers(1, 400, n).astype(float)
    rate = rng.gamma(TRUTH["r"], 1 / TRUTH["alpha"], n)
    leaves = rng.beta(TRUTH["a"], TRUTH["b"], n)
    x, last, future, now = (np.zeros(n) for _ in range(4))
    active = np.arange(n)
    while len(active):
        now[active] += rng.exponential(1 / rate[active])
        active = active[now[active] <= age[active] + horizon]
        known = active[now[active] <= age[active]]
        x[known] += 1
        last[known] = now[known]
        future[active[now[active] > age[active]]] += 1
        active = active[rng.random(len(active)) > leaves[active]]
    nu = rng.gamma(TRUTH["q"], 1 / TRUTH["v"], n)
    seen = rng.gamma(TRUTH["p"] * np.maximum(x, 1)) / nu / np.maximum(x, 1)
    revenue = np.where(future > 0, rng.gamma(TRUTH["p"] * np.maximum(future, 1)) / nu, 0.0)
    frame = pd.DataFrame(
        {"frequency": x, "recency": last, "T": age, "monetary_value": np.where(x > 0, seen, 0.0)}
    )
    return frame, future, revenue


@pytest.fixture(scope="module")
def customers():
    return simulate(4_000, seed=3)[0]


def beta_geo(r, alpha, a, b):
    model = BetaGeoModel()
    model.r_, model.alpha_, model.a_, model.b_ = r, alpha, a, b
    return model


positive = st.floats(1e-3, 1e3)
histories = st.lists(
    st.tuples(st.integers(0, 3000), st.floats(0, 1), st.floats(0, 5000)), min_size=1, max_size=5
).map(
    lambda rows: pd.DataFrame(
        [(x, share * age if x else 0.0, age) for x, share, age in rows],
        columns=["frequency", "recency", "T"],
    )
)


@settings(max_examples=100, deadline=None)
@given(
    st.tuples(positive, positive, positive | st.just(1.0), positive), histories, st.floats(0, 2000)
)
def test_predictions_stay_in_range_and_rise_with_the_horizon(parameters, frame, horizon):
    r, alpha, *_ = parameters
    model = beta_geo(*parameters)
    alive = model.p_alive(frame)
    buys = model.p_purchase(frame, horizon)
    expected = model.expected_purchases(frame, horizon)
    assert np.isfinite(expected).all()
    assert alive.between(0, 1).all()
    assert buys.between(0, 1).all()
    assert (buys <= alive).all()
    assert (expected >= buys * (1 - 1e-9)).all()
    assert (expected <= (r + frame["frequency"]) * horizon / (alpha + frame["T"]) + 1e-9).all()
    later = 1.5 * horizon + 1
    assert (model.p_purchase(frame, later) >= buys).all()
    assert (model.expected_purchases(frame, later) >= expected * (1 - 1e-7)).all()
    discounted = model.discounted_purchases(frame, horizon, rate=1e-3)
    assert discounted.between(0, expected * (1 + 1e-9)).all()


def test_longer_silence_means_less_alive():
    frame = pd.DataFrame({"frequency": 4.0, "recency": np.arange(0.0, 101.0), "T": 100.0})
    assert beta_geo(0.3, 10.0, 0.8, 2.4).p_alive(frame).is_monotonic_increasing


def test_a_weight_counts_as_that_many_rows(customers):
    frame = customers.head(1_500)
    twice = pd.concat([frame, frame.head(700)])
    weighted = frame.assign(weight=[2] * 700 + [1] * 800)
    for model in (BetaGeoModel, GammaGammaModel):
        by_rows, by_weight = model().fit(twice), model().fit(weighted)
        assert by_weight.n_ == by_rows.n_
        assert by_weight.log_likelihood_ == pytest.approx(by_rows.log_likelihood_, rel=1e-12)
        np.testing.assert_allclose(by_weight.summary_, by_rows.summary_, rtol=1e-6)


def test_units_do_not_matter(customers):
    weeks = customers.assign(
        recency=customers["recency"] / 7,
        T=customers["T"] / 7,
        monetary_value=customers["monetary_value"] * 100,
    )
    in_days, in_weeks = BetaGeoModel().fit(customers), BetaGeoModel().fit(weeks)
    assert in_weeks.alpha_ == pytest.approx(in_days.alpha_ / 7, rel=1e-8)
    assert (in_weeks.r_, in_weeks.a_, in_weeks.b_) == pytest.approx(
        (in_days.r_, in_days.a_, in_days.b_), rel=1e-8
    )
    np.testing.assert_allclose(
        in_weeks.expected_purchases(weeks, 10), in_days.expected_purchases(customers, 70), rtol=1e-8
    )
    # the density of a time in weeks is seven times that of a time in days
    jacobian = customers["frequency"].sum() * np.log(7)
    assert in_weeks.log_likelihood_ == pytest.approx(in_days.log_likelihood_ + jacobian, rel=1e-12)
    in_pounds, in_pence = GammaGammaModel().fit(customers), GammaGammaModel().fit(weeks)
    assert in_pence.v_ == pytest.approx(in_pounds.v_ * 100, rel=1e-8)
    assert (in_pence.p_, in_pence.q_) == pytest.approx((in_pounds.p_, in_pounds.q_), rel=1e-8)


def test_the_order_of_rows_does_not_matter_to_the_last_bit(customers):
    shuffled = customers.sample(frac=1, random_state=5)
    model = CustomerValueModel(horizon_days=100, n_draws=200)
    first = model.fit(customers).predict(customers)
    again = model.fit(shuffled).predict(shuffled)
    pd.testing.assert_frame_equal(again.sort_index(), first, check_exact=True)


def test_parameters_are_recovered_within_their_errors():
    misses = 0
    for seed in range(6):
        frame, *_ = simulate(5_000, seed)
        for model in (BetaGeoModel().fit(frame), GammaGammaModel().fit(frame)):
            assert model.converged_
            summary = model.summary_
            truth = np.array([TRUTH[name] for name in summary.index])
            inside = (summary["low_95"] < truth) & (truth < summary["high_95"])
            misses += int((~inside).sum())
    assert misses <= 7  # of 42 at 5%: more than 7 has probability .002


def test_intervals_cover_what_customers_do():
    frame, purchases, revenue = simulate(10_000, seed=11, horizon=180.0)
    model = CustomerValueModel(horizon_days=180).fit(frame)
    interval = model.intervals(frame)
    top = model.predict(frame)["clv"].rank(pct=True) > 0.9
    for name, actual in (("purchases", purchases), ("revenue", revenue)):
        for level in (80, 90):
            low, high = interval[f"{name}_low_{level}"], interval[f"{name}_high_{level}"]
            covered = (low <= actual) & (actual <= high)
            assert covered.mean() >= level / 100 - 0.02
            assert covered[top].mean() >= level / 100 - 0.02
            assert (actual > high).mean() <= (1 - level / 100) / 2 + 0.02
            if name == "revenue":  # no wider than it must be, where counts are not all 0
                assert (actual > high)[top].mean() == pytest.approx((1 - level / 100) / 2, abs=0.02)
