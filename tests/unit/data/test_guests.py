"""Who is no customer."""

import pandas as pd
import pytest

from winback.data.events import read_table
from winback.data.identity import CustomerIds
from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.errors import DataError


def frame(ids):
    return pd.DataFrame({"customer_id": ids, "timestamp": "2024-01-01", "amount": 1.0})


def test_guests_are_left_out_and_counted():
    counts = read_transactions(frame(["guest", "游客", "Gast", " ГОСТЬ ", "a", "b"])).counts
    assert (counts.guests, counts.customers, dict(counts.rejected)) == (4, 2, {})
    own = CustomerIds(guests=("laden",))
    assert read_transactions(frame(["Laden", "a"]), policy=IntakePolicy(ids=own)).counts.guests == 1


def test_a_number_is_a_guest_only_where_it_comes_far_more_often_than_anybody():
    assert read_transactions(frame(["0"] * 9 + ["1", "2", "2"])).counts.guests == 9
    assert read_transactions(frame(["0", "1", "2", "2"])).counts.guests == 0


@pytest.mark.parametrize("nobody", ["No-Reply@shop.com", "guest@x.org", "00000000000", "+99999999"])
def test_a_stand_in_for_an_address_or_a_telephone_is_nobody(nobody):
    counts = read_transactions(
        frame([nobody] * 9 + ["reply@x.org", "13900000000", "b", "b"])
    ).counts
    assert (counts.guests, counts.customers) == (9, 3)
    assert read_transactions(frame([nobody, "a", "b", "b"])).counts.guests == 0


def test_identifiers_that_cannot_be_those_of_customers_stop():
    with pytest.raises(DataError, match="rounded"):
        read_transactions(frame(["8.61E+12", "a"]))
    crowd = frame(["x"] * 80 + [f"c{n}" for n in range(40)])
    with pytest.raises(DataError, match=r"'x' in 80 of 120 rows"):
        read_transactions(crowd)
    assert (
        read_transactions(
            crowd, policy=IntakePolicy(ids=CustomerIds(any_share=True))
        ).counts.customers
        == 41
    )


def test_one_customer_written_in_ways_that_look_alike_is_one_unless_said_otherwise():
    ids = [
        "c1",
        "c1\t",
        "\u200bc1",
        "\uff43\uff11",
        '="c1"',
        "C1@x.org",
        "c1@X.org ",
        "e\u0301",
        "é",
    ]
    assert read_transactions(frame(ids)).counts.customers == 3
    exact = CustomerIds(normalise=False)
    assert read_transactions(frame(ids), policy=IntakePolicy(ids=exact)).counts.customers == len(
        ids
    )


@pytest.mark.parametrize("cell", ["CONTROL", "Holdout ", "0", "false", "对照组", "Kontrollgruppe"])
def test_arms_read_alike(cell):
    contact = {"customer_id": ["a"], "timestamp": "2024-01-01", "channel": "mail"}
    read = read_table("contacts", pd.DataFrame({**contact, "arm": [cell]}))
    assert read.table.to_pyarrow()["arm"].to_pylist() == ["control"]


def test_an_unknown_arm_stops_with_what_was_seen():
    contact = {"customer_id": ["a"], "timestamp": "2024-01-01", "channel": "mail", "arm": ["B7"]}
    with pytest.raises(DataError, match="'B7' in 1 row"):
        read_table("contacts", pd.DataFrame(contact))


@pytest.mark.parametrize(("rows", "told"), [(40, ["40 of 160 rows"]), (10, [])])
def test_who_has_a_tenth_of_the_rows_and_stands_out_is_told(rows, told):
    ids = [f"k{i % 60}" for i in range(120)] + ["till"] * rows
    notes = [str(note) for note in read_transactions(frame(ids)).notes]
    assert len(notes) == len(told)
    assert all(text in note and "till" in note for text, note in zip(told, notes, strict=True))


def test_masked_identifiers_stop():
    with pytest.raises(DataError, match=r"masked.*138\*\*\*\*1006"):
        read_transactions(frame(["138****1006", "138****1006", "k1"]))
    own = IntakePolicy(ids=CustomerIds(any_share=True))
    assert read_transactions(frame(["138****1006", "k1"]), policy=own).counts.customers == 2
