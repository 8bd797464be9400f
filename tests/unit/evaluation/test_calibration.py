import numpy as np
import pytest

from winback.estimators.base.equal_mass import equal_mass_bins
from winback.evaluation.calibration import (
    expected_calibration_error,
    reliability_table,
)


def test_bins_hold_equal_numbers_and_never_split_a_tie():
    rng = np.random.default_rng(0)
    assert np.bincount(equal_mass_bins(rng.random(1000))).tolist() == [100] * 10
    tied = rng.integers(0, 5, 1000)
    bins = equal_mass_bins(tied)
    assert all(np.unique(bins[tied == v]).size == 1 for v in range(5))
    assert sorted(set(bins)) == list(range(bins.max() + 1))


def test_calibration_error_sees_the_size_of_a_shift():
    rng = np.random.default_rng(1)
    p = rng.random(200_000) * 0.8
    y = rng.random(200_000) < p
    assert expected_calibration_error(y, p) < 0.005
    assert expected_calibration_error(y, p + 0.1) == pytest.approx(0.1, abs=0.005)
    assert np.isnan(expected_calibration_error([], []))


def test_the_table_adds_up_and_its_intervals_cover():
    rng = np.random.default_rng(2)
    p = rng.random(20_000)
    y = (rng.random(20_000) < p).astype(float)
    table = reliability_table(y, p)
    assert (table["n"] * table["actual"]).sum() == pytest.approx(y.sum())
    assert (table["n"] * table["predicted"]).sum() == pytest.approx(p.sum())
    assert table["predicted"].between(table["low"], table["high"]).sum() >= 8
    never = reliability_table([0] * 10, [0.1] * 10)
    assert 0.2 < never["high"].item() < 0.4  # ten customers prove little (Wilson: .278)
    amounts = reliability_table([0, 10, 0, 30], [1, 2, 3, 4], n_bins=1)
    assert amounts[["actual", "predicted"]].to_numpy().tolist() == [[10, 2.5]]
