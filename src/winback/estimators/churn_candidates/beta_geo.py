"""P(no purchase in the horizon) from BG/NBD, as a churn candidate."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.estimators.beta_geo import BetaGeoModel
from winback.estimators.beta_geo_expectation import beta_nodes
from winback.estimators.churn_candidates.base import Candidate, Floats, feature_matrix

_COLUMNS = ("frequency", "recency", "T")

NODES = 48
CELLS = 2_000_000  # rows x nodes worked on at once


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
        model = self.purchase_model_
        if self.gap_days == 0:
            return 1.0 - np.asarray(model.p_purchase(X, float(self.horizon_days)))
        return 1.0 - purchase_after_gap(model, X, self.gap_days, self.horizon_days)


def purchase_after_gap(
    model: BetaGeoModel, X: pd.DataFrame, gap_days: float, horizon_days: float
) -> Floats:
    r"""Return P(at least one purchase in ``(gap, gap + horizon]``) under BG/NBD.

    A customer alive now survives the gap's Poisson(lambda g) purchases with probability
    ``exp(-lambda p g)`` and then buys with ``1 - exp(-lambda H)``. Given alive, lambda ~
    Gamma(s, k) and p ~ Beta(a, b + x) with ``s = r + x``, ``k = alpha + T`` (Fader, Hardie & Lee
    2005, section 4); the mean over lambda is in closed form, that over p by Gauss quadrature,
    whose weights are positive, so that the result is a probability whatever the parameters:

    .. math:: P(alive)\,E_p[(1 + pg/k)^{-s} - (1 + (pg + H)/k)^{-s}]

    With no gap this is the usual formula.
    """
    frequency, _, age = feature_matrix(X, _COLUMNS, required=True).T
    s, k = model.r_ + frequency, model.alpha_ + age
    given_alive = np.zeros(len(X))
    size = CELLS // NODES
    for start in range(0, len(X), size):
        rows = slice(start, start + size)
        if model.a_ > 0:
            levels, at = np.unique(frequency[rows], return_inverse=True)
            nodes, weights = beta_nodes(model.a_, model.b_ + levels, NODES)
            p, w = nodes[at], weights[at]
        else:  # nobody drops out
            p, w = np.zeros((len(s[rows]), 1)), np.ones((len(s[rows]), 1))
        power, scale = s[rows, None], k[rows, None]
        alive_then = np.exp(-power * np.log1p(p * gap_days / scale))
        silent_too = np.exp(-power * np.log1p((p * gap_days + horizon_days) / scale))
        given_alive[rows] = (w * (alive_then - silent_too)).sum(axis=1)
    return np.asarray(np.asarray(model.p_alive(X)) * np.clip(given_alive, 0.0, 1.0))
