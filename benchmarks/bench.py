"""Measure winback side by side with lifetimes and pymc-marketing; write docs/benchmarks.md.

    make bench                        # 100,000 and 1,000,000 customers
    python benchmarks/bench.py --quick --limit 60

Every number comes from a process of its own, which works in one thread. Tools take turns within
a round, so that whatever else the machine does meets all of them; the least time over rounds is
shown, as noise only adds. What needs more than ``--limit`` seconds of processor time is ended, and
the page says so. ``python benchmarks/page.py`` writes the page again from what was kept. This
script itself stays small: a child's peak memory starts at its parent's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import page

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "outputs" / "bench"
RESULTS = ROOT / "benchmarks" / "results.json"
BENCH_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
PYTHONS = {"winback": sys.executable, "lifetimes": sys.executable, "pymc": str(BENCH_PYTHON)}
TASKS = (
    "rfm_text",
    "rfm",
    "bg_nbd",
    "gamma_gamma",
    "pareto_nbd",
    "predict",
    "clv",
    "clv_interval",
)
FITS = ("bg_nbd", "gamma_gamma", "pareto_nbd")
ONCE = 100.0  # seconds of processor time; what takes longer is measured in one round only
ALONE = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1") | {
    "PYTENSOR_FLAGS": f"base_compiledir={ROOT / '.venv-bench' / 'compiled'}"
}


def main() -> None:
    """Draw the data, measure, score the fits, write results and page."""
    asked = _arguments()
    tools = [tool for tool in asked.tools if Path(PYTHONS[tool]).exists()]
    if "pymc" in tools:
        _prime(asked.limit)
    done: list[dict[str, Any]] = []
    for n in asked.sizes:
        folder = _data(n)
        for found in _rounds(tools, n, folder, asked):  # after each round, so that none is lost
            _score(found, folder)
            _write(tools, asked, done + found)
        done += found
    if not asked.keep:
        shutil.rmtree(DATA, ignore_errors=True)


def _write(tools: list[str], asked: argparse.Namespace, results: list[dict[str, Any]]) -> None:
    facts = {
        "command": asked.command,
        "limit": asked.limit,
        "rounds": asked.rounds,
        "once": ONCE,
        "orders": {n: int((_folder(n) / "rows.txt").read_text()) for n in _sizes(results)},
        "absent": [tool for tool in asked.tools if tool not in tools],
        "versions": {tool: _version(tool) for tool in tools},
        "python": sys.version.split()[0],
        "cores": os.cpu_count(),
        "processor": _processor(),
    }
    text = json.dumps({"facts": facts, "results": results}, indent=1)
    RESULTS.write_text(text, encoding="utf-8")
    page.write(facts, results)


def _sizes(results: list[dict[str, Any]]) -> list[int]:
    return sorted({record["n"] for record in results}, reverse=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="10,000 and 100,000 customers")
    parser.add_argument("--limit", type=float, default=900, help="processor seconds of a process")
    parser.add_argument("--rounds", type=int, default=2, help="turns of every tool")
    parser.add_argument("--patience", type=float, default=20, help="of these for warm calls")
    parser.add_argument("--tools", nargs="+", default=list(PYTHONS), choices=list(PYTHONS))
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=TASKS)
    parser.add_argument("--keep", action="store_true", help="keep the drawn data")
    asked = parser.parse_args()
    asked.sizes = (100_000, 10_000) if asked.quick else (1_000_000, 100_000)
    asked.command = " ".join(["make bench", *_as_make(sys.argv[1:])])
    return asked


def _as_make(arguments: list[str]) -> list[str]:
    words = " ".join(arguments)
    return [f'BENCH="{words}"'] if words else []


def _folder(n: int) -> Path:
    return DATA / str(n)


def _data(n: int) -> Path:
    """Draw the customers, in a process of its own so that this one stays small."""
    folder = _folder(n)
    print(f"drawing {n:,} customers", flush=True)
    script = ROOT / "benchmarks" / "draw.py"
    subprocess.run([sys.executable, script, str(n), folder], check=True)
    return folder


def _prime(limit: float) -> None:
    """Let pymc-marketing compile once before any clock runs, as after its first use."""
    folder = _data(1000)
    for task in FITS:
        _measure("pymc", task, folder, limit, 0.0)


def _rounds(
    tools: list[str], n: int, folder: Path, asked: argparse.Namespace
) -> Iterator[list[dict[str, Any]]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    over: set[tuple[str, str]] = set()
    for turn in range(asked.rounds):
        for task in asked.tasks:
            for tool in tools:
                if (task == "clv_interval" and tool != "winback") or (tool, task) in over:
                    continue
                started = time.perf_counter()
                run = _measure(tool, task, folder, asked.limit, asked.patience)
                took = time.perf_counter() - started
                print(f"{n:>9,} round {turn + 1} {task:12} {tool:10} {took:7.1f} s", flush=True)
                record = found.setdefault(
                    (tool, task), {"tool": tool, "task": task, "n": n, "runs": []}
                )
                if "failed" in run:
                    record.update(run)
                else:
                    record["runs"].append(run)
                if "failed" in run or _worked(run) > ONCE:
                    over.add((tool, task))
        yield list(found.values())


def _measure(tool: str, task: str, folder: Path, limit: float, patience: float) -> dict[str, Any]:
    script = ROOT / "benchmarks" / "measure.py"
    words = [PYTHONS[tool], script, tool, task, folder, repr(time.time()), str(patience)]
    at_most = (int(limit), int(limit) + 5)
    done = subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | ALONE,
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_CPU, at_most),
    )
    if done.returncode == -signal.SIGXCPU:
        return {"failed": f"did not finish within {limit:g} s", "limit": limit}
    if done.returncode:
        last = (done.stderr.strip() or f"exit {done.returncode}").splitlines()[-1]
        return {"failed": f"failed: {last[:120]}"}
    run: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return run


def _worked(run: dict[str, Any]) -> float:
    calls = [run["imported"], run["first"], *run["warm"]]
    return float(sum(call["cpu"] for call in calls))


def _score(found: list[dict[str, Any]], folder: Path) -> None:
    """Add the log-likelihood that each fit reached, by one function for all tools."""
    fits = [record for record in found if record["task"] in FITS and record["runs"]]
    asks = [[record["task"], record["runs"][-1]["answer"]] for record in fits]
    script = ROOT / "benchmarks" / "likelihood.py"
    done = subprocess.run(
        [sys.executable, script, folder],
        input=json.dumps(asks),
        capture_output=True,
        text=True,
        check=True,
    )
    for record, value in zip(fits, json.loads(done.stdout), strict=True):
        record["log_likelihood"] = value


def _version(tool: str) -> str:
    name = {"pymc": "pymc-marketing"}.get(tool, tool)
    words = [PYTHONS[tool], "-c", f"import importlib.metadata as m; print(m.version('{name}'))"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "an unnamed processor"
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "an unnamed processor"


if __name__ == "__main__":
    main()
