"""One query that describes customers, compiled once and run for many days.

Ibis and sqlglot take longer to make the SQL of a description than DuckDB takes to run it on a small
shop, and a job describes its customers on a dozen days. The days are therefore rows of a table, and
not literals of the query.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.util import gen_name

from winback.data.contracts import Transactions
from winback.data.engine import Engine
from winback.features.behaviour import behaviour_at, behaviour_table, seasons


class Description:
    """Describe the customers of a shop at any days; each shape of the query is compiled once.

    Parameters
    ----------
    transactions : Transactions
    events : ir.Table, optional
        What customers did besides buying.

    Examples
    --------
    >>> import winback as wb
    >>> description = Description(wb.read_transactions("sample:cdnow-tenth"))
    >>> table = description.at([date(1997, 9, 30)], 90)
    >>> table.count().to_pyarrow().as_py()
    2357
    """

    def __init__(self, transactions: Transactions, events: ir.Table | None = None) -> None:
        self.transactions = transactions
        self.events = events
        self._queries: dict[tuple[int, tuple[str, ...]], str] = {}
        self._days = gen_name("days")

    def at(
        self, days: Sequence[date], horizon_days: int, event_types: Sequence[str] = ()
    ) -> ir.Table:
        """Describe everybody by what was known at each day; the rows are laid down in the engine.

        Parameters
        ----------
        days, horizon_days, event_types
            As of `winback.features.behaviour.behaviour_table`.
        """
        table, count_zero = self.transactions.table, self.transactions.count_zero
        events = self.events if event_types else None
        settings: dict[str, Any] = {
            "count_zero": count_zero,
            "horizon_days": horizon_days,
            "events": events,
            "event_types": event_types,
        }
        engine = ibis.get_backend(table)
        if not isinstance(engine, Engine):
            return behaviour_table(table, days, **settings)
        dates = engine.lay_down(_rows(days, horizon_days), self._days)
        shape = (horizon_days, tuple(event_types))
        if shape not in self._queries:
            described = behaviour_at(table, dates, **settings)
            self._queries[shape] = engine.compiled(described)
        return engine.lay_down(self._queries[shape])


def _rows(days: Sequence[date], horizon_days: int) -> str:
    """Return the SQL of a row for each day, as `winback.features.behaviour.behaviour_at` reads."""
    beside = seasons(days, horizon_days)
    names = ", ".join(("as_of", *beside))
    rows = ", ".join(
        f"(DATE '{day}', {', '.join(map(str, numbers))})"
        for day, *numbers in zip(days, *beside.values(), strict=True)
    )
    return f"SELECT * FROM (VALUES {rows}) AS days ({names})"
