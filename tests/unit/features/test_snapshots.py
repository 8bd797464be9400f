from datetime import date, timedelta
from itertools import pairwise

import ibis
import pyarrow as pa
import pytest

from winback.errors import UsageError
from winback.features.behaviour import behaviour_table
from winback.features.snapshots import snapshot_dates, training_table

FIRST, AS_OF = date(2024, 1, 1), date(2024, 12, 31)
SPACING = {
    "first_day": FIRST,
    "as_of": AS_OF,
    "horizon_days": 90,
    "gap_days": 7,
    "every_days": 30,
    "count": 100,
    "min_history_days": 60,
}


def test_every_label_is_mature_and_every_snapshot_has_history():
    dates = snapshot_dates(**SPACING)
    assert dates[0] == AS_OF - timedelta(days=97)
    assert dates == sorted(dates, reverse=True)
    assert {(a - b).days for a, b in pairwise(dates)} == {30}
    # 60 days of history, the first day included, end on 29 February
    assert dates[-1] >= date(2024, 2, 29) > dates[-1] - timedelta(days=30)


def test_the_oldest_snapshot_has_exactly_the_history_asked_for():
    days = (AS_OF - timedelta(days=97) - FIRST).days + 1
    assert len(snapshot_dates(**(SPACING | {"min_history_days": days}))) == 1
    assert snapshot_dates(**(SPACING | {"min_history_days": days + 1})) == []
    assert len(snapshot_dates(**(SPACING | {"count": 3}))) == 3


@pytest.mark.parametrize("wrong", [{"horizon_days": 0}, {"every_days": 0}, {"gap_days": -1}])
def test_spacing_out_of_range(wrong):
    with pytest.raises(UsageError, match="out of range"):
        snapshot_dates(**(SPACING | wrong))


ROWS = ibis.memtable(
    pa.table(
        {
            "customer_id": ["a", "b", "a", "c", "old"],
            "day": [
                date(2024, 3, 1),
                date(2024, 3, 2),
                date(2024, 5, 5),
                date(2024, 6, 5),
                date(2024, 1, 1),
            ],
            "amount": [10.0, 30.0, 12.5, 1.0, 8.0],
        }
    )
)
APRIL, MAY = date(2024, 4, 30), date(2024, 5, 31)


def training(**changes):
    options = {
        "as_of": date(2024, 7, 15),
        "horizon_days": 30,
        "gap_days": 0,
        "active_within_days": 90,
        "count_zero": False,
    }
    options |= changes
    described = {name: options[name] for name in ("horizon_days", "count_zero")}
    features = behaviour_table(ROWS, [MAY, APRIL, FIRST], **described)
    table = training_table(features, ROWS, [MAY, APRIL], **options)
    return {
        (r["as_of"].month, r["customer_id"]): (r["purchases"], r["revenue"], r["churned"])
        for r in table.to_pyarrow().to_pylist()
    }


def test_labels_beside_features_for_active_customers():
    assert training() == {
        (4, "a"): (1, 12.5, 0),
        (4, "b"): (0, 0, 1),
        (5, "a"): (0, 0, 1),
        (5, "b"): (0, 0, 1),  # 90 days ago: still active
    }
    everybody = training(active_within_days=None)
    assert (4, "old") in everybody
    assert {month for month, _ in everybody} == {4, 5}  # features of other dates have no label


def test_the_gap_is_not_looked_at():
    assert training(gap_days=5)[(4, "a")] == (0, 0, 1)


def test_the_forward_split_is_held():
    training(as_of=MAY + timedelta(days=30))
    with pytest.raises(UsageError, match=r"not over yet.*got 2024-05-31; allowed: .*2024-05-30"):
        training(as_of=MAY + timedelta(days=29))
    with pytest.raises(UsageError, match="not over yet"):
        training(gap_days=16)
