"""Discounted expected residual transactions (DERT), by the published formula and by summation."""

import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import gammaln, hyperu

from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.modified_beta_geo import ModifiedBetaGeoModel
from winback.estimators.purchase.pareto_nbd import ParetoNBDModel

DATASETS = Path(find_spec("lifetimes").origin).parent / "datasets"
CDNOW = pd.read_csv(DATASETS / "cdnow_customers_summary.csv").rename(
    columns={"x": "frequency", "t_x": "recency"}
)
# Fader, Hardie & Lee (2005): 15% a year is a continuous rate of .0027 a week
RATE = np.log(1.15) / 52
PUBLISHED = {  # CDNOW tenth, weeks, as printed
    ParetoNBDModel: ("ParetoNBDFitter", {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}),
    BetaGeoModel: ("BetaGeoFitter", {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}),
    ModifiedBetaGeoModel: (
        "ModifiedBetaGeoFitter",
        {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614},
    ),
}


def ours(model_class):
    model = model_class()
    for name, value in PUBLISHED[model_class][1].items():
        setattr(model, f"{name}_", value)
    return model


def theirs(model_class):
    name, values = PUBLISHED[model_class]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lifetimes was written for pandas 1
        import lifetimes

        fitter = getattr(lifetimes, name)()
    fitter.params_ = pd.Series(values)
    return fitter


def test_the_rate_of_the_paper():
    assert pytest.approx(0.0027, abs=5e-5) == RATE


def test_dert_is_equation_2_of_fader_hardie_and_lee():
    """With the likelihood of lifetimes and SciPy's Psi, which is sound at s = .606."""
    r, alpha, s, beta = PUBLISHED[ParetoNBDModel][1].values()
    paper = pd.DataFrame({"frequency": [7], "recency": [35.0], "T": [77.86]})  # its figure's axes
    rows = pd.concat([paper, CDNOW.iloc[::7]], ignore_index=True)
    x, tx, T = (rows[name].to_numpy(float) for name in ("frequency", "recency", "T"))
    lifetimes = type(theirs(ParetoNBDModel))
    log_likelihood = lifetimes._conditional_log_likelihood([r, alpha, s, beta], x, tx, T)
    log_dert = (
        r * np.log(alpha)
        + s * np.log(beta)
        + (s - 1) * np.log(RATE)
        + gammaln(r + x + 1)
        + np.log(hyperu(s, s, RATE * (beta + T)))
        - gammaln(r)
        - (r + x + 1) * np.log(alpha + T)
        - log_likelihood
    )
    got = ours(ParetoNBDModel).discounted_purchases(rows, np.inf, rate=RATE)
    np.testing.assert_allclose(got, np.exp(log_dert), rtol=1e-9)


@pytest.mark.parametrize("model_class", PUBLISHED)
def test_discounted_purchases_are_lifetimes_predictions_summed_week_by_week(model_class):
    rows = CDNOW.iloc[::200].reset_index(drop=True)
    weeks = np.r_[0.0, np.geomspace(0.02, 2600, 1500)]  # 50 years
    fitter, model = theirs(model_class), ours(model_class)
    x, tx, T = (rows[name].to_numpy(float) for name in ("frequency", "recency", "T"))
    by = np.array(
        [
            fitter.conditional_expected_number_of_purchases_up_to_time(week, x, tx, T)
            if week
            else np.zeros(len(rows))
            for week in weeks
        ]
    )
    worth = np.exp(-RATE * (weeks[1:] + weeks[:-1]) / 2)
    want = worth @ np.diff(by, axis=0)
    got = model.discounted_purchases(rows, 2600, rate=RATE)
    np.testing.assert_allclose(got, want, rtol=1e-4)
