"""Memory is bounded by a chunk: four times the customers do not take four times the memory.

The engine takes what it is allowed before it turns to the disk, so it is allowed little: else
the larger shop would only be seen to fill what the smaller one leaves unused.
"""

import re
import subprocess
import sys

import duckdb
import pyarrow.parquet as pq
import pytest

JOB = """\
name: load
as_of: 1998-06-30
data:
  transactions:
    source: {source}
    zero_amounts: keep
value: {{horizon_days: 180, purchase_model: beta_geo}}
churn: {{active_within_days: 180, snapshots: {{count: 3}}}}
lists: {{win_back: {{window_days: 545}}}}
compute: {{memory_limit: 300MB, chunk_rows: 50000}}
"""
MEASURED = """
import re, sys
from pathlib import Path
from winback.cli import steps
sys.argv = ["winback", *sys.argv[1:]]
code = steps("score")
print("peak", int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
raise SystemExit(code)
"""


def crowd(path, customers):
    """Write a shop of so many customers, each with a few purchases in 1997 and 1998."""
    duckdb.connect().execute(f"""
        COPY (
            SELECT 'c' || i AS customer_id,
                   DATE '1997-01-01' + CAST(hash(i, k) % 540 AS INT) AS timestamp,
                   5 + hash(k, i) % 4000 / 100.0 AS amount
            FROM range({customers}) AS c(i), range(6) AS p(k)
            WHERE k = 0 OR hash(i, k, 7) % 3 = 0
        ) TO '{path}' (FORMAT parquet)
    """)


@pytest.mark.slow
def test_scoring_is_bounded_by_a_chunk(shell, record_property):
    shell.write("load.yaml", JOB.format(source="sample:cdnow-tenth"))
    assert shell.winback("run", "load.yaml", "--quiet").returncode == 0
    peaks = {}
    for customers in (100_000, 400_000):
        source = shell.folder / f"{customers}.parquet"
        crowd(source, customers)
        job = shell.write("load.yaml", JOB.format(source=source))
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, job, "--out", str(customers)],
            cwd=shell.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        scores = pq.ParquetFile(shell.folder / str(customers) / "scores.parquet")
        assert scores.metadata.num_rows == customers
        peaks[customers] = int(re.search(r"peak (\d+)", done.stdout).group(1))
    record_property("peak memory in MB by customers", peaks)
    assert peaks[400_000] < 1.6 * peaks[100_000], peaks
