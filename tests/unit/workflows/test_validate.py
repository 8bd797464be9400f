"""What was read is told at the end, in figures and in words; a split may end on a quiet day."""

from datetime import date

import pytest

from winback.errors import DataError
from winback.messages import Words
from winback.workflows.backtest import backtest
from winback.workflows.validate import validate
from winback.workflows.what_was_read import what_was_read

ORDERS = """\
customer_id,timestamp,amount
a,2024-01-05,10.10
a,2024-02-05,20.20
b,2024-03-01,0
guest,2024-03-02,7
c,soon,5
c,2024-02-29,30
d,2024-05-01,8
"""
CONTACTS = """\
customer_id,timestamp,channel,arm
a,2024-02-01,mail,Holdout
z,2024-02-01,mail,TREATMENT
"""
JOB = """\
name: shop
as_of: 2024-03-31
data:
  transactions: {source: orders.csv, max_rejected_share: 0.5}
  contacts: {source: contacts.csv}
language: en
"""
QUIET = "customer_id,timestamp,amount\na,2024-01-01,10\na,2024-03-01,10\nb,2024-02-01,5\n"


@pytest.fixture
def shop(tmp_path, workshop_in):
    return workshop_in(tmp_path, JOB, orders=ORDERS, contacts=CONTACTS)


def test_validate_ends_with_what_was_read(shop):
    lines = shop.do(validate)
    figures = {"rows_in": 7, "accepted": 3, "customers": 2, "guests": 1, "after_as_of": 1}
    figures |= {"zero_amounts": 1, "amount_0": 1, "total_amount": 60.3}
    figures |= {"rejected": {"unparsable time": 1}, "first_day": date(2024, 1, 5)}
    assert {name: lines[name] for name in figures} == figures
    match = lines["matches"]["contacts"]
    assert (match["ids"], match["matched"]) == (2, 1)
    assert lines["said"] == [
        "What was read:",
        "3 of 7 rows accepted: 2 customers, 2024-01-05 to 2024-02-29",
        "left out: after 2024-03-31 (1), of nobody in particular (1), of amount 0 (1)",
        "rejected, each with its reason in rejected.parquet: unparsable time (1)",
        "the amounts add up to 60.30",
        "1 row of amount 0: not counted as a purchase",
        "contacts: 1 of the 2 customers in it has bought",
        (
            "87 days of history, but 1 customer only who came back: too few to warn anybody, it"
            " takes 20"
        ),
    ]


def test_it_is_said_in_the_language_of_the_report(shop):
    shop.yaml.write_text(shop.yaml.read_text().replace("language: en", "language: zh"))
    said = shop.do(validate)["said"][1]
    assert said == "7 行中接受 3 行：2 位客户，2024-01-05 至 2024-02-29"  # noqa: RUF001


def test_amounts_of_zero_that_count_and_no_amounts_at_all_are_said():
    days = {"first_day": date(2024, 1, 1), "last_day": date(2024, 1, 1)}
    none = {"filtered_out": 0, "zero_amounts": 0, "after_as_of": 0, "guests": 0, "rejected": {}}
    read = {**none, **days, "rows_in": 2, "accepted": 2, "customers": 1, "matches": {}}
    money = {"has_amounts": True, "total_amount": 0.0, "amount_0": 2, "keeps_zero": True}
    said = [line.say(Words()) for line in what_was_read({**read, **money}, date(2024, 1, 1))]
    assert said[-1] == "  2 rows of amount 0: counted as a purchase"
    bare = what_was_read({**read, "has_amounts": False}, date(2024, 1, 1))
    assert str(bare[-1]) == "  no column holds amounts: nothing will be said in money"


@pytest.mark.parametrize(
    ("later", "as_of"),
    [
        ("b,2024-06-01,5\n", "2024-06-01"),  # the data go on until as_of
        ("", "2024-04-30"),  # the job says that they are known until then
        ("b,2024-06-01,5\n", "2024-03-01"),  # later rows show that they go on
    ],
)
def test_a_split_may_end_on_a_day_on_which_nobody_bought(tmp_path, workshop_in, later, as_of):
    split = "backtest: {splits: [{as_of: 2024-02-15, until: 2024-04-30}]}\n"
    job = f"name: s\nas_of: {as_of}\ndata: {{transactions: {{source: orders.csv}}}}\n{split}"
    shop = workshop_in(tmp_path, job, orders=QUIET + later)
    records = shop.do(backtest)["records"]
    churn = [r for r in records if r["target"] == "churn" and r["chosen"]]
    assert [(r["split"], r["n"]) for r in churn] == [("2024-02-15/2024-04-30", 2)]


def test_a_split_that_ends_after_the_data_is_refused(tmp_path, workshop_in):
    split = "backtest: {splits: [{as_of: 2024-02-15, until: 2024-04-30}]}\n"
    job = f"name: s\nas_of: 2024-04-15\ndata: {{transactions: {{source: orders.csv}}}}\n{split}"
    shop = workshop_in(tmp_path, job, orders=QUIET)
    with pytest.raises(DataError, match="at most 2024-04-15"):
        shop.do(backtest)
    assert "the newest purchase is 60 days before 2024-04-30" in str(shop.warnings[-1])


def test_validate_tells_what_the_job_leaves_unread(tmp_path, workshop_in):
    lines = [
        f"k{n % 7},2024-01-{1 + n % 28:02},9.50,{n // 2},{'Refund' if n % 6 == 5 else 'Sale'},"
        f"{'Batal' if n == 3 else 'Selesai'}"
        for n in range(48)
    ]
    orders = "\n".join(["customer_id,timestamp,amount,order_id,Event Type,Status Pesanan", *lines])
    job = "name: shop\nas_of: 2024-03-31\ndata:\n  transactions: {source: orders.csv"
    told = workshop_in(tmp_path, job + "}\n", orders=orders)
    told.do(validate)
    said = " ".join(map(str, told.warnings))
    assert "Event Type calls 8 rows Refund, and their amounts are positive" in said
    assert "\"Status Pesanan\" NOT IN ('Batal')" in said
    assert "24 orders have several rows that bear the same amount" in said
    only = ', filter: "\\"Event Type\\" = \'Sale\' AND \\"Status Pesanan\\" = \'Selesai\'"}\n'
    quiet = workshop_in(tmp_path, job + only, orders=orders)
    quiet.do(validate)
    assert "calls" not in " ".join(map(str, quiet.warnings))
