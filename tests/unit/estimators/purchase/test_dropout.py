"""What holds of BG/NBD, MBG/NBD and Pareto/NBD alike."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.base.simulation import Draws
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.beta_geo_likelihood import BetaGeoLikelihood
from winback.estimators.purchase.modified_beta_geo import ModifiedBetaGeoModel
from winback.estimators.purchase.pareto_nbd import ParetoNBDModel
from winback.estimators.purchase.pareto_nbd_likelihood import ParetoNBDLikelihood
from winback.estimators.purchase.purchase_tally import PurchaseTally

DATASETS = Path(find_spec("lifetimes").origin).parent / "datasets"
CDNOW = pd.read_csv(DATASETS / "cdnow_customers_summary.csv")
MODELS = [BetaGeoModel, ModifiedBetaGeoModel, ParetoNBDModel]
LIKELIHOODS = {
    "BG/NBD": lambda tally: BetaGeoLikelihood(tally, first=0),
    "MBG/NBD": lambda tally: BetaGeoLikelihood(tally, first=1),
    "Pareto/NBD": ParetoNBDLikelihood,
}
STRESS = pd.DataFrame(
    {
        "frequency": [3000, 221, 254, 0, 0, 1, 1, 5, 0, 100_000],
        "recency": [700, 103.42857, 97.14286, 0, 0, 0, 1e-9, 0, 0, 1e4],
        "T": [720, 103.57143, 97.28571, 0, 1e6, 0, 1e6, 5000, 1e-12, 1e5],
    }
)

every_model = pytest.mark.parametrize("cls", MODELS)


@pytest.fixture(scope="module")
def fitted():
    return {cls: cls().fit(CDNOW) for cls in MODELS}


def set_to(cls, *values):
    model = cls()
    for name, value in zip(cls.names, values, strict=True):
        setattr(model, f"{name}_", float(value))
    return model


def steady_customers():
    """Nobody drops out: purchases at constant rates to the end."""
    rng = np.random.default_rng(2)
    n = 1_000
    age = rng.integers(50, 350, n).astype(float)
    x = rng.poisson(rng.gamma(0.8, 1 / 40, n) * age)
    last = np.where(x > 0, age * rng.random(n) ** (1 / np.maximum(x, 1)), 0.0)
    return pd.DataFrame({"frequency": x, "recency": last, "T": age})


def tally_of(frame):
    columns = (frame[name].to_numpy(float) for name in ("frequency", "recency", "T"))
    return PurchaseTally.of_customers(*columns, None)


@pytest.mark.parametrize("title", LIKELIHOODS)
@pytest.mark.parametrize("point", [[0.3, 0.2, 0.7, 1.9], [2.0, 1.0, 1.0, 0.3], [8.0, 9.0, 40, 60]])
def test_derivatives_agree_with_differences(title, point):
    likelihood = LIKELIHOODS[title](tally_of(CDNOW))
    p = np.array(point)
    value, gradient, hessian = likelihood(p, True)
    assert likelihood(p, False)[0] == value
    for i, step in enumerate(np.diag(1e-5 * p)):
        change = likelihood(p + step, False)[0] - likelihood(p - step, False)[0]
        assert change / (2 * step[i]) == pytest.approx(
            gradient[i], rel=1e-5, abs=1e-5 * np.abs(gradient).max()
        )
    for i, step in enumerate(np.eye(4) * 1e-6):
        change = likelihood(p + step, False)[1] - likelihood(p - step, False)[1]
        np.testing.assert_allclose(change / 2e-6, hessian[i], rtol=1e-5, atol=1e-2)
    np.testing.assert_array_equal(hessian, hessian.T)


@pytest.mark.parametrize("title", LIKELIHOODS)
def test_derivatives_agree_with_automatic_ones(title):
    """The likelihood as printed, row by row, differentiated by autograd."""
    from autograd import numpy as anp
    from autograd import value_and_grad
    from autograd.scipy.special import betaln, gammaln

    x, tx, T = (CDNOW[name].to_numpy(float) for name in ("frequency", "recency", "T"))
    node, weight = np.polynomial.legendre.leggauss(200)
    y = tx[:, None] + (T - tx)[:, None] * (1 + node) / 2
    first = {"BG/NBD": 0, "MBG/NBD": 1}.get(title)

    def printed(p):
        r, alpha, a, b = p
        rate = gammaln(r + x) - gammaln(r) + r * anp.log(alpha)
        if first is None:  # Pareto/NBD: equation (17) of Fader & Hardie (2005), s = a, beta = b
            stay = (alpha + T) ** -(r + x) * (b + T) ** -a
            density = (alpha + y) ** -(r + x)[:, None] * (b + y) ** -(a + 1)
            gone = a * anp.dot(density, weight) * (T - tx) / 2
            return anp.sum(rate + a * anp.log(b) + anp.log(stay + gone))
        c = x + first
        survived = betaln(a, b + c) - betaln(a, b)
        odds = np.where(c > 0, 1.0, 0.0) * a / (b + c - 1) * (alpha + tx) ** -(r + x)
        return anp.sum(rate + survived + anp.log((alpha + T) ** -(r + x) + odds))

    tally = tally_of(CDNOW)
    unit = np.array([1.0, tally.unit, 1.0, tally.unit if first is None else 1.0])
    for point in ([0.3, 6.0, 0.7, 9.0], [1.5, 20.0, 1.2, 3.3]):
        value, gradient = value_and_grad(printed)(np.array(point))
        ours, slope, _ = LIKELIHOODS[title](tally)(np.array(point) / unit, False)
        assert ours + tally.unit_correction == pytest.approx(value, rel=1e-11)
        np.testing.assert_allclose(slope / unit, gradient, rtol=1e-8)


@every_model
def test_grouped_rows_shuffled_rows_and_thinned_climbs_fit_alike(cls, fitted, monkeypatch):
    model = fitted[cls]
    grouped = CDNOW.groupby(["frequency", "recency", "T"]).size().rename("weight").reset_index()
    again = cls().fit(grouped.sample(frac=1, random_state=1))
    assert again.n_ == model.n_ == 2357
    pd.testing.assert_frame_equal(again.summary_, model.summary_, rtol=1e-9)
    monkeypatch.setattr("winback.estimators.purchase.dropout.THINNED", 300)
    pd.testing.assert_frame_equal(cls().fit(CDNOW).summary_, model.summary_, rtol=1e-7)


@every_model
def test_the_fit_reports_itself(cls, fitted):
    model = fitted[cls]
    assert model.converged_
    assert model.diagnostics_["gradient_norm"] < 1e-9
    assert model.diagnostics_["starts"] == 1
    assert 1 < model.diagnostics_["condition"] < 1e4
    assert model.n_parameters_ == 4
    assert model.aic_ == pytest.approx(8 - 2 * model.log_likelihood_)
    assert model.bic_ == pytest.approx(4 * np.log(2357) - 2 * model.log_likelihood_)
    summary = model.summary_
    assert summary.index.tolist() == list(cls.names)
    narrow, wide = model.confidence_intervals(0.5), model.confidence_intervals(0.95)
    np.testing.assert_allclose(wide["low"], summary["low_95"])
    np.testing.assert_allclose(wide["high"], summary["high_95"])
    assert (narrow["low"] > wide["low"]).all()
    assert (narrow["high"] < wide["high"]).all()
    with pytest.raises(ModelError, match="not a probability"):
        model.confidence_intervals(95)
    html = model._repr_html_()
    for word in (*cls.names, "standard error", "log-likelihood", f"{cls.__name__}()"):
        assert word in html


@every_model
def test_standard_errors_are_those_of_the_inverted_curvature(cls, fitted):
    """Off-diagonals included, by differences of the exact gradient on the natural scale."""
    model = fitted[cls]
    tally = tally_of(CDNOW)
    likelihood = LIKELIHOODS[cls.title](tally)
    scale = np.where(cls.in_time, tally.unit, 1.0)
    p = model._estimates() / scale
    steps = np.diag(1e-5 * p)
    bend = [
        (likelihood(p + step, False)[1] - likelihood(p - step, False)[1]) / (2 * step.sum())
        for step in steps
    ]
    expected = np.linalg.inv(-np.array(bend)) * np.outer(scale, scale)
    np.testing.assert_allclose(model.covariance_, expected, rtol=1e-4)


@every_model
def test_json_brings_back_the_same_bits(cls, fitted):
    model = fitted[cls]
    again = cls.from_json(model.to_json())
    pd.testing.assert_frame_equal(
        again.predict(CDNOW, 39), model.predict(CDNOW, 39), check_exact=True
    )
    assert again.to_json() == model.to_json()
    other = MODELS[MODELS.index(cls) - 1]
    with pytest.raises(ModelError, match="another model"):
        other.from_json(model.to_json())
    with pytest.raises(ModelError, match="damaged"):
        cls.from_json("{")


@every_model
@pytest.mark.parametrize("second", [None, 1 + 1e-12, 1e-5, 1e4])
@pytest.mark.parametrize("horizon", [0, 1e-9, 1, 365, 1e5])
def test_stress_rows_are_answered_with_sense(cls, fitted, second, horizon):
    model = fitted[cls]
    values = model._estimates()
    tried = set_to(cls, *values[:2], second or values[2], values[3])
    table = tried.predict(STRESS, horizon)
    assert np.isfinite(table.to_numpy()).all()
    assert (table >= 0).all(axis=None)
    assert (table[["p_alive", "p_purchase"]] <= 1).all(axis=None)
    assert (table["p_purchase"] <= table["expected_purchases"] * (1 + 1e-7) + 1e-15).all()
    assert table.index.equals(STRESS.index)
    assert tried.p_purchase_window(STRESS, 30, horizon).between(0, 1).all()
    discounted = tried.discounted_purchases(STRESS, horizon, rate=1e-3)
    assert discounted.between(0, table["expected_purchases"] * (1 + 1e-7)).all()


@every_model
def test_no_dropout_is_named_and_answered_by_the_nbd(cls):
    steady = steady_customers()
    model = cls().fit(steady)
    assert "do not identify dropout" in str(model.degenerate_)
    assert "NBD without dropout is used" in model._repr_html_()
    assert model.converged_
    assert model.n_parameters_ == 2
    assert (model.p_alive(steady) == 1).all()
    assert model.summary_["standard_error"].notna().tolist() == [True, True, False, False]
    expected = (model.r_ + steady["frequency"]) * 30 / (model.alpha_ + steady["T"])
    np.testing.assert_allclose(model.expected_purchases(steady, 30), expected, rtol=1e-12)
    window = model.p_purchase_window(steady, 50, 30)
    np.testing.assert_allclose(window, model.p_purchase(steady, 30), rtol=1e-12)
    counts = model.draw(Draws(1, 2.0, 4_000), np.array([90.0]), 60.0)
    mean = (model.r_ + 2) * 60 / (model.alpha_ + 90)
    assert counts.mean() == pytest.approx(mean, rel=0.05)
    back = model.to_lifetimes()
    rfm = steady["frequency"], steady["recency"], steady["T"]
    np.testing.assert_allclose(back.conditional_probability_alive(*rfm), 1.0, atol=1e-8)
    np.testing.assert_allclose(back.predict(30, *rfm), expected, rtol=1e-6)


@every_model
@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"frequency": [1] * 30, "recency": [10.0] * 30, "T": [20.0] * 30}),
        pd.DataFrame({"frequency": [3] * 25, "recency": [20.0] * 25, "T": [20.0] * 25}),
        pd.DataFrame({"frequency": [0, 1] * 20, "recency": [0, 1e-6] * 20, "T": [1e6] * 40}),
        pd.DataFrame({"frequency": [500] * 20, "recency": [1.0] * 20, "T": [1000.0] * 20}),
        pd.DataFrame({"frequency": [1] * 20, "recency": [0.0] * 20, "T": [0.0] * 20}),
        pd.DataFrame({"frequency": [0] * 900 + [1] * 20, "recency": [0] * 900 + [5] * 20, "T": 99}),
        pd.DataFrame(
            {"frequency": [0] * 300 + [40] * 100, "recency": [0] * 300 + [99] * 100}
        ).assign(T=100),
        pd.concat([STRESS] * 10, ignore_index=True),
    ],
    ids=["alike", "to the end", "at once", "early", "ages 0", "mostly once", "two kinds", "stress"],
)
def test_odd_data_end_in_a_named_answer(cls, frame):
    model = cls().fit(frame)
    assert model.converged_
    assert model.degenerate_
    table = model.predict(pd.concat([frame, STRESS]), 30)
    assert np.isfinite(table.to_numpy()).all()
    assert (table >= 0).all(axis=None)


@every_model
def test_twenty_customers_are_enough_for_an_answer(cls):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        age = rng.integers(1, 200, 20).astype(float)
        recency = np.floor(age * rng.random(20))
        x = rng.integers(1, 5, 20)
        frame = pd.DataFrame({"frequency": x, "recency": recency, "T": age})
        model = cls().fit(frame)
        assert model.converged_
        assert np.isfinite(model.predict(frame, 90).to_numpy()).all()
        np.testing.assert_array_equal(
            model.summary_["standard_error"].isna(),
            [name in model.diagnostics_["at_bound"] for name in cls.names]
            if model.n_parameters_ == 4
            else [name in model.diagnostics_["at_bound"] for name in cls.names[:2]] + [True] * 2,
        )


@every_model
def test_one_time_buyers_alone_are_refused_by_name(cls):
    once = pd.DataFrame({"frequency": 0, "recency": 0.0, "T": np.arange(50.0)})
    with pytest.raises(NotEnoughDataError, match=f"to fit {cls.title}: got 0 of 50"):
        cls().fit(once)


@every_model
@pytest.mark.parametrize(("x", "T"), [(0.0, 0.0), (0.0, 39.0), (3.0, 10.0), (40.0, 39.0)])
def test_closed_forms_are_what_the_story_tells(cls, x, T):
    """Purchases of customers who are alive, told one by one; and the simulation's draws."""
    n, gap, horizon = 60_000, 15.0, 39.0
    model = set_to(cls, 0.6, 4.4, 1.2, 3.1)
    rng = np.random.default_rng(int(x + T))
    rate = rng.gamma(0.6 + x, 1 / (4.4 + T), n)
    if cls is ParetoNBDModel:
        life = rng.exponential(1 / rng.gamma(1.2, 1 / (3.1 + T), n))
    else:
        leaves = rng.beta(1.2, 3.1 + cls.first + x, n)
    count, later, now = np.zeros(n), np.zeros(n, dtype=bool), np.zeros(n)
    active = np.arange(n)
    while len(active):
        now[active] += rng.exponential(1 / rate[active])
        active = active[now[active] <= gap + horizon]
        if cls is ParetoNBDModel:
            active = active[now[active] <= life[active]]
        count[active] += now[active] <= horizon
        later[active] |= now[active] > gap
        if cls is not ParetoNBDModel:
            active = active[rng.random(len(active)) > leaves[active]]
    one, ages = np.array([x]), np.array([T])
    error = 4.5 / np.sqrt(n)
    expected = model.expected_alive(one, ages, np.array([horizon]))[0, 0]
    assert count.mean() == pytest.approx(expected, abs=error * count.std())
    buys = model.buys_alive(one, ages, horizon)[0]
    assert (count > 0).mean() == pytest.approx(buys, abs=error / 2)
    after = model.buys_alive(one, ages, horizon, gap)[0]
    assert later.mean() == pytest.approx(after, abs=error / 2)
    draws = model.draw(Draws(5, x, 20_000), ages, horizon)[0]
    assert draws.mean() == pytest.approx(expected, abs=4.5 * draws.std() / np.sqrt(20_000))
    assert (draws > 0).mean() == pytest.approx(buys, abs=0.02)
    assert draws.std() == pytest.approx(count.std(), rel=0.05)


@every_model
def test_new_customers_are_customers_of_age_zero(cls, fitted):
    model = fitted[cls]
    new = pd.DataFrame({"frequency": [0.0], "recency": [0.0], "T": [0.0]})
    row = model.predict(new, 39).iloc[0]
    assert model.expected_purchases_new(39) == row["expected_purchases"] > 0
    assert model.p_purchase_new(39) == row["p_purchase"]
    assert model.discounted_purchases_new(39, rate=0.01) < row["expected_purchases"]
    assert model.discounted_purchases_new(39, rate=0.0) == pytest.approx(row["expected_purchases"])


@every_model
def test_the_scikit_learn_contract(cls, fitted):
    model = fitted[cls]
    fresh = clone(model)
    assert fresh.get_params() == model.get_params() == {}
    for call in (
        lambda: fresh.p_alive(CDNOW),
        lambda: fresh.predict(CDNOW, 9),
        lambda: fresh.expected_purchases_new(9),
        lambda: fresh.summary_,
        lambda: fresh.aic_,
        fresh.to_json,
        fresh.to_lifetimes,
    ):
        with pytest.raises(NotFittedError, match=f"{cls.__name__} is not fitted"):
            call()
    assert fresh.fit(CDNOW) is fresh
    assert fresh.to_json() == model.to_json()
    assert cls.__name__ in fresh.__repr__()
    with pytest.raises(ValueError, match="Invalid parameter"):
        fresh.set_params(nothing=1)
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(ModelError, match="the gap is not a length of time"):
            model.p_purchase_window(CDNOW, wrong, 30)
    assert model.predict(CDNOW.head(0), 30).empty
