"""BG/NBD and Gamma-Gamma against print and against lifetimes.

Printed numbers: CDNOW, the published tenth calibrated to 1997-09-30, in weeks. BG/NBD: Fader,
Hardie & Lee (2005), table 2; Gamma-Gamma: Fader & Hardie (2013), section 3 (946 repeaters).
"""

import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from winback.estimators.beta_geo import BetaGeoModel
from winback.estimators.gamma_gamma import GammaGammaModel

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


def test_beta_geo_as_printed(tenth):
    model = BetaGeoModel().fit(tenth)
    assert round(model.r_, 3) == 0.243
    assert round(model.alpha_, 3) == 4.414
    assert round(model.a_, 3) == 0.793
    assert round(model.b_, 3) == 2.426
    assert round(model.log_likelihood_, 2) == -9582.43
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


def test_beta_geo_predicts_as_lifetimes_does_on_all_of_cdnow(full):
    assert len(full) == 23_570
    theirs = lifetimes_fit("BetaGeoFitter", full["frequency"], full["recency"], full["T"])
    ours = BetaGeoModel().fit(full)
    np.testing.assert_allclose(
        [ours.r_, ours.alpha_, ours.a_, ours.b_], theirs.params_.to_numpy(), rtol=1e-4
    )
    back = ours.to_lifetimes()  # the same parameters, their formulas
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
    model = BetaGeoModel().fit(tenth)
    new = pd.DataFrame({"frequency": [0], "recency": [0], "T": [0]})
    none = model.to_lifetimes().probability_of_n_purchases_up_to_time(39, 0)
    assert model.p_purchase(new, 39).iloc[0] == pytest.approx(1 - none, rel=1e-12)
