"""The rule of the contest, on predictions made to order."""

import numpy as np
import pytest
from scipy.special import expit

from winback.estimators.churn_contest import hold_contest
from winback.estimators.churn_evidence import Evidence


def contest(noise, *, level=0.0, n=4000):
    """Let `lightgbm` know the truth, and `logistic` know it up to noise and a level."""
    rng = np.random.default_rng(1)
    truth = rng.normal(0.0, 1.5, n)
    known = expit(truth)
    blurred = expit(truth + noise * rng.normal(size=n) + level)
    evidence = Evidence(
        rows=np.arange(n),
        y=(rng.random(n) < known).astype(np.int64),
        snapshot=np.repeat([0, 30], n // 2),
        customer=np.tile(np.arange(n // 2), 2),
        predictions={"logistic": blurred, "lightgbm": known},
        failed={},
        forward=True,
        note="",
    )
    return hold_contest(
        evidence,
        ["logistic", "lightgbm"],
        calibration="auto",
        horizon_days=30,
        n_bootstrap=200,
        random_state=0,
    )


def test_of_two_that_cannot_be_told_apart_the_simpler_wins():
    outcome = contest(0.2)
    briers = outcome.table.set_index("candidate")["levelled_brier"]
    assert briers["lightgbm"] < briers["logistic"]
    assert outcome.selected == "logistic"
    assert "not told apart from lightgbm" in outcome.reason


def test_a_clearly_better_ranking_wins():
    outcome = contest(1.0)
    assert outcome.selected == "lightgbm"
    assert outcome.table["selected"].tolist() == [False, True]
    assert outcome.table["low"].tolist()[0] > 0


def test_a_level_that_is_off_decides_nothing_but_is_shown():
    outcome = contest(0.0, level=1.0)
    table = outcome.table.set_index("candidate")
    assert table.loc["logistic", "brier"] > table.loc["lightgbm", "brier"] + 0.01
    assert table.loc["logistic", "levelled_brier"] == pytest.approx(
        table.loc["lightgbm", "levelled_brier"], abs=1e-4
    )
    assert outcome.selected == "logistic"
