"""Value predictions that past snapshots have taught, and means of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self, get_args

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from winback.errors import ModelError, NotEnoughDataError, Sentence
from winback.estimators.base.frames import FloatArray
from winback.estimators.base.parts import Parts
from winback.estimators.base.state import PlainState
from winback.estimators.purchase.modified_beta_geo import ModifiedBetaGeoModel
from winback.estimators.purchase.purchase_model import PurchaseModel
from winback.estimators.purchase.purchase_rule import PurchaseRule
from winback.estimators.spend.gamma_gamma import GammaGammaModel
from winback.estimators.spend.spend_model import SpendModel
from winback.estimators.spend.spend_rule import SpendRule
from winback.estimators.value.customer_value import CustomerValueModel
from winback.estimators.value.level_range import NO_LEVEL, with_level
from winback.estimators.value.lifetime_value import NewCustomerValue
from winback.estimators.value.value_card import value_card
from winback.estimators.value.value_learners import (
    FEATURES,
    CountTrees,
    Learner,
    LogLinear,
    RevenueTrees,
    TwoStageTrees,
    without_level,
)
from winback.messages import Message

Member = Literal["btyd", "rate", "poisson", "count", "tweedie", "two_stage"]
COUNTED: dict[str, type[Learner]] = {
    "poisson": LogLinear,
    "count": CountTrees,
    "tweedie": CountTrees,
    "two_stage": CountTrees,
}
PAID: dict[str, type[Learner]] = {"tweedie": RevenueTrees, "two_stage": TwoStageTrees}
MIN_CUSTOMERS = 500  # of the newest snapshot; below, trees fit noise and simple rules are as good
MIN_BUYERS = 100  # with a purchase in a label; to learn revenue, with revenue in one
LABELS = ("label_days", "btyd_purchases", "btyd_spend", "purchases", "revenue")
SMALLEST = 1e-12
SETTINGS = ("horizon_days", "margin", "discount_rate", "n_draws", "level", "random_state")


class LearnedValueModel(PlainState, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The mean of several predictions, all of them ratios to MBG/NBD with Gamma-Gamma.

    The purchase and spend model says what is expected; each member says by how much it is off.
    What the ratios are learned from are snapshots of the past whose outcome is known; they carry
    over to any horizon, over which the purchase model extrapolates.

    Parameters
    ----------
    members
        Which predictions the mean is of, all of equal weight:

        * ``btyd``: the purchase and spend model itself;
        * ``rate``: frequency / T x horizon x the customer's own mean amount;
        * ``poisson``: Poisson regression on log-RFM for purchases;
        * ``count``: LightGBM for purchases, on top of the purchase model's expectation;
        * ``tweedie``: the like for revenue, directly (purchases as ``count``);
        * ``two_stage``: LightGBM for the chance of any revenue times the amount (the same).

        ``poisson`` and ``count`` take the amount of a purchase from Gamma-Gamma.
    spend_model
        ``gamma_gamma`` (on all purchase days), or None for data without amounts.
    horizon_days, margin, discount_rate, n_draws, level, random_state
        As of `CustomerValueModel`.

    Attributes
    ----------
    base_ : CustomerValueModel
        MBG/NBD with Gamma-Gamma on all purchase days, fitted on everything.
    purchase_model_, spend_model_
        Those of `base_`.
    learners_ : dict of str to Learner
        By member; of revenue with the suffix ``_revenue``.
    label_days_ : float
        The length of the snapshots' labels.
    n_, n_snapshots_ : int
        Customers fitted on; rows learned from.

    Notes
    -----
    Intervals are simulated by `base_`, with each customer's time running faster or slower by the
    ratio of purchases, and amounts scaled by what is left of the ratio of revenue: who is expected
    to buy half as often buys half as often, and no smaller.

    Examples
    --------
    >>> LearnedValueModel(("btyd", "tweedie"))
    LearnedValueModel(members=('btyd', 'tweedie'))
    """

    learns_from_snapshots: ClassVar[bool] = True

    def __init__(
        self,
        members: Sequence[str] = ("btyd", "count"),
        spend_model: str | None = "gamma_gamma",
        *,
        horizon_days: float = 365,
        margin: float = 1.0,
        discount_rate: float = 0.10,
        n_draws: int = 2000,
        level: tuple[Any, ...] = NO_LEVEL,
        random_state: int = 0,
    ) -> None:
        self.members = members
        self.spend_model = spend_model
        self.horizon_days = horizon_days
        self.margin = margin
        self.discount_rate = discount_rate
        self.n_draws = n_draws
        self.level = level
        self.random_state = random_state

    @classmethod
    def current_params(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Return parameters under today's names; format 1 named the parts of the level."""
        return with_level(params)

    def fit(
        self,
        frame: pd.DataFrame,
        y: None = None,  # noqa: ARG002 - scikit-learn's signature
        *,
        snapshots: pd.DataFrame | None = None,
        parts: Parts | None = None,
    ) -> Self:
        """Fit the purchase and spend model to all customers, and the ratios to snapshots.

        Parameters
        ----------
        frame
            One row per customer, with the columns `input_columns_`.
        snapshots
            Customers at past dates: the columns `value_learners.FEATURES`; ``label_days``, the
            length of the label; what the purchase and spend model of that date expected,
            ``btyd_purchases`` within ``label_days`` and ``btyd_spend``; and what happened,
            ``purchases`` and ``revenue``. See `winback.evaluation.value_snapshots`.
        parts
            Models and learners that are fitted to this very frame and these snapshots already, by
            another value model.

        Raises
        ------
        ModelError
            A member is not known, or a column is missing.
        NotEnoughDataError
            Too few customers, snapshots or buyers; the simple candidates are as good then.
        """
        members = self._members()
        parts = parts or Parts()
        base = base_model(paid=self.spend_model is not None).set_params(**self._settings())
        self.base_ = base.fit(frame, parts=parts)
        self.rate_ = PurchaseRule("rate").fit(frame)
        self.own_mean_ = None if self.spend_model is None else SpendRule("own_mean").fit(frame)
        self.n_ = len(frame)
        self.learners_: dict[str, Learner] = {}
        self.label_days_, self.n_snapshots_ = float(self.horizon_days), 0
        if set(members) & set(COUNTED):
            self._learn(members, self._labelled(snapshots), parts)
        return self

    def _members(self) -> tuple[str, ...]:
        possible = get_args(Member)
        wanted = tuple(self.members)
        if not wanted or len(set(wanted)) < len(wanted) or set(wanted) - set(possible):
            some = Sentence("some of {possible}", possible=list(possible))
            raise ModelError("members are not possible", got=wanted, allowed=some)
        if self.spend_model is None and set(wanted) & set(PAID):
            raise NotEnoughDataError(Message("few.no_revenue"), got=", ".join(wanted))
        return wanted

    def _labelled(self, snapshots: pd.DataFrame | None) -> pd.DataFrame:
        if snapshots is None or snapshots.empty:
            raise NotEnoughDataError(Message("few.snapshot"))
        missing = [name for name in LABELS if name not in snapshots.columns]
        if missing:
            raise ModelError("the snapshots lack columns", where=", ".join(missing))
        newest = int((snapshots["as_of"] == snapshots["as_of"].max()).sum())
        buyers = int((snapshots["purchases"] > 0).sum())
        if newest < MIN_CUSTOMERS or buyers < MIN_BUYERS:
            raise NotEnoughDataError(
                Message("few.to_learn"),
                got=Message("few.of_snapshots", n=newest, buyers=buyers),
                allowed=Message("bound.both", n=MIN_CUSTOMERS, buyers=MIN_BUYERS),
            )
        return snapshots

    def _learn(self, members: tuple[str, ...], rows: pd.DataFrame, parts: Parts) -> None:
        self.label_days_ = float(rows["label_days"].iloc[0])
        self.n_snapshots_ = len(rows)
        expected = rows["btyd_purchases"].to_numpy(dtype=float)
        revenue = expected * rows["btyd_spend"].to_numpy(dtype=float)
        counted, paid = (
            without_level(rows, of, np.maximum(rows[name].to_numpy(dtype=float), 0.0))
            for name, of in (("purchases", expected), ("revenue", revenue))
        )
        for member in members:
            if member in COUNTED:
                learner: Learner = COUNTED[member](self.random_state)
                self.learners_[member] = parts.of(
                    learner, lambda part: part.fit(rows, expected, counted)
                )
            if member in PAID:
                payers = int((paid > 0).sum())
                if payers < MIN_BUYERS:
                    raise NotEnoughDataError(
                        Message("few.payers"),
                        got=Message("few.count", n=payers),
                        allowed=Message("bound.or_more", least=MIN_BUYERS),
                    )
                learner = PAID[member](self.random_state)
                self.learners_[f"{member}_revenue"] = parts.of(
                    learner, lambda part: part.fit(rows, revenue, paid)
                )

    # ----------------------------------------------------------------------------- predictions

    def ratios(
        self, frame: pd.DataFrame, horizon_days: float | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return by what each customer's purchases, and revenue, of the base are multiplied.

        Parameters
        ----------
        frame, horizon_days
            As of `predict`.
        """
        base = self._base()
        horizon = self.horizon_days if horizon_days is None else horizon_days
        purchases = base.purchase_model_.expected_purchases(frame, horizon).to_numpy()
        paid = base.spend_model_ is not None
        spend: FloatArray = np.ones(len(frame))
        if base.spend_model_ is not None:
            spend = np.asarray(base.spend_model_.expected_spend(frame), dtype=np.float64)
        label = base.purchase_model_.expected_purchases(frame, self.label_days_)
        soon: FloatArray = np.asarray(label, dtype=np.float64)
        counts: FloatArray = np.zeros(len(frame))
        amounts: FloatArray = np.zeros(len(frame))
        for member in self.members:
            count: FloatArray = np.ones(len(frame))
            amount: FloatArray = count
            if member == "rate":
                rate = self.rate_.expected_purchases(frame, horizon).to_numpy()
                count = rate / np.maximum(purchases, SMALLEST)
                amount = count
                if self.own_mean_ is not None:
                    own = self.own_mean_.expected_spend(frame).to_numpy()
                    amount = count * own / np.maximum(spend, SMALLEST)
            elif member in COUNTED:
                count = self.learners_[member].ratio(frame, soon)
                amount = count
            if paid and member in PAID:
                amount = self.learners_[f"{member}_revenue"].ratio(frame, soon * spend)
            counts, amounts = counts + count, amounts + amount
        return counts / len(self.members), amounts / len(self.members)

    def predict(
        self, frame: pd.DataFrame, horizon_days: float | None = None, *, with_interval: bool = True
    ) -> pd.DataFrame:
        """Predict every customer's next ``horizon_days``; columns as of `CustomerValueModel`."""
        ratios = self.ratios(frame, horizon_days)
        base = self._base()
        return base.predict(frame, horizon_days, ratios=ratios, with_interval=with_interval)

    def predict_frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return what a registered model serves: ``predict`` at the model's own horizon."""
        return self.predict(frame)

    def expected(self, frame: pd.DataFrame, horizon_days: float | None = None) -> pd.DataFrame:
        """Return expectations without an interval; see `CustomerValueModel.expected`."""
        ratios = self.ratios(frame, horizon_days)
        return self._base().expected(frame, horizon_days, ratios=ratios)

    def residual_value(
        self, frame: pd.DataFrame, horizon_days: float | None = None
    ) -> pd.Series[float]:
        """Return the margin still to come; see `CustomerValueModel.residual_value`."""
        _, worth = self.ratios(frame, horizon_days)
        return self._base().residual_value(frame, horizon_days) * worth

    def value_new_customer(self, horizon_days: float | None = None) -> NewCustomerValue:
        """Return what a new customer brings, by the purchase and spend model."""
        return self._base().value_new_customer(horizon_days)

    def intervals(
        self,
        frame: pd.DataFrame,
        horizon_days: float | None = None,
        levels: Sequence[float] = (0.8, 0.9),
    ) -> pd.DataFrame:
        """Return central predictive intervals; columns as of `CustomerValueModel`."""
        ratios = self.ratios(frame, horizon_days)
        return self._base().intervals(frame, horizon_days, levels, ratios=ratios)

    def quantiles(
        self, frame: pd.DataFrame, probabilities: Sequence[float], horizon_days: float | None = None
    ) -> dict[str, FloatArray]:
        """Return simulated quantiles by target; see `PredictiveIntervals.quantiles`."""
        own = self.ratios(frame, horizon_days)
        return self._base().quantiles(frame, probabilities, horizon_days, ratios=own)

    def total_interval(
        self, frame: pd.DataFrame, level: float = 0.8, horizon_days: float | None = None
    ) -> pd.DataFrame:
        """Return an interval of a sum; see `CustomerValueModel.total_interval`."""
        ratios = self.ratios(frame, horizon_days)
        return self._base().total_interval(frame, level, horizon_days, ratios=ratios)

    def contributions(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return each feature's part of the logarithm of the trees' ratio (SHAP values).

        Of revenue where a member learns it, of purchases else; no columns without trees.
        """
        named = [name for name in self.learners_ if hasattr(self.learners_[name], "contributions")]
        if not named:
            return pd.DataFrame(index=frame.index)
        base = self._base()
        soon = base.purchase_model_.expected_purchases(frame, self.label_days_).to_numpy()
        if named[-1].endswith("_revenue") and base.spend_model_ is not None:
            soon = soon * base.spend_model_.expected_spend(frame).to_numpy()
        learner: Any = self.learners_[named[-1]]
        parts: pd.DataFrame = learner.contributions(frame, soon)
        return parts

    @property
    def purchase_model(self) -> PurchaseModel:
        """The purchase model, unfitted."""
        return ModifiedBetaGeoModel()

    @property
    def purchase_model_(self) -> PurchaseModel:
        """The fitted purchase model."""
        return self._base().purchase_model_

    @property
    def spend_model_(self) -> SpendModel | None:
        """The fitted spend model; None without amounts."""
        return self._base().spend_model_

    def _html_repr(self) -> str:
        """Return a card for a notebook; before the fit, scikit-learn's own diagram."""
        if not hasattr(self, "n_"):
            return str(super()._html_repr())
        return value_card(self)

    @property
    def caveats_(self) -> tuple[Message, ...]:
        """What is degenerate in the fit of the purchase and spend model."""
        return self._base().caveats_

    @property
    def input_columns_(self) -> list[str]:
        """The columns that a frame to be predicted must have."""
        own = () if self.own_mean_ is None else self.own_mean_.columns
        return list(dict.fromkeys((*self._base().input_columns_, *own, *FEATURES)))

    @staticmethod
    def input_example() -> pd.DataFrame:
        """Return a few invented customers with every column that this class reads."""
        base = CustomerValueModel.input_example()
        derived = {
            "days_since_last": base["T"] - base["recency"],
            "basket_amount": [30.0, 24.0, 50.0],
            "last_amount": [30.0, 20.0, 64.0],
            "realised_revenue": [30.0, 72.0, 650.0],
            "count_90": [1.0, 0.0, 4.0],
            "overdue_ratio": [0.5, 2.0, 0.8],
        }
        zero = {name: 0.0 for name in FEATURES if name not in base and name not in derived}
        return base.assign(**pd.DataFrame({**derived, **zero}, index=base.index))

    def _settings(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in SETTINGS}

    def _base(self) -> CustomerValueModel:
        """Return the base with the settings of now: margin and rate are the job's to say."""
        self._check_fitted()
        base: CustomerValueModel = self.base_
        base.set_params(**self._settings())
        return base


def base_model(*, paid: bool) -> CustomerValueModel:
    """Return MBG/NBD with Gamma-Gamma on all purchase days, unfitted.

    Of the models of buying till dropping out it lost least on trials, on real and simulated shops.
    """
    return CustomerValueModel(ModifiedBetaGeoModel(), GammaGammaModel("all") if paid else None)
