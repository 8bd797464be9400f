import subprocess
import sys

import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.utils.validation import check_is_fitted

from winback.estimators.purchase.purchase_rule import PurchaseRule
from winback.estimators.spend.gamma_gamma import GammaGammaModel
from winback.estimators.spend.spend_rule import SpendRule

HEAVY = ("sklearn", "scipy.stats", "ibis", "duckdb", "lifetimes")


def test_a_fit_its_json_and_its_print_need_no_scikit_learn():
    work = f"""
import sys
import pandas as pd
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.spend.gamma_gamma import GammaGammaModel
frame = pd.DataFrame({{"frequency": [0, 1, 4], "recency": [0, 9, 30], "T": [40, 30, 33]}})
model = BetaGeoModel().fit(frame.assign(weight=[90, 40, 20]))
BetaGeoModel.from_json(model.to_json()).predict(frame, horizon=30)
print(str(model)[:12], GammaGammaModel("all"), sorted(set({HEAVY}) & set(sys.modules)))
"""
    words = [sys.executable, "-c", work]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "BetaGeoModel GammaGammaModel(on='all') []", done.stderr


def test_scikit_learn_takes_it_as_one_of_its_own():
    rule = PurchaseRule("last_period", period=30)
    again = clone(rule).set_params(period=60)
    assert (rule.period, again.get_params()) == (30, {"period": 60, "rule": "last_period"})
    piped = make_pipeline(clone(rule))
    piped.set_params(purchaserule__rule="zero")
    assert "PurchaseRule" in piped._repr_html_()
    assert "PurchaseRule" in rule._repr_html_()
    with pytest.raises(ValueError, match="not fitted"):
        check_is_fitted(SpendRule())
    with pytest.raises(ValueError, match="Invalid parameter 'no'"):
        GammaGammaModel().set_params(no=1)
