import pandas as pd
import pytest

from winback.lists.columns import CHURN_WARNING, WIN_BACK
from winback.lists.for_people import FOR_PEOPLE, for_people, headings, reasons_as_json
from winback.messages import Message, Words

LISTS = {"churn_warning": CHURN_WARNING, "win_back": WIN_BACK}


@pytest.fixture
def warned():
    return pd.DataFrame(
        {
            "rank": [1, 2],
            "customer_id": ["007", "=A1"],
            "severity": ["red", "yellow"],
            "action": ["call, ask what is wrong", "watch"],
            "offer": ["none", "voucher"],
            "channel": ["phone", "pigeon"],
            "owner": "retention",
            "value_at_risk": [80.0, 20.0],
            "expires_at": pd.Timestamp("2011-12-23"),
            "reason_1": ["usually buys every 20 days, silent for 60", "has bought on one day only"],
            "reason_2": [None, "a customer for only 9 days"],
            "reason_messages": reasons_as_json(
                [
                    [Message("because.silent", gap=Message("span.days", n=20), silent=60), None],
                    [
                        Message("because.bought_once"),
                        Message("because.new", tenure=Message("span.days", n=9)),
                    ],
                ]
            ),
        }
    )


@pytest.mark.parametrize("name", LISTS)
def test_people_read_twelve_columns_and_an_empty_list_has_them_too(name):
    nobody = for_people(pd.DataFrame(columns=list(LISTS[name])), name, Words("zh"))
    assert list(nobody) == list(FOR_PEOPLE[name])
    assert len(nobody.columns) == 12
    assert len(set(headings(FOR_PEOPLE[name], Words("zh")).values())) == 12


def test_every_cell_is_in_the_language_of_the_job(warned):
    first, second = for_people(warned, "churn_warning", Words("zh")).to_dict("records")
    assert first["why"] == "通常每 20 天购买一次，已沉默 60 天"  # noqa: RUF001 - a Chinese mark
    assert second["why"] == "只在一天购买过；成为客户才 9 天"  # noqa: RUF001 - a Chinese mark
    assert (first["through"], first["colour"]) == ("电话", "红")
    assert first["what"] == "call, ask what is wrong"  # nothing is offered
    assert second["what"] == "watch（优惠券）"  # noqa: RUF001 - Chinese marks
    assert second["through"] == "pigeon"  # a channel of the job's own keeps its name
    assert (second["customer_id"], second["value"]) == ("=A1", 20.0)


def test_what_is_likely_bought_next_stands_beside_the_action(warned):
    known = warned.assign(next_category=["shoes", None])
    assert for_people(known, "churn_warning", Words("en"))["what"].tolist() == [
        "call, ask what is wrong; if they order, most likely shoes",
        "watch (voucher)",
    ]


def test_a_list_of_an_earlier_winback_says_its_reasons_in_english(warned):
    old = warned.drop(columns="reason_messages")
    assert for_people(old, "churn_warning", Words("en"))["why"].tolist() == [
        "usually buys every 20 days, silent for 60",
        "has bought on one day only; a customer for only 9 days",
    ]
