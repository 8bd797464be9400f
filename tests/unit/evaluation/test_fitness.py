"""A model ranks where its order beats chance, and says what is missing where it does not."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from winback.evaluation.fitness import Fit, Fitness, History, churn_fitness, value_fitness

LONG = History(history_days=500, needed_days=240, repeat_customers=300)
NOBODY = pd.DataFrame()


def record(auc, n=200, rate=0.6, model="logistic"):
    return {"target": "churn", "model": model, "n": n, "auc": auc, "base_rate": rate}


def test_scores_without_any_relation_pass_as_seldom_as_stated():
    rng = np.random.default_rng(0)
    passed = 0
    for _ in range(1_500):
        left = rng.random(60) < 0.6
        auc = roc_auc_score(left, rng.random(60))
        own = record(auc, n=60, rate=left.mean())
        passed += churn_fitness("logistic", [own], NOBODY, LONG).ranks
    assert 0.01 < passed / 1_500 < 0.04, "a one-sided error of 2.5%"


def test_the_customers_asked_for_would_have_been_enough():
    fitness = churn_fitness("logistic", [record(0.55)], NOBODY, LONG)
    assert fitness.fit is Fit.FALLBACK
    enough, short = fitness.needs_customers + 2, fitness.needs_customers * 0.9
    assert churn_fitness("logistic", [record(0.55, n=enough)], NOBODY, LONG).ranks
    assert not churn_fitness("logistic", [record(0.55, n=int(short))], NOBODY, LONG).ranks


def test_a_score_below_chance_is_not_mended_by_more_customers():
    fitness = churn_fitness("logistic", [record(0.35, n=5_000)], NOBODY, LONG)
    assert not fitness.ranks
    assert fitness.needs_customers is None


def test_one_risk_for_all_ranks_nobody_whatever_was_record():
    records = [record(0.9, model="base_rate"), record(0.9)]
    assert not churn_fitness("base_rate", records, NOBODY, LONG).ranks


@pytest.mark.parametrize(
    "own", [None, record(float("nan")), record(None), record(0.9, rate=1.0), record(0.9, n=0)]
)
def test_what_was_not_measured_is_no_evidence(own):
    fitness = churn_fitness("logistic", [own] if own else [], NOBODY, LONG)
    assert not fitness.ranks
    assert "could not be tested" in str(fitness.message)


def test_short_history_says_how_many_days_are_missing_and_few_rhythms_leave_nobody():
    short = History(history_days=35, needed_days=240, repeat_customers=12)
    fitness = churn_fitness("beta_geo", [], NOBODY, short)
    assert (fitness.fit, fitness.needs_days) == (Fit.NOTHING, 205)
    assert "205 days more than the 35 days" in str(fitness.message)
    assert "12 customers bought on two days or more" in str(fitness.message)


def test_snapshots_stand_in_for_a_test_with_no_more_customers_than_the_largest_has():
    rows = {"candidate": "logistic", "snapshot": "x", "auc": [0.6] * 4, "base_rate": 0.5}
    few, many = (pd.DataFrame({**rows, "n": [n] * 4}) for n in (40, 400))
    assert not churn_fitness("logistic", [], few, LONG).ranks
    assert churn_fitness("logistic", [], many, LONG).ranks


def test_the_chosen_model_of_then_stands_in_for_one_that_was_not_record():
    other = {**record(0.8, model="blend"), "chosen": True}
    assert churn_fitness("boosted", [other, record(0.5)], NOBODY, LONG).ranks
    assert not churn_fitness("logistic", [other, record(0.5)], NOBODY, LONG).ranks


def test_value_is_judged_by_the_revenue_where_there_is_one():
    purchases = {"target": "purchases", "model": "rate", "n": 100, "spearman": 0.5}
    revenue = {"target": "revenue", "model": "rate", "n": 100, "spearman": 0.1}
    assert value_fitness("rate", [purchases], LONG).ranks
    assert value_fitness("rate", [purchases, revenue], LONG).fit is Fit.FALLBACK


def test_a_statement_is_kept_as_plain_data():
    fitness = churn_fitness("logistic", [record(0.52)], NOBODY, LONG)
    assert Fitness.of(fitness.as_record()) == fitness
