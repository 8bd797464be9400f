"""Pareto/NBD with static covariates against print: the apparel retailer of CLVTools.

Meierer, Bachmann, Naef, Schilter & Algesheimer, "Estimating Individual Customer Lifetime Values
with R: The CLVTools Package" (arXiv 2602.09845), section 6.4.1: 600 customers of one day, 104
weeks.
What single customers' likelihood, P(alive), expected transactions in 52 weeks and residual ones
(DERT, 7.5% a year) are at the printed parameters: CLVTools itself, as a port of it has kept them.
"""

import numpy as np
import pandas as pd
import pytest

from winback.estimators.purchase.covariate_likelihood import CovariateLikelihood
from winback.estimators.purchase.pareto_nbd_covariates import ParetoNBDCovariatesModel

KNOWN = ("gender", "channel")
PRINTED = {"r": 1.8378, "alpha": 92.9123, "s": 0.5920, "beta": 49.6227}
PURCHASE, DROPOUT = {"gender": 0.2859, "channel": 0.6241}, {"gender": -0.6430, "channel": 0.7907}
# repeat purchases, day of the last, gender, channel; ln L, P(alive), expected, DERT
CUSTOMERS = [
    (0, 0, 1, 0, -1.20673840601712, 0.402752640694384, 0.206313391502705, 1.56529392833355),
    (0, 0, 0, 1, -0.941071340897686, 0.116021328190344, 0.0648480225246031, 0.435949594571139),
    (1, 224, 1, 1, -6.53147425121735, 0.373339405816014, 0.355040153378327, 2.48528735621652),
    (2, 25, 1, 1, -8.06000918233153, 0.034551919373134, 0.0444371678922954, 0.311060961578364),
    (2, 697, 1, 0, -10.7664359577022, 0.986052889819999, 1.05480777726136, 8.00279709077715),
    (3, 719, 0, 1, -15.1988966584043, 0.993847252863626, 1.46227215112219, 9.83032213808103),
    (6, 653, 0, 0, -25.4325952149119, 0.94786413345444, 1.79436810587341, 12.7155698900573),
    (11, 226, 1, 1, -31.7086486508424, 0.0018469732360445, 0.00794589943021998, 0.0556214366172003),
    (21, 669, 0, 1, -60.7321957293596, 0.921345941743965, 6.39937631759914, 43.0206720660918),
]


@pytest.fixture
def customers():
    columns = ["frequency", "day", *KNOWN, "log_likelihood", "alive", "expected", "dert"]
    frame = pd.DataFrame(CUSTOMERS, columns=columns)
    return frame.assign(recency=frame["day"] / 7, T=104.0)


def at_the_printed_parameters():
    model = ParetoNBDCovariatesModel(purchase=KNOWN, dropout=KNOWN)
    effects = {f"purchase_{name}": np.exp(value) for name, value in PURCHASE.items()}
    effects |= {f"dropout_{name}": np.exp(value) for name, value in DROPOUT.items()}
    for name, value in (PRINTED | effects).items():
        setattr(model, f"{name}_", value)
    return model


def test_customers_have_the_likelihood_and_the_predictions_of_clvtools(customers):
    model = at_the_printed_parameters()
    assert model.p_alive(customers).to_numpy() == pytest.approx(customers["alive"], rel=1e-9)
    expected = model.expected_purchases(customers, 52)
    assert expected.to_numpy() == pytest.approx(customers["expected"], rel=1e-9)
    dert = model.discounted_purchases(customers, np.inf, rate=np.log(1.075) / 52)
    assert dert.to_numpy() == pytest.approx(customers["dert"], rel=1e-9)
    for row in range(len(customers)):
        x, last, T, *z = (customers[[name]].to_numpy(float)[[row], 0] for name in model.columns)
        known = np.column_stack(z)
        one = CovariateLikelihood(x, last, T, np.ones(1), known, known)
        found, *_ = one(model._estimates(), False)
        assert found == pytest.approx(customers["log_likelihood"][row], rel=1e-9)


def test_the_fit_is_the_printed_one(real_data):
    frame = pd.read_csv(real_data("apparel_weeks.csv"))
    model = ParetoNBDCovariatesModel(purchase=KNOWN, dropout=KNOWN).fit(frame)
    assert model.converged_
    assert f"{model.log_likelihood_:.3f}" == "-5821.063"
    summary = model.summary_
    for name, value in PRINTED.items():  # their search ends a little before the top
        assert summary.loc[name, "estimate"] == pytest.approx(value, rel=0.003)
    for rate, effects in (("purchase", PURCHASE), ("dropout", DROPOUT)):
        for name, value in effects.items():
            gamma = np.log(summary.loc[f"{rate}_{name}", "estimate"])
            assert gamma == pytest.approx(value, abs=0.002)
