"""On what terms customers are called back, and the limits that nobody can set aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from winback.economics import Economics
from winback.errors import Sentence, UsageError
from winback.lists.spend import LIKELY, WORST_CASE

LEAST_CONTROL_SHARE = 0.05
LEAST_HOLDOUT_SHARE = 0.005
EXPLORATION_SHARES = (0.05, 0.5)
MOST_CONTACTED = 0.8  # of the eligible
NEEDS_CONTROLS = 30  # from so many treated on


@dataclass(frozen=True)
class Channel:
    """A channel through which customers are written to.

    Parameters
    ----------
    capacity
        The most customers that are contacted through it in a week, 1 or more.
    contact_cost
        What one contact costs. None: the campaign's.
    """

    capacity: int
    contact_cost: float | None = None


@dataclass(frozen=True)
class Eligibility:
    """Who may be called back at all.

    Parameters
    ----------
    window_days
        Fewest and most days of silence, both included.
    active_within_days
        Who bought within so many days is not dormant. None: nobody is dormant, and the window
        alone decides.
    cooldown_days
        Nobody is written to again within so many days.
    contact_cap, contact_cap_days
        Nobody is written to who had so many contacts within so many days. None: no cap.

    Raises
    ------
    UsageError
        If the window is empty.
    """

    window_days: tuple[int, int] = (0, 730)
    active_within_days: int | None = 365
    cooldown_days: int = 30
    contact_cap: int | None = 3
    contact_cap_days: int = 90

    def __post_init__(self) -> None:
        """Refuse an empty window."""
        shortest, longest = self.window_days
        if not 0 <= shortest <= longest:
            raise UsageError(
                "the window is empty",
                where="window_days",
                got=self.window_days,
                allowed="(from, to), in days",
            )

    @property
    def dormant_after_days(self) -> int:
        """After more than so many days of silence a customer counts as dormant."""
        if self.active_within_days is None:
            return max(0, self.window_days[0] - 1)
        return self.active_within_days


ANYBODY = Eligibility((0, int(np.iinfo("int64").max)), None, contact_cap=None)
"""However long the silence: for whom the days of silence are not the question."""


@dataclass(frozen=True)
class WinBackTerms:
    """The terms of a win-back list: money, hands, who is left alone, and for how long it is good.

    Parameters
    ----------
    economics
        Costs, margin and the assumed uplift.
    budget
        The most that the lists of a calendar week, Monday to Sunday, may commit, above 0.
    commitment
        How much a contact with an offer commits: `likely` (the 99.9% quantile of what the lists
        will cost, even if twice as many return as predicted) or `worst_case` (as if everybody
        redeemed); see `winback.lists.spend`.
    capacity
        The most customers that they contact over all channels, 1 or more.
    channels
        Through which one writes, each with its capacity a week. A customer gets the one that is
        worth the most to the list as a whole; of equals, the first named. The playbook says what
        to do through it. None: e-mail.
    offer
        Replaces the playbook's offers; where it offers nothing, nothing is offered.
    control_share
        Share of the eligible whose arm is control, in [0.05, 1).
    holdout_share
        Share of all customers in the global holdout, in [0.005, 1).
    exploration_share
        Until the uplift is measured, this share of money and places goes by lot; in [0.05, 0.5].
        The lots are drawn anew on every day. Once it is measured, 0.05 goes on, whatever the
        verdict.
    exploration_loss
        Customers below break-even are drawn too, up to an expected loss of this share of the money
        left; in [0, 0.5].
    max_share
        Whatever money and capacity say, no more than this share of the eligible is contacted (in
        one week, together); in (0, 0.8].
    eligibility
        Who may be called back at all.
    horizon_days
        Days in which a return counts: `p_repurchase` is about them.
    expires_days
        The list is good for so many days, and never longer than the horizon.
    currency
        Written after amounts in reasons.

    Raises
    ------
    UsageError
        If a limit or the comparison group is missing, or an argument is out of range. A list
        without limits is never made.

    Examples
    --------
    >>> terms = WinBackTerms(Economics(contact_cost=0.1, offer_cost=5), budget=100, capacity=50)
    >>> terms.through
    {'email': Channel(capacity=50, contact_cost=None)}
    >>> WinBackTerms(Economics(), budget=100, capacity=50, max_share=1)
    Traceback (most recent call last):
    winback.errors.UsageError: a list never contacts everybody...
    """

    economics: Economics
    budget: float
    capacity: int
    channels: Mapping[str, Channel] | None = None
    offer: str | None = None
    control_share: float = 0.2
    holdout_share: float = 0.02
    exploration_share: float = 0.1
    exploration_loss: float = 0.02
    max_share: float = 0.5
    eligibility: Eligibility = field(default_factory=Eligibility)
    horizon_days: int = 90
    expires_days: int = 14
    commitment: str = LIKELY
    currency: str | None = None

    def __post_init__(self) -> None:
        """Refuse a list without limits."""
        budget: float | None = self.budget  # whatever a caller without types may write
        if budget is None or not 0 < budget < np.inf:
            raise UsageError(
                "a list needs a budget",
                where="budget",
                got=self.budget,
                allowed="an amount above 0",
                hint="write what the campaign may cost at most, such as budget: 250",
            )
        if self.commitment not in (LIKELY, WORST_CASE):
            raise UsageError(
                "no way to commit money",
                where="commitment",
                got=self.commitment,
                allowed=f"{LIKELY}, {WORST_CASE}",
            )
        check_capacity(self.capacity)
        for name, channel in (self.channels or {}).items():
            check_capacity(channel.capacity, where=f"channels.{name}.capacity")
        self._check_shares()
        if min(self.horizon_days, self.expires_days) < 1:
            raise UsageError(
                "a list looks at least a day ahead", where="horizon_days, expires_days"
            )

    @property
    def through(self) -> Mapping[str, Channel]:
        """The channels, in order of preference."""
        return self.channels or {"email": Channel(self.capacity)}

    def _check_shares(self) -> None:
        """Refuse shares under which hardly anybody would be left alone, or nothing measured."""
        for where, low, high, problem, allowed, example in _SHARES:
            share = getattr(self, where)
            if share is None or not low <= share <= high:
                hint = Sentence("write for example {key}: {value}", key=where, value=example)
                raise UsageError(problem, where=where, got=share, allowed=allowed, hint=hint)


_BELOW_ONE = float(np.nextafter(1.0, 0.0))
_ABOVE_ZERO = float(np.nextafter(0.0, 1.0))
_SHARES = (
    (
        "control_share",
        LEAST_CONTROL_SHARE,
        _BELOW_ONE,
        "a list needs a comparison group",
        Sentence("{least} or more, below 1", least=LEAST_CONTROL_SHARE),
        0.2,
    ),
    (
        "holdout_share",
        LEAST_HOLDOUT_SHARE,
        _BELOW_ONE,
        "a list needs a global holdout",
        Sentence("{least} or more, below 1", least=LEAST_HOLDOUT_SHARE),
        0.02,
    ),
    (
        "exploration_share",
        *EXPLORATION_SHARES,
        "an unmeasured uplift needs customers drawn by lot",
        Sentence("{low} to {high}", low=EXPLORATION_SHARES[0], high=EXPLORATION_SHARES[1]),
        0.1,
    ),
    (
        "exploration_loss",
        0.0,
        EXPLORATION_SHARES[1],
        "what learning may cost is a share of the money",
        f"0 to {EXPLORATION_SHARES[1]}",
        0.02,
    ),
    (
        "max_share",
        _ABOVE_ZERO,
        MOST_CONTACTED,
        "a list never contacts everybody",
        f"above 0, at most {MOST_CONTACTED}",
        0.5,
    ),
)
"""Name, least, most, what is wrong outside of them, what is allowed, and an example."""


@dataclass(frozen=True)
class Tables:
    """What is known of customers besides their scores; whatever is missing is not known.

    Parameters
    ----------
    customers
        `customer_id` and, where known, `opt_out` (true: never write; missing: not opted out) and
        `contactable_channels`.
    contacts
        `customer_id, timestamp` of earlier contacts, whoever made them, and where known `list_id,
        arm` (rows of `control` were not sent).
    open_cases
        `customer_id, reason`: who has a complaint or a refund open (see
        `winback.features.open_cases`).
    covariates
        `customer_id` and the columns that a measured uplift asks for, where the scores lack them.
    """

    customers: pd.DataFrame | None = None
    contacts: pd.DataFrame | None = None
    open_cases: pd.DataFrame | None = None
    covariates: pd.DataFrame | None = None


def check_capacity(capacity: int | None, where: str = "capacity") -> None:
    """Refuse a list without a capacity.

    Raises
    ------
    UsageError
        If it is not a whole number of 1 or more.
    """
    if not (capacity is not None and float(capacity).is_integer() and capacity >= 1):
        raise UsageError(
            "a list needs a capacity",
            where=where,
            got=capacity,
            allowed="a whole number of 1 or more",
            hint="write how many customers the team can work through, such as capacity: 200",
        )


def check_controls(treated: int, control: int) -> None:
    """Refuse a list of some size that nobody is compared with.

    Raises
    ------
    UsageError
        If 30 or more are contacted and nobody above the cut-off is left alone.

    Examples
    --------
    >>> check_controls(treated=29, control=0)
    >>> check_controls(treated=200, control=0)
    Traceback (most recent call last):
    winback.errors.UsageError: nobody would be left alone for comparison...
    """
    if treated >= NEEDS_CONTROLS and not control:
        raise UsageError(
            "nobody would be left alone for comparison",
            where="control_share",
            got=Sentence("{treated:,} treated, 0 controls", treated=treated),
            allowed=Sentence(
                "a control or more on a list of {least} or more treated", least=NEEDS_CONTROLS
            ),
            hint="draw a larger comparison group, such as control_share: 0.2",
        )
