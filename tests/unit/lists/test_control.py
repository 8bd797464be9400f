import hashlib
import math

import numpy as np
import pandas as pd
import pytest

from winback.errors import UsageError
from winback.lists.control import (
    draw_arms,
    minimum_detectable_effect,
    needed_customers,
    strata,
    what_it_can_measure,
)


def test_arms_can_be_drawn_again_by_anybody():
    ids = pd.Series(["a", "Zoë", "17"])
    digests = [hashlib.sha256(f"s|e|{name}".encode()).hexdigest() for name in ids]
    share = sorted(int(digest[:13], 16) / 16**13 for digest in digests)[1]  # the middle one
    expected = [
        "control" if int(digest[:13], 16) / 16**13 < share else "treated" for digest in digests
    ]
    drawn = draw_arms(ids, experiment_id="e", control_share=share, salt="s")
    assert drawn.tolist() == expected
    assert sorted(expected) == ["control", "treated", "treated"]


def test_an_arm_is_a_customers_own():
    ids = pd.Series([f"c{i}" for i in range(500)], index=range(7, 507))
    arms = draw_arms(ids, experiment_id="e", control_share=0.3)
    again = draw_arms(ids.sample(100, random_state=1), experiment_id="e", control_share=0.3)
    assert again.equals(arms.loc[again.index])
    smaller = draw_arms(ids, experiment_id="e", control_share=0.2)
    assert set(ids[smaller == "control"]) < set(ids[arms == "control"])
    other = draw_arms(ids, experiment_id="f", control_share=0.3)
    assert 0.3 < (arms == other).mean() < 0.75  # independent: .58 agree


@pytest.mark.parametrize("share", [0, 1, None, -0.1, math.nan])
def test_a_list_without_a_comparison_group_is_refused(share):
    with pytest.raises(UsageError, match="comparison group"):
        draw_arms(pd.Series(["a"]), experiment_id="e", control_share=share)


def test_strata_put_equal_figures_together():
    assert strata(pd.Series([0.2] * 4), pd.Series([1.0, 1, 1, 9])).tolist() == [
        "risk low, value low", "risk low, value low", "risk low, value low", "risk low, value high",
    ]  # fmt: skip
    assert strata(pd.Series([], dtype=float), pd.Series([], dtype=float)).empty


def test_detectable_effect_against_simulation():
    # 2,000 against 2,000 at a pooled rate of .12: the effect found in 80% of trials
    effect = minimum_detectable_effect(2000, 2000, 0.12)
    rng = np.random.default_rng(1)
    treated = rng.binomial(2000, 0.12 + effect / 2, 20_000) / 2000
    control = rng.binomial(2000, 0.12 - effect / 2, 20_000) / 2000
    pooled = (treated + control) / 2
    z = (treated - control) / np.sqrt(pooled * (1 - pooled) * 2 / 2000)
    assert (np.abs(z) > 1.96).mean() == pytest.approx(0.80, abs=0.02)


def test_needed_customers_is_the_inverse():
    needed = needed_customers(0.03, 0.2, 0.25)
    effect = minimum_detectable_effect(round(needed * 0.75), round(needed * 0.25), 0.2)
    assert effect == pytest.approx(0.03, rel=1e-3)


def test_an_empty_group_measures_nothing():
    known = what_it_can_measure(5, 0, p_return=[0.1], uplift=0.02, control_share=0.2)
    assert known["minimum_detectable_effect"] is None
    assert "no effect can be measured" in known["sentence"]
    nobody = what_it_can_measure(0, 0, p_return=[], uplift=0.02, control_share=0.2)
    assert nobody["sentence"] == "There is nobody to measure."
