from datetime import date, timedelta

import ibis
import pyarrow as pa

from winback.features.contact_pressure import MANY, contact_pressure

AS_OF = date(2024, 6, 30)


def ago(days):
    return AS_OF - timedelta(days=days)


def test_responses_and_opt_outs_by_number_of_contacts():
    sent = [("a", 100, None), ("a", 100, None), ("a", 60, None), ("a", 10, None), ("a", -1, None)]
    sent += [("b", 100, "treated"), ("c", 100, "control")]
    sent += [("d", 100 - n, "treated") for n in range(MANY + 2)]
    who, days, arms = zip(*sent, strict=True)
    contacts = ibis.memtable(
        pa.table({"customer_id": who, "timestamp": [ago(n) for n in days], "arm": arms})
    )
    bought = ibis.memtable(
        pa.table(
            {
                "customer_id": ["a", "b", "b", "c", "a"],
                "day": [ago(59), ago(100), ago(69), ago(99), ago(-1)],
                "amount": [5.0] * 5,
            }
        )
    )
    flags = ibis.memtable(
        pa.table({"customer_id": ["a", "b", "d"], "opt_out": [False, None, True]})
    )
    table = contact_pressure(contacts, bought, AS_OF, horizon_days=30, customers=flags)
    got = table.order_by("contacts").to_pyarrow().to_pandas().set_index("contacts")
    # first contacts: a (a purchase 41 days later), b (31 days later), d; second: a at once, d
    assert got["sent"].to_dict() == {1: 3, 2: 2, 3: 1, 4: 1, MANY: 3}
    assert got["responded"].to_dict() == {1: 0, 2: 1, 3: 0, 4: 0, MANY: 0}
    assert got["customers"].to_dict() == {1: 1, 2: 0, 3: 1, 4: 0, MANY: 1}
    assert got["opted_out"].to_dict() == {1: 0, 2: 0, 3: 0, 4: 0, MANY: 1}
