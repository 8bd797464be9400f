import numpy as np
import pytest
from sklearn.metrics import (
    mean_poisson_deviance,
    mean_tweedie_deviance,
    roc_auc_score,
)

from winback.economics import Economics
from winback.errors import ModelError
from winback.evaluation.metrics import (
    churn_metrics,
    deviances,
    interval_metrics,
    normalised_gini,
    profit_by_depth,
    value_metrics,
)


def area_gini(actual, predicted):
    """The textbook form, for predictions without ties and a positive total: areas under curves."""

    def area(order):
        curve = np.cumsum(actual[order][::-1]) / actual.sum()
        return np.trapezoid(np.r_[0, curve], dx=1 / len(actual)) - 0.5

    return area(np.argsort(predicted)) / area(np.argsort(actual))


def test_gini_equals_the_ratio_of_areas():
    rng = np.random.default_rng(1)
    actual = rng.exponential(size=300) * (rng.random(300) < 0.4)
    predicted = actual * 0.3 + rng.exponential(size=300)
    assert normalised_gini(actual, predicted) == pytest.approx(area_gini(actual, predicted))


def test_gini_with_ties_is_the_mean_over_all_orders_of_the_tied():
    rng = np.random.default_rng(2)
    actual = rng.normal(size=200)  # negative outcomes among them
    predicted = rng.integers(0, 4, 200).astype(float)
    broken = [normalised_gini(actual, predicted + rng.random(200) * 1e-6) for _ in range(3000)]
    assert normalised_gini(actual, predicted) == pytest.approx(np.mean(broken), abs=0.003)


def test_gini_of_a_class_is_the_auc():
    rng = np.random.default_rng(3)
    y = (rng.random(500) < 0.3).astype(float)
    p = np.round(rng.random(500) * 0.5 + y * 0.3, 1)
    assert (normalised_gini(y, p) + 1) / 2 == pytest.approx(roc_auc_score(y, p))


def test_value_metrics_by_hand():
    result = value_metrics([0, 4, 6], [1, 4, 3])
    assert result == pytest.approx(
        {
            "mae": 4 / 3,
            "rmse": np.sqrt(10 / 3),
            "wape": 0.4,
            "bias": 0.8,  # predicted / actual
            "spearman": 0.5,
            "gini": 4 / 6,  # ranks 1, 3, 2 against 1, 2, 3
            "top_decile_capture": 0.3 * 4 / 10,  # the top 0.3 customers are part of the second
            "poisson_deviance": mean_poisson_deviance([0, 4, 6], [1, 4, 3]),
            "tweedie_deviance": mean_tweedie_deviance([0, 4, 6], [1, 4, 3], power=1.5),
            "decile_error": 0.4,  # three customers are three bins
        }
    )


@pytest.mark.parametrize("power", [1.0, 1.5])
def test_the_true_mean_has_the_lowest_deviance_and_not_the_lowest_absolute_error(power):
    rng = np.random.default_rng(4)
    mean = rng.gamma(0.5, 20.0, 20_000)
    actual = rng.poisson(mean / 10) * rng.gamma(2.0, 5.0, mean.size)  # skewed, mostly zeros
    levels = (0.5, 0.8, 1.0, 1.25, 2.0)
    lost = [deviances(actual, share * mean, power).mean() for share in levels]
    assert levels[int(np.argmin(lost))] == 1.0
    absolute = [np.abs(actual - share * mean).mean() for share in levels]
    assert np.argmin(absolute) < 2


def test_a_prediction_of_nothing_for_who_came_back_costs_much_and_not_everything():
    for power in (1.0, 1.5):
        off, near = deviances([1, 1], [0, 0.5], power)
        assert 10 * near < off < np.inf


def test_the_undefined_is_nan_and_never_zero():
    nothing = value_metrics([0, 0, 0], [0, 1, 2])
    for name in ("wape", "bias", "gini", "spearman", "top_decile_capture"):
        assert np.isnan(nothing[name]), name
    assert nothing["mae"] == 1
    assert all(np.isnan(v) for v in value_metrics([0, 1], [0.5, np.nan]).values())
    assert all(np.isnan(v) for v in value_metrics([], []).values())
    one_class = churn_metrics([1, 1, 1], [0.2, 0.4, 0.9])
    assert np.isnan(one_class["auc"])
    assert np.isnan(one_class["top_decile_lift"])
    assert one_class["base_rate"] == 1
    assert all(np.isnan(v) for v in churn_metrics([0, 1], [np.nan, 0.5]).values())
    assert all(np.isnan(v) for v in interval_metrics([1], [np.nan], [2], [1], level=0.8).values())


def test_a_missing_outcome_or_a_wrong_length_is_an_error():
    with pytest.raises(ModelError, match="missing"):
        value_metrics([1, np.nan], [1, 1])
    with pytest.raises(ModelError, match="length"):
        churn_metrics([1, 0], [0.5])


def test_churn_lift_counts_ties_fairly_and_knows_its_maximum():
    y = np.r_[np.ones(60), np.zeros(40)]
    constant = churn_metrics(y, np.full(100, 0.6))
    assert constant["top_decile_lift"] == pytest.approx(1)
    assert constant["safe_decile_churn"] == pytest.approx(0.6)
    assert constant["ece"] == pytest.approx(0)
    perfect = churn_metrics(y, y * 0.5)
    assert perfect["top_decile_lift"] == pytest.approx(perfect["top_decile_lift_max"]) == 1 / 0.6
    assert perfect["safe_decile_churn"] == 0


def test_interval_coverage_splits_misses_and_looks_at_the_top_decile():
    n = 100
    actual, low, high = np.full(n, 5.0), np.full(n, 4.0), np.full(n, 6.0)
    actual[:10] = 9.0  # the predicted top decile all exceed
    actual[10:15] = 1.0
    predicted = -np.arange(n, dtype=float)
    result = interval_metrics(actual, low, high, predicted, level=0.9)
    assert result == pytest.approx(
        {
            "coverage": 0.85,
            "above": 0.10,
            "below": 0.05,
            "coverage_top": 0,
            "above_top": 1,
            "below_top": 0,
            "interval_score": 2 + 20 * (10 * 3 + 5 * 3) / 100,
        }
    )


@pytest.mark.parametrize("missing", ["low", "high", "predicted"])
def test_an_interval_with_a_hole_is_not_judged(missing):
    given = {"low": [0.0, 0.0], "high": [2.0, 4.0], "predicted": [1.0, 2.0]}
    given[missing] = [np.nan, 1.0]
    assert np.isnan(list(interval_metrics([1.0, 5.0], **given, level=0.8).values())).all()


def test_profit_falls_when_the_safe_are_contacted():
    y = np.r_[np.ones(50), np.zeros(50)]
    money = Economics(margin=0.5, contact_cost=1, offer_cost=5, save_rate=0.2)
    curve = profit_by_depth(y, y, money, value=200.0, steps=4)
    assert curve["churners"].tolist() == [25, 50, 50, 50]
    assert curve["profit"].tolist() == [25 * 19 - 25, 50 * 19 - 50, 950 - 75 - 125, 950 - 100 - 250]


def test_who_has_gone_already_earns_a_warning_nothing():
    y = np.ones(4)
    money = Economics(save_rate=0.5, contact_cost=1.0)
    curve = profit_by_depth(
        y, [0.9, 0.9, 0.8, 0.8], money, value=10, keepable=[0, 0, 1, 1], steps=2
    )
    assert curve["churners"].tolist() == [2, 4]
    assert curve["keepable"].tolist() == [2, 2]
    assert curve["profit"].tolist() == [2 * 5 - 2, 2 * 5 - 4]
