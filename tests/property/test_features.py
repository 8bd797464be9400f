"""What must hold of the features whatever the rows are."""

from datetime import date, timedelta

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from winback.data.connect import open_engine
from winback.features.behaviour import behaviour_table
from winback.features.feature_catalogue import describe
from winback.features.outcomes import outcomes_table

START = date(2023, 1, 1)
SNAPSHOTS = [START + timedelta(days=n) for n in (400, 310, 90)]
SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "day": pa.date32(),
        "booked_on": pa.date32(),
        "known_on": pa.date32(),
        "amount": pa.float64(),
        "channel": pa.string(),
    }
)


@st.composite
def transactions(draw):
    row = st.tuples(
        st.sampled_from("abcd"),
        st.integers(0, 450),
        st.integers(0, 30),
        st.integers(0, 30),
        st.one_of(
            st.sampled_from([0.0, 0.1, 0.2, -0.3, 1e-6, 1e12]),
            st.floats(-1e9, 1e9, allow_nan=False),
        ),
        st.sampled_from(["web", "shop", None]),
    )
    rows = draw(st.lists(row, min_size=1, max_size=25))
    columns = []
    for customer, day, wait, late, amount, channel in rows:
        first = START + timedelta(days=day)
        booked = first + timedelta(days=wait)
        known_on = booked + timedelta(days=late)
        columns.append((customer, first, booked, known_on, amount, channel))
    return pa.table(list(map(list, zip(*columns, strict=True))), schema=SCHEMA)


def features(table, snapshots=SNAPSHOTS):
    behaviour = behaviour_table(table, snapshots, count_zero=False, horizon_days=60)
    return behaviour.order_by(["as_of", "customer_id"])


class Compiled:
    """The features at several dates, and at each alone, compiled once for all examples."""

    def __init__(self):
        self.con = open_engine()
        self.hold(SCHEMA.empty_table())
        rows = self.con.table("rows")
        self.together = self.con.compile(features(rows))
        self.alone = [self.con.compile(features(rows, [day])) for day in sorted(SNAPSHOTS)]

    def hold(self, rows):
        self.con.con.register("incoming", rows)
        self.con.con.execute("CREATE OR REPLACE TABLE rows AS FROM incoming")

    def run(self, query):
        return self.con.con.sql(query).to_arrow_table()


@pytest.fixture(scope="module")
def compiled():
    return Compiled()


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=transactions())
def test_features_are_finite_and_consistent_and_dates_are_independent(compiled, rows):
    compiled.hold(rows)
    together = compiled.run(compiled.together)
    assert together.equals(pa.concat_tables(map(compiled.run, compiled.alone)))
    frame = together.to_pandas()
    numbers = frame[[name for name in frame.columns if describe(name)]]
    assert np.isfinite(numbers.to_numpy()).all()
    assert (frame.recency <= frame["T"]).all()
    assert (frame.frequency <= frame.recency).all()
    assert (frame.typical_gap_days >= 1).all()
    counts = frame[["count_7", "count_30", "count_90", "count_180", "count_365"]]
    assert (counts.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    for name in numbers:
        low, high = {"share": (0, 1), "change": (-1, 1)}.get(describe(name).unit, (-1e16, 1e16))
        assert frame[name].between(low, high).all(), name


def test_neither_row_order_nor_threads_nor_spelling_of_a_run_shows():
    """200,000 rows of awkward amounts: sums of doubles would differ in their last bits."""
    rng = np.random.default_rng(11)
    n = 200_000
    days = np.datetime64(START) + rng.integers(0, 450, n)
    rows = pa.table(
        [
            pa.array(rng.integers(0, 3_000, n).astype(str), pa.string()),
            *[pa.array(days)] * 3,
            pa.array(rng.lognormal(3, 2, n) - 10),
            pa.array(rng.choice(["web", "shop", "app"], n), pa.string()),
        ],
        schema=SCHEMA,
    )
    runs = []
    for threads in (1, 4):
        shuffled = rows.take(pa.array(rng.permutation(n)))
        engine = open_engine(threads=threads)
        window = (SNAPSHOTS[1], SNAPSHOTS[1], SNAPSHOTS[0])
        later = outcomes_table(ibis.memtable(shuffled), [window], count_zero=False)
        queries = (features(ibis.memtable(shuffled)), later.order_by("customer_id"))
        runs.append([engine.to_pyarrow(query) for query in queries])
    assert runs[0][0].equals(runs[1][0])
    assert runs[0][1].equals(runs[1][1])
    assert runs[0][0].num_rows > 8_000
