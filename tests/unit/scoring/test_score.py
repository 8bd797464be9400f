import copy
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from winback.data.connect import open_engine
from winback.estimators.churn.churn_model import ChurnModel
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.leaving import leaving
from winback.estimators.tiers.value_tiers import ValueTiers
from winback.estimators.value.customer_value import CustomerValueModel
from winback.scoring.score import SCHEMA, Scorer, write_scores

AS_OF = date(2011, 12, 9)
MONEY = ["monetary_value", "expected_spend", "clv", "clv_low", "clv_high", "spend_30d"]
MONEY += [
    "margin_lost",
    "margin_after_return",
    "ltv",
    "ltv_first_order",
    "ltv_repurchase",
    "residual_value",
    "referral_value",
]


def customers(n=300, seed=3):
    """Return behaviour features of made-up customers, some of them extreme."""
    rng = np.random.default_rng(seed)
    age = rng.integers(0, 700, n).astype(float)
    frequency = np.where(age > 0, rng.negative_binomial(1, 0.3, n), 0).clip(max=age)
    recency = np.where(frequency > 0, np.maximum(np.floor(age * rng.random(n)), frequency), 0.0)
    spend = np.where(frequency > 0, rng.gamma(3, 10, n), 0.0)
    frame = pd.DataFrame(
        {"frequency": frequency, "recency": recency, "T": age, "monetary_value": spend}
    ).astype(float)
    frame.loc[0] = [0.0, 0.0, 0.0, 0.0]  # bought for the first time on the last day
    frame.loc[1] = [3000.0, 3000.0, 3000.0, 1e6]  # every day for eight years
    frame.loc[2] = [3000.0, 3000.0, 9000.0, 0.01]
    frame.loc[3] = [1.0, 1.0, 20_000.0, 1e-9]
    frame.insert(0, "customer_id", [f"c{i:04d}" for i in range(n)])
    frame["days_since_last"] = frame["T"] - frame["recency"]
    frame["overdue_ratio"] = frame["days_since_last"] / 30
    frame["discount_share"] = 0.25
    frame["as_of"] = AS_OF
    silent = pd.to_timedelta(frame["days_since_last"], unit="D")
    frame["last_purchase_at"] = (pd.Timestamp(AS_OF) - silent).dt.date
    frame["last_horizon_purchases"] = 0.0
    frame["first_order_revenue"] = 20.0
    frame["realised_revenue"] = 20.0 + frequency * frame["monetary_value"]
    return frame


@pytest.fixture(scope="module")
def scorer():
    learners = customers()[4:]
    value = CustomerValueModel(n_draws=100).fit(learners)
    other = BetaGeoModel().fit(customers(seed=8)[4:])  # not the value model's own
    clv = value.predict(learners)["clv"]
    return Scorer(
        value=value,
        churn=ChurnModel.from_purchase_model(other, horizon_days=90),
        tiers=ValueTiers(random_state=0).fit(learners.assign(clv=clv)),
        as_of=AS_OF,
        value_horizon_days=365,
        horizon_days=90,
        churn_horizon_days=90,
        gap_days=0,
        active_within_days=180,
        has_amounts=True,
        versions={"value_version": 3, "churn_version": 2, "tiers_version": 1, "run_id": "r"},
    )


class Engine:
    """What `write_scores` asks of a table, in batches of the engine's own choosing."""

    def __init__(self, frame, sizes):
        self.table = pa.Table.from_pandas(frame, preserve_index=False)
        self.sizes = sizes

    def order_by(self, _name):
        return self

    def to_pyarrow_batches(self, **_):  # an engine takes its own counsel
        start = 0
        for size in self.sizes:
            yield from self.table.slice(start, size).combine_chunks().to_batches()
            start += size


@pytest.mark.parametrize("rows", [1, 7, 50, 300, 1000])
def test_the_file_does_not_depend_on_the_batches_of_the_engine(scorer, tmp_path, rows):
    frame = customers().head({1: 20, 7: 60}.get(rows, 300))
    n = len(frame)
    ragged = [1, 0, n // 3, 5, n - n // 3 - 6]
    written = []
    for name, sizes in {"whole": [n], "single": [1] * n, "ragged": ragged}.items():
        path = tmp_path / f"{name}.parquet"
        digests = []
        assert (
            write_scores(
                Engine(frame, sizes), path, scorer, chunk_rows=rows, progress=digests.append
            )
            == n
        )
        assert digests[-1] == n
        assert digests == sorted(set(digests))
        written.append(path.read_bytes())
    assert written[0] == written[1] == written[2]
    chunks = pq.ParquetFile(tmp_path / "whole.parquet").metadata
    assert chunks.num_row_groups == -(-n // rows)


def test_a_customer_is_scored_alike_in_any_chunk(scorer, tmp_path):
    frames = []
    for rows in (1, 13, 1000):
        path = tmp_path / f"{rows}.parquet"
        write_scores(Engine(customers(60), [60]), path, scorer, chunk_rows=rows)
        frames.append(pd.read_parquet(path))
    for other in frames[1:]:
        pd.testing.assert_frame_equal(frames[0], other, rtol=1e-13)


def test_a_real_engine_gives_customers_in_order(scorer, tmp_path):
    shuffled = customers().sample(frac=1, random_state=1)
    shuffled.to_parquet(tmp_path / "features.parquet")
    table = open_engine().read_parquet(tmp_path / "features.parquet")
    write_scores(table, tmp_path / "scores.parquet", scorer, chunk_rows=64)
    ids = pd.read_parquet(tmp_path / "scores.parquet")["customer_id"]
    assert ids.tolist() == customers()["customer_id"].tolist()


def test_nobody_to_score_still_leaves_every_column(scorer, tmp_path):
    path = tmp_path / "scores.parquet"
    assert write_scores(Engine(customers().head(0), []), path, scorer) == 0
    assert pq.read_schema(path).remove_metadata() == SCHEMA
    assert pq.read_metadata(path).num_rows == 0


def test_whatever_the_row_no_score_is_missing_or_impossible(scorer):
    scores = scorer.score(customers())
    assert list(scores.columns) == SCHEMA.names
    assert scores.pop("referral_value").isna().all()  # needs everybody's score first
    assert not scores.isna().any().any()
    numbers = scores.select_dtypes("number")
    assert np.isfinite(numbers).all().all()
    assert (numbers >= 0).all().all()
    assert (scores[["p_alive", "p_churn", "p_repurchase"]] <= 1).all().all()
    assert (scores["clv_low"] <= scores["clv"]).all()
    assert (scores["clv"] <= scores["clv_high"]).all()
    assert set(scores["tier"]) <= set(scorer.tiers.names_)


def test_lifetime_value_is_what_was_brought_and_what_is_expected(scorer):
    frame = customers()
    frame.loc[7, "realised_revenue"] = -5.0  # everything and more was given back
    scorer = replace(scorer, value=clone_with(scorer.value, margin=0.25))
    scores = scorer.score(frame)
    np.testing.assert_allclose(scores["ltv"], 0.25 * frame["realised_revenue"] + scores["clv"])
    np.testing.assert_allclose(scores["ltv_first_order"], 0.25 * frame["first_order_revenue"])
    np.testing.assert_allclose(scores["ltv"], scores["ltv_first_order"] + scores["ltv_repurchase"])
    assert scores.loc[7, "ltv_repurchase"] < scores.loc[7, "clv"]
    assert (scores["residual_value"] >= scores["clv"]).all()


def clone_with(model, **params):
    return copy.deepcopy(model).set_params(**params)


def test_without_amounts_money_is_null_and_nothing_else_is(scorer):
    frame = customers()
    value = CustomerValueModel(spend_model=None, n_draws=100).fit(frame[4:])
    worth = value.predict(frame[4:])["expected_purchases"]
    tiers = ValueTiers(random_state=0).fit(frame[4:].assign(clv=worth))
    frame["monetary_value"] = 0.0
    scores = replace(scorer, value=value, tiers=tiers, has_amounts=False).score(frame)
    assert scores[MONEY].isna().all().all()
    assert not scores.drop(columns=MONEY).isna().any().any()


def test_the_active_are_judged_by_the_churn_model_and_the_dormant_by_the_purchase_model(scorer):
    frame = customers()
    silent = frame["T"] - frame["recency"]
    active = (silent <= 180).to_numpy()
    assert 0 < active.sum() < len(frame)
    churn = scorer.churn.predict_frame(frame)["p_churn"].to_numpy()
    purchase = scorer.value.purchase_model_
    quiet = 1 - purchase.p_purchase(frame, 90).to_numpy()
    scores = scorer.score(frame)["p_churn"].to_numpy()
    np.testing.assert_array_equal(scores[active], churn[active])
    np.testing.assert_allclose(scores[~active], quiet[~active], atol=1e-12)
    assert np.abs(churn - quiet)[~active].max() > 0.01  # the two can be told apart

    everybody = replace(scorer, active_within_days=None).score(frame)["p_churn"]
    np.testing.assert_array_equal(everybody, churn)

    after = replace(scorer, gap_days=30).score(frame)["p_churn"].to_numpy()
    want = 1 - purchase.p_purchase_window(frame, 30, 90)
    np.testing.assert_allclose(after[~active], want[~active], atol=1e-12)


def test_the_last_active_day_is_active(scorer):
    frame = customers().iloc[[10, 10]].assign(recency=[20.0, 19.0], T=200.0, frequency=2.0)
    frame["days_since_last"] = frame["T"] - frame["recency"]
    stages = scorer.score(frame)["lifecycle_stage"].tolist()
    churn = scorer.churn.predict_frame(frame)["p_churn"].tolist()
    scores = scorer.score(frame)["p_churn"].tolist()
    assert scores[0] == churn[0]
    assert scores[1] != churn[1]
    assert stages[0] != stages[1]


def test_repurchase_is_the_complement_at_equal_horizons_only(scorer):
    frame = customers()
    purchase = scorer.value.purchase_model_
    same = scorer.score(frame)
    np.testing.assert_array_equal(same["p_repurchase"], 1 - same["p_churn"])
    for other in ({"horizon_days": 30}, {"gap_days": 14}):
        unequal = replace(scorer, **other)
        scores = unequal.score(frame)
        want = purchase.p_purchase(frame, unequal.horizon_days)
        np.testing.assert_array_equal(scores["p_repurchase"], want)
        assert (scores["p_repurchase"] + scores["p_churn"] - 1).abs().max() > 0.01


def test_every_row_says_who_made_it(scorer):
    scores = scorer.score(customers().head(3))
    for column, value in scorer.versions.items():
        assert (scores[column] == value).all()
    assert (scores["as_of"] == AS_OF).all()


def drawn(n, days, rng):
    """Draw customers of a BG/NBD shop, who all began `days` ago, and 180 days more."""
    rate, leaves = rng.gamma(0.8, 1 / 40, n), rng.beta(0.8, 3.0, n)
    now, alive = np.zeros(n), np.ones(n, dtype=bool)
    table = pd.DataFrame({"frequency": 0.0, "recency": 0.0, "T": float(days)}, index=range(n))
    in_window, in_horizon = np.zeros(n), np.zeros(n)
    while alive.any():
        now = now + np.where(alive, rng.exponential(1 / rate), np.inf)
        before = now <= days
        table["frequency"] += before
        table["recency"] = table["recency"].where(~before, now)
        in_window += (now > days) & (now <= days + 90)
        in_horizon += (now > days) & (now <= days + 180)
        alive &= (now <= days + 180) & (rng.random(n) >= leaves)
    return table, in_window, in_horizon


def test_what_leaving_costs_is_what_leavers_do_not_buy():
    """On a drawn shop: what those buy who stayed, and those who left."""
    table, in_window, in_horizon = drawn(300_000, 300, np.random.default_rng(0))
    model = BetaGeoModel().fit(table.head(60_000))
    expected = model.expected_purchases(table, 180).to_numpy()
    said = leaving(model, table, gap_days=0, window_days=90, horizon_days=180)["lost"] * expected
    stays = in_window > 0
    if_leaves = expected - model.p_purchase(table, 90).to_numpy() * said
    cells = pd.qcut(said, 12, labels=False, duplicates="drop")
    for cell in np.unique(cells):
        for who, loss in ((stays, if_leaves + said), (~stays, if_leaves)):
            mine = (cells == cell) & who
            error = in_horizon[mine].std() / np.sqrt(mine.sum())
            seen = in_horizon[mine].mean()
            assert abs(loss[mine].mean() - seen) < 4 * error + 0.03 * seen
    # more than all that is expected: that counts on leaving already
    assert said.mean() > 1.1 * expected.mean()


def test_within_the_window_leaving_costs_all_that_staying_brings(scorer):
    frame = customers()[4:]
    asked = replace(scorer, value_horizon_days=60, churn_horizon_days=90)
    model = asked._purchase_model
    stays = model.p_purchase(frame, 90).to_numpy()
    scores = asked.score(frame)
    lost = (scores["purchases_lost"] / scores["expected_purchases"]).to_numpy()
    assert lost == pytest.approx(1 / stays, rel=1e-6)


def test_what_follows_a_return_is_what_a_customer_with_one_order_more_brings(scorer):
    frame = customers()[4:60].reset_index(drop=True)
    scores = scorer.score(frame)
    then = frame["T"] + 1
    back = frame.assign(frequency=frame["frequency"] + 1, recency=then, T=then)
    orders = scorer._purchase_model.expected_purchases(back, scorer.value_horizon_days)
    undiscounted = scorer.value.margin * scores["expected_spend"] * orders
    assert (scores["margin_after_return"] <= undiscounted * (1 + 1e-9)).all()
    assert (scores["margin_after_return"] > 0.9 * undiscounted).all()  # a year's discount at most
