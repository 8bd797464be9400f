import hashlib
import math

import pandas as pd
import pytest

from winback.errors import UsageError
from winback.lists.control import (
    draw_arms,
    in_holdout,
    strata,
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


@pytest.mark.parametrize("share", [0, 1, None, -0.1, math.nan, 0.049])
def test_a_list_without_a_comparison_group_is_refused(share):
    with pytest.raises(UsageError, match="comparison group"):
        draw_arms(pd.Series(["a"]), experiment_id="e", control_share=share)


def test_strata_put_equal_figures_together():
    assert strata(pd.Series([0.2] * 4), pd.Series([1.0, 1, 1, 9])).tolist() == [
        "risk low, value low", "risk low, value low", "risk low, value low", "risk low, value high",
    ]  # fmt: skip
    assert strata(pd.Series([], dtype=float), pd.Series([], dtype=float)).empty


def test_the_holdout_is_stable_and_knows_no_experiment():
    ids = pd.Series([f"c{i}" for i in range(20_000)], index=range(7, 20_007))
    held = in_holdout(ids, share=0.05)
    assert 0.045 < held.mean() < 0.055
    assert held.equals(in_holdout(ids.sample(frac=1, random_state=1), share=0.05).sort_index())
    assert set(ids[in_holdout(ids, share=0.02)]) < set(ids[held])
    assert set(ids[in_holdout(ids, share=0.05, salt="other")]) != set(ids[held])
    # independent of the arms: as many controls inside as outside
    arms = draw_arms(ids, experiment_id="e", control_share=0.3)
    assert abs((arms[held] == "control").mean() - 0.3) < 0.06
    assert not in_holdout(ids, share=0).any()
    with pytest.raises(UsageError, match="holdout"):
        in_holdout(ids, share=1)
