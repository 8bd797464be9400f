"""What a contact costs and what it is expected to bring: one formula, for both lists and models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from winback.errors import UsageError


@dataclass(frozen=True)
class Economics:
    """The money side of contacting a customer.

    A contact keeps, or makes, some margin; it costs what the contact costs, and what the offer
    costs if the customer takes it. Those who would have bought anyway take it as well::

        profit = kept - contact_cost - P(takes the offer) * offer_cost

    Parameters
    ----------
    contact_cost
        What one contact costs, whatever happens; 0 or more.
    offer_cost
        What the offer costs when a contacted customer buys and redeems it; 0 or more.
    margin
        Margin as a share of the amount, in (0, 1].
    save_rate
        Share of those who are about to leave, and have not gone already, whom a warning keeps, in
        [0, 1]. A stated assumption until a campaign has measured it.
    uplift_prior
        Gain in P(return) by contacting a dormant customer who is alive, absolute, in (0, 1]. A
        stated assumption likewise. It is scaled by P(alive): nothing supports spending on those
        whom the model thinks gone for good.
    won_back_share
        Share of those who return because of the contact who would otherwise have been lost for
        good, in [0, 1]: their further orders count, too. A stated assumption. 0: the order of the
        return alone. So purchase models have it: who can be persuaded is alive, and buys on either
        way, so that a contact brings one order more (less, under BG/NBD, the further orders of who
        drops out after it).

    Raises
    ------
    UsageError
        Naming the one that cannot be a cost, a margin, a rate or an uplift.

    Examples
    --------
    >>> money = Economics(contact_cost=1.0, offer_cost=5.0)
    >>> round(money.of_warning(0.8, 80.0), 2), round(money.of_warning(0.2, 20.0), 2)
    (5.6, -3.1)
    """

    contact_cost: float = 0.0
    offer_cost: float = 0.0
    margin: float = 1.0
    save_rate: float = 0.1
    uplift_prior: float = 0.02
    won_back_share: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be a cost, a margin, a rate or an uplift."""
        for name, low, high, allowed in (
            ("contact_cost", 0.0, np.inf, "0 or more"),
            ("offer_cost", 0.0, np.inf, "0 or more"),
            ("margin", 1e-9, 1.0, "above 0, at most 1"),
            ("save_rate", 0.0, 1.0, "0 to 1"),
            ("uplift_prior", 1e-9, 1.0, "above 0, at most 1"),
            ("won_back_share", 0.0, 1.0, "0 to 1"),
        ):
            value = getattr(self, name)
            if value is None or not low <= value <= high or value == np.inf:
                raise UsageError("not possible", where=name, got=value, allowed=allowed)

    def profit(
        self, kept: Any, redeems: Any, *, contact_cost: Any = None, offer_cost: Any = None
    ) -> Any:
        """Return the profit of one contact: what it keeps, less the contact, less the offer taken.

        Parameters
        ----------
        kept
            Margin that would be lost, or not made, without the contact.
        redeems
            P(the offer is taken).
        contact_cost, offer_cost
            By customer, where channels and offers differ. None: as stated.

        Returns
        -------
        float, ndarray or Series
            As given, in the unit of money.

        Examples
        --------
        >>> round(Economics(contact_cost=1.0, offer_cost=5.0).profit(8.0, 0.28), 2)
        5.6
        """
        contact_cost = self.contact_cost if contact_cost is None else contact_cost
        offer_cost = self.offer_cost if offer_cost is None else offer_cost
        return kept - contact_cost - redeems * offer_cost

    def of_warning(
        self,
        churned: Any,
        at_risk: Any,
        *,
        keepable: Any = 1.0,
        contact_cost: Any = None,
        offer_cost: Any = None,
    ) -> Any:
        """Return the profit of contacting a customer who may leave; expected or realised.

        With g the save rate, m the margin, c and o the costs of contact and offer, y the chance
        (or the fact, 0 or 1) of leaving and v what leaving costs, E[value | stays] - E[value |
        leaves] (Lemmens and Gupta, 2020, doi:10.1287/mksc.2020.1229): ``g m y v - c - (1 - y + g k
        y) o`` (Neslin et al. 2006, doi:10.1509/jmkr.43.2.204, without fixed costs, where k is 1).

        Parameters
        ----------
        churned
            P(churn), or whether the customer left.
        at_risk
            The same times what is lost by leaving, as far as it can still be kept.
        keepable
            k, the share of those who leave who have not gone already: nobody who has is saved.
        contact_cost, offer_cost
            By customer, where channels and offers differ.
        """
        redeems = 1.0 - churned + self.save_rate * keepable * churned
        kept = self.save_rate * self.margin * at_risk
        return self.profit(kept, redeems, contact_cost=contact_cost, offer_cost=offer_cost)

    def of_return(
        self, p_return: Any, uplift: Any, margin: Any, *, contact_cost: Any, offer_cost: Any
    ) -> Any:
        """Return the expected profit of calling a customer back.

        `uplift * margin - contact_cost - (p_return + uplift) * offer_cost`.

        Parameters
        ----------
        p_return
            P(return) without a contact.
        uplift
            What the contact adds to it.
        margin
            Margin that a return brings; see `of_order_and_after`.
        contact_cost, offer_cost
            By customer.
        """
        return self.profit(
            uplift * margin, p_return + uplift, contact_cost=contact_cost, offer_cost=offer_cost
        )

    def of_order_and_after(self, spend: Any, after: Any) -> Any:
        """Return what a return brings: its order, and of `won_back_share` what follows.

        Parameters
        ----------
        spend
            Amount of the order.
        after
            Discounted margin of the orders after it, within the value horizon.

        Examples
        --------
        >>> Economics(margin=0.5).of_order_and_after(40.0, 90.0)
        20.0
        >>> Economics(margin=0.5, won_back_share=0.1).of_order_and_after(40.0, 90.0)
        29.0
        """
        order = self.margin * spend
        return order + self.won_back_share * after if self.won_back_share else order
