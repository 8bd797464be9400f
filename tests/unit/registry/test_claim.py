import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from winback.errors import RegistryError
from winback.registry import training_run
from winback.registry.claim import Claim, demand_free, sole

HOLD = """\
import sys, time
from winback.registry import open_store, training_run
with training_run(open_store(sys.argv[1]), "shop", "key", models=("churn",)) as training:
    with training.model("churn") as run:
        run.log_metrics({"mae": 1.5})
        print(training.run_id, run.run_id, flush=True)
        time.sleep(600)
"""


@pytest.fixture
def other(store):
    """Return a training of the same key in another process, half-way."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, store.uri], stdout=subprocess.PIPE, text=True
    ) as process:
        process.runs = process.stdout.readline().split()
        yield process
        process.kill()


@pytest.mark.slow
def test_a_second_training_leaves_a_living_one_alone_and_takes_up_a_killed_one(store, other, tiny):
    parent, nested = other.runs
    other.send_signal(signal.SIGSTOP)  # at rest, and silent: it lives all the same
    for key in ("key", "another key"):
        refused = pytest.raises(RegistryError, match=f"under way.*process {other.pid} on ")
        with refused, training_run(store, "shop", key, models=("churn",)):
            pass
    with pytest.raises(RegistryError, match="under way"):
        demand_free(store, "shop", "training")
    assert store.client.get_run(nested).info.lifecycle_stage == "active"
    assert store.client.get_run(parent).info.status == "RUNNING"
    os.kill(other.pid, signal.SIGKILL)  # not waited for: its number is still taken
    with training_run(store, "shop", "key", models=("churn",)) as training:
        assert (training.run_id, training.resumed) == (parent, True)
        assert store.client.get_run(nested).info.lifecycle_stage == "deleted"
        with training.model("churn") as run:
            run.register(tiny())
    demand_free(store, "shop", "training")


@pytest.mark.parametrize(("silent", "lives"), [(9, True), (11, False)])
def test_a_process_of_another_machine_is_known_by_its_heart(store, silent, lives):
    experiment = store.experiment("shop")
    beat = (datetime.now(UTC) - timedelta(minutes=silent)).isoformat()
    holder = {"host": "h", "machine": "far away", "pid": os.getpid(), "born": "1", "since": beat}
    tag = "winback.claim.training.f00"
    store.client.set_experiment_tag(experiment, tag, json.dumps({**holder, "beat": beat}))
    if lives:
        with (
            pytest.raises(RegistryError, match="10 minutes after"),
            sole(store, experiment, "training"),
        ):
            pass
    with sole(store, experiment, "promotion"):
        pass
    if not lives:
        with sole(store, experiment, "training"):
            pass
    assert (tag in store.client.get_experiment(experiment).tags) is lives


def test_whoever_was_taken_for_dead_registers_nothing(store, tiny):
    with (
        training_run(store, "shop", "key", models=("churn",)) as training,
        training.model("churn") as run,
    ):
        store.client.delete_experiment_tag(training.experiment_id, training.claim.tag)
        with pytest.raises(RegistryError, match="another training took over"):
            run.register(tiny())
    assert not store.client.search_model_versions("name = 'shop-churn'")


def test_a_heart_beats_and_a_claim_leaves_nothing_behind(store, monkeypatch):
    monkeypatch.setattr("winback.registry.claim.BEAT", timedelta(seconds=0.05))
    experiment = store.experiment("shop")
    beaten = []
    real = Claim._write
    monkeypatch.setattr(Claim, "_write", lambda claim: (real(claim), beaten.append(1)))
    with sole(store, experiment, "training") as claim:
        while len(beaten) < 3:
            claim._ended.wait(0.02)
    claim._heart.join()
    assert not [t for t in store.client.get_experiment(experiment).tags if "claim" in t]
