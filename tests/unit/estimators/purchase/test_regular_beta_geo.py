"""MBG/CNBD-k: what it says is what its story says, arrival by arrival."""

from math import lgamma

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import betainc, betaln
from scipy.stats import beta, gamma, poisson

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.base.artifact import from_files, to_files
from winback.estimators.base.simulation import Draws
from winback.estimators.purchase.modified_beta_geo import ModifiedBetaGeoModel
from winback.estimators.purchase.purchase_tally import PurchaseTally
from winback.estimators.purchase.regular_beta_geo import RegularBetaGeoModel
from winback.estimators.purchase.regular_expectation import (
    buys_after_gap,
    buys_living,
    expected_living,
)
from winback.estimators.purchase.regular_likelihood import RegularLikelihood
from winback.estimators.value.customer_value import CustomerValueModel

TRUTH = {"r": 1.1, "alpha": 4.0, "a": 0.8, "b": 3.0}


def customers(n, k, seed=0, age=120.0, purchases=80):
    """Live the story: after each purchase leave, or wait for k arrivals."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(TRUTH["r"], 1 / TRUTH["alpha"], n)
    last = rng.geometric(rng.beta(TRUTH["a"], TRUTH["b"], n))  # the first one may be it
    gaps = rng.gamma(k, 1.0, (n, purchases)) / rate[:, None]
    at, ages = gaps.cumsum(axis=1), rng.uniform(age / 3, age, n)
    came = (at <= ages[:, None]) & (np.arange(1, purchases + 1) < last[:, None])
    x = came.sum(axis=1)
    return pd.DataFrame({
        "frequency": x,
        "recency": np.where(came, at, 0.0).max(axis=1),
        "T": ages,
        "log_gaps": np.where(came, np.log(gaps), 0.0).sum(axis=1),
    })  # fmt: skip


@pytest.fixture(scope="module")
def regular():
    return customers(20_000, 3)


@pytest.fixture(scope="module")
def model(regular):
    return RegularBetaGeoModel().fit(regular)


def test_the_story_is_found_again(model):
    assert model.k_ == 3
    assert model.converged_
    assert model.degenerate_ is None
    assert model.n_parameters_ == 5
    inside = model.confidence_intervals(0.999)
    for name, value in TRUTH.items():
        assert inside.loc[name, "low"] < value < inside.loc[name, "high"], name


def test_purchases_by_chance_have_no_regularity():
    assert RegularBetaGeoModel().fit(customers(4_000, 1)).k_ == 1


def test_a_regularity_of_one_is_the_plain_model(regular):
    plain = ModifiedBetaGeoModel().fit(regular)
    one = RegularBetaGeoModel(regularity=1).fit(regular)
    assert one.summary_.equals(plain.summary_)
    assert one.log_likelihood_ == plain.log_likelihood_
    assert one.n_parameters_ == plain.n_parameters_
    assert one.predict(regular, 30).equals(plain.predict(regular, 30))
    new = one.p_purchase_window(regular, 7, 30), one.discounted_purchases(regular, 90, rate=0.001)
    assert new[0].equals(plain.p_purchase_window(regular, 7, 30))
    assert new[1].equals(plain.discounted_purchases(regular, 90, rate=0.001))
    data = {name: regular[name].to_numpy(dtype=float)[:5] for name in one.columns}
    drawn = [m.draw(Draws(1, 3.0, 50), m.exposure(data), 40.0) for m in (plain, one)]
    assert (drawn[0] == drawn[1]).all()


@pytest.mark.parametrize("k", [2, 4])
@pytest.mark.parametrize(("gaps", "age"), [((), 9.0), ((3.0, 8.5), 14.0), ((1.0, 2.0, 1.5), 4.5)])
def test_the_likelihood_is_the_integral_over_rates_and_chances(k, gaps, age):
    """Independent of every formula: densities of Erlang gaps, averaged by quadrature."""
    r, alpha, a, b = TRUTH.values()
    x, last = len(gaps), sum(gaps)

    def bought(rate):
        return np.prod([gamma.pdf(gap, k, scale=1 / rate) for gap in gaps])

    def over_rates(f):
        return quad(lambda v: f(v) * gamma.pdf(v, r, scale=1 / alpha), 0, 12, limit=400)[0]

    def over_chances(f):
        return quad(lambda p: f(p) * beta.pdf(p, a, b), 0, 1, limit=400)[0]

    silent = over_rates(lambda v: bought(v) * poisson.cdf(k - 1, v * (age - last)))
    stays = over_chances(lambda p: (1 - p) ** (x + 1)) * silent
    gone = over_chances(lambda p: p * (1 - p) ** x) * over_rates(bought)
    tally = PurchaseTally(*(np.array([value]) for value in (float(x), last, age, 1.0)))
    of = RegularLikelihood(tally, k)(np.array([r, alpha / tally.unit, a, b]), False)[0]
    constant = (k - 1) * sum(np.log(gap) for gap in gaps) - x * lgamma(k)
    found = of + constant - k * x * np.log(tally.unit)
    assert found == pytest.approx(np.log(stays + gone), rel=1e-6)
    told = RegularBetaGeoModel(regularity=k)
    told.k_, told.r_, told.alpha_, told.a_, told.b_ = k, r, alpha, a, b
    frame = pd.DataFrame({"frequency": [x], "recency": [last], "T": [age]})
    assert told.p_alive(frame).iloc[0] == pytest.approx(stays / (stays + gone), rel=1e-6)


@pytest.mark.parametrize("n_parameters", [2, 4])
def test_derivatives_are_those_of_differences(regular, n_parameters):
    few = regular.head(300)
    tally = PurchaseTally.of_customers(few["frequency"], few["recency"], few["T"], None)
    of, p = RegularLikelihood(tally, 3), np.array([0.9, 0.2, 0.7, 2.5])[:n_parameters]
    _, slope, bend = of(p, True)
    step = 1e-5
    ways = np.eye(n_parameters) * step
    up, down = ([of(p + sign * way, True) for way in ways] for sign in (1, -1))
    values = [(high[0] - low[0]) / (2 * step) for high, low in zip(up, down, strict=True)]
    assert slope == pytest.approx(values, rel=1e-6, abs=1e-4)
    curves = [(high[1] - low[1]) / (2 * step) for high, low in zip(up, down, strict=True)]
    assert bend == pytest.approx(np.array(curves), rel=1e-5, abs=1e-3)


@pytest.mark.parametrize("k", [2, 3, 12])
@pytest.mark.parametrize("h", [0.01, 0.7, 1.9, 30.0])
def test_the_expectation_is_the_sum_over_purchases(k, h):
    """P(the m-th purchase comes in time) P(m - 1 times not left), with no root of one in it."""
    s, a, b = np.array([0.8, 7.0]), 0.6, np.array([3.5, 9.0])
    found = expected_living(k, a, b, s, np.full((2, 1), h))[:, :, 0]
    m = np.arange(1, 20_000 // k)[:, None]
    stays = np.exp(betaln(a, b + m - 1) - betaln(a, b))
    for j in range(k):
        summed = (stays * betainc(k * m - j, s + j, h / (1 + h))).sum(axis=0)
        assert found[j] == pytest.approx(summed, rel=1e-5, abs=1e-9)
    for_ever = expected_living(k, 0.0, b, s, np.full((2, 1), h))[:, :, 0]
    nearly = expected_living(k, 1e-9, b, s, np.full((2, 1), h))[:, :, 0]
    assert for_ever == pytest.approx(nearly, rel=1e-6, abs=1e-9)


def test_chances_after_a_gap_are_those_of_the_story():
    k, n, rng = 3, 400_000, np.random.default_rng(5)
    s, gap, h, a, b = 4.0, 0.6, 0.4, 0.9, 3.0
    told = buys_after_gap(k, (a, np.array([b])), *map(np.array, ([s], [gap], [h])))[:, 0]
    for j in range(k):
        rate, p = rng.gamma(s + j, 1.0, n), rng.beta(a, b, n)
        before = rng.poisson(rate * gap) + j
        there = rng.random(n) < (1 - p) ** (before // k)
        buys = there & (before % k + rng.poisson(rate * h) >= k)
        assert buys.mean() == pytest.approx(told[j], abs=4 * np.sqrt(0.25 / n))
    none = buys_after_gap(k, (a, np.array([b])), *map(np.array, ([s], [0.0], [h])))
    assert none == pytest.approx(buys_living(k, np.array([s]), np.array([h])), rel=1e-9)


def test_simulated_futures_have_the_expected_purchases(model):
    n = 20_000
    frame = pd.DataFrame({"frequency": [3.0, 3.0, 3.0], "recency": [10, 40, 99], "T": [60, 60, 99]})
    data = {name: frame[name].to_numpy(dtype=float) for name in model.columns}
    exposure = model.exposure(data)
    counts = model.draw(Draws(2, 3.0, n), exposure, 45.0)
    expected = model.expected_if_alive(frame, np.array([45.0]))[:, 0]
    assert counts.mean(axis=1) == pytest.approx(expected, abs=4 * counts.std() / np.sqrt(n))
    buys = model.buys_alive(data["frequency"], exposure, 45.0)
    assert (counts > 0).mean(axis=1) == pytest.approx(buys, abs=4 * np.sqrt(0.25 / n))
    near, ahead = model.ahead(exposure, np.full(3, 45.0))
    rough = model.draw(Draws(2, 3.0, n), near, ahead)
    assert rough.mean(axis=1) == pytest.approx(expected, rel=0.03)


def test_extreme_customers_have_finite_predictions(model):
    frame = pd.DataFrame({
        "frequency": [0, 0, 1, 3000, 3000], "recency": [0, 0, 0, 3000, 10],
        "T": [0, 3000, 3000, 3000, 3000],
    })  # fmt: skip
    predicted = model.predict(frame, 365).assign(
        ever=model.discounted_purchases(frame, np.inf, rate=0.0003),
        window=model.p_purchase_window(frame, 30, 90),
    )
    assert np.isfinite(predicted.to_numpy()).all()
    assert (predicted.to_numpy() >= 0).all()
    assert predicted[["p_alive", "p_purchase", "window"]].max().max() <= 1


def test_without_dropout_everybody_is_there_and_it_is_said():
    rng = np.random.default_rng(1)
    gaps = rng.gamma(4, 1.0, (3000, 60)) / rng.gamma(2.0, 0.5, 3000)[:, None]
    at = gaps.cumsum(axis=1)
    came = at <= 30
    frame = pd.DataFrame({
        "frequency": came.sum(axis=1), "recency": np.where(came, at, 0).max(axis=1), "T": 30.0,
        "log_gaps": np.where(came, np.log(gaps), 0).sum(axis=1),
    })  # fmt: skip
    model = RegularBetaGeoModel().fit(frame)
    assert (model.k_, model.a_, model.degenerate_.code) == (4, 0, "fit.no_dropout")
    assert (model.p_alive(frame) == 1).all()
    ahead = model.expected_purchases(frame, 30).sum()
    assert ahead == pytest.approx(frame["frequency"].sum(), rel=0.1)
    assert model.discounted_purchases(frame, 30, rate=1e-9).sum() == pytest.approx(ahead, rel=1e-6)


def test_what_it_cannot_fit_is_refused(regular):
    with pytest.raises(ModelError, match="log_gaps"):
        RegularBetaGeoModel().fit(regular.drop(columns="log_gaps"))
    with pytest.raises(ModelError, match="no regularity"):
        RegularBetaGeoModel(regularity=0).fit(regular)
    with pytest.raises(NotEnoughDataError):
        RegularBetaGeoModel().fit(regular.head(3))
    named = RegularBetaGeoModel(regularity=3).fit(regular.drop(columns="log_gaps"))
    with pytest.raises(ModelError, match="no model of regular purchases"):
        named.to_lifetimes()


def test_equal_rows_weigh_as_many(regular):
    twice = pd.concat([regular.head(500)] * 2)
    weighed = regular.head(500).assign(weight=2)
    first, second = (RegularBetaGeoModel(regularity=2).fit(frame) for frame in (twice, weighed))
    assert second.log_likelihood_ == pytest.approx(first.log_likelihood_)
    assert second._estimates() == pytest.approx(first._estimates())


def test_it_is_a_value_model_by_name_and_comes_back_from_its_files(regular):
    frame = regular.head(1500).assign(monetary_value=20.0)
    value = CustomerValueModel("regular_beta_geo", "own_mean", horizon_days=30, n_draws=400)
    value.fit(frame)
    assert np.isfinite(value.intervals(frame.head(50), levels=(0.8,)).to_numpy()).all()
    assert np.isfinite(value.total_interval(frame.head(50)).to_numpy()).all()
    again = from_files(to_files(value))
    assert again.expected(frame).equals(value.expected(frame))
