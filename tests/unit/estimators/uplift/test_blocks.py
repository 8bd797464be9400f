"""Blocks of campaigns, and how much old ones count."""

import numpy as np
import pandas as pd
import pytest

from winback.estimators.uplift.blocks import HALF_LIFE_DAYS, weight_by_age
from winback.estimators.uplift.uplift_model import UpliftModel


def test_weights_halve_with_age_whatever_the_first_day():
    block = np.array([0, 0, 1, 2])
    days = np.array([0, 100, 50 + HALF_LIFE_DAYS, 50 + 2 * HALF_LIFE_DAYS])
    assert weight_by_age(block, days).tolist() == [0.25, 0.5, 1.0]
    dates = np.datetime64("2020-01-01") + days.astype("timedelta64[D]")
    assert weight_by_age(block, dates).tolist() == [0.25, 0.5, 1.0]
    assert weight_by_age(block, None).tolist() == [1.0, 1.0, 1.0]


def test_the_newer_of_two_campaigns_that_contradict_each_other_says_more():
    n = 40_000
    treated = np.tile([1, 0], n // 2)
    campaign = np.repeat([0, 1], n // 2)
    gains = np.where(campaign == 0, 0.08, 0.02)  # it has worn out
    returned = np.random.default_rng(0).random(n) < 0.1 + gains * treated
    frame = pd.DataFrame(index=range(n))
    days = np.where(campaign == 0, 0, 2 * HALF_LIFE_DAYS)
    model = UpliftModel(columns=(), groups=(), prior=0.05)
    aged = model.fit(frame, returned, treated, campaign=campaign, day=days).overall_
    alike = model.fit(frame, returned, treated, campaign=campaign, day=0 * days).overall_
    assert alike == pytest.approx(0.05, abs=0.005)
    assert aged < alike - 0.001
