from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.errors import DataError, UsageError
from winback.lists import selection
from winback.lists.eligibility import ineligible, is_active, read_scores
from winback.lists.selection import walk

AS_OF = date(2011, 12, 9)


def rows(**silent):
    return pd.DataFrame({"customer_id": list(silent), "days_since_last": list(silent.values())})


def why(table, **over):
    arguments = {"active_within_days": 100, "window_days": (0, 700), "channels": ["email"]} | over
    return ineligible(table, as_of=AS_OF, **arguments).fillna("").tolist()


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
    with pytest.raises(UsageError, match="window"):
        why(table, window_days=(700, 100))
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


def test_the_walk_stops_at_the_first_that_cannot_be_paid():
    far = walk([4, 4, 1], [True] * 3, budget=7, capacity=9)
    assert far.paid.tolist() == [True, False, False]  # the cheap third is not taken instead
    assert (far.stopped_by, far.first_left_out) == (selection.OVER_BUDGET, 1)


def test_the_walk_stops_at_capacity():
    far = walk([1, 1, 1, 1], [True, False, True, False], budget=9, capacity=1)
    assert far.paid.tolist() == [True, False, False, False]
    assert far.reached.tolist() == [True, False, False, False]
    assert (far.stopped_by, far.first_left_out) == (selection.OVER_CAPACITY, 2)


def test_a_budget_that_pays_nobody_reaches_nobody():
    far = walk([5, 5], [False, True], budget=1, capacity=9)
    assert not far.paid.any()
    assert not far.reached.any()


def test_money_is_added_exactly():
    assert walk(np.full(30, 0.1), np.full(30, True), budget=3, capacity=99).paid.all()
    assert walk([], [], budget=3, capacity=9).first_left_out is None


@pytest.mark.parametrize("limits", [{"budget": v} for v in (0, -1, None, np.inf, np.nan)])
@pytest.mark.parametrize("other", [{}, {"capacity": 0}])
def test_a_list_without_a_budget_is_refused(limits, other):
    with pytest.raises(UsageError, match="budget"):
        walk([1], [True], **({"capacity": 5} | limits | other))


@pytest.mark.parametrize("capacity", [0, -1, None, 1.5])
def test_a_list_without_a_capacity_is_refused(capacity):
    with pytest.raises(UsageError, match="capacity"):
        walk([1], [True], budget=5, capacity=capacity)
