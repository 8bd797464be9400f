"""The page about a job's cost says what was measured, and a command that fails is no figure."""

import importlib.util
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def job():
    spec = importlib.util.spec_from_file_location("bench_job", HOME / "benchmarks" / "job.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_seconds_units_and_times_faster_stand_side_by_side(job):
    costs = {
        "run": {"now": job.Cost(40.0, 900.0), "before": job.Cost(90.0, 1200.0)},
        "score": {"now": job.Cost(4.0, 300.0), "before": job.Cost(8.0, 500.0)},
    }
    text = job.table("cdnow-tenth", costs, unit=0.5)
    assert "| `run` | 40.0 | 80.0 | 900 | 90.0 | 2.2 |" in text
    assert "| `score` | 4.0 | 8.0 | 300 | 8.0 | 2.0 |" in text
    alone = job.table("cdnow", {"run": {"now": job.Cost(40.0, 900.0)}}, unit=0.5)
    assert "| `run` | 40.0 | 80.0 | 900 |" in alone
    assert "before" not in alone


def test_a_command_that_fails_is_no_figure(job, tmp_path):
    (tmp_path / "bench.yaml").write_text("name: [")
    with pytest.raises(SystemExit, match="winback validate ended with 2"):
        job.cost("validate", tmp_path, HOME)


def test_the_page_is_of_this_script(job):
    page = job.PAGE.read_text(encoding="utf-8")
    assert page.startswith("# Benchmarks of a job")
    for command in job.COMMANDS:
        assert f"| `{command}` |" in page
