"""The purchase models and Gamma-Gamma against print and against lifetimes.

Printed numbers: CDNOW, the published tenth calibrated to 1997-09-30, in weeks. BG/NBD: Fader,
Hardie & Lee (2005), table 2; Pareto/NBD: the same paper, table 2; MBG/NBD: the fit by the package
BTYDplus, as the tests of lifetimes carry it; Gamma-Gamma: Fader & Hardie (2013), section 3 (946
repeaters).
"""

import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.modified_beta_geo import ModifiedBetaGeoModel
from winback.estimators.purchase.pareto_nbd import ParetoNBDModel
from winback.estimators.spend.gamma_gamma import GammaGammaModel

DATASETS = Path(find_spec("lifetimes").origin).parent / "datasets"


@pytest.fixture(scope="module")
def tenth():
    return pd.read_csv(DATASETS / "cdnow_customers_summary.csv")


@pytest.fixture(scope="module")
def tenth_spend():
    names = {"x": "frequency", "t_x": "recency", "zbar": "monetary_value"}
    return pd.read_csv(DATASETS / "cdnow_customers_summary_with_transactions.csv").rename(
        columns=names
    )


@pytest.fixture(scope="module")
def full():
    """All 23,570 customers of CDNOW, in weeks."""
    rows = pd.read_csv(
        DATASETS / "CDNOW_master.txt",
        sep=r"\s+",
        header=0,
        names=["id", "day", "cds", "amount"],
        dtype={"day": str},
    )
    rows["day"] = pd.to_datetime(rows["day"], format="%Y%m%d")
    rows = rows[rows["day"] <= "1997-09-30"]
    days = rows.groupby(["id", "day"], as_index=False)["amount"].sum()
    first = days.groupby("id")["day"].transform("min")
    repeat = days[days["day"] > first]
    grouped = days.groupby("id")["day"]
    frame = pd.DataFrame(
        {
            "frequency": grouped.size() - 1.0,
            "recency": (grouped.max() - grouped.min()).dt.days / 7,
            "T": (pd.Timestamp("1997-09-30") - grouped.min()).dt.days / 7,
        }
    )
    frame["monetary_value"] = repeat.groupby("id")["amount"].mean()
    return frame.fillna({"monetary_value": 0.0})


def lifetimes_fit(name, *columns):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lifetimes

        return getattr(lifetimes, name)().fit(*columns)


@pytest.mark.parametrize(
    ("cls", "printed", "log_likelihood"),
    [
        (BetaGeoModel, ["0.243", "4.414", "0.793", "2.426"], -9582.43),
        (ModifiedBetaGeoModel, ["0.5248", "6.183", "0.8914", "1.614"], -9582.14),
        (ParetoNBDModel, ["0.553", "10.578", "0.606", "11.669"], -9594.98),
    ],
)
def test_as_printed(cls, printed, log_likelihood, tenth):
    model = cls().fit(tenth)
    for estimate, text in zip(model.summary_["estimate"], printed, strict=True):
        last_digit = 10.0 ** -len(text.split(".")[1])
        assert estimate == pytest.approx(float(text), abs=1.1 * last_digit)
    assert model.log_likelihood_ == pytest.approx(log_likelihood, abs=0.01)
    assert model.converged_
    assert model.degenerate_ is None
    assert model.diagnostics_["gradient_norm"] < 1e-9


def test_gamma_gamma_as_printed(tenth_spend):
    model = GammaGammaModel().fit(tenth_spend)
    assert model.n_ == 946
    assert (round(model.p_, 2), round(model.q_, 2), round(model.v_, 2)) == (6.25, 3.74, 15.45)
    assert round(model.log_likelihood_, 2) == -4055.92
    assert model.converged_
    assert model.degenerate_ is None


@pytest.mark.parametrize(
    ("cls", "theirs"),
    [
        (BetaGeoModel, "BetaGeoFitter"),
        (ModifiedBetaGeoModel, "ModifiedBetaGeoFitter"),
        (ParetoNBDModel, "ParetoNBDFitter"),
    ],
)
def test_predictions_are_those_of_lifetimes_on_all_of_cdnow(cls, theirs, full):
    assert len(full) == 23_570
    ours = cls().fit(full)
    if cls is not ParetoNBDModel:  # its Nelder-Mead takes a quarter of a minute
        fitted = lifetimes_fit(theirs, full["frequency"], full["recency"], full["T"])
        np.testing.assert_allclose(ours.summary_["estimate"], fitted.params_, rtol=1e-4)
    back = ours.to_lifetimes()  # the same parameters, their formulas
    assert type(back).__name__ == theirs
    rfm = full["frequency"], full["recency"], full["T"]
    np.testing.assert_allclose(
        ours.p_alive(full), back.conditional_probability_alive(*rfm), rtol=1e-10
    )
    for horizon in (1, 13, 39, 520):
        np.testing.assert_allclose(
            ours.expected_purchases(full, horizon), back.predict(horizon, *rfm), rtol=1e-8
        )
        np.testing.assert_allclose(
            ours.expected_purchases_new(horizon),
            back.expected_number_of_purchases_up_to_time(horizon),
            rtol=1e-9,
        )


def test_pareto_nbd_has_the_likelihood_of_lifetimes(tenth):
    """Their fit stops at a tolerance of 1e-4: no better, row by row the same function."""
    from lifetimes import ParetoNBDFitter

    ours = ParetoNBDModel().fit(tenth)
    rfm = tenth["frequency"].to_numpy(), tenth["recency"].to_numpy(), tenth["T"].to_numpy()
    at_ours = ParetoNBDFitter._conditional_log_likelihood(ours._estimates(), *rfm)
    assert at_ours.sum() == pytest.approx(ours.log_likelihood_, rel=1e-12)


@pytest.mark.parametrize(("cls", "third"), [(ModifiedBetaGeoModel, "a"), (ParetoNBDModel, "s")])
def test_where_lifetimes_has_no_answer_ours_lies_between_its_neighbours(cls, third, tenth):
    """At a = 1 and s = 1 their formulas are 0/0."""
    model = cls().fit(tenth)
    frame = pd.DataFrame({"frequency": [0, 3], "recency": [0, 30], "T": [39, 39]})
    values = []
    for value in (1 - 1e-4, 1.0, 1 + 1e-12, 1 + 1e-4):
        setattr(model, f"{third}_", value)
        values.append(model.expected_purchases(frame, 39).to_numpy())
        with np.errstate(all="ignore"):
            rfm = frame["frequency"], frame["recency"], frame["T"]
            theirs = np.asarray(model.to_lifetimes().predict(39, *rfm))
        if abs(value - 1) < 1e-9:
            assert not np.allclose(theirs, values[-1], rtol=1e-6)
        else:
            np.testing.assert_allclose(theirs, values[-1], rtol=1e-6)
    assert (values[0] > values[1]).all()
    np.testing.assert_allclose(values[2], values[1], rtol=1e-9)
    assert (values[2] > values[3]).all()


def test_gamma_gamma_predicts_as_lifetimes_does_on_all_of_cdnow(full):
    spenders = full[(full["frequency"] > 0) & (full["monetary_value"] > 0)]
    columns = spenders["frequency"], spenders["monetary_value"]
    theirs = lifetimes_fit("GammaGammaFitter", *columns)
    ours = GammaGammaModel().fit(full)
    np.testing.assert_allclose([ours.p_, ours.q_, ours.v_], theirs.params_.to_numpy(), rtol=1e-3)
    np.testing.assert_allclose(
        ours.expected_spend(spenders),
        ours.to_lifetimes().conditional_expected_average_profit(*columns),
        rtol=1e-12,
    )
    once = full[full["frequency"] == 0]
    np.testing.assert_allclose(
        ours.expected_spend(once), ours.p_ * ours.v_ / (ours.q_ - 1), rtol=1e-12
    )


def test_probability_of_a_purchase_is_one_minus_lifetimes_probability_of_none(tenth):
    new = pd.DataFrame({"frequency": [0], "recency": [0], "T": [0]})
    for cls in (BetaGeoModel, ModifiedBetaGeoModel):
        model = cls().fit(tenth)
        none = model.to_lifetimes().probability_of_n_purchases_up_to_time(39, 0)
        assert model.p_purchase(new, 39).iloc[0] == pytest.approx(1 - none, rel=1e-12)
    model = ParetoNBDModel().fit(tenth)
    rows = tenth.head(200)
    none = [
        model.to_lifetimes().conditional_probability_of_n_purchases_up_to_time(0, 39, *row)
        for row in rows[["frequency", "recency", "T"]].to_numpy()
    ]
    np.testing.assert_allclose(model.p_purchase(rows, 39), 1 - np.ravel(none), rtol=1e-9)
