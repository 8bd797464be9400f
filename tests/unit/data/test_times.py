"""Points in time as they are written in many places."""

import pandas as pd
import pytest

from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy

MOMENT = "2023-01-31 17:07:37"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1/31/2023, 5:07:37 PM", MOMENT),
        ("31/01/2023 17.07.37", MOMENT),
        ("31 Januari 2023 17.07", "2023-01-31 17:07:00"),
        ("31.01.2023 17.07", "2023-01-31 17:07:00"),
        ("1/31/2023, 5:07:37\u202fPM", MOMENT),
        ("31.1.2023, 17:07:37", MOMENT),
        ("2023/1/31 下午 5:07:37", MOMENT),
        ("2023年1月31日 下午5:07:37", MOMENT),
        ("31.01.23", "2023-01-31 00:00:00"),
        ("January 31, 2023", "2023-01-31 00:00:00"),
        ("31. Januar 2023", "2023-01-31 00:00:00"),
        ("31 janvier 2023", "2023-01-31 00:00:00"),
        ("31 de enero de 2023", "2023-01-31 00:00:00"),
        ("31 de jan. de 2023", "2023-01-31 00:00:00"),
        ("31 gennaio 2023", "2023-01-31 00:00:00"),
        ("31 mei 2023", "2023-05-31 00:00:00"),
        ("31 stycznia 2023", "2023-01-31 00:00:00"),
        ("31 Agustus 2023", "2023-08-31 00:00:00"),
        ("31 Ağustos 2023", "2023-08-31 00:00:00"),
        ("31 января 2023 г.", "2023-01-31 00:00:00"),
        ("31 Jan 23", "2023-01-31 00:00:00"),
        ("31/Jan/2023", "2023-01-31 00:00:00"),
        ("Tue, 31 Jan 2023 17:07:37", MOMENT),
        ("dienstag, 31. Januar 2023", "2023-01-31 00:00:00"),
        ("2023년 1월 31일 오후 5:07:37", MOMENT),
        ("20230131 17:07:37", MOMENT),
        ("2023-W05-2", "2023-01-31 00:00:00"),
        ("44957", "2023-01-31 00:00:00"),
        ("31. 1. 2023 17:07:37", MOMENT),
        ("2023. 1. 31. 오후 5:07:37", MOMENT),
        ("2023. január 31.", "2023-01-31 00:00:00"),
        ("31. října 2023", "2023-10-31 00:00:00"),
        ("2023年1月31日 17時7分37秒", MOMENT),
        ("2023年1月31日17时07分", "2023-01-31 17:07:00"),
        ("2023年1月31日午後5時7分37秒", MOMENT),
        ("2023年1月31日下午5点", "2023-01-31 17:00:00"),
        ("2023년 1월 31일 (화) 오후 5시 7분", "2023-01-31 17:07:00"),
        ("2023年1月31日(火) 17:07:37", MOMENT),
        ("2023/1/31（火）", "2023-01-31 00:00:00"),
        ("2023-01-31 (Tue) 17:07:37", MOMENT),
        ("44957.71362", "2023-01-31 17:07:36.768000"),
    ],
)
def test_times_are_read(cell, expected):
    frame = pd.DataFrame({"customer_id": ["a"], "timestamp": [cell], "amount": [1.0]})
    read = read_transactions(frame).table.to_pyarrow()["timestamp"].to_pylist()
    assert [str(moment) for moment in read] == [expected]


def test_a_zone_in_brackets_is_not_passed_over():
    frame = {"customer_id": ["a", "b"], "timestamp": ["2023-01-31 17:07 (EST)", "2023-01-31"]}
    read = read_transactions(
        pd.DataFrame({**frame, "amount": 1.0}), policy=IntakePolicy(max_rejected_share=0.5)
    )
    assert read.counts.rejected == {"unparsable time": 1}


@pytest.mark.parametrize(
    "cell", ["0000-00-00", "0000-00-00 00:00:00", "00.00.0000", "00/00/0000", "0", "NULL", "\\N"]
)
def test_a_day_that_never_was_is_no_time_in_any_column(cell):
    frame = pd.DataFrame(
        {"customer_id": ["a", "b"], "timestamp": ["2024-01-05", cell], "amount": [1.0, 2.0]}
    ).assign(available_at=cell)
    counts = read_transactions(frame, policy=IntakePolicy(max_rejected_share=1)).counts
    assert (counts.accepted, dict(counts.rejected)) == (1, {"no time": 1})


def test_a_spreadsheets_day_numbers_may_be_numbers():
    frame = pd.DataFrame({"customer_id": "a", "timestamp": [44957.75, 44958.0], "amount": 1.0})
    read = read_transactions(frame).table.to_pyarrow()["timestamp"].to_pylist()
    assert sorted(map(str, read)) == ["2023-01-31 18:00:00", "2023-02-01 00:00:00"]


def test_one_odd_cell_does_not_turn_the_rest():
    cells = ["31.01.23", "01.02.23", "2023-02-03", "soon"]
    frame = pd.DataFrame({"customer_id": "a", "timestamp": cells, "amount": 1.0})
    read = read_transactions(frame, policy=IntakePolicy(max_rejected_share=0.5))
    days = sorted(str(day) for day in read.table.to_pyarrow()["day"].to_pylist())
    assert days == ["2023-01-31", "2023-02-01", "2023-02-03"]
    assert dict(read.counts.rejected) == {"unparsable time": 1}


@pytest.mark.parametrize("sign", ["/", "-", "."])
def test_days_of_a_month_tell_which_end_is_the_year(sign):
    moments = [
        pd.Timestamp(f"2023-{month:02}-{day:02}") for month in (1, 2) for day in range(1, 28)
    ]
    for form in (f"%y{sign}%m{sign}%d", f"%d{sign}%m{sign}%y"):
        cells = [moment.strftime(form) for moment in moments]
        orders = {"customer_id": "a", "timestamp": cells, "amount": 5.0}
        counts = read_transactions(pd.DataFrame(orders)).counts
        assert (str(counts.first_day), str(counts.last_day)) == ("2023-01-01", "2023-02-27"), form


def test_what_comes_after_as_of_does_not_turn_the_year():
    known = [f"{day}/02/03" for day in range(13, 22)]
    later = [f"13/01/{last}" for last in range(20, 32)]  # of 2013, or of 2020 to 2031
    days = []
    for cells in (known, known + later):
        orders = {"customer_id": "a", "timestamp": cells, "amount": 5.0}
        read = read_transactions(pd.DataFrame(orders), as_of=pd.Timestamp("2003-12-31").date())
        days.append((read.counts.accepted, read.counts.first_day, read.counts.last_day))
    assert days[0] == days[1]
    assert str(days[0][1]) == "2003-02-13"
