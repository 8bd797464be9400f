from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad

from winback.errors import ModelError
from winback.estimators.base.discounting import discount_nodes, discounted_time, kummer_u1
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.beta_geo_expectation import beta_nodes
from winback.estimators.purchase.dropout import DropoutModel
from winback.estimators.purchase.modified_beta_geo import ModifiedBetaGeoModel
from winback.estimators.purchase.pareto_nbd import ParetoNBDModel
from winback.estimators.purchase.purchase_model import PurchaseModel
from winback.estimators.purchase.purchase_rule import PurchaseRule
from winback.estimators.value.customer_value import CustomerValueModel

FRAME = pd.DataFrame(
    {
        "frequency": [0.0, 0.0, 1.0, 10.0, 100.0, 3000.0],
        "recency": [0.0, 0.0, 300.0, 3000.0, 3000.0, 3000.0],
        "T": [0.0, 3000.0, 900.0, 3000.0, 3100.0, 3001.0],
    }
)
TENTH = np.log(1.1) / 365


def of_parameters(model_class, *values):
    model = model_class()
    for name, value in zip(model.names, values, strict=True):
        setattr(model, f"{name}_", value)
    return model


def pareto_of(*values):
    return of_parameters(ParetoNBDModel, *values)


def pareto(s):
    return pareto_of(0.55, 74.0, s, 82.0)


@pytest.mark.parametrize("s", [1e-5, 0.3, 0.606, 0.999999, 1.0, 2.0, 3.7, 300.0])
def test_kummer_s_function_where_scipy_loses_it(s):
    z = np.array([1e-4, 0.01, 0.5, 3.0, 100.0])
    ends = np.minimum(np.log1p(60 / z), 60 / max(s - 1, 1e-9))
    want = [
        quad(lambda y, c=c: np.exp(-c * np.expm1(y) + (1 - s) * y), 0, end, epsabs=0, limit=300)[0]
        for c, end in zip(z, ends, strict=True)
    ]
    np.testing.assert_allclose(kummer_u1(2 - s, z), want, rtol=1e-9)


@pytest.mark.parametrize("s", [0.05, 0.606, 1.0, 4.0])
@pytest.mark.parametrize("rate", [1e-6, TENTH, 0.01, 0.5])
def test_the_quadrature_that_serves_all_models_finds_the_closed_form_of_one(s, rate):
    model = pareto(s)
    exact = model.discounted_purchases(FRAME, np.inf, rate=rate)
    general = DropoutModel.discounted(model, model._read(FRAME), np.inf, rate)
    np.testing.assert_allclose(general, exact, rtol=1e-9)


@pytest.mark.parametrize("model_class", [BetaGeoModel, ModifiedBetaGeoModel])
@pytest.mark.parametrize(("a", "b"), [(0.8, 2.4), (0.1, 3.0), (6.0, 4.0)])
@pytest.mark.parametrize(("years", "rate"), [(50, TENTH), (50, 0.005), (3, 5 * TENTH)])
def test_dropout_after_purchases_is_discounted_to_1e_7(model_class, a, b, years, rate):
    model = of_parameters(model_class, 0.25, 31.0, a, b)
    data, end = model._read(FRAME), 365.0 * years
    got = model.discounted_purchases(FRAME, end, rate=rate)
    node, weight = np.polynomial.legendre.leggauss(40)
    for row, (x, T) in enumerate(zip(data["frequency"], data["T"], strict=True)):
        # given p, purchases come at s/k (1 + p t/k)^-(s+1); panels in ln(1 + t/c)
        s, k = model.r_ + x, model.alpha_ + T
        (p,), (of_p,) = beta_nodes(a, np.array([b + model.first + x]), 300)
        edges = np.linspace(0, np.log1p(end / k * 1e4), 25)
        half = np.diff(edges)[:, None] / 2
        w = (edges[:-1, None] + half * (node + 1)).ravel()
        t, dt = k / 1e4 * np.expm1(w), k / 1e4 * np.exp(w) * (half * weight).ravel()
        density = s / k * np.exp(-(s + 1) * np.log1p(np.outer(t / k, p)) - rate * t[:, None])
        want = dt @ density @ of_p * model.alive(data)[row]
        assert got[row] == pytest.approx(want, rel=1e-7)


@pytest.mark.parametrize(
    "model",
    [
        of_parameters(ModifiedBetaGeoModel, 20.0, 31.0, 100.0, 100.0),
        of_parameters(BetaGeoModel, 20.0, 31.0, 100.0, 0.05),
        of_parameters(ModifiedBetaGeoModel, 20.0, 5.0, 6.0, 0.4),
        pareto_of(0.01, 0.1, 100.0, 100.0),
        pareto_of(0.01, 5.0, 100.0, 100.0),
    ],
)
@pytest.mark.parametrize(("end", "yearly"), [(912, 0.1), (365, 0.25), (30, 3.0)])
def test_short_stretches_are_right_to_1e_4_however_extreme_the_parameters(model, end, yearly):
    rows = pd.concat([FRAME, FRAME.tail(1).assign(frequency=300.0, recency=300.0, T=301.0)])
    rate = np.log1p(yearly) / 365
    got = model.discounted_purchases(rows, end, rate=rate).to_numpy()
    data = model._read(rows)
    for at in (0, 2, 6):
        one = {name: values[[at]] for name, values in data.items()}

        def within(t, one=one):
            return model.expected(one, np.array([t]), np.ones(1))[0]

        edges = np.r_[0.0, np.geomspace(end / 1e3, end, 5)]
        parts = [
            quad(lambda t: np.exp(-rate * t) * within(t), *ends, epsrel=1e-8)[0]
            for ends in pairwise(edges)
        ]
        want = np.exp(-rate * end) * within(end) + rate * sum(parts)
        assert got[at] == pytest.approx(want, rel=1e-4)


def test_without_dropout_and_by_rule_it_is_a_rate_times_discounted_time():
    nbd = of_parameters(BetaGeoModel, 0.25, 31.0, 0.0, 2.0)
    rate = (0.25 + FRAME["frequency"]) / (31.0 + FRAME["T"])
    np.testing.assert_allclose(
        nbd.discounted_purchases(FRAME, np.inf, rate=TENTH), rate / TENTH, rtol=1e-14
    )
    rule = PurchaseRule("rate").fit(FRAME)
    own = FRAME["frequency"] / FRAME["T"].replace(0, 1)
    np.testing.assert_allclose(rule.discounted_purchases(FRAME, np.inf, rate=TENTH), own / TENTH)
    assert discounted_time(3.0, 0.0) == 3.0


@pytest.mark.parametrize("model", [pareto(0.6), of_parameters(BetaGeoModel, 0.25, 31.0, 0.8, 2.4)])
def test_it_rises_with_the_horizon_and_falls_with_the_rate(model):
    ends = [0, 1, 30, 365, 900, 960, 3650, 18250, 1e5, np.inf]  # the rules of quadrature differ
    values = np.array([model.discounted_purchases(FRAME, end, rate=TENTH) for end in ends])
    assert (np.diff(values, axis=0) >= -1e-9 * values[:-1]).all()
    assert np.isfinite(values).all()
    rates = [0.0, 1e-9, 1e-5, TENTH, 0.01, 1.0, 50.0]
    values = np.array([model.discounted_purchases(FRAME, 18250, rate=rate) for rate in rates])
    assert (np.diff(values, axis=0) <= 1e-9 * values[:-1]).all()
    # the limit of no discounting is reached without a jump
    np.testing.assert_allclose(values[1], values[0], rtol=1e-4)


def test_in_days_and_in_weeks_it_is_the_same():
    days, weeks = pareto(0.6), of_parameters(ParetoNBDModel, 0.55, 74.0 / 7, 0.6, 82.0 / 7)
    in_weeks = FRAME.assign(recency=FRAME["recency"] / 7, T=FRAME["T"] / 7)
    for end in (365.0, 18250.0, np.inf):
        np.testing.assert_allclose(
            weeks.discounted_purchases(in_weeks, end / 7, rate=7 * TENTH),
            days.discounted_purchases(FRAME, end, rate=TENTH),
            rtol=1e-10,
        )


@pytest.mark.parametrize(
    ("horizon", "rate"), [(np.inf, 0.0), (-1.0, 0.1), (np.nan, 0.1), (1.0, -0.1), (1.0, np.inf)]
)
def test_what_has_no_value_is_refused(horizon, rate):
    with pytest.raises(ModelError):
        discount_nodes(horizon, rate, 1.0)
    with pytest.raises(ModelError):
        PurchaseRule("zero").fit(FRAME).discounted_purchases(FRAME, horizon, rate=rate)


def test_a_model_of_somebody_else_s_needs_no_more_than_its_expectation():
    class Saturating(PurchaseModel):
        def fit(self, frame, y=None):  # noqa: ARG002
            self.n_ = len(frame)
            return self

        def alive(self, data):
            return np.ones_like(data["T"])

        def exposure(self, data):
            return data["T"]

        def expected_alive(self, frequency, exposure, horizons):  # noqa: ARG002
            return np.ones((len(frequency), 1)) * -np.expm1(-horizons / 100)

        def buys_alive(self, *_):
            raise NotImplementedError

        draw = buys_alive

    got = Saturating().fit(FRAME).discounted_purchases(FRAME, np.inf, rate=0.001)
    np.testing.assert_allclose(got, 0.01 / (0.01 + 0.001), rtol=1e-7)


def customers(n=200):
    rng = np.random.default_rng(2)
    T = rng.integers(30, 700, n).astype(float)
    x = rng.negative_binomial(1, 0.4, n).astype(float)
    recency = np.where(x > 0, np.floor(T * rng.random(n) ** 0.5), 0.0)
    spend = np.where(x > 0, rng.gamma(4, 10, n), 0.0)
    return pd.DataFrame({"frequency": x, "recency": recency, "T": T, "monetary_value": spend})


@pytest.mark.parametrize("discount_rate", [0.0, 0.5])
@pytest.mark.parametrize("purchases", ["beta_geo", "modified_beta_geo", "pareto_nbd", "rate"])
def test_residual_value_holds_the_horizon_s_and_is_finite(purchases, discount_rate):
    frame = customers()
    model = CustomerValueModel(purchases, discount_rate=discount_rate, n_draws=100).fit(frame)
    every = pd.concat([frame, FRAME.assign(monetary_value=10.0)], ignore_index=True)
    residual = model.residual_value(every)
    assert np.isfinite(residual).all()
    for horizon in (30, 20_000):
        assert (model.residual_value(every, horizon) >= model.predict(every, horizon)["clv"]).all()
    half = CustomerValueModel(purchases, discount_rate=discount_rate, margin=0.5, n_draws=100)
    np.testing.assert_allclose(half.fit(frame).residual_value(every), residual / 2, rtol=1e-12)


def test_a_new_customer_is_worth_the_first_order_and_what_follows():
    frame = customers().assign(first_order_revenue=lambda f: 10.0 + f["T"] % 7)
    model = CustomerValueModel(margin=0.4, n_draws=100).fit(frame)
    new = model.value_new_customer(365)
    assert new.first_order == pytest.approx(0.4 * frame["first_order_revenue"].mean())
    nobody = pd.DataFrame(0.0, index=[0], columns=["frequency", "recency", "T", "monetary_value"])
    assert new.repurchase == pytest.approx(model.predict(nobody, 365)["clv"][0])
    assert new.total == new.first_order + new.repurchase
    weighted = CustomerValueModel(margin=0.4, n_draws=100)
    again = weighted.fit(pd.concat([frame, frame]).assign(weight=0.5)).value_new_customer(365)
    assert again.first_order == pytest.approx(new.first_order)
    unknown = CustomerValueModel(margin=0.4, n_draws=100).fit(customers())
    pooled = unknown.spend_model_.expected_spend(nobody)[0]
    assert unknown.value_new_customer(0).total == pytest.approx(0.4 * pooled)
    free = CustomerValueModel(spend_model=None).fit(frame)
    for ask in (free.value_new_customer, lambda: free.residual_value(frame)):
        with pytest.raises(ModelError, match="without amounts"):
            ask()
