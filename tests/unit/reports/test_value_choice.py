"""Which value model, and why: in order, in both languages, and on the card of a version."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from winback.errors import NotEnoughDataError
from winback.evaluation import contest
from winback.evaluation.contest import DEFAULT, _default, _such_as
from winback.evaluation.level import Level
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.messages import Message, Words
from winback.reports.page import render
from winback.reports.stored_messages import sentences
from winback.reports.value_choice import card_text, choice

FEW = NotEnoughDataError(
    Message("few.to_learn"),
    got=Message("few.of_snapshots", n=479, buyers=263),
    allowed=Message("bound.both", n=500, buyers=100),
)
AHEAD = Message(
    "contest.ahead", model="pareto_nbd+gamma_gamma", change=0.006, low=-0.007, high=0.024
)
UNABLE = Message("contest.because", model="lightgbm_tweedie", why=Message.of_error(FEW))
LEVEL = Level(
    0.0,
    0.22,
    [{"ratio": 1.01, "season": False}, {"ratio": 1.24, "season": True}],
    low=-np.log(0.76),
    high=np.log(1.5),
    busy=0.3,
    unseen=0.12,
)
CHOSEN = "beta_geo+own_mean"
REASONS = Message.of_all(
    [
        Message("contest.judged", model=CHOSEN, n=3, days=181, bias=0.87),
        Message("contest.simpler", said=AHEAD),
        Message("contest.unable", models=_such_as([UNABLE] * 3)),
        LEVEL.message,
    ]
)
ENGLISH = (
    "BG/NBD with own mean spend, judged on 3 inner cut-offs of 181 days at the level of the past:"
    " total 0.87 of the actual"
    "; loss +0.6% against Pareto/NBD with Gamma-Gamma (-0.7% to +2.4%), not told apart, and simpler"
    "; could not be fitted: LightGBM (Tweedie) (too few customers to learn from snapshots: got 479"
    " customers, 263 purchases after snapshots; allowed: 500 and 100 or more) and 2 more"
    "; actual over predicted 1.01, 1.24 a year before in the past"
    "; predictions are multiplied by 1.00; the level may lie from 0.76 to 1.50, with 30% of the"
    " days ahead busy, 12% off what was seen"
)
ROWS = [
    ("zero", 0.9, Message("contest.predicts_nothing")),
    ("lightgbm_tweedie", None, "too few customers to learn from snapshots"),
    ("beta_geo+own_mean", 1.006, ""),
    ("mean_btyd_count", 1.02, "no purchase is left"),
    ("pareto_nbd+gamma_gamma", 1.0, None),
    ("beta_geo+gamma_gamma", 1.006, None),
]
CONTEST = [
    {"target": "revenue", "as_of": "pooled", "candidate": name, "bias": 0.87}
    | {"loss_ratio": ratio, "low": ratio and 0.99, "high": ratio and 1.03, "note": note}
    for name, ratio, note in ROWS
]
INNER = [{**row, "as_of": "2011-01-31", "note": None} for row in CONTEST]
OTHER = [{**row, "target": "purchases"} for row in CONTEST]


def stored():
    return choice(CHOSEN, REASONS, [*INNER, *OTHER, *CONTEST])


def test_those_left_in_come_first_by_loss_and_the_choice_before_its_twin():
    record = stored()
    assert record["chosen"] == "beta_geo+own_mean"
    assert [(entry["model"], entry["chosen"]) for entry in record["candidates"]] == [
        ("pareto_nbd+gamma_gamma", False),
        ("beta_geo+own_mean", True),
        ("beta_geo+gamma_gamma", False),
        ("zero", False),
        ("mean_btyd_count", False),
        ("lightgbm_tweedie", False),
    ]
    assert [Message.of(reason) for reason in record["reasons"]] == REASONS.clauses
    assert len(record["reasons"]) == 5
    assert str(REASONS) == ENGLISH
    assert record["reasons"][3]["text"] == ENGLISH.split("; ")[4]  # for whoever looks at it
    assert json.loads(json.dumps(record)) == record


def test_nothing_is_told_where_nothing_was_chosen():
    named = Message.of_all([Message("contest.named", model=CHOSEN), contest.NO_LEVEL.message])
    assert choice(CHOSEN, named, CONTEST) is None
    fallback = Message("fit.falls_back", model="rate+own_mean", failed="zero", why="x")
    assert choice("rate+own_mean", fallback, CONTEST[:1]) is None
    assert choice("rate+own_mean", fallback, CONTEST)["fallback"]


def test_what_an_earlier_version_said_in_english_is_shown_as_stored():
    record = choice(CHOSEN, Message.of("zero, as I said; so there"), CONTEST)
    assert record["chosen"] == CHOSEN
    text = card_text(record, Message.of("x"), [], Words("zh"))
    assert "* Zero, as I said; so there\u3002" in text


def default(why):
    return _default("revenue", VALUE_CANDIDATES, DEFAULT, why, None).reasons


@pytest.mark.parametrize(
    "said",
    [
        *REASONS.clauses,
        Message("contest.predicts_nothing"),
        Message("contest.alone"),
        *map(default, [Message("contest.short"), *contest.NOBODY_BACK.values()]),
        *Level(0.0, 0.2, [], 0.3, 0.3).message.clauses,
        *replace(LEVEL, unseen=0.0).message.clauses,
    ],
)
def test_every_reason_is_said_in_chinese(said):
    chinese = sentences([said], Words("zh"))
    left = re.findall(r"[a-z_]{2,}", re.sub(r"[A-Z][\w/-]*", "", chinese))
    assert left == []
    assert sorted(re.findall(r"\d+", chinese)) == sorted(re.findall(r"\d+", str(said)))


def test_a_card_names_the_choice_three_runners_up_and_why():
    card = card_text(stored(), REASONS, ["few customers"], Words())
    first, why, _, rivals, _, caveats = card.split("\n\n")
    assert "BG/NBD with own mean spend" in first
    assert why.count("\n* ") == 4
    assert [line.partition(":")[0] for line in rivals.split("\n")] == [
        "* Pareto/NBD with Gamma-Gamma",
        "* BG/NBD with Gamma-Gamma",
        "* nobody buys again",
    ]
    assert rivals.endswith("left out: predicts nothing at all")
    assert "1.006 (0.990\N{EN DASH}1.030) times that of the best" in rivals
    assert caveats == "* Few customers."


@pytest.mark.parametrize(("language", "heading"), [("en", "Which model, and why"), ("zh", "为何")])
def test_the_page_shows_the_contest_or_nothing_of_it(arguments, language, heading):
    arguments["job"]["language"] = language
    assert heading not in render(arguments.report(), {})
    page = render(arguments.report(choice=stored()), {})
    part = page.partition(heading)[2].partition('<h3 class="part">')[0]
    first, _, folded = part.partition("<details")
    assert first.count("<li>") == 5
    assert (first.count('<th scope="row">'), folded.count('<th scope="row">')) == (4, 6)
    assert part.count('class="chosen"') == 2
