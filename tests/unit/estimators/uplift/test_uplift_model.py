import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from winback.errors import DataError, ModelError
from winback.estimators.uplift.uplift_model import MEASURED, TOO_FEW, UNCLEAR, UpliftModel

COLUMNS = ("silence", "basket")


def campaign(n, gain, *, seed=0, base=0.1, share=0.5):
    """A randomised campaign; `gain` is a number or a function of the covariates."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {"silence": rng.random(n), "basket": rng.random(n), "channel": rng.choice([*"abcd"], n)}
    )
    treated = (rng.random(n) < share).astype(int)
    y = (rng.random(n) < base + treated * (gain(X) if callable(gain) else gain)).astype(int)
    return X, y, treated


def model(**over):
    return UpliftModel(columns=COLUMNS, groups=("channel",), **over)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    held = 0
    for seed in range(200):
        fitted = model().fit(*campaign(1500, 0.04, seed=seed, share=0.7))
        held += fitted.low_ <= 0.04 <= fitted.high_
    assert 0.91 <= held / 200 <= 0.99


def test_without_heterogeneity_everybody_is_given_nearly_the_same():
    spread = []
    for seed in range(20):
        X, y, treated = campaign(4000, 0.05, seed=seed)
        fitted = model().fit(X, y, treated)
        spread.append(fitted.predict_frame(X)["uplift"].std())
        raw = fitted.factors_["silence x basket"]["difference"]
        assert spread[-1] < raw.std()  # never more precise than the data allow
    assert np.median(spread) < 0.008


def test_heterogeneity_is_found_and_ranks_customers():
    by_channel = {"a": 0.0, "b": 0.05, "c": 0.1, "d": -0.05}

    def truth(X):
        return X["channel"].map(by_channel) + 0.1 * (X["basket"] - 0.5)

    X, y, treated = campaign(20_000, truth)
    fitted = model().fit(X, y, treated)
    assert fitted.status_ == MEASURED
    told = fitted.predict_frame(X)
    assert told["uplift"].corr(truth(X)) > 0.9
    assert ((told["uplift_low"] <= truth(X)) & (truth(X) <= told["uplift_high"])).mean() > 0.9
    assert "differs by" in str(fitted.reason_)
    assert "channel" in str(fitted.reason_)


def test_no_gain_is_not_distinguishable_from_none():
    verdicts = [model().fit(*campaign(2000, 0.0, seed=s)).status_ for s in range(60)]
    assert verdicts.count(UNCLEAR) >= 52


def test_too_few_claim_nothing():
    X, y, treated = campaign(150, 0.5)
    fitted = model().fit(X, y, treated)
    assert fitted.status_ == TOO_FEW
    assert "fewer than 100 an arm" in str(fitted.reason_)
    assert (fitted.low_, fitted.high_) == (-1, 1)
    nobody = model().fit(X.head(0), [], [])
    assert nobody.status_ == TOO_FEW
    assert nobody.predict_frame(X)["uplift_high"].eq(1).all()


def test_campaigns_with_other_shares_are_not_confounded():
    # nothing works; the better season had more treated
    one = campaign(6000, 0.0, base=0.3, share=0.8, seed=1)
    other = campaign(6000, 0.0, base=0.05, share=0.2, seed=2)
    X = pd.concat([one[0], other[0]], ignore_index=True)
    y, treated = np.concatenate([one[1], other[1]]), np.concatenate([one[2], other[2]])
    naive = model().fit(X, y, treated)
    by_campaign = model().fit(X, y, treated, campaign=np.repeat(["one", "other"], 6000))
    assert naive.low_ > 0.1
    assert by_campaign.low_ < 0 < by_campaign.high_
    assert "2 campaigns" in str(by_campaign.source_)
    lonely = np.where(np.arange(12_000) < 6000, "one", np.where(treated > 0, "x", "y"))
    alone = model().fit(X, y, treated, campaign=lonely)  # x and y have no comparison group
    assert alone.campaigns_ == ["one"]
    assert alone.n_treated_ == one[2].sum()


def test_repeated_contacts_of_a_customer_do_not_sharpen_the_interval():
    X, y, treated = campaign(2000, 0.05)
    once = model().fit(X, y, treated)
    five = [np.tile(values, 5) for values in (y, treated, np.arange(2000))]
    often = pd.concat([X] * 5, ignore_index=True)
    repeated = model().fit(often, five[0], five[1], customer=five[2])
    assert repeated.variance_ == pytest.approx(once.variance_, rel=0.01)
    assert model().fit(often, five[0], five[1]).variance_ < once.variance_ / 4


def test_a_cell_never_seen_gets_the_overall_difference_and_a_wider_interval():
    X, y, treated = campaign(20_000, lambda X: 0.1 * (X["channel"] == "a"))
    fitted = model().fit(X, y, treated)
    known, new = fitted.predict_frame(X.head(1).assign(channel=["a"])), X.head(1)
    unseen = fitted.predict_frame(new.assign(channel=["z"])).iloc[0]
    width = known["uplift_high"] - known["uplift_low"]
    assert unseen["uplift_high"] - unseen["uplift_low"] > width.iloc[0]
    without = fitted.predict_frame(new.drop(columns="channel")).iloc[0]
    assert without["uplift"] == pytest.approx(unseen["uplift"])


def test_it_keeps_the_contract_of_estimators():
    X, y, treated = campaign(1000, 0.1)
    X.index = X.index[::-1] + 7
    fitted = model()
    assert clone(fitted).get_params() == fitted.get_params()
    assert fitted.fit(X, y, treated) is fitted
    assert fitted.predict_frame(X).index.equals(X.index)
    shuffled = np.random.default_rng(1).permutation(1000)
    again = model().fit(X.iloc[shuffled], y[shuffled], treated[shuffled])
    pd.testing.assert_frame_equal(again.predict_frame(X), fitted.predict_frame(X))
    with pytest.raises(DataError, match="lack a column"):
        model().fit(X.drop(columns="silence"), y, treated)
    with pytest.raises(DataError, match="missing or infinite"):
        model().fit(X.assign(silence=np.nan), y, treated)
    with pytest.raises(ModelError, match="bands"):
        model(bands=7).fit(X, y, treated)
