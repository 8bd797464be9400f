"""What speaks against a champion beforehand, and who is promoted by name."""

from contextlib import nullcontext
from datetime import date
from types import SimpleNamespace

import pytest

from winback.errors import GateRefusedError
from winback.messages import Message
from winback.registry.aliases import ModelVersionRef
from winback.roles import ROLES
from winback.workflows import promote

JOB = SimpleNamespace(
    name="shop", as_of=date(2024, 6, 30), churn=SimpleNamespace(gap_days=0), random_state=0
)
TABLES = SimpleNamespace(churn_horizon_days=60)
TRACKING = SimpleNamespace(store=None, alone=nullcontext)


def version(role, number):
    return ModelVersionRef(f"shop-{role}", number, "run", "digest")


@pytest.mark.parametrize(
    ("role", "days", "known", "code"),
    [
        ("churn", 60, "2024-06-01", None),
        ("churn", 90, "2024-06-01", "gate.other_window"),
        ("churn", 60, "2024-01-01", "gate.aged"),
        ("value", 90, "2024-04-01", None),
        ("value", 90, "2024-03-31", "gate.aged"),
    ],
)
def test_a_champion_that_is_old_or_predicts_another_window_stays_a_rival(
    role, days, known, code, monkeypatch
):
    made = {"params": {"horizon_days": days, "gap_days": 0}}
    monkeypatch.setattr("winback.registry.artifacts.recipe", lambda *_: made)
    monkeypatch.setattr("winback.registry.artifacts.trained_on", lambda *_: known)
    said = promote._overdue(JOB, TABLES, TRACKING, role, version(role, 1))
    assert (None if said is None else said.code) == code


@pytest.fixture
def moved(monkeypatch):
    """Let no challenger through, and note which alias moves."""
    aliases = []

    def verdict(job, tables, tracking, reporter, role):
        rival = None if job.name == "new" else version(role, 1)
        said = [Message.of("worse")]
        return promote._Verdict(version(role, 2), rival, accepted=False, reasons=said)

    monkeypatch.setattr(promote, "_verdict", verdict)
    monkeypatch.setattr(promote, "finish_promotion", lambda *_: None)
    monkeypatch.setattr("winback.registry.aliases.promote", lambda _, ref: aliases.append(ref.name))
    monkeypatch.setattr("winback.registry.version_notes.write_notes", lambda *_: None)
    return aliases


def decide(job=JOB, force=(), **options):
    reporter = SimpleNamespace(say=lambda _: None, warn=lambda _: None)
    return promote.decide(
        job, TABLES, SimpleNamespace(manifest={}), TRACKING, reporter, force=force, **options
    )


def test_who_is_asked_for_by_name_is_promoted_and_the_version_says_so(moved):
    assert not any(decision["champion"] for decision in decide().values())
    assert moved == []
    forced = decide(force=["churn"])
    assert moved == ["shop-churn"]
    assert [reason.code for reason in forced["churn"]["reasons"]] == ["gate.forced", "stored"]
    decide(force=["value"])
    assert sorted(moved[1:]) == ["shop-tiers", "shop-value"]  # they go together


def test_a_first_model_that_a_baseline_beats_stops_the_job_and_names_the_way(moved):
    with pytest.raises(GateRefusedError, match="--force value"):
        decide(SimpleNamespace(**{**vars(JOB), "name": "new"}))
    done = decide(SimpleNamespace(**{**vars(JOB), "name": "new"}), force=["value", "churn"])
    assert all(done[role]["champion"] for role in ROLES)


def test_a_first_run_goes_on_and_says_what_is_better(moved):
    done = decide(SimpleNamespace(**{**vars(JOB), "name": "new"}), go_on=True)
    assert all(done[role]["champion"] for role in ROLES)
    assert done["churn"]["reasons"][0].code == "gate.beaten_first"
    stays = decide(go_on=True)  # where there is a champion, it stays
    assert not any(decision["champion"] for decision in stays.values())
