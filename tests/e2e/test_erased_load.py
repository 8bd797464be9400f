"""A million customers: twenty of them are erased in minutes, from every byte."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks/erase.py"


@pytest.mark.parametrize(
    "customers",
    [2_000, pytest.param(1_000_000, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])],
)
def test_a_large_shop_forgets_within_five_minutes(customers):
    asked = [sys.executable, SCRIPT, "--customers", str(customers)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (seconds,) = re.findall(r"in ([\d.]+) s \(peak", done.stdout)
    assert float(seconds) < 300
    assert "20 before, 0 after; problems found by verify: 0" in done.stdout
