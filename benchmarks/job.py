"""Measure what a job's commands cost, each in a process of its own; write docs/benchmarks_job.md.

    python benchmarks/job.py
    python benchmarks/job.py --against ../winback-before

With ``--against``, the same commands of another checkout of winback take turns with these, so that
whatever else the machine does meets both. Processor time is what is told, of one thread of
numerics; beside it stands how many times a fixed piece of work it is, which hardly depends on the
machine. ``make demo`` is ``run`` on the whole sample.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks_job.md"
SAMPLES = {"cdnow-tenth": "2,357 customers", "cdnow": "23,570 customers"}
COMMANDS = ("run", "score", "lists", "report", "validate")
JOB = """\
name: bench
as_of: 1998-06-30
currency: USD
horizon_days: 90
margin: 0.30
data: { transactions: { source: "sample:SAMPLE" } }
value: { horizon_days: 273 }
churn: { active_within_days: 180 }
lists:
  churn_warning: { capacity: 200 }
  win_back: { budget: 250, capacity: 200, contact_cost: 0.10, offer_cost: 2.00, window_days: 545 }
"""
TEXT = """\
# Benchmarks of a job

What the commands of a job cost, from the start of the process to its end, measured by

```sh
COMMAND
```

Seconds of processor time, of CDNOW and of the tenth of it that the papers use. *Units* are times a
fixed piece of work, measured in the same turn (sorting ten million numbers: SECONDS s here): they
hardly depend on the machine. `run` trains everything anew, holds all contests and makes scores,
lists and report; `make demo` is `run` on the whole sample. The others start from what it left, as
they do every night. The machine is shared: a single figure is known to about a tenth.
"""


class Cost(NamedTuple):
    """What one process took: seconds of processor time, peak resident size in MB."""

    seconds: float
    megabytes: float


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--samples", nargs="+", default=list(SAMPLES), choices=list(SAMPLES))
    parser.add_argument("--against", type=Path, help="another checkout of winback")
    asked = parser.parse_args()
    trees = {"now": ROOT} | ({} if asked.against is None else {"before": asked.against.resolve()})
    unit = reference()
    tables = [table(sample, measured(sample, trees), unit) for sample in asked.samples]
    shown = "python benchmarks/job.py" + (" --against ../winback-before" if asked.against else "")
    text = TEXT.replace("COMMAND", shown).replace("SECONDS", f"{unit:.2f}")
    PAGE.write_text("\n".join([text, *tables]), encoding="utf-8")


def reference() -> float:
    """Return the seconds of processor time of the fixed piece of work, the least of three."""
    values = np.random.default_rng(0).random(10_000_000)
    took = []
    for _ in range(3):
        begun = time.process_time()
        np.sort(values)
        took.append(time.process_time() - begun)
    return min(took)


def measured(sample: str, trees: dict[str, Path]) -> dict[str, dict[str, Cost]]:
    """Return by command and checkout what each took; the checkouts take turns."""
    costs: dict[str, dict[str, Cost]] = {command: {} for command in COMMANDS}
    with tempfile.TemporaryDirectory() as temporary:
        for name in trees:
            (Path(temporary) / name).mkdir()
            job = Path(temporary) / name / "bench.yaml"
            job.write_text(JOB.replace("SAMPLE", sample), encoding="utf-8")
        for command in COMMANDS:
            for name, tree in trees.items():
                costs[command][name] = cost(command, Path(temporary) / name, tree)
                print(f"{sample:12} {command:9} {name:7} {costs[command][name]}", flush=True)
    return costs


def cost(command: str, folder: Path, tree: Path) -> Cost:
    """Return what one command took of a checkout, in a folder with a job."""
    script = [sys.executable, "-m", "winback", command, "bench.yaml", "--quiet"]
    alone = {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(tree / "src")}
    done = subprocess.Popen(script, cwd=folder, env=os.environ | alone, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(done.pid, 0)
    done.returncode = os.waitstatus_to_exitcode(status)
    if done.returncode:
        raise SystemExit(f"winback {command} ended with {done.returncode}")
    return Cost(used.ru_utime + used.ru_stime, _megabytes(used))


def _megabytes(used: resource.struct_rusage) -> float:
    return used.ru_maxrss / 1024  # Linux counts kilobytes


def table(sample: str, costs: dict[str, dict[str, Cost]], unit: float) -> str:
    """Return the section of one sample.

    Examples
    --------
    >>> costs = {"score": {"now": Cost(4.0, 300.0), "before": Cost(8.0, 500.0)}}
    >>> print(table("cdnow", costs, 0.8).splitlines()[-1])
    | `score` | 4.0 | 5.0 | 300 | 8.0 | 2.0 |
    """
    rows = []
    for command, of in costs.items():
        now = of["now"]
        row = [f"`{command}`", f"{now.seconds:.1f}", f"{now.seconds / unit:.1f}"]
        row.append(f"{now.megabytes:.0f}")
        if "before" in of:
            ratio = of["before"].seconds / now.seconds
            row += [f"{of['before'].seconds:.1f}", f"{ratio:.1f}"]
        rows.append("| " + " | ".join(row) + " |")
    heads = ["", "seconds", "units", "peak MB"]
    if any("before" in of for of in costs.values()):
        heads += ["seconds before", "times faster"]
    lines = ["| " + " | ".join(heads) + " |", "|---" + "|--:" * (len(heads) - 1) + "|"]
    return "\n".join([f"## {SAMPLES[sample]} ({sample})", "", *lines, *rows]) + "\n"


if __name__ == "__main__":
    main()
