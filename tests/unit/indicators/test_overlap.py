"""Which channels share customers."""

from datetime import date

import pyarrow as pa
import pytest

from winback.data.connect import open_engine
from winback.errors import DataError
from winback.indicators.overlap import channel_overlap


def test_pairs_without_a_common_customer_and_old_purchases():
    engine = open_engine()
    rows = pa.table(
        {
            "customer_id": ["a", "a", "b", "b", "c"],
            "channel": ["web", "shop", "web", "phone", None],
            "day": [date(2024, 3, 1), date(2023, 1, 1), *[date(2024, 3, 1)] * 3],
            "amount": [1.0, 1.0, 1.0, -1.0, 1.0],
        }
    )
    try:
        table = engine.create_table("rows", rows)
        near = channel_overlap(table, date(2024, 3, 31), days=90)
        assert near.empty  # only the web is left: a's visit to the shop is old, b's call a return
        far = channel_overlap(table, date(2024, 3, 31), days=800).set_index(["channel", "other"])
        assert far.loc[("web", "shop"), ["both", "jaccard", "share"]].tolist() == [1, 0.5, 0.5]
        assert far.loc[("shop", "web"), "share"] == 1.0
        with pytest.raises(DataError, match="no channel"):
            channel_overlap(table.drop("channel"), date(2024, 3, 31))
    finally:
        engine.disconnect()
