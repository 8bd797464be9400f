import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from winback.errors import ModelError
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.modified_beta_geo import ModifiedBetaGeoModel
from winback.estimators.purchase.pareto_nbd import ParetoNBDModel
from winback.estimators.spend.gamma_gamma import GammaGammaModel

DATASETS = Path(find_spec("lifetimes").origin).parent / "datasets"
CDNOW = pd.read_csv(DATASETS / "cdnow_customers_summary_with_transactions.csv").rename(
    columns={"x": "frequency", "t_x": "recency", "zbar": "monetary_value"}
)
PURCHASES = [BetaGeoModel, ModifiedBetaGeoModel, ParetoNBDModel]


@pytest.mark.parametrize("cls", PURCHASES)
def test_plots_and_habits_of_lifetimes_keep_working(cls):
    pytest.importorskip("matplotlib").use("Agg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of lifetimes, on this pandas
        from lifetimes import plotting

        model = cls().fit(CDNOW)
        fitter = model.to_lifetimes(CDNOW)
        axes = [
            plotting.plot_probability_alive_matrix(fitter),
            plotting.plot_frequency_recency_matrix(fitter),
            plotting.plot_period_transactions(fitter),
        ]
        assert all(ax.has_data() for ax in axes)
        assert "2357 subjects" in repr(fitter)
        np.testing.assert_allclose(
            fitter.summary["se(coef)"], model.summary_["standard_error"], rtol=1e-12
        )
        drawn = fitter.generate_new_data(size=2357)
        assert drawn["frequency"].mean() == pytest.approx(CDNOW["frequency"].mean(), rel=0.25)


def test_gamma_gamma_goes_back_with_its_customers():
    spenders = CDNOW[CDNOW["frequency"] > 0]
    model = GammaGammaModel().fit(spenders)
    fitter = model.to_lifetimes(spenders)
    np.testing.assert_allclose(
        fitter.conditional_expected_average_profit(), model.expected_spend(spenders), rtol=1e-12
    )
    np.testing.assert_allclose(fitter.variance_matrix_, model.covariance_)


def test_a_frame_without_its_columns_is_refused():
    with pytest.raises(ModelError, match="given to BetaGeoFitter has no column 'T'"):
        BetaGeoModel().fit(CDNOW).to_lifetimes(CDNOW.drop(columns="T"))
