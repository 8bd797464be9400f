import json
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from winback.plain import DIGITS, plain, records


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), None),
        (np.float32("inf"), None),
        (-np.inf, None),
        (pd.NaT, None),
        (pd.NA, None),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (True, True),
        (np.float64(0.1), 0.1),
        (1 / 3, 1 / 3),
        (datetime(2024, 1, 31, 12), "2024-01-31T12:00:00"),  # noqa: DTZ001
        (pd.Timestamp("2024-01-31"), "2024-01-31T00:00:00"),
        (np.str_("core"), "core"),
        ({1: (np.nan, [date(2024, 1, 31)])}, {"1": [None, ["2024-01-31"]]}),
    ],
)
def test_what_json_can_hold(value, expected):
    got = plain(value)
    assert got == expected
    assert type(got) is type(expected)
    assert json.loads(json.dumps(got, allow_nan=False)) == expected


def test_digits_that_are_the_same_everywhere():
    assert plain([1 / 3, 123_456_789_012.0, 2], DIGITS) == [0.333333333, 123456789000.0, 2]


def test_rows_of_a_frame():
    frame = pd.DataFrame({"n": [1, 2], "share": [np.inf, 1 / 3], "day": [date(2024, 1, 31), None]})
    assert records(frame, DIGITS) == [
        {"n": 1, "share": None, "day": "2024-01-31"},
        {"n": 2, "share": 0.333333333, "day": None},
    ]
    assert records(frame.head(0)) == []
