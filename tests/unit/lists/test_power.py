import math

import numpy as np
import pytest

from winback.lists.power import (
    minimum_detectable_effect,
    needed_customers,
    what_it_can_measure,
)


def test_detectable_effect_against_simulation():
    # the effect is found in 80% of trials, also where the arms differ in size
    effect = minimum_detectable_effect(4000, 1000, 0.12)
    rng = np.random.default_rng(1)
    treated = rng.binomial(4000, 0.12 + effect, 20_000) / 4000
    control = rng.binomial(1000, 0.12, 20_000) / 1000
    size = 2 * (np.arcsin(np.sqrt(treated)) - np.arcsin(np.sqrt(control)))
    assert (np.abs(size) > 1.96 * np.sqrt(1 / 4000 + 1 / 1000)).mean() == pytest.approx(
        0.8, abs=0.02
    )


def test_needed_customers_is_the_inverse():
    needed = needed_customers(0.03, 0.2, 0.25)
    effect = minimum_detectable_effect(round(needed * 0.75), round(needed * 0.25), 0.2)
    assert effect == pytest.approx(0.03, rel=1e-3)


def test_an_empty_group_measures_nothing():
    known = what_it_can_measure(5, 0, p_return=[0.1], uplift=0.02, control_share=0.2)
    assert known["minimum_detectable_effect"] is None
    assert "no effect can be measured" in str(known["message"])
    nobody = what_it_can_measure(0, 0, p_return=[], uplift=0.02, control_share=0.2)
    assert str(nobody["message"]) == "There is nobody to measure."


@pytest.mark.parametrize(("rate", "uplift"), [(0.0, 0.02), (1.0, 0.02), (0.99, 0.5), (0.1, -0.1)])
def test_the_edges_are_answered(rate, uplift):
    known = what_it_can_measure(1, 1, p_return=[rate], uplift=uplift, control_share=0.2)
    assert known["minimum_detectable_effect"] is None  # not even a return of everybody would show
    assert (known["needed_customers"] is None) == (uplift < 0 or rate == 1)
    assert math.isinf(minimum_detectable_effect(1, 1, rate))
