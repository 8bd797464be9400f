"""UpliftModel: what a contact has changed, by randomised campaigns of the past."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from statistics import NormalDist
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator

from winback.data.arms import TREATED, arms_of
from winback.errors import DataError, ModelError
from winback.estimators.uplift.pooling import differences, means, shrunken
from winback.estimators.uplift.uplift_card import uplift_card
from winback.messages import Message

MEASURED = "measured"
UNCLEAR = "not distinguishable from 0"
TOO_FEW = "too few"
_BANDS = {2: ("low", "high"), 3: ("low", "middle", "high")}


class UpliftModel(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Gain in P(return) by a contact: one difference for all, and shrunken deviations from it.

    Treated and controls of randomised campaigns are compared, each weighted by the inverse of its
    arm's share in its campaign, so that campaigns with other shares can be pooled (Hajek's
    estimator). Variances are of sums by customer: who was in several campaigns counts as one.

    Customers are sorted into cells, bands of `columns` crossed, and into the values of each of
    `groups`. A cell's difference deviates from the overall one by chance and, perhaps, in truth.
    The variance in truth, tau^2, is estimated by moments (DerSimonian and Laird, Controlled
    Clinical Trials 7, 1986, eq. 9), and a deviation is believed to the share
    tau^2 / (tau^2 + its variance) (empirical Bayes; Morris, JASA 78, 1983, eq. 1.7). Where cells
    differ by no more than chance, tau^2 is 0 and everybody gets the overall difference.

    Parameters
    ----------
    columns
        Numbers known before the contact, cut into bands of equally many customers.
    groups
        Names known before the contact; those that the frame lacks are left out.
    bands
        2 or 3 a column.
    level
        Of the intervals.
    min_arm, min_returns
        With fewer customers in an arm, or returns in all, nothing is claimed.

    Attributes
    ----------
    status_ : str
        `MEASURED`: the overall interval leaves 0 out. `UNCLEAR`: it does not. `TOO_FEW`.
    reason_ : Message
        What there is to say about it.
    source_ : Message
        Where the uplift comes from.
    overall_, low_, high_ : float
        The overall difference and its interval.
    n_treated_, n_control_, returns_ : int
        Sizes.
    factors_ : dict of str to DataFrame
        Per factor and cell: `n_treated, n_control, difference, variance, deviation` (as believed)
        and `deviation_variance`.
    tau2_ : dict of str to float
        Variance in truth of each factor's deviations.
    cuts_ : dict of str to list of float
        Where the columns are cut.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"silence": rng.random(8000), "channel": rng.choice(["a", "b"], 8000)})
    >>> treated = rng.random(8000) < 0.5
    >>> y = rng.random(8000) < 0.1 + treated * np.where(X["channel"] == "a", 0.1, 0.0)
    >>> model = UpliftModel(columns=("silence",), groups=("channel",)).fit(X, y, treated)
    >>> model.status_, round(model.overall_, 2)
    ('measured', 0.06)
    >>> told = model.predict_frame(X.loc[[0, 7]])
    >>> X.loc[[0, 7], "channel"].tolist(), told["uplift"].round(2).tolist()
    (['b', 'a'], [0.04, 0.09])
    """

    def __init__(
        self,
        columns: Sequence[str] = ("days_since_last", "basket_amount"),
        groups: Sequence[str] = ("acquisition_channel",),
        *,
        bands: int = 3,
        level: float = 0.95,
        min_arm: int = 100,
        min_returns: int = 20,
    ) -> None:
        self.columns = columns
        self.groups = groups
        self.bands = bands
        self.level = level
        self.min_arm = min_arm
        self.min_returns = min_returns

    def fit(
        self,
        X: pd.DataFrame,
        y: npt.ArrayLike,
        treated: npt.ArrayLike,
        *,
        campaign: npt.ArrayLike | None = None,
        customer: npt.ArrayLike | None = None,
    ) -> Self:
        """Compare the arms.

        Parameters
        ----------
        X
            `columns` and, where known, `groups`: one row a customer and campaign, as known before
            the contact.
        y
            Whether the customer returned within the horizon, 0 or 1.
        treated
            Whether the customer was contacted, as drawn: 0 or 1, or the names of the arms
            (``control``, ``Holdout``, ``treatment``, ``实验组``; see `winback.data.arms`).
        campaign
            Within which the arms were drawn. None: there was one. One without both arms is left
            out.
        customer
            Who. None: every row is another.

        Raises
        ------
        DataError
            A column is missing, or holds something that is no number; or an arm has a name that
            nobody knows.
        ModelError
            `bands` is neither 2 nor 3.
        """
        if self.bands not in _BANDS:
            raise ModelError("not possible", where="bands", got=self.bands, allowed="2 or 3")
        n = len(X)
        arm = np.asarray(_as_drawn(treated), dtype="float64")
        returned = np.asarray(y, dtype="float64")
        block = np.zeros(n) if campaign is None else np.asarray(campaign)
        who = np.arange(n) if customer is None else np.asarray(customer)
        names, code = np.unique(block.astype(str), return_inverse=True)
        share = means(arm, code, len(names))[code]
        kept = (share > 0) & (share < 1)
        self.campaigns_ = [str(name) for name in np.unique(block.astype(str)[kept])]
        rows = X[kept]
        arm, returned, who = arm[kept], returned[kept], who[kept]
        weight = np.where(arm > 0, 1 / share[kept], 1 / (1 - share[kept]))
        self.n_treated_, self.n_control_ = int(arm.sum()), int((1 - arm).sum())
        self.returns_ = int(returned.sum())
        self.overall_, self.low_, self.high_ = 0.0, -1.0, 1.0
        self.factors_: dict[str, pd.DataFrame] = {}
        self.tau2_: dict[str, float] = {}
        numbers = self._numbers(rows)
        inner = np.arange(1, self.bands) / self.bands
        self.cuts_ = {
            name: np.quantile(numbers[name], inner).tolist() if len(rows) else []
            for name in self.columns
        }
        few = min(self.n_treated_, self.n_control_) < self.min_arm
        if few or self.returns_ < self.min_returns:
            self.variance_ = 1.0
            return self._conclude(TOO_FEW)
        people = np.unique(who, return_inverse=True)[1]
        compare = partial(differences, arm=arm, returned=returned, weight=weight, people=people)
        whole = compare(np.zeros(len(rows), dtype="int64"), ["all"]).iloc[0]
        self.overall_, self.variance_ = float(whole["difference"]), float(whole["variance"])
        half = NormalDist().inv_cdf((1 + self.level) / 2) * np.sqrt(self.variance_)
        self.low_, self.high_ = self.overall_ - float(half), self.overall_ + float(half)
        for name, cells in self._cells(rows).items():
            levels, cell = np.unique(cells, return_inverse=True)
            self.factors_[name], self.tau2_[name] = shrunken(
                compare(cell, list(levels)), self.overall_
            )
        return self._conclude(MEASURED if self.low_ > 0 or self.high_ < 0 else UNCLEAR)

    def _html_repr(self) -> str:
        """Return a card for a notebook; before the fit, scikit-learn's own diagram."""
        if not hasattr(self, "status_"):
            return str(super()._html_repr())
        return uplift_card(self)

    def predict_frame(self, X: pd.DataFrame) -> pd.DataFrame:
        """Give each customer the uplift measured, with its interval.

        Parameters
        ----------
        X
            `columns` and, where known, `groups`.

        Returns
        -------
        pandas.DataFrame
            Aligned with `X`: `uplift, uplift_low, uplift_high`, in [-1, 1].
        """
        uplift = np.full(len(X), self.overall_)
        variance = np.full(len(X), self.variance_)
        if self.factors_:
            cells = self._cells(X)
            for name, table in self.factors_.items():
                spread = self.tau2_[name]  # a cell never seen deviates by as much as any
                known = table.reindex(cells[name]) if name in cells else None
                if known is None:
                    variance += spread
                    continue
                uplift += known["deviation"].fillna(0.0).to_numpy()
                variance += known["deviation_variance"].fillna(spread).to_numpy()
        half = NormalDist().inv_cdf((1 + self.level) / 2) * np.sqrt(variance)
        frame = {"uplift": uplift, "uplift_low": uplift - half, "uplift_high": uplift + half}
        return pd.DataFrame(frame, index=X.index).clip(-1.0, 1.0)

    def summary(self) -> dict[str, Any]:
        """Return what was found as plain data."""
        return {
            "status": self.status_,
            "campaigns": self.campaigns_,
            "n_treated": self.n_treated_,
            "n_control": self.n_control_,
            "returns": self.returns_,
            "overall": self.overall_,
            "interval": [self.low_, self.high_],
            "tau": {name: float(np.sqrt(tau2)) for name, tau2 in self.tau2_.items()},
            "cells": {
                name: [self._told(cell, row) for cell, row in table.iterrows()]
                for name, table in self.factors_.items()
            },
        }

    def _told(self, cell: Any, row: pd.Series) -> dict[str, Any]:
        difference = float(row["difference"])
        return {
            "cell": str(cell),
            "n_treated": int(row["n_treated"]),
            "n_control": int(row["n_control"]),
            "difference": None if np.isnan(difference) else difference,
            "uplift": self.overall_ + float(row["deviation"]),
        }

    def _numbers(self, rows: pd.DataFrame) -> pd.DataFrame:
        missing = [name for name in self.columns if name not in rows.columns]
        if missing:
            raise DataError("the campaigns lack a column", got=", ".join(missing))
        numbers = rows[list(self.columns)].astype("float64")
        if not np.isfinite(numbers.to_numpy()).all():
            raise DataError("the campaigns hold a number that is missing or infinite")
        return numbers

    def _cells(self, rows: pd.DataFrame) -> dict[str, npt.NDArray[np.object_]]:
        """Name each customer's cell, factor by factor."""
        numbers = self._numbers(rows)
        cells = {}
        if self.columns:
            words = []
            for name in self.columns:
                band = np.searchsorted(self.cuts_[name], numbers[name].to_numpy(), side="left")
                words.append(np.array([f"{name} {word}" for word in _BANDS[self.bands]])[band])
            joined = [", ".join(parts) for parts in zip(*words, strict=True)]
            cells[" x ".join(self.columns)] = np.array(joined, dtype=object)
        for name in self.groups:
            if name in rows.columns and rows[name].notna().any():
                cells[name] = rows[name].astype("str").fillna("unknown").to_numpy(dtype=object)
        return cells

    def _conclude(self, status: str) -> Self:
        self.status_ = status
        n = len(self.campaigns_)
        self.source_ = Message(
            "experiment.source",
            name=self.campaigns_[0] if n == 1 else Message("experiment.campaigns", n=n),
            treated=self.n_treated_,
            control=self.n_control_,
            gained=self.overall_,
            half=(self.high_ - self.low_) / 2,
        )
        apart = [name for name, tau2 in self.tau2_.items() if tau2 > 0]
        self.reason_ = Message("experiment.alike")
        if apart:
            self.reason_ = Message("experiment.differs", groups=apart)
        if status == TOO_FEW:
            self.reason_ = Message(
                "experiment.too_few",
                treated=self.n_treated_,
                control=self.n_control_,
                returns=self.returns_,
                least=self.min_arm,
                least_returns=self.min_returns,
            )
        return self


def _as_drawn(treated: npt.ArrayLike) -> npt.ArrayLike:
    """Return 0 and 1 where arms are given by name."""
    cells = pd.Series(treated)
    if pd.api.types.is_numeric_dtype(cells):
        return treated
    return (arms_of(cells, "treated") == TREATED).to_numpy()
