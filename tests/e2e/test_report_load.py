"""The report of a million customers: drawn in bounded memory, and no larger than another's."""

import json
import re
import subprocess
import sys

import duckdb
import pytest

from winback.config import load_job
from winback.data.connect import open_engine
from winback.data.samples import load
from winback.publishing.result_folder import describe
from winback.workflows.made_of import digest
from winback.workflows.work import Work

JOB = """\
name: crowd
as_of: 1998-06-30
currency: USD
data:
  transactions:
    source: transactions.parquet
    zero_amounts: keep
value: {horizon_days: 180}
churn: {active_within_days: 180, snapshots: {count: 3}}
lists: {win_back: {budget: 60, capacity: 80, window_days: 545}}
compute: {memory_limit: 1GB}
"""
TIMES = 425  # of the 2,357 customers of CDNOW's published tenth
MEASURED = """
import re, sys, time
from pathlib import Path
from winback.cli import steps
sys.argv = ["winback", *sys.argv[1:]]
began = time.monotonic()
code = steps("report")
print("seconds", round(time.monotonic() - began))
print("peak", int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
raise SystemExit(code)
"""


def multiply(path, engine):
    """Turn each customer of a Parquet file into `TIMES` customers who did the same."""
    more = path.with_suffix(".more")
    engine.execute(f"""
        COPY (SELECT * REPLACE (customer_id || '-' || k AS customer_id)
              FROM '{path}', range({TIMES}) AS copies(k)) TO '{more}' (FORMAT parquet)
    """)
    more.replace(path)


def take_over(job, out):
    """Let the manifest say that results were made of the data as they are now."""
    with Work(load_job(job), out=out.with_name("elsewhere")) as work:
        fingerprint = work.tables.transactions.fingerprint
    path = (out / "manifest.json").resolve()
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for stage in manifest["made"].values():
        stage["data"] = fingerprint
    for name in manifest["files"]:
        manifest["files"][name] = describe(out / name)
    manifest["made"]["lists"]["scores"] = digest(manifest["made"]["score"])
    path.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_million_customers_have_a_report_of_eight_megabytes_at_most(shell, record_property):
    job = shell.write("crowd.yaml", JOB)
    source = shell.folder / "transactions.parquet"
    engine = open_engine()
    rows = engine.table(load(engine, "sample:cdnow-tenth").name)
    rows.select("customer_id", "timestamp", "amount").to_parquet(source)
    engine.disconnect()
    done = shell.winback("run", job, "--quiet", "--out", "out", timeout=900)
    assert done.returncode == 0, done.stderr
    out = shell.folder / "out"
    engine = duckdb.connect()
    engine.execute("SET preserve_insertion_order = false; SET memory_limit = '1GB'")
    # what a run of so many leaves: a row a customer, and one a customer, model and target
    for path in (source, out / "scores.parquet", out / "evaluation.parquet"):
        multiply(path.resolve(), engine)  # in its place: results are shown by links
    engine.close()
    take_over(job, out)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, job, "--out", "out"],
        cwd=shell.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "1,001,725 customers scored" in page
    assert page.count('class="plot"') > 25
    size = len(page.encode()) / 1e6
    seconds, peak = (
        int(re.search(rf"{name} (\d+)", done.stdout).group(1)) for name in ("seconds", "peak")
    )
    measured = f"{seconds} s, {size:.1f} MB, {peak} MB of memory"
    record_property("report of a million customers", measured)
    assert size <= 8
    assert peak < 3_000
