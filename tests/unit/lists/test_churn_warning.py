from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from winback.errors import DataError
from winback.lists.at_risk import select_at_risk
from winback.lists.churn_warning import churn_warning, left_out, written
from winback.lists.columns import CHURN_WARNING, CHURN_WARNING_EXCLUDED, DTYPES
from winback.lists.memory import Memory
from winback.lists.origin import Origin
from winback.lists.terms import Tables
from winback.lists.warn_from import WarnFrom
from winback.lists.warning_actions import warning_actions
from winback.lists.warning_terms import Described, WarningTerms
from winback.messages import Message

AS_OF = date(2011, 12, 9)


def scores(**over):
    """Six customers: two red, one orange, one yellow, one safe, one dormant."""
    n = 6
    table = {
        "customer_id": list("abcdef"),
        "as_of": [AS_OF] * n,
        "frequency": 3.0,
        "recency": [100.0] * 5 + [0.0],
        "T": [160.0] * 5 + [400.0],
        "monetary_value": 20.0,
        "last_purchase_at": pd.Timestamp("2011-10-10 15:00"),
        "expected_purchases": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "clv": [10.0, 30.0, 900.0, 50.0, 60.0, 70.0],
        "margin_lost": [10.0, 30.0, 900.0, 50.0, 60.0, 70.0],
        "purchases_lost": [0.1, 0.3, 9.0, 0.5, 0.6, 0.7],
        "p_keepable": 1.0,
        "kept_share": 1.0,
        "clv_low": 5.0,
        "clv_high": 100.0,
        "p_churn": [0.9, 0.9, 0.75, 0.55, 0.2, 0.99],
        "overdue_ratio": [2.25, 3.75, 1.8, 1.65, 9.0, 9.0],
        "tier": ["core"] * 3 + ["dormant"] * 3,
        "lifecycle_stage": "at_risk",
        "value_version": 3,
        "churn_version": 2,
        "tiers_version": 1,
        "run_id": "r",
    } | over
    return pd.DataFrame(table)


def select(table=None, **over):
    arguments = {"as_of": AS_OF, "capacity": 9, "active_within_days": 365} | over
    return select_at_risk(scores() if table is None else table, **arguments)


BEHAVIOUR = pd.DataFrame(
    {
        "customer_id": list("fedcba"),
        "frequency": 3.0,
        "recency": 72.6,
        "gap_last": 20.0,
        "typical_gap_days": 24.4,
        "days_since_last": 60.0,
    }
)
CONTRIBUTIONS = pd.DataFrame({"customer_id": list("abcdef"), "overdue_ratio": 1.0})
TERMS = WarningTerms(capacity=9)


def write(selected=None, *, as_of=AS_OF, horizon_days=90, last=None, previous=None, origin=None):
    rows = select() if selected is None else selected
    described = Described(BEHAVIOUR, CONTRIBUTIONS, last, horizon_days)
    return written(
        rows.join(warning_actions(rows)),
        described,
        as_of=as_of,
        terms=TERMS,
        previous=previous,
        origin=origin,
    )


def test_the_list_is_complete_and_typed():
    last = pd.DataFrame(
        {"customer_id": ["b"], "place": [1], "day": [date(2011, 10, 10)], "what": ["purchase"],
         "times": [1], "amount": [34.2], "channel": [None]}
    )  # fmt: skip
    origin = Origin(defaults=["lists.churn_warning.capacity = 200"])
    table = write(last=last, origin=origin)
    assert {name: str(kind) for name, kind in table.dtypes.items()} == {
        name: DTYPES[kind] for name, kind in CHURN_WARNING.items()
    }
    row = table.set_index("customer_id").loc["b"]
    assert row["reason_1"] == "usually buys every 24 days, silent for 60"
    assert row["typical_gap_days"] == 24.4
    assert row["expires_at"] == pd.Timestamp("2011-12-23")
    assert row["cooldown_until"] == pd.Timestamp("2012-01-08")
    assert row["last_behaviours"] == "2011-10-10 bought for 34.20"
    assert table["last_behaviours"].isna().sum() == 3
    assert (row["value_at_risk_low"], row["value_at_risk_high"]) == pytest.approx((4.5, 90))
    assert (table["limits"] == "defaults: capacity").all()
    assert row["last_purchase_at"] == pd.Timestamp("2011-10-10")
    assert (row["value_version"], row["days_since_last"], row["horizon_days"]) == ("3", 60, 90)
    assert (row["owner"], row["action"]) == ("account manager", "call, ask what is wrong")
    assert table["list_id"].str.startswith("churn_warning-2011-12-09-").all()
    short = write(horizon_days=5)
    assert short["expires_at"][0] == pd.Timestamp("2011-12-14")


def test_an_empty_list_has_the_same_columns():
    nobody = select(scores(p_churn=0.1))
    table, full = write(nobody), write()
    assert table.empty
    assert table.dtypes.equals(full.dtypes)


def test_without_amounts_purchases_rank_and_money_is_empty():
    bare = scores(clv=np.nan, clv_low=np.nan, clv_high=np.nan, monetary_value=0.0)
    chosen = select(bare.assign(margin_lost=np.nan))
    assert chosen["customer_id"].tolist() == ["c", "d", "b", "a"]  # .27, .09 purchases at risk
    table = write(chosen)
    money = [name for name, kind in CHURN_WARNING.items() if kind == "money"]
    assert table[money].isna().all(axis=None)


def test_colours_do_not_flap():
    table = write()
    later = date(2011, 12, 16)
    eased = scores(as_of=[later] * 6, p_churn=[0.8, 0.9, 0.75, 0.55, 0.2, 0.99])
    kept = select(eased, as_of=later, previous=table).set_index("customer_id").loc["a"]
    assert (kept["severity"], kept["previous_severity"], kept["days_at_severity"]) == (
        "red",
        "red",
        7,
    )
    assert select(eased, as_of=later).set_index("customer_id").loc["a", "severity"] == "orange"


def test_a_row_that_repeats_is_not_put_off_week_by_week():
    table = write()
    later = date(2011, 12, 12)
    worse = scores(as_of=[later] * 6, p_churn=[0.9, 0.9, 0.75, 0.75, 0.2, 0.99])
    again = write(select(worse, as_of=later, previous=table), as_of=later, previous=table)
    until = pd.concat(
        [frame.set_index("customer_id")["cooldown_until"] for frame in (table, again)], axis=1
    )
    same = until.iloc[:, 0] == until.iloc[:, 1]
    assert same.to_dict() == {"a": True, "b": True, "c": True, "d": False}  # d has become orange


@pytest.mark.parametrize(
    ("warn_from", "reasons"),
    [
        (None, {"x": "at risk, but in rhythm", "e": "not at risk"}),
        (WarnFrom(risk=0.6), {"x": "not at risk", "e": "not at risk"}),
        (WarnFrom(profit=9e9), dict.fromkeys("abcdex", "below the expected profit")),
    ],
)
def test_who_is_left_out_is_told_the_truth(warn_from, reasons):
    table = pd.concat(
        [scores(), scores().iloc[[3]].assign(customer_id="x", p_churn=0.5, overdue_ratio=0.99)]
    )
    listed = select(table, warn_from=warn_from)
    terms = WarningTerms(capacity=9, warn_from=warn_from or WarnFrom())
    why = left_out(table, listed, listed, as_of=AS_OF, terms=terms).set_index("customer_id")
    assert why["reason"].to_dict() == {"f": "not active"} | (
        reasons if warn_from is None or warn_from.profit else reasons | {"d": "not at risk"}
    )
    assert why.loc["x", ["p_churn", "overdue_ratio"]].tolist() == [0.5, 0.99]


def test_scores_that_cannot_be_used_are_refused():
    for wrong, match in [
        (scores(p_churn=[np.nan, 0.9, 0.9, 0.9, 0.9, 0.9]), "p_churn"),
        (scores(margin_lost=[np.inf, 1, 1, 1, 1, 1]), "margin_lost"),
        (scores(customer_id=list("aabcde")), "twice"),
        (scores().drop(columns="overdue_ratio"), "overdue_ratio"),
        (scores(as_of=date(2011, 12, 8)), "another date"),
    ]:
        with pytest.raises(DataError, match=match):
            select(wrong)
    assert len(select(scores(p_churn=[0.9] * 5 + [np.nan]))) == 5  # a dormant customer's is unused


def test_everybody_is_listed_or_left_out_with_a_reason_and_only_those_selected_are_described():
    asked = []

    def describe(rows):
        asked.extend(rows["customer_id"])
        return Described(BEHAVIOUR, CONTRIBUTIONS)

    made = churn_warning(
        scores(),
        as_of=AS_OF,
        terms=WarningTerms(capacity=1),
        describe=describe,
        tables=Tables(
            customers=pd.DataFrame({"customer_id": ["b"], "opt_out": [True]}).merge(
                scores()[["customer_id"]], how="right"
            ),
            contacts=pd.DataFrame({"customer_id": ["c"], "timestamp": [pd.Timestamp(AS_OF)]}),
            open_cases=pd.DataFrame({"customer_id": ["a"], "reason": ["open complaint"]}),
        ),
        memory=Memory(called_back=["d", "f"]),
    )
    assert made.listed["customer_id"].tolist() == asked == ["a"]
    assert made.listed["owner"].tolist() == ["customer service"]
    assert made.excluded.set_index("customer_id")["reason"].to_dict() == {
        "b": "opted out",
        "c": "in cooldown",
        "d": "on the win-back list",
        "e": "not at risk",
        "f": "not active",  # whom the other list decides about needs no saying
    }
    assert list(made.excluded.columns) == list(CHURN_WARNING_EXCLUDED)
    assert made.summary["left_out"] == {
        "in cooldown": 1, "on the win-back list": 1, "opted out": 1,
    }  # fmt: skip


def test_the_holdout_is_not_warned_about():
    held = {"share": 0.999999}
    made = churn_warning(
        scores(),
        as_of=AS_OF,
        terms=WarningTerms(capacity=9, holdout_share=held["share"]),
        describe=Described(BEHAVIOUR),
    )
    assert made.listed.empty
    assert set(made.excluded["reason"]) == {"global holdout"}


def test_an_earlier_list_without_rows_gives_nobody_a_colour_to_keep():
    before = {
        date(2011, 11, 25): write(as_of=date(2011, 11, 25)),
        date(2011, 12, 2): write().head(0),
    }
    memory = Memory(warnings=before)
    assert memory.previous_warnings(AS_OF).empty
    assert len(memory.previous_warnings(date(2011, 12, 2))) == 4
    assert memory.previous_warnings(date(2011, 11, 25)) is None
    assert memory.warnings_this_week(AS_OF) is None  # it was Monday since
    assert len(memory.warnings_this_week(date(2011, 11, 26))) == 4


def test_one_cap_holds_for_contacts_of_every_list_and_campaign():
    days = pd.to_datetime([AS_OF - timedelta(days=n) for n in (40, 50, 60)])
    sent = pd.DataFrame({"customer_id": ["a", "a", "b"], "timestamp": days})
    made = churn_warning(
        scores(),
        as_of=AS_OF,
        terms=WarningTerms(capacity=9, contact_cap=2, contact_cap_days=90),
        tables=Tables(contacts=sent),
        describe=Described(BEHAVIOUR, CONTRIBUTIONS),
    )
    why = made.excluded.set_index("customer_id")["reason"]
    assert why["a"] == "contact cap"
    assert "b" in set(made.listed["customer_id"])


def test_nobody_is_charged_for_an_offer_that_is_not_made():
    """What acting costs is asked of the colour on the list, not of one by a score that is unfit."""
    rule = WarnFrom(by_playbook=("contact_cost", "offer_cost"), unfit=Message("fitness.constant"))
    made = churn_warning(
        scores(p_churn=0.9),
        as_of=AS_OF,
        terms=WarningTerms(capacity=9, warn_from=rule, channels=["email"]),
        describe=Described(BEHAVIOUR),
    ).listed
    assert set(made["severity"]) == {"orange", "yellow"}
    assert ((made["offer_cost"] > 0) == (made["offer"] != "none")).all()
