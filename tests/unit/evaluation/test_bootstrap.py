import numpy as np
import pytest

from winback.errors import ModelError
from winback.evaluation.bootstrap import (
    CHURN_BOOTSTRAPPED,
    VALUE_BOOTSTRAPPED,
    bootstrap,
    statistic,
    weight_blocks,
)
from winback.evaluation.calibration import expected_calibration_error
from winback.evaluation.metrics import churn_metrics, value_metrics


def value_case(n=400, seed=0):
    rng = np.random.default_rng(seed)
    actual = rng.exponential(10, n) * (rng.random(n) < 0.4) - (rng.random(n) < 0.05)
    return actual, np.round(actual * 0.2 + rng.exponential(5, n), 0) + 1  # negatives, and ties


def churn_case(n=400, seed=0):
    rng = np.random.default_rng(seed)
    p = np.round(rng.random(n), 2)
    return (rng.random(n) < p).astype(float), p


@pytest.mark.parametrize(
    ("case", "metrics", "reference"),
    [
        (value_case, VALUE_BOOTSTRAPPED, value_metrics),
        (churn_case, CHURN_BOOTSTRAPPED, churn_metrics),
    ],
)
def test_a_weighted_metric_is_the_metric_of_the_resampled_customers(case, metrics, reference):
    actual, predicted = case()
    rng = np.random.default_rng(9)
    rows = rng.integers(actual.size, size=actual.size)
    weights = np.bincount(rows, minlength=actual.size)[None, :].astype(float)
    sample, resample = reference(actual, predicted), reference(actual[rows], predicted[rows])
    for metric in metrics:
        of = statistic(metric, actual, predicted)
        assert of(np.ones((1, actual.size)))[0] == pytest.approx(sample[metric], rel=1e-9), metric
        if metric not in {"ece", "decile_error"}:  # replicates share the bins of the sample
            assert of(weights)[0] == pytest.approx(resample[metric], rel=1e-9), metric
    assert statistic("ece", *churn_case())(np.ones((1, 400)))[0] == pytest.approx(
        expected_calibration_error(*churn_case())
    )


def test_draws_do_not_depend_on_the_block_and_are_reproducible():
    small = np.vstack(list(weight_blocks(50, n_replicates=7, random_state=3, block_cells=120)))
    large = np.vstack(list(weight_blocks(50, n_replicates=7, random_state=3)))
    assert (small == large).all()
    assert (large.sum(1) == 50).all()
    actual, predicted = value_case()
    first, second = (bootstrap(actual, {"m": predicted}, random_state=5) for _ in range(2))
    assert (first.draws["m", "gini"] == second.draws["m", "gini"]).all()


def test_the_interval_of_a_mean_has_its_known_width():
    actual = np.random.default_rng(4).normal(size=2000)
    low, high = bootstrap(
        np.zeros(2000), {"m": np.abs(actual)}, ["mae"], n_replicates=2000
    ).interval("m", "mae")
    assert high - low == pytest.approx(2 * 1.96 * np.abs(actual).std() / np.sqrt(2000), rel=0.1)


def test_a_paired_difference_sees_what_two_intervals_cannot():
    actual, predicted = value_case(2000)
    result = bootstrap(actual, {"a": predicted, "b": predicted + 0.2}, ["rmse", "gini", "bias"])
    low_a, high_a = result.interval("a", "rmse")
    low_b, high_b = result.interval("b", "rmse")
    assert low_a < low_b < high_a < high_b  # they overlap,
    difference = result.difference("b", "a", "rmse")
    assert difference.worse  # yet the pair is clear
    assert result.difference("a", "b", "rmse").better
    same = result.difference("a", "b", "gini")
    assert (same.estimate, same.worse, same.better) == (0, False, False)


def test_sign_and_bias_are_turned_into_losses():
    actual = np.arange(1.0, 101.0)
    models = {"right": actual, "double": actual * 2, "half": actual / 2, "none": actual * 0}
    result = bootstrap(actual, models, ["bias", "gini"])
    assert result.difference("double", "half", "bias").estimate == pytest.approx(0, abs=1e-12)
    assert result.difference("none", "double", "bias").worse
    assert result.difference("right", "none", "gini").better


def test_the_unknown_is_neither_better_nor_worse():
    result = bootstrap([0.0, 0, 0], {"a": [1, 2, 3], "b": [1, 2, 4]}, ["gini", "bias", "mae"])
    for metric in ("gini", "bias"):
        difference = result.difference("a", "b", metric)
        assert (difference.defined, difference.worse, difference.better) == (False, False, False)
    assert result.difference("a", "b", "mae").defined
    missing = bootstrap([0.0, 1, 0], {"a": [1, 2, np.nan], "b": [1, 2, 4]}, ["mae"])
    assert not missing.difference("a", "b", "mae").defined
    assert np.isnan(bootstrap([], {"a": []}, ["mae"]).interval("a", "mae")).all()


def test_an_unknown_metric_is_named():
    with pytest.raises(ModelError, match=r"got accuracy; allowed: .*gini"):
        statistic("accuracy", [0, 1], [0, 1])
