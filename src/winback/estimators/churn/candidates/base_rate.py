"""The base rate: everybody churns with the same probability."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.estimators.churn.candidates.candidate import Candidate, Floats
from winback.estimators.churn.least import BASE_RATE


class BaseRate(Candidate):
    """P(churn) of the newest training snapshot, the same for every customer.

    The newest snapshot and not the mean of all: where the rate moves, the last known level is the
    better guess. Half a customer is added to either side (Jeffreys), so it is never 0 or 1.

    Attributes
    ----------
    rate_ : float
        The share that churned, in (0, 1).
    """

    name: ClassVar[str] = BASE_RATE

    def _fit(self, X: pd.DataFrame, y: npt.NDArray[np.int64]) -> None:
        newest = y[(X["as_of"] == X["as_of"].iloc[-1]).to_numpy()]
        self.rate_ = float((newest.sum() + 0.5) / (len(newest) + 1.0))

    def _predict(self, X: pd.DataFrame) -> Floats:
        return np.full(len(X), self.rate_)
