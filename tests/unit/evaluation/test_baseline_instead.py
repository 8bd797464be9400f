"""Whether a baseline takes the place of what a contest chose."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.evaluation.baseline_instead import baseline_instead
from winback.evaluation.forward import ForwardTest
from winback.evaluation.gate import GateEvidence
from winback.evaluation.windows import Window
from winback.messages import Message

WINDOW = Window(date(2024, 1, 1), date(2024, 4, 1))
N = 4000


def evidence(**spreads):
    """Churn models that know each customer's log-odds up to an error of so large a spread."""
    rng = np.random.default_rng(3)
    odds = rng.normal(0.3, 1.5, N)
    churned = (rng.random(N) < 1 / (1 + np.exp(-odds))) * 1.0
    models = {
        name: pd.DataFrame({"predicted": 1 / (1 + np.exp(-odds - rng.normal(0, spread, N)))})
        for name, spread in spreads.items()
    }
    test = ForwardTest(WINDOW, "churn", pd.Series(np.arange(N).astype(str)), churned, models)
    return GateEvidence("churn", WINDOW, [test], Message.of("refitted"))


def found(of, champion=None, baselines=("base_rate", "logistic")):
    return baseline_instead(of, challenger="challenger", baselines=baselines, champion=champion)


def test_the_baseline_that_beats_the_choice_takes_its_place_and_says_by_how_much():
    instead = found(evidence(challenger=1.5, logistic=0.3, base_rate=3.0))
    assert instead.name == "logistic"
    assert str(instead.message).startswith("logistic regression is used instead of the contest's")
    assert "Brier score" in str(instead.message)
    assert "base rate" not in str(instead.message), "only what it lost to that one"


def test_a_choice_that_no_baseline_beats_is_used():
    assert found(evidence(challenger=0.3, logistic=0.3, base_rate=3.0)) is None
    assert found(evidence(challenger=0.5, logistic=1.5, base_rate=3.0)) is None


def test_of_several_baselines_that_beat_it_the_best_is_taken():
    of = evidence(challenger=2.5, logistic=1.2, base_rate=0.2)
    assert found(of).name == "base_rate"


def test_a_baseline_that_is_champion_stays_until_the_choice_is_shown_to_be_better():
    alike = evidence(challenger=0.5, logistic=0.5, base_rate=3.0)
    stays = found(alike, champion="logistic")
    assert (stays.name, stays.message.code) == ("logistic", "gate.baseline_stays")
    assert found(evidence(challenger=0.1, logistic=2.0, base_rate=3.0), champion="logistic") is None


def test_a_champion_that_another_baseline_beats_gives_way_to_that_one():
    of = evidence(challenger=2.0, logistic=1.5, base_rate=0.2)
    assert found(of, champion="logistic").name == "base_rate"


@pytest.mark.parametrize("champion", [None, "logistic"])
def test_without_evidence_the_choice_is_used(champion):
    nothing = GateEvidence("churn", None, [], Message.of("too short"))
    assert found(nothing, champion) is None
