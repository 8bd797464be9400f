"""What people open: lists in the job's language, the workbook, a page about a customer, models."""

import csv

import pytest
from python_calamine import CalamineWorkbook

from winback.registry.browse import version_scores, versions
from winback.workflows.explain import explain
from winback.workflows.lists import lists
from winback.workflows.models import models


@pytest.fixture(scope="module")
def chinese(trained, tmp_path_factory):
    shop = trained.copy_to(tmp_path_factory.mktemp("chinese") / "shop")
    shop.yaml.write_text(shop.yaml.read_text().replace("currency:", "language: zh\ncurrency:"))
    with shop.work() as work:
        work.do(lists)
    return shop


def people(shop, name):
    with (shop.out / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_people_read_in_the_language_of_the_job_and_machines_in_their_own(chinese):
    warned = people(chinese, "churn_warning.csv")
    machine = people(chinese, "churn_warning.machine.csv")
    assert [row["客户"] for row in warned] == [row["customer_id"] for row in machine]
    assert {row["颜色"] for row in warned} <= {"红", "橙", "黄"}
    assert {row["severity"] for row in machine} <= {"red", "orange", "yellow"}
    said = [text for row in warned for text in (row["原因"], row["做什么"], row["负责人"])]
    assert said
    assert not [text for text in said if text.isascii()]


def test_the_workbook_holds_the_lists_and_is_kept_by_date(chinese):
    path = chinese.out / "lists.xlsx"
    assert path.read_bytes() == (chinese.out / "lists/1998-06-30/lists.xlsx").read_bytes()
    book = CalamineWorkbook.from_path(path)
    assert book.sheet_names == ["流失预警", "召回名单", "不要触达", "说明"]
    called = book.get_sheet_by_name("召回名单").to_python()
    ids = [row["customer_id"] for row in people(chinese, "win_back.machine.csv")]
    assert [row[1] for row in called[1:]] == ids
    about = book.get_sheet_by_name("说明").to_python()
    assert any("winback explain" in row[1] for row in about)


def test_a_page_about_a_customer_leaves_the_results_alone(chinese):
    before = (chinese.out / "current").readlink()
    customer = people(chinese, "win_back.machine.csv")[0]["customer_id"]
    with chinese.work() as work:
        told = work.do(explain, customer=customer, html=True)
    page = (chinese.out / "customers" / f"{customer}.html").read_text(encoding="utf-8")
    assert told["page"].endswith(f"{customer}.html")
    assert f"客户 {customer}" in page
    assert "召回名单" in page
    assert (chinese.out / "current").readlink() == before


def test_the_models_of_a_job_are_shown_side_by_side(chinese):
    with chinese.work() as work:
        told, store = work.do(models)["models"], work.tracking.store
    champion = next(each for each in told if (each["role"], each["alias"]) == ("churn", "champion"))
    assert {"auc", "brier"} <= champion["scores"]["churn"].keys()
    assert (champion["version"], champion["age_days"]) == (1, 0)
    assert champion["recipe"]["estimator"] == "ChurnModel"
    assert all(note["text"] for note in champion["why"])
    scores = version_scores("shop-churn", store)
    own = scores[scores["chosen"] & (scores["metric"] == "auc")].iloc[0]
    assert own["model"] == champion["choice"]
    assert own["low"] <= own["value"] == champion["scores"]["churn"]["auc"] <= own["high"]
    assert versions("shop-churn", store).shape[1] < 12
