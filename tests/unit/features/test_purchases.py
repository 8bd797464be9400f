from datetime import date

import ibis
import pyarrow as pa
import pytest

from winback.errors import DataError, UsageError
from winback.features.purchases import date_table, known_at, known_by, purchase_days

JAN = [date(2024, 1, day) for day in range(1, 32)]


def table(**columns):
    return ibis.memtable(pa.table(columns))


def days_of(rows, as_of, **options):
    days = purchase_days(rows, as_of, **options).order_by(["customer_id", "day"])
    return [(r["customer_id"], r["day"].day, r["amount"]) for r in days.to_pyarrow().to_pylist()]


ROWS = table(
    customer_id=["a", "a", "a", "a", "b", "b", "c"],
    day=[JAN[0], JAN[0], JAN[4], JAN[8], JAN[1], JAN[1], JAN[2]],
    amount=[10.0, 5.0, -3.0, 7.0, 0.1, 0.2, 0.0],
)


def test_a_day_counts_when_its_net_amount_is_positive():
    assert days_of(ROWS, JAN[30]) == [("a", 1, 15.0), ("a", 9, 7.0), ("b", 2, 0.3)]


def test_a_day_at_zero_counts_when_asked_and_a_day_of_returns_never():
    assert ("c", 3, 0.0) in days_of(ROWS, JAN[30], count_zero=True)
    assert not any(day == 5 for _, day, _ in days_of(ROWS, JAN[30], count_zero=True))


def test_a_fully_refunded_day_is_no_purchase_day():
    """In doubles 0.1 + 0.2 - 0.3 is 5.6e-17, which is positive."""
    rows = table(customer_id=["a"] * 3, day=[JAN[0]] * 3, amount=[0.1, 0.2, -0.3])
    assert days_of(rows, JAN[30]) == []


def test_a_refund_netted_on_its_order_is_unseen_until_it_is_booked():
    rows = table(
        customer_id=["a", "a"],
        day=[JAN[0], JAN[0]],
        booked_on=[JAN[0], JAN[19]],
        known_on=[JAN[0], JAN[19]],
        amount=[10.0, -10.0],
    )
    assert days_of(rows, JAN[18]) == [("a", 1, 10.0)]
    assert days_of(rows, JAN[19]) == []


def test_a_late_row_is_unseen_until_it_arrives():
    rows = table(customer_id=["a"], day=[JAN[0]], known_on=[JAN[9]], amount=[1.0])
    assert known_by(rows, JAN[8]).count().to_pyarrow().as_py() == 0
    assert known_by(rows, JAN[9]).count().to_pyarrow().as_py() == 1


def test_known_at_is_known_at_each_date():
    dates = [JAN[1], JAN[30]]
    seen = known_at(ROWS, date_table(dates)).to_pyarrow().to_pylist()
    for as_of in dates:
        alone = known_by(ROWS, as_of).to_pyarrow().to_pylist()
        together = [r["amount"] for r in seen if r["as_of"] == as_of]
        assert sorted(together) == sorted(r["amount"] for r in alone)


def test_what_is_wrong_is_said():
    with pytest.raises(DataError, match="add day"):
        known_by(table(customer_id=["a"], amount=[1.0]), JAN[0])
    with pytest.raises(UsageError, match="none"):
        date_table([])
    with pytest.raises(UsageError, match="each once"):
        date_table([JAN[0], JAN[0]])
