"""The three real models: trained, registered, promoted, loaded by winback and by plain MLflow."""

import os
import time

import numpy as np
import pandas as pd
import pytest

import winback
from winback.estimators.base.artifact import make
from winback.estimators.churn.churn_choice import ContestTerms
from winback.estimators.churn.churn_model import ChurnModel
from winback.estimators.tiers.value_tiers import ValueTiers
from winback.estimators.value.customer_value import CustomerValueModel
from winback.evaluation.churn_contest import choose_churn
from winback.registry import open_store, promote, recipe, training_run
from winback.registry.guard import load_mlflow


def customers(n=400):
    """Return a customer frame with features, outcomes and two snapshots, all invented."""
    rng = np.random.default_rng(7)
    frames = []
    for day in ("2024-01-01", "2024-02-15", "2024-03-31"):
        T = np.floor(rng.uniform(60, 200, n))
        frequency = rng.poisson(rng.gamma(1.0, T / 60)).astype(float)
        recency = np.where(frequency > 0, np.ceil(T * rng.beta(frequency + 1, 1)), 0.0)
        frame = {
            "customer_id": [f"SECRET-{i:04d}" for i in range(n)],
            "as_of": pd.Timestamp(day),
            "frequency": frequency,
            "recency": recency,
            "T": T,
            "monetary_value": np.where(frequency > 0, rng.gamma(4.0, 10.0, n), 0.0),
            "days_since_last": T - recency,
            "overdue_ratio": (T - recency) / ((recency + 60) / (frequency + 1)),
            "last_horizon_purchases": 1.0,
            "churned": (rng.random(n) < 1 / (1 + frequency)).astype(int),
        }
        frames.append(pd.DataFrame(frame))
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def frame():
    return customers()


@pytest.fixture(scope="module")
def fitted(frame):
    newest = frame.tail(400).reset_index(drop=True)
    value = CustomerValueModel(horizon_days=90).fit(newest)
    churn = ChurnModel(30, contest=ContestTerms(min_customers=100, n_bootstrap=20))
    tiers = ValueTiers().fit(newest.assign(clv=value.predict(newest)["clv"]))
    return {"value": value, "churn": choose_churn(churn, frame, frame["churned"]), "tiers": tiers}


@pytest.fixture(scope="module")
def uri(fitted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    uri = f"sqlite:///{folder}/mlflow.db"
    store = open_store(uri)
    start = time.perf_counter()
    with training_run(store, "shop", "key") as training:
        for model, estimator in fitted.items():
            with training.model(model) as run:
                promote(store, run.register(estimator))
    print(f"registered three models in {time.perf_counter() - start:.1f} s")  # noqa: T201
    return uri


@pytest.mark.parametrize("model", ["value", "churn", "tiers"])
def test_a_loaded_model_predicts_bit_for_bit_like_the_fitted_one(model, fitted, frame, uri):
    asked = frame.tail(50).assign(clv=12.5)
    loaded = winback.load(f"shop-{model}@champion", uri)
    expected = fitted[model].predict_frame(asked[loaded.input_columns])
    pd.testing.assert_frame_equal(loaded.predict(asked), expected, check_exact=True)


@pytest.mark.parametrize("model", ["value", "churn", "tiers"])
def test_plain_mlflow_loads_it_with_pickle_forbidden(model, fitted, frame, uri, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    store = open_store(uri)
    place = store.client.get_model_version_download_uri(f"shop-{model}", "1")
    served = load_mlflow().pyfunc.load_model(place)
    asked = frame.tail(50).assign(clv=12.5)[fitted[model].input_columns_].astype(float)
    pd.testing.assert_frame_equal(
        served.predict(asked), fitted[model].predict_frame(asked), check_exact=True
    )
    columns = [column.name for column in served.metadata.signature.outputs]
    assert columns == list(fitted[model].predict_frame(asked).columns)


@pytest.mark.parametrize("model", ["value", "churn", "tiers"])
def test_the_recipe_makes_the_same_unfitted_estimator(model, fitted, uri):
    store = open_store(uri)
    again = make(recipe(store, winback.registry.resolve(store, f"shop-{model}@champion")))
    assert again.get_params() == fitted[model].get_params()


def test_artifacts_are_small_and_free_of_customers_and_pickles(uri):
    folder = os.path.dirname(uri.removeprefix("sqlite:///"))  # noqa: PTH120
    size = 0
    for place, _, names in os.walk(f"{folder}/artifacts"):
        for name in names:
            with open(f"{place}/{name}", encoding="utf-8") as file:  # noqa: PTH123
                text = file.read()  # a pickle is not text
            assert "SECRET" not in text, name
            assert folder not in text, name
            size += len(text)
    assert 10_000 < size < 3_000_000
