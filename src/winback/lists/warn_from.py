"""From where on a customer is warned about: a risk, what acting is to earn, or the rule table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from winback.economics import Economics
from winback.errors import Sentence, UsageError
from winback.lists.severity import EASE, Thresholds
from winback.messages import Message

NOT_AT_RISK = "not at risk"
IN_RHYTHM = "at risk, but in rhythm"
NOT_WORTH_IT = "below the expected profit"
NOT_OVERDUE = "not overdue"


@dataclass(frozen=True)
class WarnFrom:
    """The rule in force: who is warned about.

    A risk or a profit decides alone; the table of `winback.lists.severity` then only chooses the
    colour, and whoever has none by the table is yellow. With neither, the table decides.

    The expected profit of acting on a warning is::

        save_rate x value_keepable - contact_cost - P(redeems) x offer_cost
        P(redeems) = 1 - p_churn + save_rate x p_keepable x p_churn

    The first term is the margin that is kept: of the value at risk only what lies with customers
    who have not gone already (see `winback.estimators.purchase.leaving`). Those who would have
    bought anyway redeem as well.

    Parameters
    ----------
    risk
        Warn everybody of this P(churn) or more, and nobody else.
    profit
        Warn where acting is expected to earn at least so much; who was on the earlier list stays
        down to 90% of it.
    economics
        What acting costs, and which share of those about to leave it keeps.
    thresholds
        The table.
    by_playbook
        Which of `contact_cost` and `offer_cost` nobody has chosen: the playbook's then hold, by
        channel.
    measured
        Where days of warning were asked for: what history says of `risk`, with its `meaning`.
    unfit
        Why the risk may order nobody (see `winback.evaluation.fitness`). Then neither risk nor
        profit decides: who is overdue by their own rhythm is warned about, yellow, or orange from
        the second breach on, the most overdue x `value_keepable` first. Nobody is red.
    rhythm
        Whether the customers' own rhythm is known well enough for that; if not, nobody is warned
        about.

    Raises
    ------
    UsageError
        If both are given, or a number is out of range.

    Examples
    --------
    >>> rows = pd.DataFrame({"p_churn": [0.8, 0.8], "p_keepable": [1.0, 0.0],
    ...                      "value_keepable": [80.0, 0.0]})
    >>> rule = WarnFrom(profit=2.0, economics=Economics(contact_cost=1.0, offer_cost=5.0))
    >>> rule.expected_profit(rows).round(2).tolist()
    [5.6, -2.0]
    """

    risk: float | None = None
    profit: float | None = None
    economics: Economics = field(default_factory=Economics)
    thresholds: Thresholds = field(default_factory=Thresholds)
    by_playbook: Collection[str] = ()
    measured: Mapping[str, Any] | None = None
    unfit: Message | None = None
    rhythm: bool = True

    def __post_init__(self) -> None:
        """Refuse what is no threshold."""
        if self.risk is not None and self.profit is not None:
            raise UsageError("one threshold decides", where="warn_from", allowed="risk or profit")
        if self.risk is not None and not 0 < self.risk <= 1:
            raise UsageError("no risk", where="warn_from", got=self.risk, allowed="(0, 1]")

    def expected_profit(self, rows: pd.DataFrame) -> pd.Series:
        """Return what acting is expected to earn, from `p_churn, p_keepable, value_keepable`.

        Columns `contact_cost` and `offer_cost`, where they are there, say what acting on each costs
        (see `winback.lists.warning_actions.acting_costs`).
        """
        costs: dict[str, Any] = {
            name: rows[name] for name in ("contact_cost", "offer_cost") if name in rows.columns
        }
        profit: pd.Series = self.economics.of_warning(
            rows["p_churn"], rows["value_keepable"], keepable=rows["p_keepable"], **costs
        )
        return profit

    def decide(self, rows: pd.DataFrame) -> dict[str, pd.Series]:
        """Return `warn` and `keep` (see `winback.lists.severity`); nothing where the table decides.

        Raises
        ------
        UsageError
            If profit decides, but the source has no amounts.
        """
        if self.unfit is not None:
            return {} if self.rhythm else {"warn": pd.Series(data=False, index=rows.index)}
        if self.risk is not None:
            return {"warn": rows["p_churn"] >= self.risk}
        if self.profit is None:
            return {}
        if len(rows) and rows["value_keepable"].isna().all():
            raise UsageError(
                "profit cannot decide whom to warn about: the source has no amounts",
                where="lists.churn_warning.warn_from",
                got=Sentence("profit: {profit:g}", profit=self.profit),
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
        if self.unfit is not None:
            reason[:] = NOT_OVERDUE
        elif self.profit is not None:
            reason[:] = NOT_WORTH_IT
        elif self.risk is None:
            reason = reason.mask(rows["p_churn"] >= self.thresholds.risk[0], IN_RHYTHM)
        return reason

    @property
    def meaning(self) -> Message:
        """The rule in words."""
        if self.unfit is not None:
            return Message("warn_from.overdue", ratio=self.thresholds.breach[0])
        if self.profit is not None:
            rate = self.economics.save_rate
            return Message("warn_from.profit", profit=self.profit, rate=rate)
        if self.risk is not None:
            return Message("warn_from.risk", risk=self.risk)
        low, high, _ = self.thresholds.risk
        return Message("warn_from.table", ratio=self.thresholds.breach[0], risk=low, high=high)

    def summary(self) -> dict[str, Any]:
        """Return the rule as plain data, with its `meaning` as a message."""
        if self.unfit is not None:
            return {"by": "overdue", "unfit": self.unfit, "meaning": self.meaning}
        if self.measured is not None:
            return {"by": "days", **self.measured}
        if self.profit is not None:
            terms = {
                "save_rate": self.economics.save_rate,
                **{
                    name: None if name in self.by_playbook else getattr(self.economics, name)
                    for name in ("contact_cost", "offer_cost")
                },
            }
            return {"by": "profit", "profit": self.profit, **terms, "meaning": self.meaning}
        if self.risk is not None:
            return {"by": "risk", "risk": self.risk, "meaning": self.meaning}
        return {"by": "table", "meaning": self.meaning}
