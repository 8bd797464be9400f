"""The contract of a churn candidate, and how it reads a frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator

from winback.errors import DataError, ModelError, NotEnoughDataError, Sentence
from winback.estimators.base.state import PlainState
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.messages import Message

Floats = npt.NDArray[np.float64]
PurchaseModels = Mapping[date, BetaGeoModel]
"""Snapshot to the BG/NBD model, fitted in days, of what was known then."""

VALUE = "contact_value"
"""The column of a training table that says what is at stake in a row; never a feature."""

NOT_FEATURES = frozenset(
    {
        "customer_id",
        "as_of",
        "last_purchase_at",
        "first_purchase_at",
        "purchases",
        "revenue",
        "churned",
        "last_horizon_purchases",
        "last_horizon_revenue",
        "log_gaps",
        "weight",
        VALUE,
    }
)
"""Columns of a training table that are never features: identifiers, dates, what came after,
naive forecasts whose meaning moves with the horizon, and what one purchase model alone reads."""

RFM_COLUMNS = (
    "frequency",
    "recency",
    "T",
    "monetary_value",
    "days_since_last",
    "overdue_ratio",
)
"""What the simple candidates read: the RFM summary (days, currency) and the customer's cadence."""

MIN_ROWS_PER_CLASS = 10
"""A candidate needs at least this many churned and this many retained rows."""

EPSILON = 1e-6
"""Probabilities are kept this far from 0 and 1, so that log-odds stay finite."""


def feature_columns(frame: pd.DataFrame, exclude: Sequence[str] = ()) -> list[str]:
    """Return the model features of a training table: its numeric columns but `NOT_FEATURES`.

    Parameters
    ----------
    frame
        A training table or anything of the same shape.
    exclude
        More columns that are not features.

    Returns
    -------
    list of str
        In the frame's order.

    Examples
    --------
    >>> feature_columns(pd.DataFrame({"customer_id": ["a"], "T": [3.0], "churned": [1]}))
    ['T']
    """
    left_out = NOT_FEATURES.union(exclude)
    return [
        str(name)
        for name in frame.columns
        if name not in left_out and pd.api.types.is_numeric_dtype(frame[name])
    ]


def feature_matrix(frame: pd.DataFrame, names: Sequence[str], *, required: bool = False) -> Floats:
    """Read named columns as a dense float matrix, or say which one cannot be read.

    Parameters
    ----------
    frame
        One row per customer (and snapshot).
    names
        The columns wanted, in order.
    required
        Refuse missing values; otherwise they stay NaN (LightGBM knows what to do with them).

    Returns
    -------
    ndarray, shape (n, len(names))
        Finite or NaN; infinite values are cut to the largest float32.

    Raises
    ------
    ModelError
        A column is absent, not numeric, or (when `required`) has missing values.
    """
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise ModelError(
            "the frame lacks features that the churn model was fitted on",
            where="churn features",
            got=Sentence("no {columns}", columns=", ".join(absent)),
            hint="build the frame with the same features (and the same events) as in training",
        )
    try:
        values = frame[list(names)].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ModelError(
            "a churn feature is not numeric", where="churn features", got=str(error)
        ) from error
    if required and np.isnan(values).any():
        worst = [name for name, bad in zip(names, np.isnan(values).any(axis=0), strict=True) if bad]
        raise ModelError(
            "churn features must not be missing",
            where=", ".join(worst),
            got=Sentence(
                "{n} {n:form.row/rows} with missing values",
                n=int(np.isnan(values).any(axis=1).sum()),
            ),
        )
    limit = float(np.finfo(np.float32).max)
    return np.ascontiguousarray(np.clip(values, -limit, limit))


def rfm_matrix(frame: pd.DataFrame, names: Sequence[str] = RFM_COLUMNS) -> Floats:
    """Return ``sign(v) * log(1 + |v|)`` of the named columns, none of them missing."""
    values = feature_matrix(frame, names, required=True)
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))


def snapshot_days(frame: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the column `as_of` as whole days since 1970-01-01, one per row."""
    if "as_of" not in frame.columns or "customer_id" not in frame.columns:
        raise ModelError(
            "a churn training table names customers and snapshots",
            got=Sentence("columns {columns}", columns=", ".join(map(str, frame.columns))),
            allowed="customer_id, as_of and numeric features",
        )
    dates = pd.to_datetime(frame["as_of"]).to_numpy().astype("datetime64[D]")
    if np.isnat(dates).any():
        raise DataError("a snapshot date is missing", where="as_of")
    return np.asarray(dates.astype(np.int64))


def day_text(day: int) -> str:
    """Return a day number (since 1970-01-01) as YYYY-MM-DD."""
    return str(np.datetime64(int(day), "D"))


def canonical(X: pd.DataFrame, y: npt.ArrayLike) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """Sort rows by snapshot and customer, so that no result depends on the order given.

    Raises
    ------
    DataError
        `y` has another length than `X` or values other than 0 and 1, or a customer occurs twice
        in one snapshot.
    """
    labels = np.asarray(y, dtype=np.float64)
    if labels.shape != (len(X),) or not np.isin(labels, (0.0, 1.0)).all():
        raise DataError(
            "churn labels are one 0 or 1 per row",
            where="y",
            got=Sentence("shape {shape}", shape=labels.shape),
        )
    keys = pd.DataFrame(
        {"as_of": snapshot_days(X), "customer_id": X["customer_id"].astype(str).to_numpy()}
    )
    if keys.duplicated().any():
        raise DataError(
            "a customer occurs twice in one snapshot",
            where="customer_id, as_of",
            got=Sentence("{n} {n:form.row/rows} too many", n=int(keys.duplicated().sum())),
        )
    order = keys.sort_values(["as_of", "customer_id"], kind="stable").index.to_numpy()
    return X.iloc[order].reset_index(drop=True), labels[order].astype(np.int64)


def with_value(X: pd.DataFrame, value: npt.ArrayLike) -> pd.DataFrame:
    """Note what is at stake in each row, so that it is sorted along; negative counts as nothing.

    Raises
    ------
    DataError
        There is not one finite number per row.
    """
    amounts = np.asarray(value, dtype=np.float64)
    if amounts.shape != (len(X),) or not np.isfinite(amounts).all():
        raise DataError("a value is one finite number per row", where="value", got=amounts.shape)
    return X.assign(**{VALUE: np.maximum(amounts, 0.0)})


class Candidate(PlainState, BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn ships no types
    """One way to estimate P(churn); every candidate competes under this contract.

    `fit` does not depend on the order of rows, `predict_proba` looks at each row alone, and the
    fitted state is plain data (`PlainState`), never a pickle.
    """

    name: ClassVar[str]
    classes_: npt.NDArray[np.int64]

    def fit(self, X: pd.DataFrame, y: npt.ArrayLike) -> Self:
        """Fit on stacked snapshots.

        Parameters
        ----------
        X
            One row per customer and snapshot: `customer_id`, `as_of` and numeric features.
        y
            Shape (n,): 1 = churned.

        Raises
        ------
        NotEnoughDataError
            Fewer than `MIN_ROWS_PER_CLASS` churned or retained rows.
        """
        return self.fit_ordered(*canonical(X, y))

    def fit_ordered(self, X: pd.DataFrame, y: npt.NDArray[np.int64]) -> Self:
        """Fit on rows that `canonical` has sorted already."""
        rarer = int(min(y.sum(), len(y) - y.sum()))
        if rarer < MIN_ROWS_PER_CLASS:
            raise NotEnoughDataError(
                Message("few.one_kind"),
                got=Message("few.rows", churned=y.sum(), retained=len(y) - y.sum()),
                allowed=Message("bound.of_each", least=MIN_ROWS_PER_CLASS),
            )
        self.classes_ = np.array([0, 1], dtype=np.int64)
        self._fit(X, y)
        return self

    def knowing(self, newest: BetaGeoModel | None, by_date: PurchaseModels | None) -> Self:  # noqa: ARG002  # most need none
        """Take purchase models that are known already; a candidate that needs none ignores them.

        Parameters
        ----------
        newest
            What predictions will be made with; None: the latest of `by_date`.
        by_date
            The model of what was known at each snapshot; None: fitted on the snapshot's rows.
        """
        return self

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Return P(stays), P(churns): shape (n, 2), rows sum to 1, never NaN.

        Raises
        ------
        ModelError
            A feature is absent or unreadable.
        """
        churn = self.churn_probability(X)
        return np.column_stack([1.0 - churn, churn])

    def churn_probability(self, X: pd.DataFrame) -> Floats:
        """Return P(churn), shape (n,), within ``[EPSILON, 1 - EPSILON]``."""
        if not hasattr(self, "classes_"):
            raise ModelError("this churn candidate is not fitted", where=self.name)
        if len(X) == 0:
            return np.empty(0)
        return np.clip(self._predict(X), EPSILON, 1.0 - EPSILON)

    @abstractmethod
    def _fit(self, X: pd.DataFrame, y: npt.NDArray[np.int64]) -> None:
        """Learn from sorted rows."""

    @abstractmethod
    def _predict(self, X: pd.DataFrame) -> Floats:
        """Return P(churn) row by row."""

    def mark_fitted(self) -> Self:
        """Allow predictions, once the fitted attributes are in place."""
        self.classes_ = np.array([0, 1], dtype=np.int64)
        return self


def linear_score(values: Floats, coef: Sequence[float], intercept: float) -> Floats:
    """Return ``intercept + values @ coef``, summed column by column.

    A matrix product may round differently with the number of rows; a column sum does not, so a
    customer's score is the same bits whether scored alone or in a chunk.
    """
    score = np.full(len(values), float(intercept))
    for column, weight in enumerate(coef):
        score += values[:, column] * weight
    return score


def log_odds(probability: Floats) -> Floats:
    """Return ``log(p / (1 - p))`` of a probability within ``[EPSILON, 1 - EPSILON]``."""
    clipped = np.clip(probability, EPSILON, 1.0 - EPSILON)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))
