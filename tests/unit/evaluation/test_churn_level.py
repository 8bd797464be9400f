"""The level of churn: read off the past, moved to what lies ahead, blind to what comes after."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.estimators.base.artifact import from_files, to_files
from winback.evaluation.churn_forward import ChurnData, ChurnSettings, fit_churn
from winback.evaluation.churn_level import hazard_ratio
from winback.evaluation.metrics import churn_metrics
from winback.evaluation.past import Past
from winback.evaluation.windows import Window

FIRST, AS_OF = date(2022, 6, 1), date(2024, 10, 31)
AHEAD = Window(AS_OF, AS_OF + timedelta(days=60))
RECIPE = {
    "estimator": "ChurnModel",
    "params": {"candidates": ("base_rate", "beta_geo", "logistic"), "n_bootstrap": 10},
}


def shop(busy=3.0, days=1000):
    """People of different rates, who buy more often in November and December."""
    rng = np.random.default_rng(3)
    calendar = pd.date_range(FIRST, periods=days)
    level = np.where(calendar.month >= 11, busy, 1.0)
    rate = rng.gamma(1.5, 0.006, 500)
    bought = rng.random((500, days)) < np.outer(rate, level)
    bought[np.arange(500), rng.integers(0, 500, 500)] = True
    who, when = np.nonzero(bought)
    return pd.DataFrame(
        {"customer_id": [f"c{i}" for i in who], "timestamp": calendar[when], "amount": 10.0}
    )


@pytest.fixture(scope="module")
def fitted():
    past = Past(read_transactions(shop(), engine=open_engine()), AHEAD.until)
    data = ChurnData(past.at(AS_OF), AHEAD, ChurnSettings())
    model = fit_churn(RECIPE, data, AHEAD)
    actual = past.outcomes(AHEAD, data.population["customer_id"])["churned"].to_numpy()
    return model, data.population, actual


def test_a_season_of_the_year_before_is_in_the_score(fitted):
    model, population, actual = fitted
    assert model.level_shifts_["beta_geo"] > model.level_shifts_["logistic"] > 0.1
    assert "past windows say of the level" in str(model.reasons_)
    with_level = model.candidate_probabilities(population)
    shifts, model.level_shifts_ = model.level_shifts_, {}
    without = model.candidate_probabilities(population)
    model.level_shifts_ = shifts
    for name in ("beta_geo", "logistic"):
        before, after = (churn_metrics(actual, p[name]) for p in (without, with_level))
        assert after["brier"] < before["brier"] - 0.01
        assert after["ece"] < before["ece"]
        assert after["auc"] == pytest.approx(before["auc"])


def test_the_level_is_kept_with_the_model_and_older_ones_have_none(fitted):
    model, population, _ = fitted
    again = from_files(to_files(model))
    assert again.level_shifts_ == model.level_shifts_
    pd.testing.assert_frame_equal(
        again.predict_frame(population), model.predict_frame(population), check_exact=True
    )
    del again.level_shifts_
    assert not again.predict_frame(population).equals(model.predict_frame(population))


def test_what_comes_later_has_no_say():
    rows = shop()
    known = rows[rows["timestamp"].dt.date <= AS_OF]
    later = rows[rows["timestamp"].dt.date > AS_OF]
    levels = [
        ChurnData(
            Past(read_transactions(table, engine=open_engine()), AS_OF), AHEAD, ChurnSettings()
        ).level
        for table in (known, pd.concat([known, later, later.assign(customer_id="z")]))
    ]
    assert levels[0] == levels[1]
    assert [w["until"] for w in levels[0].windows][:2] == ["2024-10-31", "2024-10-31"]


def test_a_ratio_of_hazards_is_found_within_its_error():
    rng = np.random.default_rng(0)
    p = rng.beta(3, 2, 4000)
    ratio, variance = hazard_ratio(p, (rng.random(4000) < p**1.5).astype(float))
    assert abs(ratio - np.log(1.5)) < 3 * variance**0.5 < 0.15
    assert hazard_ratio(p, np.ones(4000)) is None  # nobody came: nothing to compare
