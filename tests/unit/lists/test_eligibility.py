from datetime import date

import pandas as pd
import pytest

from winback.errors import DataError
from winback.lists.eligibility import ineligible, is_active, read_scores
from winback.lists.terms import Eligibility, Tables

AS_OF = date(2011, 12, 9)


def rows(**silent):
    return pd.DataFrame({"customer_id": list(silent), "days_since_last": list(silent.values())})


def why(table, *, customers=None, open_cases=None, contacts=None, held_out=None, **rules):
    return (
        ineligible(
            table,
            as_of=AS_OF,
            rules=Eligibility(**{"active_within_days": 100, "window_days": (0, 700)} | rules),
            channels=["email"],
            tables=Tables(customers=customers, open_cases=open_cases),
            contacts=contacts,
            held_out=held_out,
        )
        .fillna("")
        .tolist()
    )


def test_dormancy_and_window_are_inclusive_where_they_say():
    table = rows(a=100.0, b=101.0, c=700.0, d=701.0)
    assert why(table) == ["not dormant", "", "", "outside the window"]
    assert why(table, window_days=(200, 700))[1] == "outside the window"


def test_when_everybody_is_active_the_window_alone_decides():
    table = rows(a=1.0, b=101.0)
    assert why(table, active_within_days=None, window_days=(100, 700)) == ["outside the window", ""]
    assert is_active(table, None).all()
    assert is_active(table, 100).tolist() == [True, False]


def test_permission_comes_from_the_customers_table():
    table = rows(a=200.0, b=200.0, c=200.0, d=200.0, e=200.0)
    customers = pd.DataFrame(
        {
            "customer_id": ["d", "c", "b", "a"],
            "opt_out": [None, False, True, False],
            "contactable_channels": ["Email; phone", "phone,e-mail", "email", None],
        }
    )
    no = "not contactable"
    assert why(table, customers=customers) == [no, "opted out", no, "", no]
    assert why(table, customers=customers.drop(columns="contactable_channels")) == [
        "", "opted out", "", "", "",
    ]  # fmt: skip
    later = pd.DataFrame({"customer_id": ["a"], "opt_out": False, "opted_out_later": True})
    assert why(table, customers=later) == ["opted out", "", "", "", ""]


def test_contacts_limit_contacts():
    table = rows(a=200.0, b=200.0, c=200.0, d=200.0)
    contacts = pd.DataFrame(
        {
            "customer_id": ["a", *"bbb", "c", "d"],
            "timestamp": pd.to_datetime(
                [
                    "2011-11-09 23:00",  # 30 days ago: just out of the cooldown of 30
                    "2011-10-01", "2011-10-02", "2011-10-03",  # three within 90 days
                    "2011-12-10",  # not known yet
                    "2011-12-01",
                ],
                format="ISO8601",
            ),
            "arm": [None, None, "treated", "treated", None, "control"],  # d got nothing
        }
    )  # fmt: skip
    assert why(table, contacts=contacts) == ["", "contact cap", "", ""]
    assert why(table, contacts=contacts, cooldown_days=31)[0] == "in cooldown"
    assert why(table, contacts=contacts.head(0)) == [""] * 4
    assert why(table, contacts=contacts.drop(columns="arm"))[3] == "in cooldown"


def test_only_the_first_reason_is_given():
    customers = pd.DataFrame({"customer_id": ["a", "b"], "opt_out": [True, True]})
    table = rows(a=5.0, b=900.0)
    assert why(table, customers=customers) == ["not dormant", "outside the window"]


def test_tables_that_break_the_contract_are_named():
    table = rows(a=200.0)
    with pytest.raises(DataError, match="contacts lack a column"):
        why(table, contacts=pd.DataFrame({"customer_id": ["a"]}))
    with pytest.raises(DataError, match="customer twice"):
        why(table, customers=pd.DataFrame({"customer_id": ["a", "a"]}))
    scores = pd.DataFrame({"customer_id": ["b", "a"], "recency": [1.0, 2.0], "T": [5.0, 5.0]})
    assert read_scores(scores, (), AS_OF)["days_since_last"].tolist() == [3.0, 4.0]
    for wrong, match in [
        (scores.drop(columns="T"), "lack a column"),
        (scores.assign(customer_id=["a", None]), "without a customer"),
        (scores.assign(as_of=date(2011, 1, 1)), "another date"),
    ]:
        with pytest.raises(DataError, match=match):
            read_scores(wrong, (), AS_OF)


def test_who_is_held_out_or_has_a_case_open_is_not_called_back():
    table = rows(a=200.0, b=200.0, c=200.0, d=5.0)
    held = pd.Series([True, False, False, True])
    cases = pd.DataFrame({"customer_id": ["b"], "reason": ["open refund"]})
    assert why(table, held_out=held, open_cases=cases) == [
        "global holdout", "open refund", "", "not dormant",
    ]  # fmt: skip
    assert why(table) == ["", "", "", "not dormant"]


def test_without_a_cap_nobody_is_contacted_too_often():
    sent = pd.DataFrame({"customer_id": list("aaaa"), "timestamp": pd.Timestamp("2011-10-01")})
    assert why(rows(a=200.0), contacts=sent) == ["contact cap"]
    assert why(rows(a=200.0), contacts=sent, contact_cap=None) == [""]
