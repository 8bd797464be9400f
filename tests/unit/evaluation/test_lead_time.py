from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from winback.data.intake import read_transactions
from winback.errors import NotEnoughDataError, UsageError
from winback.evaluation.churn_forward import ChurnSettings, SnapshotSettings
from winback.evaluation.lead_time import choose, lead_times, measure_lead_time
from winback.evaluation.past import Past

START = pd.Timestamp("2024-01-01")


def days(*after):
    return START + pd.to_timedelta(after, unit="D")


# a is warned about on day 7 at .5 and on day 14 at .8; b comes back; c is never warned about
RISKS = pd.DataFrame(
    {
        "customer_id": ["a", "a", "a", "b", "b", "c", "c", "a"],
        "as_of": days(7, 14, 35, 7, 14, 7, 14, 3),
        "last_purchase_at": days(0, 0, 0, 5, 5, 2, 2, -40),  # the last row: an earlier silence
        "p_churn": [0.5, 0.8, 0.9, 0.7, 0.1, 0.2, 0.2, 1.0],
    }
)
SILENCES = pd.DataFrame(
    {"customer_id": ["a", "b", "c"], "day": days(0, 5, 2), "churned": [True, False, True]}
)


def test_the_first_warning_of_a_silence_counts_and_no_warning_is_no_time():
    table = lead_times(RISKS, SILENCES, 30, [0.4, 0.6, 0.75, 0.95]).set_index("threshold")
    assert table["lead_q75"].tolist() == [0, 0, 0, 0]  # lower quantile of (23, 0)
    assert table["recall"].tolist() == [0.5, 0.5, 0.5, 0.0]
    assert table["precision"].tolist()[:3] == [0.5, 0.5, 1.0]
    assert np.isnan(table.loc[0.95, "precision"])
    alone = SILENCES.head(2)
    leads = lead_times(RISKS, alone, 30, [0.4, 0.6, 0.85])["lead_median"]
    assert leads.tolist() == [23, 16, 0]  # at .85 the only warning comes after day 30


def test_the_highest_threshold_that_is_early_enough_is_chosen():
    table = pd.DataFrame({"threshold": [0.1, 0.2, 0.3, 0.4], "lead_median": [30, 20, 20, 0]})
    assert choose(table, 20) == 0.3
    assert choose(table, 21) == 0.1
    with pytest.raises(UsageError, match="at most 30"):
        choose(table, 31)


def shop(seed=0, n=600, years=2):
    """Customers buy about every 12 days and leave for good on some day."""
    rng = np.random.default_rng(seed)
    gaps = rng.exponential(12, (n, 80)).round() + 1
    when = rng.integers(0, 365, (n, 1)) + np.cumsum(gaps, axis=1)
    leaves = when[:, :1] + rng.exponential(200, (n, 1))
    rows, columns = np.nonzero((when <= leaves) & (when < 365 * years))
    return pd.DataFrame(
        {
            "customer_id": np.char.add("c", rows.astype(str)),
            "timestamp": pd.Timestamp("2022-01-01")
            + pd.to_timedelta(when[rows, columns], unit="D"),
            "amount": 10.0,
        }
    )


AS_OF = date(2023, 12, 31)
RECIPE = {"estimator": "ChurnModel", "params": {"candidates": ["recency_rule", "base_rate"]}}


def measure(source, **over):
    settings = ChurnSettings(snapshots=SnapshotSettings(count=3))
    arguments = {"days": 20, "horizon_days": 60, "recipe": RECIPE, "settings": settings} | over
    return measure_lead_time(Past(read_transactions(source, as_of=AS_OF), AS_OF), **arguments)


def test_the_lead_time_is_measured_forward_and_as_asked_for():
    source = shop()
    measured = measure(source)
    summary = measured.summary()
    assert summary["measured"]["lead_median"] >= 20
    assert summary["measured_from"] == str(AS_OF - timedelta(days=120))
    table = measured.table
    for falling in ("recall", "warned", "lead_q25", "lead_median", "lead_q75"):
        assert table[falling].is_monotonic_decreasing, falling
    assert table["lead_q75"].max() < 60
    higher = table[table["threshold"] > measured.threshold]
    assert (higher["lead_median"] < 20).all()
    # more days of warning: never a higher threshold
    assert choose(table, 40) <= measured.threshold
    # what happens later is not seen
    later = pd.DataFrame(
        {"customer_id": ["c0"], "timestamp": [pd.Timestamp("2024-01-05")], "amount": [1.0]}
    )
    pd.testing.assert_frame_equal(measure(pd.concat([source, later])).table, table)


def test_what_cannot_be_measured_is_said():
    with pytest.raises(UsageError, match="no threshold gives so many"):
        measure(shop(), days=60)
    with pytest.raises(NotEnoughDataError, match="too short"):
        measure(shop(), horizon_days=300)
