"""Looks at campaigns: planned before anything is known, judged there and nowhere else.

The long proofs are the study of docs/measure_looks.py, whose figures stand in docs/campaigns.md.
"""

import sys
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "docs"))
from measure_looks import GAIN, study

from winback.campaigns.ledger import ledger
from winback.campaigns.looks import LookTerms, information_of

FIRST = pd.Timestamp("2024-01-01")
HORIZON = 28


def weekly(n=200, weeks=20, lift=0.0, cost=0.0, share=0.5, seed=0, gap=0):
    """Draw a campaign that goes on week after week; `gap`: days without, after the third wave."""
    random = np.random.default_rng(seed)
    wave = np.repeat(np.arange(weeks), n)
    treated = (random.random(len(wave)) < share).astype(int)
    returned = (random.random(len(wave)) < 0.10 + lift * treated).astype(int)
    days = FIRST + pd.to_timedelta(7 * wave + gap * (wave > 2), unit="D")
    return pd.DataFrame(
        {
            "campaign": "weekly", "day": days, "treated": treated, "returned": returned,
            "revenue": returned * random.gamma(2, 20, len(wave)),
            "cost": np.where(treated == 1, cost, np.nan), "basket_amount": 40.0,
        }
    )  # fmt: skip


def at(rows, as_of, **terms):
    """Return the campaign's row of the ledger, as it was on a day."""
    terms = {"effect": 2.0, "looks": 5} | terms
    over = rows["day"] <= as_of - pd.Timedelta(days=HORIZON)
    sent = rows[(rows["day"] <= as_of) & ~over]
    late = sent.groupby(["campaign", "day"], as_index=False).agg(
        treated=("treated", "sum"), n=("treated", "size")
    )
    made = ledger(
        rows[over].reset_index(drop=True),
        margin=1.0,
        covariates=[],
        terms=LookTerms(as_of=as_of.date(), horizon_days=HORIZON, **terms),
        waiting=late.assign(control=late["n"] - late["treated"]),
    )
    return made.table.iloc[0]


def nights(rows, **terms):
    """Return the row of every week until the last outcome is known."""
    last = rows["day"].max() + pd.Timedelta(days=HORIZON)
    return [at(rows, as_of, **terms) for as_of in pd.date_range(FIRST, last, freq="7D")]


def test_a_look_falls_when_it_was_announced_and_no_verdict_before():
    seen = nights(weekly(lift=0.04, seed=3))
    told = [(row["looks"], row["verdict"]) for row in seen]
    assert told[0] == (0, "open")
    assert told[-1][0] == 5
    for before, after in pairwise(seen):
        if after["looks"] == before["looks"]:
            assert after["verdict"] == before["verdict"]
            assert after["z"] == before["z"] or (np.isnan(after["z"]) and np.isnan(before["z"]))
        else:
            assert after["information"] * 5 >= after["looks"]
    announced = [row["next_customers"] for row in seen if row["looks"] == 1]
    looked = next(row for row in seen if row["looks"] == 2)
    assert announced[-1] <= looked["treated"] + looked["control"] <= announced[-1] + 400


def test_a_verdict_once_given_is_not_taken_back():
    seen = nights(weekly(lift=0.10, seed=1))
    verdicts = [row["verdict"] for row in seen]
    first = verdicts.index("works")
    assert set(verdicts[first:]) == {"works"}
    assert seen[first]["looks"] < 5  # well before the end
    assert all(abs(seen[first][["z"]]) >= seen[first]["boundary"])
    assert {row["z"] for row in seen[first:]} == {seen[first]["z"]}


def test_a_list_sent_at_once_is_looked_at_once_by_the_fixed_interval():
    rows = weekly(n=2000, weeks=1, lift=0.05)
    early = at(rows, FIRST + pd.Timedelta(days=HORIZON - 1))
    assert (early["verdict"], early["looks"], early["waiting"]) == ("open", 0, 2000)
    assert early["next_look"] == FIRST + pd.Timedelta(days=HORIZON)
    row = at(rows, FIRST + pd.Timedelta(days=HORIZON))
    assert (row["verdict"], row["looks"], row["planned_looks"]) == ("works", 1, 1)
    assert row["boundary"] == pytest.approx(1.96, abs=1e-4)
    assert row["margin_high"] - row["margin_low"] == pytest.approx(
        2 * 1.962 * row["margin_error"], rel=2e-3
    )


def test_waves_sent_before_any_outcome_are_one_sample_and_later_ones_do_not_reopen_it():
    rows = weekly(n=400, weeks=6, lift=0.0, gap=60, seed=5)
    closed = FIRST + pd.Timedelta(days=14 + HORIZON)
    assert at(rows, closed - pd.Timedelta(days=1))["verdict"] == "open"
    row, later = at(rows, closed), at(rows, rows["day"].max() + pd.Timedelta(days=HORIZON))
    assert (row["looks"], row["planned_looks"], later["planned_looks"]) == (1, 1, 1)
    assert later["z"] == row["z"]
    assert later["treated"] > row["treated"]


def test_harm_is_told_net_of_cost_and_an_effect_ruled_out_says_stop():
    assert nights(weekly(lift=0.0, cost=6.0))[-1][["verdict", "decision"]].tolist() == [
        "harms", "stop",
    ]  # fmt: skip
    row = nights(weekly(n=400, seed=0))[-1]
    assert (row["verdict"], row["decision"]) == ("undecided", "stop")
    assert row["margin_high"] < row["planned_effect"]
    small = at(weekly(n=200, weeks=1, lift=0.02, seed=1), FIRST + pd.Timedelta(days=HORIZON))
    assert (small["verdict"], small["decision"]) == ("undecided", "continue")
    assert small["next_customers"] > 200


def test_sizes_of_arms_that_are_no_chance_give_no_verdict():
    rows = weekly(lift=0.2, share=0.4)
    last = rows["day"].max() + pd.Timedelta(days=HORIZON)
    row = at(rows, last, treated_share={"weekly": 0.5})
    assert (row["verdict"], row["decision"]) == ("ratio", "check")
    assert row["ratio_p"] < 0.001
    assert np.isnan(row["increment"])
    assert at(rows, last, treated_share={"weekly": 0.4})["verdict"] == "works"


def test_the_effect_planned_for_is_that_of_the_first_day_and_stays():
    rows = weekly().assign(basket_amount=np.where(np.arange(4000) < 200, 100.0, 5.0))
    effects = {
        at(rows, FIRST + pd.Timedelta(days=day), effect=None)["planned_effect"] for day in (28, 150)
    }
    assert effects == {0.02 * 100.0}


def test_too_little_to_know_the_spread_is_no_information():
    n = np.full((4, 2), 10.0)
    known = information_of(n, 4 * n, 160 * n, np.full(4, 2.0))
    assert known.tolist() == [0.0] * 4
    assert (information_of(n, 4 * n, 160 * n, np.full(4, 9.0)) > 0).tolist() == [
        False, False, True, True,
    ]  # fmt: skip


def test_campaigns_without_effect_are_seldom_said_to_work_by_the_ledger_itself():
    verdicts = []
    for seed in range(60):
        rows = weekly(n=120, weeks=16, seed=seed)
        last = rows["day"].max() + pd.Timedelta(days=HORIZON)
        verdicts.append(at(rows, last, effect=3.0)["verdict"])
    assert verdicts.count("works") <= 4  # 1.5 expected; five or more once in forty times
    assert verdicts.count("harms") <= 4


def test_skewed_spend_without_effect_in_small():
    found = study(0.0, 0.5, campaigns=400)
    assert found["works"] <= 0.05
    assert found["length"] <= 1.15
    assert found["ever"] > 0.10  # who reads every interval is wrong far more often


@pytest.mark.slow
@pytest.mark.parametrize("control", [0.5, 0.2])
def test_skewed_spend_without_effect(control):
    found = study(0.0, control)
    assert found["works"] <= 0.05
    assert found["works"] + found["harms"] <= 0.06
    assert found["length"] <= 1.15


@pytest.mark.slow
@pytest.mark.parametrize("power", [0.8, 0.9])
@pytest.mark.parametrize("control", [0.5, 0.2])
def test_the_effect_planned_for_is_shown_as_often_as_promised(power, control):
    assert study(GAIN, control, power=power)["works"] == pytest.approx(power, abs=0.03)


def test_the_day_of_a_look_is_a_day():
    row = at(weekly(n=50, weeks=1), FIRST)
    assert row["next_look"].date() == date(2024, 1, 29)
