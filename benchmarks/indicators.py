"""The catalogue of indicators on a million customers: `python benchmarks/indicators.py`.

Five million purchases of two years through three channels, drawn in the engine, by month; processor
time, clock and peak memory of computing every indicator that such a table allows.
"""

from __future__ import annotations

import resource
import time
from datetime import date

from winback.data.connect import open_engine
from winback.data.contracts import IntakeCounts, Transactions
from winback.evaluation.past import Past
from winback.indicators.definition import read_catalogue
from winback.indicators.facts import Facts
from winback.indicators.over_time import compute_indicators

ROWS = """
    SELECT 'c' || (hash(i) % 1000000) AS customer_id,
           DATE '2022-01-01' + CAST(hash(i * 7 + 1) % 730 AS INTEGER) AS day,
           (hash(i * 3) % 10000) / 100.0 AS amount,
           ['web', 'shop', 'app'][1 + CAST(hash(i * 11) % 3 AS INTEGER)] AS channel
    FROM range(5000000) AS t(i)
"""

if __name__ == "__main__":
    engine = open_engine(memory_limit="2GB")
    engine.raw_sql(f"CREATE TABLE purchases AS {ROWS}")
    rows = engine.table("purchases")
    read = Transactions(rows, rows, IntakeCounts(0), True, count_zero=False, fingerprint="")
    known = Facts(Past(read, date(2023, 12, 31)))
    cpu, clock = time.process_time(), time.perf_counter()
    table = compute_indicators(known, read_catalogue(), grain="month").table
    cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(table):,} rows: {cpu:.1f} s of processor time, {clock:.1f} s, {peak:,.0f} MB")
