from datetime import date, timedelta

import ibis
import pyarrow as pa
import pytest

from winback.features.past_campaigns import campaign_table, waiting_contacts

AS_OF = date(2024, 12, 31)
SENT = date(2024, 6, 1)


def sales(*rows):
    who, day, amount = zip(*rows, strict=True)
    return ibis.memtable(pa.table({"customer_id": who, "day": day, "amount": amount}))


def contacts(*rows, names=("customer_id", "day", "arm", "list_id", "experiment_id")):
    columns = zip(*rows, strict=True)
    return ibis.memtable(pa.table(dict(zip(names, columns, strict=False))))


def days(n):
    return SENT + timedelta(days=n)


SALES = sales(
    ("a", days(-100), 10.0), ("a", days(0), 7.0),  # on the day of the contact: a return
    ("b", days(-50), 30.0), ("b", days(29), 5.0),
    ("c", days(-40), 20.0), ("c", days(30), 5.0),  # a day too late
    ("d", days(5), 9.0),  # had never bought
)  # fmt: skip


def made(table, **over):
    arguments = {"horizon_days": 30, "count_zero": False} | over
    campaigns = campaign_table(table, SALES, AS_OF, **arguments)
    return (
        None if campaigns is None else campaigns.to_pyarrow().to_pandas().set_index("customer_id")
    )


def test_outcomes_and_covariates_are_those_of_the_day_of_the_contact():
    rows = made(contacts(*((who, SENT, "Treated ", "l", "e") for who in "abcd")))
    assert rows["returned"].to_dict() == {"a": 1, "b": 1, "c": 0}
    assert rows["days_since_last"].to_dict() == {"a": 99, "b": 49, "c": 39}  # the evening before
    assert rows["basket_amount"].to_dict() == {"a": 10, "b": 30, "c": 20}
    assert set(rows["campaign"]) == {"e"}


def test_the_first_contact_of_an_experiment_counts_and_both_arms_do_not():
    rows = made(
        contacts(
            ("a", SENT, "treated", "l", "e"), ("a", days(60), "treated", "m", "e"),
            ("b", SENT, "control", "l", "e"), ("b", SENT, None, "l", "e"),
        )
    )  # fmt: skip
    assert rows["day"].to_dict() == {"a": SENT, "b": SENT}
    assert rows["treated"].to_dict() == {"a": 1, "b": 0}


def test_arms_drawn_anew_for_each_list_make_each_list_a_campaign():
    rows = made(
        contacts(
            ("a", SENT, "treated", "l", "e"), ("a", days(60), "control", "m", "e"),
            ("b", SENT, "treated", "l", "e"), ("b", SENT, "control", "l", "e"),
        )
    )  # fmt: skip
    assert sorted(rows["campaign"]) == ["l", "m"]
    assert set(rows.index) == {"a"}


@pytest.mark.parametrize("sent", [AS_OF, AS_OF - timedelta(days=29), AS_OF + timedelta(days=1)])
def test_a_campaign_that_is_not_over_is_not_looked_at(sent):
    assert made(contacts(("a", sent, "treated", "l", "e"))) is None


def test_all_days_count_however_many_are_described_at_a_time():
    sent = contacts(("a", SENT, "treated", "l"), ("b", days(1), "control", "m"))
    for batch in (1, 24):
        rows = made(sent, batch_days=batch)
        assert rows["list_id"].to_dict() == {"a": "l", "b": "m"}


def test_contacts_without_arms_are_no_experiment():
    assert made(contacts(("a", SENT), names=("customer_id", "day"))) is None


def test_what_happens_after_as_of_changes_nothing():
    table = contacts(("a", SENT, "treated", "l", "e"), ("b", SENT, "control", "l", "e"))
    later = contacts(
        ("a", SENT, "treated", "l", "e"), ("b", SENT, "control", "l", "e"),
        ("c", AS_OF + timedelta(days=3), "treated", "l", "e"),
        ("a", AS_OF + timedelta(days=3), "control", "l", "e"),
    )  # fmt: skip
    assert made(table).sort_index().equals(made(later).sort_index())


def test_those_who_wait_are_counted_once_and_not_if_they_were_there_before():
    young = AS_OF - timedelta(days=3)
    table = contacts(
        ("a", SENT, "treated", "l", "e"), ("a", young, "treated", "m", "e"),
        ("b", young, "control", "m", "e"), ("b", AS_OF, "control", "n", "e"),
        ("c", young, "treated", "m", "e"), ("d", AS_OF + timedelta(days=1), "treated", "o", "e"),
    )  # fmt: skip
    made = waiting_contacts(table, AS_OF, horizon_days=30).to_pyarrow().to_pylist()
    assert made == [{"campaign": "e", "day": young, "treated": 1, "control": 1}]
    assert waiting_contacts(table.drop("arm"), AS_OF, horizon_days=30) is None
