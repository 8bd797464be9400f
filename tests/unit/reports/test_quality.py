import numpy as np
import pandas as pd
import pytest

from winback.messages import Words
from winback.reports.quality import model_clause, quality


def entry(model, split="2020-01-01/2020-03-31", target="churn", *, chosen=False, **metrics):
    return {"split": split, "target": target, "model": model, "n": 9, "chosen": chosen, **metrics}


def test_the_chosen_model_meets_the_best_other_one():
    result = quality(
        [
            entry("rule", brier=0.25),
            entry("trees", brier=0.15, chosen=True),
            entry("line", brier=0.2),
            entry("broken", brier=None),
        ],
        None,
    )["targets"]["churn"]
    assert (result["chosen"], result["rival"]) == ("trees", "line")
    assert result["gain"] == pytest.approx(0.25)
    assert [row["model"] for row in result["table"]] == ["trees", "line", "rule", "broken"]
    assert not any(row["beats_chosen"] for row in result["table"])


def test_a_baseline_that_wins_is_shown_winning():
    result = quality([entry("rule", brier=0.1), entry("trees", brier=0.2, chosen=True)], None)
    churn = result["targets"]["churn"]
    assert churn["gain"] == pytest.approx(-1)
    assert [row["beats_chosen"] for row in churn["table"]] == [True, False]
    assert churn["table"][0]["best"] == ["brier"]


def test_nobody_buys_again_does_not_win_by_absolute_error_alone():
    result = quality(
        [
            entry(
                "zero",
                target="purchases",
                mae=0.5,
                poisson_deviance=4.0,
                rmse=3.0,
                gini=0.0,
                bias=0.0,
            ),
            entry(
                "good",
                target="purchases",
                mae=0.6,
                poisson_deviance=0.36,
                rmse=2.0,
                gini=0.6,
                bias=0.95,
                chosen=True,
            ),
        ],
        None,
    )["targets"]["purchases"]
    assert result["rival"] == "zero"
    assert result["table"][0]["values"]["loss"] == pytest.approx((0.6 * 2 * 0.4) ** (1 / 3))
    assert "bias" in result["table"][0]["best"]
    assert result["table"][1]["best"] == ["mae"]


@pytest.mark.parametrize(("high", "said"), [(-0.001, "worse in AUC (0.0025)"), (0.001, "")])
def test_level_is_said_of_a_score_and_where_the_rival_is_better_that_is_said_too(high, said):
    rival = entry("line", brier=0.1, auc=0.8, auc_worse=-0.0025, auc_worse_high=high)
    result = quality([entry("trees", brier=0.1, auc=0.7975, chosen=True), rival], None)
    clause = model_clause(result["targets"]["churn"], Words())
    assert "is level with the best other model, line, in Brier score" in clause
    assert clause.endswith(f", and significantly {said}" if said else "Brier score")


def test_the_latest_split_is_shown_and_every_split_is_kept():
    result = quality(
        [
            entry("trees", split, chosen=True, brier=0.1)
            for split in ("2021-01-01/2021-03-31", "2020-01-01/2020-03-31")
        ],
        None,
    )
    assert result["targets"]["churn"]["as_of"] == "2021-01-01"
    assert result["targets"]["churn"]["gain"] is None
    assert [row["as_of"] for row in result["history"]] == ["2020-01-01", "2021-01-01"]


def test_deciles_hold_a_tenth_each_from_the_top_of_the_chosen_model_only():
    n = 100
    rows = pd.DataFrame(
        {
            "split": "2020-01-01/2020-03-31",
            "target": "purchases",
            "model": "good",
            "customer_id": [str(i) for i in range(n)],
            "predicted": np.arange(n, dtype=float),
            "low_80": np.nan,
            "high_80": np.nan,
            "actual": np.arange(n, dtype=float) * 2,
        }
    )
    other = rows.assign(model="zero", predicted=0.0)
    bins = quality(
        [entry("good", target="purchases", chosen=True), entry("zero", target="purchases")],
        pd.concat([rows, other]),
    )["deciles"]["purchases"]
    assert [row["n"] for row in bins] == [10] * 10
    assert (bins[0]["predicted"], bins[0]["actual"]) == (94.5, 189)
    assert bins[0]["within_80"] is None


def test_without_evidence_there_is_nothing():
    assert quality([], None)["targets"] == {}
