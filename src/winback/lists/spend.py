"""What a list may turn out to spend: contacts for certain, offers as far as they are redeemed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

LIKELY = "likely"
WORST_CASE = "worst_case"
HOLDS = 0.999
"""A commitment holds with this probability, even if rates surprise by `SURPRISE`."""
SURPRISE = 2.0
"""So many times as many may redeem as predicted: the 99.9% quantile of a shock common to all that
is log-normal with a spread of 22%, the models' errors included."""
_Z = NormalDist().inv_cdf(HOLDS)
# Cornish and Fisher's next term is (z^2 - 1) / 6 steps for a sum of rare events, and a sum of
# offers moves by whole steps, half of one on the mean: 1.92 steps together
_STEPS = 2.0


@dataclass(frozen=True)
class Spend:
    """A sum of what contacts may cost.

    Parameters
    ----------
    expected
        Mean, with `SURPRISE` times as many redeeming as predicted.
    variance
        Of that.
    worst
        If everybody redeems.
    step
        The dearest offer.

    Examples
    --------
    >>> month = spend_of(0.1, 2.0, np.full(500, 0.05))
    >>> total = Spend(month.expected.sum(), month.variance.sum(), month.worst.sum(), 2.0)
    >>> round(total.expected), round(total.committed), round(total.worst)
    (150, 195, 1050)
    """

    expected: Any = 0.0
    variance: Any = 0.0
    worst: Any = 0.0
    step: float = 0.0

    @property
    def committed(self) -> Any:
        """What is set aside: the 99.9% quantile of the spend, and never more than the worst case.

        A normal quantile with Cornish and Fisher's (1938) correction for a sum of rare events.
        """
        return np.minimum(
            self.worst, self.expected + _Z * np.sqrt(self.variance) + _STEPS * self.step
        )

    @property
    def reserve(self) -> float:
        """How much of the commitment lies above the mean."""
        return float(self.committed) - float(self.expected)

    def plus(self, other: Spend) -> Spend:
        """Add another sum; the greater step holds."""
        return Spend(
            self.expected + other.expected,
            self.variance + other.variance,
            self.worst + other.worst,
            max(self.step, other.step),
        )

    def times(self, factor: float) -> Spend:
        """Return so many times as many contacts."""
        return Spend(self.expected * factor, self.variance * factor, self.worst * factor, self.step)

    def of(self, rows: Any) -> Spend:
        """Take some of the entries, where they are arrays."""
        return Spend(self.expected[rows], self.variance[rows], self.worst[rows], self.step)

    def sum(self) -> Spend:
        """Add up the entries."""
        expected, variance, worst = (
            math.fsum(np.ravel(x)) for x in (self.expected, self.variance, self.worst)
        )
        return Spend(expected, variance, worst, self.step)


def spend_of(
    contact_cost: Any, offer_cost: Any, redeems: Any, *, commitment: str = LIKELY
) -> Spend:
    """Describe what each contact may cost.

    Parameters
    ----------
    contact_cost, offer_cost
        Of each.
    redeems
        P(the offer is taken), as predicted, in [0, 1].
    commitment
        `LIKELY`: the quantile above. `WORST_CASE`: as if everybody redeemed.

    Examples
    --------
    >>> spend_of(0.1, 2.0, np.array([0.2])).expected.tolist()
    [0.9]
    >>> spend_of(0.1, 2.0, np.array([0.2]), commitment="worst_case").expected.tolist()
    [2.1]
    """
    contact, offer, rate = np.broadcast_arrays(
        *(np.asarray(x, dtype="float64") for x in (contact_cost, offer_cost, redeems))
    )
    step = float(offer.max()) if offer.size else 0.0
    worst = contact + offer
    if commitment == WORST_CASE:
        return Spend(worst, np.zeros_like(worst), worst, step)
    rate = np.clip(SURPRISE * rate, 0.0, 1.0)
    return Spend(contact + rate * offer, rate * (1 - rate) * offer**2, worst, step)
