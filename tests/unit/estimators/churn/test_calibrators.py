"""Calibrators repair what is repairable, never reorder, and stay out without evidence."""

import numpy as np
import pytest
from scipy.special import expit, logit

from winback.errors import ModelError
from winback.estimators.churn.calibrators import (
    CALIBRATIONS,
    Calibrator,
    choose_calibration,
    fit_calibrator,
)


def scores(n=6000, windows=6, *, distortion=lambda z, _: z, seed=0):
    """Draw labels at true log-odds, and a score distorted window by window."""
    rng = np.random.default_rng(seed)
    snapshot = np.repeat(np.arange(windows) * 90, n // windows)
    truth = rng.normal(0.5, 1.2, len(snapshot))
    y = (rng.random(len(truth)) < expit(truth)).astype(np.int64)
    return expit(distortion(truth, snapshot / 90)), y, snapshot, expit(truth)


@pytest.mark.parametrize("kind", CALIBRATIONS[1:])
def test_each_kind_repairs_an_overconfident_score(kind):
    p, y, _, truth = scores(distortion=lambda z, _: 2.0 * z + 1.0)
    q = fit_calibrator(kind, p, y).predict(p)
    assert np.mean(np.abs(q - truth)) < 0.03 < np.mean(np.abs(p - truth))


def test_platt_recovers_slope_and_intercept():
    p, y, _, _ = scores(n=60_000, distortion=lambda z, _: 2.0 * z + 1.0)
    fitted = fit_calibrator("platt", p, y)  # truth = (score - 1) / 2
    assert fitted.slopes[0] == pytest.approx(0.5, abs=0.02)
    assert fitted.intercept == pytest.approx(-0.5, abs=0.03)


@pytest.mark.parametrize("kind", CALIBRATIONS)
def test_a_score_that_ranks_backwards_is_never_turned_around(kind):
    p, y, _, _ = scores(distortion=lambda z, _: -z)
    grid = np.linspace(0.0, 1.0, 1001)
    q = fit_calibrator(kind, p, y).predict(grid)
    assert (np.diff(q) >= 0).all()
    assert ((q > 0) & (q < 1)).all()
    if kind in ("platt", "beta"):
        assert q == pytest.approx(np.full(1001, y.mean()), abs=1e-6)


def test_the_same_distortion_in_every_window_is_repaired():
    p, y, snapshot, _ = scores(distortion=lambda z, _: 2.0 * z + 1.0)
    kind, losses = choose_calibration(p, y, snapshot, horizon_days=90)
    assert kind == "platt"  # the simplest that does it
    assert losses["platt"] < losses["none"] - 0.05


def test_levels_that_move_from_window_to_window_are_left_alone():
    wander = np.array([0.5, -0.2, 0.4, -0.5, 0.1, -0.3])
    p, y, snapshot, _ = scores(distortion=lambda z, k: z + wander[k.astype(int)])
    assert choose_calibration(p, y, snapshot, horizon_days=90)[0] == "none"


def test_overlapping_windows_are_no_evidence():
    p, y, snapshot, _ = scores(distortion=lambda z, _: 2.0 * z + 1.0)
    assert choose_calibration(p, y, snapshot // 3, horizon_days=90) == ("none", {})


def test_a_perfect_score_is_left_alone():
    p, y, snapshot, _ = scores()
    assert choose_calibration(p, y, snapshot, horizon_days=90)[0] == "none"
    assert Calibrator().predict(p) == pytest.approx(p)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ModelError, match="isotonic"):
        fit_calibrator("sigmoid", logit(np.array([0.6])), np.array([1]))
