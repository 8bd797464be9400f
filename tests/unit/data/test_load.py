"""Memory is bounded by the engine's limit, not by the rows."""

import subprocess
import sys

import pytest

ROWS = 10_000_000
MAKE = """
import sys
from winback.data.connect import open_engine
open_engine().raw_sql(f'''
    COPY (SELECT 'C' || (hash(i) % 500000) AS customer_id,
                 TIMESTAMP '2020-01-01' + to_seconds((hash(i * 7) % 126000000)::INT) AS timestamp,
                 round((hash(i * 13) % 100000) / 100.0 - 20, 2)::DOUBLE AS amount,
                 (i // 3)::BIGINT AS order_id
          FROM range({sys.argv[2]}) AS r(i))
    TO '{sys.argv[1]}/orders.parquet'
''').fetchall()
"""
READ = """
import re, sys
from pathlib import Path
from winback.data.connect import open_engine
from winback.data.intake import read_transactions
folder = Path(sys.argv[1])
engine = open_engine(folder / "scratch", memory_limit="500MB", threads=2)
read = read_transactions(folder / "orders.parquet", engine=engine)
print(read.counts.accepted + read.counts.zero_amounts)
# of this program alone: getrusage keeps what the one that started it once had
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]))
"""


@pytest.mark.slow
def test_ten_million_rows_in_less_than_a_gigabyte(tmp_path):
    subprocess.run([sys.executable, "-c", MAKE, tmp_path, str(ROWS)], check=True)
    done = subprocess.run(
        [sys.executable, "-c", READ, tmp_path], check=True, capture_output=True, text=True
    )
    rows, kilobytes = map(int, done.stdout.split())
    assert rows == ROWS
    assert kilobytes < 1_000_000
