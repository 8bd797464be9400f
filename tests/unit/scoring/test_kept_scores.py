"""What is kept of a day's scores: the same customers every time, and a bounded number."""

from datetime import date, timedelta

import pandas as pd
import pytest

from winback.scoring.kept_scores import is_to_keep, keep_scores

WINDOWS = {"gap_days": 0, "churn_horizon_days": 30, "value_horizon_days": 90}
DAY = date(2024, 1, 1)


@pytest.fixture
def keep(tmp_path):
    def keep(ids, sample):
        frame = pd.DataFrame(
            {
                "customer_id": ids,
                "as_of": DAY,
                "p_churn": 0.5,
                "expected_purchases": 1.0,
                "value_version": 1,
                "churn_version": 1,
                "lifecycle_stage": ["dormant" if i % 2 else "active" for i in range(len(ids))],
            }
        )
        frame.to_parquet(tmp_path / "scores.parquet", row_group_size=7)
        n = keep_scores(tmp_path / "scores.parquet", tmp_path / "kept", sample=sample, **WINDOWS)
        kept = pd.read_parquet(tmp_path / "kept")
        assert len(kept) == n
        return kept.merge(frame[["customer_id", "lifecycle_stage"]], on="customer_id")

    return keep


def test_the_same_customers_are_kept_whoever_joins(keep):
    early = [f"c{i:03}" for i in range(40)]
    first = keep(early, 20)
    assert len(first) == 20
    dormant = first["lifecycle_stage"] == "dormant"
    assert dormant.any()
    assert (first["p_churn"].isna() == dormant).all()
    later = keep([*early, *(f"new{i}" for i in range(10))], 20)["customer_id"]
    stayed = set(later) & set(early)
    assert stayed < set(first["customer_id"])
    assert len(later) == 20


def test_days_are_a_week_apart_and_kept_once():
    assert is_to_keep(DAY, [])
    assert not is_to_keep(DAY, [DAY])
    assert not is_to_keep(DAY + timedelta(days=6), [DAY])
    assert not is_to_keep(DAY - timedelta(days=60), [DAY])  # made up for later
    assert is_to_keep(DAY + timedelta(days=7), [DAY - timedelta(days=9), DAY])
