import numpy as np
import pandas as pd
import pytest

from winback.errors import ModelError
from winback.estimators.base.frames import group_rows, read_columns, read_weight, tally_rows, thin

GOOD = pd.DataFrame(
    {
        "customer_id": ["A", "B", "C"],
        "frequency": [0, 2, 5],
        "recency": [0.0, 30.0, 40.0],
        "T": [10.0, 30.0, 60.0],
        "monetary_value": [0.0, 12.0, 7.0],
    }
)
COLUMNS = ("frequency", "recency", "T", "monetary_value")


def read(frame):
    return read_columns(frame, COLUMNS, reader="TestModel")


def test_reads_floats_whatever_the_number_type():
    frame = GOOD.astype({"frequency": "Int64", "T": "float32", "recency": "Float64"})
    data = read(frame)
    assert all(column.dtype == np.float64 for column in data.values())
    np.testing.assert_array_equal(data["frequency"], [0, 2, 5])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop(columns="T"), ["no column 'T'"]),
        (lambda f: f.rename(columns={"recency": "recencey"}), ["'recency'", "mean 'recencey'"]),
        (lambda f: f.assign(T=[10, np.nan, 60]), ["'T' is missing", "1 of 3 rows", "'B'"]),
        (lambda f: f.assign(T=[10, 30, np.inf]), ["'T' is missing or infinite", "'C'"]),
        (
            lambda f: f.astype({"frequency": "Int64"}).assign(
                frequency=pd.array([None, 2, 5], "Int64")
            ),
            ["'frequency' is missing", "'A'"],
        ),
        (lambda f: f.assign(monetary_value=[0, -3, -4]), ["negative in 2 of 3", "-3", "'B'"]),
        (lambda f: f.assign(frequency=[0, 2.5, 5]), ["not whole", "2.5", "'B'"]),
        (lambda f: f.assign(recency=[0, 30.5, 40]), ["recency is greater than T", "30.5 > 30.0"]),
        (lambda f: f.assign(T=["x", "y", "z"]), ["'T' is not numeric"]),
        (lambda f: pd.concat([f, f[["T"]]], axis=1), ["two columns 'T'"]),
        (lambda f: f.to_dict("list"), ["pandas data frame", "dict"]),
    ],
)
def test_says_which_rows_break_the_contract(change, words):
    with pytest.raises(ModelError) as caught:
        read(change(GOOD))
    for word in words:
        assert word in str(caught.value)


def test_names_the_index_where_there_is_no_customer_id():
    frame = GOOD.drop(columns="customer_id").set_index(pd.Index([7, 8, 9])).assign(T=[1, -1, 60])
    with pytest.raises(ModelError, match="in row 8"):
        read(frame)


def test_weight_is_optional_and_checked():
    assert read_weight(GOOD, reader="TestModel") is None
    np.testing.assert_array_equal(
        read_weight(GOOD.assign(weight=[1, 0, 3]), reader="TestModel"), [1, 0, 3]
    )
    with pytest.raises(ModelError, match="'weight' is negative"):
        read_weight(GOOD.assign(weight=[1, -1, 3]), reader="TestModel")


def test_grouping_equals_sorting_whole_rows():
    rng = np.random.default_rng(0)
    table = np.column_stack([rng.integers(0, 5, 999), rng.integers(0, 9, 999) / 7])
    expected, inverse, count = np.unique(table, axis=0, return_inverse=True, return_counts=True)
    columns = [np.ascontiguousarray(column) for column in table.T]
    distinct, position = group_rows(columns)
    np.testing.assert_array_equal(np.column_stack(distinct), expected)
    np.testing.assert_array_equal(position, inverse)
    for weight, total in ((None, count), (np.full(999, 2.5), 2.5 * count)):
        distinct, tally = tally_rows(columns, weight)
        np.testing.assert_array_equal(np.column_stack(distinct), expected)
        np.testing.assert_allclose(tally, total)


def test_grouping_of_nothing():
    distinct, position = group_rows([np.empty(0), np.empty(0)])
    assert [len(column) for column in distinct] == [0, 0]
    assert len(position) == 0
    assert len(tally_rows([np.empty(0)], None)[1]) == 0


def test_rows_of_weight_zero_are_left_out():
    (x,), weight = tally_rows([np.array([1.0, 2.0])], np.array([0.0, 3.0]))
    np.testing.assert_array_equal(x, [2.0])
    np.testing.assert_array_equal(weight, [3.0])


def test_thinning_keeps_proportions():
    weight = np.random.default_rng(0).integers(1, 1000, 500).astype(float)
    rows, count = thin(weight, 5_000)
    assert count.sum() == 5_000
    share = np.zeros(500)
    share[rows] = count / 5_000
    np.testing.assert_allclose(share, weight / weight.sum(), atol=1 / 5_000)
