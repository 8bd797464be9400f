"""What a job leaves unread beside its purchases, and a person should see before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ibis.backends.duckdb import Backend

from winback.data.column_guess import Columns, Guess
from winback.data.connect import loaded
from winback.data.contracts import TRANSACTIONS
from winback.data.directions import look_at_directions
from winback.data.expressions import columns_read, resolve
from winback.data.policy import IntakePolicy
from winback.data.raw import columns_of
from winback.data.second_looks import (
    look_at_refunds,
    look_at_restarts,
    look_at_states,
    look_at_totals,
)
from winback.messages import Message

__all__ = ["left_unread"]


def left_unread(
    engine: Backend,
    source: Any,
    *,
    columns: Mapping[str, str] | None = None,
    filter: str | None = None,  # noqa: A002 - the word of the job file
    table: str | None = None,
    query: str | None = None,
    policy: IntakePolicy = IntakePolicy(),  # noqa: B008 - frozen
) -> list[Message]:
    """Look at the columns that neither `columns` nor `filter` reads, as `winback init` does.

    Parameters
    ----------
    engine, source, columns, filter, table, query, policy
        As for `winback.data.intake.read_transactions`.

    Returns
    -------
    list of Message
        Orders that are no sale, refunds and expenses that only another column tells, totals that
        several rows bear, numbers of orders that restart: each with what to write.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import open_engine
    >>> orders = {"customer_id": ["a", "b"], "timestamp": "2024-01-02", "amount": 9.5}
    >>> states = {"state": ["done", "cancelled"]}
    >>> print(*left_unread(open_engine(threads=1), pd.DataFrame(orders | states)))
    state is cancelled (1), done (1); to count some only, filter: state NOT IN ('cancelled')
    >>> only = "state <> 'cancelled'"
    >>> left_unread(open_engine(threads=1), pd.DataFrame(orders | states), filter=only)
    []
    """
    with loaded(engine, source, table=table, query=query, policy=policy) as raw:
        types = columns_of(engine, raw.name)
        del types["source_row"]
        there = Columns(engine, raw, types)
        own = {name.lower(): name for name in types}
        written = {name: own[name] for name in TRANSACTIONS.names() if name in own}
        written |= columns or {}
        resolve(engine, raw, TRANSACTIONS, columns, condition=filter)  # raises as the job would
        for expression in (*written.values(), *([filter] if filter else [])):
            for name in columns_read(expression, types):
                there.left.pop(name, None)
        guesses = {ours: Guess(expression) for ours, expression in written.items()}
        notes: list[Message] = []
        states: list[Message] = []
        lost = {offer.written for offer in look_at_states(there, states)}
        notes += [note for note in states if note.facts["only"] in lost]
        if "amount" in guesses:
            look_at_refunds(there, guesses["amount"], notes)
            look_at_directions(there, guesses["amount"], notes)
        if "order_id" in guesses and guesses["order_id"].expression in types:
            if guesses["customer_id"].expression in types:
                look_at_restarts(there, guesses["order_id"], guesses["customer_id"], notes)
            if guesses.get("amount", Guess("")).expression in types:
                look_at_totals(there, guesses, notes)
        return notes
