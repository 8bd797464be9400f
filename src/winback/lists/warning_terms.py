"""On what terms customers are warned about, and what is known of those selected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from winback.errors import UsageError
from winback.lists.warn_from import WarnFrom


@dataclass(frozen=True)
class WarningTerms:
    """The terms of a churn-warning list: how many, from where on, and for how long it is good.

    Parameters
    ----------
    capacity
        The most customers a week; or the most of each severity, such as `{"red": 50, "orange":
        100}` (a colour that is not named gets none).
    warn_from
        From where on a customer is warned about.
    active_within_days
        Who bought within so many days is active. None: everybody.
    holdout_share
        Share of all customers in the global holdout: nobody warns about them. 0: there is none.
    channels
        The channels of the job, before those that only the playbook names.
    expires_days
        The list is good for so many days, and never longer than the horizon.
    contact_cap, contact_cap_days
        Nobody is warned about who had so many contacts within so many days, over all lists and
        campaigns. None: no cap.
    currency
        Written after amounts in reasons.
    level_spread
        How unsure the level of demand is, for intervals of sums. 0: as if it were known.

    Raises
    ------
    UsageError
        If the list is not good for a day.
    """

    capacity: int | Mapping[str, int]
    warn_from: WarnFrom = field(default_factory=WarnFrom)
    active_within_days: int | None = 365
    holdout_share: float = 0.0
    channels: Sequence[str] = ()
    expires_days: int = 14
    contact_cap: int | None = None
    contact_cap_days: int = 90
    currency: str | None = None
    level_spread: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a list that is good for no day."""
        if self.expires_days < 1:
            raise UsageError("a list looks at least a day ahead", where="expires_days")


@dataclass(frozen=True)
class Described:
    """What is known of the customers selected, besides their scores.

    Parameters
    ----------
    behaviour
        Behaviour features at `as_of`, in any order.
    contributions
        `customer_id`, and the churn model's contributions (see `winback.lists.reasons`). None: the
        model in use knows none.
    last
        The last behaviours, from `winback.features.last_behaviours`. None: not known.
    horizon_days
        Days that the risk is about, 1 or more.
    """

    behaviour: pd.DataFrame
    contributions: pd.DataFrame | None = None
    last: pd.DataFrame | None = None
    horizon_days: int = 90

    def __post_init__(self) -> None:
        """Refuse a risk about nothing."""
        if self.horizon_days < 1:
            raise UsageError("a list looks at least a day ahead", where="horizon_days")
