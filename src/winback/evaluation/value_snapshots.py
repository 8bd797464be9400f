"""Snapshots of the past that value models learn from: what was expected then, and what happened.

A snapshot's features, and the purchase model whose expectation stands beside them, know nothing
after its date; its outcome is over at the cut-off.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from winback.data.engine import let_go
from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.value.learned_value import base_model
from winback.evaluation.past import Past
from winback.evaluation.windows import Window, with_season
from winback.features.snapshots import snapshot_dates, training_table

COUNT = 4  # snapshots, half a label apart: more repeat what these say
MIN_DAYS = 14  # between two of them
MAX_CUSTOMERS = 50_000  # more teach little, and cost time for every snapshot


def value_snapshots(past: Past, horizon_days: int) -> pd.DataFrame | None:
    """Build what `LearnedValueModel` learns from, of what was known at the end of a day.

    The labels are as long as the horizon, or a third of history where that is shorter; the newest
    ends on the last day of which nearly everything is known, and each further one starts half a
    label earlier; up to half of them lie around a year before instead, wherever history allows
    (`with_season`). Where there are more than `MAX_CUSTOMERS`, about so many are taken, by a digest
    of their names.

    Parameters
    ----------
    past : Past
    horizon_days : int

    Returns
    -------
    DataFrame or None
        One row per snapshot and customer with a purchase day by then: the behaviour columns,
        ``label_days``, ``btyd_purchases`` and ``btyd_spend`` (expected at the snapshot's date by a
        model fitted to what was known then), ``purchases`` and ``revenue``. None: there is no
        snapshot whose outcome is over.
    """
    first = past.first_day
    days = min(horizon_days, (past.settled - first).days // 3)
    if days < 1:
        return None
    every_days = max(days // 2, MIN_DAYS)
    newest = snapshot_dates(
        first_day=first,
        as_of=past.settled,
        horizon_days=days,
        gap_days=0,
        every_days=every_days,
        count=COUNT,
        min_history_days=days + 1,
    )
    dates = with_season(
        newest,
        past.as_of,
        label_days=days,
        count=COUNT,
        every_days=every_days,
        first=first + timedelta(days=days),
    )
    if not dates:
        return None
    Window(max(dates), max(dates) + timedelta(days=days)).assert_known_by(past.as_of)
    features = past.described(dates, days, customers=past.some_customers(MAX_CUSTOMERS))
    table = training_table(
        features,
        past.transactions.table,
        dates,
        as_of=past.as_of,
        horizon_days=days,
        gap_days=0,
        active_within_days=None,
        count_zero=past.transactions.count_zero,
    )
    rows: pd.DataFrame = table.order_by(["as_of", "customer_id"]).to_pyarrow().to_pandas()
    let_go(features)
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
