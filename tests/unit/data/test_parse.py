"""What cells mean, and that nothing is guessed."""

import datetime as dt

import pyarrow as pa
import pytest

from winback.data import parse
from winback.data.connect import load, open_engine
from winback.data.expressions import Expression
from winback.data.identity import identifier
from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.data.raw import columns_of
from winback.errors import DataError


def read(cells, kind, timezone="Asia/Shanghai"):
    engine = open_engine(threads=1)
    raw = load(engine, pa.table({"cell": cells}))
    value = Expression('"cell"', columns_of(engine, raw.name)["cell"])
    if kind == "instant":
        sql = parse.instant(engine, raw, value, timezone=timezone, where="here")
    elif kind == "number":
        sql = parse.number(value, "here")
    else:
        sql = (identifier if kind == "identifier" else getattr(parse, kind))(value)
    rows = engine.con.execute(f'SELECT {sql} FROM "{raw.name}" ORDER BY source_row').fetchall()
    return [row[0] for row in rows]


TEN = dt.datetime(2024, 1, 2, 10, 5)  # noqa: DTZ001 - naive is what is meant


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        # naive ones are local
        ("2024-01-02 10:05", TEN),
        (" 2024-1-2T10:05:00 ", TEN),
        ("2024/01/02 10:05:00.000000", TEN),
        ("2024-01-02 10:05 AM", TEN),
        ("2024-01-02 10:05:00 PM", TEN.replace(hour=22)),
        ("2024年1月2日 10:05", TEN),
        ("2024.1.2 10:05", TEN),
        ("2.1.2024 10:05", TEN),
        ("20240102100500", TEN),
        ("2 Jan 2024 10:05", TEN),
        ("02-Jan-2024 10:05:00", TEN),
        ("Jan 2, 2024 10:05", TEN),
        # aware ones are converted
        ("2024-01-02T02:05:00Z", TEN),
        ("2024-01-02 02:05:00+00", TEN),
        ("2024-01-02 02:05 UTC", TEN),
        ("2024-01-02T10:05:00 +0800", TEN),
        ("2024-01-01 21:05:00-05:00", TEN),
        ("2024-01-01 21:05:00 America/New_York", TEN),
        ("1704161100", TEN),
        ("1704161100000", TEN),
        # microseconds, cut
        ("2024-01-02T02:05:00.000001999Z", TEN.replace(microsecond=1)),
        # dates alone
        ("2024-01-02", TEN.replace(hour=0, minute=0)),
        ("20240102", TEN.replace(hour=0, minute=0)),
        ("2024年01月02日", TEN.replace(hour=0, minute=0)),
        # not guessed: CST is Chicago's and Shanghai's
        ("2024-01-02 10:05:00 CST", None),
        ("2024-01-02 10:05:00 Some/Where", None),
        ("2024-02-30", None),
        ("infinity", None),
        ("soon", None),
        ("10:05", None),
        ("45293", TEN.replace(hour=0, minute=0)),
        ("12345", None),
        ("", None),
    ],
)
def test_text_as_a_point_in_time(cell, expected):
    assert read([cell], "instant") == [expected]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["12/1/2010 8:26", "12/31/2010"], dt.date(2010, 12, 1)),
        (["12/1/10 8:26 PM", "31/1/10 1:00 AM"], dt.date(2010, 1, 12)),
        (["1-12-2010", "31-12-2010 23:59:59"], dt.date(2010, 12, 1)),
    ],
)
def test_the_column_proves_whether_day_or_month_comes_first(cells, expected):
    assert read(cells, "instant")[0].date() == expected


def test_without_proof_day_and_month_are_not_guessed():
    with pytest.raises(DataError, match=r"day or the month .*got 1/2/2024.*strptime"):
        read(["1/2/2024"], "instant")


@pytest.mark.parametrize(
    ("later", "available"),
    [
        ("4/13/2024", None),  # proves that the month comes first, but only after as_of
        ("1/13/2024", "2024-04-13"),  # of a day that was known, in a row that was not
    ],
)
def test_what_comes_later_does_not_decide_how_earlier_dates_are_read(later, available):
    def read_known(*cells):
        n = len(cells)
        given = {"customer_id": ["a"] * n, "timestamp": [*cells], "amount": [1.0] * n}
        given["available_at"] = pa.array([None] * (n - 1) + [available], pa.string())
        table, as_of = pa.table(given), dt.date(2024, 3, 31)
        return read_transactions(
            table, as_of=as_of, policy=IntakePolicy(max_rejected_share=0.5)
        ).counts

    with pytest.raises(DataError, match=r"day or the month .*got 1/2/2024"):
        read_known("1/2/2024", later)
    counts = read_known("1/2/2024", "31/1/2024", later)
    assert (counts.first_day, counts.last_day) == (dt.date(2024, 1, 31), dt.date(2024, 2, 1))


def test_what_is_later_either_way_asks_for_no_proof():
    rows = pa.table({"customer_id": ["a", "a"], "timestamp": ["2024-01-02", "4/12/2024"]})
    counts = read_transactions(rows, as_of=dt.date(2024, 3, 31)).counts
    assert (counts.accepted, counts.after_as_of) == (1, 1)
    with pytest.raises(DataError, match=r"day or the month .*got 4/12/2024"):
        read_transactions(rows, as_of=dt.date(2024, 4, 30))


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([1704161100_000_000], pa.timestamp("us", "UTC")),
        pa.array([1704189900_000_000_000], pa.timestamp("ns")),
        pa.array([1704161100]),
        pa.array([1704161100000.0]),
    ],
    ids=["aware", "nanoseconds", "unix seconds", "unix milliseconds"],
)
def test_typed_points_in_time(cells):
    assert read(cells, "instant") == [TEN]


def test_dates_and_yyyymmdd_numbers():
    midnight = TEN.replace(hour=0, minute=0)
    assert read(pa.array([dt.date(2024, 1, 2)]), "instant") == [midnight]
    assert read(pa.array([20240102]), "instant") == [midnight]


def test_a_daylight_saving_gap_does_not_move_a_naive_time():
    skipped = dt.datetime(2024, 3, 31, 2, 30)  # noqa: DTZ001
    assert read(["2024-03-31 02:30"], "instant", "Europe/Berlin") == [skipped]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["12345", " 12345.0 ", "00012", "a b"], ["12345", "12345", "00012", "a b"]),
        (["", " ", "NaN", "None", "NULL", "<NA>", "n/a", "\\N", None], [None] * 9),
        ([12345.0, 0.5, float("nan"), None], ["12345", "0.5", None, None]),
        ([12345, None], ["12345", None]),
    ],
)
def test_identifiers(cells, expected):
    assert read(cells, "identifier") == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1.5", " -2 ", "1e3", "1,5", "", "12 €", None], [1.5, -2, 1000, None, None, None, None]),
        ([3], [3.0]),
    ],
)
def test_numbers(cells, expected):
    assert read(cells, "number") == expected


def test_flags_in_doubt_are_true():
    cells = ["yes", "1", "TRUE", "是", "maybe", "no", "0", "False", "否", "", None]
    assert read(cells, "flag") == [True] * 5 + [False] * 4 + [None] * 2
    assert read([True, False, None], "flag") == [True, False, None]


@pytest.mark.parametrize("kind", ["instant", "number"])
def test_a_column_of_another_type_is_refused(kind):
    with pytest.raises(DataError, match=r"does not hold .*\(at here\): got BOOLEAN"):
        read([True], kind)
