"""From what ids carry to persons."""

from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winback.data.connect import open_engine
from winback.data.events import read_table
from winback.data.persons import LinkTerms, resolve_persons

ENGINE = open_engine()


def resolved(rows, **terms):
    table = read_table("identities", pd.DataFrame(rows, dtype="string"), engine=ENGINE).table
    return resolve_persons(ENGINE, table, LinkTerms(**terms))


def persons(rows, **terms):
    merges = resolved(rows, **terms).merges
    person = dict(zip(merges["customer_id"], merges["person_id"], strict=True))
    return {name: person.get(name, name) for name in set(rows["customer_id"])}


def some(values):
    return st.sampled_from([None, *values])


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "customer_id": st.sampled_from([f"id-{i}" for i in range(8)]),
            "member_number": some(["M001", "M002", "M003"]),
            "email": some(["a@x.cn", "b@x.cn", "c@x.cn"]),
            "phone": some(["13800138000", "13900139000"]),
            "timestamp": some(["2024-01-01", "2024-02-01", "2024-03-01"]),
        }
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=12, deadline=None)
@given(ROWS)
def test_nobody_gets_two_of_what_one_has_once_unless_an_id_brings_them(rows):
    frame = pd.DataFrame(rows, dtype="string")
    whose = persons(frame)
    person = frame["customer_id"].map(whose)
    for kind in LinkTerms().unique:
        if kind in frame:
            own = frame.groupby("customer_id")[kind].nunique()
            together = frame.groupby(person)[kind].nunique()
            most = own.groupby(whose.get).max().clip(lower=1)
            assert (together <= most.reindex(together.index)).all()


def test_the_order_of_rows_says_nothing_and_strangers_change_nobody():
    rows = pd.DataFrame(
        {
            "customer_id": list("edcba"),
            "email": ["b@x.cn", None, "a@x.cn", None, "a@x.cn"],
            "phone": ["13900139000", "13900139000", "13800138000", "13800138000", "13900139000"],
            "timestamp": ["2024-01-01", "2024-02-01", "2024-03-01", None, "2024-02-01"],
        }
    )
    before = persons(rows)
    strangers = pd.DataFrame(
        {"customer_id": ["new-1", "new-2"], "email": "new@x.cn", "timestamp": "2023-01-01"}
    )
    after = persons(pd.concat([strangers, rows.iloc[::-1]], ignore_index=True))
    assert len(set(before.values())) == 2
    assert {name: after[name] for name in before} == before
    assert after["new-2"] == "new-1"


def test_two_who_are_found_to_be_two_are_as_if_never_merged():
    rows = {"customer_id": ["a", "b", "c"], "phone": ["13800138000"] * 3}
    assert set(persons(rows).values()) == {"a"}
    apart = resolved(rows, apart=(("a", "b"),))
    assert apart.merges[["person_id", "customer_id"]].to_numpy().tolist() == [["a", "c"]]
    assert set(apart.dropped["one"] + apart.dropped["other"]) == {"ab", "bc"}


def test_what_too_many_carry_links_nobody_and_the_future_is_not_known():
    till = resolved({"customer_id": list("abcd"), "phone": "13800138000"}, most_ids=3)
    assert (till.persons, till.shared) == (4, 1)
    rows = pd.DataFrame(
        {
            "customer_id": ["a", "b"],
            "email": "a@x.cn",
            "timestamp": ["2024-01-01", "2024-03-01"],
        }
    )
    early = read_table("identities", rows, engine=ENGINE, as_of=pd.Timestamp("2024-02-01").date())
    assert resolve_persons(ENGINE, early.table).merges.empty


@pytest.mark.parametrize(
    ("rules", "precision", "recall"),
    [
        # published beside the data: e-mail alone; e-mail, or two of the names and the birth date
        ((("email",),), 1.000, 0.336),
        (
            (
                ("email",),
                ("first_name", "last_name"),
                ("first_name", "birth_date"),
                ("last_name", "birth_date"),
            ),
            0.993,
            0.669,
        ),
    ],
)
def test_known_answers_of_a_thousand_people(real_data, rules, precision, recall):
    people = pd.read_parquet(real_data("splink_fake_1000.parquet")).rename(
        columns={"unique_id": "customer_id", "surname": "last_name", "dob": "birth_date"}
    )
    found = persons(people, rules=rules, unique=())

    def pairs(of):
        groups = people["customer_id"].groupby(of)
        return {pair for _, ids in groups for pair in combinations(sorted(ids), 2)}

    made, true = pairs(people["customer_id"].map(found)), pairs(people["cluster"])
    assert len(made & true) / len(made) == pytest.approx(precision, abs=0.001)
    assert len(made & true) / len(true) == pytest.approx(recall, abs=0.003)
