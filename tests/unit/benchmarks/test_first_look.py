"""`winback init` stays within so many times the work of Python's own csv reader."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "benchmarks" / "first_look.py"


@pytest.mark.slow
def test_a_first_look_at_64_mb_takes_no_longer_than_it_may():
    done = subprocess.run([sys.executable, SCRIPT], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("of processor time") == 2
