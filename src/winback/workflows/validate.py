"""Read and check the data, and leave what was rejected where a person can look at it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from winback.errors import DataError
from winback.messages import Message, Words
from winback.workflows.fitness import supported
from winback.workflows.what_was_read import what_was_read

if TYPE_CHECKING:
    from winback.config import Job
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables

_FURTHER = ("identities", "customers", "events", "contacts", "spend")


def validate(job: Job, tables: JobTables, results: Results, reporter: Reporter) -> dict[str, Any]:
    """Check the purchases against their contract, and stage `rejected.parquet`.

    Returns
    -------
    dict
        The counts of the intake: rows in, accepted, rejected by reason, left out; ``customers``,
        ``first_day`` and ``last_day``; ``total_amount``, and how many rows have an amount of 0
        (``amount_0``), both None without amounts; ``matches`` of each further table (``ids``: the
        customers in it, ``matched``: those who bought); ``said``: the same in words, in the
        language of the report.

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
    if tables.today is not None and job.as_of > tables.today:
        reporter.warn(Message("log.after_today", setting="as_of", today=tables.today))
    warn_of_silence(reporter, counts["last_day"], job.as_of)
    matches = _matches(tables, results)
    for reason, n in counts["rejected"].items():
        reporter.warn(Message("log.rejected", n=n, reason=reason, file="rejected.parquet"))
    for note in tables.left_unread():
        reporter.warn(note)
    amounts, free = _totals(tables) if counts["has_amounts"] else (None, None)
    read = {
        **counts,
        "total_amount": amounts,
        "amount_0": None if free is None else free + counts["zero_amounts"],
        "matches": matches,
    }
    lines = what_was_read({**read, "keeps_zero": transactions.count_zero}, job.as_of)
    lines.append(Message("item", said=supported(job, tables)))
    for line in lines:
        reporter.say(line)
    words = Words(job.language)
    return {**read, "said": [line.say(words).strip() for line in lines]}


def warn_of_silence(reporter: Reporter, last_day: date, until: date) -> None:
    """Warn where the newest purchase lies so far back that the feed may have stopped."""
    from winback.data.policy import STALE_DAYS

    silent = (until - last_day).days
    if silent > STALE_DAYS:
        reporter.warn(Message("log.silent", days=silent, until=until))


def _matches(tables: JobTables, results: Results) -> dict[str, Any]:
    """Return how many customers of each further table bought."""
    for name in _FURTHER:
        getattr(tables, name)  # read, matched and counted
    matches: dict[str, Any] = results.manifest.get("matches", {})
    return matches


def _totals(tables: JobTables) -> tuple[float, int]:
    """Return the sum of the accepted amounts, and how many of them are 0."""
    table = tables.transactions.table
    totals = table.aggregate(total=table.amount.sum(), free=(table.amount == 0).sum())
    row = totals.to_pyarrow().to_pylist()[0]
    # sums of cents as floats end in noise, far below any coin
    return round(float(row["total"] or 0.0), 6), int(row["free"] or 0)
