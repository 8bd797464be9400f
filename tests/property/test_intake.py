"""Whatever the rows: none is lost, none that is accepted breaks the contract, order is nothing."""

import datetime as dt
import math

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.errors import DataError

AS_OF, NOT_AFTER = dt.date(2024, 6, 30), dt.date(2024, 9, 30)
ENGINE = open_engine(threads=1)

good_days = st.dates(dt.date(2024, 1, 1), dt.date(2024, 12, 31)).map(str)
cells = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(["a", "b", " b ", "7.0", "7", "", "nan", None]),
        "timestamp": st.one_of(
            good_days,
            good_days.map(lambda day: f"{day} 23:30:00-02:00"),
            st.sampled_from(["", None, "soon", "infinity", "0001-01-01", "2024-02-30"]),
        ),
        "amount": st.one_of(
            st.floats(-100, 100).map(str),
            st.sampled_from(["0", "-0.0", "", None, "five", "nan", "inf", "1e999"]),
        ),
        "order_id": st.sampled_from(["1", "2", None]),
        "currency": st.sampled_from(["EUR", "eur ", "USD", None]),
        "available_at": st.sampled_from([None, "", "2024-05-01", "2024-08-01", "later"]),
        "kept": st.sampled_from(["1", "1", "1", "0", "?"]),
    }
)
SCHEMA = pa.schema([(name, pa.string()) for name in (
    "customer_id", "timestamp", "amount", "order_id", "currency", "available_at", "kept",
)])  # fmt: skip
options = st.fixed_dictionaries(
    {
        "as_of": st.sampled_from([None, AS_OF]),
        "policy": st.builds(
            IntakePolicy,
            refunds=st.sampled_from(["by_day", "by_order"]),
            zero_amounts=st.sampled_from(["keep", "drop", None]),
            deduplicate=st.booleans(),
            timezone=st.sampled_from(["UTC", "Asia/Shanghai"]),
            currency=st.just("EUR"),
            not_after=st.just(NOT_AFTER),
            max_rejected_share=st.just(1.0),
        ),
    }
)


def read(rows, chosen):
    try:
        return read_transactions(
            pa.Table.from_pylist(rows, SCHEMA),
            filter="kept = 1",
            engine=ENGINE,
            **chosen,
        )
    except DataError as error:
        assert str(error).startswith(("no rows are left", "the source has no rows"))  # noqa: PT017
        return None


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_intake(data):
    rows = data.draw(st.lists(cells, max_size=25))
    chosen = data.draw(options)
    shuffled = data.draw(st.permutations(rows))
    one, other = read(rows, chosen), read(shuffled, chosen)
    assert (one is None) == (other is None)
    if one is None:
        return
    assert one.counts == other.counts
    assert one.fingerprint == other.fingerprint

    counts = one.counts
    rejected = sum(counts.rejected.values())
    assert counts.rows_in == len(rows)
    assert len(rows) == (
        counts.accepted + rejected + counts.filtered_out + counts.zero_amounts + counts.after_as_of
    )
    assert rejected == one.rejected.count().to_pyarrow().as_py()

    accepted = one.table.to_pyarrow().to_pylist()
    assert len(accepted) == counts.accepted
    for row in accepted:
        assert row["customer_id"] in {"a", "b", "7"}
        assert math.isfinite(row["amount"])
        assert one.count_zero or row["amount"] != 0
        assert row["booked_on"] == row["timestamp"].date()
        assert row["day"] <= row["booked_on"] <= row["known_on"]
        assert row["day"] == row["booked_on"] or row["amount"] < 0
        assert row["booked_on"] <= NOT_AFTER
        assert chosen["as_of"] is None or row["known_on"] <= AS_OF


@settings(max_examples=6, deadline=None)
@given(st.lists(cells, min_size=1, max_size=15), st.lists(cells, max_size=15), options)
def test_rows_after_as_of_have_no_effect(earlier, later, chosen):
    chosen = chosen | {"as_of": AS_OF}
    later = [row | {"timestamp": "2024-08-15"} for row in later]
    alone, both = read(earlier, chosen), read(later + earlier, chosen)
    assert (alone is None) == (both is None)
    if alone is not None:
        assert alone.fingerprint == both.fingerprint
        assert alone.counts.rejected == both.counts.rejected
        assert alone.counts.customers == both.counts.customers
