"""The contracts of the tables that come in, as plain data, and what becomes of transactions.

Examples
--------
>>> [column.name for column in TRANSACTIONS.columns if column.required]
['customer_id', 'timestamp']
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import ibis.expr.types as ir

from winback.cards import Table, card
from winback.messages import Message

Kind = Literal["id", "text", "timestamp", "number", "flag"]


@dataclass(frozen=True)
class Column:
    """One column of a contract.

    Attributes
    ----------
    name
        Our name for it.
    kind
        ``id``: text, trimmed, without the ``.0`` of a number that became a float. ``text``: text,
        trimmed. ``timestamp``: naive, in the job's time zone. ``number``: finite float64.
        ``flag``: boolean.
    required
        Whether a source without it is refused.
    meaning
        One sentence.
    """

    name: str
    kind: Kind
    required: bool
    meaning: str


@dataclass(frozen=True)
class TableContract:
    """What a table must hold."""

    name: str
    meaning: str
    columns: tuple[Column, ...]

    def names(self) -> list[str]:
        """Return our names of all its columns."""
        return [column.name for column in self.columns]


_CUSTOMER = Column("customer_id", "id", True, "Who; never empty.")

TRANSACTIONS = TableContract(
    "transactions",
    "One row a purchase, an invoice line or a refund.",
    (
        _CUSTOMER,
        Column("timestamp", "timestamp", True, "When; a date is enough."),
        Column("amount", "number", False, "How much was paid; refunds are negative."),
        Column("order_id", "id", False, "The order; lets a refund name what it takes back."),
        Column("channel", "text", False, "Where it was bought."),
        Column("product_id", "id", False, "What was bought."),
        Column("category", "text", False, "The kind of what was bought."),
        Column("discount", "text", False, "What was taken off; 0 or empty: nothing."),
        Column("voucher", "text", False, "The code of a voucher that was redeemed."),
        Column("currency", "text", False, "ISO 4217 code; one job has one currency."),
        Column("available_at", "timestamp", False, "When the row became known, if it came late."),
    ),
)

CUSTOMERS = TableContract(
    "customers",
    "One row a customer.",
    (
        _CUSTOMER,
        Column("acquired_at", "timestamp", False, "When the customer was won."),
        Column("acquisition_channel", "text", False, "By which channel the customer was won."),
        Column("referred_by", "id", False, "The customer who brought this one."),
        Column("opt_out", "flag", False, "Does not want to be contacted; in doubt, true."),
        Column("contactable_channels", "text", False, "Channels that reach them, with commas."),
    ),
)

EVENTS = TableContract(
    "events",
    "One row for each thing that a customer did besides buying.",
    (
        _CUSTOMER,
        Column("timestamp", "timestamp", True, "When."),
        Column("event", "text", True, "What: visit, complaint, share, and so on."),
        Column("channel", "text", False, "Where."),
    ),
)

CONTACTS = TableContract(
    "contacts",
    "One row for each time that a customer was contacted.",
    (
        _CUSTOMER,
        Column("timestamp", "timestamp", True, "When."),
        Column("channel", "text", True, "How."),
        Column("list_id", "id", False, "The list that the contact came from."),
        Column("experiment_id", "id", False, "The experiment that drew the arm."),
        Column("arm", "text", False, "The arm of the experiment."),
        Column("cost", "number", False, "What it cost."),
    ),
)

SPEND = TableContract(
    "spend",
    "One row for each day and channel that customers are won through.",
    (
        Column("timestamp", "timestamp", True, "The day."),
        Column("channel", "text", True, "As customers' acquisition_channel names it."),
        Column("amount", "number", True, "What was spent."),
    ),
)

IDENTITIES = TableContract(
    "identities",
    "One row for each thing that an id of a customer was seen with; columns, or kind and value.",
    (
        _CUSTOMER,
        Column("timestamp", "timestamp", False, "When it was seen."),
        Column("kind", "text", False, "Of what `value` is: phone, email, or a name of one's own."),
        Column("value", "id", False, "What was seen."),
        Column("union_id", "id", False, "One for all apps of a platform."),
        Column("member_number", "id", False, "The number on the card."),
        Column("email", "id", False, "An address."),
        Column("phone", "id", False, "A telephone number."),
        Column("open_id", "id", False, "The id within one app."),
        Column("device", "id", False, "A device or a browser."),
        Column("first_name", "text", False, "A given name."),
        Column("last_name", "text", False, "A family name."),
        Column("birth_date", "text", False, "A date of birth."),
    ),
)

CONTRACTS = {
    table.name: table for table in (TRANSACTIONS, CUSTOMERS, EVENTS, CONTACTS, SPEND, IDENTITIES)
}


@dataclass(frozen=True)
class IntakeCounts:
    """Where every row of a source went.

    ``rows_in = filtered_out + after_as_of + sum(rejected) + zero_amounts +
    guests + erased + accepted``.

    Attributes
    ----------
    rows_in
        Rows of the source, unreadable lines of CSV files included.
    filtered_out
        Rows for which the job's `filter` is not true.
    zero_amounts
        Rows of amount zero, left out because they are no purchases.
    after_as_of
        Rows that were not known at the end of `as_of`; nothing depends on them.
    guests
        Rows of nobody in particular (``guest``, ``游客``, customer 0), left out.
    erased
        Rows of persons whom `winback erase` has erased, left out.
    rejected
        Rows that break the contract, by reason.
    accepted
        Rows that went on.
    customers
        Distinct customers of the accepted rows.
    first_day, last_day
        First and last calendar day of the accepted rows.
    """

    rows_in: int
    filtered_out: int = 0
    zero_amounts: int = 0
    after_as_of: int = 0
    guests: int = 0
    erased: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    accepted: int = 0
    customers: int = 0
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True)
class Transactions:
    """Transactions that keep their contract, in the engine.

    Attributes
    ----------
    table
        The accepted rows: ``customer_id`` string; ``timestamp`` timestamp, naive, in the job's
        time zone; ``day`` date, the calendar day that the amount is netted on; ``booked_on`` date,
        the row's own calendar day; ``known_on`` date, the later of ``booked_on`` and the day of
        ``available_at``; ``amount`` float64; and those of ``order_id``, ``channel``,
        ``product_id``, ``category`` (string) that the source has; ``discounted`` (boolean) where
        it has a ``discount`` or a ``voucher``.
    rejected
        The other rows: ``source_row`` int64, ``reason`` string, and the cells ``customer_id``,
        ``timestamp``, ``amount`` as text.
    counts
        Where every row went.
    has_amounts
        Whether the source has amounts. If not, ``amount`` is 0 everywhere.
    count_zero
        Whether a day of net amount 0 is a purchase day.
    fingerprint
        Digest of the accepted rows, whatever their order, by this version of DuckDB (16
        hexadecimal digits).
    notes
        Where cells could be read in two ways: a cell, both readings, and which was taken.
    """

    table: ir.Table
    rejected: ir.Table
    counts: IntakeCounts
    has_amounts: bool
    count_zero: bool
    fingerprint: str
    notes: tuple[Message, ...] = ()

    def __repr__(self) -> str:
        """Return one line: how many rows, of whom, and of which days."""
        counts = self.counts
        return (
            f"<Transactions: {counts.accepted:,} of {counts.rows_in:,} rows, {counts.customers:,} "
            f"customers, {counts.first_day} to {counts.last_day}>"
        )

    def _repr_html_(self) -> str:
        """Return a card for a notebook: where every row went."""
        counts = self.counts
        facts = {
            "accepted": f"{counts.accepted:,} of {counts.rows_in:,} rows",
            "customers": counts.customers,
            "days": f"{counts.first_day} to {counts.last_day}",
            "left out by the filter": counts.filtered_out or None,
            "of amount zero, left out": counts.zero_amounts or None,
            "after as_of, left out": counts.after_as_of or None,
            "of guests, left out": counts.guests or None,
            "of the erased, left out": counts.erased or None,
            "columns": [str(name) for name in self.table.columns],
            "fingerprint": self.fingerprint,
        }
        rejected = sorted(counts.rejected.items(), key=lambda entry: -entry[1])
        tables = (
            [Table(("rejected because", "rows"), rejected)] if any(counts.rejected.values()) else []
        )
        notes = (
            list(map(str, self.notes))
            if self.has_amounts
            else ["the source has no amounts; values are purchase days."]
        )
        return card("Transactions", facts, tables=tables, notes=notes)
