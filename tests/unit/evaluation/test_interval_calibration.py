"""Calibrated ends of customers' intervals: as many outcomes within as promised, by segment."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.estimators.base.artifact import from_files, to_files
from winback.estimators.value.level_range import LevelRange
from winback.evaluation.contest import choose_value
from winback.evaluation.forward import fitted_value
from winback.evaluation.interval_calibration import ends_of, quantile, randomised_coverage
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.evaluation.windows import Window

NAME = "modified_beta_geo+gamma_gamma_all"
CANDIDATE = {NAME: VALUE_CANDIDATES[NAME]}
AHEAD = Window(date(1998, 3, 31), date(1998, 6, 29))


def stretches_of(counts, p, segment=0, weight=1.0):
    """Where Poisson counts of mean 0.7 come to lie in a binomial-like ladder of chances `p`."""
    below = np.r_[0.0, p][counts]
    return np.column_stack(
        [np.full(len(counts), segment), below, p[counts], np.full(len(counts), weight)]
    )


def test_of_counts_a_stretch_is_shared_out_so_that_a_right_model_keeps_its_chances():
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.7, 40_000)
    ladder = np.cumsum(np.exp(-0.7) * 0.7 ** np.arange(15) / np.cumprod(np.r_[1.0, 1:15]))
    right = stretches_of(counts, ladder)
    for share in (0.05, 0.1, 0.5, 0.9, 0.95):
        assert quantile(right, share) == pytest.approx(share, abs=0.01)
    ends = ends_of("purchases", right)
    fresh = stretches_of(rng.poisson(0.7, 40_000), ladder)
    assert randomised_coverage(fresh, ends, 0.8) == pytest.approx(0.8, abs=0.01)
    # a model that expects too little is corrected upwards
    more = stretches_of(rng.poisson(1.4, 40_000), ladder)
    assert all(end.high > 0.96 for end in ends_of("purchases", more))


def test_a_segment_of_few_is_calibrated_with_everybody():
    spread = np.linspace(0.0, 1.0, 1000)
    many = np.column_stack([np.zeros(1000), spread, spread, np.ones(1000)])
    few = np.column_stack([np.ones(10), np.full(10, 0.5), np.full(10, 0.5), np.ones(10)])
    ends = {(end.segment, end.promise): end for end in ends_of("revenue", np.vstack([many, few]))}
    assert ends[1, 0.8].low == pytest.approx(0.1, abs=0.01)
    assert ends[1, 0.8].high == pytest.approx(0.9, abs=0.01)


@pytest.fixture(scope="module")
def past():
    return Past(read_transactions("sample:cdnow-tenth", engine=open_engine()), AHEAD.until)


@pytest.fixture(scope="module")
def level(past):
    known = past.at(AHEAD.as_of)
    return choose_value(known, horizon_days=90, candidates=CANDIDATE, n_replicates=10)[
        "revenue"
    ].level


def test_purchases_have_a_level_of_their_own_and_ends_are_kept_with_the_model(past, level):
    then = past.at(AHEAD.as_of)
    assert level.purchase_shift != level.shift
    assert {(e.target, e.promise) for e in level.ends} == {
        (target, promise) for target in ("purchases", "revenue") for promise in (0.8, 0.9)
    }
    recipe = CANDIDATE[NAME]
    recipe = {**recipe, "params": {**recipe["params"], **level.settings}}
    frame = then.frame(90)
    model = fitted_value(then, recipe, AHEAD, 0)
    plain = fitted_value(then, CANDIDATE[NAME], AHEAD, 0)
    ours, theirs = model.expected(frame).sum(), plain.expected(frame).sum()
    assert ours["revenue"] == pytest.approx(theirs["revenue"] * np.exp(level.shift))
    bought = theirs["expected_purchases"] * np.exp(level.purchase_shift)
    assert ours["expected_purchases"] == pytest.approx(bought)
    predicted = model.predict(frame)
    product = predicted["expected_purchases"] * predicted["expected_spend"]
    np.testing.assert_allclose(predicted["revenue"], product, rtol=1e-9)
    again = from_files(to_files(model))
    pd.testing.assert_frame_equal(again.intervals(frame), model.intervals(frame), check_exact=True)
    totals = model.total_interval(frame)
    assert totals.loc["purchases", "expected"] == pytest.approx(bought)


def test_ends_of_the_model_s_own_chances_change_nothing(past):
    then = past.at(AHEAD.as_of)
    frame, model = then.frame(90), fitted_value(then, CANDIDATE[NAME], AHEAD, 0)
    before = model.intervals(frame)
    ends = tuple(
        (target, segment, promise, (1 - promise) / 2, (1 + promise) / 2)
        for target in ("purchases", "revenue")
        for segment in range(4)
        for promise in (0.8, 0.9)
    )
    model.set_params(level=LevelRange(ends=ends))
    pd.testing.assert_frame_equal(model.intervals(frame), before, check_exact=True)
    wider = tuple((*end[:3], end[3] / 2, (1 + end[4]) / 2) for end in ends)
    model.set_params(level=LevelRange(ends=wider))
    assert (model.intervals(frame)["revenue_high_80"] >= before["revenue_high_80"]).all()
    assert model.intervals(frame)["revenue_high_80"].sum() > 1.1 * before["revenue_high_80"].sum()
