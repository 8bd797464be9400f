"""LightGBM with BTYD features: each snapshot described by what was known then, and no later."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from winback.estimators.base.artifact import from_files, to_files
from winback.estimators.churn.candidates.beta_geo_churn import BetaGeoChurn
from winback.estimators.churn.candidates.boosted_btyd import (
    BTYD_FEATURES,
    BoostedBTYD,
    models_by_day,
)
from winback.estimators.churn.candidates.candidate import snapshot_days
from winback.estimators.churn.churn_choice import ContestTerms
from winback.estimators.churn.churn_model import ChurnModel
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.evaluation.churn_contest import choose_churn

QUICK = ContestTerms(min_customers=100, n_bootstrap=20)
DAYS = [date(2024, 1, 1) + timedelta(days=30 * k) for k in range(4)]


def history(n=400, seed=0):
    """Stack snapshots in which a purchase process drops out."""
    rng = np.random.default_rng(seed)
    frames = []
    for day in DAYS:
        T = np.floor(rng.uniform(60, 200, n))
        frequency = rng.poisson(rng.gamma(1.0, T / 60)).astype(float)
        recency = np.where(frequency > 0, np.ceil(T * rng.beta(frequency + 1, 1)), 0.0)
        frame = pd.DataFrame({"frequency": frequency, "recency": recency, "T": T})
        frame = frame.assign(
            customer_id=[f"c{i:03}" for i in range(n)],
            as_of=day,
            monetary_value=10.0,
            days_since_last=T - recency,
            overdue_ratio=(T - recency) / ((recency + 60.0) / (frequency + 1.0)),
        )
        frame["churned"] = rng.random(n) < 1 / (1 + np.exp(-np.log1p(frame["overdue_ratio"]) + 0.5))
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def data():
    return history()


@pytest.fixture(scope="module")
def models(data):
    return {day: BetaGeoModel().fit(data[data["as_of"] == day]) for day in DAYS}


def test_a_snapshot_is_described_by_its_own_model_or_the_latest_before(data, models):
    days = snapshot_days(data)
    gap = {DAYS[0]: models[DAYS[0]], DAYS[2]: models[DAYS[2]]}
    latest = list(models_by_day(data, days, gap).values())
    assert latest == [models[DAYS[0]], models[DAYS[0]], models[DAYS[2]], models[DAYS[2]]]
    late = {DAYS[2]: models[DAYS[2]]}
    assert list(models_by_day(data, days, late).values())[:2] == [None, None]  # never a later one
    own = list(models_by_day(data, days, None).values())
    assert [m.alpha_ for m in own] == [models[day].alpha_ for day in DAYS]


def test_later_models_change_no_earlier_prediction(data, models):
    """What is planted in a model of the future must not reach evidence of the past."""
    planted = BetaGeoModel().fit(data.assign(recency=data["T"]))
    names = ("base_rate", "lightgbm_btyd")
    honest, altered = (
        choose_churn(
            ChurnModel(30, candidates=names, contest=QUICK),
            data,
            data["churned"],
            models[DAYS[-1]],
            models | {DAYS[-1]: newest},
        )
        for newest in (models[DAYS[-1]], planted)
    )
    before, after = (
        m.evidence_[m.evidence_["snapshot"] < str(DAYS[-1])].reset_index(drop=True)
        for m in (honest, altered)
    )
    assert len(before) == 4  # two candidates on two snapshots
    pd.testing.assert_frame_equal(before, after, check_exact=True)
    assert not honest.evidence_.equals(altered.evidence_)  # the planted one is seen where it counts


def test_it_predicts_with_the_newest_model_and_rises_with_silence(data, models):
    trees = BoostedBTYD(30).knowing(None, models).fit(data, data["churned"])
    assert trees.purchase_model_ is models[DAYS[-1]]
    assert trees.inputs_[-3:] == list(BTYD_FEATURES)
    rows = data.tail(50)
    derived = trees._inputs(rows)[:, -3:]
    silent = BetaGeoChurn.from_purchase_model(models[DAYS[-1]], horizon_days=30)
    np.testing.assert_array_equal(derived[:, 2], silent.churn_probability(rows))
    np.testing.assert_array_equal(derived[:, 0], models[DAYS[-1]].p_alive(rows))
    parts = trees.contributions(rows)
    log_odds = np.log(trees.churn_probability(rows) / (1 - trees.churn_probability(rows)))
    np.testing.assert_allclose(parts.sum(axis=1), log_odds, atol=1e-6)
    other = BoostedBTYD(30).knowing(models[DAYS[0]], models).fit(data, data["churned"])
    assert other.purchase_model_ is models[DAYS[0]]


def test_without_any_purchase_model_the_features_are_missing(data):
    trees = BoostedBTYD(30).knowing(None, {}).fit(data, data["churned"])
    assert np.isnan(trees._inputs(data.head(3))[:, -3:]).all()
    assert ((trees.churn_probability(data) > 0) & (trees.churn_probability(data) < 1)).all()


def test_the_blend_alone_is_the_blend_among_others(data, models):
    settings = {"horizon_days": 30, "contest": replace(QUICK, calibration="none")}
    fits = [
        choose_churn(
            ChurnModel(candidates=names, **settings),
            data,
            data["churned"],
            models[DAYS[-1]],
            models,
        )
        for names in (("blend",), ("logistic", "blend", "lightgbm", "lightgbm_btyd"))
    ]
    alone, among = (m.candidate_probabilities(data)["blend"] for m in fits)
    pd.testing.assert_series_equal(alone, among, check_exact=True)
    loaded = from_files(to_files(fits[0]))
    pd.testing.assert_series_equal(
        loaded.candidate_probabilities(data)["blend"], alone, check_exact=True
    )


def test_parameters_of_the_trees_reach_both_kinds(data):
    tuned = choose_churn(
        ChurnModel(30, lightgbm={"num_leaves": 3, "n_estimators": 7}, contest=QUICK),
        data,
        data["churned"],
    )
    members = [tuned.candidates_["lightgbm"], *tuned.candidates_["blend"].members_[1:]]
    assert all(m.lightgbm["num_leaves"] == 3 and m.n_rounds_ <= 7 for m in members)
    assert from_files(to_files(tuned)).lightgbm == {"num_leaves": 3, "n_estimators": 7}
