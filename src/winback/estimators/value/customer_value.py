"""What a customer is expected to bring within a horizon, with an interval."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from winback.errors import ModelError
from winback.estimators.base.frames import read_columns, read_weight
from winback.estimators.base.parts import Parts
from winback.estimators.base.state import PlainState
from winback.estimators.purchase.purchase_model import Columns, PurchaseModel
from winback.estimators.spend.spend_model import SpendModel
from winback.estimators.value.level_range import NO_LEVEL, LevelRange, with_level
from winback.estimators.value.lifetime_value import (
    NewCustomerValue,
    daily_rate,
    new_customer_value,
    residual_margin,
)
from winback.estimators.value.named_models import make_purchase_model, make_spend_model
from winback.estimators.value.value_card import value_card
from winback.estimators.value.value_intervals import PredictiveIntervals, Ratios, amount_ratios
from winback.messages import Message

FIRST_ORDER = "first_order_revenue"


class CustomerValueModel(PredictiveIntervals, PlainState, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Purchases x spend x margin, discounted; times are days.

    Parameters
    ----------
    purchase_model
        ``beta_geo``, ``modified_beta_geo``, ``pareto_nbd``, ``regular_beta_geo``,
        ``beta_binomial``, ``rate``, ``last_period``, ``zero``, or an unfitted model of that
        contract.
    spend_model
        ``gamma_gamma``, ``own_mean``, ``pooled_mean``, an unfitted model of that contract, or
        None for data without amounts: then nothing about money is predicted.
    horizon_days
        Predictions are about the next ``horizon_days`` days, > 0.
    margin
        Contribution margin as a share of revenue, in [0, 1].
    discount_rate
        A year's, >= 0: what is earned t days from now counts (1 + discount_rate)^(-t/365),
        at the moment of the purchase itself.
    n_draws
        Simulated futures per customer behind the intervals: with 2000, the chance outside an
        80% interval is known to about half a point.
    level
        By how much what everybody does together is expected to differ, and to stray from that: a
        `LevelRange` or the numbers of one.
    random_state
        Seed of the simulation, a whole number >= 0.

    Attributes
    ----------
    purchase_model_, spend_model_
        The fitted models; ``spend_model_`` is None without amounts.
    n_ : int
        Rows fitted on.
    first_order_mean_ : float or None
        Mean amount of a first purchase day; None where the frame does not tell.

    Notes
    -----
    ``clv_low`` and ``clv_high`` bound an 80% *predictive* interval: what the customer may
    bring, not only how well the mean is known. It is the interval of revenue times margin times
    the customer's mean discount factor, and is widened to hold ``clv`` itself (for a customer
    who will most likely not return, both quantiles are 0 but the mean is not). Errors of the
    fitted parameters are not part of it.

    Examples
    --------
    >>> frame = CustomerValueModel.input_example()
    >>> model = CustomerValueModel("rate", "own_mean", horizon_days=90).fit(frame)
    >>> model.predict(frame).columns.tolist()
    ['p_alive', 'expected_purchases', 'expected_spend', 'revenue', 'clv', 'clv_low', 'clv_high']
    """

    def __init__(
        self,
        purchase_model: str | PurchaseModel = "beta_geo",
        spend_model: str | SpendModel | None = "gamma_gamma",
        *,
        horizon_days: float = 365,
        margin: float = 1.0,
        discount_rate: float = 0.10,
        n_draws: int = 2000,
        level: tuple[Any, ...] = NO_LEVEL,
        random_state: int = 0,
    ) -> None:
        self.purchase_model = purchase_model
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
        parts: Parts | None = None,
    ) -> Self:
        """Fit both models to one row per customer.

        Parameters
        ----------
        frame
            Columns ``frequency``, ``recency``, ``T``, with a spend model ``monetary_value``,
            for ``last_period`` also ``last_horizon_purchases``, and optionally ``weight`` and
            ``first_order_revenue`` (what a new customer's first order is expected to be).
        parts
            Models that are fitted to this very frame already, by another value model.

        Raises
        ------
        ModelError
            If a parameter or a row is impossible.
        NotEnoughDataError
            If there is too little data for one of the models; fall back on the simple rules.
        """
        self._check_parameters()
        purchases = make_purchase_model(self.purchase_model, self.horizon_days)
        spend = make_spend_model(self.spend_model)
        parts = parts or Parts()
        self.purchase_model_: PurchaseModel = parts.of(purchases, lambda part: part.fit(frame))
        self.spend_model_: SpendModel | None = (
            None if spend is None else parts.of(spend, lambda part: part.fit(frame))
        )
        self.n_ = len(frame)
        self.first_order_mean_ = _mean(frame, FIRST_ORDER) if spend is not None else None
        return self

    def predict(
        self,
        frame: pd.DataFrame,
        horizon_days: float | None = None,
        *,
        ratios: Ratios | None = None,
        with_interval: bool = True,
    ) -> pd.DataFrame:
        """Predict every customer's next ``horizon_days`` (default: the model's own).

        Parameters
        ----------
        frame
            One row per customer, with the columns `input_columns_`.
        horizon_days
            Days, >= 0.
        ratios
            What each customer's expected purchases, and expected revenue, are multiplied by, as
            `LearnedValueModel` does.
        with_interval
            Whether to simulate ``clv_low`` and ``clv_high``, which takes most of the time.

        Returns
        -------
        A frame aligned with the input: ``p_alive`` in [0, 1]; ``expected_purchases`` (purchase
        days); and, with a spend model, ``expected_spend`` (of a purchase day), ``revenue``
        (their product, undiscounted and before margin), ``clv`` (discounted margin),
        ``clv_low``, ``clv_high``. All finite and >= 0.
        """
        horizon = self._horizon(horizon_days)
        data = self._read(frame)
        model, spend = self.purchase_model_, self.spend_model_
        purchases = model.expected(data, np.array([horizon]), np.ones(1))
        level = LevelRange(*self.level)
        pace, worth = ratios or (np.ones(len(frame)), np.ones(len(frame)))
        pace, worth = pace * level.purchase_factor, worth * level.factor
        columns = {
            "p_alive": model.alive(data),
            "expected_purchases": purchases * pace,
        }
        if spend is not None:
            amount = spend.expected(data)
            rate = daily_rate(self.discount_rate)
            discounted = model.discounted(data, horizon, rate)
            clv = self.margin * discounted * amount * worth
            revenue = purchases * amount * worth
            columns |= {
                "expected_spend": amount * amount_ratios(pace, worth),
                "revenue": revenue,
                "clv": clv,
            }
            if with_interval:
                factor = np.divide(
                    discounted, purchases, out=np.ones_like(purchases), where=purchases > 0
                )
                _, drawn = self._bounds(data, horizon, [0.8], ratios)
                assert drawn is not None  # noqa: S101 - there is a spend model
                low, high = (self.margin * factor * drawn[:, side] for side in (0, 1))
                columns |= {"clv_low": np.minimum(low, clv), "clv_high": np.maximum(high, clv)}
        return pd.DataFrame(columns, index=frame.index)

    def expected(
        self,
        frame: pd.DataFrame,
        horizon_days: float | None = None,
        *,
        ratios: Ratios | None = None,
    ) -> pd.DataFrame:
        """Return what is expected of each customer, and no interval: nothing is simulated.

        Parameters
        ----------
        frame, horizon_days, ratios
            As of `predict`.

        Returns
        -------
        A frame aligned with the input: ``expected_purchases`` and, with a spend model,
        ``revenue``; the same numbers as of `predict`.

        Examples
        --------
        >>> frame = CustomerValueModel.input_example()
        >>> model = CustomerValueModel("rate", "own_mean", horizon_days=90).fit(frame)
        >>> model.expected(frame).columns.tolist()
        ['expected_purchases', 'revenue']
        """
        means = self._means(self._read(frame), self._horizon(horizon_days), ratios)
        return pd.DataFrame(means, index=frame.index).rename(
            columns={"purchases": "expected_purchases"}
        )

    def residual_value(
        self, frame: pd.DataFrame, horizon_days: float | None = None
    ) -> pd.Series[float]:
        """Return the discounted margin that each customer will still bring, whenever.

        From now until 50 years from now, at the model's discount rate; ``clv`` is the part of it
        that falls into the horizon (default: the model's own). It takes constant rates of buying
        and leaving for granted over decades: good for comparing customers, too far off for a
        budget.

        Raises
        ------
        ModelError
            The model was fitted without amounts.

        Examples
        --------
        >>> frame = CustomerValueModel.input_example()
        >>> model = CustomerValueModel("rate", "own_mean", horizon_days=90).fit(frame)
        >>> bool((model.residual_value(frame) >= model.predict(frame)["clv"]).all())
        True
        """
        data = self._read(frame)
        values = residual_margin(
            self.purchase_model_,
            self._paid("residual_value"),
            data,
            margin=self.margin,
            discount_rate=self.discount_rate,
            horizon_days=self._horizon(horizon_days),
            level=LevelRange(*self.level).factor,
        )
        return pd.Series(values, index=frame.index, name="residual_value")

    def value_new_customer(self, horizon_days: float | None = None) -> NewCustomerValue:
        """Return what a customer who is won today is expected to bring within the horizon.

        The margin of the first order, and the discounted margin of the purchases after it; held
        against the cost of winning a customer, it says whether that pays (LTV/CAC).

        Raises
        ------
        ModelError
            The model was fitted without amounts.

        Examples
        --------
        >>> frame = CustomerValueModel.input_example()
        >>> model = CustomerValueModel("rate", "pooled_mean", discount_rate=0.0).fit(frame)
        >>> new = model.value_new_customer()
        >>> round(new.first_order, 2), round(new.repurchase, 2), round(new.total, 2)
        (47.43, 407.33, 454.76)
        """
        self._check_fitted()
        return new_customer_value(
            self.purchase_model_,
            self._paid("value_new_customer"),
            # artifacts of the first version do not know it
            first_order=getattr(self, "first_order_mean_", None),
            horizon_days=self._horizon(horizon_days),
            margin=self.margin,
            discount_rate=self.discount_rate,
        )

    def predict_frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return what a registered model serves: ``predict`` at the model's own horizon."""
        return self.predict(frame)

    def _html_repr(self) -> str:
        """Return a card for a notebook; before the fit, scikit-learn's own diagram."""
        if not hasattr(self, "n_"):
            return str(super()._html_repr())
        return value_card(self)

    @property
    def caveats_(self) -> tuple[Message, ...]:
        """What is degenerate in the fit, and what answers it, if anything."""
        self._check_fitted()
        parts = (self.purchase_model_, self.spend_model_)
        messages = (getattr(part, "degenerate_", None) for part in parts)
        return tuple(message for message in messages if message)

    @property
    def input_columns_(self) -> list[str]:
        """The columns that a frame to be predicted must have."""
        self._check_fitted()
        spend = () if self.spend_model_ is None else self.spend_model_.columns
        return list(dict.fromkeys((*self.purchase_model_.columns, *spend)))

    @staticmethod
    def input_example() -> pd.DataFrame:
        """Return a few invented customers with every column that this class may read."""
        return pd.DataFrame(
            {
                "customer_id": ["A", "B", "C"],
                "frequency": [0.0, 2.0, 12.0],
                "recency": [0.0, 75.0, 340.0],
                "T": [30.0, 200.0, 365.0],
                "monetary_value": [0.0, 24.5, 51.25],
                "basket_amount": [30.0, 24.0, 50.0],
                "last_horizon_purchases": [1.0, 1.0, 8.0],
            }
        )

    def _paid(self, asker: str) -> SpendModel:
        if self.spend_model_ is None:
            raise ModelError("without amounts there is no margin", where=asker)
        return self.spend_model_

    def _check_parameters(self) -> None:
        _check("horizon_days", self.horizon_days, self.horizon_days > 0, "a number of days > 0")
        _check("margin", self.margin, 0 <= self.margin <= 1, "a share in [0, 1]")
        _check("discount_rate", self.discount_rate, self.discount_rate >= 0, "a rate >= 0")
        draws = self.n_draws
        _check("n_draws", draws, draws == int(draws) and draws >= 100, "a whole number >= 100")
        for name, value in LevelRange(*self.level)._asdict().items():
            if isinstance(value, int | float):
                good = value >= 0 or name.endswith("shift")
                _check(f"level.{name}", value, good, "a logarithm >= 0")
        seed = self.random_state
        _check("random_state", seed, seed == int(seed) and seed >= 0, "a whole number >= 0")

    def _horizon(self, horizon_days: float | None) -> float:
        if horizon_days is None:
            return float(self.horizon_days)
        _check("horizon_days", horizon_days, horizon_days >= 0, "a number of days >= 0")
        return float(horizon_days)

    def _read(self, frame: Any) -> Columns:
        columns, signed = self.input_columns_, self.purchase_model_.signed
        return read_columns(frame, columns, reader="CustomerValueModel", signed=signed)

    def _check_fitted(self) -> None:
        if not hasattr(self, "purchase_model_"):
            raise NotFittedError("CustomerValueModel is not fitted; call fit first")


def _check(name: str, value: float, good: bool, allowed: str) -> None:
    if not (np.isfinite(value) and good):
        raise ModelError("an argument is out of range", where=name, got=value, allowed=allowed)


def _mean(frame: pd.DataFrame, column: str) -> float | None:
    """Return the mean over customers, or None where there is no such column or nobody."""
    if column not in frame.columns or not len(frame):
        return None
    values = read_columns(frame, [column], reader="CustomerValueModel")[column]
    weight = read_weight(frame, reader="CustomerValueModel")
    weight = np.ones(len(values)) if weight is None else weight
    return float(weight @ values / weight.sum()) if weight.sum() > 0 else None
