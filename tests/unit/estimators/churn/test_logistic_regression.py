"""The logistic fit against scikit-learn's, and where scikit-learn's would warn."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from winback.estimators.churn.logistic_regression import fit_logistic


@pytest.mark.parametrize("C", [0.05, 1.0, 100.0])
def test_it_equals_scikit_learn_on_standardised_columns(C):
    rng = np.random.default_rng(0)
    x = rng.normal([3.0, -50.0, 0.0], [1.0, 20.0, 0.01], (500, 3))
    y = (rng.random(500) < expit(x[:, 0] - 3 + 0.05 * (x[:, 1] + 50))).astype(int)
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    theirs = LogisticRegression(C=C, tol=1e-10, max_iter=1000).fit(z, y)
    coef, intercept = fit_logistic(x, y, C=C)
    np.testing.assert_allclose(coef * x.std(axis=0), theirs.coef_[0], rtol=1e-5, atol=1e-7)
    assert intercept + coef @ x.mean(axis=0) == pytest.approx(theirs.intercept_[0], rel=1e-5)


def test_constant_collinear_and_separating_columns_are_no_trouble():
    y = np.r_[np.zeros(50, dtype=np.int64), np.ones(150, dtype=np.int64)]
    constant = np.full((200, 1), 7.0)
    coef, intercept = fit_logistic(constant, y, C=1e4)
    assert coef == [0.0]
    assert expit(intercept) == pytest.approx(0.75)
    separating = np.column_stack([y, y, constant]).astype(float)
    coef, intercept = fit_logistic(separating, y, C=1e4)
    assert np.isfinite([*coef, intercept]).all()
    assert coef[0] == pytest.approx(coef[1])
    assert coef[0] > 1
