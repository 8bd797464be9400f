"""A baseline that takes the place of a contest's choice, from the training to the report."""

from types import SimpleNamespace

import pytest

from winback.evaluation.baseline_instead import Instead
from winback.evaluation.forward import same_but_settings
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.messages import Message
from winback.registry.aliases import CHAMPION, resolve
from winback.registry.artifacts import recipe
from winback.workflows.at_the_gate import _compared, baseline_of, used_instead
from winback.workflows.explain import explain
from winback.workflows.run import run

JOB = """\
name: shop
as_of: 1998-06-30
currency: USD
data: {transactions: {source: orders.csv}}
horizon_days: 60
churn: {active_within_days: 180, snapshots: {count: 2}}
"""
INSTEAD = {"churn": "recency_rule", "value": "rate+own_mean"}


@pytest.fixture(scope="module")
def settled(tmp_path_factory, workshop_in, cdnow_quarter):
    """Run a job whose choices a baseline beats at the gate's cut-off, as far as is said there."""
    ids = sorted(cdnow_quarter["customer_id"].unique())[:240]
    orders = cdnow_quarter[cdnow_quarter["customer_id"].isin(ids)]
    shop = workshop_in(tmp_path_factory.mktemp("settled") / "shop", JOB, orders=orders)

    def beaten(evidence, **_):
        name = INSTEAD[evidence.kind]
        return Instead(name, Message("gate.baseline_stays", model=name))

    with pytest.MonkeyPatch.context() as patch:
        lost = SimpleNamespace(beaten_by=["logistic"])
        patch.setattr("winback.workflows.at_the_gate.first_decision", lambda *_: lost)
        patch.setattr("winback.evaluation.baseline_instead.baseline_instead", beaten)
        shop.done = shop.do(run)
    return shop


def test_the_baseline_is_champion_and_the_gate_judges_it_as_it_is(settled):
    assert all(decision["champion"] for decision in settled.done["promote"].values())
    with settled.work() as work:
        store = work.tracking.store
        champions = work.tracking.champions
        recipes = {
            role: recipe(store, resolve(store, f"shop-{role}@{CHAMPION}")) for role in INSTEAD
        }
    assert {role: baseline_of(role, of) for role, of in recipes.items()} == INSTEAD
    churn = champions["churn"].estimator
    assert churn.selected_ == "recency_rule"
    assert {"logistic", "recency_rule"} <= set(churn.candidates_)  # all are kept, to be looked at
    assert churn.reasons_.clauses[0].code == "gate.baseline_stays"
    said = [reason.code for reason in settled.done["promote"]["churn"]["reasons"]]
    assert "gate.twin" in said


def test_scores_are_the_baselines_and_every_reader_works_with_it(settled):
    scores = settled.read("scores.parquet").query("T - recency <= 180")
    with settled.work() as work:
        churn = work.tracking.champions["churn"].estimator
        told = work.do(explain, customer=str(scores["customer_id"].iloc[0]))
        active = work.tables.past.frame(60).set_index("customer_id").loc[scores["customer_id"]]
    alone = churn.candidate_probabilities(
        active.reset_index().reindex(columns=["customer_id", *churn.input_columns_])
    )["recency_rule"]
    assert scores["p_churn"].to_numpy() == pytest.approx(alone.to_numpy())
    assert told["customer_id"] == scores["customer_id"].iloc[0]
    page = (settled.out / "report.html").read_text(encoding="utf-8")
    assert "a baseline, in place of what a contest of" in page


def test_what_is_tested_is_marked_as_chosen(settled):
    records = settled.read("evaluation.json")["records"]
    chosen = {record["target"]: record["model"] for record in records if record["chosen"]}
    assert chosen == {
        "purchases": "rate+own_mean",
        "revenue": "rate+own_mean",
        "churn": "recency_rule",
    }


def test_a_named_model_has_no_contest_and_no_baseline_in_its_place(trained):
    with trained.work() as work:
        assert work.do(used_instead, "value") is None
        assert work.do(used_instead, "tiers") is None


@pytest.mark.parametrize("other", [False, True])
def test_a_champion_of_the_same_recipe_is_the_same_rule_then(settled, other):
    own = VALUE_CANDIDATES["mean_btyd_count"]
    champion = VALUE_CANDIDATES["lightgbm_two_stage"] if other else own
    with settled.work() as work:
        job, tables = work.job, work.tables
        compared = _compared(job, tables, "value", {"challenger": own, "champion": champion})
    assert same_but_settings(compared["challenger"], compared["champion"]) is not other


def test_a_candidate_is_no_baseline():
    assert baseline_of("value", VALUE_CANDIDATES["mean_btyd_count"]) is None
    assert baseline_of("value", VALUE_CANDIDATES["beta_geo+gamma_gamma"]) == "beta_geo+gamma_gamma"
