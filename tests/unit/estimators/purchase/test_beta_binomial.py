"""BG/BB: what it says is what its story says, occasion by occasion."""

from math import comb

import numpy as np
import pandas as pd
import pytest
from scipy.special import beta as beta_function

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.base.artifact import from_files, to_files
from winback.estimators.base.simulation import Draws
from winback.estimators.purchase.beta_binomial import BetaGeoBetaBinomialModel
from winback.estimators.purchase.beta_binomial_likelihood import BetaBinomialLikelihood, log_parts
from winback.estimators.value.customer_value import CustomerValueModel

TRUTH = {"alpha": 0.9, "beta": 6.0, "gamma": 0.7, "delta": 9.0}


def made(**values):
    model = BetaGeoBetaBinomialModel()
    for name, value in (TRUTH | values).items():
        setattr(model, f"{name}_", value)
    model.covariance_ = np.full((4, 4), np.nan)
    return model


def customers(n, seed=0, occasions=30):
    """Live the story: on each occasion leave, or stay and buy, or stay and buy nothing."""
    rng = np.random.default_rng(seed)
    p, theta = rng.beta(0.9, 6.0, n)[:, None], rng.beta(0.7, 9.0, n)[:, None]
    ages = rng.integers(5, occasions + 1, n)
    there = np.cumprod(rng.random((n, occasions)) >= theta, axis=1)
    bought = there * (rng.random((n, occasions)) < p) * (np.arange(occasions) < ages[:, None])
    last = np.where(bought.any(axis=1), occasions - np.argmax(bought[:, ::-1], axis=1), 0)
    return pd.DataFrame({"frequency": bought.sum(axis=1), "recency": last, "T": ages})


def test_the_story_is_found_again():
    model = BetaGeoBetaBinomialModel().fit(customers(30_000))
    assert model.converged_
    assert model.degenerate_ is None
    inside = model.confidence_intervals(0.999)
    for name, value in TRUTH.items():
        assert inside.loc[name, "low"] < value < inside.loc[name, "high"], name


def test_the_likelihood_is_the_sum_over_moments_of_leaving():
    a, b, c, d = TRUTH.values()
    rows = [(0, 0, 0), (0, 0, 7), (2, 3, 9), (5, 9, 9), (3, 3, 40)]
    x, last, n = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    stays, gone = (np.exp(part) for part in log_parts(np.array([a, b, c, d]), x, last, n))
    for i, (xi, ti, ni) in enumerate(rows):
        assert stays[i] == pytest.approx(
            beta_function(a + xi, b + ni - xi) * beta_function(c, d + ni)
        )
        terms = [
            beta_function(a + xi, b + k - xi) * beta_function(c + 1, d + k) for k in range(ti, ni)
        ]
        assert gone[i] == pytest.approx(sum(terms))


def test_every_history_of_a_few_occasions_together_is_certain():
    histories = [(0, 0, 1)] + [
        (x, last, comb(last - 1, x - 1)) for last in range(1, 8) for x in range(1, last + 1)
    ]
    x, last, ways = (np.array(column, dtype=float) for column in zip(*histories, strict=True))
    p = np.array(list(TRUTH.values()))
    each = [
        BetaBinomialLikelihood(x[[i]], last[[i]], np.array([7.0]), np.ones(1)).value(p)
        for i in range(len(x))
    ]
    assert np.exp(each) @ ways == pytest.approx(1.0)


@pytest.mark.parametrize(("gap", "horizon"), [(0, 1), (0, 12), (3, 5)])
def test_chances_and_expectations_are_those_of_simulated_futures(gap, horizon):
    model, n = made(), 4_000
    data = np.array([20.0])
    draws = Draws(random_state=1, frequency=3.0, n_draws=n)
    until = model.draw(draws, data, float(gap + horizon))[0]
    before = model.draw(draws, data, float(gap))[0]
    buys = model.buys_alive(np.array([3.0]), data, horizon, gap)[0]
    assert (until > before).mean() == pytest.approx(buys, abs=4 * np.sqrt(buys * (1 - buys) / n))
    expected = model.expected_alive(np.array([3.0]), data, np.array([float(gap + horizon)]))[0, 0]
    assert until.mean() == pytest.approx(expected, abs=4 * until.std() / np.sqrt(n))
    assert (until >= before).all()
    assert until.max() <= gap + horizon  # nobody buys more often than there are occasions


@pytest.mark.parametrize("gamma", [1 - 1e-7, 1.0, 1 + 1e-7])
def test_the_expectation_has_no_pole_at_one(gamma):
    data = np.array([5.0]), np.array([30.0]), np.array([10.0, 90.0])
    near = made(gamma=1 + 1e-4).expected_alive(*data)
    assert made(gamma=gamma).expected_alive(*data) == pytest.approx(near, rel=1e-3)


def test_without_dropout_everybody_is_there_and_it_is_said():
    rng = np.random.default_rng(1)
    days = rng.random((3000, 40)) < rng.beta(1.0, 5.0, 3000)[:, None]
    last = np.where(days.any(axis=1), 40 - np.argmax(days[:, ::-1], axis=1), 0)
    frame = pd.DataFrame({"frequency": days.sum(axis=1), "recency": last, "T": 40})
    model = BetaGeoBetaBinomialModel().fit(frame)
    assert model.gamma_ == 0
    assert model.degenerate_.code == "fit.no_dropout"
    assert (model.p_alive(frame) == 1).all()
    assert np.isfinite(model.p_purchase(frame, 30)).all()


def test_half_days_and_more_purchases_than_days_are_refused():
    good = customers(200)
    with pytest.raises(ModelError, match="no whole number of occasions"):
        BetaGeoBetaBinomialModel().fit(good.assign(T=good["T"] + 0.5))
    with pytest.raises(ModelError, match="more often than there were occasions"):
        BetaGeoBetaBinomialModel().fit(good.assign(frequency=good["recency"] + 1))
    with pytest.raises(NotEnoughDataError):
        BetaGeoBetaBinomialModel().fit(good.head(3))


def test_it_is_a_value_model_by_name_and_comes_back_from_its_files():
    frame = customers(800).assign(monetary_value=20.0)
    value = CustomerValueModel("beta_binomial", "own_mean", horizon_days=30, n_draws=400)
    value.fit(frame)
    bounds = value.intervals(frame.head(50), levels=(0.8,))
    assert np.isfinite(bounds.to_numpy()).all()
    again = from_files(to_files(value))
    assert again.expected(frame).equals(value.expected(frame))
