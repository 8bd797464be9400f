"""Read and check the data, and leave what was rejected where a person can look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from winback.errors import DataError

if TYPE_CHECKING:
    from winback.config import Job
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import Tables

_FURTHER = ("customers", "events", "contacts")
STALE_DAYS = 14  # a shop whose customers are worth modelling sells something in two weeks


def validate(job: Job, tables: Tables, results: Results, reporter: Reporter) -> dict[str, Any]:
    """Check the purchases against their contract, and stage `rejected.parquet`.

    Returns
    -------
    dict
        The counts of the intake: rows in, accepted, rejected by reason, left out.

    Raises
    ------
    DataError
        The data break their contract; what was rejected is written all the same.
    """
    try:
        transactions = tables.transactions
    except DataError as error:
        rejected = getattr(error, "rejected", None)
        if rejected is not None:
            rejected.to_parquet(results.staged("rejected.parquet"))
            results.publish()
        raise
    transactions.rejected.order_by("source_row").to_parquet(results.staged("rejected.parquet"))
    counts = results.manifest["intake"]
    reporter.say(
        f"{counts['accepted']:,} of {counts['rows_in']:,} rows accepted: "
        f"{counts['customers']:,} customers, {counts['first_day']} to {counts['last_day']}"
    )
    left_out = {
        "left out by the filter": counts["filtered_out"],
        "of amount zero": counts["zero_amounts"],
        f"after {job.as_of}": counts["after_as_of"],
        "of guests, left out": counts["guests"],
    }
    for what, n in left_out.items():
        if n:
            reporter.say(f"  {n:,} rows {what}")
    if tables.today is not None and job.as_of > tables.today:
        reporter.warn(
            f"as_of lies after today, {tables.today}: days that have not been yet count as silence"
        )
    silent = (job.as_of - counts["last_day"]).days
    if silent > STALE_DAYS:
        reporter.warn(
            f"the newest purchase is {silent} days before {job.as_of}: if the feed has "
            "stopped, everybody will look as if they had stopped too"
        )
    matches = _matches(tables, results, reporter)
    for reason, n in counts["rejected"].items():
        reporter.warn(f"{n:,} rows rejected: {reason} (see rejected.parquet)")
    amounts, free = _totals(tables)
    if counts["has_amounts"]:
        reporter.say(f"  total amount {amounts:,.2f}")
    return {
        **counts,
        "total_amount": amounts if counts["has_amounts"] else None,
        "amount_0": free + counts["zero_amounts"] if counts["has_amounts"] else None,
        "matches": matches,
    }


def _matches(tables: Tables, results: Results, reporter: Reporter) -> dict[str, Any]:
    """Return how many customers of each further table bought."""
    for name in _FURTHER:
        tables.read_further(name)
    matches: dict[str, Any] = results.manifest.get("matches", {})
    for name, found in matches.items():
        reporter.say(
            f"  {found['matched']:,} of {found['ids']:,} customers of {name} are among them"
        )
    return matches


def _totals(tables: Tables) -> tuple[float, int]:
    """Return the sum of the accepted amounts, and how many of them are 0."""
    table = tables.transactions.table
    found = table.aggregate(total=table.amount.sum(), free=(table.amount == 0).sum())
    row = found.to_pyarrow().to_pylist()[0]
    return float(row["total"] or 0.0), int(row["free"] or 0)
