"""Amounts in the ways of many countries."""

import pandas as pd
import pytest

from winback.data.amounts import settle
from winback.data.connect import load, open_engine
from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.errors import DataError


def read(cells):
    engine = open_engine(threads=1)
    frame = pd.DataFrame({"customer_id": "a", "timestamp": "2024-01-01", "amount": cells})
    rows = read_transactions(frame, engine=engine, policy=IntakePolicy(zero_amounts="keep")).table
    return rows.amount.to_pyarrow().to_pylist()


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["18,04", "1.014,90", "12.50"], [18.04, 1014.9, 12.5]),
        (["902", "4.215", "12.600"], [902, 4215, 12600]),
        (["1500", "4.215"], [1500, 4.215]),
        (["18,04\u00a0€", "1\u202f014,90 €"], [18.04, 1014.9]),
        (["R$ 541,20", "R$ 1.541,20"], [541.2, 1541.2]),
        (["CA$541.20", "US$1,000.00", "$3"], [541.2, 1000, 3]),
        (["Rs. 541.20", "Rs. 1,23,456.00"], [541.2, 123456]),
        (["541,20 kr", "18,-", "1 200 kr"], [541.2, 18, 1200]),
        (["5,20 zł", "−3,10 zł", "4,00-"], [5.2, -3.1, -4]),
        (["¥1,200", "￥３００", "15元", "1,000円"], [1200, 300, 15, 1000]),
        (["\\1,200", "\\300"], [1200, 300]),  # a yen, as Japan's old encodings have it
        (["(12.50)", "($3.00)", "$4.00"], [-12.5, -3, 4]),
        (["1'234.50", "1’000.00"], [1234.5, 1000]),
        (["-12.5", "1e3", "0.125"], [-12.5, 1000, 0.125]),
        (["1.234.567", "15.000"], [1234567, 15000]),
        (["Rp 15.000", "Rp 1.250.000"], [15000, 1250000]),
        (["1234,5 ₽", "3 руб."], [1234.5, 3]),
        (["Rs.500", "Rs.1,234.00", "Fr.12.50", "$.50"], [500, 1234, 12.5, 0.5]),
        (["500/-", "Rs. 1,500/-", "-500/-", "-18,-"], [500, 1500, -500, -18]),
        (["S/ 12.90", "S/. 1,012.90", "12.90 ر.س"], [12.9, 1012.9, 12.9]),
        (["١٢٫٩٠", "١٬٠١٢٫٩٠", "۷٫۵۰"], [12.9, 1012.9, 7.5]),
        (["1,72 руб.-", "4,00 EUR -", "18,- kr", "18,--"], [-1.72, -4, 18, 18]),
    ],
)  # fmt: skip
def test_amounts_are_read(cells, expected):
    assert read(cells) == expected


def test_two_readings_are_told_with_a_cell():
    engine = open_engine(threads=1)
    raw = load(engine, pd.DataFrame({"Total": ["902", "4.215"]}))
    assert "'4.215'" in str(settle(engine, raw.name, "Total").note)


@pytest.mark.parametrize(
    "cell", ["61.1k", "1.2 Mio", "3万元", "1,2 тыс.", "12.50 DR", "1.250,00 Cr", "2 lakh", "5천원"]
)
def test_a_word_that_makes_another_number_of_it_is_no_currency(cell):
    frame = pd.DataFrame({"customer_id": "a", "timestamp": "2024-01-01", "amount": [cell, "3 kr"]})
    read = read_transactions(frame, policy=IntakePolicy(max_rejected_share=1))
    assert dict(read.counts.rejected) == {"unparsable amount": 1}
    assert read.table.amount.to_pyarrow().to_pylist() == [3.0]


def test_as_many_proofs_for_either_stop():
    with pytest.raises(DataError, match="as many a decimal point"):
        read(["1,50", "1.50", "4.215"])


def test_what_is_no_amount_is_rejected_and_counted():
    cells = ["1,50", "12:30", "1.2.3", "2024-01-01", "n/a", "3,4,5"]
    frame = pd.DataFrame({"customer_id": "a", "timestamp": "2024-01-01", "amount": cells})
    counts = read_transactions(frame, policy=IntakePolicy(max_rejected_share=1)).counts
    assert (counts.accepted, sum(counts.rejected.values())) == (1, 5)


def test_a_currency_without_coins_has_thousands():
    assert read(["Rp 1.386", "Rp 208.955"]) == [1386, 208955]


@pytest.mark.parametrize(
    ("name", "currency", "cells", "expected"),
    [
        ("total", None, ["10.500", "100.702"], [10500, 100702]),
        ("total", "COP", ["840.487", "1500", "9.000"], [840487, 1500, 9000]),
        ("total", None, ["840.487", "1500", "9.000"], [840.487, 1500, 9]),
        ("total", "KWD", ["10.500", "100.702"], [10.5, 100.702]),
        ("total_omr", None, ["10.500", "100.702"], [10.5, 100.702]),
    ],
)
def test_three_digits_behind_every_point_are_thousands_unless_the_currency_has_mills(
    name, currency, cells, expected
):
    rows = {"customer_id": "a", "timestamp": "2024-01-01", name: cells}
    if currency is not None:
        rows["currency"] = currency
    columns = {"amount": name}
    assert sorted(
        read_transactions(pd.DataFrame(rows), columns=columns).table.amount.to_pyarrow().to_pylist()
    ) == sorted(expected)
