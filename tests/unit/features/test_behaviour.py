"""One shop of four customers, every feature worked by hand."""

from datetime import date, timedelta

import ibis
import numpy as np
import pyarrow as pa
import pytest

from winback.errors import UsageError
from winback.features.behaviour import active, behaviour_table
from winback.features.feature_catalogue import FEATURES, feature_columns

AS_OF = date(2024, 6, 30)


def ago(days):
    return AS_OF - timedelta(days=days)


# customer, days ago, booked (days ago), amount, channel, category
ROWS = [
    ("ann", 150, 150, 20.0, "web", "tea"),
    ("ann", 120, 120, 30.0, "web", "tea"),
    ("ann", 120, 120, 10.0, "shop", "mug"),
    ("ann", 60, 60, 40.0, "web", "tea"),
    ("ann", 60, 10, -4.0, "web", "tea"),  # a refund netted on its order
    ("ann", 0, 0, 6.0, "app", None),
    ("bob", 20, 20, 50.0, "shop", "mug"),
    ("cyd", 400, 400, 9.0, None, None),
    ("cyd", 380, 380, 9.0, None, None),
    ("dan", 40, 40, -5.0, "web", "tea"),  # returns only: no customer
    ("eve", -1, -1, 99.0, "web", "tea"),  # tomorrow
]
CUSTOMERS, DAYS, BOOKED, AMOUNTS, CHANNELS, CATEGORIES = zip(*ROWS, strict=True)
TABLE = ibis.memtable(
    pa.table(
        {
            "customer_id": CUSTOMERS,
            "day": [ago(n) for n in DAYS],
            "booked_on": [ago(n) for n in BOOKED],
            "known_on": [ago(n) for n in BOOKED],
            "amount": AMOUNTS,
            "channel": CHANNELS,
            "category": CATEGORIES,
            "discounted": [n == 120 for n in DAYS],
        }
    )
)
EVENTS = ibis.memtable(
    pa.table(
        {
            "customer_id": ["ann", "ann", "ann", "bob", "zoe"],
            "day": [ago(5), ago(45), ago(200), ago(400), ago(1)],
            "event": ["Web visit", "web  visit", "complaint", "complaint", "complaint"],
        }
    )
)


def table(**options):
    defaults = {"count_zero": False, "horizon_days": 90, "events": EVENTS}
    expression = behaviour_table(TABLE, [AS_OF], **(defaults | options))
    return expression.order_by("customer_id").to_pyarrow().to_pandas().set_index("customer_id")


@pytest.fixture(scope="module")
def frame():
    return table()


def test_only_customers_with_a_purchase_day_by_then(frame):
    assert frame.index.tolist() == ["ann", "bob", "cyd"]


# the median over returners of their own median gap: ann (30, 60, 60), cyd (20)
POPULATION_GAP = 40.0
ANN_GAP = 60 * (POPULATION_GAP / 60) ** (2 / (3 + 2))  # 51
ANN = {
    "as_of": AS_OF,
    "first_purchase_at": ago(150),
    "last_purchase_at": AS_OF,
    "frequency": 3,
    "recency": 150,
    "T": 150,
    "monetary_value": (40 + 36 + 6) / 3,
    "days_since_last": 0,
    "count_7": 1,
    "count_30": 1,
    "count_90": 2,
    "count_180": 4,
    "count_365": 4,
    "amount_7": 6,
    "amount_30": 6 - 4,  # the refund on the day it was booked
    "amount_90": 6 - 4 + 40,
    "amount_180": 102,
    "amount_365": 102,
    "gap_mean": 50,
    "log_gaps": 3.401197 + 2 * 4.094345,  # ln 30, ln 60
    "gap_std": (((30 - 50) ** 2 + (60 - 50) ** 2 + (60 - 50) ** 2) / 2) ** 0.5,
    "gap_last": 60,
    "typical_gap_days": ANN_GAP,
    "overdue_ratio": 0,
    "gap_last_ratio": 60 / ANN_GAP,
    "trend": (2 / 90 - 2 / 61) / (2 / 90 + 2 / 61),
    "basket_amount": 102 / 4,
    "last_amount": 6,
    "basket_amount_change": (6 - 32) / (6 + 32),  # 96 / 3 before
    "basket_lines": 5 / 4,
    "basket_lines_change": (1 - 4 / 3) / (1 + 4 / 3),
    "refund_share": 4 / 106,
    "refunds_90": 1,
    # Thursday 1 February, Saturday 2 March, Wednesday 1 May, Sunday 30 June 2024
    "weekend_share": 2 / 4,
    "weekday_peak_share": 1 / 4,
    "month_peak_share": 1 / 4,
    "season_share": 0,  # July to September
    "n_channels": 3,
    "n_channels_90": 2,
    "latest_channel_share": 1 / 5,
    "n_categories": 2,
    "n_categories_90": 1,
    "latest_category_share": 3 / 4,
    "discount_share": 1 / 4,
    "realised_revenue": 102,
    "first_order_revenue": 20,
    "last_horizon_purchases": 2,
    "last_horizon_revenue": 42,
    "event_web_visit_30": 1,
    "event_web_visit_90": 2,
    "event_web_visit_days_since": 5,
    "event_complaint_30": 0,
    "event_complaint_90": 0,
    "event_complaint_days_since": 200,
}


def test_every_column_of_a_regular_customer(frame):
    assert set(frame.columns) == set(ANN)
    got = frame.loc["ann"].to_dict()
    wrong = {
        name: (got[name], value)
        for name, value in ANN.items()
        if got[name] != (value if isinstance(value, date) else pytest.approx(value, rel=1e-12))
    }
    assert wrong == {}


def test_what_stands_where_nothing_can_be_worked_out(frame):
    bob = frame.loc["bob"]  # one purchase day
    assert bob["typical_gap_days"] == bob["gap_mean"] == bob["gap_last"] == POPULATION_GAP
    assert bob["overdue_ratio"] == pytest.approx(20 / POPULATION_GAP)
    assert bob["gap_last_ratio"] == 1
    zero = ["gap_std", "trend", "basket_amount_change", "basket_lines_change", "monetary_value"]
    assert (bob[zero] == 0).all()
    assert bob["event_complaint_days_since"] == 365  # 400 days ago is as good as never
    cyd = frame.loc["cyd"]  # no channel, no category, no event, long gone
    assert (cyd[["n_channels", "n_categories", "event_complaint_90", "amount_365"]] == 0).all()
    assert (cyd[["latest_channel_share", "latest_category_share"]] == 1).all()
    assert cyd["trend"] == -1


def test_every_column_is_described_or_a_key_and_every_number_is_float64(frame):
    keys = {"as_of", "first_purchase_at", "last_purchase_at"}
    numbers = [name for name in frame.columns if name not in keys]
    assert {str(frame[name].dtype) for name in numbers} == {"float64"}
    assert {feature.name for feature in FEATURES} <= set(numbers)
    not_learned = {"last_horizon_purchases", "last_horizon_revenue", "log_gaps"}
    assert set(feature_columns(frame.columns)) == set(numbers) - not_learned


def test_a_refund_not_yet_booked_is_unseen():
    before = behaviour_table(TABLE, [ago(11)], count_zero=False, horizon_days=90)
    ann = before.filter(before.customer_id == "ann").to_pyarrow().to_pylist()[0]
    assert (ann["last_amount"], ann["refund_share"], ann["realised_revenue"]) == (40, 0, 100)


def test_a_chunk_of_customers_has_the_features_of_the_whole(frame):
    two_customers = ibis.memtable(pa.table({"customer_id": ["bob", "cyd", "nobody"]}))
    chunk = table(customers=two_customers)
    assert chunk.equals(frame.loc[["bob", "cyd"]])


def test_event_types_of_a_trained_model_are_kept():
    columns = table(event_types=["share"]).filter(like="event_")
    assert columns.columns.tolist() == [
        "event_share_30",
        "event_share_90",
        "event_share_days_since",
    ]
    assert (columns.loc["ann"] == [0, 0, 365]).all()


def test_without_returning_customers_the_population_gap_is_the_mean_age():
    rows = ibis.memtable(
        pa.table({"customer_id": ["a", "b"], "day": [ago(0), ago(30)], "amount": [1.0, 1.0]})
    )
    expression = behaviour_table(rows, [AS_OF], count_zero=False, horizon_days=90)
    assert set(expression.to_pyarrow().to_pandas().typical_gap_days) == {15.0}


def test_one_long_silence_does_not_rule_the_rhythm():
    days = np.datetime64("2024-06-30") - np.cumsum([0, 247, 8, 39, 3, 21, 18])
    rows = ibis.memtable(
        pa.table({"customer_id": ["a"] * 7, "day": pa.array(days), "amount": [1.0] * 7})
    )
    expression = behaviour_table(rows, [AS_OF], count_zero=False, horizon_days=90)
    row = expression.to_pyarrow().to_pylist()[0]
    assert row["gap_mean"] == 56
    assert row["typical_gap_days"] == pytest.approx(19.5)  # between 18 and 21; nobody to draw to


def test_the_season_ahead_wraps_around_the_year():
    days = [date(2023, 12, 1), date(2024, 1, 5), date(2024, 2, 9), date(2024, 3, 1)]
    rows = ibis.memtable(pa.table({"customer_id": ["a"] * 4, "day": days, "amount": [1.0] * 4}))
    for horizon, expected in [(30, 1 / 4), (31, 2 / 4), (120, 4 / 4)]:
        # after 1 December 2024: 30 days end on the 31st, 31 days on 1 January
        expression = behaviour_table(
            rows, [date(2024, 12, 1)], count_zero=False, horizon_days=horizon
        )
        assert expression.season_share.to_pyarrow().to_pylist() == [expected]


def test_active_within(frame):
    since = ibis.memtable(pa.table({"days_since_last": frame.days_since_last.to_numpy()}))
    for within, n in [(None, 3), (380, 3), (379, 2), (0, 1)]:
        assert active(since, within).count().to_pyarrow().as_py() == n


def test_wrong_arguments_are_refused():
    with pytest.raises(UsageError, match="horizon_days"):
        behaviour_table(TABLE, [AS_OF], count_zero=False, horizon_days=0)
    with pytest.raises(UsageError, match="none"):
        behaviour_table(TABLE, [], count_zero=False, horizon_days=90)
    with pytest.raises(UsageError, match="given twice"):
        table(event_types=["visit", "visit"])
