from datetime import date

import ibis
import pyarrow as pa

from winback.features.last_behaviours import last_behaviours

AS_OF = date(2024, 6, 30)


def rows(*cells, **columns):
    names = ["customer_id", "day", "amount", "channel"]
    table = {name: [cell[column] for cell in cells] for column, name in enumerate(names)}
    return ibis.memtable(pa.table(table | columns))


BOUGHT = rows(
    ("a", date(2024, 1, 1), 10.0, "web"),
    ("a", date(2024, 2, 1), 10.0, "web"),
    ("a", date(2024, 2, 1), 5.0, "shop"),
    ("a", date(2024, 3, 1), 20.0, "shop"),
    ("a", date(2024, 3, 1), -4.0, "web"),  # a refund: neither a channel bought through
    ("a", date(2024, 4, 1), -4.0, "web"),  # nor a purchase day
    ("a", date(2024, 7, 1), 99.0, "web"),  # not known yet
    ("b", date(2024, 5, 1), 7.0, None),
    ("c", date(2024, 5, 1), 7.0, None),  # not asked for
)
ASKED = ibis.memtable(pa.table({"customer_id": ["a", "b", "nobody"]}))


def listed(**over):
    arguments = {"count_zero": False, "customers": ASKED} | over
    table = last_behaviours(BOUGHT, AS_OF, **arguments)
    return [
        tuple(row.values())
        for row in table.order_by(["customer_id", "place"]).to_pyarrow().to_pylist()
    ]


def test_purchase_days_newest_first_known_at_the_date():
    assert listed() == [
        ("a", 1, date(2024, 3, 1), "purchase", 1, 16.0, "shop"),
        ("a", 2, date(2024, 2, 1), "purchase", 1, 15.0, None),
        ("a", 3, date(2024, 1, 1), "purchase", 1, 10.0, "web"),
        ("b", 1, date(2024, 5, 1), "purchase", 1, 7.0, None),
    ]


def test_events_stand_among_them():
    events = ibis.memtable(
        pa.table(
            {
                "customer_id": ["a", "a", "a", "a", "b", "c"],
                "day": [date(2024, 3, 1), date(2024, 3, 9), date(2024, 3, 9), date(2024, 7, 1),
                        date(2024, 6, 30), date(2024, 6, 30)],
                "event": ["complaint", "visit", "visit", "visit", "share", "share"],
            }
        )
    )  # fmt: skip
    assert [row[:5] for row in listed(events=events)] == [
        ("a", 1, date(2024, 3, 9), "visit", 2),
        ("a", 2, date(2024, 3, 1), "purchase", 1),
        ("a", 3, date(2024, 3, 1), "complaint", 1),
        ("b", 1, date(2024, 6, 30), "share", 1),
        ("b", 2, date(2024, 5, 1), "purchase", 1),
    ]
    assert len(listed(events=events, n=1)) == 2


def test_a_table_without_channels_and_rows_known_late():
    bare = BOUGHT.drop("channel").mutate(
        known_on=ibis.ifelse(BOUGHT.day == date(2024, 3, 1), date(2024, 7, 5), BOUGHT.day)
    )
    table = last_behaviours(bare, AS_OF, count_zero=False, customers=ASKED)
    behaviours = table.order_by(["customer_id", "place"]).to_pyarrow().to_pylist()
    assert next(row["day"] for row in behaviours) == date(2024, 2, 1)
    assert {row["channel"] for row in behaviours} == {None}
