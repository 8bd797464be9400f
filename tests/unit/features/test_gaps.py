"""The churn horizon that is read from the gaps between purchases."""

from datetime import date, timedelta

import ibis
import pyarrow as pa
import pytest

from winback.errors import UsageError
from winback.features.gaps import GRID, auto_horizon, gaps_table
from winback.features.purchases import purchase_days

AS_OF = date(2024, 12, 31)


def rows(*customers, amount=9.0):
    """Lay out one customer per list of ages (days before AS_OF)."""
    ids = [f"c{i}" for i, ages in enumerate(customers) for _ in ages]
    days = [AS_OF - timedelta(days=age) for ages in customers for age in ages]
    columns = {"customer_id": ids, "day": days, "amount": [amount] * len(ids)}
    return pa.table(columns)


def horizon_of(table, **wanted):
    settings = {"count_zero": False, "history_days": 1000} | wanted
    return auto_horizon(ibis.memtable(table), AS_OF, **settings)


def test_gaps_are_between_purchase_days_of_one_customer():
    table = ibis.memtable(rows([100, 90, 90, 50], [70], [30, 29]))
    gaps = gaps_table(purchase_days(table, AS_OF)).order_by(["customer_id", "day"])
    assert gaps.gap.to_pyarrow().to_pylist() == [10, 40, 1]


@pytest.mark.parametrize(
    ("gap", "days"), [(1, 14), (14, 14), (15, 30), (90, 90), (91, 120), (365, 365), (400, 365)]
)
def test_the_smallest_of_the_grid_that_is_long_enough(gap, days):
    assert horizon_of(rows([gap + 3, 3])).days == days


def test_the_quantile_is_of_all_gaps_pooled():
    ages = [300, *range(200, 200 - 19 * 5, -5)]  # 18 gaps of 5 days and one of 100
    assert horizon_of(rows(ages)).days == 14
    assert horizon_of(rows(ages), quantile=0.99).days == 90
    assert horizon_of(rows(ages), quantile=0.99).n_gaps == 19
    assert "99% of the 19 gaps" in str(horizon_of(rows(ages), quantile=0.99).reason)


def test_a_horizon_leaves_room_for_one_labelled_snapshot():
    for history in (500, 240, 150, 100, 30, 5):
        horizon = horizon_of(rows([303, 3]), history_days=history)
        assert horizon.days in GRID
        assert horizon.days + min(horizon.days, 60) <= history or horizon.days == GRID[0]
        assert ("cut to" in str(horizon.reason)) == (horizon.days < 365 and history < 425)


def test_without_returns_it_says_so():
    horizon = horizon_of(rows([10], [20]))
    assert (horizon.days, horizon.n_gaps) == (90, 0)
    assert "nothing to read" in str(horizon.reason)


def test_changing_the_future_changes_nothing():
    past = rows([100, 60, 30], [80, 10])
    later = rows([-1, -2, -300], [-5], amount=1e6)
    known_late = rows([95, 94, 93]).append_column("known_on", [[AS_OF + timedelta(days=1)] * 3])
    past_known = past.append_column("known_on", past["day"])
    assert horizon_of(pa.concat_tables([past, later])) == horizon_of(past)
    assert horizon_of(pa.concat_tables([past_known, known_late])) == horizon_of(past)
    earlier = rows([99], [79])
    assert horizon_of(pa.concat_tables([past, earlier])) != horizon_of(
        past
    )  # it does look at the past


def test_a_quantile_outside_is_refused():
    with pytest.raises(UsageError, match="quantile"):
        horizon_of(rows([3, 1]), quantile=1.0)
