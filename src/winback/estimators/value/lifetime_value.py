"""What customers are worth beyond the horizon, and what a customer acquired just now is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from winback.estimators.base.frames import FloatArray
from winback.estimators.purchase.purchase_model import Columns, PurchaseModel
from winback.estimators.spend.spend_model import SpendModel

DAYS_PER_YEAR = 365.0

#: How far `residual_value` looks. For ever has no value where nothing is discounted and customers
#: need not leave; and at 10% a year, all that lies beyond fifty years is worth less than 1% of it.
RESIDUAL_YEARS = 50


@dataclass(frozen=True)
class NewCustomerValue:
    """What a customer who is won today is expected to bring, in margin.

    Attributes
    ----------
    first_order
        Margin of the first purchase day.
    repurchase
        Discounted margin of the purchase days after it, within the horizon.
    horizon_days
        The horizon.
    """

    first_order: float
    repurchase: float
    horizon_days: float

    @property
    def total(self) -> float:
        """First order and repurchases: what may be spent on winning the customer, at most."""
        return self.first_order + self.repurchase


def daily_rate(discount_rate: float) -> float:
    """Return the continuous rate per day of a year's rate: (1 + d)^(-t/365) = exp(-rate t).

    Examples
    --------
    >>> round(daily_rate(0.10), 9)
    0.000261124
    """
    return float(np.log1p(discount_rate)) / DAYS_PER_YEAR


def residual_margin(
    purchases: PurchaseModel,
    spend: SpendModel,
    data: Columns,
    *,
    margin: float,
    discount_rate: float,
    horizon_days: float,
    level: float = 1.0,
) -> FloatArray:
    """Return the discounted margin from now until `RESIDUAL_YEARS` from now, per customer.

    Parameters
    ----------
    horizon_days
        The margin within it is part of the sum. Both are worked out by quadrature, so the sum is
        held to be no less.
    level
        What the margin within the horizon is multiplied by; nothing is known of later demand.
    """
    rate = daily_rate(discount_rate)
    ends = (horizon_days, max(RESIDUAL_YEARS * DAYS_PER_YEAR, horizon_days))
    within, ever = (purchases.discounted(data, end, rate) for end in ends)
    total = np.maximum(within, ever) + (level - 1.0) * within
    return margin * total * spend.expected(data)


def new_customer_value(
    purchases: PurchaseModel,
    spend: SpendModel,
    *,
    first_order: float | None,
    horizon_days: float,
    margin: float,
    discount_rate: float,
) -> NewCustomerValue:
    """Value a customer of whom nothing is known but that the first purchase is made today.

    Parameters
    ----------
    first_order
        Mean amount of a first purchase day; None: that of any purchase day.
    """
    nothing = {name: np.zeros(1) for name in spend.columns}
    amount = float(spend.expected(nothing)[0])
    repeats = purchases.discounted_purchases_new(horizon_days, rate=daily_rate(discount_rate))
    return NewCustomerValue(
        first_order=margin * (amount if first_order is None else first_order),
        repurchase=margin * repeats * amount,
        horizon_days=horizon_days,
    )


def customer_lifetime_value(
    purchase_model: PurchaseModel,
    spend_model: SpendModel,
    frame: pd.DataFrame,
    *,
    horizon_days: float = 365,
    discount_rate: float = 0.10,
    margin: float = 1.0,
) -> pd.Series[float]:
    """Return what each customer is expected to bring, from two models that are fitted already.

    ``margin * E[spend] * sum over purchases of (1 + discount_rate)^(-t / 365)``, each purchase at
    its own moment, where ``GammaGammaFitter.customer_lifetime_value`` discounts whole months.
    `winback.CustomerValueModel` fits both models and gives predictive intervals as well.

    Parameters
    ----------
    purchase_model
        Fitted to times in days.
    spend_model
        Fitted to amounts of repeat purchases.
    frame
        ``frequency, recency, T, monetary_value``.
    horizon_days
        How far to look.
    discount_rate
        A year's, 0 or more.
    margin
        Margin as a share of the amount.

    Returns
    -------
    pandas.Series
        ``clv``, aligned with the frame, in the unit of the amounts.

    Examples
    --------
    >>> from winback.estimators.purchase.purchase_rule import PurchaseRule
    >>> from winback.estimators.spend.spend_rule import SpendRule
    >>> frame = pd.DataFrame({"frequency": [4, 0], "recency": [80, 0], "T": [100, 50],
    ...                       "monetary_value": [10.0, 0.0]})
    >>> models = PurchaseRule("rate").fit(frame), SpendRule().fit(frame)
    >>> customer_lifetime_value(*models, frame, horizon_days=100, discount_rate=0.0).tolist()
    [40.0, 0.0]
    """
    purchases = purchase_model.discounted_purchases(
        frame, horizon_days, rate=daily_rate(discount_rate)
    )
    values = margin * spend_model.expected_spend(frame) * purchases
    return values.rename("clv")
