"""What a campaign's looks allow to say, in words for operations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from winback.messages import Message

WORKS, HARMS, UNDECIDED, OPEN = "works", "harms", "undecided", "open"
BROKEN, RATIO, SMALL = "broken", "ratio", "small"
SCALE, STOP, CONTINUE, CHECK = "scale", "stop", "continue", "check"

_SAYS: Final = {
    WORKS: Message("campaigns.says.works"),
    HARMS: Message("campaigns.says.harms"),
    BROKEN: Message("campaigns.says.broken"),
    RATIO: Message("campaigns.says.ratio"),
    SMALL: Message("campaigns.says.small"),
}


def decision_of(verdict: str, *, over: bool = False, high: float = math.inf) -> str:
    """Return what follows from a verdict.

    Parameters
    ----------
    verdict
        See `winback.campaigns.ledger.Ledger`.
    over
        Whether no look will come.
    high
        The upper end of the effect, net of cost, less the effect that the looks were to show.

    Examples
    --------
    All looks made: what was to be shown is ruled out, or it is still possible.

    >>> decision_of(UNDECIDED, over=True, high=-0.1), decision_of(UNDECIDED, over=True, high=0.2)
    ('stop', 'continue')
    """
    if verdict in (BROKEN, RATIO):
        return CHECK
    if verdict in (WORKS, HARMS):
        return SCALE if verdict == WORKS else STOP
    return STOP if over and high < 0 else CONTINUE


def say_verdict(row: Mapping[str, Any]) -> Message:
    """Say a row of the ledger in words for operations.

    Parameters
    ----------
    row
        Of `winback.campaigns.ledger.Ledger.table`, as plain data.

    Examples
    --------
    >>> row = {"verdict": "open", "decision": "continue", "next_look": "2024-07-20",
    ...        "next_customers": 400, "looks": 0, "planned_looks": 1, "information": 0.0}
    >>> str(say_verdict(row))
    'not yet known: go on as planned, next look on 2024-07-20'
    """
    verdict, customers = row["verdict"], row.get("next_customers")
    if verdict not in (OPEN, UNDECIDED):
        return _SAYS[verdict]
    if row["looks"] >= row["planned_looks"] or row["information"] >= 1:
        return _at_the_end(row, customers)
    if row["next_look"] is not None:
        return Message("campaigns.says.on_day", day=str(row["next_look"])[:10])
    if customers is None:
        return Message("campaigns.says.too_early")
    known = row["treated"] + row["control"]
    return Message("campaigns.says.at_customers", n=int(customers), more=int(customers) - known)


def _at_the_end(row: Mapping[str, Any], customers: float | None) -> Message:
    if row["decision"] == STOP:
        return Message("campaigns.says.ruled_out", effect=row["planned_effect"])
    if customers is None:
        return Message("campaigns.says.not_shown")
    return Message("campaigns.says.too_small", n=int(customers), effect=row["planned_effect"])
