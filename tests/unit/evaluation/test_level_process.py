"""The level to come: right on average over shops as it expects them, and right about each kind."""

import numpy as np
import pytest

from winback.evaluation import level_process
from winback.evaluation.level_process import MISFIT, NO_MISFIT, SeenLevel, next_level

TODAY, DAYS = 800.0, 90.0
STARTS = (770, 710, 665, 620, 575, 435, 70)  # the last two are the days ahead, in years before
ENDS = (800, 800, 755, 710, 665, 525, 160)
FLAT = [SeenLevel(start, end, 0.0, 0.001) for start, end in zip(STARTS, ENDS, strict=True)]


def past_levels(log_ratios, variance=0.001):
    return [
        SeenLevel(start, end, log, variance)
        for start, end, log in zip(STARTS, ENDS, log_ratios, strict=True)
    ]


def test_intervals_hold_what_they_say_over_shops_as_they_are_expected():
    rng = np.random.default_rng(0)
    spans = [*zip(STARTS, ENDS, strict=True), (TODAY, TODAY + DAYS)]
    contrasts = [level_process.fitted_on(*span) for span in spans]
    kernels = level_process._covariances(contrasts, TODAY)
    likely, covariances = level_process._combinations(kernels, NO_MISFIT)
    assert likely.sum() == pytest.approx(1.0)

    held, moved, still = [], [], []
    for _ in range(400):
        together = covariances[rng.choice(len(likely), p=likely)].copy()
        together[:-1, :-1] += level_process._chance(FLAT)
        together[-1, -1] += level_process.UNEXPLAINED**2
        logs = rng.multivariate_normal(np.zeros(len(spans)), together)
        level = next_level(past_levels(logs[:-1]), TODAY, DAYS)
        held.append(level.quantile(0.1) < logs[-1] < level.quantile(0.9))
        moved.append(logs[-1] - level.mean)
        still.append(logs[-1])
    assert np.mean(held) == pytest.approx(0.8, abs=0.05)
    assert np.std(moved) < 0.6 * np.std(still)


def test_where_nothing_moved_nothing_is_shifted():
    level = next_level(FLAT, TODAY, DAYS)
    assert abs(level.mean) < 0.01
    assert level.spread < 0.12


def test_a_season_is_believed_as_far_as_it_stands_out():
    weak = next_level(past_levels([0, 0, 0, 0, 0, 0.05, 0.05]), TODAY, DAYS)
    strong = next_level(past_levels([0, 0, 0, 0, 0, 1.0, 1.0]), TODAY, DAYS)
    assert abs(weak.mean) < 0.05
    assert 0.6 < strong.mean < 1.05
    alone = next_level([*FLAT[:5], SeenLevel(435, 525, 1.0, 0.001)], TODAY, DAYS)
    assert 0.25 < alone.mean < strong.mean  # once may be chance
    assert alone.spread > strong.spread


def test_a_break_of_the_last_month_is_noticed_and_leaves_more_open():
    broken = next_level(past_levels([-0.3, -0.12, 0, 0, 0, 0, 0]), TODAY, DAYS)
    assert -0.4 < broken.mean < -0.1
    assert broken.spread > next_level(FLAT, TODAY, DAYS).spread


def test_a_level_that_holds_is_followed_and_chance_is_not():
    sure = next_level(past_levels([0.3] * 7, 0.0005), TODAY, DAYS)
    small = next_level(past_levels([0.3] * 7, 0.2), TODAY, DAYS)
    assert 0.15 < sure.mean <= 0.3
    assert abs(small.mean) < sure.mean / 2


def test_quantiles_add_what_nobody_has_seen():
    level = next_level(FLAT, TODAY, DAYS)
    assert level.quantile(0.9, 0.5) > level.quantile(0.9) + 0.3
    assert level.quantile(0.1, 0.5) == pytest.approx(
        2 * level.mean - level.quantile(0.9, 0.5), abs=0.01
    )


def test_what_a_model_always_misses_is_its_own_and_no_demand():
    always = past_levels([-0.3] * 7)
    own = next_level(always, TODAY, DAYS, misfit=MISFIT)
    assert own.mean == pytest.approx(-0.3, abs=0.05)
    learned_from = [(710.0, 800.0), (680.0, 770.0), (345.0, 435.0)]
    another = next_level(always, TODAY, DAYS, learned_from, MISFIT)
    assert abs(another.mean) < 0.03
    assert abs(next_level(always, TODAY, DAYS, learned_from).mean) > 0.1  # taken for demand
