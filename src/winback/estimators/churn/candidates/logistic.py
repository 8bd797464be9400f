"""Logistic regressions: on the customer's own lateness alone, and on the log-RFM summary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from winback.estimators.churn.candidates.candidate import (
    RFM_COLUMNS,
    Candidate,
    Floats,
    linear_score,
    rfm_matrix,
)
from winback.estimators.churn.logistic_regression import fit_logistic


class LogisticRFM(Candidate):
    """Logistic regression on the standardised ``log(1 + value)`` of a few columns.

    Parameters
    ----------
    C
        Inverse strength of the L2 penalty.

    Attributes
    ----------
    center_, scale_ : list of float
        Mean and standard deviation (1 where it is 0) of the logs in training.
    coef_ : list of float
        Log-odds of churn per standard deviation.
    intercept_ : float
        Log-odds of churn of the average customer.
    """

    name: ClassVar[str] = "logistic"
    columns: ClassVar[Sequence[str]] = RFM_COLUMNS

    def __init__(self, C: float = 1.0) -> None:
        self.C = C

    def _fit(self, X: pd.DataFrame, y: npt.NDArray[np.int64]) -> None:
        logs = rfm_matrix(X, self.columns)
        self.center_ = [float(v) for v in logs.mean(axis=0)]
        self.scale_ = [float(v) if v > 1e-12 else 1.0 for v in logs.std(axis=0)]
        self.coef_, self.intercept_ = fit_logistic(self._standardise(X), y, C=self.C)

    def _standardise(self, X: pd.DataFrame) -> Floats:
        return np.asarray((rfm_matrix(X, self.columns) - self.center_) / self.scale_)

    def _predict(self, X: pd.DataFrame) -> Floats:
        return np.asarray(expit(linear_score(self._standardise(X), self.coef_, self.intercept_)))

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return each column's part of the log-odds, and `bias`; a row sums to its log-odds."""
        parts = self._standardise(X) * np.asarray(self.coef_)
        frame = pd.DataFrame(parts, columns=list(self.columns), index=X.index)
        return frame.assign(bias=self.intercept_)


class RecencyRule(LogisticRFM):
    """The rule of thumb: the longer overdue by one's own cadence, the likelier gone.

    A logistic regression in ``log(1 + overdue_ratio)`` alone.
    """

    name: ClassVar[str] = "recency_rule"
    columns: ClassVar[Sequence[str]] = ("overdue_ratio",)
