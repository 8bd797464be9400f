"""Times, ratios and verdicts of the benchmark's page."""

import importlib.util
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def page():
    spec = importlib.util.spec_from_file_location("bench_page", HOME / "page.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def record(*firsts: float, warm: tuple[float, ...] = (), peak: float = 100.0, **more: object):
    def clocks(cpu: float) -> dict[str, float]:
        return {"cpu": cpu, "wall": 2 * cpu}

    runs = [
        {
            "imported": clocks(1.0),
            "first": clocks(first),
            "warm": [clocks(value) for value in warm],
            "peak_mb": peak,
            "answer": [1.0],
        }
        for first in firsts
    ]
    return {"tool": "winback", "task": "bg_nbd", "n": 10, "runs": runs, **more}


def test_times_are_the_least_over_rounds(page) -> None:
    runs = record(5.0, 1.0, 2.0, warm=(0.5, 0.7))
    assert page.seconds(runs, "first") == 1.0
    assert page.seconds(runs, "cold") == 2.0
    assert page.seconds(runs, "cold", "wall") == 4.0
    assert page.seconds(runs, "warm") == 0.5
    assert page.seconds(record(), "warm") is None


def test_a_first_call_stands_in_for_a_warm_one_of_theirs_only(page) -> None:
    quick, slow = record(1.0, warm=(0.5,)), record(20.0)
    assert page.speed(quick, slow, "warm") == 40.0
    assert page.speed(slow, quick, "warm") is None


@pytest.mark.parametrize(
    ("likelihood", "peak", "holds"),
    [(-7.0, 90.0, "yes"), (-7.0 - 1e-5, 90.0, "no"), (-7.0, 110.0, "no")],
)
def test_a_target_holds_at_no_worse_likelihood_and_no_more_memory(
    page, likelihood, peak, holds
) -> None:
    ours = record(1.0, warm=(1.0,), peak=peak, log_likelihood=likelihood)
    theirs = record(30.0, warm=(30.0,), log_likelihood=-7.0)
    assert page._target(ours, theirs, "warm", 25).endswith(f"| {holds} |")
    assert page._target(ours, theirs, "warm", 31).endswith("| no |")


def test_what_did_not_finish_bounds_the_ratio_from_below(page) -> None:
    ours, theirs = record(1.0, warm=(1.0,)), record(failed="did not finish within 9 s", limit=9.0)
    line = page._target(ours, theirs, "warm", 9)
    assert "| (> 9) | not reached within 9 s | | in speed |" in line
    assert page._target(ours, theirs, "warm", 10).endswith("| - |")


def test_what_failed_is_said(page) -> None:
    line = page._target(record(1.0, warm=(1.0,)), record(failed="failed: E"), "warm", 2)
    assert "failed: E" in line
    assert line.endswith("| - |")
