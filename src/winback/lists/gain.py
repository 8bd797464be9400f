"""Which uplift is in force: an experiment's, as far as it has measured one, or the prior."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.lists.economics import PRIOR, Economics

if TYPE_CHECKING:
    from winback.estimators.uplift import UpliftModel


@dataclass(frozen=True)
class Gain:
    """The uplift in force.

    Parameters
    ----------
    uplift
        By customer; None: the prior of `economics` times P(alive).
    source
        Where it comes from.
    measured
        Whether an experiment told it apart from 0. If not, some customers are chosen by lot.
    economics
        The money side, with the prior in force.
    sentence
        All this in words.
    evidence
        What past campaigns measured, as plain data.
    """

    uplift: pd.Series | None
    source: str
    measured: bool
    economics: Economics
    sentence: str
    evidence: dict[str, Any] | None = None


def gain_in_force(eligible: pd.DataFrame, economics: Economics, model: UpliftModel | None) -> Gain:
    """Decide which uplift the list works with.

    * No experiment, or one too small: the prior.
    * An experiment whose interval holds 0: the prior, but no more than the interval's upper end;
      its data neither show an uplift nor support a larger one.
    * An experiment told apart from 0: what it measured, by stratum as far as it tells strata
      apart. If it measured harm, nobody is worth calling back.

    Parameters
    ----------
    eligible
        The covariates of the model, by customer.
    economics
        Costs, margin and prior.
    model
        A fitted `winback.estimators.uplift.UpliftModel`, or None.

    Examples
    --------
    >>> gain = gain_in_force(pd.DataFrame(), Economics(contact_cost=0.1, offer_cost=2), None)
    >>> gain.source, gain.measured
    ('prior, unmeasured', False)
    >>> gain.sentence
    'The uplift of 2.0 points is a prior, unmeasured.'
    """
    stated = f"The uplift of {economics.uplift_prior * 100:.1f} points is a {PRIOR}"
    if model is None:
        return Gain(None, PRIOR, measured=False, economics=economics, sentence=stated + ".")
    evidence = model.summary()
    if model.status_ == "too few":
        told = f"{stated}: {model.reason_}."
        return Gain(
            None, PRIOR, measured=False, economics=economics, sentence=told, evidence=evidence
        )
    if model.status_ == "measured":
        uplift = model.predict_frame(eligible)["uplift"]
        told = f"The uplift is measured, {model.source_}. {model.reason_}"
        return Gain(
            uplift,
            model.source_,
            measured=True,
            economics=economics,
            sentence=told,
            evidence=evidence,
        )
    within = replace(economics, uplift_prior=min(economics.uplift_prior, model.high_))
    source = f"{model.source_}, not distinguishable from 0; {PRIOR}"
    told = (
        f"The uplift was measured and is not distinguishable from 0 ({model.source_}); the list "
        f"works with {within.uplift_prior * 100:.1f} points, the {PRIOR}, up to the upper end of "
        "that interval."
    )
    return Gain(None, source, measured=False, economics=within, sentence=told, evidence=evidence)
