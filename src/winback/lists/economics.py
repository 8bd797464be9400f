"""What calling a customer back is expected to earn and to cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from winback.errors import UsageError

PRIOR = "prior, unmeasured"


@dataclass(frozen=True)
class Economics:
    """The money side of a campaign, per customer.

    Parameters
    ----------
    contact_cost
        What one contact costs, whatever happens.
    offer_cost
        What the offer costs when a contacted customer returns and redeems it. Those who would have
        returned anyway redeem it too.
    margin
        Margin as a share of the amount, in (0, 1].
    uplift_prior
        Gain in P(return) by contacting a customer who is alive, absolute, in (0, 1). A stated
        assumption until a campaign has measured it. It is scaled by P(alive): nothing supports
        spending on those whom the model thinks gone for good.
    """

    contact_cost: float
    offer_cost: float
    margin: float = 1.0
    uplift_prior: float = 0.02

    def __post_init__(self) -> None:
        """Refuse what cannot be a cost, a margin or an uplift."""
        for name, low, high in (
            ("contact_cost", 0.0, np.inf),
            ("offer_cost", 0.0, np.inf),
            ("margin", 1e-9, 1.0),
            ("uplift_prior", 1e-9, 1.0),
        ):
            value = getattr(self, name)
            if value is None or not low <= value <= high or value == np.inf:
                allowed = "0 or more" if high == np.inf else "above 0, at most 1"
                raise UsageError("not possible", where=name, got=value, allowed=allowed)

    @property
    def commitment(self) -> float:
        """The most that one treated customer can cost: the contact, and the offer if redeemed."""
        return self.contact_cost + self.offer_cost

    def of(self, customers: pd.DataFrame) -> pd.DataFrame:
        """Work out each customer's case.

        `uplift * expected_margin - contact_cost - P(redeems) * offer_cost`, where a contacted
        customer redeems who returns: `P(redeems) = p_return_untreated + uplift`. The margin is that
        of the first order after the return only; what may follow it is not promised.

        Parameters
        ----------
        customers
            `p_repurchase` (P(return untreated)), `expected_spend` (amount of an order; all missing
            where the source has no amounts) and, if known, `p_alive`.

        Returns
        -------
        pandas.DataFrame
            Aligned: `p_return_untreated, uplift, uplift_source, expected_margin, contact_cost,
            offer_cost, expected_cost, expected_incremental_margin`; the margins are missing without
            amounts.

        Examples
        --------
        >>> customers = pd.DataFrame({"p_repurchase": [0.1, 0.99, 0.0], "p_alive": [1.0, 1.0, 0.1],
        ...                           "expected_spend": [35.0, 35.0, 35.0]})
        >>> case = Economics(contact_cost=0.05, offer_cost=5.0).of(customers)
        >>> case["uplift"].round(4).tolist()
        [0.02, 0.01, 0.002]
        >>> case["expected_incremental_margin"].round(4).tolist()
        [0.05, -4.7, 0.01]
        """
        p_return = customers["p_repurchase"].astype("float64")
        alive = customers["p_alive"].astype("float64") if "p_alive" in customers.columns else 1.0
        uplift = np.minimum(self.uplift_prior * alive, 1 - p_return)
        expected_margin = self.margin * customers["expected_spend"].astype("float64")
        expected_cost = self.contact_cost + (p_return + uplift) * self.offer_cost
        return pd.DataFrame(
            {
                "p_return_untreated": p_return,
                "uplift": uplift,
                "uplift_source": pd.Series(PRIOR, index=customers.index, dtype="str"),
                "expected_margin": expected_margin,
                "contact_cost": self.contact_cost,
                "offer_cost": self.offer_cost,
                "expected_cost": expected_cost,
                "expected_incremental_margin": uplift * expected_margin - expected_cost,
            },
            index=customers.index,
        )

    def what_would_have_to_hold(self, case: pd.DataFrame) -> str:
        """Say what would have to change for somebody to be worth calling back.

        Solving `u M - c - (p + u) o > 0` for the uplift gives `u > (c + p o) / (M - o)`, where the
        margin M exceeds the offer o.

        Examples
        --------
        >>> economics = Economics(contact_cost=0.1, offer_cost=5.0)
        >>> case = economics.of(pd.DataFrame({"p_repurchase": [0.1], "expected_spend": [25.0]}))
        >>> economics.what_would_have_to_hold(case)
        'The best case loses 0.20 a customer. The contact would have to raise the return rate by
        more than 3.0 points (2.0 assumed); without an offer, 1 of 1 would pay.'
        """
        best = case["expected_incremental_margin"].max()
        gain = case["expected_margin"] - self.offer_cost
        needed = (self.contact_cost + case["p_return_untreated"] * self.offer_cost) / gain
        possible = needed[(gain > 0) & (needed <= 1 - case["p_return_untreated"])]
        free = (case["uplift"] * case["expected_margin"] > self.contact_cost).sum()
        text = f"The best case loses {abs(best):.2f} a customer. "
        if possible.empty:
            text += "No uplift would make the offer pay"
        else:
            text += (
                "The contact would have to raise the return rate by more than "
                f"{possible.min() * 100:.1f} points ({self.uplift_prior * 100:.1f} assumed)"
            )
        return text + f"; without an offer, {free:,} of {len(case):,} would pay."
