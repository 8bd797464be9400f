"""`winback identities`: one person behind several ids, in every table."""

import pandas as pd
import pytest

from winback.config.job import IdentitySettings
from winback.data.persons import LinkTerms
from winback.errors import UsageError
from winback.lists.control import in_holdout
from winback.workflows.identities import identities
from winback.workflows.list_files import one_row_a_person

JOB = """\
name: shop
as_of: 2024-06-30
data:
  transactions: {source: orders.csv, columns: {customer_id: person_id}}
  customers: {source: customers.csv}
  contacts: {source: contacts.csv}
  identities: {source: seen.csv, region: CN}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory, workshop_in):
    days = pd.date_range("2024-01-05", periods=6, freq="14D")
    return workshop_in(
        tmp_path_factory.mktemp("identities") / "shop",
        JOB,
        orders=pd.DataFrame(
            {"person_id": list("aabbcd"), "timestamp": days, "amount": [10, 20, 5, 5, 7, 9]}
        ),
        customers=pd.DataFrame({"customer_id": list("abcd"), "opt_out": [0, 1, 0, 0]}),
        contacts=pd.DataFrame(
            {
                "customer_id": list("abcd"),
                "timestamp": days[-1],
                "channel": "sms",
                "experiment_id": "may",
                "arm": ["treated", "control", "treated", "treated"],
            }
        ),
        seen=pd.DataFrame(
            {
                "customer_id": list("abc"),
                "phone": ["138 0013 8000", "+8613800138000", "13900139000"],
                "timestamp": days[:3],
            }
        ),
    )


def test_one_person_in_every_table_the_stricter_arm_and_any_opt_out(shop):
    with shop.work() as work:
        done = work.do(identities)
        bought = work.tables.transactions
        people, contacts = (work.tables.read_frame(name) for name in ("customers", "contacts"))
        persons = work.tables.own_ids_of_persons
        scored = pd.DataFrame({"customer_id": list("abcab"), "as_of": [1, 1, 1, 2, 3]})
        promised = one_row_a_person(scored, work.tables, ["as_of"])
    assert (done["ids"], done["persons"], done["merges"]) == (3, 2, 1)
    assert bought.counts.customers == 3
    assert people.set_index("customer_id")["opt_out"].to_dict() == {
        "a": True,
        "c": False,
        "d": False,
    }
    arms = contacts.groupby("customer_id")["arm"].unique().map(list).to_dict()
    assert arms == {"a": ["control"], "c": ["treated"], "d": ["treated"]}
    assert list(zip(promised["customer_id"], promised["as_of"], strict=True)) == [
        ("a", 1), ("c", 1), ("a", 2), ("a", 3),
    ]  # fmt: skip
    merged = shop.read("identities.parquet").iloc[0]
    assert merged[["person_id", "customer_id", "rule"]].tolist() == ["a", "b", "phone"]
    assert (merged["spent"], merged["at_stake"]) == (10.0, 10.0)  # a spent 30
    names = pd.Series(list("acd"))
    for salt in "12345678":
        own = in_holdout(pd.Series(list("abcd")), share=0.5, salt=salt)
        held = in_holdout(names, share=0.5, salt=salt, persons=persons)
        assert held.tolist() == [own[0] or own[1], own[2], own[3]]


def test_a_merge_taken_back_leaves_the_purchases_as_they_were(shop, tmp_path):
    plain = shop.copy_to(tmp_path / "plain")
    apart = shop.copy_to(tmp_path / "apart")
    parted = {"data.identities.apart": [["a", "b"]]}
    with plain.work(**{"data.identities": None}) as before, apart.work(**parted) as after:
        assert before.tables.transactions.fingerprint == after.tables.transactions.fingerprint
        assert after.do(identities)["changes"] == ["b"]
        with pytest.raises(UsageError, match="identities"):
            before.do(identities)


def test_the_job_says_by_default_what_the_room_does_by_default():
    given = IdentitySettings(source="seen.csv").model_dump()
    assert LinkTerms(**{name: given[name] for name in vars(LinkTerms())}) == LinkTerms()
