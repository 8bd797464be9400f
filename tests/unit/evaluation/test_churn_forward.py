"""Churn's forward tests: what is judged is what would be deployed, on what was known then."""

from copy import copy
from dataclasses import replace
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.estimators.churn.churn_model import ChurnModel
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.evaluation import churn_forward
from winback.evaluation.churn_forward import (
    ChurnData,
    ChurnSettings,
    SnapshotSettings,
    fit_churn,
)
from winback.evaluation.churn_judged import churn_test
from winback.evaluation.description import Description
from winback.evaluation.past import Past
from winback.evaluation.windows import Window
from winback.features.rfm import rfm_summary

WINDOW = Window(date(1998, 3, 31), date(1998, 5, 30))
TWO = {"estimator": "ChurnModel", "params": {"candidates": ("base_rate", "beta_geo")}}


def settings_of(count):
    return ChurnSettings(90, snapshots=SnapshotSettings(count=count, every_days=30))


def active_by(days, shop, count):
    assert days == 90
    return ChurnData(Past(shop, WINDOW.as_of), WINDOW, settings_of(count))


@pytest.fixture(scope="module")
def shop():
    return read_transactions("sample:cdnow-tenth", engine=open_engine())


@pytest.fixture(scope="module")
def data(shop):
    return active_by(90, shop, count=4)


def test_the_evidence_for_beta_geo_is_about_the_model_of_everybody(shop, data):
    newest, second, *_ = data.dates
    assert set(data.purchase_models) == set(data.dates)
    model = fit_churn(TWO, data, WINDOW)
    assert model.evidence_.query("candidate == 'beta_geo'")["snapshot"].tolist() == [
        str(second),
        str(newest),
    ]
    for day in (newest, second):
        rows = shop.table.filter(shop.table.day <= day, shop.table.known_on <= day)
        everybody = rfm_summary(rows.to_pyarrow().to_pandas(), as_of=day)
        bgnbd = BetaGeoModel().fit(everybody)
        active = data.train[data.train["as_of"] == day]
        assert len(active) < 0.8 * len(everybody)
        expected = brier_score_loss(active["churned"], 1 - bgnbd.p_purchase(active, 60))
        shown = model.evidence_.query("candidate == 'beta_geo' and snapshot == @day.isoformat()")
        assert shown["brier"].item() == pytest.approx(expected, abs=1e-9)
        crippled = BetaGeoModel().fit(active)
        worse = brier_score_loss(active["churned"], 1 - crippled.p_purchase(active, 60))
        assert worse > expected + 0.001


def test_the_deployed_purchase_model_is_that_of_all_that_is_known(shop, data):
    past = Past(shop, WINDOW.as_of)
    bgnbd = BetaGeoModel().fit(rfm_summary(past.transactions, as_of=WINDOW.as_of))
    deployed = fit_churn(TWO, data, WINDOW).candidates_["beta_geo"].purchase_model_
    for name in ("r_", "alpha_", "a_", "b_"):
        assert getattr(deployed, name) == pytest.approx(getattr(bgnbd, name), rel=1e-9)
    assert np.isfinite(deployed.log_likelihood_)


def test_nobody_is_described_before_a_forward_test_asks(shop, monkeypatch):
    described, at = [], Description.at
    monkeypatch.setattr(
        Description, "at", lambda *args: described.append(at(*args)) or described[-1]
    )
    data = active_by(90, shop, count=1)
    assert "population" not in vars(data)
    fit_churn(TWO, data, WINDOW)
    assert "population" not in vars(data)
    _ = data.population
    everybody = described[-1].to_pyarrow().to_pandas()
    active = everybody[everybody["days_since_last"] <= 90].sort_values("customer_id")
    assert 0 < len(active) < len(everybody)
    pd.testing.assert_frame_equal(data.population, active.reset_index(drop=True))
    assert data.population is data.population


def test_only_features_of_the_catalogue_are_learned(data):
    labels = data.train["churned"]
    planted = data.train.assign(
        joined_on=labels * 3.0, event_visit_30=0.0, event_visit_days_since=365.0
    )
    other = copy(data)
    other.train = planted
    model = fit_churn(TWO, other, WINDOW)
    learned = set(model.feature_names_in_)
    assert "joined_on" not in learned
    assert {"event_visit_30", "event_visit_days_since", "overdue_ratio", "T"} <= learned
    assert not learned & {"churned", "purchases", "revenue", "last_horizon_purchases"}


def later(shop):
    return Past(shop, date(1998, 6, 30))


def churn_recipe(*candidates, **params):
    return {"estimator": "ChurnModel", "params": {"candidates": candidates, **params}}


def test_recipes_are_fitted_once_and_baselines_read_off_exactly(shop, monkeypatch):
    rivals = ("base_rate", "beta_geo", "logistic", "blend", "lightgbm")
    recipes = {
        "beta_geo": churn_recipe("beta_geo"),
        "blend": churn_recipe("blend"),
        "challenger": churn_recipe(*rivals, horizon_days=30, random_state=5),  # both replaced
        "champion": churn_recipe(*rivals),
        "isotonic": churn_recipe("logistic", calibration="isotonic"),  # nobody's candidate
        "unknown": churn_recipe("lightgbn"),
    }
    fitted = []
    fit = ChurnModel.fit

    def counting(self, *args, **kwargs):
        fitted.append((self.candidates, self.contest.calibration))
        return fit(self, *args, **kwargs)

    monkeypatch.setattr(ChurnModel, "fit", counting)
    together = churn_forward.churn_forward(later(shop), recipes, WINDOW, settings_of(3))
    assert sorted(fitted) == sorted(
        [(rivals, "auto"), (("logistic",), "isotonic"), (("lightgbn",), "auto")]
    )
    assert list(together.predictions) == [name for name in recipes if name != "unknown"]
    assert set(together.failed) == {"unknown"}
    assert together.predictions["challenger"].equals(together.predictions["champion"])
    for name in ("beta_geo", "blend", "challenger"):
        one = {name: recipes[name]}
        alone = churn_forward.churn_forward(later(shop), one, WINDOW, settings_of(3))
        assert alone.predicted()[name].tolist() == together.predicted()[name].tolist()


def test_what_was_judged_already_is_not_fitted_again(shop, monkeypatch):
    recipe = churn_recipe("base_rate", "beta_geo", "logistic")
    past, settings = later(shop), settings_of(3)
    judged, _, _ = churn_test(past, WINDOW, recipe, settings, 0)
    recipes = {"challenger": recipe, "logistic": churn_recipe("logistic")}
    fresh = churn_forward.churn_forward(later(shop), recipes, WINDOW, settings)
    monkeypatch.setattr(churn_forward, "training_table", None)
    again = churn_forward.churn_forward(past, recipes, WINDOW, settings)
    assert list(again.customers) == list(fresh.customers)
    assert list(again.actual) == list(fresh.actual)
    for name in recipes:
        assert list(again.predicted()[name]) == list(fresh.predicted()[name])
    assert list(again.predicted()["logistic"]) == list(judged.predicted()["logistic"])
    next_day = Window(WINDOW.as_of + timedelta(days=1), WINDOW.until + timedelta(days=1))
    with pytest.raises(TypeError):  # other days were not judged
        churn_forward.churn_forward(past, recipes, next_day, settings)


def test_labels_that_are_heard_of_late_are_whole_and_features_are_as_known_then(shop):
    late = 20
    table = shop.table.mutate(known_on=shop.table.booked_on + ibis.interval(days=late))
    past = Past(replace(shop, table=table), WINDOW.as_of)
    assert past.lateness_days == late
    settings = settings_of(3)
    told = ChurnData(past, WINDOW, settings)
    newest = WINDOW.as_of - timedelta(days=late + WINDOW.horizon_days)
    assert max(told.dates) == newest  # of the days since, not everything is heard of
    assert told.train["days_since_last"].min() >= late
    # what is known in good time
    over = newest + timedelta(days=WINDOW.horizon_days)
    prompt = ChurnData(Past(shop, over), WINDOW, settings)
    assert prompt.dates == told.dates
    both = told.train.merge(prompt.train, on=["as_of", "customer_id"])
    assert len(both) > 0.9 * len(told.train)
    assert (both["churned_x"] == both["churned_y"]).all()
    customers = prompt.population["customer_id"]
    ended = Window(newest, over)
    pd.testing.assert_frame_equal(
        past.outcomes(ended, customers), Past(shop, over).outcomes(ended, customers)
    )
