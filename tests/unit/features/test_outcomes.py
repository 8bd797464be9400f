from datetime import date

import ibis
import pyarrow as pa
import pytest

from winback.errors import UsageError
from winback.features.outcomes import outcomes_table

MAY, JUNE, JULY = date(2024, 5, 31), date(2024, 6, 30), date(2024, 7, 31)
ROWS = [
    # customer, day, booked_on, known_on, amount
    ("early", MAY, MAY, MAY, 10.0),
    ("late refund", MAY, date(2024, 6, 5), date(2024, 6, 5), -4.0),  # of a purchase before
    ("edge", JUNE, JUNE, JUNE, 7.0),
    ("after", date(2024, 7, 1), date(2024, 7, 1), date(2024, 7, 1), 7.0),
    ("two lines", date(2024, 6, 3), date(2024, 6, 3), date(2024, 6, 3), 1.0),
    ("two lines", date(2024, 6, 3), date(2024, 6, 3), date(2024, 6, 3), 2.0),
    ("free", date(2024, 6, 3), date(2024, 6, 3), date(2024, 6, 3), 0.0),
    ("sent back", date(2024, 6, 3), date(2024, 6, 3), date(2024, 6, 3), 9.0),
    ("sent back", date(2024, 6, 3), date(2024, 7, 9), date(2024, 7, 9), -9.0),  # after the window
    ("heard of late", date(2024, 6, 3), date(2024, 6, 3), date(2024, 7, 20), 5.0),
]
TABLE = ibis.memtable(
    pa.table(
        dict(
            zip(
                ["customer_id", "day", "booked_on", "known_on", "amount"],
                map(list, zip(*ROWS, strict=True)),
                strict=True,
            )
        )
    )
)


def outcomes(windows=((MAY, MAY, JUNE),), **options):
    table = outcomes_table(TABLE, windows, **({"count_zero": False} | options))
    return {
        (r["as_of"], r["customer_id"]): (r["purchases"], r["revenue"])
        for r in table.to_pyarrow().to_pylist()
    }


def test_purchase_days_by_day_and_revenue_by_booking():
    assert outcomes() == {
        (MAY, "late refund"): (0, -4),
        (MAY, "edge"): (1, 7),
        (MAY, "two lines"): (1, 3),
        (MAY, "free"): (0, 0),
        (MAY, "sent back"): (1, 9),
    }


def test_free_goods_count_when_asked():
    assert outcomes(count_zero=True)[(MAY, "free")] == (1, 0)


def test_a_later_reading_knows_more_and_is_asked_for():
    settled = outcomes(known_by=JULY)
    assert settled[(MAY, "sent back")] == (0, 9)  # the order is undone; the money came back later
    assert settled[(MAY, "heard of late")] == (1, 5)


def test_several_windows_and_a_gap():
    june_fifth = date(2024, 6, 5)
    several = outcomes([(MAY, june_fifth, JUNE), (JUNE, JUNE, JULY)])
    assert {c for as_of, c in several if as_of == MAY} == {"edge"}
    assert several[(JUNE, "after")] == (1, 7)
    assert several[(JUNE, "sent back")] == (0, -9)


def test_a_window_must_follow_its_date_and_be_over():
    with pytest.raises(UsageError, match="must follow"):
        outcomes([(JUNE, MAY, JULY)])
    with pytest.raises(UsageError, match="must follow"):
        outcomes([(JUNE, JUNE, JUNE)])
    with pytest.raises(UsageError, match="not over yet"):
        outcomes(known_by=date(2024, 6, 29))
    with pytest.raises(UsageError, match="each once"):
        outcomes([(MAY, MAY, JUNE), (MAY, MAY, JULY)])
