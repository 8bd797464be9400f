import math
import re
from pathlib import Path

import numpy as np
import pytest

from winback.estimators.uplift.pooling import differences
from winback.lists.power import (
    minimum_detectable_effect,
    needed_customers,
    power_of,
    what_it_can_measure,
)


@pytest.mark.parametrize(
    ("n_treated", "n_control", "rate"),
    [(119, 28, 0.15), (160, 40, 0.1), (40, 10, 0.3), (1000, 250, 0.02), (4000, 1000, 0.12)],
)
def test_the_effect_is_found_in_80_of_100_trials_by_the_test_that_judges_campaigns(
    n_treated, n_control, rate
):
    effect = minimum_detectable_effect(n_treated, n_control, rate)
    rng = np.random.default_rng(1)
    trials, significant = 800, 0
    arm = np.repeat([1.0, 0.0], [n_treated, n_control])
    n = len(arm)
    for _ in range(trials):
        returned = (rng.random(n) < rate + effect * arm).astype(float)
        seen = differences(
            np.zeros(n, dtype=int),
            ["all"],
            arm=arm,
            returned=returned,
            weight=np.where(arm > 0, n / n_treated, n / n_control),
            people=np.arange(n),
        ).iloc[0]
        significant += abs(seen["difference"]) > 1.959964 * np.sqrt(seen["variance"])
    assert significant / trials == pytest.approx(0.8, abs=0.03)


def test_without_an_effect_little_is_found():
    for groups in ((119, 28, 0.15), (160, 40, 0.1), (1000, 250, 0.02)):
        assert power_of(*groups, 0.0) <= 0.06


def test_the_exact_and_the_normal_chance_agree_where_they_meet():
    exact = power_of(1500, 1500, 0.1, 0.03)
    assert power_of(1501, 1501, 0.1, 0.03) == pytest.approx(exact, abs=0.01)


def test_the_page_says_what_the_code_says():
    page = (Path(__file__).parents[3] / "docs/explanation/uplift.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| (\d+) \| ([\d.]+)% \| ([\d.]+) points \|$", page, re.MULTILINE)
    assert len(rows) >= 3
    for treated, control, rate, points in rows:
        effect = minimum_detectable_effect(int(treated), int(control), float(rate) / 100)
        assert f"{effect * 100:.1f}" == points


def test_needed_customers_is_the_inverse():
    needed = needed_customers(0.03, 0.2, 0.25)
    effect = minimum_detectable_effect(round(needed * 0.75), round(needed * 0.25), 0.2)
    assert effect == pytest.approx(0.03, rel=1e-3)


def test_an_empty_group_measures_nothing():
    measured = what_it_can_measure(5, 0, p_return=[0.1], uplift=0.02, control_share=0.2)
    assert measured["minimum_detectable_effect"] is None
    assert "no effect can be measured" in str(measured["message"])
    nobody = what_it_can_measure(0, 0, p_return=[], uplift=0.02, control_share=0.2)
    assert str(nobody["message"]) == "There is nobody to measure."


@pytest.mark.parametrize(("rate", "uplift"), [(0.0, 0.02), (1.0, 0.02), (0.99, 0.5), (0.1, -0.1)])
def test_the_edges_are_answered(rate, uplift):
    measured = what_it_can_measure(1, 1, p_return=[rate], uplift=uplift, control_share=0.2)
    assert (
        measured["minimum_detectable_effect"] is None
    )  # not even a return of everybody would show
    assert (measured["needed_customers"] is None) == (uplift < 0 or rate == 1)
    assert math.isinf(minimum_detectable_effect(1, 1, rate))
