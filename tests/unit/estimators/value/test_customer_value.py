from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_checks

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.purchase_rule import PurchaseRule
from winback.estimators.spend.gamma_gamma import GammaGammaModel
from winback.estimators.spend.spend_rule import SpendRule
from winback.estimators.value.customer_value import CustomerValueModel
from winback.estimators.value.named_models import PURCHASE_MODELS, SPEND_MODELS

DATASETS = Path(find_spec("lifetimes").origin).parent / "datasets"
CDNOW = pd.read_csv(DATASETS / "cdnow_customers_summary_with_transactions.csv").rename(
    columns={"ID": "customer_id", "x": "frequency", "t_x": "recency", "zbar": "monetary_value"}
)
CDNOW[["recency", "T"]] *= 7  # days
CDNOW["last_horizon_purchases"] = CDNOW["frequency"] // 2
CDNOW["log_gaps"] = CDNOW["frequency"] * np.log(
    CDNOW["recency"] / CDNOW["frequency"].clip(lower=1) + 1
)

STRESS = pd.DataFrame(
    {
        "frequency": [3000, 221, 254, 0, 0, 1, 7],
        "recency": [700, 103.42857, 97.14286, 0, 0, 0, 1],
        "T": [720, 103.57143, 97.28571, 0, 1e6, 0, 1],
        "monetary_value": [1e9, 0.01, 0.0, 0.0, 0.0, 12.0, 3.0],
        "last_horizon_purchases": [3000, 1, 0, 0, 0, 1, 7],
    }
)


@pytest.fixture(scope="module")
def model():
    return CustomerValueModel(horizon_days=273).fit(CDNOW)


@pytest.mark.parametrize("purchases", PURCHASE_MODELS)
@pytest.mark.parametrize("spend", [*SPEND_MODELS, None])
def test_every_pair_predicts_every_row(purchases, spend):
    # whole days of discrete occasions hold a purchase each at most, and a purchase day one
    whole = {"recency": 0, "T": 0} if purchases == "beta_binomial" else {}
    known = CDNOW.round(whole)
    model = CustomerValueModel(purchases, spend, horizon_days=180, n_draws=100).fit(known)
    frame = pd.concat([known.sample(200, random_state=0), STRESS.round(whole)])
    if whole:
        frame = frame[frame["frequency"] <= frame["recency"]]
        frame["T"] = frame["T"].clip(upper=10_000)  # occasions, each of which is work
    for horizon in (None, 0, 3650):
        out = model.predict(frame, horizon)
        assert out.index.equals(frame.index)
        assert np.isfinite(out).all(axis=None)
        assert (out >= 0).all(axis=None)
        interval = model.intervals(frame, horizon)
        assert np.isfinite(interval).all(axis=None)
        for name in ("purchases", "revenue") if spend else ("purchases",):
            order = [f"{name}_{side}" for side in ("low_90", "low_80", "high_80", "high_90")]
            assert (interval[order].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
        if spend is None:
            assert out.columns.tolist() == ["p_alive", "expected_purchases"]
            assert "monetary_value" not in model.input_columns_
        else:
            assert (out["clv_low"] <= out["clv"]).all()
            assert (out["clv"] <= out["clv_high"]).all()
            assert (out["clv"] <= out["revenue"] * (1 + 1e-12)).all()


def test_heuristic_is_rate_times_own_mean():
    model = CustomerValueModel("rate", "own_mean", horizon_days=100, discount_rate=0).fit(CDNOW)
    repeat = CDNOW[(CDNOW["frequency"] > 0) & (CDNOW["monetary_value"] > 0)]
    expected = repeat["frequency"] * repeat["monetary_value"] / repeat["T"] * 100
    np.testing.assert_allclose(model.predict(repeat)["clv"], expected)


def test_the_parts_are_the_models_and_clv_follows(model):
    out = model.predict(CDNOW)
    purchases = BetaGeoModel().fit(CDNOW)
    spend = GammaGammaModel().fit(CDNOW)
    np.testing.assert_allclose(out["expected_purchases"], purchases.expected_purchases(CDNOW, 273))
    np.testing.assert_allclose(out["expected_spend"], spend.expected_spend(CDNOW))
    np.testing.assert_allclose(out["revenue"], out["expected_purchases"] * out["expected_spend"])
    # each purchase day counts (1.1)^(-t/365): between all at once and all at the end
    assert (out["clv"] < out["revenue"]).all()
    assert (out["clv"] > out["revenue"] * 1.1 ** (-273 / 365)).all()
    discounted = purchases.discounted_purchases(CDNOW, 273, rate=np.log(1.1) / 365)
    np.testing.assert_allclose(out["clv"], discounted * out["expected_spend"])


def test_margin_scales_clv_and_its_interval_only(model):
    half = CustomerValueModel(horizon_days=273, margin=0.5).fit(CDNOW).predict(CDNOW)
    whole = model.predict(CDNOW)
    for name in whole.columns:
        share = 0.5 if name.startswith("clv") else 1.0
        np.testing.assert_allclose(half[name], whole[name] * share, rtol=1e-12)


def test_a_customers_interval_is_the_customers_own(model):
    """The same bits alone, in a chunk, in another order, among others."""
    whole = model.predict(CDNOW)
    pd.testing.assert_frame_equal(model.predict(CDNOW.iloc[5:9]), whole.iloc[5:9], check_exact=True)
    pd.testing.assert_frame_equal(
        model.predict(CDNOW.iloc[::-1]), whole.iloc[::-1], check_exact=True
    )
    pd.testing.assert_frame_equal(
        model.predict(pd.concat([STRESS, CDNOW])).iloc[len(STRESS) :], whole, check_exact=True
    )


def test_another_seed_is_another_simulation_of_the_same_model(model):
    other = CustomerValueModel(horizon_days=273, random_state=1).fit(CDNOW).predict(CDNOW)
    same = model.predict(CDNOW)
    assert (other["clv"] == same["clv"]).all()
    assert (other["clv_high"] != same["clv_high"]).any()
    assert other["clv_high"].sum() == pytest.approx(same["clv_high"].sum(), rel=0.1)


def test_small_blocks_change_nothing(model, monkeypatch):
    before = model.predict(CDNOW.head(300))
    monkeypatch.setattr("winback.estimators.base.simulation.BLOCK_CELLS", 3_000)
    pd.testing.assert_frame_equal(model.predict(CDNOW.head(300)), before, check_exact=True)


def test_models_may_be_given_as_objects():
    parts = CustomerValueModel(PurchaseRule("zero"), SpendRule("pooled_mean")).fit(CDNOW)
    assert (parts.predict(CDNOW)["clv"] == 0).all()
    assert not hasattr(parts.purchase_model, "n_")  # the given object is cloned, not fitted


def test_what_a_registered_model_offers(model):
    example = CustomerValueModel.input_example()
    assert set(model.input_columns_) == {"frequency", "recency", "T", "monetary_value"}
    assert set(model.input_columns_) <= set(example.columns)
    pd.testing.assert_frame_equal(model.predict_frame(example), model.predict(example))
    assert model.predict(CDNOW.head(0)).empty
    assert "CustomerValueModel" in model._repr_html_()


@pytest.mark.parametrize(
    "wrong",
    [
        {"margin": 1.5},
        {"margin": -0.1},
        {"margin": float("nan")},
        {"discount_rate": -0.1},
        {"horizon_days": 0},
        {"n_draws": 10},
        {"random_state": -1},
        {"purchase_model": "beta_geometric"},
        {"spend_model": "gamma"},
    ],
)
def test_wrong_parameters_are_named(wrong):
    with pytest.raises(ModelError):
        CustomerValueModel(**wrong).fit(CDNOW)


def test_refusals(model):
    with pytest.raises(NotFittedError):
        CustomerValueModel().predict(CDNOW)
    with pytest.raises(ModelError, match="horizon_days"):
        model.predict(CDNOW, -5)
    with pytest.raises(ModelError, match="level"):
        model.intervals(CDNOW, levels=(80,))
    with pytest.raises(ModelError, match="no column 'monetary_value'"):
        model.predict(CDNOW.drop(columns="monetary_value"))
    with pytest.raises(NotEnoughDataError, match="at least 20"):
        CustomerValueModel().fit(CDNOW.head(12))


@pytest.mark.parametrize(
    "kind", [BetaGeoModel, GammaGammaModel, PurchaseRule, SpendRule, CustomerValueModel]
)
def test_scikit_learns_own_checks(kind):
    for check in (
        estimator_checks.check_estimator_repr,
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
    ):
        check(kind.__name__, kind())
    estimator = kind()
    before = CDNOW.copy()
    assert estimator.fit(CDNOW) is estimator
    pd.testing.assert_frame_equal(CDNOW, before)  # the input is left alone
    learned = {name for name in vars(estimator) if name not in estimator.get_params()}
    assert all(name.endswith("_") for name in learned)
    again = clone(estimator).fit(CDNOW)
    assert not (set(vars(clone(estimator))) & learned)
    for name in learned:
        if isinstance(getattr(estimator, name), float | str | None):
            assert getattr(again, name) == getattr(estimator, name)
