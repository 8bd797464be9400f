"""The rule of the contest, on predictions made to order."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from winback.economics import Economics
from winback.estimators.churn.churn_choice import ContestTerms
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.generate import generate_customers
from winback.evaluation.churn_contest import hold_contest
from winback.evaluation.churn_evidence import Evidence, keepable_at
from winback.messages import Message

AS_IT_COMES = Economics()


def contest(noise, *, level=0.0, n=4000, economics=AS_IT_COMES, value=None, keepable=None):
    """Let `lightgbm` know the truth, and `logistic` know it up to noise and a level."""
    rng = np.random.default_rng(1)
    truth = rng.normal(0.0, 1.5, n)
    probability = expit(truth)
    blurred = expit(truth + noise * rng.normal(size=n) + level)
    evidence = Evidence(
        rows=np.arange(n),
        y=(rng.random(n) < probability).astype(np.int64),
        snapshot=np.repeat([0, 30], n // 2),
        customer=np.tile(np.arange(n // 2), 2),
        predictions={"logistic": blurred, "lightgbm": probability},
        failed={},
        forward=True,
        note=Message("evidence.forward", dates=[]),
        value=value,
        keepable=keepable,
    )
    return hold_contest(
        evidence,
        ["logistic", "lightgbm"],
        ContestTerms(calibration="auto", economics=economics),
        horizon_days=30,
        random_state=0,
    )


def test_of_two_that_cannot_be_told_apart_the_better_wins_and_both_are_named():
    outcome = contest(0.2)
    table = outcome.table.set_index("candidate")
    assert table["levelled_brier"].idxmin() == "lightgbm"
    assert table.loc["logistic", "low"] <= 0 < table.loc["logistic", "high"]
    assert outcome.selected == "lightgbm"
    assert "not told apart: logistic regression" in str(outcome.reason)


def test_of_equal_ones_the_simpler_wins():
    assert contest(0.0).selected == "logistic"


def rare(bad):
    """Two scores of equal Brier on the whole; `bad` is wrong about those who are worth a lot."""
    rng = np.random.default_rng(2)
    n = 40_000
    p = rng.uniform(0.2, 0.8, n)
    y = (rng.random(n) < p).astype(np.int64)
    dear = rng.random(n) < 0.4
    scores = {"good": p.copy(), "bad": np.where(dear, 1.0 - p, p)}
    # what `bad` lacks among the dear, `good` lacks among as many others
    cheap = rng.permutation(np.flatnonzero(~dear))[: dear.sum()]
    scores["good"][cheap] = 1.0 - p[cheap]
    evidence = Evidence(
        rows=np.arange(n),
        y=y,
        snapshot=np.repeat([0, 30], n // 2),
        customer=np.arange(n),
        predictions={"logistic": scores["bad" if bad else "good"], "lightgbm": scores["good"]},
        failed={},
        forward=True,
        note=Message("evidence.forward", dates=[]),
        value=np.where(dear, 50.0, 1.0),
    )
    return hold_contest(
        evidence,
        ["logistic", "lightgbm"],
        ContestTerms(calibration="none", economics=Economics(save_rate=0.2, contact_cost=1.0)),
        horizon_days=30,
        random_state=0,
    )


def test_who_earns_significantly_less_loses_although_brier_sees_no_difference():
    outcome = rare(bad=True)
    table = outcome.table.set_index("candidate")
    assert (table["low"] <= 0).all()  # not told apart by Brier
    assert table.loc["logistic", "profit"] < 0.8 * table.loc["lightgbm", "profit"]
    assert table.loc["logistic", "profit_high"] < 0
    assert outcome.selected == "lightgbm"
    assert "acting on logistic regression earned significantly less" in str(outcome.reason)
    assert rare(bad=False).selected == "logistic"  # equals: the simpler


def test_a_clearly_better_ranking_wins():
    outcome = contest(1.0)
    assert outcome.selected == "lightgbm"
    assert outcome.table["selected"].tolist() == [False, True]
    assert outcome.table["low"].tolist()[0] > 0


def test_a_level_that_is_off_decides_nothing_but_is_shown():
    outcome = contest(0.0, level=1.0)
    table = outcome.table.set_index("candidate")
    assert table.loc["logistic", "brier"] > table.loc["lightgbm", "brier"] + 0.01
    assert table.loc["logistic", "levelled_brier"] == pytest.approx(
        table.loc["lightgbm", "levelled_brier"], abs=1e-4
    )
    assert outcome.selected == "logistic"


def with_base_rate(signal, *, n=600, seed=0, level=0.0):
    """Let `logistic` know so much of the truth, beside everybody's mean risk at a wrong level."""
    rng = np.random.default_rng(seed)
    truth, noise = rng.normal(0.0, 1.0, (2, n))
    y = (rng.random(n) < expit(signal * truth)).astype(np.int64)
    evidence = Evidence(
        rows=np.arange(n),
        y=y,
        snapshot=np.repeat([0, 30], n // 2),
        customer=np.tile(np.arange(n // 2), 2),
        predictions={
            "base_rate": np.full(n, expit(level)),
            "recency_rule": expit(0.3 * noise + level),
            "logistic": expit((signal or 0.3) * truth + level),
        },
        failed={},
        forward=True,
        note=Message("evidence.forward", dates=[]),
    )
    return hold_contest(
        evidence,
        list(evidence.predictions),
        ContestTerms(calibration="none"),
        horizon_days=30,
        random_state=0,
    )


def test_where_there_is_nothing_to_rank_by_the_base_rate_is_chosen_and_says_so():
    chosen = [with_base_rate(0.0, seed=seed).selected for seed in range(20)]
    assert chosen.count("base_rate") >= 18  # one in twenty by chance
    outcome = with_base_rate(0.0, seed=1)
    assert "there is nothing to rank by; the best of the others is " in str(outcome.reason)
    assert set(outcome.calibrators) == {"base_rate", "recency_rule", "logistic"}


def test_who_beats_the_base_rate_is_chosen_though_the_level_of_both_is_off():
    outcome = with_base_rate(1.0, level=0.8)
    assert outcome.selected == "logistic"
    table = outcome.table.set_index("candidate")
    assert table.loc["logistic", "base_rate_high"] < 0 < table.loc["recency_rule", "base_rate_high"]


def test_the_profit_counts_only_who_can_still_be_kept():
    kept = np.tile([0.25, 0.5], 2000)
    all_could, some_could = (contest(0.2, keepable=share).table["profit"] for share in (None, kept))
    assert (some_could > 0).all()
    assert (some_could < 0.6 * all_could).all()
    assert (contest(0.2, keepable=0 * kept).table["profit"] == 0).all()


def test_who_is_keepable_is_told_by_the_model_of_the_snapshot_and_by_rhythm_without_one():
    purchase = BetaGeoModel().fit(
        generate_customers("beta_geo", {"r": 0.5, "alpha": 40, "a": 0.8, "b": 3}, 365, size=500)
    )
    late = {"frequency": 6.0, "recency": 100.0, "T": 300.0, "overdue_ratio": 3.0}
    X = pd.DataFrame([late, late], index=[7, 8]).assign(
        customer_id="a", as_of=["2024-01-01", "2024-02-01"]
    )
    models = {date(2024, 2, 1): purchase}
    shares = keepable_at(X, {"gap_days": 0, "horizon_days": 90}, models)
    stays = purchase.p_purchase_window(X, 0, 90)[8]
    alive = purchase.p_alive(X)[8]
    assert shares[0] == 0.125
    assert shares[1] == pytest.approx((alive - stays) / (1 - stays))
