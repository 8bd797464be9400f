import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from winback.config import load_job
from winback.registry.store import open_store
from winback.workflows.output import OutputFolder
from winback.workflows.status import Freshness, lines, status

JOB = """\
name: shop
as_of: 2024-06-30
data: {transactions: {source: orders.csv}}
"""
LIMITS = Freshness()
NOW = datetime(2024, 7, 1, 3, tzinfo=UTC)
DIES = """\
import os, signal, sys
from pathlib import Path
from winback.workflows.output import OutputFolder
with OutputFolder(Path(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def shop(workshop_in, tmp_path):
    """Return a shop with three champions, results, and an alert that fires."""
    shop = workshop_in(tmp_path / "shop", JOB, orders="customer_id,timestamp\n")
    store = open_store(f"sqlite:///{shop.folder}/mlflow.db")
    tags = {"winback.as_of": "2024-06-01"}
    run = store.client.create_run(store.experiment("shop"), tags=tags).info.run_id
    for role in ("value", "churn", "tiers"):
        store.client.create_registered_model(f"shop-{role}")
        of = {"winback.training_run": run, "winback.digest": "d", "winback.model": role}
        made = store.client.create_model_version(f"shop-{role}", str(tmp_path), tags=of)
        store.client.set_registered_model_alias(f"shop-{role}", "champion", made.version)
    alert = {"rule": "revenue", "status": "firing", "severity": "orange", "segment": "all"}
    alert |= {"days_open": 3, "owner": None, "silenced_until": None}
    day = {"actual": 8, "expected": 9.5, "held_out": True}
    shop.alert = alert
    shop.past = [day | {"day": "2024-06-29"}, day | {"day": "2024-06-30"}]
    shop.past.insert(0, {"day": "2024-06-28", "actual": 99, "expected": 1, "held_out": False})
    return shop


def publish(shop, **alert):
    with OutputFolder(shop.out) as output:
        output._manifest = {"as_of": "2024-06-30", "rows": {"win_back": 2}}
        output.staged("alerts.json").write_text(json.dumps({"alerts": [shop.alert | alert]}))
        output.staged("tracking.json").write_text(json.dumps({"past": shop.past}))


def codes(shop, now=NOW, limits=LIMITS):
    stands = status(load_job(shop.yaml), shop.out, now, limits)
    return stands, [problem.code for problem in stands["problems"]]


def test_a_fresh_job_is_well_and_says_how_it_stands(shop):
    publish(shop)
    stands, problems = codes(shop)
    assert problems == []
    assert (stands["run"]["as_of"], stands["run"]["age_days"]) == ("2024-06-30", 1)
    assert stands["champions"]["churn"]["age_days"] == 30
    assert stands["performance"]["purchases"] == 16
    assert stands["performance"]["expected"] == 19
    assert stands["at_work"] is None
    said = [str(line) for line in lines(stands)]
    assert "champion shop-churn/1 knows the days to 2024-06-01, 30 days ago" in said
    assert "orange alert revenue, open for 3 days (owner: -)" in said
    assert said[-1] == "all is well"


def test_what_is_stale_red_or_gone_is_a_problem(shop):
    assert codes(shop)[1] == ["status.no_run"]
    publish(shop, severity="red")
    later = NOW + timedelta(days=63)  # 64 days after the results, 93 after what models know
    assert codes(shop, later)[1] == ["status.old_run", *["status.old_model"] * 3, "status.red"]
    assert codes(shop, later, Freshness(64, 93))[1] == ["status.red"]
    publish(shop, severity="red", silenced_until="2024-12-01")
    (shop.folder / "mlflow.db").write_bytes(b"")
    assert codes(shop)[1] == ["status.no_store"]


def test_who_is_at_work_is_told_from_who_was_killed(shop):
    publish(shop)
    with OutputFolder(shop.out):
        assert codes(shop)[0]["at_work"]["lives"]
        assert codes(shop)[1] == []
    subprocess.run([sys.executable, "-c", DIES, shop.out], check=False)
    stands, problems = codes(shop)
    assert (stands["at_work"]["lives"], problems) == (False, ["status.killed"])
    publish(shop)
    assert codes(shop)[1] == []
