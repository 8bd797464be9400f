"""A further table must speak of those who bought."""

import datetime as dt

import pandas as pd
import pytest

from winback.data.connect import open_engine
from winback.data.events import read_table
from winback.data.intake import read_transactions
from winback.data.matching import match, refuse_if_few
from winback.errors import DataError


def counted(buyers, people):
    engine = open_engine(threads=1)
    orders = pd.DataFrame({"customer_id": buyers, "timestamp": dt.date(2024, 1, 1), "amount": 1.0})
    bought = read_transactions(orders, engine=engine).table
    table = read_table("customers", pd.DataFrame({"customer_id": people}), engine=engine).table
    return match(engine, bought, table, "customers")


@pytest.mark.parametrize(
    ("buyers", "people", "matched", "mending"),
    [
        (["a", "b"], ["a", "b"], 2, None),
        (["001", "002", "030"], ["1", "30", "7"], 0, "removing leading zeros"),
        (["Ab1", "Cd2"], ["AB1", "cd2"], 0, "ignoring case"),
        (["13 800-1", "13 800-2"], ["138001", "138002"], 0, "ignoring blanks, dashes and dots"),
        (["17", "18"], ["gid://shop/Customer/17", "gid://shop/Customer/99"], 0,
         "keeping the number at the end"),
        (["+8613800000050"], ["13800000050"], 0, "keeping the last ten digits"),
        # the same but for what nobody sees: nothing to mend
        (["x@a.org", "c1"], ["X@A.org", "c1\t\u200b"], 2, None),
        # some of the identifiers only
        (["01", "b", "c", "d"], ["1", "b", "c", "d"], 3, "removing leading zeros"),
    ],
)  # fmt: skip
def test_the_nearest_mending_is_named(buyers, people, matched, mending):
    match = counted(buyers, people)
    assert (match.matched, match.mending) == (matched, mending)
    if mending is None:
        refuse_if_few(match, "crm.csv")
    else:
        with pytest.raises(DataError, match="accept_unmatched"):
            refuse_if_few(match, "crm.csv")


def test_permissions_of_nobody_stop_and_a_list_of_many_more_does_not():
    with pytest.raises(DataError, match="0 of 2 customers"):
        refuse_if_few(counted(["a", "b"], ["q", "r"]), "crm.csv")
    everybody = [f"p{n}" for n in range(400)]  # most of a newsletter's readers never bought
    refuse_if_few(counted(["p1", "p2"], everybody), "crm.csv")
