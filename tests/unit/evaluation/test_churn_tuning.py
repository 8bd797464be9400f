"""The search for LightGBM's parameters: defaults first, forward evidence, and no luck kept."""

import builtins

import numpy as np
import pandas as pd
import pytest

from winback.errors import UsageError
from winback.estimators.churn.candidates import TUNABLE
from winback.estimators.churn.churn_model import ChurnModel
from winback.evaluation.churn_tuning import as_yaml, tune

DAYS = ("2024-01-01", "2024-01-31", "2024-03-01")
SETTINGS = {"horizon_days": 30}


def history(n=500, *, kinks=0, seed=0):
    """Stack snapshots; with `kinks`, churn depends on features as only fine trees can see."""
    rng = np.random.default_rng(seed)
    frames = []
    for day in DAYS:
        frame = pd.DataFrame(
            {
                "customer_id": [f"c{i:04}" for i in range(n)],
                "as_of": day,
                "overdue_ratio": rng.exponential(1.0, n),
                "count_90": rng.uniform(0, 1, n),
                "amount_90": rng.uniform(0, 1, n),
            }
        )
        logit = 0.3 * frame["overdue_ratio"]
        if kinks:
            board = (frame["count_90"] * kinks).astype(int) + (frame["amount_90"] * kinks).astype(
                int
            )
            logit += np.where(board % 2 == 0, 2.5, -2.5)
        frame["churned"] = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def searched(data, n_trials, **settings):
    features = data.drop(columns="churned")
    return tune(features, data["churned"], SETTINGS | settings, n_trials=n_trials, n_bootstrap=50)


def test_the_defaults_come_first_and_stay_where_nothing_beats_them():
    data, lines = history(), []
    tuning = tune(
        data.drop(columns="churned"),
        data["churned"],
        SETTINGS,
        n_trials=6,
        n_bootstrap=50,
        progress=lines.append,
    )
    assert tuning.trials["default"].tolist() == [True] + [False] * 5
    assert len(lines) == 6
    assert not tuning.better
    assert tuning.params == {}
    assert "kept" in str(tuning.message)
    again = searched(data, 6)
    pd.testing.assert_frame_equal(again.trials, tuning.trials, check_exact=True)
    shuffled = searched(data.sample(frac=1.0, random_state=1), 6)
    pd.testing.assert_frame_equal(shuffled.trials, tuning.trials, check_exact=True)


def test_parameters_that_see_more_are_found_and_can_be_used():
    tuning = searched(history(1500, kinks=3), 12)
    assert tuning.better, tuning.message
    assert set(tuning.params) == set(TUNABLE)
    assert tuning.trials["loss"].min() < tuning.trials["loss"][0]
    model = ChurnModel(30, candidates=("lightgbm",), lightgbm=tuning.params)
    assert model.set_params(lightgbm=tuning.params)._check_parameters() is None
    assert as_yaml(tuning.params).startswith("churn:\n  lightgbm: {num_leaves: ")


def test_without_optuna_it_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "optuna":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"winback\[tune\]"):
        searched(history(100), 1)
