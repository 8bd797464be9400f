"""A shop without season, drift and complaints is BG/NBD and Gamma-Gamma: the fit finds it."""

import pytest

from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.data.simulate import ShopParameters, simulate
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.spend.gamma_gamma import GammaGammaModel
from winback.features.rfm import rfm_summary

TRUTH = ShopParameters(
    season=False,
    drift=False,
    channel_rate=(1.0, 1.0, 1.0, 1.0),
    channel_dropout=(1.0, 1.0, 1.0, 1.0),
    complaint_share=0.0,
    refund_share=0.0,
    campaigns=(),
)


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    shop = simulate(
        tmp_path_factory.mktemp("plain"),
        customers=20_000,
        seed=2,
        parameters=TRUTH,
    )
    read = read_transactions(
        str(shop.paths["transactions"]),
        columns={"customer_id": "buyer", "timestamp": "ordered_at", "amount": "paid"},
        policy=IntakePolicy(deduplicate=True),
        as_of=shop.last_day,
    )
    return rfm_summary(read, shop.last_day)


def test_beta_geo_finds_the_parameters(frame):
    model = BetaGeoModel().fit(frame)
    estimates = [model.r_, model.alpha_, model.a_, model.b_]
    # days that hold two orders count once, which costs a per cent or two
    assert estimates == pytest.approx([TRUTH.r, TRUTH.alpha, TRUTH.a, TRUTH.b], rel=0.1)


def test_gamma_gamma_finds_the_mean_spend(frame):
    model = GammaGammaModel().fit(frame[frame["frequency"] > 0])
    mean = model.p_ * model.v_ / (model.q_ - 1)
    assert mean == pytest.approx(TRUTH.p * TRUTH.v / (TRUTH.q - 1), rel=0.05)
    assert [model.p_, model.q_] == pytest.approx([TRUTH.p, TRUTH.q], rel=0.15)
