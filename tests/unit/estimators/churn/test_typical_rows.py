"""The made-up rows that a churn model shows beside itself are rows that it can read."""

import numpy as np
import pandas as pd

from winback.estimators.base.frames import WHOLE, read_columns
from winback.estimators.churn.churn_predictions import typical_rows


def test_counts_stay_whole_where_a_quartile_lies_between_two_customers():
    names = ["frequency", "recency", "T"]
    seen = np.array(
        [[9.0, 11.0, 20.0], [10.0, 14.0, 33.0], [11.0, 101.0, 130.0], [40.0, 90.0, 90.5]]
    )
    rows = pd.DataFrame(typical_rows(seen), columns=names)
    read = read_columns(rows, names, reader="model")  # refuses halves, and recency > T
    assert "frequency" in WHOLE
    assert read["frequency"].tolist() == [9.0, 10.0, 11.0]
