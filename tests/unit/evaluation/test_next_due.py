"""The day on which the next order is due: a median, judged where many never come."""

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from winback.estimators.purchase.generate import generate_customers
from winback.estimators.purchase.pareto_nbd import ParetoNBDModel
from winback.evaluation.next_due import due_in, judge_due, waited

TRUTH = {"r": 0.8, "alpha": 25.0, "s": 0.7, "beta": 120.0}


@pytest.fixture(scope="module")
def shop():
    drawn = generate_customers("pareto_nbd", TRUTH, 400, size=3000, random_state=1)
    return drawn, ParetoNBDModel().fit(drawn[["frequency", "recency", "T"]])


def test_half_have_ordered_by_the_median(shop):
    drawn, model = shop
    due = due_in(model, drawn, 90)
    known = ~np.isnan(due)
    chance = np.array(
        [
            model.p_purchase(drawn.iloc[[i]], due[i]).item()
            for i in np.flatnonzero(known & (due > 1))[:40]
        ]
    )
    assert chance == pytest.approx(0.5, abs=0.03)
    assert (model.p_purchase(drawn[~known], 90) < 0.5).all()
    assert due[known].min() >= 1


def test_the_model_beats_the_mean_gap_and_one_day_for_all(shop):
    drawn, model = shop
    rng = np.random.default_rng(0)
    lives = rng.exponential(1 / drawn["dropout"])
    waits = rng.exponential(1 / drawn["rate"])
    comes = drawn["alive"].to_numpy() & (waits < lives)
    days = np.where(comes, np.minimum(waits, 90), 90.0)
    found = judge_due(model, drawn, days, same=90.0, horizon_days=90)
    assert found.better
    assert found.come == pytest.approx(0.5, abs=0.05)
    assert found.message.code == "next.due"
    shuffled = judge_due(model, drawn, rng.permutation(days), same=90.0, horizon_days=90)
    assert not shuffled.better
    assert shuffled.message.code == "next.no_due"
    few = judge_due(model, drawn.head(99), days[:99], same=90.0, horizon_days=90)
    assert few.message.code == "next.few"


def test_who_orders_later_or_never_has_waited_for_the_horizon():
    orders = ibis.memtable(
        pa.table(
            {
                "customer_id": ["a", "a", "b", "c"],
                "day": [date(2024, 1, 1), date(2024, 1, 9), date(2024, 3, 1), date(2023, 1, 1)],
            }
        )
    )
    people = pd.Series(["c", "b", "a"])
    assert waited(orders, date(2024, 1, 1), people, 30).tolist() == [30, 30, 8]
