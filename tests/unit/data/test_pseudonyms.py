"""Customers are renamed once, where they come in; rows of the erased are left out."""

import datetime as dt

import pandas as pd
import pytest

from winback.data.connect import open_engine
from winback.data.events import read_table
from winback.data.identity import CustomerIds
from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.data.pseudonyms import lay_key, lay_tombstones
from winback.personal_key import PersonalKey

KEY = PersonalKey(b"0123456789abcdef")
ORDERS = pd.DataFrame(
    {
        "customer_id": ["A", " a@b.de", "A@B.de", "C", "guest", "C", "C"],
        "timestamp": ["2024-01-01", "2024-01-02", "2024-01-03", "x", "2024-01-04", "2024-03-01",
                      "2024-01-05"],
        "amount": [1.0, 2, 3, 4, 5, 6, 7],
    }
)  # fmt: skip


@pytest.fixture
def engine():
    engine = open_engine(threads=1)
    lay_key(engine, KEY)
    yield engine
    engine.disconnect()


def read(engine, **ids):
    policy = IntakePolicy(ids=CustomerIds(**ids), max_rejected_share=0.5)
    return read_transactions(ORDERS, as_of=dt.date(2024, 1, 31), policy=policy, engine=engine)


def test_every_table_gets_the_same_names_and_rejected_rows_too(engine):
    bought = read(engine, pseudonyms=True)
    names = set(bought.table.customer_id.to_pyarrow().to_pylist())
    assert names == {KEY.pseudonym(name) for name in ("A", "a@b.de", "C")}
    assert bought.counts.guests == 1  # told by what the cell says, before it is renamed
    rejected = bought.rejected.to_pyarrow().to_pylist()
    assert [(row["reason"], row["customer_id"]) for row in rejected] == [
        ("unparsable time", KEY.pseudonym("C"))
    ]
    people = pd.DataFrame({"customer_id": ["A@B.DE"], "referred_by": ["C"]})
    policy = IntakePolicy(ids=CustomerIds(pseudonyms=True))
    (row,) = (
        read_table("customers", people, policy=policy, engine=engine).table.to_pyarrow().to_pylist()
    )
    assert row["customer_id"] == KEY.pseudonym("a@b.de")
    assert row["referred_by"] == KEY.pseudonym("C")


@pytest.mark.parametrize("pseudonyms", [False, True])
def test_rows_of_the_erased_are_left_out_and_counted_and_kept_for_no_reason(engine, pseudonyms):
    erased = lay_tombstones(engine, [KEY.tombstone("C")])
    bought = read(engine, pseudonyms=pseudonyms, erased=erased)
    assert bought.counts.customers == 2
    # the one that could not be read and the one of January; what comes after as_of is not counted
    assert (bought.counts.erased, bought.counts.after_as_of) == (2, 1)
    assert bought.rejected.count().to_pyarrow().as_py() == 0
    assert sum(
        [bought.counts.accepted, bought.counts.erased, bought.counts.after_as_of,
         bought.counts.guests]
    ) == bought.counts.rows_in  # fmt: skip
    people = pd.DataFrame({"customer_id": ["A", "C"], "referred_by": ["C", "A"]})
    policy = IntakePolicy(ids=CustomerIds(pseudonyms=pseudonyms, erased=erased))
    table = read_table("customers", people, policy=policy, engine=engine)
    assert table.erased == 1
    assert [row["referred_by"] for row in table.table.to_pyarrow().to_pylist()] == [None]


def test_who_was_erased_by_pseudonym_stays_so(engine):
    erased = lay_tombstones(engine, [KEY.tombstone(KEY.pseudonym("C"))])
    assert read(engine, pseudonyms=True, erased=erased).counts.customers == 2


def test_the_key_is_in_no_byte_of_a_database_on_disk(tmp_path):
    engine = open_engine(tmp_path)
    lay_key(engine, KEY)
    read(engine, pseudonyms=True)
    engine.raw_sql("CHECKPOINT")
    engine.disconnect()
    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(left) > 1000
    for pad in KEY.pads("pseudonym"):
        assert pad.encode() not in left
        assert bytes.fromhex(pad) not in left
