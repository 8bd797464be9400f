"""What ids carry, written so that one thing is one text."""

import pandas as pd
import phonenumbers
import pytest

from winback.data.connect import open_engine
from winback.data.events import read_table
from winback.data.persons.identifiers import identifiers
from winback.errors import ConfigError


def carried(rows, region=None):
    engine = open_engine()
    table = read_table("identities", pd.DataFrame(rows), engine=engine).table
    laid = identifiers(engine, table, region)
    return engine.con.execute(
        f"SELECT customer_id, kind, value FROM {laid} ORDER BY code, kind"
    ).df()


@pytest.mark.parametrize(
    ("region", "number"),
    [
        ("CN", "138 0013-8000"),
        ("CN", "+86 (138) 0013 8000"),
        ("CN", "008613800138000"),
        ("CN", "8613800138000"),
        ("DE", "0171 / 234 56 78"),
        ("DE", "+49 (0)171 2345678"),
        ("ID", "0812-3456-7890"),
        ("BR", "(11) 96123-4567"),
        ("US", "(415) 555-2671"),
        ("US", "1-415-555-2671"),
    ],
)
def test_a_number_is_what_the_library_of_numbers_makes_of_it(region, number):
    parsed = phonenumbers.parse(number, region)
    expected = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    told = carried({"customer_id": ["a"], "phone": [number]}, region)
    assert told.loc[told["kind"] == "phone", "value"].tolist() == [expected]


def test_junk_says_nothing_and_long_and_wide_tables_say_the_same():
    junk = carried(
        {
            "customer_id": list("abcdef"),
            "phone": ["0000000", "unknown", "123", None, "13800138000", "１３８００１３８０００"],
            "email": ["x", "null", "A@b.cn", "a@B.cn ", "@", None],
            "device": ["000000", "d1", "dev-1", None, "", "dev-1"],
        }
    )
    said = junk.dropna(subset="value")
    assert said.set_index(["customer_id", "kind"])["value"].to_dict() == {
        ("c", "email"): "a@b.cn", ("d", "email"): "a@b.cn", ("c", "device"): "dev-1",
        ("e", "phone"): "13800138000", ("f", "phone"): "13800138000", ("f", "device"): "dev-1",
    }  # fmt: skip
    long = carried(
        {"customer_id": ["c", "e"], "kind": ["EMAIL", "phone"], "value": ["A@b.cn", "13800138000"]}
    )
    assert long["value"].dropna().tolist() == ["a@b.cn", "13800138000"]


def test_there_is_no_such_region():
    with pytest.raises(ConfigError, match="XX"):
        carried({"customer_id": ["a"], "phone": ["13800138000"]}, "XX")
