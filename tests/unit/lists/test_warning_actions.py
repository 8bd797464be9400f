from datetime import date

import pandas as pd
import pytest

from winback.economics import Economics
from winback.lists.playbook import load_playbook
from winback.lists.warn_from import WarnFrom
from winback.lists.warning_actions import (
    acting_costs,
    cooldown_until,
    in_cooldown,
    never_warned,
    warning_actions,
    warning_channels,
)

AS_OF = date(2011, 12, 9)
PLAYBOOK = load_playbook()
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": list("abcd"),
        "contactable_channels": ["email, phone", "email", "fax", "phone"],
        "opt_out": [False, False, False, True],
    }
)
ROWS = pd.DataFrame(
    {
        "customer_id": list("abcd"),
        "severity": "red",
        "tier": "core",
        "lifecycle_stage": "at_risk",
        "recency": 0.0,
        "T": 40.0,
        "days_since_last": 40.0,
    }
)


def test_only_those_whom_a_channel_reaches_are_warned_about():
    why = never_warned(
        ROWS, as_of=AS_OF, channels=warning_channels(PLAYBOOK), customers=CUSTOMERS,
        on_win_back=["b", "d"],
    )  # fmt: skip
    assert why.fillna("").tolist() == ["", "on the win-back list", "not contactable", "opted out"]
    fax = never_warned(
        ROWS, as_of=AS_OF, channels=warning_channels(PLAYBOOK, ["fax"]), customers=CUSTOMERS
    )
    assert fax.fillna("").tolist() == ["", "", "", "opted out"]
    held = never_warned(ROWS, as_of=AS_OF, channels=["email"], held_out=ROWS["customer_id"] == "a")
    assert held.dropna().to_dict() == {0: "global holdout"}


def test_nobody_is_to_be_called_who_has_no_phone():
    doing = warning_actions(ROWS, playbook=PLAYBOOK, customers=CUSTOMERS)
    assert doing.loc[[0, 1, 3], "channel"].tolist() == ["phone", "email", "phone"]
    assert doing["action"].str.startswith("call").tolist()[:2] == [True, False]


def test_a_complaint_is_answered_before_anything_else_is_said():
    doing = warning_actions(ROWS, playbook=PLAYBOOK, complaints={"b"}).iloc[1]
    assert doing[["action", "offer", "owner"]].tolist() == [
        "answer the complaint first", "none", "customer service",
    ]  # fmt: skip
    assert doing["channel"] == "phone"


@pytest.mark.parametrize(
    ("ago", "over", "resting"),
    [(6, {}, True), (7, {}, False), (6, {"arm": "control"}, False), (-1, {}, False)],
)
def test_the_cooldown_of_the_rule_holds(ago, over, resting):
    then = pd.Timestamp(AS_OF) - pd.Timedelta(days=ago)
    sent = pd.DataFrame({"customer_id": ["a"], "timestamp": [then], "list_id": "theirs", **over})
    rows = ROWS.assign(cooldown_days=[7, 7, 30, 30])
    assert in_cooldown(rows, sent, AS_OF).tolist() == [resting, False, False, False]
    assert not in_cooldown(rows, None, AS_OF).any()
    assert in_cooldown(rows.head(0), sent, AS_OF).empty


def test_a_cooldown_that_has_come_begins_anew():
    rows = ROWS.assign(cooldown_days=7)
    before = pd.DataFrame(
        {
            "customer_id": list("abc"),
            "severity": ["red", "red", "orange"],
            "cooldown_until": pd.to_datetime(["2011-12-10", "2011-12-09", "2011-12-10"]),
        }
    )
    assert cooldown_until(rows, as_of=AS_OF, previous=before).dt.day.tolist() == [10, 16, 16, 16]


def test_a_call_costs_more_than_a_mail_until_the_job_says_otherwise():
    rows = ROWS.assign(tier=["strategic", "potential"] * 2, p_churn=0.9, margin_lost=9.0)
    asked = {"playbook": PLAYBOOK, "channels": ["email", "phone"]}
    unset = WarnFrom(by_playbook=("contact_cost", "offer_cost"))
    costs = acting_costs(rows, rows["severity"], warn_from=unset, **asked)
    assert costs["contact_cost"].tolist() == [3.0, 0.1, 3.0, 0.1]
    assert costs["offer_cost"].tolist() == [0.0, 2.0, 0.0, 2.0]
    chosen = WarnFrom(economics=Economics(contact_cost=0.7), by_playbook=("offer_cost",))
    costs = acting_costs(rows, rows["severity"], warn_from=chosen, **asked)
    assert costs["contact_cost"].tolist() == [0.7] * 4
    assert costs["offer_cost"].tolist() == [0.0, 2.0, 0.0, 2.0]
