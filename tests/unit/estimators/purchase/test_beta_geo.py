from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.purchase.beta_geo import BetaGeoModel

DATASETS = Path(find_spec("lifetimes").origin).parent / "datasets"
CDNOW = pd.read_csv(DATASETS / "cdnow_customers_summary.csv")


@pytest.fixture(scope="module")
def model():
    return BetaGeoModel().fit(CDNOW)


def test_standard_errors_are_those_of_the_curvature(model):
    summary = model.summary_
    assert summary.index.tolist() == ["r", "alpha", "a", "b"]
    # alpha by the profile: the log-likelihood falls by 1/2 one standard error away, about
    np.testing.assert_allclose(
        summary["standard_error"], [0.01256, 0.37822, 0.18572, 0.70535], rtol=1e-3
    )
    assert (summary["low_95"] < summary["estimate"]).all()
    assert (summary["estimate"] < summary["high_95"]).all()


@pytest.mark.parametrize("near", [0.0, 1e-12, -1e-12, 1e-5, -1e-3])
def test_the_pole_at_a_equal_one_does_not_show(model, near):
    """Where the closed form is 0/0, the prediction lies between its neighbours'."""
    frame = pd.DataFrame(
        {"frequency": [0, 0, 1, 40], "recency": [0, 0, 20, 38], "T": [0, 38, 39, 39]}
    )
    values = []
    for a in (1 + near - 2e-2, 1 + near, 1 + near + 2e-2):
        other = BetaGeoModel()
        other.r_, other.alpha_, other.a_, other.b_ = model.r_, model.alpha_, a, model.b_
        values.append(other.expected_purchases(frame, 200.0).to_numpy())
    assert (values[0] > values[1]).all()
    assert (values[1] > values[2]).all()
    np.testing.assert_allclose(values[1], np.sqrt(values[0] * values[2]), rtol=1e-3)


STRESS = pd.DataFrame(
    {
        "frequency": [3000, 221, 254, 0, 0, 1, 1, 5, 0],
        "recency": [700, 103.42857, 97.14286, 0, 0, 0, 1e-9, 0, 0],
        "T": [720, 103.57143, 97.28571, 0, 1e6, 0, 1e6, 5000, 1e-12],
    }
)


def test_frequent_customers_equal_the_exact_mean(model):
    """At x = 3000 the naive hypergeometric form is NaN; the exact values are by quadrature."""
    from scipy.integrate import quad
    from scipy.stats import beta

    x, T, H = 3000, 720.0, 365.0
    s, h = model.r_ + x, H / (model.alpha_ + T)
    posterior = beta(model.a_, model.b_ + x)
    mean, _ = quad(
        lambda u: (1 - (1 + posterior.ppf(u) * h) ** -s) / max(posterior.ppf(u), 1e-300),
        1e-12,
        1,
        limit=200,
    )
    row = STRESS.head(1)
    assert model.expected_purchases(row, H).iloc[0] == pytest.approx(
        mean * model.p_alive(row).iloc[0], rel=1e-5
    )


def test_too_few_repeat_customers_are_counted():
    few = CDNOW[CDNOW["frequency"] > 0].head(19)
    with pytest.raises(NotEnoughDataError, match="got 19 of 19; allowed: at least 20"):
        BetaGeoModel().fit(few)
    with pytest.raises(NotEnoughDataError, match="got 0 of 0"):
        BetaGeoModel().fit(few.head(0))
    BetaGeoModel().fit(few.assign(weight=2))


def test_predicting_nothing_and_with_any_index(model):
    assert model.p_alive(CDNOW.head(0)).empty
    assert model.expected_purchases(CDNOW.head(0), 9).empty
    odd = CDNOW.head(3).set_axis(["z", "z", "a"])
    assert model.p_purchase(odd, 9).index.tolist() == ["z", "z", "a"]


def test_refusals(model):
    with pytest.raises(NotFittedError, match="BetaGeoModel is not fitted"):
        BetaGeoModel().p_alive(CDNOW)
    with pytest.raises(ModelError, match="not a length of time"):
        model.expected_purchases(CDNOW, -1)
    with pytest.raises(ModelError, match="not a length of time"):
        model.p_purchase(CDNOW, float("nan"))


def test_discounting_weighs_each_purchase_at_its_moment(model):
    """Against a fine sum of daily expectations."""
    frame = CDNOW.head(10)
    rate = 0.2
    edges = np.linspace(0, 52, 313)
    expected_by_day = np.column_stack([model.expected_purchases(frame, t) for t in edges])
    weights = np.exp(-rate * (edges[1:] + edges[:-1]) / 2)
    np.testing.assert_allclose(
        model.discounted_purchases(frame, 52, rate=rate),
        np.diff(expected_by_day, axis=1) @ weights,
        rtol=1e-3,
    )
    np.testing.assert_allclose(
        model.discounted_purchases(frame, 52, rate=0.0), model.expected_purchases(frame, 52)
    )
