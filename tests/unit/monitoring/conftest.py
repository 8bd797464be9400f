"""Indicators as a table, made of numbers alone."""

from datetime import date, timedelta

import pandas as pd
import pytest

START = date(2024, 1, 1)  # a Monday


@pytest.fixture(scope="session")
def weekly():
    """Return a maker of a table: one indicator by week; None is a week without data."""

    def _table(values, indicator="orders", segment="all", dimension="all", n=1000, **more):
        weeks = [START + timedelta(days=7 * i) for i in range(len(values))]
        return pd.DataFrame(
            {
                "indicator": indicator,
                "grain": "week",
                "period": weeks,
                "until": [week + timedelta(days=6) for week in weeks],
                "dimension": dimension,
                "segment": segment,
                "value": pd.Series(values, dtype=float),
                "n": n,
                "enough": True,
                "mature": True,
                **more,
            }
        )

    return _table
