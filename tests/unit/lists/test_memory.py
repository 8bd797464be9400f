"""What earlier lists have asked for counts, for as long as nothing tells better."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.economics import Economics
from winback.errors import DataError
from winback.lists.memory import Memory
from winback.lists.terms import Channel, Eligibility, Tables, WinBackTerms
from winback.lists.win_back import win_back

MONDAY, FRIDAY, NEXT_MONDAY = date(2011, 12, 5), date(2011, 12, 9), date(2011, 12, 12)
N = 200


def scores(as_of):
    silent = 400.0 + (as_of - MONDAY).days
    return pd.DataFrame(
        {
            "customer_id": [f"c{i:03}" for i in range(N)],
            "as_of": as_of,
            "frequency": 2.0,
            "recency": 100.0,
            "T": 100.0 + silent,
            "monetary_value": 20.0,
            "last_purchase_at": pd.Timestamp("2010-10-31"),
            "expected_purchases": 0.2,
            "expected_spend": np.linspace(120, 60, N),
            "p_repurchase": 0.1,
            "tier": "core",
        }
    )


def make(as_of, *, earlier=None, contacts=None, rules=None, **over):
    terms = {
        "economics": Economics(contact_cost=1.0),
        "budget": 30.0,
        "capacity": 50,
        "control_share": 0.2,
        "eligibility": Eligibility(**{"window_days": (90, 730)} | (rules or {})),
    } | over
    return win_back(
        scores(as_of),
        as_of=as_of,
        terms=WinBackTerms(**terms),
        tables=Tables(contacts=contacts),
        memory=Memory(win_backs=earlier),
    )


def why(lists):
    return dict(zip(lists.excluded["customer_id"], lists.excluded["reason"], strict=True))


def test_both_arms_leave_the_pool_together_so_that_the_next_list_compares_likes():
    monday = make(MONDAY, budget=60)
    both = pd.concat([monday.treated, monday.control])
    sent = pd.DataFrame({"customer_id": monday.treated["customer_id"], "timestamp": "2011-12-06"})
    sent = sent.assign(timestamp=pd.Timestamp("2011-12-06"), list_id=monday.summary["list_id"])
    for contacts in (None, sent):  # whether the contacts table tells of the list or not
        later = make(NEXT_MONDAY, budget=60, earlier=both, contacts=contacts)
        reasons = why(later)
        assert {reasons.get(name) for name in both["customer_id"]} == {"in cooldown"}
        assert later.summary["sample_ratio"]["p_value"] > 0.01
    alone = make(NEXT_MONDAY, budget=60, earlier=monday.treated)
    assert set(monday.control["customer_id"]) & set(alone.control["customer_id"])


def test_a_week_has_one_budget_and_the_next_another():
    monday = make(MONDAY, budget=30)
    assert len(monday.treated) == 30
    friday = make(FRIDAY, budget=30, earlier=monday.treated)
    assert friday.treated.empty
    assert friday.summary["treated"] == 0
    assert "over budget" in set(why(friday).values())
    said = " ".join(map(str, friday.summary["messages"]))
    assert "committed 30.00 of the budget of 30.00, and 30 of 50 contacts" in said
    assert "does not pay a single contact" not in said
    assert friday.summary["used_this_week"] == {"budget": 30.0, "contacts": 30}
    more = make(FRIDAY, budget=40, earlier=monday.treated)
    assert len(more.treated) == 10
    assert not set(more.treated["customer_id"]) & set(monday.treated["customer_id"])
    fewer = make(FRIDAY, budget=1000, capacity=33, earlier=monday.treated)
    assert len(fewer.treated) == 3
    sunday = monday.treated.assign(as_of=pd.Timestamp("2011-12-11"))
    assert make(NEXT_MONDAY, earlier=sunday).summary["used_this_week"]["contacts"] == 0
    after = make(NEXT_MONDAY, budget=30, earlier=monday.treated)
    assert len(after.treated) == 30
    assert not set(after.treated["customer_id"]) & set(monday.treated["customer_id"])
    assert {why(after)[name] for name in monday.treated["customer_id"]} == {"in cooldown"}


def test_the_share_contacted_is_of_those_who_were_eligible_on_monday():
    monday = make(MONDAY, budget=20)
    friday = make(FRIDAY, budget=1000, capacity=1000, max_share=0.3, earlier=monday.treated)
    eligible = monday.summary["eligible"]
    assert len(monday.treated) + len(friday.treated) == int(0.3 * eligible)


def test_a_channel_has_one_capacity_a_week():
    channels = {"email": Channel(20), "sms": Channel(5)}
    monday = make(MONDAY, channels=channels)
    assert monday.treated["channel"].value_counts().to_dict() == {"email": 20, "sms": 5}
    assert make(FRIDAY, channels=channels, earlier=monday.treated).treated.empty
    sent = monday.treated.assign(channel="sms").head(3)
    friday = make(FRIDAY, channels=channels, earlier=sent)
    assert friday.treated["channel"].value_counts().to_dict() == {"email": 20, "sms": 2}


def test_a_list_made_again_does_not_meet_itself():
    first = make(MONDAY)
    later = make(FRIDAY, earlier=first.treated, budget=40)
    again = make(MONDAY, earlier=pd.concat([first.treated, later.treated]))
    pd.testing.assert_frame_equal(first.treated, again.treated)
    pd.testing.assert_frame_equal(first.excluded, again.excluded)


def test_the_longer_cooldown_of_the_playbook_is_kept():
    monday = make(MONDAY)
    long = monday.treated.assign(cooldown_until=pd.Timestamp("2012-03-05"))
    inside, after = date(2012, 3, 4), date(2012, 3, 5)
    names = set(monday.treated["customer_id"])
    held = make(inside, earlier=long, rules={"cooldown_days": 5})
    assert {why(held)[name] for name in names} == {"in cooldown"}
    assert names & set(make(after, earlier=long, rules={"cooldown_days": 5}).treated["customer_id"])


def test_earlier_lists_count_towards_the_cap_and_the_step():
    rows = make(MONDAY).treated
    name = rows["customer_id"][0]
    days = pd.to_datetime(["2011-11-07", "2011-11-14", "2011-11-21"])
    before = pd.concat(
        [
            rows.head(1).assign(as_of=day, list_id=f"win_back-{i}", cooldown_until=day)
            for i, day in enumerate(days)
        ]
    )
    assert why(make(MONDAY, earlier=before, rules={"cooldown_days": 1}))[name] == "contact cap"
    once = before.head(1)
    lists = make(MONDAY, earlier=once, rules={"cooldown_days": 1, "contact_cap": 2})
    by_customer = pd.concat([lists.treated, lists.excluded]).set_index("customer_id")
    assert by_customer.loc[name, "reason"] == "next step not due"


def test_where_the_contacts_know_a_list_they_alone_tell():
    earlier = make(MONDAY).treated
    list_id, names = earlier["list_id"][0], earlier["customer_id"].tolist()
    sent = pd.DataFrame(
        {
            "customer_id": names[:2],
            "timestamp": pd.to_datetime(["2011-12-06", "2011-12-07"]),
            "list_id": list_id,
            "arm": ["treated", "control"],
        }
    )
    rows = why(make(NEXT_MONDAY, earlier=earlier, contacts=sent))
    # a control of the list leaves the pool as its treated do; who got nothing is free
    assert rows[names[0]] == rows[names[1]] == "in cooldown"
    assert len(names) > 2
    assert not [name for name in names[2:] if rows.get(name) == "in cooldown"]
    # a contact that is not known yet tells nothing
    late = sent.assign(timestamp=pd.Timestamp("2011-12-13"))
    rows = why(make(NEXT_MONDAY, earlier=earlier, contacts=late))
    assert {rows[name] for name in names} == {"in cooldown"}
    # the list's own cooldown counts from the day it was sent
    remembered = Memory(earlier).contacts(sent, NEXT_MONDAY)
    assert remembered["cooldown_until"].iloc[0] == earlier["cooldown_until"][0] + pd.Timedelta(
        days=1
    )


def test_a_contact_without_a_list_is_not_counted_twice():
    earlier = make(MONDAY).treated.head(2)
    names = earlier["customer_id"].tolist()
    sent = pd.DataFrame({"customer_id": names[:1], "timestamp": [pd.Timestamp("2011-12-06")]})
    remembered = Memory(earlier).contacts(sent, NEXT_MONDAY)
    assert remembered["customer_id"].tolist() == names
    before = sent.assign(timestamp=pd.Timestamp("2011-12-01"))
    assert len(Memory(earlier).contacts(before, NEXT_MONDAY)) == 3


def test_a_list_that_remembers_nothing_says_so():
    said = "know of no earlier contact"
    assert said in str(make(MONDAY).summary["messages"][-1])
    contacts = pd.DataFrame({"customer_id": [], "timestamp": pd.to_datetime([])})
    for remembered in ({"contacts": contacts}, {"earlier": make(MONDAY).treated}):
        assert said not in " ".join(map(str, make(NEXT_MONDAY, **remembered).summary["messages"]))
    with pytest.raises(DataError, match="the earlier lists lack a column"):
        make(FRIDAY, earlier=pd.DataFrame({"customer_id": ["a"]}))
