"""The first page: what to decide, in money; what to know before; and nothing about models."""

import json
import re
from itertools import combinations

import pytest

from winback.evaluation.fitness import Fit, Fitness
from winback.messages import Message, Words
from winback.messages.catalogue import catalogue
from winback.reports import first_page, first_page_words
from winback.reports.gallery import figures
from winback.reports.page import render
from winback.reports.stored_messages import words_of
from winback.reports.verdict import changed, verdict, warnings

ENGLISH = Words(currency="USD")


def rows(table, n, **more):
    return table.head(n)[["customer_id"]].assign(
        rank=range(1, n + 1), action="call", channel="phone", owner="desk", **more
    )


@pytest.fixture
def shop(arguments):
    """The same shop, whose lists say who does what, and what it brings."""
    table, lists = arguments["scores"], arguments["lists"]
    lists["win_back"] = rows(table, 25, expected_incremental_margin=2.0, expires_at="1998-07-30")
    lists["win_back"].loc[:2, "expires_at"] = "1998-07-28"
    lists["win_back_summary"] |= {
        "expected_cost": 24.0,
        "expected_margin": 17.0,
        "worst_case": 60.0,
        "uplift_measured": True,
        "uplift_source": "three campaigns",
    }
    lists["churn_warning"] = rows(
        table,
        6,
        severity="red",
        value_at_risk=400.0,
        value_keepable=100.0,
        expected_profit=8.5,
        reason_1="silent",
    )
    arguments["job"]["save_rate"] = 0.1
    return arguments


def first_tab(report):
    page = render(report, figures(report))
    tab = page.partition('id="week"')[2].partition('<div class="panel"')[0]
    return re.sub(r"<[^>]+>", " ", tab)


def test_an_empty_list_says_why(shop):
    shop["lists"]["win_back"] = shop["lists"]["win_back"].head(0)
    shop["lists"]["win_back_summary"]["excluded"] = {"below break-even": 11, "not dormant": 44}
    told = first_tab(shop.report())
    assert "The list is empty. Of the dormant: below break-even 11." in told


def test_each_decision_says_its_money_in_one_line_by_whom_and_until_when(shop):
    called, warned, *_ = first_page_words.cards(shop.report(), ENGLISH)
    assert called["money"] == (
        "Costs USD 24, brings USD 41 of margin, leaves USD 17; at worst costs USD 60 and brings "
        "nothing."
    )
    assert (called["who"], called["by"], called["file"]) == ("desk", "1998-07-28", "win_back.csv")
    assert called["basis"] == "As measured in earlier campaigns."
    # 10% of the 600 that can be kept of 2,400 is kept, and 51 of it is left by row
    assert warned["money"] == "Costs USD 9, brings USD 60 of margin, leaves USD 51."
    assert "keeps 10% of those who are about to leave and have not gone already" in warned["basis"]


def test_at_worst_every_warning_costs_its_contact_and_every_offer_is_taken_in_vain(shop):
    listed = shop["lists"]["churn_warning"]
    listed["contact_cost"], listed["offer_cost"] = 1.5, [4.0] * 2 + [0.0] * 4
    _, warned, *_ = first_page_words.cards(shop.report(), ENGLISH)
    assert warned["money"].endswith("leaves USD 51; at worst costs USD 17 and brings nothing.")


@pytest.mark.parametrize(
    ("fit", "said"),
    [(Fit.RANKING, "tested on past days. Assumed, not measured"), (Fit.FALLBACK, "Neither tested")],
)
def test_what_was_tested_is_told_from_what_is_assumed(shop, fit, said):
    shop["fitness"] = {"churn": unfit("churn", fit)}
    _, warned, *_ = first_page_words.cards(shop.report(), ENGLISH)
    assert said in warned["basis"]


def test_where_nobody_is_red_no_red_one_comes_first(shop):
    shop["lists"]["churn_warning"]["severity"] = "orange"
    _, warned, *_ = first_page_words.cards(shop.report(), ENGLISH)
    assert warned["title"] == "Work through the churn warnings: 6 customers, none of them red"
    assert warned["basis"]


def test_without_a_margin_money_is_revenue_and_says_so(shop):
    shop["job"]["money"] = "revenue"
    report = shop.report()
    called, _, settle = first_page_words.cards(report, words_of(report))
    assert "brings USD 41 of revenue (no margin is given)" in called["money"]
    assert settle["title"].startswith("Say what margin you make")
    assert "`margin: 0.30`" in settle["basis"]
    page = render(report, figures(report))
    assert '<code translate="no">margin: 0.30</code>' in page
    assert "Gain: revenue (no margin is given), net of what the contact costs." in first_tab(report)
    assert "of revenue" in verdict(report, words_of(report))[0]
    assert "margin" not in " ".join(verdict(report, words_of(report)))


def test_margin_is_not_compared_with_the_revenue_of_last_time(shop):
    now = shop.report()
    then = json.loads(json.dumps(now))
    then["job"] |= {"as_of": "1998-05-31", "money": "revenue"}
    assert changed(shop.report(earlier=then), ENGLISH) == []
    then["job"]["money"] = "margin"
    assert changed(shop.report(earlier=then), ENGLISH) != []


def test_at_most_twenty_rows_a_list_in_the_order_of_the_file(shop):
    shop["lists"]["win_back"] = shop["lists"]["win_back"].sample(frac=1, random_state=0)
    report = shop.report()
    shown = report["week"]["lists"]["win_back"]
    assert [row["rank"] for row in shown["rows"]] == list(range(1, 21))
    table = first_page_words.table_of("win_back", shown, ENGLISH)
    assert table["heads"][-1] == "Expected gain, USD"
    assert dict(table["rows"][0]["cells"])["owner"] == "desk"


def unfit(role, fit, **needs):
    return Fitness(role, fit, Message("fitness.constant"), **needs).as_record()


CAUSES = ("nobody", "stale", "nothing", "churn", "value", "arms", "unchecked")
EVERY = [set(some) for n in range(len(CAUSES) + 1) for some in combinations(CAUSES, n)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_whatever_is_wrong_at_most_three_sentences_come_first_the_worst_of_them_first(language):
    """Of any job: every set of causes, of which `first` sees codes and numbers only."""
    words, ends = Words(language), {"en": r"[.!?](?=\s|$)", "zh": r"\u3002"}[language]
    seen = set()
    for causes in EVERY:
        for share in (0, 0.5):
            told = first_page.first(*facts(causes, share=share))
            codes = [entry["code"] for entry in told]
            seen |= set(codes)
            assert len(told) <= 3
            assert codes == sorted(codes, key=first_page.WORST_FIRST.index)
            for text in first_page_words.read_first({"week": {"first": told}}, words):
                assert len(re.findall(ends, text)) == 1, text
    assert seen == set(first_page.WORST_FIRST)


def facts(causes, *, share):
    churn = "nothing" if "nothing" in causes else "fallback" if "churn" in causes else "ranking"
    value = "fallback" if "value" in causes else "ranking"
    report = {
        "job": {"as_of": "1998-06-30"},
        "intake": {
            "last_day": "1998-05-01" if "stale" in causes else "1998-06-30",
            "rejected_rows": 100 * share,
            "rows_in": 100,
        },
        "population": {"summary": {"n": 0 if "nobody" in causes else 9}},
        "quality": {"targets": {} if "unchecked" in causes else {"churn": {}}},
    }
    lists = {"win_back_summary": {"warnings": ["one.", "two. three."] if "arms" in causes else []}}
    fitness = {
        "value": {"fit": value, "needs_customers": 1},
        "churn": {"fit": churn, "needs_days": 205},
    }
    return report, lists, fitness


def test_the_page_shows_the_worst_three_and_the_models_page_the_details(shop):
    shop["fitness"] = {
        "churn": unfit("churn", Fit.FALLBACK, needs_days=205),
        "value": unfit("value", Fit.FALLBACK),
    }
    shop["intake"]["last_day"] = "1998-05-01"
    lot = Message("arms.sizes", treated=9, n=10, wanted=5, p=1e-9)
    shop["lists"]["win_back_summary"]["warnings"] = [lot]
    report = shop.report()
    told = first_page_words.read_first(report, ENGLISH)
    assert len(told) == 3
    assert told[0].startswith("The newest purchase is 60 days old")
    assert told[1].endswith("most valuable first (a forecast takes 205 days more of history).")
    assert told[2].startswith("Nobody can say yet who will bring how much")
    assert str(lot) in warnings(report, ENGLISH)
    del shop["fitness"]["value"]
    shop["intake"]["last_day"] = "1998-06-30"
    _, drawn, _ = first_page_words.read_first(shop.report(), ENGLISH)
    assert drawn.startswith("The lot has not made contacted and comparison group alike")


def test_what_ranks_is_not_remarked_upon(shop):
    shop["fitness"] = {"churn": unfit("churn", Fit.RANKING)}
    told = first_page_words.read_first(shop.report(), ENGLISH)
    assert len(told) == 1
    assert told[0].startswith("45 rows (4.5%) of the data could not be read")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_model_metric_or_parameter_stands_on_the_first_page(shop, language):
    shop["job"]["language"] = language
    shop["fitness"] = {"churn": unfit("churn", Fit.FALLBACK, needs_days=205)}
    text = first_tab(shop.report())
    kinds = ("model.", "metric.", "parameter.")
    names = [said for code, said in catalogue(language).items() if code.startswith(kinds)]
    plain = {"churn", "bias", "tiers", "features", "calibration", "层级", "偏差"}
    found = [
        name for name in names if name not in plain and re.search(rf"\b{re.escape(name)}\b", text)
    ]
    assert found == []
    assert len(text.split()) < 900
