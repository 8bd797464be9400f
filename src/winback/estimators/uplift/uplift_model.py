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
from winback.errors import ModelError
from winback.estimators.uplift.blocks import blocks_of, weight_by_age
from winback.estimators.uplift.cells import BANDS, cells_of, numbers_of
from winback.estimators.uplift.heterogeneity import LEVEL, joint_differences
from winback.estimators.uplift.hierarchy import posterior
from winback.estimators.uplift.pooling import Floats, differences, means, shrunken
from winback.estimators.uplift.uplift_card import uplift_card
from winback.messages import Message
from winback.sequential import Plan

MEASURED = "measured"
UNCLEAR = "not distinguishable from 0"
TOO_FEW = "too few"


class UpliftModel(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Gain in P(return) by a contact: a mean with its prior, and what differs from it, if tested.

    Treated and controls of randomised campaigns are compared, each weighted by the inverse of its
    arm's share in its campaign, so that campaigns with other shares can be pooled (Hajek's
    estimator). Variances are of sums by customer: who was in several campaigns counts as one.

    Two questions are asked apart. *How much?* The prior is kept and gives way as evidence comes in:
    campaigns differ at random around a mean (`winback.estimators.uplift.hierarchy`), which is
    believed from the first campaign on, as far as it says more than the prior, and evidence counts
    half with every two years of age (`winback.estimators.uplift.blocks`). *Is it told apart
    from 0?* At planned looks only (`winback.sequential`), so that a verdict looked for every week
    is wrong once in twenty shops without effect, not once in five.

    Customers are sorted into cells, bands of `columns` crossed, and into the values of each of
    `groups`. All factors are estimated jointly and tested; a factor told apart (Wald, Bonferroni
    over factors) gives each cell the share tau^2 / (tau^2 + its variance) of its deviation (Morris,
    JASA 78, 1983, eq. 1.7), tau^2 by moments (DerSimonian and Laird, Controlled Clinical Trials 7,
    1986, eq. 9). Otherwise everybody gets the mean.

    Parameters
    ----------
    columns
        Numbers known before the contact, cut into bands of equally many customers.
    groups
        Names known before the contact; those that the frame lacks are left out.
    bands
        2 or 3 a column.
    level
        Of the intervals, and one less the error of the verdict over all looks.
    prior
        The mean uplift assumed beforehand, above 0; also what the looks are planned to show.
    min_arm, min_returns
        With fewer customers in an arm, or returns in all, nothing is claimed.

    Attributes
    ----------
    status_ : str
        `MEASURED`: told apart from 0 at a planned look. `UNCLEAR`: not so far. `TOO_FEW`.
    reason_ : Message
        What there is to say about it.
    source_ : Message
        Where the uplift comes from.
    overall_, low_, high_ : float
        The mean uplift as believed, prior and data together; and the interval of the data alone,
        stretched to it where they contradict the prior.
    difference_, variance_ : float
        The overall difference as observed, and its variance.
    looks_ : list of dict
        Each look so far: `fraction` of the information planned, `z`, and the `boundary`.
    n_treated_, n_control_, returns_ : int
        Sizes.
    factors_ : dict of str to DataFrame
        Per factor and cell: `n_treated, n_control, difference, variance, deviation` (as believed)
        and `deviation_variance`.
    p_values_ : dict of str to float
        Of each factor: that its cells differ by chance alone.
    tau2_ : dict of str to float
        Variance in truth of each factor's deviations.
    seen_ : dict of str to list of str
        The values of each group that the campaigns had.
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
    >>> predicted = model.predict_frame(X.loc[[0, 7]])
    >>> X.loc[[0, 7], "channel"].tolist(), predicted["uplift"].round(2).tolist()
    (['b', 'a'], [0.03, 0.08])
    """

    def __init__(
        self,
        columns: Sequence[str] = ("days_since_last", "basket_amount"),
        groups: Sequence[str] = ("acquisition_channel", "offer"),
        *,
        bands: int = 3,
        level: float = 0.95,
        prior: float = 0.01,
        min_arm: int = 100,
        min_returns: int = 20,
    ) -> None:
        self.columns = columns
        self.groups = groups
        self.bands = bands
        self.level = level
        self.prior = prior
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
        day: npt.ArrayLike | None = None,
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
        day
            When each row's outcome was known, or its contact; dates or numbers. Campaigns that last
            are cut by it, and verdicts are looked for along it. None: all came at once, and are
            looked at once.

        Raises
        ------
        DataError
            A column is missing, or holds something that is no number; or an arm has a name that
            nobody knows.
        ModelError
            `bands` is neither 2 nor 3, or the prior is not above 0.
        """
        if self.bands not in BANDS:
            raise ModelError("not possible", where="bands", got=self.bands, allowed="2 or 3")
        if not 0 < self.prior <= 1:
            raise ModelError("not possible", where="prior", got=self.prior, allowed="0 to 1")
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
        self._believe_the_prior()
        numbers = numbers_of(rows, self.columns)
        self.seen_ = {
            name: sorted(rows[name].dropna().astype("str").unique())
            for name in self.groups
            if name in rows.columns
        }
        inner = np.arange(1, self.bands) / self.bands
        self.cuts_ = {
            name: np.quantile(numbers[name], inner).tolist() if len(rows) else []
            for name in self.columns
        }
        few = min(self.n_treated_, self.n_control_) < self.min_arm
        if few or self.returns_ < self.min_returns:
            return self._conclude(TOO_FEW)
        people = np.unique(who, return_inverse=True)[1]
        compare = partial(differences, arm=arm, returned=returned, weight=weight, people=people)
        whole = compare(np.zeros(len(rows), dtype="int64"), ["all"]).iloc[0]
        self.difference_, self.variance_ = float(whole["difference"]), float(whole["variance"])
        when = None if day is None else np.asarray(day)[kept]
        block = blocks_of(code[kept], when, arm)
        each = compare(block, [str(number) for number in range(int(block.max()) + 1)])
        returns = np.bincount(block, returned, minlength=len(each))
        self._believe(each.assign(returns=returns, counts=weight_by_age(block, when)))
        self._find_factors(
            self._cells(rows), arm=arm, returned=returned, weight=weight, block=block, people=people
        )
        side = self._look(when, arm=arm, returned=returned, weight=weight, people=people)
        return self._conclude(MEASURED if side * self.overall_ > 0 else UNCLEAR)

    def _believe_the_prior(self) -> None:
        """Say what is believed before a difference was seen."""
        self.overall_, self.low_, self.high_ = self.prior, -1.0, 1.0
        self.difference_, self.variance_ = 0.0, 1.0
        self.centre_, self.error_ = 0.0, 1.0
        self.looks_: list[dict[str, float]] = []
        self.factors_: dict[str, pd.DataFrame] = {}
        self.tau2_: dict[str, float] = {}
        self.p_values_: dict[str, float] = {}

    def _believe(self, each: pd.DataFrame) -> None:
        """Put the prior and the blocks' differences together."""
        measured = each[np.isfinite(each["variance"])]
        # with one rate for both arms: a difference must not decide about its own weight
        rate = (measured["returns"] + 1) / (measured["n_treated"] + measured["n_control"] + 2)
        variance = rate * (1 - rate) * (1 / measured["n_treated"] + 1 / measured["n_control"])
        # rows of one customer in several campaigns are not independent
        variance *= max(1.0, self.variance_ * float((1 / variance).sum()))
        aged = variance / measured["counts"]
        believed = posterior(measured["difference"], aged, prior=self.prior)
        self.overall_, self.campaigns_sd_ = believed.mean, believed.campaigns_sd
        self.centre_, self.error_ = believed.centre, believed.error
        half = self._quantile * self.error_
        self.low_ = min(self.centre_ - half, self.overall_)
        self.high_ = max(self.centre_ + half, self.overall_)

    def _find_factors(self, cells: dict[str, npt.NDArray[np.object_]], **rows: Any) -> None:
        """Estimate what differs, and believe it where it is told apart."""
        for name, (table, p_value) in joint_differences(cells, **rows).items():
            if table.empty:
                continue
            self.p_values_[name] = p_value
            joint = table.rename(columns={"deviation": "difference"})
            joint, tau2 = shrunken(joint, 0.0)
            if p_value > LEVEL / len(cells):
                joint, tau2 = joint.assign(deviation=0.0, deviation_variance=0.0), 0.0
            joint["difference"] += self.difference_
            self.factors_[name], self.tau2_[name] = joint, tau2

    def _look(
        self, day: npt.NDArray[Any] | None, *, arm: Floats, returned: Floats, **rows: Any
    ) -> int:
        """Look when it was planned; return the side of the first crossing, or 0."""
        plan = Plan(self.prior, alpha=1 - self.level)
        if day is None:
            fractions, places = [plan.information], [len(arm)]
        else:
            order = np.argsort(day, kind="stable")
            ends = np.flatnonzero(np.append(np.diff(day[order].astype("float64")) > 0, True)) + 1
            rate = (returned.sum() + 1) / (len(arm) + 2)
            treated = np.cumsum(arm[order])[ends - 1]
            harmonic = treated * (ends - treated) / ends
            information = harmonic / (rate * (1 - rate))
            due = plan.due(information)
            fractions, places = (
                [float(information[place]) for place in due],
                [int(ends[place]) for place in due],
            )
            arm, returned = arm[order], returned[order]
            rows = {name: values[order] for name, values in rows.items()}
        z = []
        for n in places:
            so_far = {name: values[:n] for name, values in rows.items()}
            seen = differences(
                np.zeros(n, dtype="int64"), ["all"], arm=arm[:n], returned=returned[:n], **so_far
            ).iloc[0]
            few = not np.isfinite(seen["variance"])
            z.append(0.0 if few else float(seen["difference"] / np.sqrt(seen["variance"])))
        crossed, side = plan.judge(fractions, z)
        self.looks_ = plan.judged(fractions, z)
        return side if crossed >= 0 else 0

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
        variance = np.full(len(X), self.error_**2)
        apart = [name for name, tau2 in self.tau2_.items() if tau2 > 0]
        if apart:
            cells = self._cells(X)
            for name in apart:
                table = self.factors_[name]
                spread = self.tau2_[name]  # a cell never seen deviates by as much as any
                effects = table.reindex(cells[name]) if name in cells else None
                if effects is None:
                    variance += spread
                    continue
                uplift += effects["deviation"].fillna(0.0).to_numpy()
                variance += effects["deviation_variance"].fillna(spread).to_numpy()
        half = self._quantile * np.sqrt(variance)
        alone = uplift - self.overall_ + self.centre_
        frame = {
            "uplift": uplift,
            "uplift_low": np.minimum(alone - half, uplift),
            "uplift_high": np.maximum(alone + half, uplift),
        }
        return pd.DataFrame(frame, index=X.index).clip(-1.0, 1.0)

    @property
    def _quantile(self) -> float:
        return NormalDist().inv_cdf((1 + self.level) / 2)

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
            "difference": self.difference_,
            "prior": self.prior,
            "looks": self.looks_,
            "p_values": self.p_values_,
            "tau": {name: float(np.sqrt(tau2)) for name, tau2 in self.tau2_.items()},
            "cells": {
                name: [self._effect(cell, row) for cell, row in table.iterrows()]
                for name, table in self.factors_.items()
            },
        }

    def _effect(self, cell: Any, row: pd.Series) -> dict[str, Any]:
        difference = float(row["difference"])
        return {
            "cell": str(cell),
            "n_treated": int(row["n_treated"]),
            "n_control": int(row["n_control"]),
            "difference": difference,
            "uplift": self.overall_ + float(row["deviation"]),
        }

    def _cells(self, rows: pd.DataFrame) -> dict[str, npt.NDArray[np.object_]]:
        return cells_of(rows, {name: self.cuts_[name] for name in self.columns}, self.groups)

    def _conclude(self, status: str) -> Self:
        self.status_ = status
        n = len(self.campaigns_)
        self.source_ = Message(
            "experiment.source",
            name=self.campaigns_[0] if n == 1 else Message("experiment.campaigns", n=n),
            treated=self.n_treated_,
            control=self.n_control_,
            gained=self.centre_,
            half=self._quantile * self.error_,
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
