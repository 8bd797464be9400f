"""Purchases of each day, and what a model fitted on an earlier past expects of them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from winback.estimators.purchase.expected_tracking import expected_tracking
from winback.estimators.purchase.purchase_model import PurchaseModel
from winback.estimators.value.named_models import make_purchase_model
from winback.evaluation.past import Past
from winback.evaluation.windows import Window
from winback.features.daily import daily_purchases


def track(
    past: Past,
    window: Window,
    purchase_model: str | PurchaseModel,
    *,
    level: float = 0.8,
) -> pd.DataFrame:
    """Fit at a cut-off, and compare repeat purchases with what was expected, day by day.

    Up to the cut-off, expected is what customers won on their days do on average. After it,
    expected is conditional on everybody's history up to the cut-off, and actual counts the same
    customers: those won later are not in either.

    Parameters
    ----------
    past
        Of the window's end, or of a later day; nothing later counts.
    window
        Its `as_of` is the cut-off.
    purchase_model
        A name, or an unfitted model, as for `CustomerValueModel`.
    level
        Probability of the bands.

    Returns
    -------
    DataFrame
        One row a day, from the day after the first purchase: `day` (date), `actual`, `expected`,
        `low`, `high` (repeat purchase days), `held_out` (after the cut-off).

    Raises
    ------
    NotEnoughDataError, ModelError
        The model cannot be fitted on that past.
    """
    cut_off, start, purchases = window.as_of, past.first_day, past.transactions
    frame = past.at(cut_off).frame(window.horizon_days)
    model = make_purchase_model(purchase_model, window.horizon_days).fit(frame)
    rows = [
        daily_purchases(purchases.table, day, count_zero=purchases.count_zero, joined_by=cut_off)
        .to_pyarrow()
        .to_pandas()
        for day in (cut_off, window.until)
    ]
    earlier, later = (_by_day(part, start) for part in rows)
    days = max((cut_off - start).days, 1)
    inside = expected_tracking(model, None, days, joining=earlier["first"], level=level)
    outside = expected_tracking(model, frame, (window.until - cut_off).days, level=level)
    inside["number"], outside["number"] = inside["day"], outside["day"] + (cut_off - start).days
    both = pd.concat([inside.assign(held_out=False), outside.assign(held_out=True)])
    both = both[both["number"] > 0].drop_duplicates("number", keep="last")
    actual = later["repeats"].reindex(both["number"], fill_value=0).to_numpy()
    dates = [start + timedelta(days=int(number)) for number in both["number"]]
    columns = both[["expected", "low", "high", "held_out"]].reset_index(drop=True)
    columns.insert(0, "day", dates)
    columns.insert(1, "actual", actual.astype(np.float64))
    return columns


def _by_day(counts: pd.DataFrame, start: date) -> pd.DataFrame:
    """Give each day its number, counted from the first, days without a purchase too."""
    number = (pd.to_datetime(counts["day"]) - pd.Timestamp(start)).dt.days
    numbered = counts.drop(columns="day").set_index(number.to_numpy())
    return numbered.reindex(range(int(number.max()) + 1), fill_value=0)
