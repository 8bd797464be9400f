"""What the ledger says in words: what to do, and when more will be known."""

import pytest

from winback.campaigns.decision import (
    BROKEN,
    HARMS,
    OPEN,
    RATIO,
    SMALL,
    UNDECIDED,
    WORKS,
    decision_of,
    say_verdict,
)
from winback.messages import Words

ROW = {
    "verdict": OPEN, "decision": "continue", "next_look": None, "next_customers": 5000.0,
    "looks": 3, "planned_looks": 12, "information": 0.25, "treated": 600, "control": 400,
    "planned_effect": 0.8,
}  # fmt: skip
OVER = {"verdict": UNDECIDED, "looks": 9, "information": 1.0}


def test_what_follows_from_a_verdict():
    verdicts = [WORKS, HARMS, OPEN, UNDECIDED, SMALL, BROKEN, RATIO]
    assert [decision_of(verdict) for verdict in verdicts] == [
        "scale", "stop", "continue", "continue", "continue", "check", "check",
    ]  # fmt: skip
    assert decision_of(UNDECIDED, over=False, high=-1.0) == "continue"  # looks are still to come
    assert decision_of(UNDECIDED, over=True, high=-1.0) == "stop"


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({}, "next look when the outcomes of 5,000 customers are known, 4,000 more than now"),
        ({"next_look": "2024-07-20 00:00:00"}, "next look on 2024-07-20"),
        ({"next_customers": None}, "too little is known to say when"),
        (OVER, "a new campaign of about 5,000 customers would show USD 0.80"),
        (OVER | {"next_customers": None}, "try again with more customers"),
        (OVER | {"decision": "stop"}, "USD 0.80 a contacted customer, which it was to bring, is"),
        ({"verdict": WORKS}, "it works beyond chance: do more of it"),
        ({"verdict": HARMS}, "it harms beyond chance, net of its cost: stop"),
        ({"verdict": RATIO}, "find out who was left out"),
    ],
)
def test_the_words_for_operations(over, said):
    assert said in say_verdict(ROW | over).say(Words(currency="USD"))
    assert say_verdict(ROW | over).say(Words("zh", "CNY"))
