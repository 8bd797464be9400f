"""P(no purchase in the horizon) from BG/NBD, as a churn candidate."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.estimators.churn.candidates.candidate import Candidate, Floats, feature_matrix
from winback.estimators.purchase.beta_geo import BetaGeoModel

_COLUMNS = ("frequency", "recency", "T")


class BetaGeoChurn(Candidate):
    """One minus BG/NBD's probability of a purchase in ``(gap_days, gap_days + horizon_days]``.

    It needs no labels, so the purchase model is best given, fitted on every customer known
    (`from_purchase_model`). `fit` has only the newest training snapshot to fit it on: where that
    is cut to active customers, drop-out can hardly be seen in it.

    Parameters
    ----------
    horizon_days, gap_days
        The window of the churn label, in days, like `frequency`, `recency` and `T`.

    Attributes
    ----------
    purchase_model_ : BetaGeoModel
        The fitted purchase model.
    """

    name: ClassVar[str] = "beta_geo"

    def __init__(self, horizon_days: int = 90, gap_days: int = 0) -> None:
        self.horizon_days = horizon_days
        self.gap_days = gap_days

    @classmethod
    def from_purchase_model(
        cls, purchase_model: BetaGeoModel, *, horizon_days: int, gap_days: int = 0
    ) -> Self:
        """Return the candidate that a BG/NBD model, fitted in days, stands for."""
        return cls(horizon_days, gap_days).with_purchase_model(purchase_model)

    def with_purchase_model(self, purchase_model: BetaGeoModel) -> Self:
        """Return this candidate over a BG/NBD model that is fitted already, in days."""
        self.purchase_model_ = purchase_model
        return self.mark_fitted()

    def _fit(self, X: pd.DataFrame, y: npt.NDArray[np.int64]) -> None:  # noqa: ARG002  # labels are not needed
        newest = (X["as_of"] == X["as_of"].iloc[-1]).to_numpy()
        self.purchase_model_ = BetaGeoModel().fit(X.loc[newest, list(_COLUMNS)])

    def _predict(self, X: pd.DataFrame) -> Floats:
        feature_matrix(X, _COLUMNS, required=True)  # a clear error before the model's own
        gap, horizon = float(self.gap_days), float(self.horizon_days)
        return 1.0 - np.asarray(self.purchase_model_.p_purchase_window(X, gap, horizon))
