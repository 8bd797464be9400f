import json
import re
import shutil

import pytest

from winback.publishing.verify import problems


def kept(results, name):
    return (results.out / name).resolve()


def edit(results):
    kept(results, "scores.parquet").write_text("OLD")


def lose(results):
    kept(results, "lists/2011-12-08/win_back.csv").unlink()


def swap(results):
    path = kept(results, "scores.parquet")
    path.rename(results.out / "elsewhere")
    path.symlink_to(results.out / "elsewhere")


def slip_in(results):
    (kept(results, "scores.parquet").parent / "churn_warning.csv").write_text("")


def slip_in_a_link(results):
    (results.out / "churn_warning.csv").symlink_to("current/churn_warning.csv")


def save_over(results):
    (results.out / "scores.parquet").unlink()
    (results.out / "scores.parquet").write_text("old")


def unlink(results):
    (results.out / "manifest.json").unlink()


def spoil_the_manifest(results):
    kept(results, "manifest.json").write_text("{")


def lead_astray(results):
    (results.out / "current").unlink()
    (results.out / "current").symlink_to("/etc")


def lead_nowhere(results):
    shutil.rmtree(results.out / ".published")


def lead_out(results):
    (results.out / ".published").rename(results.out / "moved")
    (results.out / ".published").symlink_to("moved")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (edit, "scores.parquet has changed"),
        (lose, "win_back.csv is missing.*winback lists JOB.yaml --as-of 2011-12-08"),
        (swap, "scores.parquet is not a plain file"),
        (slip_in, "churn_warning.csv is not of the set"),
        (slip_in_a_link, "churn_warning.csv leads to no file"),
        (save_over, "a file stands where the link to scores.parquet"),
        (unlink, "link to manifest.json is missing"),
        (spoil_the_manifest, "manifest cannot be read"),
        (lead_astray, "pointer to the newest results leads to none"),
        (lead_out, "pointer to the newest results leads to none"),
        (lead_nowhere, "pointer to the newest results leads to none"),
    ],
)
def test_each_harm_is_one_problem_with_a_next_step(results, harm, message):
    assert problems(results.out) == []
    harm(results)
    (problem,) = problems(results.out)
    said = str(problem).replace("`", "")
    assert re.search(message, said), said
    assert "Next: " in said


def test_what_an_earlier_winback_left_is_told_from_nothing(plain, tmp_path):
    (problem,) = problems(plain.out)
    assert "earlier winback" in problem.what
    (problem,) = problems(tmp_path)
    assert "no results" in problem.what
    plain.publish_new()
    assert problems(plain.out) == []


def test_every_file_but_the_manifest_is_described(results):
    manifest = json.loads((results.out / "manifest.json").read_text())
    assert manifest["files"].keys() == {
        "scores.parquet",
        "tiers.json",
        "lists/2011-12-08/win_back.csv",
    }
    assert manifest["files"]["scores.parquet"]["size"] == 3
