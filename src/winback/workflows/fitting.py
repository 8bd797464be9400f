"""The three models of a job, fitted on everything that is known at its `as_of`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from winback.errors import NotEnoughDataError
from winback.workflows.evaluate import snapshot_settings
from winback.workflows.session import Session

if TYPE_CHECKING:
    import pandas as pd

    from winback.estimators.churn import ChurnModel
    from winback.estimators.customer_value import CustomerValueModel
    from winback.estimators.tiers import ValueTiers

MIN_CUSTOMERS = 20
_BY_NAME = {"beta_geo": "beta_geo+gamma_gamma", "rate": "rate+own_mean"}
_FALLBACK = "rate+own_mean"


def fit_value(session: Session) -> tuple[CustomerValueModel, str, str]:
    """Fit the value model that the job names, or that a contest inside the known past chooses.

    Where there is too little data for the chosen model, the rule of thumb (rate so far, own mean)
    takes its place, and says so.

    Returns
    -------
    CustomerValueModel
        Fitted.
    str
        The candidate's name.
    str
        Why this one, in one sentence.

    Raises
    ------
    NotEnoughDataError
        Fewer than 20 customers.
    """
    from winback.estimators.artifact import make
    from winback.evaluation.contest import VALUE_CANDIDATES, choose_value

    job, transactions = session.job, session.transactions
    frame = value_frame(session)
    if len(frame) < MIN_CUSTOMERS:
        raise NotEnoughDataError(
            "too few customers for any prediction",
            where=str(session.loaded.job.data.transactions.source),
            got=f"{len(frame)} with a purchase by {job.as_of}",
            allowed=f"{MIN_CUSTOMERS} or more; a few hundred for models to beat simple rules",
        )
    if job.value.purchase_model == "auto":
        choices = choose_value(
            transactions,
            as_of=job.as_of,
            horizon_days=job.value.horizon_days,
            random_state=job.random_state,
        )
        choice = choices["revenue" if transactions.has_amounts else "purchases"]
        name, reasons = choice.name, choice.reasons
    else:
        name = _BY_NAME[job.value.purchase_model]
        reasons = f"{name}, as the job names it"
    settings = {
        "horizon_days": job.value.horizon_days,
        "margin": job.margin,
        "discount_rate": job.discount_rate,
        "random_state": job.random_state,
        **({} if transactions.has_amounts else {"spend_model": None}),
    }
    try:
        return make(VALUE_CANDIDATES[name]).set_params(**settings).fit(frame), name, reasons
    except NotEnoughDataError as error:
        session.reporter.warn(f"{name} falls back on {_FALLBACK}: {error}")
        model = make(VALUE_CANDIDATES[_FALLBACK]).set_params(**settings).fit(frame)
        return model, _FALLBACK, f"{_FALLBACK}, because {name} could not be fitted: {error}"


def value_frame(session: Session) -> pd.DataFrame:
    """Describe every customer at `as_of`, with the last period as long as the value horizon."""
    from winback.evaluation.forward import customer_frame
    from winback.evaluation.windows import Window

    as_of = session.job.as_of
    ahead = Window(as_of, as_of + timedelta(days=session.job.value.horizon_days))
    return customer_frame(session.transactions, ahead)


def fit_churn_model(session: Session) -> ChurnModel:
    """Fit the churn contest on stacked snapshots whose outcome is known.

    Where no snapshot has an outcome yet, or too few customers, the purchase model's P(no
    purchase) takes the place of a trained score, and says so.
    """
    from winback.estimators.churn import ChurnModel
    from winback.evaluation.backtest import CHURN_RECIPE
    from winback.evaluation.churn_forward import churn_data, fit_churn
    from winback.evaluation.windows import Window

    job = session.job
    start = timedelta(days=job.churn.gap_days)
    until = job.as_of + start + timedelta(days=job.churn_horizon_days)
    ahead = Window(job.as_of, until, job.churn.gap_days)
    data = churn_data(
        session.transactions,
        ahead,
        active_within_days=job.churn.active_within_days,
        snapshots=snapshot_settings(session),
        events=session.events,
    )
    try:
        return fit_churn(CHURN_RECIPE, data, ahead, job.random_state)
    except NotEnoughDataError as error:
        if data.purchase_model is None:
            raise
        session.reporter.warn(f"churn falls back on P(no purchase) from BG/NBD: {error}")
        return ChurnModel.from_purchase_model(
            data.purchase_model,
            horizon_days=job.churn_horizon_days,
            gap_days=job.churn.gap_days,
            reason=str(error),
        )


def fit_tiers(session: Session, value: CustomerValueModel) -> ValueTiers:
    """Learn the value tiers, their identities matched to the champion's where there is one."""
    from winback.errors import RegistryError
    from winback.estimators.tiers import ValueTiers
    from winback.registry.aliases import CHAMPION, aliases_of, resolve
    from winback.registry.load import load_version

    job, name = session.job, f"{session.job.name}-tiers"
    frame = value_frame(session)
    worth = value.predict(frame)
    frame["clv"] = worth["clv" if session.transactions.has_amounts else "expected_purchases"]
    previous = None
    if CHAMPION in aliases_of(session.store, name):
        try:
            champion = resolve(session.store, f"{name}@{CHAMPION}")
            previous = load_version(session.store, champion).estimator
        except RegistryError as error:
            session.reporter.warn(f"tiers are named anew: {error}")
    tiers = ValueTiers(
        n_tiers=job.tiers.n_tiers, scheme=job.tiers.scheme, random_state=job.random_state
    )
    return tiers.fit(frame, previous=previous)
