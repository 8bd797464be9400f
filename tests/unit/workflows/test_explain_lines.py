"""Whoever reads no English reads what is known of a customer."""

# ruff: noqa: RUF001 - Chinese is written with fullwidth marks

import json
import re

from winback.lists.columns import CHURN_WARNING, WIN_BACK
from winback.messages import Message, Words
from winback.scoring.score import SCHEMA
from winback.workflows.explain_lines import behaviours, lines_of

OVERDUE = Message("because.silent", gap=Message("span.days", n=8), silent=116)
ROW = {
    "severity": "red",
    "channel": "phone",
    "offer": "none",
    "arm": "treated",
    "stratum": "risk middle, value high",
    "reason_1": "usually buys every 8 days, silent for 116",
    "reason_messages": json.dumps([OVERDUE.as_record()]),
}


def everything(**lists):
    nowhere = {"on": False, "why": "not dormant", "row": {"reason": "not dormant"}}
    return {
        "customer_id": "0975",
        "as_of": "1998-01-01",
        "scores": {"p_churn": 0.7691, "tier": "strategic", "lifecycle_stage": "at_risk"},
        "fitness": {},
        "contributions": [{"family": "overdue", "log_odds": 0.33, "words": None}],
        "last_behaviours": ["1997-09-07"],
        "lists": {"churn_warning": nowhere, "win_back": nowhere, **lists},
    }


def test_a_chinese_reader_is_told_in_chinese():
    listed = {"on": True, "why": "on the list", "row": ROW}
    lines = list(lines_of(everything(churn_warning=listed), Words("zh")))
    assert lines[:3] == ["0975，截至 1998-01-01", "", "流失预警名单：在名单上"]
    assert "  颜色                        红" in lines
    assert any(line.endswith("通常每 8 天购买一次，已沉默 116 天") for line in lines)
    assert "召回名单：不在名单上，未沉睡" in lines
    assert re.findall("[A-Za-z]{2,}", "".join(lines)) == []


def test_every_column_that_is_shown_has_a_name_in_chinese():
    columns = {*CHURN_WARNING, *WIN_BACK, *SCHEMA.names}
    row = dict.fromkeys(columns, 1) | {"reason_messages": None}
    lines = list(
        lines_of(everything(win_back={"on": True, "why": "on the list", "row": row}), Words("zh"))
    )
    assert re.findall("[A-Za-z]{2,}", "".join(lines)) == []


def test_behaviours_are_told_without_money_too():
    rows = [{"day": "2011-07-11", "what": "purchase", "times": 1, "amount": 3.0, "channel": None}]
    assert [str(said) for said in behaviours(rows, money=False, currency="EUR")] == [
        "2011-07-11 bought"
    ]
    (said,) = behaviours(rows, money=True, currency="EUR")
    assert said.say(Words("zh")) == "2011-07-11 购买 3.00 EUR"


def test_large_amounts_are_written_out():
    told = everything() | {"scores": {"clv": 12345.67, "p_churn": 0.7691}}
    lines = [re.split(r"\s{2,}", line.strip()) for line in lines_of(told, Words())]
    assert ["clv", "12,346"] in lines
    assert ["p_churn", "0.769"] in lines
