"""Time the contest of value candidates: `python docs/measure_contest.py JOB.yaml`."""  # noqa: INP001

from __future__ import annotations

import sys
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import perf_counter, process_time

from winback.config import load_job
from winback.data.intake import read_transactions
from winback.evaluation.contest import choose_value


def main(path: str) -> None:
    """Read the purchases up to the job's `as_of`, hold the contest, print what it took."""
    job = load_job(Path(path)).job
    source = job.data.transactions
    transactions = read_transactions(
        source.source,
        columns=source.columns or None,
        filter=source.filter,
        timezone=job.timezone,
        zero_amounts=source.zero_amounts,
        refunds=source.refunds,
        deduplicate=source.deduplicate,
        as_of=job.as_of,
    )
    wall, processor = perf_counter(), process_time()
    choices = choose_value(transactions, as_of=job.as_of, horizon_days=job.value.horizon_days)
    wall, processor = perf_counter() - wall, process_time() - processor
    held = choices["purchases"].table["n"].max()
    sys.stdout.write(
        f"{transactions.counts.customers:,} customers, contest among {held:,.0f} at most: "
        f"{wall:.0f} s, {processor:.0f} s of processor time, "
        f"{getrusage(RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB at most\n"
    )


if __name__ == "__main__":
    main(sys.argv[1])
