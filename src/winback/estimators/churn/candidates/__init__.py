"""Churn candidates: several ways to estimate P(no purchase in the horizon), one contract.

`CANDIDATES` lists them from the simplest to the freest; of equal ones the earlier one wins.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.churn.candidates.base_rate import BaseRate
from winback.estimators.churn.candidates.beta_geo_churn import BetaGeoChurn
from winback.estimators.churn.candidates.blend import Blend
from winback.estimators.churn.candidates.boosted import TREES, TUNABLE, BoostedTrees
from winback.estimators.churn.candidates.boosted_btyd import BoostedBTYD
from winback.estimators.churn.candidates.candidate import Candidate, PurchaseModels
from winback.estimators.churn.candidates.logistic import LogisticRFM, RecencyRule
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.messages import Message

CANDIDATES: dict[str, type[Candidate]] = {
    kind.name: kind
    for kind in (
        BaseRate,
        RecencyRule,
        BetaGeoChurn,
        LogisticRFM,
        Blend,
        BoostedTrees,
        BoostedBTYD,
    )
}
"""Name to class, the simplest first."""

SIMPLE_CANDIDATES = ("base_rate", "recency_rule", "beta_geo", "logistic")
"""Those with few enough parameters for a few hundred customers."""

__all__ = [
    "CANDIDATES",
    "SIMPLE_CANDIDATES",
    "TREES",
    "TUNABLE",
    "BaseRate",
    "BetaGeoChurn",
    "Blend",
    "BoostedBTYD",
    "BoostedTrees",
    "Candidate",
    "LogisticRFM",
    "RecencyRule",
    "fit_candidates",
]


def fit_candidates(
    names: Iterable[str],
    X: pd.DataFrame,
    y: npt.NDArray[np.int64],
    settings: dict[str, Any],
    *,
    purchase_model: BetaGeoModel | None = None,
    purchase_models: PurchaseModels | None = None,
) -> tuple[dict[str, Candidate], dict[str, Message]]:
    """Fit several candidates on the same sorted rows, sharing the blend's members.

    Parameters
    ----------
    names
        Of `CANDIDATES`.
    X, y
        Rows sorted by `canonical`.
    settings
        Parameters by name (`horizon_days`, `random_state`, ...); each candidate takes its own.
    purchase_model
        What `beta_geo` stands for, and what BTYD features are predicted with; None: it is fitted
        on `X`.
    purchase_models
        The like at each snapshot of `X`, for BTYD features.

    Returns
    -------
    fitted : dict
        Name to fitted candidate, simplest first.
    failed : dict
        Name to the reason, of those that could not be fitted.
    """
    fitted: dict[str, Candidate] = {}
    failed: dict[str, Message] = {}
    # the blend last, when its members are there to be shared
    for name in sorted(names, key=lambda name: name == Blend.name):
        kind = CANDIDATES[name]
        taken = kind().get_params()
        candidate = kind(**{key: value for key, value in settings.items() if key in taken})
        candidate = candidate.knowing(purchase_model, purchase_models)
        try:
            if isinstance(candidate, Blend) and set(Blend.member_names) <= fitted.keys():
                fitted[name] = candidate.with_members([fitted[m] for m in Blend.member_names])
            elif isinstance(candidate, BetaGeoChurn) and purchase_model is not None:
                fitted[name] = candidate.with_purchase_model(purchase_model)
            else:
                fitted[name] = candidate.fit_ordered(X, y)
        except (ModelError, NotEnoughDataError) as error:
            failed[name] = Message.of_error(error)
    return {name: fitted[name] for name in CANDIDATES if name in fitted}, failed
