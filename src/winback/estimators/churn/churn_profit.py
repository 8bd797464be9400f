"""What acting on a churn score would have earned, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from winback.errors import ModelError
from winback.estimators.churn.candidates.candidate import Floats

DEPTH = 0.1
"""The share of a snapshot's customers that is contacted at most: nobody can write to all."""


@dataclass(frozen=True)
class ContactEconomics:
    """What a contact costs, and what a saved customer brings.

    Parameters
    ----------
    margin
        Share of a customer's value that is earned.
    save_rate
        Share of contacted would-be churners who are saved, in [0, 1]: an assumption.
    contact_cost
        Paid for everyone contacted.
    offer_cost
        Paid for everyone who takes the offer: the saved, and those who would have stayed anyway.
    """

    margin: float = 1.0
    save_rate: float = 0.1
    contact_cost: float = 0.0
    offer_cost: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no cost and no share."""
        if not 0.0 <= self.save_rate <= 1.0 or min(self.contact_cost, self.offer_cost) < 0.0:
            raise ModelError(
                "economics out of range",
                got=f"save_rate {self.save_rate}, contact_cost {self.contact_cost}, "
                f"offer_cost {self.offer_cost}",
                allowed="save_rate within 0 to 1, costs 0 or more",
            )

    def gain(self, churned: Floats, value: Floats) -> Floats:
        """Return the profit of contacting customers: expected of P(churn), realised of 0 and 1.

        With g the save rate, m the margin, c and o the costs of contact and offer, and v the
        value: ``y g m v - c - (1 - y + g y) o`` (Neslin et al. 2006, without fixed costs; the
        curve of it over depths is `winback.evaluation.metrics.profit_by_depth`).
        """
        return np.asarray(self.gain_at_risk(churned, churned * value))

    def gain_at_risk(self, churned: Any, at_risk: Any) -> Any:
        """Return the same from the value at risk, P(churn) times value; arrays or series."""
        redeems = 1.0 - churned + self.save_rate * churned
        kept = self.save_rate * self.margin * at_risk
        return profit(kept, redeems, self.contact_cost, self.offer_cost)


def profit(kept: Any, redeems: Any, contact_cost: Any, offer_cost: Any) -> Any:
    """Return the profit of one contact: what it keeps, less the contact, less the offer redeemed.

    Parameters
    ----------
    kept
        Margin that would be lost, or not made, without the contact.
    redeems
        P(the offer is taken): those who would have bought anyway take it as well.
    contact_cost, offer_cost
        Of one customer.

    Examples
    --------
    >>> round(profit(8.0, 0.28, 1.0, 5.0), 2)
    5.6
    """
    return kept - contact_cost - redeems * offer_cost


def contact_profit(
    p: Floats,
    y: npt.NDArray[np.int64],
    value: Floats,
    snapshot: npt.NDArray[np.int64],
    economics: ContactEconomics,
    *,
    depth: float = DEPTH,
) -> Floats:
    """Return what each row earns when the best `depth` of each snapshot are contacted.

    The best are those of the highest expected profit, by the score and the value known then, and
    only where that is positive. Ties are contacted in part, so that an order between equals, which
    a score does not give, earns nothing.

    Parameters
    ----------
    p, y, value, snapshot
        Shape (n,): P(churn), what happened, the value at stake, and the day of each row.

    Returns
    -------
    ndarray of shape (n,)
        In the unit of `value`; 0 for those not contacted.

    Examples
    --------
    >>> money = ContactEconomics(save_rate=0.5, contact_cost=1.0)
    >>> contact_profit(np.array([0.9, 0.8, 0.1]), np.array([1, 0, 1]), np.full(3, 10.0),
    ...                np.zeros(3, dtype=int), money, depth=2 / 3)
    array([ 4., -1.,  0.])
    """
    expected = economics.gain(p, value)
    share = np.zeros(len(p))
    for day in np.unique(snapshot):
        here = np.flatnonzero(snapshot == day)
        places = depth * len(here)
        best = expected[here]
        least = np.sort(best)[::-1][min(max(int(np.ceil(places)) - 1, 0), len(here) - 1)]
        above, tied = best > least, best == least
        share[here] = above + tied * (places - above.sum()) / tied.sum()
    share[expected <= 0.0] = 0.0
    return np.asarray(share * economics.gain(y.astype(np.float64), value))
