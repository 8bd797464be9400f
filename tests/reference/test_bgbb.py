"""BG/BB against print: the donations of Fader, Hardie & Shang (2010), as `lifetimes` ships them.

Parameters and log-likelihood: their section 5. P(alive in 2002): table 6. The customers who give in
none and in all six years, and the gifts expected of everybody in the five years after: Hardie's
spreadsheet (brucehardie.com/notes/010), as the tests of lifetimes carry it.
"""

from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from winback.estimators.purchase.beta_binomial import BetaGeoBetaBinomialModel

DATASETS = Path(find_spec("lifetimes").origin).parent / "datasets"


@pytest.fixture(scope="module")
def donations():
    names = {"periods": "T", "weights": "weight"}
    return pd.read_csv(DATASETS / "donations.csv").rename(columns=names)


@pytest.fixture(scope="module")
def model(donations):
    return BetaGeoBetaBinomialModel().fit(donations)


def test_parameters_are_the_printed_ones(model):
    printed = {"alpha": "1.204", "beta": "0.750", "gamma": "0.657", "delta": "2.783"}
    assert {name: f"{getattr(model, f'{name}_'):.3f}" for name in model.names} == printed
    assert f"{model.log_likelihood_:.1f}" == "-33225.6"
    assert model.converged_
    assert model.degenerate_ is None


@pytest.mark.parametrize(("x", "last", "printed"), [(0, 0, 0.11), (2, 4, 0.59), (6, 6, 0.93)])
def test_the_chance_to_be_there_in_the_year_after_is_the_printed_one(model, x, last, printed):
    donor = pd.DataFrame({"frequency": [x], "recency": [last], "T": [6]})
    stays = (model.delta_ + 6) / (model.gamma_ + model.delta_ + 6)  # one occasion more
    assert model.p_alive(donor).iloc[0] * stays == pytest.approx(printed, abs=0.005)


def test_what_is_expected_of_all_is_what_the_spreadsheet_says(model, donations):
    ahead = model.expected_purchases(donations, 5) @ donations["weight"]
    assert ahead == pytest.approx(12_884.2, abs=0.5)
    nobody = (1 - model.p_purchase_new(6)) * donations["weight"].sum()
    assert nobody == pytest.approx(3454.9, abs=0.5)


def test_lifetimes_predicts_the_same(model, donations):
    fitter = model.to_lifetimes()
    columns = [donations[name] for name in ("frequency", "recency", "T")]
    theirs = fitter.conditional_expected_number_of_purchases_up_to_time(5, *columns)
    assert model.expected_purchases(donations, 5).to_numpy() == pytest.approx(theirs.to_numpy())
    alive = fitter.conditional_probability_alive(0, *columns)
    assert model.p_alive(donations).to_numpy() == pytest.approx(alive.to_numpy())
