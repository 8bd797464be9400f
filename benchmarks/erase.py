"""How long it takes to erase twenty persons from the results of a large shop.

    python benchmarks/erase.py --customers 1000000

Results of the size and kinds that a job leaves are made of random numbers (scores, exclusions of
both lists, a held-out evaluation by six models, lists of eight dates), published, and twenty
customers are erased from them by the command's own workflow: files are compared with their
digests before, and described anew after. Prints the seconds and the peak of memory, then reads
every byte again to see that nobody is named.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from datetime import date, timedelta
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from winback.config import load_job
from winback.lists.columns import CHURN_WARNING_EXCLUDED, WIN_BACK, WIN_BACK_EXCLUDED
from winback.lists.write import write_csv, write_parquet
from winback.personal_key import VARIABLE
from winback.publishing.verify import problems
from winback.scoring.score import SCHEMA
from winback.workflows.erase import erase
from winback.workflows.work import Work

AS_OF, ERASED, LISTED, DATES, MODELS = date(2024, 6, 30), 20, 5_000, 8, 6
CHUNK = 100_000


def ids_of(start: int, stop: int) -> pa.Array:
    """Return customers as texts that nothing else is equal to."""
    return pa.array([f"customer-{n:08}" for n in range(start, stop)])


def random_table(schema: pa.Schema, start: int, stop: int, chance: np.random.Generator) -> pa.Table:
    """Return rows of any columns about the customers of a range."""
    columns = []
    for field in schema:
        n = stop - start
        if field.name == "customer_id":
            columns.append(ids_of(start, stop))
        elif pa.types.is_floating(field.type):
            columns.append(pa.array(chance.random(n)))
        elif pa.types.is_integer(field.type):
            columns.append(pa.array(chance.integers(0, 500, n)).cast(field.type))
        elif pa.types.is_date(field.type) or pa.types.is_timestamp(field.type):
            columns.append(pa.array([AS_OF] * n, pa.date32()).cast(field.type))
        elif pa.types.is_boolean(field.type):
            columns.append(pa.array(chance.random(n) < 0.5))
        else:
            columns.append(pa.array(["a text of some length"] * n).cast(field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def write_large(path: Path, schema: pa.Schema, customers: int) -> None:
    """Write rows about every customer, a part at a time."""
    chance = np.random.default_rng(7)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, customers, CHUNK):
            stop = min(start + CHUNK, customers)
            writer.write_table(random_table(schema, start, stop, chance))


def schema_of(columns: dict[str, str]) -> pa.Schema:
    """Return how a list's columns lie in its Parquet file."""
    kinds = {"text": pa.string(), "date": pa.date32(), "count": pa.int64()}
    return pa.schema([(name, kinds.get(kind, pa.float64())) for name, kind in columns.items()])


def fill(work: Work, customers: int) -> None:
    """Stage what a job of so many customers leaves."""
    results = work.results
    write_large(results.staged("scores.parquet"), SCHEMA, customers)
    for name, columns in (
        ("churn_warning_excluded", CHURN_WARNING_EXCLUDED),
        ("win_back_excluded", WIN_BACK_EXCLUDED),
    ):
        write_large(results.staged(f"{name}.parquet"), schema_of(columns), customers)
    numbers = ["predicted", "low_80", "high_80", "low_90", "high_90", "actual"]
    texts = ["split", "target", "model", "customer_id"]
    evaluation = pa.schema(
        [*((n, pa.string()) for n in texts), *((n, pa.float64()) for n in numbers)]
    )
    with pq.ParquetWriter(results.staged("evaluation.parquet"), evaluation) as writer:
        chance = np.random.default_rng(3)
        for _ in range(MODELS):
            for start in range(0, customers, CHUNK):
                stop = min(start + CHUNK, customers)
                writer.write_table(random_table(evaluation, start, stop, chance))
    rows = random_table(schema_of(WIN_BACK), 0, LISTED, np.random.default_rng(5)).to_pandas()
    for back in range(DATES):
        folder = f"lists/{AS_OF - timedelta(days=7 * back)}/"
        write_csv(rows, results.staged(f"{folder}win_back.machine.csv"), WIN_BACK)
        write_parquet(rows, results.staged(f"{folder}win_back.parquet"), WIN_BACK)
    _ = results.manifest


def named(folder: Path, names: list[str]) -> int:
    """Count the files in which any of these names stands, unpacked."""
    found = 0
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_size:
            marks = [name.encode() for name in names]
            with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
                found_as_it_is = any(content.find(mark) >= 0 for mark in marks)
            texts = []
            if path.suffix == ".parquet":
                column = pq.read_table(path, columns=["customer_id"])["customer_id"]
                texts.append("\n".join(column.unique().to_pylist()).encode())
            found += found_as_it_is or any(mark in text for text in texts for mark in marks)
    return found


def main() -> float:
    """Make, erase, search; print what each took; return the seconds of the erasure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    customers = parser.parse_args().customers
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "key").write_bytes(b"a key that keeps no secret")
        os.environ[VARIABLE] = str(folder / "key")
        (folder / "orders.csv").write_text("customer_id,timestamp,amount\n", encoding="utf-8")
        yaml = folder / "shop.yaml"
        yaml.write_text(
            f"name: shop\nas_of: {AS_OF}\ndata: {{transactions: {{source: orders.csv}}}}\n",
            encoding="utf-8",
        )
        out, began = folder / "out", time.perf_counter()
        with Work(load_job(yaml), out=out) as work:
            fill(work, customers)
        size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
        print(
            f"{customers:,} customers, {size / 1e6:,.0f} MB, made in "
            f"{time.perf_counter() - began:.0f} s"
        )
        gone = [f"customer-{n:08}" for n in np.linspace(0, LISTED - 1, ERASED).astype(int)]
        before = named(out, gone)
        began = time.perf_counter()
        with Work(load_job(yaml), out=out) as work:
            receipt = work.do(erase, ids=gone)
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        rows = pd.Series(receipt["rows"])
        print(
            f"erased {receipt['persons']} persons, {rows.sum():,} rows of {len(rows)} files, in "
            f"{seconds:.1f} s (peak of the whole script {peak:,.0f} MB)"
        )
        print(
            f"files that named them: {before} before, {named(out, gone)} after; "
            f"problems found by verify: {len(problems(out))}"
        )
    return seconds


if __name__ == "__main__":
    main()
