import pandas as pd
import pytest

from winback.features.feature_catalogue import FEATURES
from winback.lists.columns import REASON_CODES, REASONS
from winback.lists.family_reasons import says, speaks
from winback.lists.reasons import reasons as as_messages
from winback.messages import Words


def facts(**over):
    values = {
        "customer_id": "a",
        "frequency": 4.0,
        "T": 400.0,
        "days_since_last": 61.0,
        "recency": 93.6,  # four gaps, the last of 12 days
        "typical_gap_days": 23.4,  # their median, drawn towards everybody's
        "gap_last": 12.0,
        "count_90": 1.0,
        "count_180": 4.0,
        "basket_amount": 30.0,
        "last_amount": 10.0,
        "realised_revenue": 1234.5,
        "amount_90": 20.0,
        "amount_180": 90.0,
        "refund_share": 0.25,
        "discount_share": 1.0,
        "season_share": 0.125,
        "n_channels": 2.0,
        "n_channels_90": 1.0,
        "n_categories": 5.0,
        "n_categories_90": 0.0,
    } | over
    return pd.DataFrame([values])


def sentence(family, table, *, money=True, currency=None):
    """Say what a family says, in English; missing where it does not speak."""
    rows = table.to_dict("records")
    heard = zip(speaks(family, table, money=money), rows, strict=True)
    return pd.Series(
        [str(says(family, row, currency=currency)) if speaks_ else None for speaks_, row in heard],
        dtype="str",
    )


def reasons(*arguments, **options):
    return as_messages(*arguments, **options).map(str, na_action="ignore").astype("str")


@pytest.mark.parametrize(
    ("family", "over", "text"),
    [
        ("overdue", {}, "usually buys every 23 days, silent for 61"),
        (
            "overdue",
            {"frequency": 0.0},
            "no second purchase in 61 days; returning customers usually buy every 23 days",
        ),
        (
            "overdue",
            {"frequency": 1.0, "recency": 40.0, "gap_last": 40.0},
            "came back once, after 40 days; silent for 61 days since",
        ),
        # 2011-09-10, 12 and 18: two gaps make no habit, however long everybody's are
        (
            "overdue",
            {"frequency": 2.0, "recency": 8.0, "gap_last": 6.0, "typical_gap_days": 62.0},
            "came back twice, after 2 days and 6 days; silent for 61 days since",
        ),
        ("frequency", {"frequency": 19.0}, "20 purchase days in 400 days, 1 in the last 90"),
        ("frequency", {"count_90": 0.0}, "5 purchase days so far, none in the last 90 days"),
        ("frequency", {"frequency": 2.0}, "buys rarely: 3 purchase days in 400 days"),
        ("frequency", {"frequency": 0.0}, "has bought on one day only"),
        ("slowing_down", {}, "1 purchase day in the last 90 days, 3 in the 90 before"),
        (
            "slowing_down",
            {"gap_last": 40.0},
            "last two purchases 40 days apart, before that every 18 days",
        ),
        # five purchase days of 30 on average make 150; without the last, 140 / 4
        ("basket", {}, "10.00 EUR on the last purchase day, 35.00 EUR on average before"),
        ("value", {}, "spent 20.00 EUR in the last 90 days, 70.00 EUR in the 90 before"),
        ("refunds", {}, "25% of the amount bought was refunded"),
        ("season", {}, "12% of the purchase days so far fell in the months ahead"),
        (
            "season",
            {"season_share": 0.0},
            "none of the purchase days so far fell in the months ahead",
        ),
        ("tenure", {"T": 1.0}, "a customer for only 1 day"),
        ("channel", {}, "channels: 2 so far, 1 in the last 90 days"),
        ("discount", {}, "all 5 purchase days so far were at a discount"),
        ("category", {"n_categories_90": 2.0}, "categories: 5 so far, 2 in the last 90 days"),
        (
            "slowing_down",
            {"count_90": 0.0},
            "no purchase day in the last 90 days, 4 in the 90 before",
        ),
    ],
)
def test_each_family_speaks_in_the_customers_own_numbers(family, over, text):
    assert sentence(family, facts(**over), currency="EUR").tolist() == [text]


@pytest.mark.parametrize(
    ("family", "over"),
    [
        ("overdue", {"days_since_last": 20.0}),
        ("overdue", {"days_since_last": 23.0}),  # 23 days, as always
        ("overdue", {"frequency": 1.0, "recency": 373.0, "gap_last": 373.0}),
        ("overdue", {"frequency": 2.0, "recency": 70.0, "gap_last": 9.0}),  # as once before
        ("frequency", {"T": 100.0, "count_90": 2.0}),  # 5 purchase days, 2 in the last 90 days
        ("slowing_down", {"frequency": 1.0, "recency": 879.0, "gap_last": 879.0}),  # no habit yet
        ("value", {"amount_90": 50.0}),
        ("value", {"amount_90": 0.0}),
        ("tenure", {"T": 91.0}),
        ("slowing_down", {"count_90": 2.0}),  # two before as well, and a gap shorter than usual
        # 24 days since, and three gaps of 25 before: no longer than usual
        ("slowing_down", {"recency": 99.0, "gap_last": 24.0, "count_90": 2.0}),
        ("basket", {"last_amount": 40.0}),
        ("basket", {"frequency": 0.0}),  # nothing to compare with
        ("refunds", {"refund_share": 0.0}),
        ("season", {"season_share": 0.5}),
        ("season", {"T": 200.0}),  # nobody has a season within a year
        ("channel", {"n_channels_90": 2.0}),
        ("discount", {"discount_share": 0.9}),
        ("discount", {"discount_share": 1.0, "frequency": 1.0}),  # twice may be chance
        ("category", {}),  # no purchase in these days: said already
        ("event:complaint", {"event_complaint_90": 0.0, "event_complaint_days_since": 365.0}),
        ("event:visit",
         {"event_visit_30": 5.0, "event_visit_90": 9.0, "event_visit_days_since": 1.0}),
    ],
)  # fmt: skip
def test_nothing_is_a_reason_that_reads_as_its_contrary(family, over):
    assert sentence(family, facts(**over)).isna().all()


@pytest.mark.parametrize(
    ("month", "quarter", "since", "text"),
    [
        (1.0, 9.0, 20.0, "visit: 1 in the last 30 days, 8 in the 60 before"),
        (0.0, 9.0, 40.0, "visit: none in the last 30 days, 9 in the 60 before"),
        (0.0, 0.0, 200.0, "last visit 200 days ago"),
        (0.0, 0.0, 365.0, "no visit in the last 365 days"),
    ],
)
def test_fewer_visits(month, quarter, since, text):
    table = facts(event_visit_30=month, event_visit_90=quarter, event_visit_days_since=since)
    assert sentence("event:visit", table).tolist() == [text]


def test_where_nothing_can_be_said_it_says_so():
    why = reasons(facts(refund_share=0.0), contributions(refund_share=1.0, T=-1.0)).loc["a"]
    assert why["reason_1_code"] == "several"
    assert why["reason_1"].startswith("no single habit stands out")
    assert why.isna()["reason_2"]
    assert reasons(facts(), contributions(T=-1.0)).isna().all(axis=None)


def test_every_family_of_the_catalogue_has_a_sentence():
    for family in {feature.family for feature in FEATURES if feature.model}:
        table = facts(
            **{
                "tenure": {"T": 9.0},
                "frequency": {"count_90": 0.0},
                "category": {"n_categories_90": 1.0},
            }.get(family, {})
        )
        assert sentence(family, table).notna().all(), family


def test_nothing_is_said_without_the_figures():
    assert sentence("overdue", facts().drop(columns="frequency")).isna().all()
    assert sentence("overdue", facts(days_since_last=None)).isna().all()
    assert sentence("value", facts(), money=False).isna().all()
    assert sentence("no such family", facts()).isna().all()


def contributions(**values):
    return pd.DataFrame([{"customer_id": "a", **values}])


def test_contributions_are_summed_by_family_and_only_what_raises_the_risk_is_a_reason():
    why = reasons(
        facts(T=80.0, count_90=0.0),
        contributions(
            days_since_last=-0.5,
            overdue_ratio=1.0,  # overdue: .5
            count_90=0.4,
            gap_mean=0.4,  # frequency: .8
            trend=-3.0,  # slowing down: lowers the risk
            T=0.1,
            season_share=0.05,  # the fourth: no room
            bias=9.0,  # no feature
        ),
    ).loc["a"]
    assert [why[f"reason_{i}_code"] for i in (1, 2, 3)] == ["frequency", "overdue", "tenure"]
    assert why["reason_2"] == "usually buys every 23 days, silent for 61"


def test_fewer_reasons_leave_empty_cells():
    why = reasons(facts(T=80.0), contributions(T=0.1, trend=-1.0))
    assert list(why.columns) == [*REASONS, *REASON_CODES]
    assert why.loc["a"].notna().sum() == 2
    assert why.loc["a", "reason_1_code"] == "tenure"


def test_events_are_worded_by_type():
    why = reasons(
        facts(
            event_store_visit_30=0.0, event_store_visit_90=0.0, event_store_visit_days_since=200.0
        ),
        contributions(event_store_visit_30=0.2, event_store_visit_days_since=0.2, T=0.3),
    ).loc["a"]
    assert why["reason_1_code"] == "event:store_visit"
    assert why["reason_1"] == "last store visit 200 days ago"


def test_without_contributions_the_rhythm_is_the_reason():
    why = reasons(facts(), None).loc["a"]
    assert why["reason_1"] == "usually buys every 23 days, silent for 61"
    assert why.isna()["reason_2"]


def test_a_silence_that_is_nothing_new_is_told_and_nothing_is_made_of_it():
    seen = facts(frequency=2.0, recency=79.0, gap_last=8.0, days_since_last=63.0, T=142.0)
    why = reasons(seen, None).loc["a"]
    assert why["reason_1"] == "silent for 63 days, after 3 purchase days"
    assert why["reason_1_code"] == "overdue"


def test_customers_are_matched_by_identifier_not_by_place():
    both = pd.concat([facts(), facts(customer_id="b", T=7.0)])
    other_way = pd.DataFrame({"customer_id": ["b", "a"], "T": [0.1, 0.0], "season_share": [0, 0.1]})
    why = reasons(both, other_way)
    assert why["reason_1_code"].to_dict() == {"a": "season", "b": "tenure"}
    assert reasons(facts().head(0), None).empty
    assert reasons(facts(), other_way.head(0)).isna().all(axis=None)


def test_a_family_without_words_gives_way_to_the_next():
    why = reasons(facts(T=80.0), contributions(basket_amount=2.0, T=0.1), money=False).loc["a"]
    assert why["reason_1_code"] == "tenure"
    assert why.isna()["reason_2_code"]


def test_a_reason_is_said_in_any_language():
    message = as_messages(facts(), None).loc["a", "reason_1"]
    assert message.facts["silent"] == 61
    assert message.say(Words("zh")) == "通常每 23 天购买一次，已沉默 61 天"  # noqa: RUF001
