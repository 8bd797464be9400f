"""Read and check the data, and leave what was rejected where a person can look at it."""

from __future__ import annotations

from typing import Any

from winback.errors import DataError
from winback.workflows.session import Session

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
    for reason, n in counts["rejected"].items():
        session.reporter.warn(f"{n:,} rows rejected: {reason} (see rejected.parquet)")
    return dict(counts)
