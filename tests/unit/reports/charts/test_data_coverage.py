from datetime import date

import ibis
import pyarrow as pa

from winback.reports.charts.data_coverage import coverage_of
from winback.reports.gallery import figures


def rows(days, **columns):
    ids = [f"c{number % 2}" for number in range(len(days))]
    return ibis.memtable(pa.table({"customer_id": ids, "day": days, **columns}))


def test_the_longest_silence_counts_to_the_last_known_day():
    days = [date(2024, 1, 1), date(2024, 1, 4), date(2024, 1, 4)]
    coverage = coverage_of(rows(days, order_id=["a", None, "b"]), date(2024, 2, 1))
    assert (coverage["days"], coverage["bought_on"], coverage["gap"]) == (32, 2, 27)
    assert coverage["columns"] == {"order_id": 0.666666667}
    assert coverage["periods"] == [{"start": "2024-01-01", "rows": 3, "customers": 2}]
    assert coverage_of(rows(days[:0]), date(2024, 2, 1)) is None


def test_buyers_are_looked_for_in_the_further_tables():
    customers = ibis.memtable(pa.table({"customer_id": ["c0", "c0", "somebody else"]}))
    coverage = coverage_of(rows([date(2024, 1, 1)] * 2), date(2024, 1, 1), customers=customers)
    assert coverage["tables"] == {"customers": 0.5}


def test_a_long_history_is_drawn_by_quarter_and_its_figure_says_so(arguments):
    days = [date(year, month, 1) for year in range(2015, 2024) for month in (1, 2)]
    coverage = coverage_of(rows(days), date(2023, 12, 31))
    assert coverage["unit"] == "Q"
    assert len(coverage["periods"]) == 9
    drawn = figures(arguments.report(coverage=coverage))["coverage"]
    assert "Somebody bought on 18 of 3,287 days" in drawn.layout.meta["reading"]
