import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.errors import DataError, ModelError
from winback.evaluation import backtest
from winback.evaluation.backtest import PREDICTION_COLUMNS, BacktestSettings, judge, run_backtest
from winback.evaluation.churn_forward import ChurnSettings, SnapshotSettings
from winback.evaluation.contest import choose_value
from winback.evaluation.forward import ForwardTest
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import LITERATURE, SIMPLE, VALUE_CANDIDATES
from winback.evaluation.windows import Window
from winback.messages import as_records

SPLIT = (date(1997, 12, 31), date(1998, 3, 31))
VALUE_MODELS = set(VALUE_CANDIDATES)


def past_of(transactions):
    return Past(transactions, date(1998, 12, 31))


@pytest.fixture(scope="module")
def shop():
    half = "CAST(customer_id AS INTEGER) % 2 = 0"
    return read_transactions("sample:cdnow-tenth", filter=half, engine=open_engine())


@pytest.fixture(scope="module")
def result(shop):
    churn = ChurnSettings(180, snapshots=SnapshotSettings(count=2))
    return run_backtest(past_of(shop), [SPLIT], BacktestSettings(churn=churn, n_replicates=50))


def test_records_are_flat_json_with_one_choice_per_split_and_target(result):
    kept = as_records(result.records)
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept
    table = pd.DataFrame(result.records)
    assert set(table["target"]) == {"purchases", "revenue", "churn"}
    assert (table.groupby(["split", "target"])["chosen"].sum() == 1).all()
    assert set(table["split"]) == {"1997-12-31/1998-03-31"}
    assert set(table["horizon_days"]) == {90}
    for target in ("purchases", "revenue"):
        assert set(table.loc[table["target"] == target, "model"]) == VALUE_MODELS
    assert {"base_rate", "recency_rule", "logistic", "beta_geo", "lightgbm"} <= set(
        table.loc[table["target"] == "churn", "model"]
    )
    assert table.loc[table["chosen"], "reason"].notna().all()
    assert table.loc[~table["chosen"], "reason"].isna().all()


def test_one_level_is_told_for_purchases_and_revenue_as_their_intervals_share_it(result):
    reasons = {r["target"]: r["reason"] for r in result.records if r["chosen"]}
    purchases, revenue = (
        str(reasons[target]).split("actual over predicted ") for target in ("purchases", "revenue")
    )
    assert purchases[1] == revenue[1]
    assert purchases[0].endswith("; at the level of revenue: ")


def test_metrics_are_those_of_the_predictions(result):
    assert list(result.predictions.columns) == list(PREDICTION_COLUMNS)
    chosen = {r["model"] for r in result.records if r["chosen"]}  # of either target
    for record in result.records:
        rows = result.predictions.query("target == @record['target'] and model == @record['model']")
        assert len(rows) == record["n"] == rows["customer_id"].nunique()
        actual, predicted = rows["actual"], rows["predicted"]
        if record["target"] == "churn":
            assert record["brier"] == pytest.approx(brier_score_loss(actual, predicted))
            assert rows[["low_80", "high_90"]].isna().all(axis=None)
        else:
            assert record["mae"] == pytest.approx((actual - predicted).abs().mean())
            assert record["bias"] == pytest.approx(predicted.sum() / actual.sum())
            simulated = record["model"] in chosen | set(SIMPLE)
            assert ("coverage_90" in record) == simulated
            inside = actual.between(rows["low_90"], rows["high_90"])
            assert not simulated or record["coverage_90"] == pytest.approx(inside.mean())
            assert not record["chosen"] or record["mae_worse"] == 0
            assert record["mae_low"] < record["mae"] < record["mae_high"]


def test_the_total_of_the_chosen_has_an_interval_and_its_ends_are_held_against_no_level(result):
    totals = [r for r in result.records if "actual_total" in r]
    assert [(r["target"], r["chosen"]) for r in totals] == [("purchases", True), ("revenue", True)]
    for record in totals:
        rows = result.predictions.query("target == @record['target'] and model == @record['model']")
        total = rows["predicted"].sum()
        assert record["predicted_total"] == pytest.approx(total)
        assert record["actual_total"] == pytest.approx(rows["actual"].sum())
        ends = [record[f"total_{end}"] for end in ("low_90", "low_80", "high_80", "high_90")]
        assert ends == sorted(ends)
        assert ends[1] < total < ends[2]
        assert ends[2] < rows["high_80"].sum()
        calibrated, plain = record["interval_score_80"], record["unlevelled_interval_score_80"]
        assert calibrated != plain
        assert calibrated < 1.02 * plain
        assert record["unlevelled_interval_score_80"] != record["interval_score_80"]


def test_outcomes_and_populations_are_those_of_plain_pandas(shop, result):
    rows = shop.table.to_pyarrow().to_pandas().groupby(["customer_id", "day"])["amount"].sum()
    days = rows.reset_index()
    as_of, until = SPLIT
    past = days[days["day"] <= as_of]
    later = days[(days["day"] > as_of) & (days["day"] <= until)].groupby("customer_id")["amount"]
    last = past.groupby("customer_id")["day"].max()
    active = last.index[[(as_of - day).days <= 180 for day in last]]
    for target, customers, expected in (
        ("purchases", last.index, later.size()),
        ("revenue", last.index, later.sum()),
        ("churn", active, (later.size().reindex(active).fillna(0) == 0).astype(float)),
    ):
        assert target in {"purchases", "revenue", "churn"}
        rows = result.predictions.query("target == @target")
        metrics = rows[rows["model"] == rows["model"].iloc[0]].set_index("customer_id")["actual"]
        assert sorted(metrics.index) == sorted(customers)
        assert metrics.to_numpy() == pytest.approx(
            expected.reindex(metrics.index).fillna(0).to_numpy()
        )


def test_the_model_that_the_job_names_is_the_chosen_one(shop, monkeypatch):
    held = {}

    def spy(*args, candidates, **more):
        held.update(candidates)
        return choose_value(*args, candidates=candidates, **more)

    monkeypatch.setattr("winback.evaluation.value_judged.choose_value", spy)
    settings = BacktestSettings(
        churn=ChurnSettings(180, snapshots=SnapshotSettings(count=1)),
        purchase_model="rate+own_mean",
        n_replicates=10,
    )
    result = run_backtest(past_of(shop), [SPLIT], settings)
    chosen = [r for r in result.records if r["chosen"] and r["target"] != "churn"]
    assert {record["target"] for record in chosen} == {"purchases", "revenue"}
    for record in chosen:
        assert record["model"] == "rate+own_mean"
        assert str(record["reason"]).startswith("own rate so far, as the job names it; ")
    assert set(held) == {"rate+own_mean"}  # for the level: there is no contest
    with pytest.raises(ModelError, match=r"got oracle; allowed: .*rate\+own_mean"):
        judge(past_of(shop), Window(*SPLIT), BacktestSettings(purchase_model="oracle"))


def test_intervals_of_many_customers_come_from_a_sample_and_points_from_everybody(monkeypatch):
    rng = np.random.default_rng(0)
    actual = rng.gamma(0.5, 20, 8000)
    predictions = {"model": pd.DataFrame({"predicted": actual * rng.uniform(0.3, 1.5, 8000)})}
    customers = pd.Series([f"c{i}" for i in range(8000)])
    window = Window(*SPLIT)
    test = ForwardTest(window, "revenue", customers, actual, predictions)
    drawn, original = [], backtest.bootstrap

    def spy(actual, *rest, **kwargs):
        drawn.append(len(actual))
        return original(actual, *rest, **kwargs)

    monkeypatch.setattr(backtest, "bootstrap", spy)
    kwargs = {"chosen": "model", "reason": None, "n_replicates": 400, "random_state": 0}
    (full,) = backtest._records(test, window, **kwargs)
    monkeypatch.setattr(backtest, "MAX_CUSTOMERS", 2000)
    (sampled,) = backtest._records(test, window, **kwargs)
    assert drawn == [8000, 2000]
    assert sampled["n"] == 8000
    for metric in ("mae", "wape", "bias", "gini"):
        assert sampled[metric] == full[metric]
        assert sampled[f"{metric}_low"] < sampled[metric] < sampled[f"{metric}_high"]
        width = [r[f"{metric}_high"] - r[f"{metric}_low"] for r in (sampled, full)]
        assert width[0] == pytest.approx(width[1], rel=0.25)


def test_a_horizon_without_one_labelled_snapshot_is_predicted_without_labels(shop):
    window = Window(date(1997, 9, 30), date(1998, 6, 29))
    settings = BacktestSettings(churn=ChurnSettings(None), n_replicates=20)
    result = judge(Past(shop, window.until), window, settings, targets=("churn",))
    assert [record["model"] for record in result.records] == ["beta_geo", "rate"]
    assert result.records[0]["chosen"]
    assert "needs no labels" in str(result.records[0]["reason"])
    assert result.records[0]["auc"] > 0.7


@pytest.mark.parametrize(
    ("splits", "words"),
    [
        ([(date(1998, 1, 1), date(1998, 7, 1))], r"at most 1998-06-(29|30)"),
        ([(date(1998, 1, 1), date(1998, 1, 1))], "at least one day"),
        ([SPLIT, SPLIT], "given twice"),
        ([], "at least one split"),
    ],
)
def test_an_impossible_split_is_named(shop, splits, words):
    with pytest.raises(DataError, match=words):
        run_backtest(past_of(shop), splits)


def value_record(result, split, model):
    return next(
        record
        for record in result.records
        if (record["split"], record["target"], record["model"]) == (split, "revenue", model)
    )


@pytest.fixture(scope="module")
def judged(request):
    """Return a maker of a split's result, made once.

    As by a job with its own seed: with others, misses above stray by up to a point.
    """
    made = {}

    def _judged(name, as_of, until):
        if (name, as_of) not in made:
            if name == "cdnow":
                rows = read_transactions("sample:cdnow", engine=open_engine())
            else:
                rows = request.getfixturevalue("read_retail")(engine=open_engine())
            window = Window(date.fromisoformat(as_of), date.fromisoformat(until))
            settings = BacktestSettings(random_state=42)
            past = Past(rows, window.until)
            made[name, as_of] = judge(past, window, settings, targets=("revenue",))
        return made[name, as_of]

    return _judged


def chosen_in(result):
    return next(r for r in result.records if r["chosen"] and r["target"] == "revenue")


def assert_the_choice_holds(result, split, coverage):
    """The chosen model loses to no simple rule and beats the literature's.

    Its intervals are as published: what they miss, they miss above, most before a strong season.
    """
    chosen = chosen_in(result)
    for rival in SIMPLE:
        for metric in ("mae", "rmse", "gini"):  # how much more the rival loses
            assert value_record(result, split, rival)[f"{metric}_worse_high"] >= 0, (rival, metric)
    beaten = value_record(result, split, LITERATURE)
    assert max(beaten[f"{metric}_worse_low"] for metric in ("mae", "rmse", "gini")) > 0
    covered = {name: chosen[name] for name in coverage}
    assert covered == pytest.approx(coverage, abs=0.02)
    return chosen


@pytest.mark.slow
def test_the_known_figures_of_cdnow(judged):
    """lifetimes' BG/NBD and Gamma-Gamma on the same split: the definitions agree."""
    result = judged("cdnow", "1997-09-30", "1998-06-30")
    record = value_record(result, "1997-09-30/1998-06-30", LITERATURE)
    assert record["n"] == 23570
    assert record["mae"] == pytest.approx(32.68, abs=0.01)
    assert record["rmse"] == pytest.approx(92.9, abs=0.1)
    assert record["gini"] == pytest.approx(0.672, abs=0.001)
    covered = {"coverage_80": 0.863, "above_80": 0.137, "coverage_90": 0.921, "above_90": 0.079}
    chosen = assert_the_choice_holds(result, "1997-09-30/1998-06-30", covered)
    assert chosen["bias"] == pytest.approx(0.76, abs=0.02)  # the later months were stronger


@pytest.mark.slow
@pytest.mark.parametrize(
    ("as_of", "mae", "rmse", "gini", "covered"),
    [
        ("2011-06-09", 921, 3975, 0.794, {"coverage_80": 0.860, "above_80": 0.110}),
        ("2011-09-10", 569, 2917, 0.771, {"coverage_80": 0.766, "above_80": 0.218}),
    ],
)
def test_the_known_figures_of_online_retail(judged, as_of, mae, rmse, gini, covered):
    split = f"{as_of}/2011-12-09"
    result = judged("retail", as_of, "2011-12-09")
    record = value_record(result, split, LITERATURE)
    assert record["mae"] == pytest.approx(mae, abs=0.6)
    assert record["rmse"] == pytest.approx(rmse, rel=1e-3)
    assert record["gini"] == pytest.approx(gini, abs=0.0015)
    chosen = assert_the_choice_holds(result, split, covered)
    rows = result.predictions
    rows = rows[rows["model"] == chosen["model"]]
    assert (rows["predicted"] > 0).all()  # one-time buyers brought 12 to 16%


@pytest.mark.slow
@pytest.mark.xfail(strict=True, reason="see docs/backtest.md: levels rose as never before")
@pytest.mark.parametrize(
    ("name", "as_of", "until"),
    [
        ("cdnow", "1997-09-30", "1998-06-30"),
        ("retail", "2011-06-09", "2011-12-09"),
        ("retail", "2011-09-10", "2011-12-09"),
    ],
)
def test_level_and_intervals_are_as_they_should_be(judged, name, as_of, until):
    chosen = chosen_in(judged(name, as_of, until))
    for percent, above in ((80, 0.12), (90, 0.07)):
        for group in ("", "_top"):
            assert chosen[f"coverage{group}_{percent}"] >= percent / 100 - 0.02
        assert chosen[f"above_{percent}"] <= above
    assert 0.8 < chosen["bias"] < 1.25
