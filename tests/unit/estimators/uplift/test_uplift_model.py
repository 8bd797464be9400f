import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from winback.errors import DataError, ModelError
from winback.estimators.uplift.blocks import blocks_of
from winback.estimators.uplift.hierarchy import posterior
from winback.estimators.uplift.uplift_model import MEASURED, TOO_FEW, UNCLEAR, UpliftModel
from winback.sequential import Plan

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
    for seed in range(100):
        fitted = model().fit(*campaign(1500, 0.04, seed=seed, share=0.7))
        held += fitted.low_ <= 0.04 <= fitted.high_
    assert 0.91 <= held / 100 <= 0.99


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
    predicted = fitted.predict_frame(X)
    assert predicted["uplift"].corr(truth(X)) > 0.9
    # the interval is of a band's mean, within which the truth goes on rising
    assert (
        (predicted["uplift_low"] <= truth(X)) & (truth(X) <= predicted["uplift_high"])
    ).mean() > 0.85
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
    seen, new = fitted.predict_frame(X.head(1).assign(channel=["a"])), X.head(1)
    unseen = fitted.predict_frame(new.assign(channel=["z"])).iloc[0]
    width = seen["uplift_high"] - seen["uplift_low"]
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


@pytest.mark.parametrize(
    "gain",
    [pytest.param(0.0, marks=pytest.mark.slow), 0.01, pytest.param(0.04, marks=pytest.mark.slow)],
)
def test_intervals_over_campaigns_that_differ_hold_the_mean_as_often_as_they_say(gain):
    held, n = 0, 100
    for seed in range(n):
        rng = np.random.default_rng(seed)
        effects = gain + rng.normal(0, 0.002, 6)  # campaigns differ
        campaign_of = np.repeat(np.arange(6), 400)
        treated = (rng.random(2400) < 0.7).astype(int)
        y = (rng.random(2400) < 0.1 + treated * effects[campaign_of]).astype(int)
        X = pd.DataFrame({"silence": rng.random(2400), "basket": rng.random(2400)})
        fitted = UpliftModel(columns=COLUMNS, groups=()).fit(X, y, treated, campaign=campaign_of)
        held += fitted.low_ <= gain <= fitted.high_
    assert 0.91 <= held / n <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize("gain", [0.0, 0.01, 0.04])
def test_coverage_is_93_to_97_in_100(gain):
    """Of the data's interval; the one shown holds what is believed, too, and so covers no less."""
    held, shown = [], []
    for seed in range(400):
        fitted = UpliftModel(columns=("silence",), groups=())
        fitted.fit(*campaign(3000, gain, seed=seed))
        half = fitted._quantile * fitted.error_
        held.append(abs(fitted.centre_ - gain) <= half)
        shown.append(fitted.low_ <= gain <= fitted.high_)
    assert 0.93 <= np.mean(held) <= 0.97
    assert np.mean(held) <= np.mean(shown) <= 0.985


def test_what_is_believed_when_it_is_told_apart_is_no_exaggeration():
    """Of a true point, judged once: what was observed is 1.5 to 6 times as much."""
    rng = np.random.default_rng(0)
    for n in (650, 1500, 3000, 12_000):
        n1 = n0 = n // 2
        p1, p0 = rng.binomial(n1, 0.11, 4000) / n1, rng.binomial(n0, 0.10, 4000) / n0
        v = p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0
        d = p1 - p0
        significant = np.flatnonzero(d > 1.96 * np.sqrt(v))[:40]
        believed = [posterior([d[place]], [v[place]], prior=0.01).mean for place in significant]
        assert len(believed) == 40
        assert np.mean(believed) / 0.01 <= 1.3
        assert np.mean(d[significant]) / 0.01 > 1.4


def test_a_prior_twice_the_truth_gives_way_but_only_to_tens_of_thousands_of_contacts():
    rng = np.random.default_rng(0)
    believed = {}
    for n in (1500, 48_000):
        half = n // 2
        p1, p0 = rng.binomial(half, 0.11, 4000) / half, rng.binomial(half, 0.10, 4000) / half
        v = (p1 * (1 - p1) + p0 * (1 - p0)) / half
        apart = np.flatnonzero(p1 - p0 > 1.96 * np.sqrt(v))[:40]
        told = [posterior([p1[i] - p0[i]], [v[i]], prior=0.02).mean for i in apart]
        believed[n] = np.mean(told) / 0.01
    assert 2.0 < believed[1500] < 2.8  # the prior itself, and hardly more
    assert believed[48_000] < 1.5


def test_a_prior_twice_the_truth_is_not_called_measured_before_there_is_evidence():
    looks = Plan(0.02)
    information = np.array([650.0, 1500.0]) / 4 / (0.1 * 0.9)
    for known, z in zip(information, (4.0, 2.8), strict=True):  # far beyond 1.96
        due = looks.due([known])
        assert not due or looks.judge([known], [z])[0] < 0


def weekly(gain, *, seed, weeks=24, n=119):
    """A list a week, with one control to four treated, as it would be looked at every week."""
    rng = np.random.default_rng(seed)
    rows = weeks * n
    X = pd.DataFrame({"silence": rng.random(rows)})
    treated = (rng.random(rows) < 0.8).astype(int)
    y = (rng.random(rows) < 0.1 + treated * gain).astype(int)
    return X, y, treated, np.repeat(np.arange(weeks) * 7, n)


def looked_every_week(gain, *, seed, weeks, prior, since):
    X, y, treated, day = weekly(gain, seed=seed, weeks=weeks)
    verdicts = []
    for week in range(since, weeks + 1):
        now = day < week * 7
        fitted = UpliftModel(columns=("silence",), groups=(), prior=prior, min_returns=5)
        verdicts.append(fitted.fit(X[now], y[now], treated[now], day=day[now]))
    return verdicts


@pytest.mark.slow
def test_without_effect_hardly_any_shop_is_told_of_one_however_often_it_looks():
    shops = []
    for seed in range(150):
        X, y, treated, day = weekly(0.0, seed=seed)
        once = UpliftModel(columns=("silence",), groups=(), prior=0.04)
        shops.append(once.fit(X, y, treated, day=day))  # remembers what each look would have said
    assert len(shops[0].looks_) >= 5
    crossed = [any(abs(look["z"]) >= look["boundary"] for look in shop.looks_) for shop in shops]
    assert np.mean(crossed) <= 0.08
    assert np.mean([shop.status_ == MEASURED for shop in shops]) <= 0.08
    naive = [
        any(abs(look["z"]) > 1.96 for look in shop.looks_) for shop in shops
    ]  # what looking at each of them as if it were the only one would say
    assert np.mean(naive) > 0.1


def test_a_verdict_does_not_depend_on_how_often_one_looked():
    every_week = looked_every_week(0.08, seed=3, weeks=24, prior=0.04, since=20)
    X, y, treated, day = weekly(0.08, seed=3)
    once = UpliftModel(columns=("silence",), groups=(), prior=0.04).fit(X, y, treated, day=day)
    assert once.looks_ == every_week[-1].looks_
    assert once.status_ == every_week[-1].status_ == MEASURED


def test_an_effect_that_is_not_there_is_seldom_found_to_differ():
    spurious = 0
    for seed in range(100):
        fitted = model().fit(*campaign(3000, 0.05, seed=seed))
        spurious += any(tau2 > 0 for tau2 in fitted.tau2_.values())
    assert spurious / 100 <= 0.09


def test_of_two_factors_that_overlap_each_gets_its_own_part():
    rng = np.random.default_rng(0)
    n = 40_000
    first = rng.random(n) < 0.5
    second = np.where(rng.random(n) < 0.85, first, ~first)
    X = pd.DataFrame({"one": np.where(first, "a", "b"), "two": np.where(second, "a", "b")})
    treated = rng.random(n) < 0.5
    y = rng.random(n) < 0.1 + treated * 0.08 * first
    fitted = UpliftModel(columns=(), groups=("one", "two")).fit(X, y, treated)
    one, two = (fitted.factors_[name]["difference"] for name in ("one", "two"))
    assert one["a"] - one["b"] == pytest.approx(0.08, abs=0.025)
    assert two["a"] - two["b"] == pytest.approx(0.0, abs=0.025)
    assert fitted.p_values_["one"] < 0.001
    assert fitted.tau2_["two"] == 0 or fitted.p_values_["two"] < 0.025


def test_a_hundred_and_twenty_nightly_lists_all_count():
    rng = np.random.default_rng(1)
    n = 3600
    X = pd.DataFrame({"silence": rng.random(n)})
    treated = (rng.random(n) < 0.8).astype(int)
    y = (rng.random(n) < 0.1 + 0.06 * treated).astype(int)
    nightly = np.repeat(np.arange(120), 30)
    names = np.array([f"list {night:03d}" for night in nightly])
    kinds = {"campaign": names, "day": nightly}
    fitted = UpliftModel(columns=("silence",), groups=()).fit(X, y, treated, **kinds)
    assert fitted.n_treated_ + fitted.n_control_ == n
    whole = UpliftModel(columns=("silence",), groups=()).fit(X, y, treated)
    assert fitted.centre_ == pytest.approx(fitted.difference_, abs=0.5 * whole.error_)
    assert abs(fitted.centre_ - 0.06) < 2.5 * fitted.error_
    assert fitted.error_ == pytest.approx(whole.error_, rel=0.25)


def test_blocks_hold_enough_of_both_arms_and_do_not_last_for_years():
    day = np.arange(1000)
    arm = (np.arange(1000) % 2).astype(float)
    blocks = blocks_of(np.zeros(1000, dtype=int), day, arm)
    assert np.bincount(blocks).min() >= 180
    assert blocks.max() >= 2
    assert (np.diff(blocks) >= 0).all()


def test_a_prior_is_above_0():
    with pytest.raises(ModelError, match="prior"):
        model(prior=0.0).fit(*campaign(100, 0.0))
