"""From where on a customer is warned about: a risk, what acting is to earn, or the rule table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from winback.errors import UsageError
from winback.estimators.churn.churn_profit import ContactEconomics
from winback.lists.severity import BREACH_THRESHOLDS, EASE, RISK_THRESHOLDS

NOT_AT_RISK = "not at risk"
IN_RHYTHM = "at risk, but in rhythm"
NOT_WORTH_IT = "below the expected profit"


@dataclass(frozen=True)
class WarnFrom:
    """The rule in force: who is warned about.

    A risk or a profit decides alone; the table of `winback.lists.severity` then only chooses the
    colour, and whoever has none by the table is yellow. With neither, the table decides.

    The expected profit of acting on a warning is::

        save_rate x value at risk - contact_cost - P(redeems) x offer_cost
        P(redeems) = 1 - p_churn + save_rate x p_churn

    The first term is the margin that is kept; those who would have bought anyway redeem as well.

    Parameters
    ----------
    risk
        Warn everybody of this P(churn) or more, and nobody else.
    profit
        Warn where acting is expected to earn at least so much; who was on the earlier list stays
        down to 90% of it.
    save_rate
        Assumed share of those about to leave whom acting keeps, in (0, 1].
    contact_cost, offer_cost
        What acting costs, and what the offer costs where it is redeemed.
    risk_thresholds, breach_thresholds
        Of the table, to say in words what it does.

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
    risk_thresholds: Sequence[float] = RISK_THRESHOLDS
    breach_thresholds: Sequence[float] = BREACH_THRESHOLDS

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
        """Return what acting is expected to earn, from `p_churn` and `value_at_risk`.

        An offer costs those to whom one is made: where there is a column `offered`, it says to
        whom.
        """
        terms = ContactEconomics(
            save_rate=self.save_rate, contact_cost=self.contact_cost, offer_cost=self.offer_cost
        )
        earned: pd.Series = terms.gain_at_risk(rows["p_churn"], rows["value_at_risk"])
        if "offered" not in rows.columns:
            return earned
        without: pd.Series = replace(terms, offer_cost=0.0).gain_at_risk(
            rows["p_churn"], rows["value_at_risk"]
        )
        return earned.where(rows["offered"], without)

    def decide(self, rows: pd.DataFrame) -> dict[str, pd.Series]:
        """Return `warn` and `keep` (see `winback.lists.severity`); nothing where the table decides.

        Raises
        ------
        UsageError
            If profit decides, but the source has no amounts.
        """
        if self.risk is not None:
            return {"warn": rows["p_churn"] >= self.risk}
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

    def refusals(self, rows: pd.DataFrame) -> pd.Series:
        """Say why each customer who has no colour has none, from `p_churn`."""
        reason = pd.Series(NOT_AT_RISK, index=rows.index, dtype="str")
        if self.profit is not None:
            reason[:] = NOT_WORTH_IT
        elif self.risk is None:
            reason = reason.mask(rows["p_churn"] >= self.risk_thresholds[0], IN_RHYTHM)
        return reason

    def __str__(self) -> str:
        """Say it in words."""
        if self.profit is not None:
            assumed = f"a warning keeps {self.save_rate:.0%} of those about to leave (assumed)"
            return f"acting is expected to earn {self.profit:,.2f} or more, where {assumed}"
        if self.risk is not None:
            return f"P(churn) of {self.risk:.2f}"
        some, high, _ = self.risk_thresholds
        return (
            f"P(churn) of {some:.2f} after a silence of {self.breach_thresholds[0]:g} typical gaps "
            f"or more, or P(churn) of {high:.2f} whatever the silence"
        )
