"""LightGBM with what a purchase model says about each customer, as a churn candidate."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.churn.candidates.beta_geo_churn import BetaGeoChurn
from winback.estimators.churn.candidates.boosted import BoostedTrees
from winback.estimators.churn.candidates.candidate import (
    Floats,
    PurchaseModels,
    feature_columns,
    feature_matrix,
    snapshot_days,
)
from winback.estimators.purchase.beta_geo import BetaGeoModel

BTYD_FEATURES = ("btyd_p_alive", "btyd_expected_purchases", "btyd_p_no_purchase")
"""P(alive), expected purchases in as many days as the horizon, P(no purchase in the window)."""

_EPOCH = date(1970, 1, 1)


class BoostedBTYD(BoostedTrees):
    """`BoostedTrees` with `BTYD_FEATURES` besides the behaviour features.

    A snapshot's features come from a BG/NBD model of what was known at that snapshot or, where it
    has none, at the latest one before; never from a later one, which would have seen part of the
    label's window. Rows before the first model have them missing. Churn may only rise with P(no
    purchase).

    Attributes
    ----------
    purchase_model_ : BetaGeoModel or None
        What predictions are made with: the newest that is known.
    """

    name: ClassVar[str] = "lightgbm_btyd"
    trees_file: ClassVar[str] = "trees-btyd.txt"
    rising: ClassVar[frozenset[str]] = BoostedTrees.rising | {BTYD_FEATURES[2]}
    _newest: BetaGeoModel | None = None
    _by_date: PurchaseModels | None = None

    def knowing(self, newest: BetaGeoModel | None, by_date: PurchaseModels | None) -> Self:
        """Take purchase models that are fitted already, in days."""
        self._newest, self._by_date = newest, by_date
        return self

    @property
    def inputs_(self) -> list[str]:
        """The behaviour features, then `BTYD_FEATURES`."""
        return [*self.feature_names_in_, *BTYD_FEATURES]

    def _fit(self, X: pd.DataFrame, y: npt.NDArray[np.int64]) -> None:
        self.feature_names_in_ = feature_columns(X, self.exclude)
        days = snapshot_days(X)
        models = models_by_day(X, days, self._by_date)
        latest = max(self._by_date, default=None) if self._by_date else None
        newest = models[int(days.max())] if latest is None else (self._by_date or {})[latest]
        self.purchase_model_ = self._newest or newest
        derived = np.empty((len(X), len(BTYD_FEATURES)))
        for day, model in models.items():
            derived[days == day] = self._derived(X[days == day], model)
        values = feature_matrix(X, self.feature_names_in_)
        self._grow(np.hstack([values, derived]), X, y)

    def _inputs(self, X: pd.DataFrame) -> Floats:
        return np.hstack([super()._inputs(X), self._derived(X, self.purchase_model_)])

    def _derived(self, X: pd.DataFrame, model: BetaGeoModel | None) -> Floats:
        """Return `BTYD_FEATURES` of each row by one model; missing without a model."""
        if model is None:
            return np.full((len(X), len(BTYD_FEATURES)), np.nan)
        window = {"horizon_days": self.horizon_days, "gap_days": self.gap_days}
        silent = BetaGeoChurn.from_purchase_model(model, **window).churn_probability(X)
        expected = model.expected_purchases(X, float(self.horizon_days))
        return np.column_stack([model.p_alive(X), expected, silent])


def models_by_day(
    X: pd.DataFrame, days: npt.NDArray[np.int64], given: PurchaseModels | None
) -> dict[int, BetaGeoModel | None]:
    """Return, for each snapshot, the latest purchase model known by its date.

    Parameters
    ----------
    X, days
        Stacked snapshots, and the day number of each row's.
    given
        Models by date; None: each snapshot's is fitted on its own rows, which holds no outcome.

    Returns
    -------
    dict
        Day number to model, oldest first; None before the first model.
    """
    wanted = [int(day) for day in np.unique(days)]
    if given is None:
        by_day = {day: _fitted(X[days == day]) for day in wanted}
    else:
        by_day = {(day - _EPOCH).days: model for day, model in given.items()}
    dated = sorted(day for day, model in by_day.items() if model is not None)
    latest: dict[int, BetaGeoModel | None] = {}
    for day in wanted:
        earlier = [fitted for fitted in dated if fitted <= day]
        latest[day] = by_day[earlier[-1]] if earlier else None
    return latest


def _fitted(rows: pd.DataFrame) -> BetaGeoModel | None:
    feature_matrix(rows, BetaGeoModel.columns, required=True)
    try:
        return BetaGeoModel().fit(rows[list(BetaGeoModel.columns)])
    except (ModelError, NotEnoughDataError):
        return None
