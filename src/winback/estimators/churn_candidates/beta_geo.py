"""P(no purchase in the horizon) from BG/NBD, as a churn candidate."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import hyp2f1

from winback.estimators.beta_geo import BetaGeoModel
from winback.estimators.churn_candidates.base import Candidate, Floats, feature_matrix

_COLUMNS = ("frequency", "recency", "T")


class BetaGeoChurn(Candidate):
    """One minus BG/NBD's probability of a purchase in ``(gap_days, gap_days + horizon_days]``.

    It needs no labels: the purchase model is fitted on the RFM summary of the newest training
    snapshot, or given already fitted (`from_purchase_model`).

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
        fitted = cls(horizon_days, gap_days).mark_fitted()
        fitted.purchase_model_ = purchase_model
        return fitted

    def _fit(self, X: pd.DataFrame, y: npt.NDArray[np.int64]) -> None:  # noqa: ARG002  # labels are not needed
        newest = (X["as_of"] == X["as_of"].iloc[-1]).to_numpy()
        self.purchase_model_ = BetaGeoModel().fit(X.loc[newest, list(_COLUMNS)])

    def _predict(self, X: pd.DataFrame) -> Floats:
        feature_matrix(X, _COLUMNS, required=True)  # a clear error before the model's own
        model = self.purchase_model_
        if self.gap_days == 0:
            return 1.0 - np.asarray(model.p_purchase(X, float(self.horizon_days)))
        return 1.0 - purchase_after_gap(model, X, self.gap_days, self.horizon_days)


def purchase_after_gap(
    model: BetaGeoModel, X: pd.DataFrame, gap_days: float, horizon_days: float
) -> Floats:
    r"""Return P(at least one purchase in ``(gap, gap + horizon]``) under BG/NBD.

    A customer alive now survives the gap's Poisson(lambda g) purchases with probability
    ``exp(-lambda p g)`` and then buys with ``1 - exp(-lambda H)``. Averaged over the posterior,
    lambda ~ Gamma(r + x, alpha + T) and p ~ Beta(a, b + x), both given alive (Fader, Hardie & Lee
    2005, section 4), with ``k = alpha + T``, ``s = r + x``, ``c = a + b + x``:

    .. math:: P(alive)\,[{}_2F_1(s, a; c; -g/k)
              - (k/(k+H))^s\,{}_2F_1(s, a; c; -g/(k+H))]

    With no gap both functions are 1, which is the usual formula. They are computed after Pfaff's
    transformation (argument within [0, 1)).
    """
    frequency, _, age = feature_matrix(X, _COLUMNS, required=True).T
    s, c, k = model.r_ + frequency, model.a_ + model.b_ + frequency, model.alpha_ + age

    def survives_gap(scale: Floats) -> Floats:
        z = gap_days / (gap_days + scale)
        return np.asarray((1.0 - z) ** model.a_ * hyp2f1(model.a_, c - s, c, z))

    later = k + horizon_days
    given_alive = survives_gap(k) - (k / later) ** s * survives_gap(later)
    return np.asarray(np.asarray(model.p_alive(X)) * np.clip(given_alive, 0.0, 1.0))
