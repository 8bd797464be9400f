"""Read and check the data, and leave what was rejected where a person can look at it."""

from __future__ import annotations

from datetime import date
from typing import Any

from winback.errors import DataError
from winback.messages import Words
from winback.workflows.session import Session
from winback.workflows.what_was_read import what_was_read

_FURTHER = ("customers", "events", "contacts")
STALE_DAYS = 14  # a shop whose customers are worth modelling sells something in two weeks


def validate(session: Session) -> dict[str, Any]:
    """Check the purchases against their contract, and stage `rejected.parquet`.

    Parameters
    ----------
    session
        The command at work.

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
        transactions = session.transactions
    except DataError as error:
        rejected = getattr(error, "rejected", None)
        if rejected is not None:
            rejected.to_parquet(session.staged("rejected.parquet"))
            session.publish()
        raise
    transactions.rejected.order_by("source_row").to_parquet(session.staged("rejected.parquet"))
    counts = session.manifest["intake"]
    if session.today is not None and session.job.as_of > session.today:
        session.reporter.warn(
            f"as_of lies after today, {session.today}: days that have not been yet count as silence"
        )
    warn_of_silence(session, counts["last_day"], session.job.as_of)
    matches = _matches(session)
    for reason, n in counts["rejected"].items():
        session.reporter.warn(f"{n:,} rows rejected: {reason} (see rejected.parquet)")
    amounts, free = _totals(session) if counts["has_amounts"] else (None, None)
    read = {
        **counts,
        "total_amount": amounts,
        "amount_0": None if free is None else free + counts["zero_amounts"],
        "matches": matches,
    }
    lines = what_was_read({**read, "keeps_zero": transactions.count_zero}, session.job.as_of)
    words = Words(session.job.report.language)
    said = [line.say(words) for line in lines]
    for line in said:
        session.reporter.say(line)
    return {**read, "said": [line.strip() for line in said]}


def warn_of_silence(session: Session, last_day: date, until: date) -> None:
    """Warn where the newest purchase lies so far back that the feed may have stopped."""
    silent = (until - last_day).days
    if silent > STALE_DAYS:
        session.reporter.warn(
            f"the newest purchase is {silent} days before {until}: if the feed has "
            "stopped, everybody will look as if they had stopped too"
        )


def _matches(session: Session) -> dict[str, Any]:
    """Return how many customers of each further table bought."""
    for name in _FURTHER:
        session.read_further(name)
    matches: dict[str, Any] = session.manifest.get("matches", {})
    return matches


def _totals(session: Session) -> tuple[float, int]:
    """Return the sum of the accepted amounts, and how many of them are 0."""
    table = session.transactions.table
    found = table.aggregate(total=table.amount.sum(), free=(table.amount == 0).sum())
    row = found.to_pyarrow().to_pylist()[0]
    # sums of cents as floats end in noise, far below any coin
    return round(float(row["total"] or 0.0), 6), int(row["free"] or 0)
