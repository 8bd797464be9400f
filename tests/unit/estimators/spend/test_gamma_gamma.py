from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.spend.gamma_gamma import GammaGammaModel
from winback.estimators.spend.gamma_gamma_likelihood import SpendTally

DATASETS = Path(find_spec("lifetimes").origin).parent / "datasets"
CDNOW = pd.read_csv(DATASETS / "cdnow_customers_summary_with_transactions.csv").rename(
    columns={"x": "frequency", "zbar": "monetary_value"}
)


@pytest.fixture(scope="module")
def model():
    return GammaGammaModel().fit(CDNOW)


def draw(n, p, q, v, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 6, n)
    nu = rng.gamma(q, 1 / v, n)
    return pd.DataFrame({"frequency": x, "monetary_value": rng.gamma(p * x) / nu / x})


@pytest.mark.parametrize("variance", [0.0, 0.1])
def test_derivatives_agree_with_differences(variance):
    used = CDNOW[(CDNOW["frequency"] > 0) & (CDNOW["monetary_value"] > 0)]
    x, m = used["frequency"].to_numpy(float), used["monetary_value"].to_numpy()
    tally = SpendTally(x, np.log(m / m.mean()), variance * np.ones(len(x)), np.ones(len(x)))
    p = np.array([4.0, 2.5, 0.6])
    _, gradient, hessian = tally.gamma_gamma(p, True)
    for i, step in enumerate(np.eye(3) * 1e-6):
        ahead, behind = tally.gamma_gamma(p + step, False), tally.gamma_gamma(p - step, False)
        assert (ahead[0] - behind[0]) / 2e-6 == pytest.approx(gradient[i], rel=1e-5)
        np.testing.assert_allclose((ahead[1] - behind[1]) / 2e-6, hessian[i], rtol=1e-5)


def test_derivatives_agree_with_automatic_ones():
    """Equation (1a) of Fader & Hardie (2013) as printed, row by row, differentiated by autograd."""
    from autograd import numpy as anp
    from autograd import value_and_grad
    from autograd.scipy.special import gammaln

    used = CDNOW[(CDNOW["frequency"] > 0) & (CDNOW["monetary_value"] > 0)]
    x, m = used["frequency"].to_numpy(float), used["monetary_value"].to_numpy()

    def printed(theta):
        p, q, v = theta
        head = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * anp.log(v)
        middle = (p * x - 1) * anp.log(m) + p * x * anp.log(x)
        return anp.sum(head + middle - (p * x + q) * anp.log(x * m + v))

    tally = SpendTally.of_customers(x, m, None, unit=1.0)
    for point in ([6.25, 3.74, 15.44], [0.8, 1.01, 40.0]):
        value, gradient = value_and_grad(printed)(np.array(point))
        ours, slope, _ = tally.gamma_gamma(np.array(point), False)
        assert ours == pytest.approx(value, rel=1e-11)
        np.testing.assert_allclose(slope, gradient, rtol=1e-8)


def test_spend_is_shrunken_between_own_and_population_mean(model):
    frame = pd.DataFrame(
        {"frequency": [0, 1, 5, 3000, 2], "monetary_value": [0.0, 100.0, 100.0, 100.0, 0.0]}
    )
    once, one, five, many, nothing = model.expected_spend(frame)
    assert once == nothing == pytest.approx(model.population_mean_, rel=1e-12)
    assert once < one < five < many < 100
    assert many == pytest.approx(100, rel=1e-3)


@pytest.mark.parametrize("q", [0.5, 1.0, 1.02])
def test_infinite_mean_spend_is_named_and_answered(q):
    frame = draw(3_000, 4.0, q, 15.0)
    model = GammaGammaModel().fit(frame)
    assert "no usable mean" in str(model.degenerate_)
    np.testing.assert_array_equal(model.expected_spend(frame), frame["monetary_value"])
    new = pd.DataFrame({"frequency": [0.0], "monetary_value": [0.0]})
    pooled = np.average(frame["monetary_value"], weights=frame["frequency"])
    assert model.expected_spend(new).iloc[0] == pytest.approx(pooled)
    assert model.population_mean_ == pytest.approx(pooled)


def test_one_price_for_everybody():
    """No spread at all: the likelihood has no maximum, the prediction is the price."""
    frame = pd.DataFrame({"frequency": [1, 2, 3] * 10, "monetary_value": 9.99})
    new = pd.DataFrame({"frequency": [0.0, 2.0], "monetary_value": [0.0, 9.99]})
    np.testing.assert_allclose(GammaGammaModel().fit(frame).expected_spend(new), 9.99, rtol=1e-3)


def test_no_spread_is_not_blamed_on_the_mean():
    days = np.arange(300) % 5 + 1.0
    frame = pd.DataFrame({"frequency": days, "monetary_value": 10.0})
    model = GammaGammaModel().fit(frame)
    assert str(model.degenerate_) == (
        "Gamma-Gamma has no spread to learn from (all mean amounts are 10), so a customer's own "
        "mean is used, and the pooled mean where there is none"
    )
    np.testing.assert_array_equal(model.expected_spend(frame), frame["monetary_value"])


def test_customers_who_do_not_differ_are_pooled_by_the_limit_of_the_model():
    noise = np.random.default_rng(2).standard_normal(300)
    days = np.arange(300) % 5 + 1.0
    frame = pd.DataFrame({"frequency": days, "monetary_value": 10 + 2 * noise / np.sqrt(days)})
    model = GammaGammaModel().fit(frame)
    assert model.converged_
    assert model.diagnostics_["at_bound"] == ["q"]
    assert "some of the model's parameters open (q = 1e+04" in str(model.degenerate_)
    assert np.isnan(model.summary_.loc["q", "standard_error"])
    np.testing.assert_allclose(model.expected_spend(frame), 10, rtol=0.05)


def test_only_positive_repeat_spend_counts():
    frame = draw(200, 5.0, 4.0, 20.0)
    noise = pd.DataFrame({"frequency": [0, 0, 7], "monetary_value": [0.0, 55.0, 0.0]})
    alone, among = GammaGammaModel().fit(frame), GammaGammaModel().fit(pd.concat([frame, noise]))
    assert among.n_ == alone.n_ == 200
    assert among.log_likelihood_ == alone.log_likelihood_


def test_too_few_spenders_are_counted():
    with pytest.raises(NotEnoughDataError, match="got 14; allowed: at least 15"):
        GammaGammaModel().fit(draw(14, 5.0, 4.0, 20.0))


def test_thinned_climb_reaches_the_same_summit(model, monkeypatch):
    monkeypatch.setattr("winback.estimators.spend.gamma_gamma.THINNED", 200)
    again = GammaGammaModel().fit(CDNOW)
    np.testing.assert_allclose(again.summary_, model.summary_, rtol=1e-6)


def test_cells_of_the_mean_err_by_less_than_stated(monkeypatch):
    rng = np.random.default_rng(3)
    frame = draw(20_000, 6.0, 4.0, 15.0)
    x, m = frame["frequency"].to_numpy(float), frame["monetary_value"].to_numpy()
    weight = rng.integers(0, 3, len(x)).astype(float)
    exact = SpendTally.of_customers(x, m, weight, unit=20.0)
    monkeypatch.setattr("winback.estimators.spend.gamma_gamma_likelihood.MANY", 1)
    cells = SpendTally.of_customers(x, m, weight, unit=20.0)
    assert cells.n == exact.n
    assert len(cells.w) < len(exact.w) / 4
    for p in ([6.0, 4.0, 0.75], [300.0, 90.0, 0.01], [0.5, 1.1, 20.0]):
        off = cells.gamma_gamma(np.array(p), False)[0] - exact.gamma_gamma(np.array(p), False)[0]
        assert abs(off) <= 4.01e-9 * (weight @ (p[0] * x + p[1]))


def test_a_fit_by_cells_is_the_exact_fit(monkeypatch):
    frame = draw(20_000, 6.0, 4.0, 15.0)
    exact = GammaGammaModel().fit(frame)
    monkeypatch.setattr("winback.estimators.spend.gamma_gamma_likelihood.MANY", 1)
    cells = GammaGammaModel().fit(frame)
    assert cells.diagnostics_["distinct_histories"] < 3_000
    np.testing.assert_allclose(cells.summary_, exact.summary_, rtol=1e-5)
    assert cells.log_likelihood_ == pytest.approx(exact.log_likelihood_, rel=1e-9)


def test_all_purchase_days_are_one_more_than_the_repeat_days():
    """Fitted on all days of x, as on repeat days where one more of them is a repeat day."""
    repeat = draw(500, 5.0, 4.0, 20.0)
    every = repeat.rename(columns={"monetary_value": "basket_amount"})
    every["frequency"] -= 1
    on_repeat, on_all = GammaGammaModel().fit(repeat), GammaGammaModel(on="all").fit(every)
    assert (every["frequency"] == 0).any()
    pd.testing.assert_frame_equal(on_all.summary_, on_repeat.summary_, check_exact=True)
    np.testing.assert_array_equal(on_all.expected_spend(every), on_repeat.expected_spend(repeat))
    assert on_all.columns == ("frequency", "basket_amount")
    with pytest.raises(ModelError, match="no column 'basket_amount'"):
        on_all.expected_spend(repeat)
    with pytest.raises(ModelError, match="unknown purchase days"):
        GammaGammaModel(on="first").fit(repeat)


def test_all_purchase_days_fall_back_on_the_mean_of_all(model):
    frame = draw(3_000, 4.0, 0.6, 15.0).rename(columns={"monetary_value": "basket_amount"})
    frame["frequency"] -= 1
    wild = GammaGammaModel(on="all").fit(frame)
    assert "no usable mean" in str(wild.degenerate_)
    np.testing.assert_array_equal(wild.expected_spend(frame), frame["basket_amount"])
    again = GammaGammaModel.from_json(wild.to_json())
    assert again.on == "all"
    np.testing.assert_array_equal(again.expected_spend(frame), wild.expected_spend(frame))


def test_a_table_grouped_by_the_engine_errs_as_stated():
    """Mean amounts rounded on a log scale in steps of d, counted: off by (px+q) d^2/96 each."""
    frame, step = draw(20_000, 6.0, 4.0, 15.0), 0.02
    rounded = np.exp(np.round(np.log(frame["monetary_value"]) / step) * step)
    table = frame.assign(monetary_value=rounded, weight=1.0)
    table = table.groupby(["frequency", "monetary_value"], as_index=False)["weight"].sum()
    exact, model = GammaGammaModel().fit(frame), GammaGammaModel().fit(table)
    assert len(table) < 2_500
    assert model.n_ == exact.n_
    # at the same parameters: what is rounded in the linear terms aside, the curved one is left
    off = float(np.log(frame["monetary_value"] / rounded) @ (model.p_ * frame["frequency"] - 1))
    bound = (model.p_ * frame["frequency"] + model.q_).sum() * step**2 / 96
    assert abs(model.log_likelihood_ - exact.log_likelihood_) < abs(off) + 2 * bound
    np.testing.assert_allclose(model.summary_["estimate"], exact.summary_["estimate"], rtol=2e-3)
