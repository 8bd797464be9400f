"""Indicators against the plainest way to compute them, on any shop."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.util import gen_name

from winback.data.connect import open_engine
from winback.indicators.active import active_counts, with_following
from winback.indicators.decompose import MIX, decompose, index_change
from winback.indicators.definition import Cumulative

START = date(2024, 1, 1)
FACTORS = ["customers", "frequency", "order_value"]
SIZES = st.lists(
    st.tuples(*[st.floats(0, 1e6).map(lambda x: 0.0 if x < 1e-6 else x) for _ in FACTORS]),
    min_size=1,
    max_size=5,
)


@pytest.fixture(scope="module")
def engine():
    engine = open_engine()
    yield engine
    engine.disconnect()


@given(SIZES, SIZES)
def test_the_parts_of_a_change_add_up_to_it(before, after):
    old, new = (pd.DataFrame(rows, columns=FACTORS) for rows in (before, after))
    change = new.prod(axis=1).sum() - old.prod(axis=1).sum()
    size = max(new.prod(axis=1).sum(), old.prod(axis=1).sum(), 1.0)
    parts = decompose(old, new, FACTORS)
    assert list(parts.index) == [*FACTORS, MIX]
    assert abs(parts.sum() - change) <= 1e-9 * size


@given(st.lists(st.floats(1e-3, 1e3), min_size=3, max_size=3), st.integers(1, 9))
def test_a_factor_that_stays_moves_no_index(values, times):
    base = pd.Series(values, FACTORS)
    after = base * [times, 1.0, 1.0]
    parts = index_change(base, after, base)
    assert parts.sum() == pytest.approx(100 * (times - 1), abs=1e-7)
    assert parts[["frequency", "order_value"]].tolist() == [0.0, 0.0]


@settings(max_examples=25)
@given(
    st.sets(st.tuples(st.integers(0, 5), st.integers(0, 60)), min_size=1, max_size=40),
    st.integers(1, 40),
)
def test_active_customers_are_those_with_a_day_in_the_window(engine, days, window):
    rows = pd.DataFrame(sorted(days), columns=["who", "day"])
    table = engine.create_table(
        gen_name("days"),
        pa.table(
            {
                "customer_id": rows["who"].astype(str).tolist(),
                "segment": ["all"] * len(rows),
                "day": [START + timedelta(days=int(day)) for day in rows["day"]],
            }
        ),
    )
    asked = np.arange(-1, 70, 7)
    ends = pd.DataFrame(
        {"period": asked, "until": [START + timedelta(days=int(day)) for day in asked]}
    )
    plainly = [
        rows[(rows["day"] <= day) & (rows["day"] > day - window)]["who"].nunique() for day in asked
    ]
    assert (
        active_counts(
            with_following(table),
            [Cumulative(id="a", kind="cumulative", unit="count", days=window)],
            ends,
        )["value"].tolist()
        == plainly
    )
