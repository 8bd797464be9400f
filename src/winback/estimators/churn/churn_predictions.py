"""What a fitted churn model answers: probabilities, contributions, and its state to be kept."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.errors import ModelError
from winback.estimators.base.state import PlainState
from winback.estimators.churn.calibrators import Calibrator
from winback.estimators.churn.candidates import BoostedTrees, Candidate, LogisticRFM
from winback.estimators.churn.candidates.candidate import RFM_COLUMNS, Floats, feature_matrix
from winback.estimators.churn.churn_state import (
    calibrators_from_state,
    calibrators_to_state,
    candidates_from_state,
    candidates_to_state,
)
from winback.messages import Message


class ChurnPredictions(PlainState):
    """The half of `ChurnModel` that reads what the contest has left behind, and fits nothing."""

    selected_: str
    candidates_: dict[str, Candidate]
    calibrators_: dict[str, Calibrator]
    feature_names_in_: npt.NDArray[np.object_]
    typical_: list[list[float]]
    base_rate_drift_: dict[str, Any]

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Return P(stays), P(churns) by the winner: shape (n, 2)."""
        self._check_fitted()
        churn = self._probability(self.selected_, X)
        return np.column_stack([1.0 - churn, churn])

    def predict(self, X: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Return 1 where P(churn) is at least one half."""
        return np.asarray(self.predict_proba(X)[:, 1] >= 0.5, dtype=np.int64)

    def predict_frame(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the column `p_churn`, in (0, 1) and never missing, on the index of `X`.

        Raises
        ------
        ModelError
            A feature is absent, or one of `RFM_COLUMNS` is missing in some row.
        """
        return pd.DataFrame({"p_churn": self.predict_proba(X)[:, 1]}, index=X.index)

    def candidate_probabilities(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return one column per candidate: P(churn), each calibrated by its own evidence."""
        self._check_fitted()
        columns = {name: self._probability(name, X) for name in self.candidates_}
        return pd.DataFrame(columns, index=X.index)

    def _check_fitted(self) -> None:
        if not hasattr(self, "selected_"):
            raise ModelError("this churn model is not fitted", hint="call fit first")

    def _probability(self, name: str, X: pd.DataFrame) -> Floats:
        feature_matrix(X, self.input_columns_)
        # refused whoever won: what the simple candidates read must be known
        core = [column for column in RFM_COLUMNS if column in self.input_columns_]
        feature_matrix(X, core, required=True)
        churn = self.calibrators_[name].predict(self.candidates_[name].churn_probability(X))
        # older artifacts know no level
        return np.asarray(churn ** np.exp(getattr(self, "level_shifts_", {}).get(name, 0.0)))

    @property
    def explained_by_(self) -> str | None:
        """The candidate whose contributions `contributions` returns; None if there is none.

        LightGBM, whichever candidate won, because it sees all features; the logistic regression
        where LightGBM did not compete.
        """
        names = (BoostedTrees.name, LogisticRFM.name)
        return next((name for name in names if name in self.candidates_), None)

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return what each feature adds to the log-odds of churn, and the column `bias`.

        Of the candidate `explained_by_`, before calibration: each row sums to its log-odds.
        Contributions, never causes.

        Raises
        ------
        ModelError
            No candidate knows contributions, or a feature is absent.
        """
        self._check_fitted()
        explainer = self.candidates_.get(self.explained_by_ or "")
        if isinstance(explainer, BoostedTrees | LogisticRFM):
            return explainer.contributions(X)
        raise ModelError(
            "no candidate explains its predictions",
            got=", ".join(self.candidates_),
            allowed="lightgbm or logistic among the candidates",
        )

    @property
    def input_columns_(self) -> list[str]:
        """Columns that a frame to be predicted must have."""
        return [str(name) for name in self.feature_names_in_]

    def input_example(self) -> pd.DataFrame:
        """Return three synthetic rows: rounded quartiles of each feature, no customer's row."""
        return pd.DataFrame(self.typical_, columns=self.input_columns_)

    def to_state(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Return plain data, and the trees as texts by name."""
        state, _ = super().to_state()
        fitted = state["fitted"]
        states, texts = candidates_to_state(fitted.pop("candidates_"))
        calibrators = calibrators_to_state(fitted.pop("calibrators_"))
        return {**state, "candidates": states, "calibrators": calibrators}, texts

    @classmethod
    def from_state(cls, state: dict[str, Any], texts: dict[str, str]) -> Self:
        """Rebuild what `to_state` gave."""
        model = super().from_state(state, texts)
        model.candidates_ = candidates_from_state(state["candidates"], texts)
        model.calibrators_ = calibrators_from_state(state["calibrators"])
        if "sentence" in model.base_rate_drift_:  # before format 3
            model.base_rate_drift_["message"] = Message.of(model.base_rate_drift_.pop("sentence"))
        return model


def typical_rows(values: Floats) -> list[list[float]]:
    """Return the quartiles of each column, to two significant digits, missing ones as 0.

    Values that occur, none between two of them: counts stay whole.

    Examples
    --------
    >>> typical_rows(np.array([[9.0], [10.0], [11.0], [40.0]]))
    [[9.0], [10.0], [11.0]]
    """
    finite = np.where(np.isfinite(values), values, np.nan)
    finite[:, np.isnan(finite).all(axis=0)] = 0.0
    quartiles = np.nanquantile(finite, [0.25, 0.5, 0.75], axis=0, method="lower")
    return [[float(f"{value:.2g}") for value in row] for row in quartiles]
