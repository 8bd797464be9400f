"""Churn learns nothing of what happens after `as_of`; and the check would see it if it did."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.evaluation.churn_forward import ChurnData, ChurnSettings, SnapshotSettings, fit_churn
from winback.evaluation.past import Past
from winback.evaluation.windows import Window

AS_OF = date(1997, 12, 31)
WINDOW = Window(AS_OF, AS_OF + timedelta(days=60))
RECIPE = {
    "estimator": "ChurnModel",
    "params": {"candidates": ("base_rate", "beta_geo", "lightgbm_btyd"), "n_bootstrap": 20},
}


def with_future(shop, loud):
    """Replace what happens after AS_OF: everybody buys every week, or nobody ever."""
    rows = shop.table.select("customer_id", "timestamp", "amount").to_pyarrow().to_pandas()
    past = rows[rows["timestamp"] <= pd.Timestamp(AS_OF) + pd.Timedelta(hours=23)]
    weeks = [
        past.drop_duplicates("customer_id").assign(
            timestamp=pd.Timestamp(AS_OF) + pd.Timedelta(days=1 + 7 * week), amount=1e5
        )
        for week in range(8)
    ]
    frame = pd.concat([past, *weeks]) if loud else past
    return read_transactions(frame, policy=IntakePolicy(zero_amounts="keep"), engine=open_engine())


def learned(shop):
    """Return all that a churn model learns from, and what it then says."""
    data = ChurnData(
        Past(shop, AS_OF), WINDOW, ChurnSettings(None, snapshots=SnapshotSettings(count=2))
    )
    model = fit_churn(RECIPE, data, WINDOW)
    return data.train, data.population, model.candidate_probabilities(data.population)


@pytest.fixture(scope="module")
def shops():
    sample = read_transactions("sample:cdnow-tenth", engine=open_engine())
    return with_future(sample, loud=False), with_future(sample, loud=True)


def test_changing_the_future_changes_nothing(shops):
    for before, after in zip(*(learned(shop) for shop in shops), strict=True):
        pd.testing.assert_frame_equal(before, after, check_exact=True)


def test_a_planted_leak_is_seen(shops, monkeypatch):
    """A model that is given the window's outcome: the same check must fail."""
    leaks = []
    for shop in shops:
        monkeypatch.setattr(
            ChurnData,
            "_purchase_model",
            lambda _, day, shop=shop: Past(shop, day + timedelta(days=60)).purchase_model(),
        )
        leaks.append(learned(shop)[2])
    assert np.abs(leaks[0]["lightgbm_btyd"] - leaks[1]["lightgbm_btyd"]).max() > 0.05
    with pytest.raises(AssertionError):
        pd.testing.assert_frame_equal(*leaks, check_exact=True)
