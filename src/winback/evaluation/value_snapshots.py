"""Snapshots of the past that value models learn from: what was expected then, and what happened.

A snapshot's features, and the purchase model whose expectation stands beside them, know nothing
after its date; its outcome is over at the cut-off.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd

from winback.data.tables import Transactions
from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.base.fits import Fits
from winback.estimators.value.learned_value import base_model
from winback.evaluation.windows import Window, first_day, known_past, some_customers
from winback.features.behaviour import behaviour_table
from winback.features.snapshots import snapshot_dates, training_table

COUNT = 4  # snapshots, half a label apart: more repeat what these say
MIN_DAYS = 14  # between two of them
MAX_CUSTOMERS = 50_000  # more teach little, and cost time for every snapshot


class KnownFits:
    """The `Fits` of one shop's data, by cut-off and horizon.

    Contest, evaluation and gate judge the same candidates at the same cut-offs: whoever calls
    several of them on the same transactions hands the same object to all. What is fitted at a
    cut-off has seen nothing after it, so nothing can leak from one to another.
    """

    def __init__(self) -> None:
        self._by_window: dict[tuple[date, int], Fits] = {}

    def at(self, window: Window) -> Fits:
        """Return what is fitted at this cut-off, to labels as long as the window."""
        return self._by_window.setdefault((window.as_of, window.horizon_days), Fits())


class Taught:
    """What value models of one cut-off learn from, each part made when it is first asked for.

    Parameters
    ----------
    transactions : Transactions
    window : Window
        Nothing after its `as_of` is seen.
    known : KnownFits, optional
        What is fitted to these transactions already.
    """

    def __init__(
        self, transactions: Transactions, window: Window, known: KnownFits | None = None
    ) -> None:
        self._transactions, self._window = transactions, window
        self.fits = (known or KnownFits()).at(window)

    @cached_property
    def snapshots(self) -> pd.DataFrame | None:
        """`value_snapshots` of the cut-off."""
        return value_snapshots(self._transactions, self._window)


def value_snapshots(transactions: Transactions, window: Window) -> pd.DataFrame | None:
    """Build what `LearnedValueModel` learns from, of what was known at the window's `as_of`.

    The labels are as long as the window, or a third of history where that is shorter; the newest
    ends at `as_of`, and each further one starts half a label earlier. Where there are more than
    `MAX_CUSTOMERS`, about so many are taken, by a digest of their names.

    Parameters
    ----------
    transactions : Transactions
        Rows after the window's `as_of` are cut off first.
    window : Window

    Returns
    -------
    DataFrame or None
        One row per snapshot and customer with a purchase day by then: the behaviour columns,
        ``label_days``, ``btyd_purchases`` and ``btyd_spend`` (expected at the snapshot's date by a
        model fitted to what was known then), ``purchases`` and ``revenue``. None: there is no
        snapshot whose outcome is over.
    """
    past = known_past(transactions, window.as_of)
    first = first_day(past)
    days = min(window.horizon_days, (window.as_of - first).days // 3)
    if days < 1:
        return None
    dates = snapshot_dates(
        first_day=first,
        as_of=window.as_of,
        horizon_days=days,
        gap_days=0,
        every_days=max(days // 2, MIN_DAYS),
        count=COUNT,
        min_history_days=days + 1,
    )
    if not dates:
        return None
    Window(max(dates), max(dates) + timedelta(days=days)).assert_known_by(window.as_of)
    features = behaviour_table(
        past.table,
        dates,
        count_zero=past.count_zero,
        horizon_days=days,
        customers=some_customers(past.table, MAX_CUSTOMERS),
    )
    table = training_table(
        features,
        past.table,
        dates,
        as_of=window.as_of,
        horizon_days=days,
        gap_days=0,
        active_within_days=None,
        count_zero=past.count_zero,
    )
    rows: pd.DataFrame = table.order_by(["as_of", "customer_id"]).to_pyarrow().to_pandas()
    parts = [
        part
        for _, customers in rows.groupby("as_of", sort=True)
        if (part := _expecting(customers, days, paid=past.has_amounts)) is not None
    ]
    return pd.concat(parts, ignore_index=True) if parts else None


def _expecting(rows: pd.DataFrame, days: int, *, paid: bool) -> pd.DataFrame | None:
    """Add what a model of that day expects; None where none can be fitted."""
    try:
        base = base_model(paid=paid).fit(rows)
    except (ModelError, NotEnoughDataError):
        return None
    spend = base.spend_model_
    return rows.assign(
        label_days=float(days),
        btyd_purchases=base.purchase_model_.expected_purchases(rows, days),
        btyd_spend=np.ones(len(rows)) if spend is None else spend.expected_spend(rows),
    )
