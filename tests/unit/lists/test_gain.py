"""What is said of the uplift against what is true of it, on a simulated shop."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.data.simulate import read_truth, simulate
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.features.rfm import rfm_summary
from winback.lists.gain import within_p_alive

AS_OF, HORIZON = date(2025, 12, 31), 90


@pytest.fixture(scope="module")
def dormant(tmp_path_factory):
    """Return dormant customers: what a purchase model says of them, and the truth."""
    folder = tmp_path_factory.mktemp("shop")
    simulate(folder, customers=6_000, seed=3)
    engine = open_engine()
    columns = {"customer_id": "buyer", "timestamp": "ordered_at", "amount": "paid"}
    transactions = read_transactions(
        folder / "transactions.parquet",
        columns=columns,
        as_of=AS_OF,
        policy=IntakePolicy(max_rejected_share=0.2),
        engine=engine,
    )
    rfm = rfm_summary(transactions, AS_OF)
    engine.disconnect()
    model = BetaGeoModel().fit(rfm)
    said = rfm.assign(
        p_alive=model.p_alive(rfm), p_repurchase=model.p_purchase(rfm, HORIZON)
    ).set_index("customer_id")
    said = said[(said["T"] - said["recency"]).between(181, 730)]
    true = read_truth(folder).at(AS_OF, HORIZON).set_index("customer_id")
    return said.join(true[["uplift"]], how="inner")


def test_said_and_true_uplift_agree_better_within_p_alive(dormant):
    flat = pd.Series(dormant["uplift"].mean(), index=dormant.index)  # as a perfect experiment
    said = within_p_alive(flat, dormant)

    def off(guess, by):
        half = pd.qcut(dormant[by].rank(method="first"), 2, labels=False)
        means = pd.DataFrame({"said": guess, "true": dormant["uplift"]}).groupby(half).mean()
        return float(np.abs(means["said"] - means["true"]).max())

    assert len(dormant) > 500
    apart = {by: off(said, by) / off(flat, by) for by in ("p_repurchase", "p_alive")}
    assert max(apart.values()) < 0.6, apart
    assert said.mean() == pytest.approx(flat.mean(), rel=0.02)  # what was measured of them all
    assert ((said <= dormant["p_alive"] - dormant["p_repurchase"]) | (said == 0)).all()


def test_harm_is_harm_whoever_is_alive():
    customers = pd.DataFrame({"p_alive": [0.9, 0.0], "p_repurchase": [0.2, 0.1]})
    harm = pd.Series([-0.03, -0.03])
    pd.testing.assert_series_equal(within_p_alive(harm, customers), harm)
    nothing = within_p_alive(pd.Series([0.03]), customers.tail(1).reset_index(drop=True))
    assert nothing.tolist() == [0.0]
