from datetime import date

import ibis
import pandas as pd
import pytest

import winback as wb
from winback.data.engine import Engine
from winback.errors import ModelError, UsageError
from winback.evaluation.description import Description
from winback.evaluation.past import Past
from winback.features.behaviour import behaviour_table

DAYS = [date(2024, 3, 1), date(2024, 4, 15)]


@pytest.fixture(scope="module")
def transactions():
    days = pd.date_range("2024-01-01", "2024-06-30", freq="3D")
    rows = {
        "customer_id": [f"c{n % 7}" for n in range(len(days))],
        "timestamp": days,
        "amount": [10.0 + n % 5 for n in range(len(days))],
    }
    return wb.read_transactions(pd.DataFrame(rows))


@pytest.fixture(scope="module")
def events(transactions):
    seen = transactions.table.select("customer_id", "day")
    return seen.mutate(event=ibis.ifelse(seen.day > date(2024, 4, 1), "visit", "return"))


def read(table):
    return table.order_by(["as_of", "customer_id"]).to_pyarrow().to_pandas()


def test_the_same_rows_come_of_a_query_that_is_compiled_once(transactions, events, monkeypatch):
    compiled, compile_ = [], Engine.compiled
    monkeypatch.setattr(Engine, "compiled", lambda *args: compiled.append(1) or compile_(*args))
    description = Description(transactions, events)
    kinds = ("return", "visit")
    for days in (DAYS, DAYS[:1], [date(2024, 6, 30)]):
        for types in ((), kinds):
            expected = behaviour_table(
                transactions.table,
                days,
                count_zero=False,
                horizon_days=30,
                events=events if types else None,
                event_types=types,
            )
            found = description.at(days, 30, types)
            assert found.columns == expected.columns
            pd.testing.assert_frame_equal(read(found), read(expected), check_exact=True)
    assert len(compiled) == 2
    assert "last_horizon_purchases" in description.at(DAYS, 60).columns
    assert len(compiled) == 3


def test_nothing_later_is_described_and_no_day_twice(transactions):
    then = Past(transactions, date(2024, 6, 30)).at(DAYS[0])
    assert len(read(then.described([DAYS[0]], 30))) == 7
    with pytest.raises(ModelError, match="not known"):
        then.described([DAYS[1]], 30)
    with pytest.raises(UsageError, match="each once"):
        then.described([DAYS[0], DAYS[0]], 30)
