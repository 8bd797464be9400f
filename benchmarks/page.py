"""Write docs/benchmarks.md from what was measured; `python benchmarks/page.py` does it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
TITLES = {
    "rfm_text": "RFM table with spend, ids of text",
    "rfm": "RFM table with spend, ids of integers",
    "bg_nbd": "BG/NBD fit",
    "gamma_gamma": "Gamma-Gamma fit",
    "pareto_nbd": "Pareto/NBD fit",
    "predict": "P(alive) and expected purchases",
    "clv": "12-month CLV",
    "clv_interval": "12-month CLV with 80% intervals",
}
NAMES = {"winback": "winback", "lifetimes": "lifetimes", "pymc": "pymc-marketing"}
FITS = ("bg_nbd", "gamma_gamma", "pareto_nbd")
SLACK = 1e-6  # of a log-likelihood: what counts as no worse
# task, which time, times faster than lifetimes
TARGETS = (
    ("rfm_text", "warm", 5),
    ("rfm", "warm", 5),
    ("bg_nbd", "warm", 25),
    ("bg_nbd", "first", 10),
    ("bg_nbd", "cold", 10),
    ("gamma_gamma", "warm", 8),
    ("pareto_nbd", "warm", 15),
    ("clv", "warm", 10),
)
TIMES = {
    "warm": "warm",
    "first": "cold, imports excluded",
    "cold": "cold, imports included",
}
COMPARED = """\
Times faster than lifetimes by processor time (wall time), at no worse log-likelihood (1e-6
relative) and no more memory.
"""
HEAD = """\
# Benchmarks

winback beside lifetimes and pymc-marketing, measured by

```sh
{command}
```

with {versions}, Python {python}, on {cores} cores of {processor}.

* **Data.** {sizes}, drawn from
  BG/NBD and Gamma-Gamma with the CDNOW sample's parameters (`benchmarks/draw.py`); customers come
  in evenly over two years, histories are in whole days. Customer ids are integers, save where a
  row says text.
* **Time.** Seconds of processor time, and in brackets of wall time. The tools take turns in
  rounds, each table says in how many, and the least time is shown, since whatever else the
  machine does only adds. (A process that worked longer than {once:g} s had one round.)
  The machine is shared: processor time is what is comparable. Every measurement is a process of
  its own that works in one thread, winback's engine included; reading the data is in no number.
  *Cold* is the first call in a fresh process, with and without importing the package; *warm* is a
  later one. pymc-marketing had compiled its models on this machine before.
* **Memory.** Peak resident size of the whole process after the first call, data included: the
  least over rounds.
* **Result.** What came out, so that the work can be compared: sums of the columns, or for a fit
  the log-likelihood.
* **Log-likelihood.** Mean per customer (Gamma-Gamma: per repeat customer) of the published
  formula at the parameters found, by one function that shares no code with any tool
  (`benchmarks/likelihood.py`). pymc-marketing's MAP is pulled by its default priors.
* Predictions come from models fitted on 10,000 customers, which is not timed. lifetimes and
  pymc-marketing discount at the end of each month, winback at the moment of the purchase: that is
  the difference between their totals of CLV. Only winback gives an interval for each customer.
"""
BOUNDS = """\
## What bounds winback now

* **RFM table**: DuckDB's two hash aggregations, orders to purchase days and these to customers,
  each with about as many groups as rows, and for ids of text the sort of the result by customer.
  Reading the frame, checking it and handing the result over are a tenth. Money is summed in exact
  decimals, so that neither the order of rows nor the number of threads shows; sums of doubles
  would save a seventh. In doubles and unsorted the two aggregations by integers still take about
  a quarter of lifetimes' time: five times is out of their reach, narrower decimals, packed keys
  and rows laid out by customer first included (tried). A sort of the rows in memory would come
  nearer, but would be a second way of making purchase days, and bounded by memory. In several
  threads the engine takes more processor time, and less time by the clock if cores are free.
* **BG/NBD fit**: in about equal parts, numbering the levels of the three columns to find equal
  histories (grows with customers), and a dozen evaluations of likelihood, gradient and Hessian on
  the distinct histories (does not, once the grid of days saturates).
* **Pareto/NBD fit**: the integral over the time of dropout, with its derivatives, at every node of
  every distinct history: nearly all of the time.
* **Gamma-Gamma fit**: one pass that checks the columns and bins the logarithm of the mean; the
  climb runs on the bins.
* **Predictions and CLV**: numbering distinct (frequency, age), and P(alive) of each customer; the
  expectation itself is worked out once per distinct pair.
* **CLV with intervals**: simulated futures of living customers, a thousand each here for each
  distinct frequency and time ahead (on a grid of 0.4%), and the rank that P(alive) gives each
  customer; a job takes two thousand.
* **Cold**: the imports of numpy, pandas, `scipy.special` and `scipy.optimize`, several times a
  BG/NBD fit; scikit-learn, DuckDB and Ibis are not imported.
* **Memory**: the libraries, then the frame itself; the fit adds a few columns' worth.
"""


def write(facts: dict[str, Any], results: list[dict[str, Any]]) -> None:
    """Write the page."""
    sizes = ", ".join(
        f"{int(n):,} customers with {rows:,} orders" for n, rows in facts["orders"].items()
    )
    versions = ", ".join(f"{NAMES[tool]} {text}" for tool, text in facts["versions"].items())
    parts = [HEAD.format(**{**facts, "sizes": sizes, "versions": versions})]
    parts += [
        f"* {NAMES[tool]} could not be installed here and is left out.\n"
        for tool in facts["absent"]
    ]
    if any("limit" in record for record in results):
        parts.append(f"* What took more than {facts['limit']:g} s of processor time was ended.\n")
    largest = max(record["n"] for record in results)
    at_largest = [record for record in results if record["n"] == largest]
    parts.append(_targets(at_largest, largest))
    for n in sorted({record["n"] for record in results}, reverse=True):
        parts.append(_sizes(n, [record for record in results if record["n"] == n]))
    parts.append(BOUNDS)
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def seconds(record: dict[str, Any], which: str, clock: str = "cpu") -> float | None:
    """Return the least of one of the times over rounds, or None where there is none.

    ``first`` is the first call, ``cold`` that with the imports before it, ``warm`` a later call.
    """
    if which == "warm":
        values = [again[clock] for run in record["runs"] for again in run["warm"]]
    else:
        values = [
            run["first"][clock] + (run["imported"][clock] if which == "cold" else 0.0)
            for run in record["runs"]
        ]
    return min(values) if values else None


def speed(
    ours: dict[str, Any], theirs: dict[str, Any], which: str, clock: str = "cpu"
) -> float | None:
    """Return how many times faster ours is; their first call stands in for a warm one not had."""
    mine, other = seconds(ours, which, clock), seconds(theirs, which, clock)
    if other is None and which == "warm":
        other = seconds(theirs, "first", clock)
    return None if mine is None or other is None else other / mine


def _memory(record: dict[str, Any]) -> float | None:
    return min(run["peak_mb"] for run in record["runs"]) if record["runs"] else None


def _targets(results: list[dict[str, Any]], n: int) -> str:
    by = {(record["tool"], record["task"]): record for record in results}
    lines = [
        f"## Against the targets, {n:,} customers\n",
        COMPARED,
        "| | target | measured | log-likelihood | memory, MB | holds |",
        "|---|--:|--:|---|--:|---|",
    ]
    for task, which, wanted in TARGETS:
        ours, theirs = by.get(("winback", task)), by.get(("lifetimes", task))
        if ours and theirs:
            lines.append(_target(ours, theirs, which, wanted))
    for task in FITS:
        ours, theirs = by.get(("winback", task)), by.get(("pymc", task))
        if ours and theirs:
            lines.append(_beside_map(ours, theirs))
    return "\n".join([*lines, ""])


def _target(ours: dict[str, Any], theirs: dict[str, Any], which: str, wanted: float) -> str:
    title = f"{TITLES[ours['task']]}, {TIMES[which]}"
    if "limit" in theirs:
        return _unfinished(title, wanted, theirs["limit"], seconds(ours, which))
    ratio, wall = speed(ours, theirs, which), speed(ours, theirs, which, "wall")
    if ratio is None or wall is None:
        return f"| {title} | {wanted} | {theirs.get('failed') or ours.get('failed')} | | | - |"
    close, verdict = _fit_verdict(ours, theirs)
    mine, other = _memory(ours) or 0.0, _memory(theirs) or 0.0
    holds = ratio >= wanted and close and mine <= other
    memory = f"{mine:,.0f} against {other:,.0f}"
    return (
        f"| {title} | {wanted} | **{ratio:.1f}** ({wall:.1f}) | {verdict} | {memory} | "
        f"{'yes' if holds else 'no'} |"
    )


def _unfinished(title: str, wanted: float, limit: float, took: float | None) -> str:
    if took is None:
        return f"| {title} | {wanted} | - | | | - |"
    holds = "in speed" if limit / took >= wanted else "-"
    found = f"(> {limit / took:.0f}) | not reached within {limit:g} s"
    return f"| {title} | {wanted} | {found} | | {holds} |"


def _fit_verdict(ours: dict[str, Any], theirs: dict[str, Any]) -> tuple[bool, str]:
    if "log_likelihood" not in ours or "log_likelihood" not in theirs:
        return True, ""
    gain = (ours["log_likelihood"] - theirs["log_likelihood"]) / abs(theirs["log_likelihood"])
    return gain >= -SLACK, f"{gain:+.1e}"


def _beside_map(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    title = f"{TITLES[ours['task']]}, than pymc-marketing's MAP, warm"
    if "limit" in theirs:
        return _unfinished(title, 1, theirs["limit"], seconds(ours, "warm"))
    ratio, wall = speed(ours, theirs, "warm"), speed(ours, theirs, "warm", "wall")
    if ratio is None or wall is None:
        return f"| {title} | 1 | {theirs.get('failed') or ours.get('failed')} | | | - |"
    _, verdict = _fit_verdict(ours, theirs)
    memory = f"{_memory(ours):,.0f} against {_memory(theirs):,.0f}"
    holds = "yes" if ratio > 1 else "no"
    return f"| {title} | 1 | **{ratio:.1f}** ({wall:.1f}) | {verdict} | {memory} | {holds} |"


def _sizes(n: int, results: list[dict[str, Any]]) -> str:
    lines = [
        f"## {n:,} customers\n",
        "| | | rounds | cold, with imports | cold, without | warm | peak MB | result |",
        "|---|---|--:|--:|--:|--:|--:|---|",
    ]
    for task, title in TITLES.items():
        lines += [
            f"| {title} | {NAMES[record['tool']]} | {_cells(record)} |"
            for record in results
            if record["task"] == task
        ]
    return "\n".join([*lines, ""])


def _cells(record: dict[str, Any]) -> str:
    if not record["runs"]:
        return f"0 | {record['failed']} | | | | "
    times = [_time(record, which) for which in ("cold", "first", "warm")]
    rounds = str(len(record["runs"]))
    return " | ".join([rounds, *times, f"{_memory(record):,.0f}", _answer(record)])


def _time(record: dict[str, Any], which: str) -> str:
    cpu, wall = seconds(record, which), seconds(record, which, "wall")
    return "-" if cpu is None or wall is None else f"{cpu:.3g} ({wall:.3g})"


def _answer(record: dict[str, Any]) -> str:
    if "log_likelihood" in record:
        return f"{record['log_likelihood']:.8f}"
    return ", ".join(f"{value:,.0f}" for value in record["runs"][-1]["answer"])


if __name__ == "__main__":
    kept = json.loads(Path(__file__).with_name("results.json").read_text(encoding="utf-8"))
    write(kept["facts"], kept["results"])
