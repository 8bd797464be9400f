import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from winback.estimators.base.equal_mass import equal_mass_bins
from winback.evaluation.bootstrap import VALUE_BOOTSTRAPPED, bootstrap
from winback.evaluation.calibration import expected_calibration_error
from winback.evaluation.metrics import (
    churn_metrics,
    interval_metrics,
    normalised_gini,
    value_metrics,
)

sizes = st.integers(1, 60)


@st.composite
def outcomes(draw, elements=None):
    """Pairs of outcomes and predictions, with ties and (by default) negative outcomes."""
    n = draw(sizes)
    values = st.integers(-5, 20).map(float) if elements is None else elements
    actual = draw(hnp.arrays(float, n, elements=values))
    return actual, draw(hnp.arrays(float, n, elements=st.integers(0, 20).map(float)))


@given(outcomes())
def test_gini_asks_only_for_the_order(pair):
    actual, predicted = pair
    assume(actual.min() < actual.max())
    gini = normalised_gini(actual, predicted)
    assert gini <= 1 + 1e-9
    assert np.isclose(gini, normalised_gini(actual, predicted**3 + 1))
    assert np.isclose(gini, -normalised_gini(actual, -predicted))
    assert np.isclose(normalised_gini(actual, actual), 1)


@given(outcomes(), st.randoms(use_true_random=False))
def test_value_metrics_do_not_see_the_order_of_rows(pair, random):
    actual, predicted = pair
    order = random.sample(range(len(actual)), len(actual))
    one, other = value_metrics(actual, predicted), value_metrics(actual[order], predicted[order])
    assert np.allclose(list(one.values()), list(other.values()), equal_nan=True)


@given(outcomes(st.sampled_from([0.0, 1.0])))
def test_churn_metrics_stay_in_their_ranges(pair):
    y, p = pair[0], pair[1] / 20
    result = churn_metrics(y, p)
    both = 0 < y.mean() < 1
    for name in ("auc", "ap", "brier", "ece", "safe_decile_churn", "base_rate"):
        assert np.isnan(result[name]) or -1e-9 <= result[name] <= 1 + 1e-9, name
    assert np.isnan(result["auc"]) != both
    if both:
        assert result["top_decile_lift"] <= result["top_decile_lift_max"] + 1e-9
    assert expected_calibration_error(y, y) == 0


@given(hnp.arrays(float, sizes, elements=st.integers(0, 8).map(float)), st.integers(1, 12))
def test_bins_keep_the_order_of_predictions(p, n_bins):
    bins = equal_mass_bins(p, n_bins)
    order = np.argsort(p)
    assert (np.diff(bins[order]) >= 0).all()
    assert set(bins) == set(range(bins.max() + 1))
    assert bins.max() < n_bins


@given(outcomes(), st.floats(0.05, 0.95))
def test_interval_shares_add_up(pair, level):
    actual, predicted = pair
    result = interval_metrics(actual, predicted - 2, predicted + 2, predicted, level=level)
    for suffix in ("", "_top"):
        shares = [result[f"{name}{suffix}"] for name in ("coverage", "above", "below")]
        assert np.isclose(sum(shares), 1)
    assert result["interval_score"] >= 4 - 1e-9


@settings(max_examples=25)
@given(outcomes(), st.integers(0, 1000))
def test_a_model_is_never_told_apart_from_itself(pair, seed):
    actual, predicted = pair
    result = bootstrap(
        actual, {"a": predicted, "b": predicted.copy()}, n_replicates=20, random_state=seed
    )
    for metric in VALUE_BOOTSTRAPPED:
        difference = result.difference("a", "b", metric)
        assert not difference.worse
        assert not difference.better
        assert np.isnan(difference.estimate) or difference.estimate == 0
