"""What counts as a purchase, and how cells are read, where there is more than one way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from winback.data.identity import CustomerIds

STALE_DAYS = 14
"""A shop whose customers are worth modelling sells something in two weeks; if not, it is told."""


@dataclass(frozen=True)
class IntakePolicy:
    """How the rows of a table are read and judged.

    Attributes
    ----------
    timezone
        In which days are cut. Aware timestamps are converted to it; naive ones are taken as local.
    currency
        The one currency (ISO 4217); rows in another are rejected. Without it, a source with
        several currencies is refused.
    zero_amounts
        ``"drop"``: rows of amount 0 are no purchases. ``"keep"``: they are. ``None``: keep for a
        sample, as the literature does, and drop otherwise.
    refunds
        A negative amount is a refund. ``"by_day"``: it is netted on its own day. ``"by_order"``:
        on the day of the order that it names (see `winback.data.refunds.net_by_order`), or on its
        own day if there is no such order. Either way it counts from its own day on: what was
        known earlier does not change.
    deduplicate
        Reject a line that repeats an earlier line in every column.
    max_rejected_share
        In [0, 1]. Rejected rows over all rows that passed the filter and were known by `as_of`.
    not_after
        The last possible day, such as today. Later rows are rejected as ``"future time"``.
    ids
        How identifiers of customers are read, and who is no customer.
    encoding
        Of files of text, as Python calls it (``cp1252``). ``None``: told by their bytes.
    """

    timezone: str = "UTC"
    currency: str | None = None
    zero_amounts: Literal["drop", "keep"] | None = None
    refunds: Literal["by_day", "by_order"] = "by_day"
    deduplicate: bool = False
    max_rejected_share: float = 0.05
    not_after: date | None = None
    ids: CustomerIds = field(default_factory=CustomerIds)
    encoding: str | None = None
