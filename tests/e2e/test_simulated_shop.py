"""The lists against the truth, on one made-up shop; `docs/simulated_shop.md` shows several."""

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "make_simulated.py"


@pytest.fixture(scope="module")
def script():
    sys.path.insert(0, str(SCRIPT.parent))  # the scripts beside it
    spec = importlib.util.spec_from_file_location("make_simulated", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_simulated"] = module  # dataclasses look themselves up
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(SCRIPT.parent))


@pytest.fixture(scope="module")
def judged(script, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    job = script.run_shop(folder, customers=20_000, seed=11)
    return script.judge(job, seed=11)


@pytest.mark.slow
def test_the_list_brings_more_than_random_and_recency_for_the_same_budget(script, judged):
    assert judged.contacted > 300
    for other in (script.RANDOM, script.RECENCY):
        row = judged.policies.loc[other]
        assert row["low"] > 0, f"{other}: {row['difference']:.0f}, from {row['low']:.0f}"
    assert judged.policies.loc[script.LIST, "total"] > 0
    assert judged.policies.loc[script.CEILING, "difference"] <= 0


@pytest.mark.slow
def test_the_true_uplift_falls_along_the_ranking(script, judged):
    tenths = script.by_decile(judged.ranked)
    for name in ("true_uplift", "true_margin"):
        best, worst = tenths[name].iloc[:3].mean(), tenths[name].iloc[-3:].mean()
        everybody = tenths[name].mean()
        assert best > 1.3 * everybody > 0, name
        assert worst < 0.7 * everybody, name


@pytest.mark.slow
def test_true_churn_rises_with_the_colour(script, judged):
    table = script.by_severity(judged.active)
    assert list(table.index) == ["none", "yellow", "orange", "red"]
    assert table["true_churn"].is_monotonic_increasing


@pytest.mark.slow
def test_risks_are_near_the_truth(script, judged):
    table = script.by_severity(judged.active)
    assert (table["true_churn"] - table["p_churn"]).abs().max() < 0.12


@pytest.mark.slow
def test_ten_weekly_lists_are_worth_more_than_lots_and_less_than_the_truth(script):
    rows = pd.DataFrame(script.weekly_page.weekly_lists.weekly("works alike on all", 1, 2000))
    totals = rows.groupby("policy")["margin"].sum()
    assert set(rows["week"]) == set(range(1, 11))
    assert totals["random"] < totals["the list"] < totals["the truth known"]
    mine = rows[rows["policy"] == "the list"]
    assert (mine["margin"] <= mine["best"] + 1e-9).all()
    assert (mine["contacts"] <= 20).all()
