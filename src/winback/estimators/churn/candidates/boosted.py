"""LightGBM on all features of several snapshots, as a churn candidate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.estimators.churn.candidates.candidate import (
    MIN_ROWS_PER_CLASS,
    Candidate,
    Floats,
    feature_columns,
    feature_matrix,
    snapshot_days,
)

DEFAULT_ROUNDS = 80
"""Trees when no snapshot can be held out forward in time."""

MIN_ROUNDS = 20

TUNABLE: dict[str, Any] = {
    "num_leaves": 15,
    "min_child_samples": None,
    "learning_rate": 0.05,
    "n_estimators": 300,
    "subsample": 0.7,
    "colsample_bytree": 0.6,
    "reg_lambda": 10.0,
}
"""The parameters of the trees that a job may set, by LightGBM's scikit-learn names, and what they
are unset. `n_estimators` is the most that are grown, rows are drawn anew for each tree, and without
`min_child_samples` a leaf holds one row in 500, within 20 to 1,000."""

TREES: dict[str, Any] = {**TUNABLE, "n_jobs": 1}
"""The same, with the threads (None: all). Results do not depend on them: on customer-sized data one
is as fast, and does not stall where other jobs share the machine."""


class GrowsTrees(Candidate):
    """A candidate that is made of trees, with or without others.

    Parameters
    ----------
    horizon_days, gap_days
        The window of the churn label, in days.
    lightgbm
        Parameters of the trees by name, out of `TREES`; None: the defaults.
    exclude
        Numeric columns that are not features, besides `NOT_FEATURES`.
    random_state
        Seed of row and column sampling.
    """

    def __init__(
        self,
        horizon_days: int = 90,
        gap_days: int = 0,
        *,
        lightgbm: Mapping[str, Any] | None = None,
        exclude: tuple[str, ...] = (),
        random_state: int = 0,
    ) -> None:
        self.horizon_days = horizon_days
        self.gap_days = gap_days
        self.lightgbm = lightgbm
        self.exclude = exclude
        self.random_state = random_state

    @classmethod
    def current_params(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Return parameters under today's names; before format 4 each of the trees' was one."""
        return with_trees(params)


def with_trees(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with those of `TREES` that stand among them under `lightgbm`.

    Examples
    --------
    >>> with_trees({"horizon_days": 30, "n_jobs": 1, "num_leaves": 7})
    {'horizon_days': 30, 'lightgbm': {'num_leaves': 7}}
    """
    others = {name: value for name, value in params.items() if name not in TREES}
    apart = {
        name: value for name, value in params.items() if name in TREES and value != TREES[name]
    }
    return others | ({"lightgbm": {**(others.get("lightgbm") or {}), **apart}} if apart else {})


class BoostedTrees(GrowsTrees):
    """Gradient-boosted trees (Ke et al. 2017), small and regularised.

    The number of trees is chosen forward in time: the newest snapshot is predicted from those
    whose label windows had closed by then, and boosting stops where its log loss does; the model
    is then refitted on everything. Churn may only rise with `overdue_ratio`, if there is one.

    Attributes
    ----------
    feature_names_in_ : list of str
        The features, in order.
    n_rounds_ : int
        Trees grown.
    booster_ : lightgbm.Booster
        The fitted trees.
    """

    name: ClassVar[str] = "lightgbm"
    trees_file: ClassVar[str] = "trees.txt"  # the text that holds the trees, as LightGBM writes it
    rising: ClassVar[frozenset[str]] = frozenset({"overdue_ratio"})

    def _fit(self, X: pd.DataFrame, y: npt.NDArray[np.int64]) -> None:
        self.feature_names_in_ = feature_columns(X, self.exclude)
        self._grow(feature_matrix(X, self.feature_names_in_), X, y)

    def _grow(self, values: Floats, X: pd.DataFrame, y: npt.NDArray[np.int64]) -> None:
        self.n_rounds_ = self._choose_rounds(values, y, snapshot_days(X))
        self.booster_ = lgb.train(
            self._settings(len(y)), lgb.Dataset(values, y), num_boost_round=self.n_rounds_
        )

    @property
    def inputs_(self) -> list[str]:
        """What the trees split on, in order: the features, and what is derived from them."""
        return self.feature_names_in_

    def _inputs(self, X: pd.DataFrame) -> Floats:
        """Return the columns `inputs_` of rows to be predicted."""
        return feature_matrix(X, self.feature_names_in_)

    @property
    def _trees(self) -> dict[str, Any]:
        return {**TREES, **(self.lightgbm or {})}

    def _settings(self, rows: int) -> dict[str, Any]:
        trees = self._trees
        return {
            "objective": "binary",
            "learning_rate": trees["learning_rate"],
            "num_leaves": trees["num_leaves"],
            "lambda_l2": trees["reg_lambda"],
            "min_child_samples": trees["min_child_samples"] or smallest_leaf(rows),
            "max_bin": 127,
            "feature_fraction": trees["colsample_bytree"],
            "bagging_fraction": trees["subsample"],
            "bagging_freq": 1,
            "monotone_constraints": [int(n in self.rising) for n in self.inputs_],
            "seed": self.random_state,
            "num_threads": 0 if trees["n_jobs"] is None else trees["n_jobs"],
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }

    def _choose_rounds(
        self, values: Floats, y: npt.NDArray[np.int64], days: npt.NDArray[np.int64]
    ) -> int:
        most: int = self._trees["n_estimators"]
        newest = days == days[-1]
        past = days + self.gap_days + self.horizon_days <= days[-1]
        for part in (y[past], y[newest]):
            if min(part.sum(), len(part) - part.sum()) < MIN_ROWS_PER_CLASS:
                return min(DEFAULT_ROUNDS, most)
        train = lgb.Dataset(values[past], y[past])
        grown = lgb.train(
            self._settings(int(past.sum())),
            train,
            num_boost_round=most,
            valid_sets=[lgb.Dataset(values[newest], y[newest], reference=train)],
            callbacks=[lgb.early_stopping(30, verbose=False)],
        )
        return min(most, max(MIN_ROUNDS, int(grown.best_iteration)))

    def _predict(self, X: pd.DataFrame) -> Floats:
        return np.asarray(self.booster_.predict(self._inputs(X)))

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return each feature's part of the log-odds (SHAP values of the trees), and `bias`."""
        names = [*self.inputs_, "bias"]
        if len(X) == 0:
            return pd.DataFrame(columns=names, index=X.index, dtype=np.float64)
        parts = self.booster_.predict(self._inputs(X), pred_contrib=True)
        return pd.DataFrame(np.asarray(parts), columns=names, index=X.index)

    def to_state(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Return plain data, and the trees as texts by name."""
        state, texts = super().to_state()
        booster = state["fitted"].pop("booster_")
        return state, {**texts, self.trees_file: booster.model_to_string()}

    @classmethod
    def from_state(cls, state: dict[str, Any], texts: dict[str, str]) -> Self:
        """Rebuild what `to_state` gave."""
        fitted = super().from_state(state, texts)
        fitted.booster_ = lgb.Booster(model_str=texts[cls.trees_file])
        return fitted


def smallest_leaf(rows: int) -> int:
    """Return how many rows a leaf holds at least, unless it is said: one in 500, within bounds."""
    return int(np.clip(rows // 500, 20, 1000))
