"""Time the contest of value candidates: `python docs/measure_contest.py JOB.yaml`."""  # noqa: INP001

from __future__ import annotations

import sys
from resource import RUSAGE_SELF, getrusage
from time import perf_counter, process_time

import winback as wb


def main(path: str) -> None:
    """Read the purchases up to the job's `as_of`, hold the contest, print what it took."""
    shop = wb.open_job(path)
    transactions, horizon = shop.purchases, shop.settings.value.horizon_days
    wall, processor = perf_counter(), process_time()
    choices = wb.choose_value(shop.past, horizon_days=horizon)
    wall, processor = perf_counter() - wall, process_time() - processor
    held = choices["purchases"].table["n"].max()
    sys.stdout.write(
        f"{transactions.counts.customers:,} customers, contest among {held:,.0f} at most: "
        f"{wall:.0f} s, {processor:.0f} s of processor time, "
        f"{getrusage(RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB at most\n"
    )


if __name__ == "__main__":
    main(sys.argv[1])
