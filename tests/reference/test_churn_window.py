"""P(purchase after a gap) under BG/NBD: closed form against the integral it stands for."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import beta

from winback.estimators.churn.candidates.beta_geo_churn import BetaGeoChurn
from winback.estimators.purchase.beta_geo import BetaGeoModel

# CDNOW, 1997-09-30, weeks (Fader, Hardie & Lee 2005, table 2)
CDNOW = {"r_": 0.243, "alpha_": 4.414, "a_": 0.793, "b_": 2.426}


def published():
    model = BetaGeoModel()
    for name, value in CDNOW.items():
        setattr(model, name, value)
    return model


def history(x, recency, T):
    return pd.DataFrame({"frequency": [float(x)], "recency": [float(recency)], "T": [float(T)]})


@pytest.mark.parametrize(
    ("x", "recency", "T", "gap", "horizon"),
    [(0, 0, 1, 2, 13), (2, 30.43, 38.86, 1, 39), (26, 30, 31, 4, 13), (3000, 40, 41, 2, 13)],
)
def test_closed_form_equals_the_integral_over_dropout(x, recency, T, gap, horizon):
    model = published()
    s, k = model.r_ + x, model.alpha_ + T

    def survives_then_buys(p):
        now, later = 1 + p * gap / k, 1 + (p * gap + horizon) / k
        return beta.pdf(p, model.a_, model.b_ + x) * (now**-s - later**-s)

    top = min(1.0, 50.0 / (model.b_ + x))  # beyond, the density is nothing
    integral = quad(survives_then_buys, 0, top, limit=500)[0]
    frame = history(x, recency, T)
    expected = float(model.p_alive(frame).iloc[0]) * integral
    assert model.p_purchase_window(frame, gap, horizon).iloc[0] == pytest.approx(expected, rel=1e-6)


def test_simulated_customers_buy_as_often_as_predicted():
    """New customers (x = 0, T = 0), simulated purchase by purchase from the published values."""
    rng, n, gap, horizon = np.random.default_rng(1), 200_000, 10.0, 13.0
    rate = rng.gamma(CDNOW["r_"], 1 / CDNOW["alpha_"], n)
    dropout = rng.beta(CDNOW["a_"], CDNOW["b_"], n)
    before = rng.poisson(rate * gap)
    alive = rng.random(n) < (1 - dropout) ** before
    bought = alive & (rng.poisson(rate * horizon) > 0)
    predicted = published().p_purchase_window(history(0, 0, 0), gap, horizon).iloc[0]
    assert bought.mean() == pytest.approx(predicted, abs=4 * np.sqrt(0.25 / n))


def test_no_gap_is_the_usual_formula_and_a_longer_gap_loses_customers():
    frame = history(2, 30.43, 38.86)
    model = published()
    at_once = BetaGeoChurn.from_purchase_model(model, horizon_days=13).churn_probability(frame)
    later = [
        BetaGeoChurn.from_purchase_model(model, horizon_days=13, gap_days=g).churn_probability(
            frame
        )[0]
        for g in (1, 8, 52)
    ]
    limit = 1 - model.p_purchase_window(frame, 0.0, 13).iloc[0]
    assert at_once[0] == pytest.approx(limit, abs=1e-9)
    assert at_once[0] < later[0] < later[1] < later[2]
