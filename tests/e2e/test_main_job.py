"""The main job in a fresh folder: what a run leaves, twice the same, and after a kill the same."""

import csv
import hashlib
import json
import signal
import subprocess
import sys

import pandas as pd
import pytest

JOB = """\
name: tenth
as_of: 1998-06-30
currency: USD
margin: 0.3
data:
  transactions:
    source: sample:cdnow-tenth
value: {horizon_days: 180}
churn:
  active_within_days: 180
  snapshots: {count: 3}
lists:
  win_back: {budget: 60, capacity: 80, window_days: 545}
"""
RESULTS = {
    "scores.parquet",
    "churn_warning.csv",
    "churn_warning.machine.csv",
    "lists.xlsx",
    "churn_warning.parquet",
    "win_back.csv",
    "win_back.machine.csv",
    "win_back.parquet",
    "win_back_control.csv",
    "win_back_excluded.parquet",
    "rejected.parquet",
    "report.html",
    "manifest.json",
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ran(tmp_path_factory, shell_in):
    shell = shell_in(tmp_path_factory.mktemp("tenth"))
    shell.write("tenth.yaml", JOB)
    shell.done = shell.winback("run", "tenth.yaml")
    assert shell.done.returncode == 0, shell.done.stderr
    return shell


def read(shell, name, out="outputs/tenth"):
    path = shell.folder / out / name
    if name.endswith(".parquet"):
        return pd.read_parquet(path)
    return json.loads(path.read_text()) if name.endswith(".json") else path.read_bytes()


def digests(folder):
    kept = RESULTS - {"manifest.json"}
    return {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in kept}


def test_a_run_leaves_every_result(ran):
    left = {p.name for p in (ran.folder / "outputs/tenth").iterdir()}
    assert left >= RESULTS
    assert not [name for name in left if name.startswith(".staged")]


def test_nothing_that_names_customers_is_open_to_others(ran):
    for place in ("outputs", "models"):
        made = [ran.folder / place, *(ran.folder / place).rglob("*")]
        assert len(made) > 10
        assert not [path for path in made if not path.is_symlink() and path.stat().st_mode & 0o077]


def test_every_customer_is_scored_and_no_score_is_out_of_range(ran):
    scores = read(ran, "scores.parquet")
    assert len(scores) == scores["customer_id"].nunique() == 2357
    assert scores.pop("referral_value").isna().all()  # the job has no table of customers
    assert scores.pop("discount_share").isna().all()  # purchases say nothing of discounts
    assert not scores.isna().any().any()
    for column in ("p_alive", "p_churn", "p_repurchase"):
        assert scores[column].between(0, 1).all()
    assert (scores["clv_low"] <= scores["clv_high"]).all()
    assert (scores[["clv_low", "clv", "expected_purchases", "spend_30d"]] >= 0).all().all()
    # the churn horizon is the job's, so one is the complement of the other
    assert (scores["p_repurchase"] + scores["p_churn"]).sub(1).abs().max() < 1e-12
    assert set(scores["value_version"]) == set(scores["churn_version"]) == {1}


def test_every_customer_is_in_exactly_one_part_of_the_win_back_decision(ran):
    scores = read(ran, "scores.parquet")
    treated = read(ran, "win_back.parquet")
    excluded = read(ran, "win_back_excluded.parquet")
    with (ran.folder / "outputs/tenth/win_back_control.machine.csv").open(
        encoding="utf-8-sig"
    ) as file:
        control = [row["customer_id"] for row in csv.DictReader(file)]
    parts = [*treated["customer_id"], *control, *excluded["customer_id"]]
    assert sorted(parts) == sorted(scores["customer_id"])
    assert excluded["reason"].notna().all()
    assert len(treated) > 0
    assert len(treated) <= 80
    at_most = (treated["contact_cost"] + treated["offer_cost"]).sum()
    assert at_most <= 60 + 1e-9


def test_the_warned_are_active_and_their_reasons_are_their_own(ran):
    scores = read(ran, "scores.parquet").set_index("customer_id")
    warned = read(ran, "churn_warning.parquet")
    assert len(warned) > 0
    silent = (scores["T"] - scores["recency"])[warned["customer_id"]]
    assert (silent <= 180).all()
    assert set(warned["severity"]) <= {"yellow", "orange", "red"}
    assert warned["reason_1"].str.len().gt(0).all()


def test_the_report_is_one_offline_file(ran):
    page = read(ran, "report.html").decode()
    assert len(page) < 8_000_000
    assert 'src="http' not in page
    assert "BG/NBD" in page


def test_the_manifest_says_what_made_the_results(ran):
    manifest = read(ran, "manifest.json")
    assert manifest["as_of"] == "1998-06-30"
    assert manifest["models"]["churn"]["version"] == 1
    assert len(manifest["models"]["churn"]["digest"]) == 64
    assert manifest["intake"]["customers"] == manifest["rows"]["scores"] == 2357
    assert manifest["config_hash"]
    assert manifest["data_fingerprint"]


def test_a_second_run_gives_the_same_bytes_and_trains_nothing(ran, desk_in):
    before = digests(ran.folder / "outputs/tenth")
    again = desk_in(ran.folder).winback("run", "tenth.yaml")
    assert again.returncode == 0, again.stderr
    assert digests(ran.folder / "outputs/tenth") == before


def test_the_model_answers_anyone_with_the_store(ran):
    code = (
        "import winback as wb\n"
        "model = wb.load('tenth-value@champion')\n"
        "print(model.predict(model.estimator.input_example()).to_json())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ran.folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["clv"]["0"] > 0


def test_json_goes_to_standard_output_alone(ran, desk_in):
    done = desk_in(ran.folder).winback("validate", "tenth.yaml", "--json", "--out", "elsewhere")
    assert json.loads(done.stdout)["customers"] == 2357


@pytest.mark.timeout(2000)
@pytest.mark.parametrize(
    "step", ["Judging purchases", "Fitting the value model", "Judging tenth-churn", "Scoring"]
)
def test_a_killed_job_started_again_leaves_what_an_undisturbed_one_would(ran, shell, step):
    tmp_path = shell.folder
    shell.write("tenth.yaml", JOB)
    with subprocess.Popen(
        [sys.executable, "-m", "winback", "run", "tenth.yaml"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as job:
        for line in job.stderr:  # a step is told of when it begins
            if line.strip().startswith(step):
                job.send_signal(signal.SIGKILL)
    assert job.returncode == -signal.SIGKILL
    assert shell.winback("run", "tenth.yaml").returncode == 0
    ours, theirs = (
        pd.read_parquet(f / "outputs/tenth/scores.parquet") for f in (tmp_path, ran.folder)
    )
    same = ours.drop(columns="run_id")
    pd.testing.assert_frame_equal(same, theirs.drop(columns="run_id"))
