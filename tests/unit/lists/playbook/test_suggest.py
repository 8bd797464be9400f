from datetime import date

import pandas as pd
import pytest

from winback.errors import DataError, UsageError
from winback.lists.playbook import FINISHED, WAITING, load_playbook, steps_due, suggest

AS_OF = date(2011, 12, 9)
PLAYBOOK = load_playbook(tiers=("core", "potential", "dormant"))


def test_the_first_rule_that_fits_decides_and_the_index_is_kept():
    rows = pd.DataFrame(
        {
            "severity": ["red", "red", "red", "yellow"],
            "tier": ["core", "potential", "potential", "core"],
            "lifecycle_stage": ["new", "new", "cooling", "new"],
        },
        index=[5, 3, 9, 1],
    )
    said = suggest(rows, PLAYBOOK, "churn_warning")
    assert said.index.equals(rows.index)
    assert said["channel"].tolist() == ["phone", "email", "email", "email"]
    assert said["offer"].tolist() == ["none", "none", "voucher", "none"]
    assert said["cooldown_days"].tolist() == [30, 14, 30, 7]
    assert suggest(rows.head(0), PLAYBOOK, "churn_warning").empty


def test_a_rule_answers_only_whom_its_channel_reaches():
    rows = pd.DataFrame({"severity": "red", "tier": "core", "lifecycle_stage": "cooling"},
                        index=list("abcd"))  # fmt: skip
    reached = pd.DataFrame(
        {
            "sms": [True, True, True, False],
            "E-mail": False,
            "email": [True, True, False, False],
            "Phone": [True, False, False, False],
        },
        index=rows.index,
    )
    said = suggest(rows, PLAYBOOK, "churn_warning", reached)
    assert said["channel"].fillna("none").tolist() == ["Phone", "email", "sms", "none"]
    assert said["action"].tolist()[:3] == [
        "call, ask what is wrong",
        "personal message with an offer",
        "watch; include in the next regular message",  # the most general of those that fit
    ]
    nothing = suggest(rows, PLAYBOOK, "churn_warning", reached[[]])
    assert nothing["channel"].isna().all()
    asked = pd.DataFrame({"tier": ["core"], "step": ["diagnose"], "T": [9.0]})
    suggested = suggest(asked, PLAYBOOK, "win_back", pd.DataFrame({"email": [True]}))
    assert suggested["action"].tolist() == ["one question, what kept you away?"]


def test_explain_and_suggest_agree():
    table = PLAYBOOK.explain().rename(columns={"stage": "lifecycle_stage"})
    for name in ("churn_warning", "win_back"):
        cases = table[table["list"] == name].drop(columns="action").assign(T=400.0)
        said = suggest(cases, PLAYBOOK, name)
        assert said["owner"].equals(cases["owner"])
        assert said["cooldown_days"].equals(cases["cooldown_days"])


def test_a_name_that_no_rule_knows_is_answered_by_the_catch_all_or_refused():
    rows = pd.DataFrame({"tier": [None], "severity": ["orange"], "lifecycle_stage": [None]})
    assert suggest(rows, PLAYBOOK, "churn_warning")["owner"].tolist() == ["retention"]
    with pytest.raises(UsageError, match="step no such step"):
        suggest(pd.DataFrame({"tier": ["core"], "step": ["no such step"]}), PLAYBOOK, "win_back")


def test_templates_hold_the_customers_own_numbers():
    rows = pd.DataFrame({"tier": ["core", "potential"], "step": "emotional", "T": [365.0, 800.4]})
    assert suggest(rows, PLAYBOOK, "win_back")["action"].tolist() == [
        "thank them for 365 days with us",
        "thank them for 800 days with us",
    ]
    with pytest.raises(DataError, match="T"):
        suggest(rows.drop(columns="T"), PLAYBOOK, "win_back")


def due(contacts, silent=400.0):
    rows = pd.DataFrame({"customer_id": ["a"], "days_since_last": [silent]})
    return steps_due(rows, PLAYBOOK, as_of=AS_OF, contacts=contacts).iloc[0]


def sent(*days_ago, **columns):
    days = pd.Timestamp(AS_OF) - pd.to_timedelta(days_ago, unit="D") + pd.Timedelta(hours=9)
    return pd.DataFrame({"customer_id": "a", "timestamp": days, **columns})


@pytest.mark.parametrize(
    ("contacts", "step", "reason"),
    [
        (None, "trigger", None),
        (sent(), "trigger", None),
        (sent(30), "diagnose", None),
        (sent(29), "diagnose", WAITING),
        (sent(90, 60), "incentive", None),
        (sent(120, 90, 31), "emotional", None),
        (sent(200, 150, 100, 50), None, FINISHED),
        (sent(401, 400), "trigger", None),  # before and on the day of the last purchase
        (sent(-1), "trigger", None),  # not known yet
        (sent(90, 60, arm=["control", "treated"]), "diagnose", None),
        (sent(90, list_id=[None]), "diagnose", None),
        (sent(90, 60, list_id=["winback-2011-09-01", "winback-2011-10-10"]), "incentive", None),
        (sent(90, 60, list_id=["churn_warning-2011-09-01-ab", "x"]), "diagnose", None),
    ],
)
def test_the_step_follows_from_the_contacts_since_the_last_purchase(contacts, step, reason):
    row = due(contacts)
    steps = [None if pd.isna(row[name]) else row[name] for name in ("step", "reason")]
    assert steps == [step, reason]


@pytest.mark.parametrize(
    ("contacts", "step"),
    [
        (sent(180), "diagnose"),  # 220 days of silence: dormant
        (sent(220), "trigger"),  # 180: still active
        (sent(219), "diagnose"),
        (sent(220, list_id=["winback-2011-05-03"]), "trigger"),
        (sent(220, list_id=["win_back-2011-05-03-ab"]), "diagnose"),  # made by winback: counts
        (sent(180, list_id=["churn_warning-2011-05-03-ab"]), "trigger"),
    ],
)
def test_a_contact_counts_if_the_customer_was_dormant_then(contacts, step):
    rows = pd.DataFrame({"customer_id": ["a"], "days_since_last": [400.0]})
    steps = steps_due(rows, PLAYBOOK, as_of=AS_OF, contacts=contacts, dormant_after_days=180)
    assert steps.loc[0, "step"] == step


def test_some_steps_wait_for_silence():
    row = due(sent(120, 90, 31), silent=200.0)
    assert (row["step"], row["reason"]) == ("emotional", WAITING)
    assert row["step_due_at"] == pd.Timestamp(AS_OF) + pd.Timedelta(days=165)
    assert row["step_contacts"] == 3


def test_no_customers_no_steps():
    rows = pd.DataFrame({"customer_id": [], "days_since_last": []})
    assert steps_due(rows, PLAYBOOK, as_of=AS_OF, contacts=sent(3)).empty
