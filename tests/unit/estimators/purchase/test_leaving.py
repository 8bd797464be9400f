import numpy as np
import pandas as pd
import pytest

from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.generate import generate_customers
from winback.estimators.purchase.leaving import leaving
from winback.estimators.purchase.purchase_rule import PurchaseRule

SPANS = {"gap_days": 0, "window_days": 13, "horizon_days": 52}


@pytest.fixture(scope="module")
def drawn():
    truth = {"r": 0.8, "alpha": 6.0, "a": 0.8, "b": 4.0}
    age = np.random.default_rng(1).uniform(1, 156, 20_000)
    return generate_customers("beta_geo", truth, age, size=20_000, random_state=1)


def test_what_can_be_kept_is_what_is_true_of_those_who_are_alive(drawn):
    seen = drawn[["frequency", "recency", "T"]]
    model = BetaGeoModel().fit(seen)
    left = leaving(model, seen, **SPANS)
    leaves = 1 - model.p_purchase_window(seen, 0, 13)
    # who is alive buys nothing with exp(-rate t), and drops out only when buying
    rate, dropout = drawn["rate"], drawn["dropout"]
    silent = np.exp(-13 * rate)

    def bought(weeks):
        return -np.expm1(-rate * dropout * weeks) / dropout

    later = silent * bought(39)
    stays = (bought(52) - later) / (1 - silent)
    true_kept = drawn["alive"] * (silent * stays - later)
    kept = leaves * left["lost"] * model.expected_purchases(seen, 52) * left["kept_share"]
    repeated = seen["frequency"] > 0
    for band in (repeated, ~repeated, repeated & (left["p_keepable"].between(0.2, 0.8))):
        alive = (leaves * left["p_keepable"])[band].mean()
        assert alive == pytest.approx((drawn["alive"] * silent)[band].mean(), rel=0.05)
        assert kept[band].mean() == pytest.approx(true_kept[band].mean(), rel=0.1)


def test_shares_are_shares_and_nobody_gone_can_be_kept(drawn):
    model = BetaGeoModel().fit(drawn)
    faded = pd.DataFrame({"frequency": [40.0, 40.0], "recency": [100.0, 20.0], "T": 101.0})
    left = leaving(model, faded, **SPANS)
    assert left["p_keepable"][1] < 1e-6 < left["p_keepable"][0]
    everybody = leaving(model, drawn, **SPANS)
    assert everybody["kept_share"].between(0, everybody["p_keepable"]).all()
    assert everybody["p_keepable"].between(0, 1).all()


def test_a_rule_that_knows_nobody_gone_goes_by_how_overdue_they_are(drawn):
    frame = drawn.head(3).assign(overdue_ratio=[0.0, 3.0, np.nan])
    left = leaving(PurchaseRule("rate").fit(frame), frame, **SPANS)
    assert left["kept_share"].tolist() == [1.0, 0.125, 1.0]
