"""Columns by name or by expression, and expressions that forgive a bad cell."""

import pyarrow as pa
import pytest
import sqlglot

from winback.data.connect import load, open_engine
from winback.data.contracts import TRANSACTIONS
from winback.data.expressions import forgiving, resolve
from winback.errors import ConfigError, DataError

TEXT = {"Quantity": "VARCHAR", "Price": "VARCHAR", "Code": "VARCHAR", "When": "VARCHAR"}


def resolved(columns, condition=None, **source):
    engine = open_engine(threads=1)
    raw = load(engine, pa.table(source or {"Customer ID": ["1"], "When": ["x"], "Paid": ["2"]}))
    return resolve(engine, raw, TRANSACTIONS, columns, condition=condition)


def test_names_are_found_whatever_their_case_and_spaces():
    columns = {"customer_id": "customer id", "timestamp": "When"}
    read = resolved(columns, amount=[1.0], **{"Customer ID": [1], "When": ["x"]})
    expressions, condition = read
    assert condition is None
    assert {ours: (value.sql, value.type) for ours, value in expressions.items()} == {
        "customer_id": ('"Customer ID"', "BIGINT"),
        "timestamp": ('"When"', "VARCHAR"),
        "amount": ('"amount"', "DOUBLE"),
    }


@pytest.mark.parametrize(
    ("written", "forgiving_sql"),
    [
        ("Quantity * Price", "TRY_CAST(Quantity AS DOUBLE) * TRY_CAST(Price AS DOUBLE)"),
        ("-Quantity", "-TRY_CAST(Quantity AS DOUBLE)"),
        ("(Quantity) > 0", "(TRY_CAST(Quantity AS DOUBLE)) > 0"),
        ("Quantity BETWEEN 1 AND 5", "TRY_CAST(Quantity AS DOUBLE) BETWEEN 1 AND 5"),
        ("Price::double", "TRY_CAST(Price AS DOUBLE)"),
        ("strptime(\"When\", '%d/%m/%Y')", "TRY_STRPTIME(\"When\", '%d/%m/%Y')"),
        # codes stay text: a leading zero or a letter means something
        ("Code NOT LIKE 'C%'", "Code NOT LIKE 'C%'"),
        ("Code IN ('POST', 'D')", "Code IN ('POST', 'D')"),
        ("Code = '007'", "Code = '007'"),
    ],
)
def test_text_that_meets_a_number_is_a_number(written, forgiving_sql):
    tree = sqlglot.parse_one(written, read="duckdb")
    plain = forgiving(tree, TEXT).sql("duckdb")
    assert plain == sqlglot.parse_one(forgiving_sql, read="duckdb").sql("duckdb")


@pytest.mark.parametrize(
    ("columns", "condition", "error", "words"),
    [
        ({}, None, DataError, "no column for customer_id.*set columns: {customer_id: Customer ID}"),
        ({"custmer_id": "x"}, None, ConfigError, "did you mean customer_id"),
        ({"customer_id": "Customer"}, None, DataError, r"no column Customer .*columns.customer_id"),
        ({"amount": "Payd * 2"}, None, DataError, "no column Payd .*did you mean Paid"),
        ({"amount": "Paid +"}, None, DataError, r"not a SQL expression .*columns.amount.*Paid \+"),
        ({}, "Pade > 0", DataError, "no column Pade .*filter.*did you mean Paid"),
        ({}, "no_such_function(Paid)", DataError, "filter"),
        ({}, "1; DROP TABLE x", DataError, "filter"),
    ],
)  # fmt: skip
def test_a_wrong_column_or_expression_is_one_line(columns, condition, error, words):
    given = {"customer_id": "Customer ID", "timestamp": "When"} if columns or condition else {}
    with pytest.raises(error, match=words) as caught:
        resolved({**given, **columns}, condition)
    assert "\n" not in str(caught.value)
