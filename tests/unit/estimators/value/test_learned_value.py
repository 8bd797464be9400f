import numpy as np
import pandas as pd
import pytest

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.base.artifact import from_files, make, recipe_of, to_files
from winback.estimators.base.parts import Parts
from winback.estimators.value import value_learners
from winback.estimators.value.customer_value import CustomerValueModel
from winback.estimators.value.learned_value import LearnedValueModel
from winback.estimators.value.value_learners import FEATURES, CountTrees, LogLinear

LABEL = 60


def shop(n, seed=0):
    """Customers who buy and leave, with every feature, whatever it says."""
    rng = np.random.default_rng(seed)
    T = rng.integers(30, 300, n).astype(float)
    frequency = rng.poisson(rng.gamma(0.6, 1 / 60, n) * T).astype(float)
    recency = np.where(frequency > 0, T * rng.beta(3, 1.5, n), 0.0).round()
    basket = rng.gamma(6, 10, n)
    frame = pd.DataFrame(dict.fromkeys(FEATURES, 0.0), index=range(n))
    return frame.assign(
        customer_id=[f"c{i}" for i in range(n)],
        frequency=frequency,
        recency=recency,
        T=T,
        days_since_last=T - recency,
        monetary_value=np.where(frequency > 0, basket, 0.0),
        basket_amount=basket,
        count_90=rng.poisson(0.5, n).astype(float),
    )


def snapshots(n=900, seed=1, factor=2.0):
    """Everybody does `factor` of what is expected where count_90 > 0, and as expected else."""
    rows = shop(n, seed)
    rng = np.random.default_rng(seed)
    expected = 0.2 + 0.1 * rows["frequency"]
    mean = expected * np.where(rows["count_90"] > 0, factor, 1.0)
    counts = rng.poisson(mean).astype(float)
    return rows.assign(
        as_of=pd.Timestamp("2024-01-01"),
        label_days=float(LABEL),
        btyd_purchases=expected,
        btyd_spend=60.0,
        purchases=counts,
        revenue=counts * 60.0 * rng.gamma(5, 0.2, n),
    )


@pytest.fixture(scope="module")
def frame():
    return shop(300)


def fitted(frame, *members, parts=None, **params):
    return LearnedValueModel(members, horizon_days=LABEL, **params).fit(
        frame, snapshots=snapshots(), parts=parts
    )


@pytest.mark.parametrize(
    "members", [("count",), ("tweedie",), ("two_stage",), ("btyd", "poisson", "tweedie", "rate")]
)
def test_what_was_learned_is_written_as_text_and_read_back_to_the_bit(frame, members):
    model = fitted(frame, *members, level=(0.2, 0.0, 0.0))
    files = to_files(model)
    assert set(files) - {"model.json"} == {f for f in files if f.startswith("trees")}
    again = from_files(files)
    pd.testing.assert_frame_equal(model.predict(frame), again.predict(frame), check_exact=True)
    assert recipe_of(again) == recipe_of(model)
    assert make(recipe_of(model)).members == members
    assert "c0" not in "".join(files.values())


def test_a_ratio_is_learned_and_not_a_level_of_its_own(frame):
    model = fitted(frame, "count")
    ratio, worth = model.ratios(frame)
    hot = frame["count_90"] > 0
    assert ratio[hot].mean() > 1.4 * ratio[~hot].mean()
    assert ratio.mean() == pytest.approx(1.0, abs=0.1)
    assert (ratio == worth).all()
    longer, _ = model.ratios(frame, 4 * LABEL)
    np.testing.assert_array_equal(ratio, longer)


def test_a_window_in_which_everybody_did_thrice_as_much_teaches_no_level(frame):
    tripled = snapshots().assign(purchases=lambda rows: 3 * rows["purchases"])
    for members in (("count",), ("poisson",)):
        usual = fitted(frame, *members).ratios(frame)[0]
        busy = LearnedValueModel(members, horizon_days=LABEL).fit(frame, snapshots=tripled)
        np.testing.assert_allclose(busy.ratios(frame)[0], usual, rtol=1e-6)


def two_snapshots(n, strength):
    """The like at two dates; how much each then buys depends on many cells of two features."""
    parts = []
    for seed, day in enumerate(("2024-01-01", "2024-03-15")):
        rows, rng = snapshots(n, seed + 1), np.random.default_rng(seed)
        cell = np.floor(rows["T"] / 15) + 20 * np.floor(rows["basket_amount"] / 10)
        mean = rows["btyd_purchases"] * np.exp(strength * np.sin(7.0 * cell))
        parts.append(rows.assign(as_of=pd.Timestamp(day), purchases=rng.poisson(5 * mean) * 1.0))
    return pd.concat(parts, ignore_index=True)


def test_so_many_trees_are_grown_as_foretell_the_snapshot_held_back(frame):
    grown = {}
    for strength in (0.0, 1.0):
        rows = two_snapshots(3000, strength)
        model = LearnedValueModel(("count",), horizon_days=LABEL).fit(frame, snapshots=rows)
        grown[strength] = model.learners_["count"].booster_.num_trees()
    assert grown[0.0] < value_learners.ROUNDS < grown[1.0]
    few = LearnedValueModel(("count",), horizon_days=LABEL).fit(frame, snapshots=snapshots())
    assert few.learners_["count"].booster_.num_trees() == value_learners.ROUNDS


def test_a_mean_is_the_mean_of_its_members(frame):
    mean, one, other = (fitted(frame, *m) for m in (("btyd", "tweedie"), ("btyd",), ("tweedie",)))
    for column in ("expected_purchases", "revenue", "clv"):
        halves = (one.predict(frame)[column] + other.predict(frame)[column]) / 2
        np.testing.assert_allclose(mean.predict(frame)[column], halves, rtol=1e-9)


def test_the_heuristic_is_frequency_times_amount_over_age(frame):
    lately = frame["days_since_last"] < 100  # the base expects nothing at all of who is long gone
    repeat = frame[(frame["frequency"] > 0) & lately]
    revenue = fitted(frame, "rate").predict(repeat)["revenue"]
    rule = repeat["frequency"] / repeat["T"] * LABEL * repeat["monetary_value"]
    np.testing.assert_allclose(revenue, rule, rtol=1e-9)


def test_it_answers_as_a_value_model_does(frame):
    model, plain = fitted(frame, "btyd", "tweedie"), CustomerValueModel().fit(frame)
    out = model.predict(frame)
    assert out.columns.tolist() == plain.predict(frame).columns.tolist()
    assert np.isfinite(out).all().all()
    assert (out >= 0).all().all()
    assert (out["clv_low"] <= out["clv"]).all()
    assert (out["clv"] <= out["clv_high"]).all()
    half = model.set_params(margin=0.5).predict(frame)
    np.testing.assert_allclose(half["clv"], out["clv"] / 2)
    assert model.residual_value(frame).ge(half["clv"] * 0.99).all()
    assert set(model.input_columns_) <= set(model.input_example().columns)
    assert np.isfinite(model.predict(model.input_example())).all().all()


def test_what_is_expected_is_what_is_predicted_without_the_interval(frame):
    for model in (fitted(frame, "btyd", "tweedie"), CustomerValueModel().fit(frame)):
        expected, out = model.expected(frame), model.predict(frame)
        assert expected.columns.tolist() == ["expected_purchases", "revenue"]
        pd.testing.assert_frame_equal(expected, out[list(expected)], check_exact=True)
        assert (out.columns[-2:] == ["clv_low", "clv_high"]).all()
        points = model.predict(frame, with_interval=False)
        pd.testing.assert_frame_equal(points, out.iloc[:, :-2], check_exact=True)


def test_models_of_the_same_data_share_their_fits_and_predict_as_if_they_did_not(
    frame, monkeypatch
):
    grown = []
    grow = value_learners.grow
    monkeypatch.setattr(value_learners, "grow", lambda *args: grown.append(1) or grow(*args))
    wanted = [("count",), ("btyd", "count"), ("tweedie", "rate")]
    apart = [fitted(frame, *members).predict(frame) for members in wanted]
    assert len(grown) == 4
    parts = Parts()
    for members, alone in zip(wanted, apart, strict=True):
        together = fitted(frame, *members, parts=parts).predict(frame)
        pd.testing.assert_frame_equal(together, alone, check_exact=True)
    assert len(grown) == 4 + 2


def test_a_customer_is_scored_alike_alone_and_in_a_chunk(frame):
    model = fitted(frame, "btyd", "poisson", "tweedie")
    whole, part = model.predict(frame), model.predict(frame.iloc[17:19])
    pd.testing.assert_frame_equal(whole.iloc[17:19], part, check_exact=True)
    assert model.predict(frame.iloc[:0]).empty


def test_the_same_data_teach_the_same(frame):
    pd.testing.assert_frame_equal(
        fitted(frame, "tweedie").predict(frame),
        fitted(frame, "tweedie").predict(frame),
        check_exact=True,
    )


def test_few_customers_teach_nothing(frame):
    few = snapshots(400)
    with pytest.raises(NotEnoughDataError, match="too few customers to learn"):
        LearnedValueModel(("count",)).fit(frame, snapshots=few)
    with pytest.raises(NotEnoughDataError, match="too short for one snapshot"):
        LearnedValueModel(("count",)).fit(frame)
    with pytest.raises(NotEnoughDataError, match="no revenue to learn"):
        LearnedValueModel(("tweedie",), spend_model=None).fit(frame, snapshots=snapshots())
    with pytest.raises(ModelError, match="members are not possible"):
        LearnedValueModel(("oracle",)).fit(frame)


@pytest.mark.parametrize("member", ["tweedie", "two_stage"])
def test_purchases_that_brought_nothing_teach_no_revenue(frame, member):
    refunded = snapshots().assign(revenue=lambda rows: -rows["revenue"])
    with pytest.raises(NotEnoughDataError, match="revenue after snapshots"):
        LearnedValueModel((member,)).fit(frame, snapshots=refunded)
    LearnedValueModel(("count",)).fit(frame, snapshots=refunded)


def test_a_missing_feature_is_named(frame):
    with pytest.raises(ModelError, match="trend"):
        fitted(frame, "count").predict(frame.drop(columns="trend"))


def test_without_amounts_purchases_are_learned(frame):
    model = fitted(frame, "btyd", "count", spend_model=None)
    assert model.predict(frame).columns.tolist() == ["p_alive", "expected_purchases"]
    assert model.total_interval(frame).index.tolist() == ["purchases"]


def test_contributions_add_up_to_the_ratio(frame):
    model = fitted(frame, "count")
    parts = model.contributions(frame)
    np.testing.assert_allclose(np.exp(parts.sum(axis=1)), model.ratios(frame)[0], rtol=1e-6)
    assert parts.drop(columns="bias").abs().mean().idxmax() == "count_90"
    assert fitted(frame, "poisson").contributions(frame).empty


def test_log_linear_finds_a_rate_that_is_log_linear():
    rows = shop(4000, seed=3)
    mean = 0.3 * np.sqrt(1 + rows["frequency"])
    counts = np.random.default_rng(4).poisson(mean).astype(float)
    learner = LogLinear().fit(rows, np.ones(4000), counts)
    np.testing.assert_allclose(learner.ratio(rows, np.ones(4000)).mean(), mean.mean(), rtol=0.05)
    assert np.corrcoef(learner.ratio(rows, np.ones(4000)), mean)[0, 1] > 0.95


def test_trees_that_learn_nothing_change_nothing():
    rows = snapshots(2000, factor=1.0)
    trees = CountTrees().fit(rows, rows["btyd_purchases"].to_numpy(), rows["purchases"].to_numpy())
    ratio = trees.ratio(rows, rows["btyd_purchases"].to_numpy())
    assert abs(np.log(ratio)).mean() < 0.15
