import numpy as np
import pytest

from winback.estimators.base.optimum import (
    _ascend,
    _Surface,
    covariance,
    edge_reason,
    intervals,
    maximise,
)


def gamma_like(p, hessian):
    """One sharp peak at (2, 30), elongated and turned in logarithms."""
    a, b = np.log(p) - np.log([2.0, 30.0])
    value = -3 * (a + b) ** 2 - 0.01 * (a - b) ** 2
    slope = np.array([-6 * (a + b) - 0.02 * (a - b), -6 * (a + b) + 0.02 * (a - b)])
    bend = np.array([[-6.02, -5.98], [-5.98, -6.02]])
    natural = bend / np.outer(p, p) - np.diag(slope / p**2)
    return value, slope / p, natural if hessian else None


def climbing(p, hessian):
    """Rises for ever in the second parameter."""
    u, w = np.log(p)
    value = -((u - 1) ** 2) - np.exp(-w)
    slope = np.array([-2 * (u - 1), np.exp(-w)]) / p
    bend = np.diag([-2.0, -np.exp(-w)])
    return value, slope, (bend / np.outer(p, p) - np.diag(slope / p)) if hessian else None


def saddled(p, hessian):
    """Flat and bent upwards at (1, 1), peaks on both sides of it."""
    u, w = np.log(p)
    value = u**2 - u**4 / 2 - w**2
    slope = np.array([2 * u - 2 * u**3, -2 * w]) / p
    bend = np.diag([2 - 6 * u**2, -2.0])
    return value, slope, (bend / np.outer(p, p) - np.diag(slope / p)) if hessian else None


@pytest.mark.parametrize("start", [(2.0, 30.0), (1e-4, 1e3), (1e3, 1e-4)])
def test_a_ridge_is_climbed_to_its_top(start):
    best = maximise(gamma_like, [start], n=1.0, lower=1e-5, upper=1e4)
    assert best.converged
    np.testing.assert_allclose(best.parameters, [2.0, 30.0], rtol=1e-6)
    assert best.diagnostics["condition"] == pytest.approx(12 / 0.04, rel=1e-3)
    # standard errors of the logarithms, times the parameters
    expected = np.linalg.inv([[6.02, 5.98], [5.98, 6.02]]) * np.outer([2, 30], [2, 30])
    np.testing.assert_allclose(covariance(best), expected, rtol=1e-6)
    assert edge_reason(("p", "q"), best) is None


def test_a_summit_at_the_edge_is_named_and_has_no_error():
    best = maximise(climbing, [(1.0, 1.0)], n=1.0, lower=1e-5, upper=1e4)
    assert best.converged
    assert best.at_bound == (False, True)
    np.testing.assert_allclose(best.parameters, [np.e, 1e4])
    assert "(q = 1e+04, the edge of their range, times and amounts in units of their mean)" in str(
        edge_reason(("p", "q"), best)
    )
    errors = covariance(best)
    assert errors[0, 0] == pytest.approx(np.e**2 / 2)
    assert np.isnan(errors[:, 1]).all()


@pytest.mark.parametrize("start", [(1.0001, 3.0), (0.9, 1.0)])
def test_a_saddle_is_left(start):
    best = maximise(saddled, [start], n=1.0, lower=1e-5, upper=1e4)
    assert best.converged
    assert abs(np.log(best.parameters[0])) == pytest.approx(1.0)
    # also by the last resort alone
    theta, _ = _ascend(_Surface(saddled, 1.0, np.log(1e-5), np.log(1e4)), np.log(start))
    np.testing.assert_allclose(np.abs(theta), [1.0, 0.0], atol=1e-9)


def test_the_next_start_is_tried_only_where_the_first_fails():
    best = maximise(gamma_like, [(1.0, 1.0), (2.0, 30.0)], n=1.0, lower=1e-5, upper=1e4)
    assert best.diagnostics["starts"] == 1
    # the exact saddle is no maximum
    best = maximise(saddled, [(1.0, 1.0), (2.0, 2.0)], n=1.0, lower=1e-5, upper=1e4)
    assert best.diagnostics["starts"] == 2
    assert best.converged


def test_an_optimum_at_a_bound_is_looked_past_unless_enough_have_found_nothing_better():
    bounds = {"n": 1.0, "lower": 1e-5, "upper": 1e4}
    starts = [(2.0, 2.0)] * 4
    assert maximise(climbing, starts, **bounds).diagnostics["starts"] == 4
    soon = maximise(climbing, starts, **bounds, enough=2)
    assert soon.diagnostics["starts"] == 2
    assert soon.converged


def test_intervals_are_symmetric_in_logarithms():
    value, errors = np.array([2.0, 5.0]), np.diag([0.25, np.nan])
    low, high = intervals(value, errors, 0.95)
    assert low[0] * high[0] == pytest.approx(4.0)
    assert np.log(high[0] / 2) == pytest.approx(1.959963984540054 * 0.25)
    assert np.isnan([low[1], high[1]]).all()
