from datetime import date, timedelta

import ibis
import pyarrow as pa

from winback.features.open_cases import open_cases

AS_OF = date(2024, 6, 30)


def cases(refunds=(), events=(), **over):
    """Refunds are (customer, days ago, amount); events are (customer, days ago, event)."""

    def table(rows, name, kind):
        who, ago, what = zip(*rows, strict=True) if rows else ((), (), ())
        days = pa.array([AS_OF - timedelta(days=d) for d in ago], pa.date32())
        return ibis.memtable(
            pa.table(
                {"customer_id": pa.array(who, pa.string()), "day": days, name: pa.array(what, kind)}
            )
        )

    open_table = open_cases(
        table(refunds, "amount", pa.float64()),
        AS_OF,
        events=table(events, "event", pa.string()),
        **over,
    )
    rows = open_table.to_pyarrow().to_pylist()
    assert len(rows) == len({row["customer_id"] for row in rows})
    return {row["customer_id"]: row["reason"] for row in rows}


def test_a_complaint_is_open_until_it_is_resolved_or_old():
    events = [
        ("open", 5, "Complaint "),
        ("closed", 5, "complaint"), ("closed", 4, "complaint_resolved"),
        ("again", 9, "complaint"), ("again", 8, "complaint_resolved"), ("again", 7, "complaint"),
        ("edge", 89, "complaint"), ("old", 90, "complaint"),
        ("visitor", 1, "visit"), ("solved", 1, "complaint_resolved"),
    ]  # fmt: skip
    assert cases(events=events) == dict.fromkeys(("open", "again", "edge"), "open complaint")
    assert cases(events=events, complaint_days=0) == {}
    assert cases(events=events, complaint="visit", complaint_days=2) == {
        "visitor": "open complaint"
    }


def test_a_refund_is_open_for_some_days():
    refunds = [("a", 29, -1.0), ("b", 30, -1.0), ("c", 1, 5.0)]
    assert cases(refunds) == {"a": "open refund"}
    assert cases(refunds, refund_days=0) == {}


def test_the_complaint_is_the_reason_that_is_given():
    assert cases([("a", 1, -1.0)], [("a", 1, "complaint")]) == {"a": "open complaint"}


def test_what_comes_later_changes_nothing():
    before = cases([("a", 3, -1.0)], [("b", 3, "complaint")])
    later = [("b", -1, "complaint_resolved"), ("c", -2, "complaint")]
    assert cases([("a", 3, -1.0), ("d", -1, -9.0)], [("b", 3, "complaint"), *later]) == before


def test_without_events_there_are_no_complaints():
    sales = ibis.memtable(pa.table({"customer_id": ["a"], "day": [AS_OF], "amount": [-1.0]}))
    assert open_cases(sales, AS_OF).to_pyarrow().to_pylist() == [
        {"customer_id": "a", "reason": "open refund"}
    ]
