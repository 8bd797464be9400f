"""The three models of a job, fitted on everything that is known at its `as_of`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from winback.errors import NotEnoughDataError
from winback.workflows.evaluate import named_candidate, snapshot_settings
from winback.workflows.session import Session

if TYPE_CHECKING:
    import pandas as pd

    from winback.estimators.beta_geo import BetaGeoModel

MIN_CUSTOMERS = 20
_FALLBACK = "rate+own_mean"


@dataclass(frozen=True)
class Fitted:
    """A fitted model, and what there is to say about it.

    Attributes
    ----------
    estimator
        The model.
    name
        The candidate that was chosen.
    reasons
        Why this one, in one sentence.
    caveats
        What to know before relying on it: a degenerate fit, a fallback. One sentence each.
    metrics
        What the fit itself measured.
    """

    estimator: Any
    name: str
    reasons: str
    caveats: tuple[str, ...] = ()
    metrics: dict[str, float] = field(default_factory=dict)


def fit_value(session: Session, frame: pd.DataFrame) -> Fitted:
    """Fit the value model that the job names, or that a contest inside the known past chooses.

    `frame` is from `value_frame`.

    Where there is too little data for the chosen model, the rule of thumb (rate so far, own mean)
    takes its place, and says so.
    """
    from winback.estimators.artifact import make
    from winback.evaluation.contest import VALUE_CANDIDATES, choose_value

    job, transactions = session.job, session.transactions
    named = named_candidate(session)
    if named is None:
        choices = choose_value(
            transactions,
            as_of=job.as_of,
            horizon_days=job.value.horizon_days,
            random_state=job.random_state,
        )
        choice = choices["revenue" if transactions.has_amounts else "purchases"]
        name, reasons = choice.name, choice.reasons
    else:
        name, reasons = named, f"{named}, as the job names it"
    settings = {
        "horizon_days": job.value.horizon_days,
        "margin": job.margin,
        "discount_rate": job.discount_rate,
        "random_state": job.random_state,
        **({} if transactions.has_amounts else {"spend_model": None}),
    }
    try:
        model = make(VALUE_CANDIDATES[name]).set_params(**settings).fit(frame)
    except NotEnoughDataError as error:
        model = make(VALUE_CANDIDATES[_FALLBACK]).set_params(**settings).fit(frame)
        caveat = (
            f"the value model falls back on {_FALLBACK}, as {name} cannot be fitted: {error.reason}"
        )
        return Fitted(model, _FALLBACK, caveat, (caveat,))
    return Fitted(model, name, reasons, model.caveats_)


def require_customers(session: Session) -> None:
    """Refuse a job with too few customers, before any time is spent on it.

    Raises
    ------
    NotEnoughDataError
        Fewer than 20 customers.
    """
    counts = session.transactions.counts
    if counts.customers < MIN_CUSTOMERS:
        raise NotEnoughDataError(
            "too few customers for any prediction",
            where=str(session.loaded.shown["data"]["transactions"]["source"]),
            got=f"{counts.customers} with a purchase by {session.job.as_of}",
            allowed=f"{MIN_CUSTOMERS} or more; a few hundred for models to beat simple rules",
        )


def value_frame(session: Session) -> pd.DataFrame:
    """Describe every customer at `as_of`, with the last period as long as the value horizon."""
    from winback.evaluation.forward import customer_frame
    from winback.evaluation.windows import Window

    as_of = session.job.as_of
    ahead = Window(as_of, as_of + timedelta(days=session.job.value.horizon_days))
    return customer_frame(session.transactions, ahead)


def fit_churn(session: Session) -> Fitted:
    """Fit the churn contest on stacked snapshots whose outcome is known.

    Where no snapshot has an outcome yet, or too few customers, the purchase model's P(no
    purchase) takes the place of a trained score, and says so. Where too few have bought again
    for that one too, everybody's mean rate of purchase does.

    Raises
    ------
    NotEnoughDataError
        Nobody has been a customer for a day yet: there is no rate to speak of.
    """
    from winback.estimators.churn import ChurnModel
    from winback.evaluation import churn_forward
    from winback.evaluation.backtest import CHURN_RECIPE
    from winback.evaluation.windows import Window

    job = session.job
    start = timedelta(days=job.churn.gap_days)
    until = job.as_of + start + timedelta(days=session.churn_horizon_days)
    ahead = Window(job.as_of, until, job.churn.gap_days)
    data = churn_forward.churn_data(
        session.transactions,
        ahead,
        active_within_days=job.churn.active_within_days,
        snapshots=snapshot_settings(session),
        events=session.events,
    )
    try:
        model = churn_forward.fit_churn(CHURN_RECIPE, data, ahead, job.random_state)
    except NotEnoughDataError as error:
        source, purchase_model = "BG/NBD", data.purchase_model
        if purchase_model is None:
            source, purchase_model = "everybody's mean rate", mean_rate_model(value_frame(session))
        caveat = f"the churn score falls back on P(no purchase) from {source}: {error.reason}"
        model = ChurnModel.from_purchase_model(
            purchase_model,
            horizon_days=session.churn_horizon_days,
            gap_days=job.churn.gap_days,
            reason=caveat,
        )
        return Fitted(model, model.selected_, caveat, (caveat,))
    return Fitted(model, model.selected_, model.reasons_)


def mean_rate_model(frame: pd.DataFrame) -> BetaGeoModel:
    """Return a purchase model that needs no repeat buyers: the NBD around everybody's mean rate.

    Rates are spread exponentially (r = 1) around the mean, of which half a purchase is a guess
    (Jeffreys), and nobody drops out: a customer without a repeat purchase is likely, but never
    certain, to stay away, and each repeat purchase counts.

    Parameters
    ----------
    frame
        `frequency` and `T` of every customer, in days.

    Raises
    ------
    NotEnoughDataError
        Every customer's first purchase was on the last day that is known.
    """
    from winback.estimators.beta_geo import BetaGeoModel

    days = float(frame["T"].sum())
    if days == 0:
        raise NotEnoughDataError(
            "nobody has had a day to come back",
            got=f"{len(frame)} customers, all new on the last day that is known",
            allowed="at least one day of history",
            hint="use a later as_of, or more history",
        )
    model = BetaGeoModel()
    model.r_, model.alpha_ = 1.0, days / (float(frame["frequency"].sum()) + 0.5)
    model.a_, model.b_ = 0.0, 2.0  # no dropout: any b will do
    model.degenerate_ = "everybody's mean rate of purchase, as nothing more could be fitted"
    model.n_, model.converged_ = float(len(frame)), True
    return model
