"""What the report leaves beside itself: its figures with the run, and what it reads of others."""

import json
import re
from types import SimpleNamespace

import pytest

from winback.errors import UsageError
from winback.estimators.base.artifact import make
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.messages import Words
from winback.reports.stored_messages import sentence
from winback.workflows import report_models
from winback.workflows.lists import lists
from winback.workflows.report import report
from winback.workflows.report_models import candidate_of, read_choice, value_runs
from winback.workflows.report_value import forecast_revenue
from winback.workflows.run import run
from winback.workflows.score import score

CONTEST = """\
name: shop
as_of: 1998-03-31
currency: USD
data: {transactions: {source: rows.csv}}
value: {horizon_days: 90}
churn: {active_within_days: 180, snapshots: {count: 2}}
"""


def logged(work, run_id, path="report"):
    entries = work.tracking.store.client.list_artifacts(run_id, path)
    return {entry.path.rpartition("/")[2] for entry in entries}


def test_the_figures_of_the_page_lie_with_the_run_by_date(shop):
    page = (shop.out / "report.html").read_text(encoding="utf-8")
    run_id = shop.read("manifest.json")["training"]["run_id"]
    with shop.work() as work:
        assert logged(work, run_id) == {"1998-06-30"}
        figures = logged(work, run_id, "report/1998-06-30")
    assert {"tracking.html", "forecast_revenue.html", "severity.html"} <= figures
    on_page = set(re.findall(r'class="plot" id="chart-(\w+)"', page))
    assert figures == {f"{name}.html" for name in on_page}


def test_churn_by_kind_of_customer_and_profit_lie_with_the_churn_model(shop):
    with shop.work() as work:
        runs = {
            role: work.tracking.store.client.get_model_version(f"shop-{role}", "1").run_id
            for role in ("churn", "value")
        }
        tables = {role: logged(work, run_id, "") for role, run_id in runs.items()}
        figures = {role: logged(work, run_id, "figures") for role, run_id in runs.items()}
    assert {"churn_groups.csv", "profit.csv"} <= tables["churn"]
    assert {"profit.html", "groups_orders.html", "reliability.html"} <= figures["churn"]
    assert not {"profit.csv", "profit.html"} & (tables["value"] | figures["value"])
    assert "deciles_revenue.html" in figures["value"]


def test_the_revenue_to_come_ends_where_the_scores_do(shop):
    scores = shop.read("scores.parquet")
    with shop.work() as work:
        rows = work.do(
            forecast_revenue, shop.out / "scores.parquet", work.tracking.champions["value"]
        )
    total = (scores["expected_purchases"] * scores["expected_spend"]).sum()
    assert len(rows) == 90
    assert rows[-1]["cumulative"] == pytest.approx(total, rel=1e-6)
    assert 0 < rows[-1]["cumulative_low"] < total < rows[-1]["cumulative_high"] < 2 * total


def test_the_runs_of_the_value_model_are_read_with_their_parameters_and_dates(shop):
    with shop.work() as work:
        (run,) = work.do(value_runs, work.tracking.champions["value"])
    assert (run["version"], run["as_of"], run["estimator"]) == (
        1,
        "1998-06-30",
        "beta_geo+gamma_gamma",
    )
    assert [row["name"] for row in run["parameters"]] == ["r", "alpha", "a", "b", "p", "q", "v"]
    assert all(row["low"] < row["value"] < row["high"] for row in run["parameters"][:2])
    with shop.work(as_of="1998-02-28") as work:  # a report of the past knows no later run
        assert work.do(value_runs, work.tracking.champions["value"]) == []


@pytest.mark.parametrize("name", VALUE_CANDIDATES)
def test_a_value_model_is_called_what_the_contest_calls_it(name):
    recipe = VALUE_CANDIDATES[name]
    assert candidate_of(make({**recipe, "params": {**recipe["params"], "margin": 0.4}})) == name


def test_a_version_says_of_itself_why_it_is_there(shop):
    with shop.work() as work:
        version = work.tracking.store.client.get_model_version("shop-value", "1")
        assert work.do(read_choice, work.tracking.champions["value"]) is None
    assert version.description.startswith("BG/NBD with Gamma-Gamma, as the job names it")


def test_what_a_version_kept_as_english_of_its_contest_is_shown_as_stored(monkeypatch):
    model = make(VALUE_CANDIDATES["rate+own_mean"])
    model.fit(model.input_example())
    kept = {
        "choice.txt": "rate+own_mean, judged; loss -1.0% against zero\n",
        "contest.csv": "as_of,until,candidate,note,target\n"
        "pooled,,zero,predicts 0,revenue\n"
        "pooled,,rate+own_mean,,revenue\n",
    }
    monkeypatch.setattr(report_models, "_kept", lambda _tracking, _model, file: kept.get(file))
    job = SimpleNamespace(value=SimpleNamespace(purchase_model="auto"))
    choice = read_choice(job, None, SimpleNamespace(estimator=model))
    assert choice["chosen"] == "rate+own_mean"
    assert [sentence(why, Words("zh")) for why in choice["reasons"]] == [kept["choice.txt"].strip()]
    assert [sentence(row["note"], Words("zh")) for row in choice["candidates"] if row["note"]] == [
        "predicts 0"
    ]
    del kept["contest.csv"]
    assert read_choice(job, None, SimpleNamespace(estimator=model)) is None


@pytest.mark.slow
def test_the_page_and_the_card_tell_of_the_contest_that_chose(workshop_in, cdnow_quarter, tmp_path):
    shop = workshop_in(tmp_path / "shop", CONTEST, rows=cdnow_quarter)
    shop.do(run)
    report = json.loads((shop.out / "report.json").read_text("utf-8"))["value"]["choice"]
    assert {entry["model"] for entry in report["candidates"]} == {*VALUE_CANDIDATES}
    assert [entry["model"] for entry in report["candidates"] if entry["chosen"]] == [
        report["chosen"]
    ]
    with shop.work() as work:
        card = work.tracking.store.client.get_model_version("shop-value", "1").description
        assert candidate_of(work.tracking.champions["value"].estimator) == report["chosen"]
    first, why, _, rivals, *_ = card.split("\n\n")
    assert Words().label("model", report["chosen"]) in first
    assert why.count("* ") == len(report["reasons"])
    assert rivals.count("* ") == 3


def test_numbers_of_another_margin_are_not_shown_under_todays(trained, tmp_path):
    shop = trained.copy_to(tmp_path / "shop")
    shop.yaml.write_text(shop.yaml.read_text(encoding="utf-8") + "margin: 0.4\n", encoding="utf-8")
    for workflow in (lists, report):
        with pytest.raises(UsageError, match=r"score: other margin.*winback score \w+.yaml"):
            shop.do(workflow)
    shop.do(score)
    with pytest.raises(UsageError, match=r"got lists: other margin\. .*winback lists"):
        shop.do(report)
    shop.do(lists)
    shop.do(report)
    assert shop.read("report.json")["job"]["money"] == "margin"
