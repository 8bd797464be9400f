import re
from datetime import date

import pytest

from winback.lists.for_people import FOR_PEOPLE, headings
from winback.messages import Words
from winback.reports.customer_page import customer_page

DAY = date(2024, 6, 30)


def told(words, **changes):
    bought = [(date(2024, 1, 1), 20.0), (date(2024, 2, 10), 35.0), (date(2024, 4, 1), 15.0)]
    behaviours = [
        {"day": day, "what": "purchase", "times": 1, "amount": amount, "channel": "web"}
        for day, amount in bought
    ]
    complaint = {"day": date(2024, 5, 2), "what": "complaint", "times": 1, "amount": None}
    sent = {"day": date(2024, 3, 20), "channel": "email", "arm": "treated", "list_id": None}
    history = {
        "behaviours": [*behaviours, {**complaint, "channel": None}],
        "contacts": [{**sent, "followed": "purchase", "after_days": 12, "amount": 15.0}],
        "lists": [{"day": DAY, "list": "churn_warning", "severity": "red", "action": "call"}],
        "p_alive": [{"day": day, "p_alive": 0.9} for day, _ in bought],
    }
    row = dict.fromkeys(FOR_PEOPLE["churn_warning"]) | {
        "rank": 3, "what": "call <b>now</b>", "value": 80.0, "by_when": DAY, "colour": "red",
    }  # fmt: skip
    head = headings(FOR_PEOPLE["churn_warning"], words)
    return {
        "customer_id": "<007>",
        "as_of": DAY,
        "job": "shop",
        "scores": {
            "frequency": 2, "p_repurchase": 0.4, "p_alive": 0.7, "expected_purchases": 1.3,
            "clv": 40.0, "clv_low": 0.0, "clv_high": 90.0,
        },
        "horizons": {"p_repurchase": 90, "value": 365},
        "lists": [
            {"name": "churn_warning", "row": row, "why": ["silent & late"], "head": head},
            {"name": "win_back", "row": None, "why": ["not dormant"], "head": head},
        ],
        "history": history,
        "moved": [{"family": "overdue", "log_odds": 0.4, "words": "late"}],
    } | changes  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_whole_what_to_do_why_and_what_came_of_it(language):
    words = Words(language, "EUR")
    page = customer_page(told(words), words)
    for text in ("&lt;007&gt;", "call &lt;b&gt;now&lt;/b&gt;", "silent &amp; late", "EUR 80"):
        assert text in page
    assert words("page.not_on", why="not dormant") in page
    assert words("page.followed_purchase", days=12, amount=15.0) in page
    assert not re.search(r"<script|https?://|src=|@import|url\(", page)  # loads and runs nothing


def test_a_life_lies_in_order_from_the_first_purchase_to_the_end_of_the_horizon():
    words = Words("en")
    page = customer_page(told(words), words)
    bars = re.findall(r'<i style="left: ([\d.]+)%; height: ([\d.]+)%', page)
    at, height = zip(*(map(float, bar) for bar in bars), strict=True)
    assert at == tuple(sorted(at))
    assert (at[0], max(height)) == (0.0, height[1])  # the largest amount is the highest
    now = float(re.search(r'class="ahead" style="left: ([\d.]+)%', page)[1])
    assert now == pytest.approx(50, abs=0.5)  # the past keeps half of the picture
    assert at[-1] < now


def test_of_a_customer_without_money_or_history_nothing_is_made_up():
    words = Words("en")
    scores = {"frequency": 0, "p_repurchase": 0.1, "p_alive": 1.0, "expected_purchases": 0.04}
    scores |= dict.fromkeys(("clv", "clv_low", "clv_high"))
    nothing = {"behaviours": [], "contacts": [], "lists": [], "p_alive": []}
    page = customer_page(told(words, scores=scores, history=nothing, moved=[]), words)
    assert words("page.alive", share=1.0) not in page  # one purchase tells nothing of leaving
    assert words("page.nothing_sent") in page
    assert 'class="band"' not in page
