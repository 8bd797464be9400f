"""Tiers are learned as the job says, and tiers.json is there whatever went before."""

import json
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from winback.config import load_job
from winback.estimators.base.artifact import from_files, make, to_files
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.workflows.evaluate import Evaluation
from winback.workflows.fit_tiers import RECORD, ensure_judged, fit_tiers, judge_tiers
from winback.workflows.fitting import value_frame
from winback.workflows.tracking import Tracking
from winback.workflows.work import Work

JOB = """\
name: shop
as_of: {as_of}
value: {{horizon_days: 60}}
data: {{transactions: {{source: sample:cdnow-tenth}}}}
tracking: {{uri: "sqlite:///none.db"}}
tiers: {tiers}
"""


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.setattr(Tracking, "earlier", lambda *_: None)  # no champion yet

    @contextmanager
    def opened(as_of="1997-09-30", tiers="{}"):
        job = tmp_path / "job.yaml"
        job.write_text(JOB.format(as_of=as_of, tiers=tiers))
        with Work(load_job(job), out=tmp_path / "out") as work:
            yield work

    return opened


def learned(work):
    frame = work.do(value_frame)
    recipe = VALUE_CANDIDATES["rate+own_mean"]
    value = make(recipe).set_params(horizon_days=60).fit(frame)
    return value, work.do(fit_tiers, frame, value)


def test_tiers_are_learned_as_the_job_says_and_judged(opened, tmp_path):
    wanted = "{method: gaussian_mixture, n_tiers: 2, min_tier_share: 0.1, scheme: numbered}"
    with opened(tiers=wanted) as work:
        value, fitted = learned(work)
        tiers = fitted.estimator
        assert (tiers.method, tiers.n_tiers, tiers.min_tier_share) == (
            "gaussian_mixture", 2, 0.1,
        )  # fmt: skip
        assert {"stability", "separation", "separation_reference"} < set(fitted.metrics)
        evaluation = Evaluation([{"target": "revenue", "model": "zero", "chosen": True}])
        by_zero = work.do(judge_tiers, evaluation, value, tiers)["held_out"]
        quality = work.do(judge_tiers, Evaluation(), value, tiers)
        assert quality["held_out"] != by_zero  # the contest's choice at the cut-off is refitted
    assert json.loads((tmp_path / "out" / RECORD).read_text()) == quality
    assert quality["tiers"] == ["tier-1", "tier-2"]
    assert quality["selection"] is None
    assert quality["held_out"]["as_of"] == "1997-08-01"
    assert sum(row["customers"] for row in quality["profile"]) == 2357
    assert quality["migration"]["before"] == "1997-08-01"


def test_a_history_too_short_to_judge_is_said_and_leaves_the_rest(opened):
    with opened(as_of="1997-01-10") as work:
        quality = work.do(judge_tiers, Evaluation(), *with_estimator(learned(work)))
    assert quality["held_out"] is None
    assert "too short" in quality["held_out_note"]["text"]
    assert quality["profile"]
    assert quality["migration"]["kept"] is None


def with_estimator(pair):
    return pair[0], pair[1].estimator


def test_the_record_of_a_reused_training_is_made_again_only_where_it_is_gone(
    opened, tmp_path, monkeypatch
):
    with opened(tiers="{n_tiers: auto}") as work:
        value, tiers = with_estimator(learned(work))
        quality = work.do(judge_tiers, Evaluation(), value, tiers)
    assert [row["chosen"] for row in quality["selection"]].count(True) == 1
    record = tmp_path / "out" / RECORD
    first = record.read_bytes()
    asked = []

    def version(_, role, version):
        asked.append((role, version))
        kept = to_files({"value": value, "tiers": tiers}[role])
        return SimpleNamespace(estimator=from_files(kept))

    monkeypatch.setattr(Tracking, "version", version)
    versions = {"value": 3, "tiers": 2}
    with opened(tiers="{n_tiers: auto}") as work:
        work.do(ensure_judged, Evaluation(), versions)
    assert not asked
    with opened() as work:
        work.results.drop(RECORD)
    with opened(tiers="{n_tiers: auto}") as work:
        work.do(ensure_judged, Evaluation(), versions)
    assert asked == [("value", 3), ("tiers", 2)]
    assert record.read_bytes() == first
