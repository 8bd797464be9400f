"""The known past: a shop's purchases and events as they were known at the end of a day.

Everything that is asked of a past is made once, when it is first asked for, and remembered: its
first day, what describes its customers, what they did in a window, which models are fitted to it.
A past of an earlier day, from `Past.at`, shares the memory of the one it comes from, so that
contests, evaluation, gate, tiers and lists may all ask for the same cut-off. Nothing can leak from
one day to another: a past holds no row that was known later, and tells no outcome of a window that
was not over.

What describes customers is kept in the engine, which may lay it on the disk; here are kept fitted
models, dates, and what customers did in the windows that were judged (three numbers each).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, TypeVar

import ibis
import ibis.expr.types as ir
import pandas as pd

from winback.data.contracts import Transactions
from winback.data.engine import laid_down
from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.base.parts import Parts
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.evaluation.description import Description
from winback.evaluation.windows import Window, gate_window
from winback.features.behaviour import behaviour_table
from winback.features.habits import event_types
from winback.features.outcomes import outcomes_table
from winback.features.purchases import dated, known_by, purchase_days
from winback.features.rfm import rfm_table
from winback.messages import Message

Made = TypeVar("Made")
STILL_LATE = 0.05  # so many rows may be later than what is called late


class Past:
    """A shop as it was known at the end of a day.

    Parameters
    ----------
    transactions : Transactions
        Rows that were known later are cut off first. (Their ``counts`` still describe the whole
        intake.)
    as_of : date
        Everything up to the end of this day is known.
    events : ir.Table, optional
        What customers did besides buying.
    root : Past, optional
        The latest past of the same shop, whose memory this one shares; see `at`.

    Examples
    --------
    >>> import winback as wb
    >>> past = Past(wb.read_transactions("sample:cdnow-tenth"), date(1998, 6, 30))
    >>> then = past.at(date(1997, 9, 30))
    >>> then.first_day, len(then.frame(90))
    (datetime.date(1997, 1, 1), 2357)
    >>> then.at(date(1997, 6, 30)) is past.at(date(1997, 6, 30))
    True
    >>> customers = then.frame(90)["customer_id"]
    >>> then.outcomes(Window(then.as_of, date(1997, 12, 31)), customers)
    Traceback (most recent call last):
    ...
    winback.errors.ModelError: a forward window ends after what is known: got ...
    """

    def __init__(
        self,
        transactions: Transactions,
        as_of: date,
        *,
        events: ir.Table | None = None,
        root: Past | None = None,
    ) -> None:
        table = known_by(transactions.table, as_of)
        self.transactions = replace(transactions, table=table)
        self.as_of = as_of
        self.events = events
        self.root = root or self
        self.memory: dict[Hashable, Any] = {} if root is None else root.memory

    def at(self, day: date) -> Past:
        """Return the past of an earlier day; it shares this one's memory.

        Raises
        ------
        ModelError
            The day lies after this past's own.
        """
        root = self.root
        if day > self.as_of:
            raise ModelError("that day is not known", got=str(day), allowed=f"<= {self.as_of}")
        if day == root.as_of:
            return root
        return root.once(
            ("past", day), lambda: Past(root.transactions, day, events=root.events, root=root)
        )

    def once(self, name: Hashable, make: Callable[[], Made]) -> Made:
        """Return what was made of this past under a name, or make it now.

        What the data are too few for is remembered too: the error is raised again.
        """
        key = (self.as_of, name)
        if key not in self.memory:
            try:
                self.memory[key] = make()
            except (ModelError, NotEnoughDataError) as error:
                self.memory[key] = error
        made = self.memory[key]
        if isinstance(made, ModelError | NotEnoughDataError):
            raise made
        return made  # type: ignore[no-any-return]

    def forget(self, name: Hashable) -> None:
        """Let go of what was made of this past under a name, where it is large."""
        self.memory.pop((self.as_of, name), None)

    # ------------------------------------------------------------------ days

    @property
    def has_amounts(self) -> bool:
        """Whether the source has amounts."""
        return self.transactions.has_amounts

    @property
    def first_day(self) -> date:
        """The first day on which anything was bought or returned.

        Raises
        ------
        NotEnoughDataError
            There is no row.
        """
        return self.once("first day", self._first_day)

    def _first_day(self) -> date:
        day: date | None = self.transactions.table.day.min().to_pyarrow().as_py()
        if day is None:
            raise NotEnoughDataError("no transaction is known", hint="check as_of and the filter")
        return day

    @property
    def lateness_days(self) -> int:
        """Days after which all but a twentieth of the rows are known; 0 where none is late.

        Of the days before `as_of` that are fewer than this, not everything is known yet: a label
        that ends in them would count as gone who has only not been heard of.
        """
        return self.once("lateness", self._lateness)

    def _lateness(self) -> int:
        rows = dated(self.transactions.table)
        late = rows.known_on.delta(rows.booked_on, unit="day")
        days = late.quantile(1 - STILL_LATE).to_pyarrow().as_py()
        return max(math.ceil(days or 0), 0)

    @property
    def settled(self) -> date:
        """The last day of which (nearly) everything is known."""
        return self.as_of - timedelta(days=self.lateness_days)

    def last_window(self, horizon_days: int, gap_days: int = 0) -> tuple[Window | None, Message]:
        """Return the last days that are settled, to be held out; see `windows.gate_window`."""
        return self.once(
            ("last window", horizon_days, gap_days),
            lambda: gate_window(
                self.first_day, self.settled, horizon_days=horizon_days, gap_days=gap_days
            ),
        )

    @property
    def known_events(self) -> ir.Table | None:
        """The events known at `as_of`; None where there are none."""
        return None if self.events is None else known_by(self.events, self.as_of)

    # ------------------------------------------------------------------ customers

    @property
    def purchase_days(self) -> ir.Table:
        """``customer_id``, ``day``, ``amount`` (net): the purchase days, laid in the engine."""
        return self.once("purchase days", lambda: laid_down(self._purchase_days()))

    @property
    def first_purchases(self) -> ir.Table:
        """``customer_id``, ``first_day``: the first purchase day of each, laid in the engine."""
        days = self.purchase_days
        first = days.group_by("customer_id").aggregate(first_day=days.day.min())
        return self.once("first purchases", lambda: laid_down(first))

    @property
    def repeat_customers(self) -> int:
        """How many bought on two days or more."""
        return self.once("repeat customers", self._repeat_customers)

    def _repeat_customers(self) -> int:
        days = self.purchase_days.group_by("customer_id").aggregate(n=ibis._.count())
        return int(days.filter(days.n > 1).count().to_pyarrow().as_py())

    def _purchase_days(self) -> ir.Table:
        count_zero = self.transactions.count_zero
        return purchase_days(self.transactions.table, self.as_of, count_zero=count_zero)

    def behaviour(
        self,
        horizon_days: int,
        *,
        event_types: Sequence[str] = (),
        customers: ir.Table | None = None,
    ) -> ir.Table:
        """Describe every customer with a purchase day, in the engine.

        Parameters
        ----------
        horizon_days : int
            The length of ``last_horizon_*``.
        event_types : sequence of str
            Which kinds of events to describe, too; see `event_types`.
        customers : ir.Table, optional
            Only these (``customer_id``): nobody else is then described for their sake.

        Returns
        -------
        ir.Table
            As of `winback.features.behaviour.behaviour_table`; its rows lie in the engine.
        """
        kinds = tuple(event_types) if self.events is not None else ()
        name = ("behaviour", horizon_days, kinds)
        if customers is not None and (self.as_of, name) not in self.memory:
            return self.describe([self.as_of], horizon_days, kinds, customers)
        table = self.once(name, lambda: self.described([self.as_of], horizon_days, kinds))
        return table if customers is None else table.semi_join(customers, "customer_id")

    def describe(
        self,
        dates: Sequence[date],
        horizon_days: int,
        event_types: Sequence[str] = (),
        customers: ir.Table | None = None,
    ) -> ir.Table:
        """Describe customers at several days by what was known then, computed when it is read."""
        return behaviour_table(
            self.transactions.table,
            dates,
            count_zero=self.transactions.count_zero,
            horizon_days=horizon_days,
            events=self.events if event_types else None,
            event_types=event_types,
            customers=customers,
        )

    def described(
        self,
        dates: Sequence[date],
        horizon_days: int,
        event_types: Sequence[str] = (),
        customers: ir.Table | None = None,
    ) -> ir.Table:
        """Describe customers at several days, computed now: the rows lie in the engine."""
        if customers is not None:
            return laid_down(self.describe(dates, horizon_days, event_types, customers))
        if max(dates) > self.as_of:
            raise ModelError("that day is not known", got=str(max(dates)), allowed=str(self.as_of))
        root = self.root
        description = root.once("description", lambda: Description(root.transactions, root.events))
        return description.at(dates, horizon_days, event_types)

    def frame(self, horizon_days: int) -> pd.DataFrame:
        """Describe every customer by their purchases, sorted by customer, index 0 to n - 1."""
        table = self.behaviour(horizon_days).order_by("customer_id")
        frame: pd.DataFrame = table.to_pyarrow().to_pandas()
        return frame

    @property
    def event_types(self) -> Sequence[str]:
        """The kinds of events that are told apart; none without events."""
        if self.events is None:
            return ()
        events = self.events
        return self.once("event types", lambda: event_types(events, self.as_of))

    def outcomes(self, window: Window, customers: pd.Series[str]) -> pd.DataFrame:
        """Return what each customer did in a window, in the order of `customers`.

        Returns
        -------
        DataFrame
            Floats, the index of `customers`: ``purchases`` (purchase days), ``revenue`` (all net
            amounts, return-only days included), ``churned`` (1.0 = no purchase day).

        Raises
        ------
        ModelError
            The window is not over.
        """
        window.assert_known_by(self.as_of)
        known_by = self.as_of if self.lateness_days else window.until  # late rows have come since
        happened = self.root.once(
            ("outcomes", window, known_by),
            lambda: _outcomes(self.root.transactions, window, known_by),
        )
        aligned: pd.DataFrame = happened.reindex(customers.to_numpy()).fillna(0.0).astype(float)
        aligned.index = customers.index
        return aligned.assign(churned=(aligned["purchases"] == 0).astype(float))

    def some_customers(self, at_most: int) -> ir.Table | None:
        """Choose about `at_most` customers to learn from, by a digest; None: all of them.

        The digest makes the choice the same at every date and on every engine, and keeps a
        customer's snapshots together.
        """
        ids = self.transactions.table.select("customer_id").distinct()
        n = self.once("customers", lambda: ids.count().to_pyarrow().as_py())
        if n <= at_most:
            return None
        below = f"{round(at_most / n * 0xFFFFFFFF):08x}"
        return ids.filter(ids.customer_id.hexdigest("md5").substr(0, 8) < below)

    def sample(self, at_most: int) -> Past:
        """Return the past of about so many customers, or this one if there are no more."""
        chosen = self.some_customers(at_most)
        if chosen is None:
            return self
        table = self.transactions.table.semi_join(chosen, "customer_id")
        return self.once(
            ("sample", at_most),
            lambda: Past(replace(self.transactions, table=table), self.as_of, events=self.events),
        )

    # ------------------------------------------------------------------ models

    def parts(self, horizon_days: int) -> Parts:
        """Return the fitted parts that value models of this day and horizon share."""
        return self.once(("parts", horizon_days), Parts)

    def purchase_model(self) -> BetaGeoModel:
        """Fit BG/NBD, in days, on every customer.

        The engine counts equal histories, so that memory does not grow with the customers.

        Raises
        ------
        ModelError, NotEnoughDataError
            It cannot be fitted.
        """
        return self.once("purchase model", self._purchase_model)

    def rfm(self) -> ir.Table:
        """Return frequency, recency, T and spend of everybody, laid in the engine.

        See `winback.features.rfm.rfm_table`.
        """
        return self.once("rfm", lambda: laid_down(self._rfm()))

    def _rfm(self) -> ir.Table:
        days = self.purchase_days if self is self.root else self._purchase_days()
        return rfm_table(days, self.as_of)

    def histories(self, at_most: int) -> pd.DataFrame:
        """Return ``customer_id``, ``frequency``, ``recency`` and ``T``, sorted by customer.

        Of everybody with a purchase day, or of about `at_most` where there are more.
        """
        rows, chosen = self.rfm(), self.some_customers(at_most)
        rows = rows if chosen is None else rows.semi_join(chosen, "customer_id")
        columns = rows.select("customer_id", *BetaGeoModel.columns).order_by("customer_id")
        frame: pd.DataFrame = columns.to_pyarrow().to_pandas()
        return frame

    def _purchase_model(self) -> BetaGeoModel:
        rows = self.rfm()
        histories = rows.group_by(list(BetaGeoModel.columns)).aggregate(weight=rows.count())
        return BetaGeoModel().fit(histories.to_pyarrow().to_pandas())


def _outcomes(transactions: Transactions, window: Window, known_by: date) -> pd.DataFrame:
    days, count_zero = [(window.as_of, window.start, window.until)], transactions.count_zero
    table = outcomes_table(transactions.table, days, count_zero=count_zero, known_by=known_by)
    rows: pd.DataFrame = table.to_pyarrow().to_pandas()
    return rows.set_index("customer_id")[["purchases", "revenue"]]
