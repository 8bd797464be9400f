"""From where on a customer is warned about: a risk, or what acting on the warning is to earn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from winback.errors import UsageError
from winback.lists.severity import EASE


@dataclass(frozen=True)
class WarnFrom:
    """The threshold in force; with neither risk nor profit, the scale of severity alone.

    The expected profit of acting on a warning is::

        save_rate x value at risk - contact_cost - P(redeems) x offer_cost
        P(redeems) = 1 - p_churn + save_rate x p_churn

    The first term is the margin that is kept; those who would have bought anyway redeem as well.

    Parameters
    ----------
    risk
        Warn from this P(churn) on.
    profit
        Warn where acting is expected to earn at least so much.
    save_rate
        Assumed share of those about to leave whom acting keeps, in (0, 1].
    contact_cost, offer_cost
        What acting costs, and what the offer costs where it is redeemed.

    Raises
    ------
    UsageError
        If both are given, or a number is out of range.

    Examples
    --------
    >>> rows = pd.DataFrame({"p_churn": [0.8, 0.2], "value_at_risk": [80.0, 20.0]})
    >>> terms = WarnFrom(profit=2.0, save_rate=0.1, contact_cost=1.0, offer_cost=5.0)
    >>> terms.expected_profit(rows).round(2).tolist()
    [5.6, -3.1]
    """

    risk: float | None = None
    profit: float | None = None
    save_rate: float = 0.1
    contact_cost: float = 0.0
    offer_cost: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no threshold."""
        if self.risk is not None and self.profit is not None:
            raise UsageError("one threshold decides", where="warn_from", allowed="risk or profit")
        if self.risk is not None and not 0 < self.risk <= 1:
            raise UsageError("no risk", where="warn_from", got=self.risk, allowed="(0, 1]")
        costs = (self.contact_cost, self.offer_cost)
        if not (0 < self.save_rate <= 1 and min(costs) >= 0 and np.isfinite(costs).all()):
            raise UsageError(
                "the terms of a warning are out of range",
                where="save_rate, contact_cost, offer_cost",
                got=f"{self.save_rate}, {self.contact_cost}, {self.offer_cost}",
                allowed="a rate in (0, 1], costs of 0 or more",
            )

    def expected_profit(self, rows: pd.DataFrame) -> pd.Series:
        """Return what acting is expected to earn, from `p_churn` and `value_at_risk`."""
        kept = self.save_rate * rows["value_at_risk"]
        redeems = 1 - rows["p_churn"] + self.save_rate * rows["p_churn"]
        return kept - self.contact_cost - redeems * self.offer_cost

    def decide(self, rows: pd.DataFrame) -> dict[str, pd.Series]:
        """Return `warn` and `keep` (see `winback.lists.severity`) where profit is the threshold.

        Raises
        ------
        UsageError
            If profit decides, but the source has no amounts.
        """
        if self.profit is None:
            return {}
        if len(rows) and rows["value_at_risk"].isna().all():
            raise UsageError(
                "profit cannot decide whom to warn about: the source has no amounts",
                where="lists.churn_warning.warn_from",
                got=f"profit: {self.profit:g}",
                allowed="risk or days",
            )
        profit = self.expected_profit(rows)
        return {
            "warn": profit >= self.profit,
            "keep": profit >= self.profit - (1 - EASE) * abs(self.profit),
        }

    def __str__(self) -> str:
        """Say it in words."""
        if self.profit is not None:
            assumed = f"a warning keeps {self.save_rate:.0%} of those about to leave (assumed)"
            return f"acting is expected to earn {self.profit:,.2f} or more, where {assumed}"
        return "the scale of severity" if self.risk is None else f"P(churn) of {self.risk:.2f}"
