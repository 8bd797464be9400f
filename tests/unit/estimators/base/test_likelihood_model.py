import numpy as np
import pandas as pd
import pytest
from sklearn.utils import estimator_checks

from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.modified_beta_geo import ModifiedBetaGeoModel
from winback.estimators.purchase.pareto_nbd import ParetoNBDModel
from winback.estimators.spend.gamma_gamma import GammaGammaModel

MODELS = [BetaGeoModel, ModifiedBetaGeoModel, ParetoNBDModel, GammaGammaModel]

# Of scikit-learn's own checks, those that do not fit: the others fit a matrix of numbers, and
# these models read the named columns of a frame.
CHECKS = [
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("cls", MODELS)
def test_scikit_learns_own_checks(cls, check):
    getattr(estimator_checks, check)(cls.__name__, cls())


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 6, 400)
    T = rng.integers(60, 90, 400).astype(float)
    spend = rng.gamma(6 * np.maximum(x, 1)) / rng.gamma(4, 1 / 15, 400) / np.maximum(x, 1)
    recency = np.where(x > 0, np.floor(T * rng.random(400)), 0.0)
    columns = {"frequency": x, "recency": recency, "T": T, "monetary_value": spend}
    return pd.DataFrame(columns)


@pytest.mark.parametrize("cls", MODELS)
def test_fitting_and_predicting_leave_the_frame_and_the_model_alone(cls, frame):
    before = frame.copy()
    model = cls().fit(frame)
    state = model.to_json()
    predict = model.expected_spend if cls is GammaGammaModel else model.p_alive
    first = predict(frame)
    pd.testing.assert_frame_equal(frame, before, check_exact=True)
    # the same bits whatever the other rows, their order and the times asked
    pd.testing.assert_series_equal(predict(frame.iloc[::-1])[::-1], first, check_exact=True)
    pd.testing.assert_series_equal(predict(frame.tail(3)), first.tail(3), check_exact=True)
    assert model.to_json() == state
    assert model.fit(frame).to_json() == state


@pytest.mark.parametrize("cls", MODELS)
def test_a_notebook_shows_the_summary_and_before_the_fit_the_diagram(cls, frame):
    assert "sk-" in cls()._repr_html_()
    html = cls().fit(frame)._repr_html_()
    assert "sk-" not in html
    assert html.count("<tr") == 5 + 1 + len(cls.names)
    for word in ("log-likelihood", "AIC", "BIC", ">converged</th>", ">yes</td>", "standard error"):
        assert word in html


def test_gamma_gamma_reports_itself_too(frame):
    model = GammaGammaModel().fit(frame)
    assert model.aic_ == pytest.approx(6 - 2 * model.log_likelihood_)
    assert model.bic_ == pytest.approx(3 * np.log(model.n_) - 2 * model.log_likelihood_)
    low, high = model.confidence_intervals(0.95).T.to_numpy()
    np.testing.assert_array_equal([low, high], model.summary_[["low_95", "high_95"]].T)
    assert type(model.to_lifetimes()).__name__ == "GammaGammaFitter"
    assert GammaGammaModel.from_json(model.to_json()).to_json() == model.to_json()
