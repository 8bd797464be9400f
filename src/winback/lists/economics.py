"""What calling a customer back is expected to earn and to cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from winback.errors import UsageError
from winback.estimators.churn.churn_profit import profit

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

    def of(
        self,
        customers: pd.DataFrame,
        *,
        uplift: pd.Series | None = None,
        uplift_source: pd.Series | str = PRIOR,
        contact_cost: pd.Series | float | None = None,
        offer_cost: pd.Series | float | None = None,
    ) -> pd.DataFrame:
        """Work out each customer's case.

        `uplift * expected_margin - contact_cost - P(redeems) * offer_cost`, where a contacted
        customer redeems who returns: `P(redeems) = p_return_untreated + uplift`. The margin is that
        of the first order after the return only; what may follow it is not promised.

        Parameters
        ----------
        customers
            `p_repurchase` (P(return untreated)), `expected_spend` (amount of an order; all missing
            where the source has no amounts) and, if known, `p_alive`.
        uplift
            As an experiment measured it, by customer, aligned. None: the prior times P(alive).
        uplift_source
            Where it comes from.
        contact_cost, offer_cost
            By customer, where channels and offers differ. None: the campaign's.

        Returns
        -------
        pandas.DataFrame
            Aligned: `p_return_untreated, uplift, uplift_source, expected_margin, contact_cost,
            offer_cost, commitment, expected_cost, expected_incremental_margin`; the margins are
            missing without amounts. `commitment` is the most that the customer can cost.

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
        if uplift is None:
            alive = customers["p_alive"].astype("float64") if "p_alive" in customers else 1.0
            uplift = self.uplift_prior * alive + 0.0 * p_return
        gain = np.clip(uplift.astype("float64"), -p_return, 1 - p_return)
        margin = self.margin * customers["expected_spend"].astype("float64")
        case = pd.DataFrame(
            {
                "p_return_untreated": p_return,
                "uplift": gain,
                "uplift_source": pd.Series(uplift_source, index=customers.index, dtype="str"),
                "expected_margin": margin,
                "contact_cost": self.contact_cost if contact_cost is None else contact_cost,
                "offer_cost": self.offer_cost if offer_cost is None else offer_cost,
            },
            index=customers.index,
        )
        case["commitment"] = case["contact_cost"] + case["offer_cost"]
        case["expected_cost"] = case["contact_cost"] + (p_return + gain) * case["offer_cost"]
        case["expected_incremental_margin"] = profit(
            gain * margin, p_return + gain, case["contact_cost"], case["offer_cost"]
        )
        return case

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
        gain = case["expected_margin"] - case["offer_cost"]
        fixed = case["contact_cost"] + case["p_return_untreated"] * case["offer_cost"]
        worth = gain > 0
        needed = fixed[worth] / gain[worth]
        possible = needed[needed <= 1 - case.loc[worth, "p_return_untreated"]]
        free = (case["uplift"] * case["expected_margin"] > case["contact_cost"]).sum()
        text = f"The best case loses {abs(best):.2f} a customer. "
        if possible.empty:
            text += "No uplift would make the offer pay"
        else:
            prior = (case["uplift_source"] == PRIOR).all()
            same = int(possible.argmin())  # the customer, whose gain is assumed as prior x P(alive)
            assumed = case["uplift"].loc[possible.index].iloc[same]
            said = f"{assumed * 100:.1f} assumed" if prior else "see its source"
            text += (
                "The contact would have to raise the return rate by more than "
                f"{possible.min() * 100:.1f} points ({said})"
            )
        return text + f"; without an offer, {free:,} of {len(case):,} would pay."
