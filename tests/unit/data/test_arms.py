"""Arms read alike wherever they come in, and a word that nobody knows stops."""

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from winback.data.arms import arms_of
from winback.data.events import read_table
from winback.errors import DataError
from winback.estimators.uplift.uplift_model import UpliftModel
from winback.features.past_campaigns import campaign_table
from winback.lists.eligibility import _sent

CONTROLS = ["CONTROL", "Holdout ", "0", "false", "对照组", "Kontrollgruppe", "control"]
TREATMENTS = ["Treatment", "TREATED", "1", "true", "实验组", "Testgruppe", "variant"]
BEFORE, SENT, AS_OF = date(2024, 5, 1), date(2024, 6, 1), date(2024, 12, 31)


def from_contacts(words):
    frame = {"timestamp": "2024-06-01", "channel": "mail", "arm": words}
    read = read_table("contacts", pd.DataFrame({"customer_id": range(len(words)), **frame}))
    return [
        arm == "treated"
        for arm in read.table.order_by("source_row").to_pyarrow()["arm"].to_pylist()
    ]


def from_past_campaigns(words):
    who = [f"{n:02}" for n in range(len(words))]
    rows = {"customer_id": who, "day": [SENT] * len(who), "arm": words}
    bought = {"customer_id": who, "day": [BEFORE] * len(who), "amount": [5.0] * len(who)}
    table = campaign_table(
        ibis.memtable(pa.table(rows)), ibis.memtable(pa.table(bought)), AS_OF,
        horizon_days=30, count_zero=False,
    )  # fmt: skip
    return [n == 1 for n in table.order_by("customer_id").to_pyarrow()["treated"].to_pylist()]


def from_lists(words):
    contacts = pd.DataFrame({"timestamp": [pd.Timestamp(SENT)] * len(words), "arm": words})
    return _sent(contacts, AS_OF)[1].tolist()


def from_uplift(words):
    X = pd.DataFrame({"silence": np.arange(len(words), dtype=float)})
    model = UpliftModel(columns=("silence",), groups=()).fit(X, [0] * len(words), words)
    return [True] * model.n_treated_ + [False] * model.n_control_


EVERYWHERE = [from_contacts, from_past_campaigns, from_lists, from_uplift]


@pytest.mark.parametrize("read", EVERYWHERE)
def test_arms_read_alike_everywhere(read):
    words = [*TREATMENTS, *CONTROLS]
    assert read(words) == [True] * len(TREATMENTS) + [False] * len(CONTROLS)


@pytest.mark.parametrize("read", EVERYWHERE)
def test_a_word_that_nobody_knows_stops_with_what_was_seen(read):
    with pytest.raises(DataError, match=r"'B7' in 2 rows"):
        read(["control", "B7", "treated", "B7"])


def test_nothing_said_is_no_arm():
    assert arms_of(pd.Series([None, "", "n/a", "ctrl"]), "arm").tolist() == [
        None,
        None,
        None,
        "control",
    ]
