"""The dashboard, the open cases and past campaigns: what they hold, and how they read."""

import json
import re
from datetime import date

import pandas as pd
import pytest

from winback.messages import Message, Words
from winback.reports.board import board_of, open_cases
from winback.reports.board_words import sparkline
from winback.reports.gallery import figures
from winback.reports.material import Steering
from winback.reports.page import render

SHOWN = [
    {"indicator": "orders", "board": "sales", "direction": "up"},
    {"indicator": "refund_rate", "board": "service", "direction": "down"},
    {"indicator": "retention_90d_within", "board": "retention", "direction": "up"},
    {"indicator": "dau_mau", "board": "activity", "direction": "up"},  # these tables have none
]


def series(name, values, *, unit="count", half=2.0, n=100, mature=True, enough=True):
    months = pd.date_range("2024-01-01", periods=len(values), freq="MS")
    table = pd.DataFrame({"period": months.date, "value": values, "n": n})
    return table.assign(
        indicator=name, unit=unit, grain="month", dimension="all", segment="all", mature=mature,
        enough=enough, low=table["value"] - half, high=table["value"] + half,
    )  # fmt: skip


@pytest.fixture
def table():
    return pd.concat(
        [
            series("orders", [50.0, 60.0, 40.0]),
            series("refund_rate", [0.10, 0.11, 0.12], unit="share", half=0.05),
            series("retention_90d_within", [None] * 3, unit="share", mature=False),
        ],
        ignore_index=True,
    )


def rows_of(board):
    return {row["indicator"]: row for group in board["groups"] for row in group["rows"]}


def test_a_row_has_its_newest_value_its_change_and_whether_chance_explains_it(table):
    board = board_of(table, SHOWN, "month")
    rows = rows_of(board)
    assert [group["board"] for group in board["groups"]] == ["sales", "retention", "service"]
    assert board["period"] == "2024-03-01"
    orders = rows["orders"]
    assert (orders["value"], orders["low"], orders["high"]) == (40.0, 38.0, 42.0)
    assert orders["change"] == pytest.approx(-1 / 3)
    assert orders["beyond"] is True  # 20 fewer, where the two intervals allow 2.8
    assert orders["points"] == [50.0, 60.0, 40.0]
    assert rows["refund_rate"]["change"] == pytest.approx(0.01)
    assert rows["refund_rate"]["beyond"] is False
    assert json.loads(json.dumps(board)) == board


def test_what_cannot_be_told_yet_has_no_value(table):
    row = rows_of(board_of(table, SHOWN, "month"))["retention_90d_within"]
    assert (row["state"], row["value"], row["points"]) == ("early", None, [])
    few = table.assign(enough=False, mature=True)
    assert {row["state"] for row in rows_of(board_of(few, SHOWN, "month")).values()} == {"few"}


def test_a_period_that_does_not_count_is_a_gap_and_no_base_of_a_change(table):
    table.loc[(table["indicator"] == "orders") & (table["value"] == 60.0), "enough"] = False
    row = rows_of(board_of(table, SHOWN, "month"))["orders"]
    assert (row["points"], row["change"], row["beyond"]) == ([50.0, None, 40.0], None, None)


def test_nothing_to_show_is_no_board(table):
    assert board_of(table, SHOWN[3:], "month") is None
    assert board_of(table, SHOWN, "week") is None


def test_a_sparkline_keeps_to_its_box_and_rises_with_its_values():
    drawn = sparkline([3.0, None, 9.0, 5.0])
    spots = [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", drawn)]
    assert [x for x, _ in spots] == sorted(x for x, _ in spots)
    heights = [y for _, y in spots]
    assert heights.index(min(heights)) == 1  # 9 is the highest
    assert all(0 < x < 96 and 0 < y < 24 for x, y in spots)


CASE = {
    "rule": "orders_band", "kind": "rule", "severity": "red", "status": "firing",
    "indicator": "orders", "dimension": "all", "segment": "all", "value": 371.0,
    "expected": 441.0, "opened": "1998-06-21", "days_open": 10, "owner": "growth",
    "next_step": "say whether it has worked", "overdue": None, "silenced_until": None,
    "hidden_by": None, "grain": "week", "unit": "count", "at_stake": 817.0, "due": "1998-06-24",
    "began": "1998-06-14",
}  # fmt: skip


def test_open_cases_are_those_that_somebody_must_look_at():
    others = [
        {**CASE, "status": "pending"},
        {**CASE, "hidden_by": "orders_band"},
        {**CASE, "silenced_until": "1998-07-30"},
    ]
    held = open_cases([CASE, *others])
    assert [row["rule"] for row in held["rows"]] == ["orders_band"]
    assert (held["waiting"], held["hidden"], held["silenced"]) == (1, 1, 1)


def page_of(arguments, **parts):
    arguments["steering"] = Steering(**parts)
    report = arguments.report()
    page = render(json.loads(json.dumps(report)), figures(report))
    return re.sub(r"<script[^>]*>.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)


def plainly(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_first_page_tells_what_is_open_whose_it_is_by_when_and_what_it_costs(arguments):
    text = plainly(page_of(arguments, alerts=[CASE, {**CASE, "status": "pending"}]))
    assert "Purchase days 371 in the week, 441 expected" in text
    assert (
        "About USD 817 of margin, net of refunds, a week at stake · open for 10 days · growth"
        in text
    )
    assert "by 1998-06-24 : say whether it has worked" in text
    assert "1 in waiting." in text
    arguments["job"]["money"] = "revenue"
    assert "of revenue, net of refunds, a week at stake (no margin is given)" in plainly(
        page_of(arguments, alerts=[CASE])
    )
    late = {**CASE, "overdue": "ask <b>why</b>", "owner": "<i>ann</i>"}
    page = page_of(arguments, alerts=[late])
    assert "Overdue: ask &lt;b&gt;why&lt;/b&gt;" in plainly(page)
    assert "<i>ann" not in page


def test_where_nobody_has_looked_there_is_no_word_of_alerts(arguments):
    assert 'id="alerts"' not in page_of(arguments)
    assert 'id="alerts"' not in page_of(arguments, alerts=[])  # nothing open: nothing to do


def test_the_dashboard_tells_values_gaps_and_reasons_in_both_languages(arguments, table):
    board = board_of(table, SHOWN, "month")
    lost = {"indicator": {"dau_mau": Message("indicators.no_event", event="visit").as_record()}}
    page = page_of(arguments, board=board, left_out=lost)
    assert '<td class="moved bad">\u221233%</td>' in page
    assert page.count('class="moved bad"') == 1  # the others are chance
    text = plainly(page)
    assert "Bought again within 90 days too early to tell" in text
    assert "no event visit in the tables" in text
    arguments["job"]["language"] = "zh"
    assert Words("zh")("board.early") in page_of(arguments, board=board, left_out=lost)


def test_a_campaign_is_told_with_its_interval_or_without_an_effect(arguments):
    row = {
        "campaign": "may", "first_day": "1998-05-01", "last_day": "1998-05-02", "treated": 400,
        "control": 200, "treated_return": 0.4, "control_return": 0.1, "increment": 900.0,
        "increment_low": 500.0, "increment_high": 1300.0, "cost": None, "net": None,
        "verdict": "works", "says": Message("campaigns.says.works").as_record(),
    }  # fmt: skip
    broken = {**row, "campaign": "june", "increment": None, "increment_low": None,
              "increment_high": None, "verdict": "broken",
              "says": Message("campaigns.says.broken").as_record()}  # fmt: skip
    early = {**broken, "campaign": "july", "treated_return": None, "control_return": None,
             "verdict": "open",
             "says": Message("campaigns.says.on_day", day="1998-07-30").as_record()}  # fmt: skip
    held = {"rows": [row, broken, early], "pooled": {}, "open": 40, "horizon_days": 30}
    text = plainly(page_of(arguments, campaigns=held))
    assert "may 1998-05-01 to 1998-05-02 400 200 40% vs 10% USD 900 500 to 1,300" in text
    assert "It works beyond chance: do more of it" in text
    assert "no verdict is given" in text
    assert "Not yet known: go on as planned, next look on 1998-07-30" in text
    arguments["job"]["language"] = "zh"
    assert "下次判定日 1998-07-30" in plainly(page_of(arguments, campaigns=held))
    arguments["job"]["language"] = "en"
    assert Words().count(40, "customer") in text
    assert date(1998, 6, 30).isoformat() in text


CHANNEL = {
    "channel": "search", "state": "known", "cohorts": 9, "customers": 1254, "spend": 33822.0,
    "cac": 26.97, "ltv": 73.29, "predicted_share": 0.11, "ltv_cac": 2.72, "low": 2.52,
    "high": 2.92, "roi": 1.72, "payback_days": 20.0, "overlap": 0.2, "verdict": "pays",
}  # fmt: skip


def test_a_channel_is_told_with_what_is_predicted_or_as_too_early(arguments):
    early = {**CHANNEL, "channel": "social", "state": "early", "verdict": "early"}
    pair = {"better": "search", "worse": "social", "difference": 0.7, "low": 0.1, "high": 1.3}
    held = {"rows": [CHANNEL, early], "orders": [pair], "age_days": 365}
    text = plainly(page_of(arguments, channels=held))
    assert "search 1,254 USD 33,822 USD 26.97 USD 73.29 11% of it predicted 2.72" in text
    assert "2.52 to 2.92 172% 20 days 20% pays back" in text
    assert "social 1,254 USD 33,822 20% too early to tell" in text
    assert "search brings more for its money than social: by 0.70 (0.10 to 1.30)" in text
    assert "LTV (margin)" in text
    arguments["job"]["money"] = "revenue"
    held["orders"] = []
    text = plainly(page_of(arguments, channels=held))
    assert "LTV (revenue)" in text
    assert "No two channels can be told apart" in text
