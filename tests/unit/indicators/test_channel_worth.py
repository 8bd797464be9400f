"""Channels: what they cost and bring, by hand; and what is too early to tell."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.errors import DataError
from winback.evaluation.past import Past
from winback.indicators.acquisition import Terms, acquired, overlap_of, won_through
from winback.indicators.channel_worth import channels_of, cohorts_of, orders_of
from winback.indicators.facts import Facts

AS_OF = date(2024, 6, 30)
TERMS = Terms(age_days=60, margin=0.5, least=2)


@pytest.fixture(scope="module")
def engine():
    engine = open_engine()
    yield engine
    engine.disconnect()


def table(engine, frame):
    return engine.create_table(f"t{np.random.default_rng().integers(1 << 60)}",
                               pa.Table.from_pandas(frame, preserve_index=False))  # fmt: skip


def shop(engine, orders, people, as_of=AS_OF):
    orders = pd.DataFrame(orders, columns=["customer_id", "timestamp", "amount", "channel"])
    people = pd.DataFrame(people, columns=["customer_id", "acquisition_channel"])
    bought = read_transactions(orders, engine=engine)
    return Facts(Past(bought, as_of), table(engine, people))


def money(engine, rows):
    frame = pd.DataFrame(rows, columns=["day", "channel", "amount"])
    return table(engine, frame.assign(day=pd.to_datetime(frame["day"]).dt.date))


SMALL = [
    ("a", "2024-01-03", 10.0, "web"),
    ("a", "2024-01-23", 30.0, "shop"),  # 20 days old
    ("a", "2024-03-03", 8.0, "web"),  # 60 days old: counts
    ("a", "2024-03-04", 500.0, "web"),  # 61: does not
    ("b", "2024-01-05", 20.0, "web"),
    ("c", "2024-02-10", 40.0, "web"),
]
PEOPLE = [("a", "search"), ("b", "search"), ("c", "search"), ("d", "search")]
SPENT = [
    ("2024-01-01", "search", 30.0),
    ("2024-02-01", "search", 15.0),
    ("2024-06-30", "search", 5.0),
]


def judged(facts, spend, terms=TERMS):
    known = acquired(facts, spend, won_through(facts, terms), terms)
    cohorts = cohorts_of(known, terms)
    return cohorts.set_index(["channel", "cohort"]), channels_of(cohorts, known.courses), cohorts


def test_a_mature_cohort_by_hand(engine):
    cohorts, _, _ = judged(shop(engine, SMALL, PEOPLE), money(engine, SPENT))
    january = cohorts.loc[("search", date(2024, 1, 1))]
    assert (january["state"], january["customers"], january["spend"]) == ("early", 2, 30.0)
    wider = [("z", "2023-12-01", 1.0, "web"), *SMALL]  # now January is whole
    spent = [("2023-12-01", "search", 0.0), *SPENT]
    cohorts, _, _ = judged(shop(engine, wider, PEOPLE), money(engine, spent))
    january = cohorts.loc[("search", date(2024, 1, 1))]
    assert january["state"] == "mature"
    assert january["cac"] == 15.0
    assert january["ltv"] == pytest.approx(0.5 * (10 + 30 + 8 + 20) / 2)
    assert january["ltv_cac"] == pytest.approx(17 / 15)
    assert january["roi"] == pytest.approx(17 / 15 - 1)
    assert january["payback_days"] == 20  # 15 with the first orders, 30 when a is 20 days old
    assert (january["ltv_low"], january["ltv_high"], january["predicted_share"]) == (17, 17, 0)
    february = cohorts.loc[("search", date(2024, 2, 1))]
    assert february["state"] == "few"
    assert february["cac"] == 15.0
    assert np.isnan(cohorts.loc[("search", date(2024, 6, 1))]["ltv"])  # spent, and nobody came


def test_money_works_later_and_costs_more_than_the_media(engine):
    facts = shop(engine, [("z", "2023-12-01", 1.0, "web"), *SMALL], PEOPLE)
    spent = money(engine, [("2023-11-01", "search", 0.0), ("2023-12-22", "search", 10.0), *SPENT])
    terms = Terms(age_days=60, margin=0.5, least=2, lag_days=10, load=0.5)
    cohorts, _, _ = judged(facts, spent, terms)
    assert cohorts.loc[("search", date(2024, 1, 1))]["spend"] == pytest.approx(1.5 * 40)


def test_days_that_the_table_of_spend_does_not_cover_cost_nobody_knows_what(engine):
    facts = shop(engine, [("z", "2023-12-01", 1.0, "web"), *SMALL], PEOPLE)
    cohorts, channels, _ = judged(facts, money(engine, SPENT[1:]))
    january = cohorts.loc[("search", date(2024, 1, 1))]
    assert (january["state"], january["ltv"]) == ("no_spend", 17.0)
    assert np.isnan(january["cac"])
    assert channels["verdict"].tolist() == ["early"]  # of one channel, too few cohorts
    late = money(engine, [("2024-06-30", "search", 5.0)])
    _, channels, _ = judged(shop(engine, SMALL, PEOPLE), late)
    assert channels["cohorts"].tolist() == [0]
    assert channels[["customers", "spend"]].isna().all(axis=None)  # nothing said, not nobody


def test_who_bought_through_several_channels(engine):
    facts = shop(engine, SMALL, PEOPLE)
    overlap = overlap_of(facts, won_through(facts, TERMS), TERMS).set_index("channel")["overlap"]
    assert overlap["search"] == pytest.approx(1 / 3)


def test_without_a_channel_of_acquisition_nothing_is_guessed(engine):
    facts = shop(engine, SMALL, PEOPLE)
    nobody = Facts(facts.past, facts.customers.drop("acquisition_channel"))
    with pytest.raises(DataError, match="by which they were won"):
        won_through(nobody, TERMS)


@pytest.fixture(scope="module")
def drawn(engine):
    """Two channels: of `good` each customer brings 3 later orders, of `bad` none; both cost 4."""
    random, rows, people, spent = np.random.default_rng(4), [], [], []
    for month in pd.date_range("2023-01-01", "2024-05-01", freq="MS"):
        for name in ("good", "bad"):
            spent.append((month, name, 160.0))
            for i in range(40):
                who = f"{name}-{month:%y%m}-{i}"
                first = month + pd.Timedelta(days=int(random.integers(28)))
                people.append((who, name))
                rows.append((who, first, 6.0, "web"))
                for _ in range(random.poisson(3) if name == "good" else 0):
                    later = first + pd.Timedelta(days=int(random.integers(1, 181)))
                    rows.append((who, later, float(random.integers(4, 9)), "web"))
    spent.append((pd.Timestamp("2024-06-30"), "good", 0.0))
    return rows, people, money(engine, spent)


LONG = Terms(age_days=180, margin=0.5, least=10)


def test_what_young_cohorts_will_bring_is_told_with_its_share_and_holds(engine, drawn):
    rows, people, spent = drawn
    now, channels, cohorts = judged(shop(engine, rows, people), spent, LONG)
    young = now.loc[("good", date(2024, 4, 1))]  # 61 to 90 days old
    assert young["state"] == "predicted"
    assert 0.3 < young["predicted_share"] < 0.8
    assert young["ltv_low"] < 3 + 3 * 6 * 0.5 < young["ltv_high"]
    assert young["ltv_high"] - young["ltv_low"] < 5
    assert now.loc[("bad", date(2024, 4, 1))]["ltv"] == pytest.approx(3.0, abs=0.3)
    by_name = channels.set_index("channel")
    assert by_name["verdict"].to_dict() == {"good": "pays", "bad": "does_not"}
    assert by_name.loc["good", "ltv_cac"] == pytest.approx(3, rel=0.1)
    assert by_name.loc["bad", "ltv_cac"] == pytest.approx(0.75, rel=0.05)
    assert np.isnan(by_name.loc["bad", "payback_days"])  # not within the data
    counted = cohorts[(cohorts["channel"] == "good") & (cohorts["state"] != "early")]
    of_sums = (counted["ltv"] * counted["customers"]).sum() / counted["spend"].sum()
    assert by_name.loc["good", "ltv_cac"] == pytest.approx(of_sums)
    (pair,) = orders_of(channels).to_dict("records")
    assert (pair["better"], pair["worse"]) == ("good", "bad")
    assert pair["low"] > 0


def test_before_anybody_is_of_age_it_is_too_early(engine, drawn):
    rows, people, spent = drawn
    early, channels, _ = judged(shop(engine, rows, people, as_of=date(2023, 5, 31)), spent, LONG)
    assert set(early["state"]) == {"early"}
    assert early["ltv"].isna().all()
    assert channels["verdict"].tolist() == ["early", "early"]


def test_what_happened_after_as_of_changes_nothing(engine, drawn):
    rows, people, spent = drawn
    then = date(2024, 1, 31)
    before = [row for row in rows if row[1].date() <= then]
    told, _, _ = judged(shop(engine, rows, people, as_of=then), spent, LONG)
    cut = spent.filter(spent.day <= then)
    known, _, _ = judged(shop(engine, before, people, as_of=then), cut, LONG)
    pd.testing.assert_frame_equal(told, known)
    assert then + timedelta(days=1) < AS_OF


@pytest.mark.parametrize("won", ["a", "x"])  # a customer, and nobody who bought
def test_a_day_before_any_spend_is_known_says_nothing_of_channels(engine, won):
    facts = shop(engine, SMALL, [(won, "search")])
    cohorts, channels, _ = judged(facts, money(engine, [("2025-01-01", "search", 3.0)]))
    assert cohorts["ltv_cac"].isna().all()
    assert set(channels["state"]) <= {"early"}
    assert len(channels) == (won == "a")
    assert orders_of(channels).empty


def test_months_in_which_nobody_came_have_to_be_paid_back_too(engine):
    months, won = (1, 2, 3, 4), [f"{month}-{i}" for month in (1, 2, 4) for i in range(3)]
    orders = [(who, f"2024-0{who[0]}-05", 300.0, "web") for who in won]
    spent = [(f"2024-0{month}-01", "search", 400.0) for month in months]
    ends = [("2023-11-01", "search", 0.0), ("2024-06-30", "search", 0.0)]
    facts = shop(engine, [("z", "2023-11-01", 1.0, "web"), *orders], [(w, "search") for w in won])
    _, channels, cohorts = judged(facts, money(engine, spent + ends))
    search = channels.iloc[0]
    assert (search["state"], search["spend"]) == ("known", 1600.0)
    assert search["ltv_cac"] == pytest.approx(0.5 * 9 * 300 / 1600)  # less than was spent
    assert np.isnan(search["payback_days"])
    nobody = cohorts[(cohorts["customers"] == 0) & (cohorts["spend"] > 0)]
    assert nobody["ltv"].isna().all()
