"""The contracts are plain data, and the results keep them."""

import ibis.expr.datatypes as dt
import pyarrow as pa

from winback.data.contracts import CONTRACTS, SPEND
from winback.data.intake import read_transactions


def test_every_table_but_spend_names_a_customer_and_all_say_what_each_column_means():
    for table in CONTRACTS.values():
        assert table.columns[0].name == ("timestamp" if table is SPEND else "customer_id")
        assert table.columns[0].required
        assert len(set(table.names())) == len(table.names())
        assert all(column.meaning.endswith(".") for column in table.columns)


def test_the_accepted_and_the_rejected_table_have_the_promised_columns():
    row = {"customer_id": [1], "timestamp": ["2024-01-01"], "amount": [1], "category": ["x"]}
    read = read_transactions(pa.table(row | {"channel": ["w"], "currency": ["EUR"]}))
    types = {name: kind.copy(nullable=True) for name, kind in read.table.schema().items()}
    assert types == {
        "customer_id": dt.string,
        "timestamp": dt.Timestamp(scale=6),
        "day": dt.date,
        "booked_on": dt.date,
        "known_on": dt.date,
        "amount": dt.float64,
        "channel": dt.string,
        "category": dt.string,
    }
    assert dict(read.rejected.schema().items()) == {
        "source_row": dt.int64,
        "reason": dt.string,
        "customer_id": dt.string,
        "timestamp": dt.string,
        "amount": dt.string,
    }
