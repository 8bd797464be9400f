"""Which uplift is in force: an experiment's, as far as it has measured one, or the prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.economics import Economics
from winback.messages import Message

if TYPE_CHECKING:
    from winback.estimators.uplift.uplift_model import UpliftModel

OFFER, WITH, WITHOUT = "offer", "with", "without"
"""The group of an uplift model that tells contacts with an offer from those without."""
PRIOR = "prior, unmeasured"
"""What the lists write where nobody has measured the uplift."""
NO_OFFER_SOURCE = f"contact without an offer: {PRIOR}, at most what an offer's contact measured"


@dataclass(frozen=True)
class Gain:
    """The uplift in force.

    Parameters
    ----------
    uplift
        By customer; None: the prior of `economics` times P(alive).
    source
        Where it comes from, in one phrase.
    measured
        Whether an experiment told it apart from 0. If not, some customers are chosen by lot.
    economics
        The money side, with the prior in force.
    message
        All this in words.
    evidence
        What past campaigns measured, as plain data.
    bare
        The uplift of a contact without an offer, by customer, where campaigns had such contacts.
    """

    uplift: pd.Series | None
    source: Message
    measured: bool
    economics: Economics
    message: Message
    evidence: dict[str, Any] | None = None
    bare: pd.Series | None = None

    def of(
        self, customers: pd.DataFrame, with_offer: pd.Series
    ) -> tuple[pd.Series | None, pd.Series | str]:
        """Return the uplift of each customer's contact, and where it comes from.

        What campaigns with an offer have measured does not speak for a contact without one: there
        it is the prior times P(alive), and no more than what was measured.

        Parameters
        ----------
        customers
            `p_alive`, where known.
        with_offer
            Whether the contact comes with an offer, aligned.
        """
        if self.uplift is None or with_offer.all():
            return self.uplift, str(self.source)
        if self.bare is not None:
            return self.uplift.where(with_offer, self.bare), str(self.source)
        prior = self.economics.uplift_prior * _alive(customers)
        bare = pd.concat([prior, self.uplift], axis=1).min(axis=1)
        source = pd.Series(str(self.source), index=customers.index, dtype="str")
        return self.uplift.where(with_offer, bare), source.where(with_offer, NO_OFFER_SOURCE)


def gain_in_force(eligible: pd.DataFrame, economics: Economics, model: UpliftModel | None) -> Gain:
    """Decide which uplift the list works with.

    * No experiment, or one too small: the prior.
    * An experiment: what is believed of it, prior and data together (the prior gives way as
      evidence comes in, whether or not it has been told apart from 0), by stratum as far as strata
      are told apart; no customer is credited with more than P(alive) leaves room for. If that is
      harm, nobody is worth calling back, but by lot.
    * A contact without an offer: what campaigns without one say; where there were none, the prior
      times P(alive), and no more than what those with an offer say.

    Parameters
    ----------
    eligible
        The covariates of the model, `p_repurchase` and, where known, `p_alive`, by customer.
    economics
        Costs, margin and prior.
    model
        A fitted `winback.estimators.uplift.uplift_model.UpliftModel`, or None.

    Examples
    --------
    >>> gain = gain_in_force(pd.DataFrame(), Economics(contact_cost=0.1, offer_cost=2), None)
    >>> str(gain.source), gain.measured
    ('prior, unmeasured', False)
    >>> str(gain.message)
    'The uplift of 2.0 points is a prior, unmeasured.'
    """
    points, prior = economics.uplift_prior * 100, Message("gain.prior_source")
    if model is None:
        stated = Message("gain.prior", points=points)
        return Gain(None, prior, False, economics, stated)
    evidence, source = model.summary(), model.source_
    if model.status_ == "too few":
        few = Message("gain.too_few", points=points, why=model.reason_)
        return Gain(None, prior, False, economics, few, evidence)
    kinds = model.seen_.get(OFFER, [])
    with_offer = _believed(model, eligible, WITH)
    bare = _believed(model, eligible, WITHOUT) if WITHOUT in kinds else None
    if model.status_ == "measured":
        measured = Message("gain.measured", source=source, reason=model.reason_)
        return Gain(with_offer, source, True, economics, measured, evidence, bare)
    unclear = Message("gain.unclear", source=source, points=model.overall_ * 100)
    named = Message("gain.unclear_source", source=source)
    return Gain(with_offer, named, False, economics, unclear, evidence, bare)


def _believed(model: UpliftModel, eligible: pd.DataFrame, kind: str) -> pd.Series:
    uplift = model.predict_frame(eligible.assign(**{OFFER: kind}))["uplift"]
    return within_p_alive(uplift, eligible)


def within_p_alive(uplift: pd.Series, customers: pd.DataFrame) -> pd.Series:
    """Credit no customer with more than their P(alive) leaves room for.

    Who has left for good comes back neither with a contact nor without one: P(return), contacted,
    is at most P(alive). What that takes from some was measured all the same: it goes to the others
    for whom the same was measured, in so far as they have room, so that the mean is kept.

    Parameters
    ----------
    uplift
        As measured, by customer.
    customers
        `p_repurchase` (P(return untreated)) and, where known, `p_alive`, aligned.

    Examples
    --------
    >>> customers = pd.DataFrame({"p_alive": [0.9, 0.05, 0.01], "p_repurchase": [0.2, 0.04, 0.02]})
    >>> within_p_alive(pd.Series([0.04, 0.04, 0.04]), customers).round(3).tolist()
    [0.096, 0.01, 0.0]
    """
    room = (_alive(customers) - customers["p_repurchase"].astype("float64")).clip(lower=0.0)
    within = uplift.where((uplift <= room) | (uplift <= 0), room)
    same = uplift.round(12)
    left = within.groupby(same).transform("sum")
    more = (uplift.groupby(same).transform("sum") / left.where(left > 0)).fillna(1.0)
    raised = (within * more).where(uplift > 0, uplift)
    return raised.where((raised <= room) | (raised <= 0), room)


def _alive(customers: pd.DataFrame) -> pd.Series:
    if "p_alive" not in customers.columns:
        return pd.Series(1.0, index=customers.index)
    return customers["p_alive"].astype("float64")
