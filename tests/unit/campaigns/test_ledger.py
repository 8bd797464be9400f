"""Each campaign by its arms: what is said, and what is not."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.campaigns.effect import effect
from winback.campaigns.ledger import ledger
from winback.campaigns.looks import LookTerms
from winback.errors import NotEnoughDataError, UsageError


def campaign(name, n=4000, lift=0.0, cost=0.5, tilt=0.0, seed=0):
    """Draw a campaign; `tilt`: frequent customers are treated more often than drawn."""
    random = np.random.default_rng(seed)
    frequency = random.poisson(3, n)
    treated = (random.random(n) < 0.8 + tilt * (frequency > 3)).astype(int)
    returned = (random.random(n) < 0.05 + 0.1 * (frequency > 3) + lift * treated).astype(int)
    return pd.DataFrame(
        {
            "campaign": name,
            "day": pd.Timestamp("2024-05-01"),
            "treated": treated,
            "returned": returned,
            "revenue": returned * random.gamma(2, 20, n),
            "cost": np.where(treated == 1, cost, np.nan),
            "frequency": frequency,
        }
    )


def made(*parts, margin=0.5, waiting=None, **terms):
    return ledger(
        pd.concat(parts, ignore_index=True),
        margin=margin,
        covariates=["frequency"],
        terms=LookTerms(**{"as_of": date(2024, 7, 1), "horizon_days": 30} | terms),
        waiting=waiting,
    )


def test_money_is_of_all_treated_and_net_of_cost():
    table = made(campaign("a", lift=0.12, cost=0.25)).table.iloc[0]
    assert table["increment"] == pytest.approx(table["treated"] * table["margin_effect"])
    assert table["cost"] == table["treated"] * 0.25
    assert table["net"] == pytest.approx(table["increment"] - table["cost"])
    assert table["increment_low"] < table["treated"] * 0.12 * 40 * 0.5 < table["increment_high"]
    assert table["verdict"] == "works"


def test_a_campaign_that_brings_something_but_costs_more_harms():
    assert made(campaign("a", lift=0.03, cost=9.0)).table["verdict"].tolist() == ["harms"]


def test_without_cost_nothing_is_called_net():
    rows = campaign("a", lift=0.12).assign(cost=np.nan)
    table = made(rows).table
    assert table[["cost", "net", "net_low"]].isna().all(axis=None)
    assert table["verdict"].tolist() == ["works"]


def test_arms_that_are_no_chance_are_not_compared():
    table = made(campaign("a", tilt=0.15, lift=0.1), campaign("b", lift=0.1, seed=1)).table
    assert table.set_index("campaign")["verdict"].to_dict() == {"a": "broken", "b": "works"}
    assert pd.isna(table.set_index("campaign").loc["a", "increment"])


def test_too_small_an_arm_is_told_and_not_pooled():
    few = campaign("few", n=3).assign(treated=1)
    both = made(few, campaign("a", seed=1), campaign("b", seed=2))
    assert both.table.set_index("campaign").loc["few", "verdict"] == "small"
    assert both.pooled["campaigns"] == 2


def test_without_an_effect_few_campaigns_are_said_to_have_one():
    table = made(*[campaign(f"c{i:02}", n=1500, cost=0.0, seed=i) for i in range(40)]).table
    assert (table["verdict"] != "undecided").sum() <= 5  # 2 expected of 40
    assert made(*[campaign(f"c{i}", seed=i) for i in range(6)]).pooled["margin_low"] < 0


@pytest.mark.parametrize("n", [8, 14, 30, 90])
def test_few_customers_make_nobody_sure(n):
    random = np.random.default_rng(n)
    told_apart, drawn = 0, 400
    for _ in range(drawn):
        arm = random.permutation(np.arange(n) % 2)
        known = pd.DataFrame(random.standard_normal((n, 4)))
        estimate = effect(random.standard_normal(n), arm, known)
        told_apart += not estimate.low < 0 < estimate.high
    assert told_apart / drawn <= 0.08  # 5% by chance, give or take


def test_what_a_campaign_does_not_know_or_did_not_see_stops_no_other():
    blind = campaign("blind", seed=3).assign(frequency=np.nan)
    dead = campaign("dead", n=60, seed=4).assign(returned=0, revenue=0.0)
    both = made(blind, dead, campaign("a", seed=1), campaign("b", seed=2))
    verdicts = both.table.set_index("campaign")["verdict"]
    assert verdicts["dead"] == "small"
    assert verdicts["blind"] in ("undecided", "harms")
    assert both.pooled["campaigns"] == 3


def test_covariates_that_say_the_same_or_nothing_are_left_out():
    rows = campaign("a", lift=0.05)
    known = rows[["frequency"]].assign(twice=2 * rows["frequency"], none=1.0)
    alone = effect(rows["returned"], rows["treated"], rows[["frequency"]])
    several = effect(rows["returned"], rows["treated"], known)
    assert several.difference == pytest.approx(alone.difference, rel=1e-9)
    assert several.standard_error == pytest.approx(alone.standard_error, rel=1e-9)
    assert alone.variance_saved > 0


def test_bad_input_is_refused():
    with pytest.raises(NotEnoughDataError, match="too few"):
        effect([1, 2, 3], [1, 0, 0])
    with pytest.raises(UsageError, match="an outcome and an arm"):
        effect([1, np.nan, 3, 4], [1, 0, 1, 0])
    with pytest.raises(UsageError, match="gap"):
        effect([1, 2, 3, 4], [1, 0, 1, 0], pd.DataFrame({"x": [1, np.nan, 2, 3]}))
