import itertools

import numpy as np
import pandas as pd
import pytest

from winback.errors import ModelError
from winback.estimators.base.simulation import Draws
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.expected_tracking import expected_tracking
from winback.estimators.purchase.modified_beta_geo import ModifiedBetaGeoModel
from winback.estimators.purchase.pareto_nbd import ParetoNBDModel

PARAMETERS = {
    BetaGeoModel: {"r": 0.243, "alpha": 4.414 * 7, "a": 0.793, "b": 2.426},
    ModifiedBetaGeoModel: {"r": 0.525, "alpha": 6.183 * 7, "a": 0.891, "b": 1.614},
    ParetoNBDModel: {"r": 0.553, "alpha": 10.578 * 7, "s": 0.606, "beta": 11.669 * 7},
}
MODELS = list(PARAMETERS)


def of_parameters(model_class, **changes):
    model = model_class()
    for name, value in (PARAMETERS[model_class] | changes).items():
        setattr(model, f"{name}_", value)
    return model


def base(n=120, seed=1):
    rng = np.random.default_rng(seed)
    T = rng.integers(0, 500, n).astype(float)
    x = np.minimum(rng.negative_binomial(0.5, 0.1, n), T).astype(float)
    recency = np.where(x > 0, np.floor(T * rng.random(n) ** 0.3), 0.0)
    return pd.DataFrame({"frequency": x, "recency": recency, "T": T})


@pytest.mark.parametrize("model_class", MODELS)
def test_the_sum_is_that_of_single_customers(model_class):
    model, frame = of_parameters(model_class), base()
    out = expected_tracking(model, frame, 730)
    for day in (1, 2, 30, 365, 730):
        want = model.expected_purchases(frame, day).sum()
        assert out["cumulative"][day - 1] == pytest.approx(want, rel=1e-6)
    assert out["expected"].sum() == pytest.approx(out["cumulative"].iloc[-1])
    one_by_one = expected_tracking(model, frame.assign(weight=2.0), 730)
    np.testing.assert_allclose(one_by_one["expected"], 2 * out["expected"], rtol=1e-9)
    shuffled = frame.sample(frac=1, random_state=3)
    np.testing.assert_allclose(
        expected_tracking(model, shuffled, 730)["expected"], out["expected"], rtol=1e-9
    )


@pytest.mark.parametrize("model_class", MODELS)
def test_customers_who_join_are_expected_from_their_own_day_on(model_class):
    model = of_parameters(model_class)
    won = np.zeros(61)
    won[[0, 10, 60]] = [3, 5, 100]
    out = expected_tracking(model, None, 60, joining=won)
    want = 3 * model.expected_purchases_new(60) + 5 * model.expected_purchases_new(50)
    assert out["cumulative"].iloc[-1] == pytest.approx(want, rel=1e-6)
    both = expected_tracking(model, base(), 60, joining=won)
    alone = expected_tracking(model, base(), 60)
    np.testing.assert_allclose(both["expected"], alone["expected"] + out["expected"], atol=1e-9)


@pytest.mark.parametrize("model_class", MODELS)
def test_bands_hold_what_happens_as_often_as_they_say(model_class):
    """Simulated futures of one base: 80% of the sums lie within the band of 80%."""
    model, frame = of_parameters(model_class), base(400)
    days, n = 180, 600
    totals = np.zeros(n)
    rng = np.random.default_rng(8)
    for number, (x, tx, T) in enumerate(frame.itertuples(index=False)):
        row = {"frequency": np.array([x]), "recency": np.array([tx]), "T": np.array([T])}
        draws = Draws(1000 + number, x, n)  # each customer's own
        counts = model.draw(draws, model.exposure(row), days)[0]
        totals += rng.permutation(counts) * (rng.random(n) < model.alive(row)[0])
    end = expected_tracking(model, frame, days).iloc[-1]
    assert totals.mean() == pytest.approx(end["cumulative"], rel=0.02)
    inside = np.mean((totals >= end["cumulative_low"]) & (totals <= end["cumulative_high"]))
    assert 0.72 < inside < 0.88
    width = end["cumulative_high"] - end["cumulative"]
    assert width > 1.2816 * np.sqrt(end["cumulative"]) * 1.2  # wider than Poisson


def test_a_model_without_dropout_and_a_base_of_nobody():
    nbd = of_parameters(BetaGeoModel, a=0.0)
    frame = base()
    out = expected_tracking(nbd, frame, 90)
    rate = ((nbd.r_ + frame["frequency"]) / (nbd.alpha_ + frame["T"])).sum()
    np.testing.assert_allclose(out["expected"], rate, rtol=1e-9)
    nobody = expected_tracking(nbd, frame.head(0), 5)
    assert (nobody.drop(columns="day") == 0).all(axis=None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": 0},
        {"days": 2.5},
        {"level": 1.0},
        {"joining": [1.0, -1.0]},
        {"joining": [1.0] * 12},
        {"joining": [[1.0]]},
    ],
    ids=lambda wrong: str(next(iter(wrong.items()))),
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ModelError):
        expected_tracking(of_parameters(BetaGeoModel), base(3), **{"days": 10, **wrong})


def test_wider_at_a_higher_level_and_never_below_zero():
    levels = [
        expected_tracking(of_parameters(ParetoNBDModel), base(20), 30, level=level)
        for level in (0.5, 0.8, 0.99)
    ]
    for narrow, wide in itertools.pairwise(levels):
        assert (narrow["high"] < wide["high"]).all()
        assert (narrow["cumulative_low"] >= wide["cumulative_low"]).all()
    assert (levels[-1] >= 0).all(axis=None)
