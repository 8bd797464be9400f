"""Which value model, and why: in order, in both languages, and on the card of a version."""

import re

import pytest

from winback.evaluation.contest import DEFAULT, NOTHING, _default, _writing_off
from winback.evaluation.level import Level
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.messages import Words
from winback.reports.page import render
from winback.reports.value_choice import card_text, choice

REASONS = (
    "beta_geo+own_mean, judged on 3 inner cut-offs of 181 days: total 0.87 of the actual"
    "; loss +0.6% against pareto_nbd+gamma_gamma (-0.7% to +2.4%), not told apart, and simpler"
    "; left out, as they predict 0 for customers who came back: zero (100% of the total),"
    " rate+own_mean (18% of the total)"
    "; left out, as they miss the level: mean_btyd_count (1.41), lightgbm_count (1.58)"
    "; all that are left lose to a simple rule, this one in gini to rate+own_mean (+7.0%)"
    "; left out, as they lose in more than it: poisson+gamma_gamma_all (in mae to"
    " last_period+own_mean (+2.0%)) and 6 more"
    "; could not be fitted: lightgbm_tweedie (too few customers to learn from snapshots: got 479"
    " customers, 263 purchases after snapshots; allowed: 500 and 100 or more) and 2 more"
    "; actual over predicted 1.01, 1.24 a year before: the level strays by 22%"
    "; intervals reach from 0.76 to 1.50 of it, with 30% of the days ahead busy, 12% off what was"
    " seen"
)
LOSES = "loses in mae to rate+own_mean (+2.0%); rmse to beta_geo+gamma_gamma (+1.5%)"
ROWS = [
    ("zero", 0.9, "predicts 0 for customers who brought 100%"),
    ("lightgbm_tweedie", None, "too few customers to learn from snapshots"),
    ("beta_geo+own_mean", 1.006, ""),
    ("mean_btyd_count", 1.02, LOSES),
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


def told():
    return choice(REASONS + "\n", [*INNER, *OTHER, *CONTEST], "revenue")


def test_those_left_in_come_first_by_loss_and_the_choice_before_its_twin():
    found = told()
    assert found["chosen"] == "beta_geo+own_mean"
    assert [(entry["model"], entry["chosen"]) for entry in found["candidates"]] == [
        ("pareto_nbd+gamma_gamma", False),
        ("beta_geo+own_mean", True),
        ("beta_geo+gamma_gamma", False),
        ("zero", False),
        ("mean_btyd_count", False),
        ("lightgbm_tweedie", False),
    ]
    assert "; ".join(found["reasons"]) == REASONS
    assert len(found["reasons"]) == 9


@pytest.mark.parametrize(
    ("reasons", "rows"),
    [
        ("beta_geo+gamma_gamma, as the job names it; level not seen yet", CONTEST),
        ("the value model falls back on rate+own_mean, as zero cannot be fitted: x", CONTEST[:1]),
        (None, []),
    ],
)
def test_nothing_is_told_where_nothing_was_chosen(reasons, rows):
    assert choice(reasons, rows, "revenue") is None


def default(why):
    return _default("revenue", VALUE_CANDIDATES, DEFAULT, why, None).reasons


@pytest.mark.parametrize(
    "said",
    [
        *told()["reasons"],
        LOSES,
        *(entry["note"] for entry in told()["candidates"] if entry["note"]),
        "rate+own_mean, judged on 1 inner cut-off of 90 days: total 1.20 of the actual",
        "loss -0.3% against zero (-0.7% to -0.0%)",
        "no other candidate is left",
        "left out, as they lose to a simple rule: zero (in rmse to rate+own_mean (+9.0%))",
        "could not be fitted: poisson+gamma_gamma_all (too few customers to learn from snapshots)",
        "predicts 1.58 of the actual total",
        _writing_off({"zero": 1.0}, ["zero"], ["zero"]).removeprefix("; "),
        *map(default, ["history is too short for one", *NOTHING.values()]),
        *str(Level(0.2, (), 0.3, 0.3)).split("; "),
        "intervals reach from 0.76 to 1.50 of it, with 30% of the days ahead busy, as was seen",
    ],
)
def test_every_reason_is_said_in_chinese(said):
    chinese = Words("zh").sentences([said])
    left = re.findall(r"[a-z_]{2,}", re.sub(r"[A-Z][\w/-]*", "", chinese))
    assert left == []
    assert sorted(re.findall(r"\d+", chinese)) == sorted(re.findall(r"\d+", said))


def test_a_card_names_the_choice_three_runners_up_and_why():
    card = card_text(told(), REASONS, ["few customers"], Words())
    first, why, _, rivals, _, caveats = card.split("\n\n")
    assert "BG/NBD with own mean spend" in first
    assert why.count("\n* ") == 8
    assert [line.partition(":")[0] for line in rivals.split("\n")] == [
        "* Pareto/NBD with Gamma-Gamma",
        "* BG/NBD with Gamma-Gamma",
        "* nobody buys again",
    ]
    assert rivals.endswith("left out: predicts 0 for customers who brought 100%")
    assert "1.006 (0.990\N{EN DASH}1.030) times that of the best" in rivals
    assert caveats == "* Few customers."


@pytest.mark.parametrize(("language", "heading"), [("en", "Which model, and why"), ("zh", "为何")])
def test_the_page_shows_the_contest_or_nothing_of_it(arguments, language, heading):
    arguments["job"]["language"] = language
    assert heading not in render(arguments.report(), {})
    page = render(arguments.report(reasons=REASONS, contest=CONTEST), {})
    part = page.partition(heading)[2].partition('<h3 class="part">')[0]
    first, _, folded = part.partition("<details")
    assert first.count("<li>") == 9
    assert (first.count('<th scope="row">'), folded.count('<th scope="row">')) == (4, 6)
    assert part.count('class="chosen"') == 2
