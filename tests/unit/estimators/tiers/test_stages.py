"""Lifecycle stages: the first rule that fits holds."""

import pandas as pd
import pytest

from winback.errors import ModelError
from winback.estimators.tiers.stages import STAGES, lifecycle_stage


def customer(frequency=4, recency=90, T=100, overdue=0.5):
    return {"frequency": frequency, "recency": recency, "T": T, "overdue_ratio": overdue}


@pytest.mark.parametrize(
    ("row", "stage"),
    [
        (customer(overdue=1.99), "active"),
        (customer(overdue=2.0), "cooling"),
        (customer(overdue=3.99), "cooling"),
        (customer(overdue=4.0), "at_risk"),
        (customer(frequency=0, recency=0, T=30, overdue=9.0), "new"),
        (customer(frequency=0, recency=0, T=31, overdue=9.0), "at_risk"),
        (customer(frequency=1, recency=5, T=20), "active"),  # has come back: no longer new
        (customer(recency=100, T=465, overdue=0.1), "active"),
        (customer(recency=100, T=466, overdue=0.1), "dormant"),  # silence decides, not rhythm
    ],
)
def test_each_rule_at_its_edge(row, stage):
    assert stage in STAGES
    assert lifecycle_stage(pd.DataFrame([row], index=["z"])).to_dict() == {"z": stage}


def test_without_a_limit_nobody_is_dormant():
    row = pd.DataFrame([customer(recency=0, T=5000, overdue=50.0)])
    assert lifecycle_stage(row, active_within_days=None).tolist() == ["at_risk"]


def test_impossible_input_is_refused():
    rows = pd.DataFrame([customer()])
    with pytest.raises(ModelError, match="out of order"):
        lifecycle_stage(rows, cooling_at=5.0)
    with pytest.raises(ModelError, match="overdue_ratio"):
        lifecycle_stage(rows.drop(columns="overdue_ratio"))
    assert lifecycle_stage(rows.iloc[:0]).empty
