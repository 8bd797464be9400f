"""What was read, as sentences for people who keep a shop and read no code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from winback.messages import Message


def what_was_read(read: Mapping[str, Any], as_of: date) -> list[Message]:
    r"""Say where every row went, who bought, when, for how much, and whom further tables know.

    Parameters
    ----------
    read
        What `winback.workflows.validate.validate` returns.
    as_of
        The last day that is known.

    Returns
    -------
    list of Message
        One a line.

    Examples
    --------
    >>> from datetime import date
    >>> days = {"first_day": date(2024, 1, 5), "last_day": date(2024, 3, 1)}
    >>> left = {"filtered_out": 0, "zero_amounts": 1, "after_as_of": 0, "guests": 2}
    >>> read = {"rows_in": 9, "accepted": 5, "rejected": {"no time": 1}, "customers": 3}
    >>> money = {"has_amounts": True, "total_amount": 1234.5, "amount_0": 1, "keeps_zero": False}
    >>> matches = {"contacts": {"ids": 4, "matched": 3}}
    >>> read = read | days | left | money | {"matches": matches}
    >>> print(*what_was_read(read, days["last_day"]), sep="\n")
    What was read:
      5 of 9 rows accepted: 3 customers, 2024-01-05 to 2024-03-01
      left out: of nobody in particular (2), of amount 0 (1)
      rejected, each with its reason in rejected.parquet: no time (1)
      the amounts add up to 1,234.50
      1 row of amount 0: not counted as a purchase
      contacts: 3 of the 4 customers in it have bought
    """
    lines = [Message("read.heading")]
    lines.append(
        Message(
            "read.rows",
            accepted=read["accepted"],
            rows=read["rows_in"],
            customers=read["customers"],
            first_day=read["first_day"],
            last_day=read["last_day"],
        )
    )
    left_out = [
        Message("read.left_filter", n=read["filtered_out"]),
        Message("read.left_later", n=read["after_as_of"], as_of=as_of),
        Message("read.left_guests", n=read["guests"]),
        Message("read.left_erased", n=read.get("erased", 0)),
        Message("read.left_zero", n=read["zero_amounts"]),
    ]
    if present := [reason for reason in left_out if reason.facts["n"]]:
        lines.append(Message("read.left_out", reasons=present))
    if read["rejected"]:
        most = sorted(read["rejected"].items(), key=lambda entry: (-entry[1], entry[0]))
        reasons = [Message("read.reason", reason=reason, n=n) for reason, n in most]
        lines.append(Message("read.rejected", reasons=reasons, file="rejected.parquet"))
    if read["has_amounts"]:
        lines.append(Message("read.amount", total=read["total_amount"]))
        if read["amount_0"]:
            kept, dropped = Message("read.zero_kept"), Message("read.zero_dropped")
            how = kept if read["keeps_zero"] else dropped
            lines.append(Message("read.zero", n=read["amount_0"], how=how))
    else:
        lines.append(Message("read.no_amounts"))
    for table, match in read["matches"].items():
        lines.append(Message("read.match", table=table, matched=match["matched"], ids=match["ids"]))
    return lines
