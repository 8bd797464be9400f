"""Pareto/NBD with static covariates: everybody's parameters, divided by what is known of one."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import gamma

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.base.artifact import from_files, to_files
from winback.estimators.base.simulation import Draws
from winback.estimators.purchase.covariate_likelihood import CovariateLikelihood
from winback.estimators.purchase.generate import generate_customers
from winback.estimators.purchase.pareto_nbd import ParetoNBDModel
from winback.estimators.purchase.pareto_nbd_covariates import ParetoNBDCovariatesModel
from winback.estimators.value.customer_value import CustomerValueModel

TRUTH = {"r": 0.9, "alpha": 10.0, "s": 0.7, "beta": 15.0}
EFFECTS = {"purchase_flag": 1.7, "purchase_age": 0.98, "dropout_flag": 0.6}
PLAIN = ["frequency", "recency", "T"]


def customers(n, seed=0):
    """Draw customers of whom a flag and a number are known."""
    chance = np.random.default_rng(seed)
    flag, age = chance.integers(0, 2, n), chance.normal(40.0, 10.0, n).round() - 50
    parts = []
    for kind in np.unique(np.column_stack([flag, age]), axis=0):
        here = (flag == kind[0]) & (age == kind[1])
        own = TRUTH | {
            "alpha": TRUTH["alpha"] / (1.7 ** kind[0] * 0.98 ** kind[1]),
            "beta": TRUTH["beta"] / 0.6 ** kind[0],
        }
        seed += 1
        drawn = generate_customers("pareto_nbd", own, 80.0, size=here.sum(), random_state=seed)
        parts.append(drawn.assign(flag=kind[0], age=kind[1]))
    return pd.concat(parts).sample(frac=1, random_state=0, ignore_index=True)


@pytest.fixture(scope="module")
def frame():
    return customers(20_000)


@pytest.fixture(scope="module")
def model(frame):
    return ParetoNBDCovariatesModel(purchase=("flag", "age"), dropout=("flag",)).fit(frame)


def test_the_truth_is_found_again(model):
    assert model.converged_
    assert model.degenerate_ is None
    assert model.n_parameters_ == 7
    inside = model.confidence_intervals(0.999)
    for name, value in (TRUTH | EFFECTS).items():
        assert inside.loc[name, "low"] < value < inside.loc[name, "high"], name


def test_with_no_covariate_it_is_the_plain_model(frame):
    few = frame.head(3000)
    plain, none = ParetoNBDModel().fit(few), ParetoNBDCovariatesModel().fit(few)
    assert none.log_likelihood_ == pytest.approx(plain.log_likelihood_, abs=1e-6)
    assert none.summary_.to_numpy() == pytest.approx(plain.summary_.to_numpy(), rel=1e-4)
    assert none.predict(few, 30).to_numpy() == pytest.approx(
        plain.predict(few, 30).to_numpy(), rel=1e-4
    )


def test_customers_of_one_kind_are_predicted_by_the_plain_model_of_their_own(model, frame):
    kind = frame[(frame["flag"] == 1) & (frame["age"] == -10)].head(40)
    plain = ParetoNBDModel()
    plain.r_, plain.s_ = model.r_, model.s_
    plain.alpha_ = model.alpha_ / (model.purchase_flag_ * model.purchase_age_**-10)
    plain.beta_ = model.beta_ / model.dropout_flag_
    for said in (
        lambda m: m.predict(kind, 45),
        lambda m: m.p_purchase_window(kind, 10, 30),
        lambda m: m.discounted_purchases(kind, 400, rate=0.001),
        lambda m: m.discounted_purchases(kind, np.inf, rate=0.001),
    ):
        assert said(model).to_numpy() == pytest.approx(said(plain).to_numpy(), rel=1e-9)
    data = {name: kind[name].to_numpy(dtype=float) for name in model.columns}
    same = [np.full(2, 3.0), np.full(2, 44.0)]
    draws = Draws(3, 3.0, 400)
    one = model.draw(draws, model.exposure(data)[:2], same[1])
    assert (one == plain.draw(Draws(3, 3.0, 400), plain.exposure(data)[:2], same[1])).all()
    near, time = model.ahead(model.exposure(data)[:2], same[1])
    assert model.draw(draws, near, time).mean() == pytest.approx(one.mean(), rel=0.03)


@pytest.mark.parametrize(("x", "last", "age"), [(0, 0.0, 9.0), (2, 5.0, 14.0), (3, 4.0, 4.0)])
def test_the_likelihood_is_the_integral_over_rates(x, last, age):
    """Independent of every formula: Poisson purchases until an exponential end, averaged."""
    z, effects = np.array([1.0, -0.5]), np.array([1.7, 0.8, 0.6])
    alpha = TRUTH["alpha"] / (1.7 * 0.8**-0.5)
    beta = TRUTH["beta"] / 0.6
    buying = lambda v: gamma.pdf(v, TRUTH["r"], scale=1 / alpha)  # noqa: E731
    leaving = lambda v: gamma.pdf(v, TRUTH["s"], scale=1 / beta)  # noqa: E731

    def bought(until):  # x purchases and none after them, had the end come at `until`
        return quad(lambda v: v**x * np.exp(-v * until) * buying(v), 0, 3, limit=300)[0]

    stays = bought(age) * quad(lambda m: np.exp(-m * age) * leaving(m), 0, 3, limit=300)[0]
    ends = lambda y: quad(lambda m: m * np.exp(-m * y) * leaving(m), 0, 3, limit=300)[0]  # noqa: E731
    gone = quad(lambda y: bought(y) * ends(y), last, age)[0]
    parts = (np.array([value]) for value in (float(x), last, age, 1.0))
    of = CovariateLikelihood(*parts, z[None, :], z[None, :1])
    found, *_ = of(np.r_[list(TRUTH.values()), effects], False)
    assert found == pytest.approx(np.log(stays + gone), rel=1e-6)


@pytest.mark.parametrize("drops", [True, False])
def test_derivatives_are_those_of_differences(frame, drops):
    few = frame.head(200)
    known = few[["flag", "age"]].to_numpy(float) / (1, 10)
    parts = (few[name].to_numpy(float) for name in PLAIN)
    of = CovariateLikelihood(*parts, np.arange(200) % 3 + 1.0, known, known[:, :1])
    p = np.array([0.9, 9.0, 0.6, 14.0, 1.6, 0.9, 0.7])
    p = p if drops else p[[0, 1, 4, 5]]
    said = of if drops else of.no_dropout
    value, slope, bend = said(p, True)
    assert said(p, False)[0] == value
    ways = np.diag(1e-5 * p)
    up, down = ([said(p + sign * way, True) for way in ways] for sign in (1, -1))
    differences = zip(up, down, ways.diagonal(), strict=True)
    pairs = [((a[0] - b[0]) / (2 * h), (a[1] - b[1]) / (2 * h)) for a, b, h in differences]
    values, curves = zip(*pairs, strict=True)
    assert slope == pytest.approx(np.array(values), rel=1e-5, abs=1e-4)
    assert bend == pytest.approx(np.array(curves), rel=1e-4, abs=1e-2)


def test_a_unit_and_a_zero_of_a_covariate_change_nothing_but_their_own(frame, model):
    other = frame.assign(age=frame["age"] * 12 + 500)
    again = ParetoNBDCovariatesModel(purchase=("flag", "age"), dropout=("flag",)).fit(other)
    assert again.log_likelihood_ == pytest.approx(model.log_likelihood_, abs=1e-4)
    assert again.purchase_age_**12 == pytest.approx(model.purchase_age_, rel=1e-4)
    assert again.p_alive(other).to_numpy() == pytest.approx(model.p_alive(frame), rel=1e-3)


def test_where_nobody_leaves_it_says_so_and_covariates_still_tell_rates():
    drawn = []
    for flag, alpha in ((0, 12.0), (1, 6.0)):
        rate = np.random.default_rng(flag).gamma(1.0, 1 / alpha, 3000)
        x = np.random.default_rng(9 + flag).poisson(rate * 50)
        last = 50 * np.random.default_rng(flag).beta(np.maximum(x, 1), 1)
        drawn.append(pd.DataFrame({"frequency": x, "recency": np.where(x, last, 0), "flag": flag}))
    frame = pd.concat(drawn, ignore_index=True).assign(T=50.0)
    model = ParetoNBDCovariatesModel(purchase=("flag",), dropout=("flag",)).fit(frame)
    assert (model.s_, model.degenerate_.code, model.n_parameters_) == (0, "fit.no_dropout", 3)
    assert model.purchase_flag_ == pytest.approx(2.0, rel=0.1)
    assert (model.p_alive(frame) == 1).all()
    ahead = model.expected_purchases(frame, 50)
    assert ahead.sum() == pytest.approx(frame["frequency"].sum(), rel=0.02)
    now = model.discounted_purchases(frame, 50, rate=1e-9)
    assert now.to_numpy() == pytest.approx(ahead.to_numpy(), rel=1e-6)


def test_what_it_cannot_fit_is_refused(frame):
    wanted = ParetoNBDCovariatesModel(purchase=("flag",), dropout=("flag",))
    with pytest.raises(ModelError, match="the same for everybody"):
        wanted.fit(frame.assign(flag=1))
    with pytest.raises(ModelError, match="no column 'flag'"):
        wanted.fit(frame[PLAIN])
    with pytest.raises(ModelError, match="missing"):
        wanted.fit(frame.assign(flag=frame["flag"].where(frame.index > 5)))
    with pytest.raises(NotEnoughDataError):
        wanted.fit(frame.head(3))
    with pytest.raises(ModelError, match="no model with covariates"):
        wanted.fit(frame.head(2000)).to_lifetimes()


def test_many_distinct_customers_are_climbed_from_few_of_them(frame):
    assert len(frame.drop_duplicates([*PLAIN, "flag", "age"])) < 20_000
    more = pd.concat([frame, customers(9_000, seed=900)], ignore_index=True)
    model = ParetoNBDCovariatesModel(purchase=("flag", "age"), dropout=("flag",)).fit(more)
    assert model.converged_
    assert model.purchase_flag_ == pytest.approx(1.7, rel=0.1)


def test_it_serves_a_value_model_and_comes_back_from_its_files(frame):
    few = frame.head(1500).assign(monetary_value=20.0)
    purchases = ParetoNBDCovariatesModel(purchase=("flag", "age"), dropout=("flag",))
    value = CustomerValueModel(purchases, "own_mean", horizon_days=30, n_draws=400).fit(few)
    assert {"flag", "age"} <= set(value.input_columns_)
    assert np.isfinite(value.intervals(few.head(50), levels=(0.8,)).to_numpy()).all()
    assert np.isfinite(value.total_interval(few.head(50)).to_numpy()).all()
    again = from_files(to_files(value))
    assert again.expected(few).equals(value.expected(few))
