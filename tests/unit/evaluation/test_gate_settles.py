"""The gate over many nights: the studies of docs/measure_gate.py, in small."""

import sys
from pathlib import Path

import numpy as np
import pytest

from winback.sequential import rolling_boundary

sys.path.insert(0, str(Path(__file__).parents[3] / "docs"))
from measure_gate import nights


@pytest.mark.parametrize("days", [14, 90])
def test_a_rolling_window_looked_at_every_night_of_a_year_rarely_crosses_by_chance(days):
    steps = np.random.default_rng(days).normal(size=(1500, days + 365)).cumsum(axis=1)
    steps = np.hstack([np.zeros((1500, 1)), steps])
    z = (steps[:, days:] - steps[:, :-days]) / np.sqrt(days)
    assert 0.01 < (z.max(axis=1) > rolling_boundary(days, 365)).mean() < 0.06
    assert (z.max(axis=1) > 1.645).mean() > 0.4  # as if every look were the only one


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_equal_models_settle(seed):
    assert sum(nights(2000, 0.0, 100, 1, seed)) <= 5


@pytest.mark.slow
def test_a_better_challenger_gets_in_and_a_worse_one_does_not():
    assert all(any(nights(20_000, 0.05, 10, 7, seed, 50)) for seed in range(3))
    assert not any(any(nights(20_000, -0.05, 3, 7, seed, 50)) for seed in range(3))
