"""Read and check the data, and leave what was rejected where a person can look at it."""

from __future__ import annotations

from typing import Any

from winback.errors import DataError
from winback.workflows.session import Session

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
        The counts of the intake: rows in, accepted, rejected by reason, left out.

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
    session.reporter.say(
        f"{counts['accepted']:,} of {counts['rows_in']:,} rows accepted: "
        f"{counts['customers']:,} customers, {counts['first_day']} to {counts['last_day']}"
    )
    left_out = {
        "left out by the filter": counts["filtered_out"],
        "of amount zero": counts["zero_amounts"],
        f"after {session.job.as_of}": counts["after_as_of"],
        "of guests, left out": counts["guests"],
    }
    for what, n in left_out.items():
        if n:
            session.reporter.say(f"  {n:,} rows {what}")
    if session.today is not None and session.job.as_of > session.today:
        session.reporter.warn(
            f"as_of lies after today, {session.today}: days that have not been yet count as silence"
        )
    silent = (session.job.as_of - counts["last_day"]).days
    if silent > STALE_DAYS:
        session.reporter.warn(
            f"the newest purchase is {silent} days before {session.job.as_of}: if the feed has "
            "stopped, everybody will look as if they had stopped too"
        )
    matches = _matches(session)
    for reason, n in counts["rejected"].items():
        session.reporter.warn(f"{n:,} rows rejected: {reason} (see rejected.parquet)")
    amounts, free = _totals(session)
    if counts["has_amounts"]:
        session.reporter.say(f"  total amount {amounts:,.2f}")
    return {
        **counts,
        "total_amount": amounts if counts["has_amounts"] else None,
        "amount_0": free + counts["zero_amounts"] if counts["has_amounts"] else None,
        "matches": matches,
    }


def _matches(session: Session) -> dict[str, Any]:
    """Return how many customers of each further table bought."""
    for name in _FURTHER:
        session.read_further(name)
    matches: dict[str, Any] = session.manifest.get("matches", {})
    for name, found in matches.items():
        session.reporter.say(
            f"  {found['matched']:,} of {found['ids']:,} customers of {name} are among them"
        )
    return matches


def _totals(session: Session) -> tuple[float, int]:
    """Return the sum of the accepted amounts, and how many of them are 0."""
    table = session.transactions.table
    found = table.aggregate(total=table.amount.sum(), free=(table.amount == 0).sum())
    row = found.to_pyarrow().to_pylist()[0]
    return float(row["total"] or 0.0), int(row["free"] or 0)
