from datetime import date

import ibis
import pyarrow as pa

from winback.features.habits import event_types, events_table, variety_table
from winback.features.purchases import date_table

DAY = [date(2024, 1, day) for day in range(1, 32)]
AS_OF = date_table([DAY[30]])


def test_event_types_are_slugs_by_frequency_and_blind_to_the_future():
    events = ibis.memtable(
        pa.table(
            {
                "customer_id": ["a"] * 6,
                "day": [DAY[0], DAY[1], DAY[1], DAY[2], DAY[3], DAY[20]],
                "event": ["Visit", "投诉 (App)", "visit", None, "b-c", "refund"],
            }
        )
    )
    assert event_types(events, DAY[9]) == ("visit", "b_c", "投诉_app_")
    assert event_types(events, DAY[30], at_most=2) == ("visit", "b_c")


def test_no_events_make_no_types():
    schema = {"customer_id": "string", "day": "date", "event": "string"}
    assert event_types(ibis.memtable([], schema=schema), DAY[0]) == ()


def test_the_latest_channel_is_of_the_latest_day_then_of_most_lines_so_far_then_by_name():
    rows = pa.table(
        {
            "customer_id": ["lines", "lines", "lines", "lines", "name", "name", "refund", "refund"],
            "day": [DAY[0], DAY[5], DAY[5], DAY[5], DAY[5], DAY[5], DAY[0], DAY[9]],
            "amount": [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0],
            "channel": ["shop", "app", "web", "web", "web", "shop", "shop", "web"],
        }
    )
    table = variety_table(ibis.memtable(rows), AS_OF, "channel", "channels")
    got = {r["customer_id"]: r for r in table.to_pyarrow().to_pylist()}
    assert got["lines"]["latest_channel_share"] == 2 / 4
    assert got["lines"]["n_channels"] == 3
    assert got["name"]["latest_channel_share"] == 1 / 2
    assert got["refund"]["latest_channel_share"] == 1.0  # a refund is not a purchase through web


def test_windows_of_events_are_half_open():
    events = pa.table({"customer_id": ["a", "a"], "day": [DAY[0], DAY[1]], "event": ["v", "v"]})
    row = events_table(ibis.memtable(events), AS_OF, ("v",)).to_pyarrow().to_pylist()[0]
    # 1 January is 30 days before the 31st: outside (as_of - 30, as_of]
    assert (row["event_v_30"], row["event_v_90"], row["event_v_days_since"]) == (1, 2, 29)
