"""The MineThatData e-mail test: known answers to five digits, and "no evidence to rank by"."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from winback.campaigns.effect import effect
from winback.campaigns.ranking import rank_weighted_effect

ARMS = {"mens": "Mens E-Mail", "womens": "Womens E-Mail"}
KNOWN = {  # the difference and its standard error
    ("mens", "visit"): (0.07659, 0.00339),
    ("mens", "conversion"): (0.00681, 0.00092),
    ("mens", "spend"): (0.7698, 0.1453),
    ("womens", "visit"): (0.04523, 0.00323),
    ("womens", "conversion"): (0.00311, 0.00082),
    ("womens", "spend"): (0.4244, 0.1303),
}


@pytest.fixture(scope="module")
def hillstrom(real_data):
    return pd.read_parquet(real_data("hillstrom.parquet"))


def against_none(table, arm):
    rows = table[table["segment"].isin([ARMS[arm], "No E-Mail"])]
    return rows.assign(treated=(rows["segment"] == ARMS[arm]).astype(int))


@pytest.mark.parametrize(("arm", "outcome"), KNOWN)
def test_the_effect_of_each_mail(hillstrom, arm, outcome):
    rows = against_none(hillstrom, arm)
    found = effect(rows[outcome], rows["treated"])
    difference, error = KNOWN[arm, outcome]
    half = 1.1e-4 if outcome == "spend" else 5e-6  # published with a pooled variance
    assert found.difference == pytest.approx(difference, abs=5e-5 if outcome == "spend" else half)
    assert found.standard_error == pytest.approx(error, abs=half)


def test_the_arms_are_as_large_as_they_were_drawn(hillstrom):
    assert round(chisquare(hillstrom["segment"].value_counts()).pvalue, 2) == 0.90


@pytest.mark.parametrize("outcome", ["spend", "visit"])
def test_what_was_spent_before_saves_little_variance(hillstrom, outcome):
    rows = against_none(hillstrom, "mens")
    found = effect(rows[outcome], rows["treated"], rows[["history"]])
    assert 0 < found.variance_saved < 0.005
    assert found.difference == pytest.approx(KNOWN["mens", outcome][0], rel=0.005)


def test_nothing_ranks_mens_spend_and_something_ranks_womens_visits(hillstrom):
    """By a plain score known before: who bought from the women's range is brought to visit."""
    mens, womens = against_none(hillstrom, "mens"), against_none(hillstrom, "womens")
    spend = rank_weighted_effect(mens["history"], mens["spend"], mens["treated"])
    assert spend.low < 0 < spend.high
    visit = rank_weighted_effect(womens["womens"], womens["visit"], womens["treated"])
    assert visit.z > 5
    blind = rank_weighted_effect(np.zeros(len(mens)), mens["spend"], mens["treated"])
    assert blind.estimate == pytest.approx(0, abs=1e-12)
