"""A model that is not fit for ranking orders no list, moves no score, and every step says so."""

import json

import pandas as pd
import pytest

from winback.evaluation.fitness import Fit, Fitness
from winback.messages import Message
from winback.registry.aliases import CHAMPION, ModelVersionRef, resolve
from winback.registry.version_notes import FITNESS, read_fitness, write_fitness
from winback.workflows.explain import explain
from winback.workflows.lists import lists
from winback.workflows.promote import _mind_fitness, _Verdict
from winback.workflows.report import report
from winback.workflows.score import score


def state(shop, role, fit):
    """State of the champion of a role what it is fit for."""
    with shop.work() as work:
        store = work.tracking.store
        ref = resolve(store, f"shop-{role}@{CHAMPION}")
        stated = Fitness(role, fit, Message("fitness.constant"), needs_customers=900)
        write_fitness(store, ref, stated.as_record())


@pytest.fixture(scope="module")
def unfit(trained, tmp_path_factory):
    shop = trained.copy_to(tmp_path_factory.mktemp("unfit") / "shop")
    for role in ("churn", "value"):
        state(shop, role, Fit.FALLBACK)
    shop.do(lists)
    return shop


def test_a_training_states_what_each_model_is_fit_for(shop):
    with shop.work() as work:
        for role in ("churn", "value"):
            kept = read_fitness(resolve(work.tracking.store, f"shop-{role}@{CHAMPION}"))
            assert Fitness.of(kept).role == role
            assert "on days that it had not seen" in str(Fitness.of(kept).message)


def test_nobody_is_red_and_the_most_overdue_times_value_come_first(unfit):
    listed = pd.read_parquet(unfit.out / "churn_warning.parquet")
    assert set(listed["severity"]) <= {"orange", "yellow"}
    assert listed["p_churn"].eq(listed["p_churn"][0]).all()
    assert set(listed["reason_1_code"].dropna()) == {"overdue"}, "only the rhythm, which was seen"
    assert listed["reason_2"].isna().all()
    for _, rows in listed.groupby("severity"):
        assert (rows["overdue_ratio"] * rows["value_keepable"]).is_monotonic_decreasing


def test_win_backs_are_ordered_by_past_spend(unfit):
    called = pd.read_parquet(unfit.out / "win_back.parquet")
    assert called["p_return_untreated"].eq(called["p_return_untreated"][0]).all()
    ranked = called[called["chosen_by"] == called["chosen_by"].mode()[0]].sort_values("rank")
    assert ranked["expected_margin"].is_monotonic_decreasing


def test_lists_explanation_and_report_name_the_fallback(unfit):
    summary = unfit.read("manifest.json")["churn_warning"]
    assert "not fit for ranking" in summary["messages"][0]["text"]
    assert summary["threshold"]["by"] == "overdue"
    first = pd.read_parquet(unfit.out / "churn_warning.parquet")["customer_id"][0]
    with unfit.work() as work:
        told = work.do(explain, customer=first)
    assert told["contributions"] == []
    assert "not fit for ranking" in told["fitness"]["churn"]["text"]
    unfit.do(report)
    page = (unfit.out / "report.html").read_text("utf-8")
    assert "Nobody can say yet who will leave" in page
    assert "(a forecast takes about 900 customers)" in page


def test_where_nothing_is_known_the_list_is_empty_and_says_what_is_missing(trained, tmp_path):
    shop = trained.copy_to(tmp_path / "shop")
    state(shop, "churn", Fit.NOTHING)
    shop.do(score)
    shop.do(lists)
    assert pd.read_parquet(shop.out / "churn_warning.parquet").empty
    assert (
        "nobody is warned about"
        in shop.read("manifest.json")["churn_warning"]["messages"][0]["text"]
    )


def test_the_gate_keeps_a_champion_that_ranks_from_one_that_does_not():
    def ref(fit):
        stated = Fitness("churn", fit, Message("fitness.constant")).as_record()
        return ModelVersionRef("shop-churn", 1, "f00", "ab", {FITNESS: json.dumps(stated)})

    ranks, does_not = ref(Fit.RANKING), ref(Fit.FALLBACK)
    for challenger, rival, accepted in (
        (does_not, ranks, False),
        (does_not, does_not, True),
        (ranks, does_not, True),
        (does_not, None, True),
    ):
        verdict = _Verdict(challenger, rival, accepted=True, reasons=[])
        _mind_fitness(verdict)
        assert verdict.accepted is accepted
