# ruff: noqa: INP001, T201 - a script beside the page whose table it prints
"""Measure how well it is foretold what is bought next, and when.

    ONLINE_RETAIL=… python docs/measure_next.py [--customers 10000] [--seed 3]

Prints the table of `docs/explanation/next_order.md`: on Online Retail by product, on a simulated
shop by category and by product, and on CDNOW, where nothing says what was bought, the day alone.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from winback.config import load_job
from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.evaluation.next_order import next_order
from winback.evaluation.past import Past
from winback.workflows.simulate import simulate

HORIZON_DAYS = 90
PIPELINES = Path(__file__).parents[1] / "pipelines"


def past_of(job_file: Path) -> Past:
    """Read the purchases of a job."""
    loaded = load_job(job_file)
    job, settings = loaded.job, loaded.job.data.transactions
    transactions = read_transactions(
        loaded.resolve_all(settings.source),
        columns=settings.columns or None,
        filter=settings.filter,
        as_of=job.as_of,
        policy=IntakePolicy(
            timezone=job.timezone,
            currency=job.currency,
            zero_amounts=settings.zero_amounts,
            refunds=settings.refunds,
            deduplicate=settings.deduplicate,
        ),
        engine=open_engine(),
    )
    return Past(transactions, job.as_of)


def without(past: Past, column: str) -> Past:
    """Return the same past where a column is not known."""
    table = past.transactions.table.drop(column)
    return Past(replace(past.transactions, table=table), past.as_of)


def lines(name: str, past: Past) -> tuple[str, str]:
    """Write a row of either table."""
    found = next_order(past, HORIZON_DAYS).record
    of_category, due = "", found["due"]
    if category := found.get("category"):
        hits = [f"{category['hits'][key]:.0%}" for key in ("model", "last", "favourite", "usual")]
        used = "yes" if category["better"] else "no"
        cells = [*hits, f"{category['said']:.0%}", used, f"{category['customers']:,}"]
        of_category = f"| {name} | {' | '.join(cells)} |"
    days = [f"{due['errors'][key]:.1f}" for key in ("model", "rhythm", "same")]
    used = "yes" if due["better"] else "no"
    cells = [*days, f"{due['come']:.0%}", used, f"{due['customers']:,}"]
    return of_category, f"| {name} | {' | '.join(cells)} |"


def main(customers: int, seed: int) -> None:
    """Print the tables."""
    rows = [lines("CDNOW", past_of(PIPELINES / "cdnow.yaml"))]
    if "ONLINE_RETAIL" in os.environ:
        shop = past_of(PIPELINES / "online_retail.yaml")
        rows.append(lines("Online Retail, by product", shop))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "shop"
        made = simulate(folder, customers=customers, seed=seed)
        shop = past_of(Path(made["job"]))
        rows.append(lines("simulated, by category", shop))
        rows.append(lines("simulated, by product", without(shop, "category")))
    heads = [
        "named | last category | shop's favourite | most frequent | chance said",
        "days off | mean gap | one day for all | come by the day",
    ]
    for place, head in enumerate(heads):
        print(f"\n| shop | {head} | used | customers |\n|---|" + "--:|" * (head.count("|") + 3))
        print("\n".join(row[place] for row in rows if row[place]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=3)
    asked = parser.parse_args()
    main(asked.customers, asked.seed)
