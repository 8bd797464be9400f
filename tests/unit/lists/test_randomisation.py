import numpy as np
import pandas as pd
import pytest

from winback.lists.randomisation import balance, not_as_drawn, sample_ratio


def people(n, *, shift=0.0, share=0.8, seed=0):
    rng = np.random.default_rng(seed)
    arm = np.where(rng.random(n) < share, "treated", "control")
    return pd.DataFrame(
        {
            "arm": arm,
            "stratum": rng.choice(["one", "two"], n),
            "frequency": rng.normal(size=n) + shift * (arm == "treated"),
            "monetary_value": rng.normal(size=n),
        }
    )


def test_a_mismatch_of_sizes_is_told():
    assert sample_ratio(800, 200, 0.8)["p_value"] == pytest.approx(1)
    assert str(sample_ratio(800, 200, 0.5)["warning"]).startswith("Sizes of the arms are no chance")
    assert sample_ratio(0, 0, 0.5) == {"expected_treated": 0.0, "p_value": None, "warning": None}


def test_the_joint_test_keeps_its_level_and_finds_what_is_there():
    p_values = [balance(people(300, seed=i))["p_value"] for i in range(300)]
    assert 0.02 < np.mean(np.array(p_values) < 0.05) < 0.09
    result = balance(people(300, shift=0.6))
    assert result["differences"]["frequency"] == pytest.approx(0.6, abs=0.2)
    assert "repeat purchase days (+0." in str(result["warning"])
    assert set(result["strata"]) == {"one", "two"}


def test_arms_that_are_drawn_by_lot_are_seldom_called_different_however_small():
    told = {n: [balance(people(n, seed=i))["warning"] for i in range(200)] for n in (20, 60, 250)}
    for warnings in told.values():  # of 200, with a doubtful joint test in 5%
        assert sum(warning is not None for warning in warnings) <= 20


def test_strata_too_small_and_covariates_that_say_nothing_are_left_out():
    rows = people(1000).assign(constant=1.0, gone=np.nan)
    names = ["frequency", "constant", "gone"]
    result = balance(rows, names)
    assert result["differences"].keys() == {"frequency", "constant"}
    assert result["differences"]["constant"] == 0
    assert len(result["strata"]) == 2
    assert balance(rows.assign(stratum="x").head(60), names)["strata"] == {}
    assert balance(rows.head(1), names)["p_value"] is None


def test_duplicated_covariates_do_not_break_the_test():
    rows = people(500)
    rows["twice"] = rows["frequency"]
    once = balance(rows, ["frequency"])["p_value"]
    assert balance(rows, ["frequency", "twice"])["p_value"] == pytest.approx(once)


def test_a_past_campaign_is_trusted_unless_its_arms_are_no_lot():
    as_drawn, chosen = people(1000), people(1000, shift=0.8)
    rows = pd.concat([as_drawn.assign(campaign="lot"), chosen.assign(campaign="chosen")])
    rows = rows.assign(treated=(rows["arm"] == "treated").astype(int))
    result = not_as_drawn(rows, ["frequency", "monetary_value"], {"lot": 0.8})
    assert list(result) == ["chosen"]
    assert "differ before the contact in repeat purchase days" in str(result["chosen"])
    result = not_as_drawn(rows, ["frequency", "monetary_value"], {"lot": 0.7})
    assert "Sizes of the arms are no chance" in str(result["lot"])
