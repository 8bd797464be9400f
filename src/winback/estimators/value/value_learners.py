"""What past snapshots teach about customers beyond a model of buying till dropping out.

A learner is fitted to customers as they were at past dates, each beside what it did in the days
after, and predicts the *ratio* of purchases or revenue to what the purchase model expected. A
ratio carries over to another horizon and to a longer history; a level does not, and is taken out
before anything is learned (`without_level`): what everybody did more or less of than expected in
one past window is no property of a customer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from winback.errors import ModelError
from winback.estimators.base.frames import FloatArray
from winback.estimators.base.state import PlainState

FEATURES = (
    "frequency",
    "recency",
    "T",
    "days_since_last",
    "count_30",
    "count_90",
    "count_180",
    "overdue_ratio",
    "gap_last_ratio",
    "typical_gap_days",
    "trend",
    "basket_amount",
    "last_amount",
    "realised_revenue",
    "amount_90",
    "basket_lines",
    "refund_share",
)
"""What learners see of a customer, besides the purchase model's own expectations. Nothing of the
calendar: one year teaches no season."""

FLOOR = 1e-4  # expected purchases below this share of a purchase are taken for it
MOST = 20.0  # no ratio is believed beyond, nor below its inverse
ROUNDS = 60  # trees, where no later snapshot can be held back
MOST_ROUNDS, PATIENCE = 600, 30
MIN_ROWS = 500  # to stop by, and to grow on until then
RIDGE = 1.0
STEPS, SETTLED = 50, 1e-8


class Learner(PlainState, BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn has no types
    """Learns the ratio of what happened to what was expected.

    Parameters
    ----------
    random_state
        Seed of the row and column sampling of trees.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    @abstractmethod
    def fit(self, rows: pd.DataFrame, expected: FloatArray, happened: FloatArray) -> Self:
        """Learn from snapshots.

        Parameters
        ----------
        rows
            Customers at past dates, with the columns `FEATURES`, ``as_of`` and ``label_days``.
        expected
            What the purchase model expected of each, at that date, > 0.
        happened
            What each then did, >= 0, without the level (`without_level`).
        """

    @abstractmethod
    def ratio(self, rows: pd.DataFrame, expected: FloatArray) -> FloatArray:
        """Return by what each expectation is to be multiplied, within 1/20 and 20."""


class LogLinear(Learner):
    """Poisson regression on the logarithms of recency, frequency, age and amount.

    Maximum likelihood with a ridge of 1 on standardised columns, by Newton's method (McCullagh &
    Nelder 1989, ch. 6). It sees nothing of the purchase model, and is held against it.

    Attributes
    ----------
    mean_, scale_, coefficients_ : ndarray
        The columns' means and standard deviations; intercept first.
    """

    def fit(self, rows: pd.DataFrame, expected: FloatArray, happened: FloatArray) -> Self:  # noqa: ARG002 - the contract
        """Fit by Newton's method; the steps are bounded, so that it always ends."""
        raw = _logarithms(rows)
        self.mean_, self.scale_ = raw.mean(0), raw.std(0) + 1e-9
        columns = self._columns(rows)
        penalty = RIDGE * np.r_[1e-9, np.ones(columns.shape[1] - 1)]
        beta = np.zeros(columns.shape[1])
        beta[0] = np.log(max(float(happened.mean()), 1e-9))
        for _ in range(STEPS):
            mean = _bounded_exp(columns @ beta)
            gradient = columns.T @ (happened - mean) - penalty * np.r_[0.0, beta[1:]]
            curvature = (columns * mean[:, None]).T @ columns + np.diag(penalty)
            step = np.clip(np.linalg.solve(curvature, gradient), -1.0, 1.0)
            beta = beta + step
            if np.abs(step).max() < SETTLED:
                break
        self.coefficients_ = beta
        return self

    def ratio(self, rows: pd.DataFrame, expected: FloatArray) -> FloatArray:
        """Return the regression's mean over the expectation."""
        columns = self._columns(rows)
        score = np.zeros(len(rows))
        for column, beta in enumerate(
            self.coefficients_
        ):  # rounds alike, however many rows there are
            score += beta * columns[:, column]
        return _believable(_bounded_exp(score) / np.maximum(expected, FLOOR))

    def _columns(self, rows: pd.DataFrame) -> FloatArray:
        return np.column_stack([np.ones(len(rows)), (_logarithms(rows) - self.mean_) / self.scale_])


class Trees(Learner):
    """Gradient-boosted trees (Ke et al. 2017) on top of the logarithm of the expectation.

    Small and regularised; as many as foretell the newest snapshot best when they are grown on
    those whose outcome was known by then. Where they learn nothing, the ratio is 1.

    Attributes
    ----------
    booster_ : lightgbm.Booster
        The trees.
    """

    objective: ClassVar[str] = "poisson"
    settings: ClassVar[dict[str, Any]] = {}
    booster_: lgb.Booster

    def fit(self, rows: pd.DataFrame, expected: FloatArray, happened: FloatArray) -> Self:
        """Grow the trees; amounts are divided by their mean first."""
        unit = max(float(happened.mean()), 1e-12)
        start = np.log(np.maximum(expected, FLOOR * float(expected.mean())) / unit)
        self.booster_ = grow(
            inputs(rows, expected),
            happened / unit,
            start,
            {"objective": self.objective, **self.settings, "seed": self.random_state},
            held_back(rows),
        )
        return self

    def ratio(self, rows: pd.DataFrame, expected: FloatArray) -> FloatArray:
        """Return the exponential of what the trees add to the logarithm."""
        return _believable(_bounded_exp(_raw(self.booster_, inputs(rows, expected))))

    def contributions(self, rows: pd.DataFrame, expected: FloatArray) -> pd.DataFrame:
        """Return each feature's part of the log-ratio (SHAP values), and ``bias``."""
        names = [*FEATURES, "expected", "bias"]
        parts = self.booster_.predict(inputs(rows, expected), pred_contrib=True)
        return pd.DataFrame(np.asarray(parts), columns=names, index=rows.index)

    def to_state(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Return plain data, and the trees as texts by name."""
        state, texts = super().to_state()
        texts = {**texts}
        for name in [name for name in state["fitted"] if name.endswith("booster_")]:
            texts[f"trees-{name.removesuffix('_')}.txt"] = (
                state["fitted"].pop(name).model_to_string()
            )
        return state, texts

    @classmethod
    def from_state(cls, state: dict[str, Any], texts: dict[str, str]) -> Self:
        """Rebuild what `to_state` gave."""
        fitted = super().from_state(state, texts)
        for file, text in texts.items():
            name = file.removeprefix("trees-").removesuffix(".txt") + "_"
            setattr(fitted, name, lgb.Booster(model_str=text))
        return fitted


class CountTrees(Trees):
    """Trees for a Poisson count of purchase days."""


class RevenueTrees(Trees):
    """Trees for revenue, Tweedie with power 1.5: many zeros, few large amounts."""

    objective = "tweedie"
    settings: ClassVar[dict[str, Any]] = {"tweedie_variance_power": 1.5}


class TwoStageTrees(Trees):
    """Trees for P(brings anything), and trees for how much it is then.

    Attributes
    ----------
    booster_, amount_booster_ : lightgbm.Booster
        The chance, on top of the logit of 1 - exp(-expected share); the amount, Gamma.
    """

    amount_booster_: lgb.Booster

    def fit(self, rows: pd.DataFrame, expected: FloatArray, happened: FloatArray) -> Self:
        """Grow both; the second on those who brought something."""
        self.unit_ = max(float(happened.mean()), 1e-12)
        columns, brings = inputs(rows, expected), happened > 0
        seed, past = {"seed": self.random_state}, held_back(rows)
        came: FloatArray = brings.astype(np.float64)
        chance, amounts = {"objective": "binary", **seed}, {"objective": "gamma", **seed}
        self.booster_ = grow(columns, came, self._logit(expected), chance, past)
        start: FloatArray = np.log(self._amount(expected))[brings]
        paid = happened[brings] / self.unit_
        self.amount_booster_ = grow(columns[brings], paid, start, amounts, past[brings])
        return self

    def ratio(self, rows: pd.DataFrame, expected: FloatArray) -> FloatArray:
        """Return chance times amount over the expectation."""
        columns = inputs(rows, expected)
        logit = self._logit(expected) + _raw(self.booster_, columns)
        chance = 1.0 / (1.0 + _bounded_exp(-logit))
        amount = self._amount(expected) * _bounded_exp(_raw(self.amount_booster_, columns))
        return _believable(chance * amount * self.unit_ / self._held(expected))

    def _held(self, expected: FloatArray) -> FloatArray:
        return np.maximum(expected, FLOOR * self.unit_)

    def _logit(self, expected: FloatArray) -> FloatArray:
        # someone expected to bring the mean brings something with probability 1 - 1/e
        return np.asarray(np.log(np.expm1(np.minimum(self._held(expected) / self.unit_, 30.0))))

    def _amount(self, expected: FloatArray) -> FloatArray:
        share = self._held(expected) / self.unit_
        return np.asarray(share / -np.expm1(-share))


def without_level(rows: pd.DataFrame, expected: FloatArray, happened: FloatArray) -> FloatArray:
    """Divide what happened after each snapshot by its level: actual over expected total.

    Examples
    --------
    >>> rows = pd.DataFrame({"as_of": ["2024-01-01", "2024-01-01", "2024-04-01"]})
    >>> without_level(rows, np.array([1.0, 2.0, 1.0]), np.array([4.0, 2.0, 3.0])).tolist()
    [2.0, 1.0, 1.0]
    """
    sums = pd.DataFrame({"expected": expected, "happened": happened})
    sums = sums.groupby(rows["as_of"].to_numpy()).transform("sum")
    nothing = sums["happened"] <= 0
    level = (sums["happened"] / sums["expected"].clip(lower=1e-12)).mask(nothing, 1.0)
    return np.asarray(happened / level.to_numpy(dtype=np.float64))


def held_back(rows: pd.DataFrame) -> FloatArray:
    """Mark the newest snapshot by 1, those whose outcome was known by then by 0, others by NaN."""
    newest = pd.Timestamp(rows["as_of"].max())
    over = pd.to_datetime(rows["as_of"]) + pd.to_timedelta(rows["label_days"], unit="D")
    unmarked = np.where(over <= newest, 0.0, np.nan)
    marks: FloatArray = np.where(pd.to_datetime(rows["as_of"]) == newest, 1.0, unmarked)
    return marks


def grow(
    columns: FloatArray,
    happened: FloatArray,
    start: FloatArray,
    settings: dict[str, Any],
    later: FloatArray,
) -> lgb.Booster:
    """Grow trees on top of a start; the same to the bit on every run.

    How many is found on what `later` holds back (`held_back`); then they are grown on everything.
    """
    fixed = {
        "learning_rate": 0.05,
        "num_leaves": 8,
        "lambda_l2": 10.0,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "max_bin": 127,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "boost_from_average": False,  # the start is the expectation
        "verbosity": -1,
    } | settings

    def trained(rows: Any, rounds: int, **watched: Any) -> lgb.Booster:
        smallest = {"min_child_samples": int(np.clip(len(happened[rows]) // 100, 30, 1000))}
        data = lgb.Dataset(columns[rows], happened[rows], init_score=start[rows])
        if watched:
            new = watched.pop("new")
            watched["valid_sets"] = [
                data.create_valid(columns[new], happened[new], init_score=start[new])
            ]
        return lgb.train(fixed | smallest, data, num_boost_round=rounds, **watched)

    rounds, earlier, new = ROUNDS, later == 0, later == 1
    if min(earlier.sum(), new.sum()) >= MIN_ROWS:
        stop = lgb.early_stopping(PATIENCE, verbose=False)
        rounds = int(trained(earlier, MOST_ROUNDS, new=new, callbacks=[stop]).best_iteration)
    return trained(slice(None), rounds)


def inputs(rows: pd.DataFrame, expected: FloatArray) -> FloatArray:
    """Return what trees split on: `FEATURES`, then the logarithm of the expectation."""
    return np.column_stack([features(rows), np.log(expected + 1e-6)])


def features(rows: pd.DataFrame) -> FloatArray:
    """Return the columns `FEATURES`; what is not known is missing.

    Raises
    ------
    ModelError
        A column is not there, or holds no numbers.
    """
    missing = [name for name in FEATURES if name not in rows.columns]
    if missing:
        raise ModelError(
            "the frame lacks columns that the value model needs",
            where=", ".join(missing),
            got=", ".join(map(str, rows.columns)) or "no columns",
            hint="make the frame with winback.features.behaviour.behaviour_table",
        )
    try:
        values = rows[list(FEATURES)].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ModelError("a feature is no number", got=str(error)) from error
    return np.asarray(values)


def _logarithms(rows: pd.DataFrame) -> FloatArray:
    """Log-RFM: frequency, silence, age, mean amount, recent purchases, frequency x silence."""
    values = np.nan_to_num(features(rows))
    of = dict(zip(FEATURES, np.log1p(np.maximum(values, 0.0)).T, strict=True))
    names = ("frequency", "days_since_last", "T", "basket_amount", "count_90")
    return np.column_stack([*(of[n] for n in names), of["frequency"] * of["days_since_last"]])


def _raw(booster: lgb.Booster, columns: FloatArray) -> FloatArray:
    if not len(columns):  # LightGBM refuses an empty table
        return np.zeros(0)
    return np.asarray(booster.predict(columns, raw_score=True), dtype=np.float64)


def _bounded_exp(values: FloatArray) -> FloatArray:
    return np.asarray(np.exp(np.clip(values, -30.0, 30.0)))


def _believable(ratio: FloatArray) -> FloatArray:
    return np.clip(ratio, 1 / MOST, MOST)
