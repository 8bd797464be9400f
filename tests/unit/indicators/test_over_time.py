"""The long table, by hand, on a shop of a few rows."""

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest

from winback.data.connect import open_engine
from winback.data.contracts import IntakeCounts, Transactions
from winback.evaluation.past import Past
from winback.indicators.definition import read_catalogue
from winback.indicators.facts import Facts
from winback.indicators.over_time import compute_indicators

AS_OF = date(2024, 3, 20)
ROWS = [  # who, when, how much, through which channel
    ("a", "2024-01-03", 10.0, "web"),
    ("a", "2024-01-03", 5.0, "shop"),
    ("a", "2024-02-10", 20.0, "web"),
    ("a", "2024-03-05", 30.0, "web"),
    ("b", "2024-01-20", 40.0, "web"),
    ("b", "2024-03-06", 60.0, "shop"),
    ("b", "2024-03-07", -12.0, "shop"),
    ("c", "2024-02-15", 100.0, "shop"),
    ("d", "2024-03-19", 8.0, "web"),
]
EVENTS = [
    ("a", "2024-01-04", "visit"),
    ("a", "2024-01-04", "visit"),
    ("b", "2024-01-30", "complaint"),
    ("c", "2024-02-01", "visit"),
]
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d"],
        "acquired_at": pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-30", None]),
        "referred_by": [None, None, "a", "a"],
    }
)


def frame(rows, *names):
    table = pd.DataFrame(rows, columns=["customer_id", "day", *names])
    return table.assign(day=pd.to_datetime(table["day"]).dt.date)


def bought(rows, *, has_amounts=True):
    return Transactions(rows, rows, IntakeCounts(0), has_amounts, count_zero=False, fingerprint="")


@pytest.fixture(scope="module")
def known():
    engine = open_engine()

    def laid(name, table):
        return engine.create_table(name, pa.Table.from_pandas(table, preserve_index=False))

    rows = laid("rows", frame(ROWS, "amount", "channel"))
    events = laid("events", frame(EVENTS, "event"))
    yield Facts(Past(bought(rows), AS_OF, events=events), laid("people", CUSTOMERS))
    engine.disconnect()


@pytest.fixture(scope="module")
def table(known):
    made = compute_indicators(known, read_catalogue(), grain="month")
    assert made.left_out == {}
    return made.table


def value(table, indicator, month, segment="all", column="value"):
    rows = table[(table["indicator"] == indicator) & (table["segment"] == segment)]
    return rows.set_index("period")[column][date(2024, month, 1)]


@pytest.mark.parametrize(
    ("indicator", "january", "february", "march"),
    [
        ("revenue", 55, 120, 86),
        ("orders", 2, 2, 3),  # the return of b is no purchase day
        ("order_value_mean", 27.5, 60, 86 / 3),
        ("order_value_median", 27.5, 60, 30),
        ("refund_rate", 0, 0, 12 / 98),
        ("buyers", 2, 2, 3),
        ("new_customers", 2, 1, 1),
        ("returning_customers", 0, 1, 1),  # a, a
        ("resurrected_customers", 0, 0, 1),  # b, who missed February
        ("lapsed_customers", float("nan"), 1, 1),  # b; c
        ("return_rate", float("nan"), 0.5, 0.5),
        ("repeat_share", 0, 0.5, 2 / 3),
        ("cross_channel_share", 0.5, 0, 0),
        ("referral_rate", 0, 1, 1),
        ("referral_k", 0, 0.5, 1 / 3),
        ("active_7d", 0, 0, 1),  # at the last known day of March: d
        ("active_30d", 2, 2, 3),
        ("customers_ever", 2, 3, 4),
        ("visitor_days", 1, 1, 0),
        ("visitors_30d", 1, 1, 0),
        ("complaints_per_1000_orders", 500, 0, 0),
        ("revenue_top_20pct", 40 / 55, 100 / 120, 48 / 86),
    ],
)
def test_each_month_by_hand(table, indicator, january, february, march):
    got = [value(table, indicator, month) for month in (1, 2, 3)]
    assert got == pytest.approx([january, february, march], nan_ok=True)


def test_only_whole_periods_whose_waiting_is_over_count(table):
    mature = {month: value(table, "revenue", month, column="mature") for month in (1, 2, 3)}
    assert mature == {1: False, 2: True, 3: False}  # January begins before the first row
    # of February's one new customer, 30 days are over only on March 30
    assert not value(table, "retention_30d_within", 2, column="mature")
    assert pd.isna(value(table, "retention_30d_within", 2))
    assert value(table, "retention_7d_within", 2) == 0.0


def test_channels_are_told_apart_by_the_purchase(table):
    assert value(table, "revenue", 1, "shop") == 5
    assert value(table, "buyers", 1, "web") + value(table, "buyers", 1, "shop") == 3
    assert value(table, "returning_customers", 3, "web") == 1
    assert value(table, "resurrected_customers", 3, "shop") == 0  # b is new to the shop


def test_what_tables_do_not_hold_is_left_out_with_the_reason(known):
    rows = known.past.transactions.table.drop("channel")
    bare = Facts(Past(bought(rows, has_amounts=False), AS_OF))
    left = compute_indicators(bare, read_catalogue()).left_out
    assert left["revenue"].code == "indicators.no_amounts"
    assert left["cross_channel_share"].code == "indicators.no_channel"
    assert left["dau_mau"].code == "indicators.no_event"
    assert left["referral_180d"].code == "indicators.no_referrer"
    assert left["first_purchase_30d"].code == "indicators.no_acquired"
    assert "buyers" not in left


def test_funnels_begin_when_a_customer_was_won(known):
    made = compute_indicators(known, read_catalogue(), grain="all").table.set_index("indicator")
    everybody = made[made["segment"] == "all"]
    # a and c were won 30 days or more before as_of and within the history; a bought after 2 days
    assert everybody.loc["first_purchase_30d", ["numerator", "n"]].tolist() == [1, 1]
    # a referred c, who bought on February 15, too late to have been followed for 180 days
    assert everybody.loc["referral_180d", "n"] == 0
