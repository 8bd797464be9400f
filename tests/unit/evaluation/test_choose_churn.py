"""ChurnModel: forward evidence only, one rule for the winner, the same bits after a round trip."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.base import clone

from winback.economics import Economics
from winback.errors import DataError, ModelError, NotEnoughDataError
from winback.estimators.base.artifact import from_files, make, recipe_of, to_files
from winback.estimators.churn.candidates import CANDIDATES, SIMPLE_CANDIDATES
from winback.estimators.churn.churn_choice import ContestTerms
from winback.estimators.churn.churn_model import ChurnModel
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.evaluation.churn_contest import choose_churn
from winback.evaluation.churn_evidence import forward_splits, paired_intervals
from winback.evaluation.forward import same_but_settings
from winback.messages import Message

DATES = ("2024-01-01", "2024-01-31", "2024-03-01", "2024-03-31")


def snapshots(n=600, dates=DATES, seed=0, drift=0.0):
    """Stack snapshots of customers whose churn depends on lateness, frequency and a kink."""
    rng = np.random.default_rng(seed)
    frames = []
    for k, day in enumerate(dates):
        T = np.floor(rng.uniform(60, 200, n))
        frequency = rng.poisson(rng.gamma(1.0, T / 60)).astype(float)
        recency = np.where(frequency > 0, np.ceil(T * rng.beta(frequency + 1, 1)), 0.0)
        silent = T - recency
        overdue = silent / ((recency + 60.0) / (frequency + 1.0))
        logit = -0.5 + 1.2 * np.log1p(overdue) - 0.5 * np.log1p(frequency) + drift * k
        logit += np.where((silent > 40) & (silent < 80), 1.0, -0.3)
        frames.append(
            pd.DataFrame(
                {
                    "customer_id": [f"c{i:04d}" for i in range(n)],
                    "as_of": pd.Timestamp(day),
                    "frequency": frequency,
                    "recency": recency,
                    "T": T,
                    "monetary_value": np.where(frequency > 0, rng.gamma(4.0, 10.0, n), 0.0),
                    "days_since_last": silent,
                    "overdue_ratio": overdue,
                    "noise": rng.normal(size=n),
                    "last_horizon_purchases": 1.0,
                    "churned": (rng.random(n) < expit(logit)).astype(int),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def data():
    return snapshots()


@pytest.fixture(scope="module")
def model(data):
    return choose_churn(ChurnModel(horizon_days=30), data, data["churned"])


def test_labels_and_naive_forecasts_are_no_features(model):
    names = {"frequency", "recency", "T", "monetary_value", "days_since_last", "overdue_ratio"}
    assert set(model.feature_names_in_) == names | {"noise"}
    assert model.input_columns_ == list(model.feature_names_in_)


def test_every_candidate_is_fitted_measured_and_shown(data, model):
    assert list(model.candidates_) == list(CANDIDATES)
    measured = model.evidence_.groupby("candidate")["snapshot"].apply(list)
    assert all(days == list(DATES[1:]) for days in measured)  # the first has no past
    shown = model.candidate_probabilities(data)
    assert list(shown) == list(CANDIDATES)
    assert shown[model.selected_].equals(model.predict_frame(data)["p_churn"].rename(None))
    assert model.contest_["selected"].sum() == 1
    assert model.reasons_.clauses[0].facts["model"] == model.selected_


def test_the_best_of_those_that_earn_enough_wins(data, model):
    table = model.contest_.set_index("candidate")
    assert model.selected_ not in {"base_rate", "recency_rule"}
    assert table.loc[model.selected_, "low"] <= 0
    able = table[(table["low"] <= 0) & (table["profit_high"] >= 0)]
    assert able["levelled_brier"].idxmin() == model.selected_


def test_how_far_the_base_rate_moves_is_told(model):
    moving = snapshots(drift=0.4)
    drifting = choose_churn(
        ChurnModel(horizon_days=30, candidates=("base_rate", "logistic")), moving, moving["churned"]
    )
    assert drifting.base_rate_drift_["sd"] > 0.05 > model.base_rate_drift_["sd"]
    assert drifting.base_rate_drift_["level_error"] > 0.05  # what the past foretold, and what came
    assert str(drifting.base_rate_drift_["message"]) in str(drifting.reasons_)
    assert from_files(to_files(drifting)).base_rate_drift_ == drifting.base_rate_drift_


def test_later_snapshots_never_change_earlier_evidence(data, model):
    late = data["as_of"] == pd.Timestamp(DATES[-1])
    changed = data.copy()
    changed.loc[late, "overdue_ratio"] *= 7
    changed.loc[late, "churned"] = 1 - changed.loc[late, "churned"]
    again = choose_churn(ChurnModel(horizon_days=30), changed, changed["churned"])
    before, after = (
        e[e["snapshot"] != DATES[-1]].reset_index(drop=True)
        for e in (model.evidence_, again.evidence_)
    )
    pd.testing.assert_frame_equal(before, after, check_exact=True)
    assert not model.evidence_.equals(again.evidence_)


def test_a_train_window_never_reaches_into_a_test_window():
    days = np.repeat([0, 30, 60, 90, 120, 150], 2)
    for gap, horizon in ((0, 30), (0, 90), (14, 60)):
        for train, test in forward_splits(days, horizon_days=horizon, gap_days=gap):
            assert days[train].max() + gap + horizon <= days[test].min()
            closed = np.unique(days)[np.unique(days) + gap + horizon <= days[test][0]]
            assert set(days[train]) == set(closed)  # and nothing known is left unused


def test_row_order_and_repetition_do_not_matter(data, model):
    shuffled = data.sample(frac=1.0, random_state=1)
    again = choose_churn(clone(model), shuffled, shuffled["churned"])
    assert again.predict_proba(data).tobytes() == model.predict_proba(data).tobytes()
    assert again.reasons_ == model.reasons_
    pd.testing.assert_frame_equal(again.contest_, model.contest_, check_exact=True)


def test_a_round_trip_keeps_every_bit(data, model):
    files = to_files(model)
    assert set(files) == {"model.json", "trees.txt", "trees-btyd.txt"}
    assert "c0001" not in "".join(files.values())  # no customer data
    json.loads(files["model.json"])
    loaded = from_files(files)
    before, after = (m.candidate_probabilities(data).to_numpy() for m in (model, loaded))
    assert before.tobytes() == after.tobytes()
    assert loaded.contributions(data).equals(model.contributions(data))
    assert loaded.reasons_ == model.reasons_
    pd.testing.assert_frame_equal(loaded.contest_, model.contest_, check_exact=True)
    assert to_files(loaded) == files


def test_contributions_sum_to_the_trees_log_odds(data, model):
    parts = model.contributions(data)
    assert model.explained_by_ == "lightgbm"
    assert list(parts) == [*model.feature_names_in_, "bias"]
    assert parts.index.equals(data.index)
    p = model.candidates_["lightgbm"].churn_probability(data)
    np.testing.assert_allclose(expit(parts.sum(axis=1)), p, atol=1e-9)


def test_below_the_limit_only_the_simple_ones_compete():
    few = snapshots(n=120)
    model = choose_churn(ChurnModel(horizon_days=30), few, few["churned"])
    assert list(model.candidates_) == list(SIMPLE_CANDIDATES)
    assert "needs 500 customers" in str(model.dropped_["lightgbm"])
    parts = model.contributions(few)
    assert model.explained_by_ == "logistic"
    p = model.candidates_["logistic"].churn_probability(few)
    np.testing.assert_allclose(expit(parts.sum(axis=1)), p, atol=1e-9)


def test_one_snapshot_is_judged_by_folds_of_customers_and_says_so():
    one = snapshots(n=300, dates=DATES[:1])
    model = choose_churn(ChurnModel(horizon_days=30), one, one["churned"])
    assert "folds" in str(model.evidence_note_)
    assert "unknown" in str(model.evidence_note_)
    assert model.evidence_["n"].eq(300).all()
    assert model.calibration_ == "none"


def test_a_forced_calibration_is_used(data):
    names = ("base_rate", "recency_rule")
    plain, forced = (
        choose_churn(
            ChurnModel(30, candidates=names, contest=ContestTerms(c)), data, data["churned"]
        )
        for c in ("none", "isotonic")
    )
    assert (plain.calibration_, forced.calibration_) == ("none", "isotonic")
    p, q = (m.candidate_probabilities(data)["recency_rule"] for m in (plain, forced))
    assert not np.allclose(p, q)
    order = np.argsort(p.to_numpy(), kind="stable")
    assert (np.diff(q.to_numpy()[order]) >= 0).all()


def test_a_given_purchase_model_stands_for_itself(data):
    newest = data[data["as_of"] == data["as_of"].max()]
    bgnbd = BetaGeoModel().fit(newest)
    model = ChurnModel(30, candidates=("base_rate", "beta_geo"), contest=ContestTerms("none"))
    choose_churn(model, data, data["churned"], purchase_model=bgnbd)
    shown = model.candidate_probabilities(newest)["beta_geo"]
    np.testing.assert_allclose(shown, 1 - bgnbd.p_purchase(newest, 30), atol=1e-6)
    alone = ChurnModel.from_purchase_model(bgnbd, horizon_days=30, reason=Message.of("a test"))
    np.testing.assert_array_equal(alone.predict_frame(newest)["p_churn"], shown)
    loaded = from_files(to_files(alone))
    assert loaded.predict_frame(newest).equals(alone.predict_frame(newest))
    assert alone.explained_by_ is None
    with pytest.raises(ModelError, match="explains"):
        alone.contributions(newest)
    assert len(alone.predict_frame(alone.input_example())) == 3


def test_a_snapshot_is_predicted_by_the_purchase_model_of_its_own_date(data):
    days = [date.fromisoformat(day) for day in DATES]
    bgnbd = BetaGeoModel().fit(data)
    model = ChurnModel(horizon_days=30, candidates=("base_rate", "beta_geo"))
    choose_churn(
        model,
        data,
        data["churned"],
        purchase_model=bgnbd,
        purchase_models=dict.fromkeys(days, bgnbd),
    )
    newest = data[data["as_of"] == DATES[-1]]
    shown = model.evidence_.query("candidate == 'beta_geo' and snapshot == @DATES[-1]")
    expected = ((1 - bgnbd.p_purchase(newest, 30) - newest["churned"]) ** 2).mean()
    assert shown["brier"].item() == pytest.approx(expected, abs=1e-9)
    choose_churn(
        model,
        data,
        data["churned"],
        purchase_model=bgnbd,
        purchase_models=dict.fromkeys(days[:-1], bgnbd),
    )
    assert DATES[-1] in str(model.dropped_["beta_geo"])  # not judged by some other model
    assert model.selected_ == "base_rate"


def test_no_row_is_predicted_as_missing_or_certain(data, model):
    odd = pd.concat([data.head(4), data.tail(2)])  # an index of its own
    odd["noise"] = [np.nan, np.inf, -np.inf, 1e300, 0.0, 5.0]
    odd["frequency"] = [0.0, 3000.0, 1.0, 2.0, 0.0, 0.0]
    odd["T"] = [0.0, 1e4, 5.0, 300.0, 0.0, 1e6]
    odd["recency"] = [0.0, 9e3, 5.0, 10.0, 0.0, 0.0]
    odd["overdue_ratio"] = [0.0, 1e9, 0.0, 5.0, 0.0, 1e5]
    shown = model.candidate_probabilities(odd)
    assert shown.index.equals(odd.index)
    assert ((shown > 0) & (shown < 1)).all(axis=None)
    assert len(model.predict_frame(odd.iloc[:0])) == 0
    assert model.predict_frame(model.input_example())["p_churn"].between(0, 1).all()


def test_a_customer_scores_the_same_alone_and_in_a_chunk(data, model):
    whole = model.candidate_probabilities(data.head(20))
    alone = pd.concat([model.candidate_probabilities(data.iloc[[i]]) for i in range(20)])
    pd.testing.assert_frame_equal(whole, alone, check_exact=True)


def test_unreadable_frames_are_named(data, model):
    with pytest.raises(ModelError, match="overdue_ratio"):
        model.predict_frame(data.drop(columns="overdue_ratio"))
    with pytest.raises(ModelError, match="missing"):
        model.predict_frame(data.head(3).assign(overdue_ratio=np.nan))
    with pytest.raises(ModelError, match="not fitted"):
        ChurnModel().predict_frame(data)
    with pytest.raises(ModelError, match="allowed: base_rate"):
        choose_churn(ChurnModel(candidates=("lightgbn",)), data, data["churned"])
    with pytest.raises(ModelError, match="calibration"):
        choose_churn(ChurnModel(contest=ContestTerms("sigmoid")), data, data["churned"])
    with pytest.raises(ModelError, match="as_of"):
        choose_churn(ChurnModel(), data.drop(columns="as_of"), data["churned"])
    with pytest.raises(DataError, match="0 or 1"):
        choose_churn(ChurnModel(), data, data["frequency"])
    twice = pd.concat([data, data.head(1)])
    with pytest.raises(DataError, match="twice"):
        choose_churn(ChurnModel(), twice, twice["churned"])


@pytest.mark.parametrize(("n", "y"), [(600, 1), (600, 0), (40, None)])
def test_too_little_is_refused_with_what_is_needed(n, y):
    few = snapshots(n=n, dates=DATES[:2])
    labels = few["churned"] if y is None else np.full(len(few), y)
    with pytest.raises(NotEnoughDataError, match="at least 50 customers and 20 rows"):
        choose_churn(ChurnModel(), few, labels)


def test_paired_intervals_cover_a_known_difference():
    rng = np.random.default_rng(0)
    customer = np.repeat(np.arange(2000), 3)
    losses = pd.DataFrame({"a": rng.normal(0, 1, 6000)})
    losses["b"] = losses["a"] + 0.1 + rng.normal(0, 1, 2000)[customer]
    interval = paired_intervals(losses, customer, "a", n_bootstrap=400, random_state=0).loc["b"]
    assert interval["low"] < 0.1 < interval["high"]
    # rows of a customer move together: about 2 * 1.96 / sqrt(2000), not / sqrt(6000)
    assert interval["high"] - interval["low"] == pytest.approx(3.92 / np.sqrt(2000), rel=0.15)


def test_terms_are_one_parameter_and_read_where_each_was_one():
    money = Economics(margin=0.3, save_rate=0.2, contact_cost=0.5, offer_cost=2.0)
    terms = ContestTerms("beta", min_customers=100, n_bootstrap=50, economics=money)
    model = ChurnModel(30, contest=terms, lightgbm={"num_leaves": 7, "n_jobs": 2})
    assert clone(model).get_params() == model.get_params()
    assert make(json.loads(json.dumps(recipe_of(model)))).get_params() == model.get_params()
    before = {
        "horizon_days": 30,
        "calibration": "beta",
        "min_customers": 100,
        "n_bootstrap": 50,
        "margin": 0.3,
        "save_rate": 0.2,
        "contact_cost": 0.5,
        "offer_cost": 2.0,
        "lightgbm": {"num_leaves": 7},
        "n_jobs": 2,
    }
    assert make({"estimator": "ChurnModel", "params": before}).get_params() == model.get_params()
    alike = [{"estimator": "ChurnModel", "params": {"margin": m}} for m in (0.3, 0.4)]
    assert same_but_settings(*alike)
    assert not same_but_settings(alike[0], {"estimator": "ChurnModel", "params": before})
