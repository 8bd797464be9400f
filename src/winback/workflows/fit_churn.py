"""The churn model of a job: its parameters searched if wanted, its contest, and its fallbacks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from winback.errors import NotEnoughDataError, Sentence
from winback.messages import Message
from winback.workflows.evaluate import churn_recipe, churn_settings
from winback.workflows.fitting import Fitted, value_frame

if TYPE_CHECKING:
    import pandas as pd

    from winback.config import Job
    from winback.estimators.churn.churn_model import ChurnModel
    from winback.estimators.purchase.beta_geo import BetaGeoModel
    from winback.evaluation.baseline_instead import Instead
    from winback.evaluation.churn_forward import ChurnData
    from winback.evaluation.churn_tuning import Tuning
    from winback.evaluation.forward import Recipe
    from winback.evaluation.windows import Window
    from winback.workflows.reporter import Reporter
    from winback.workflows.tables import JobTables


def fit_churn(
    job: Job, tables: JobTables, reporter: Reporter, instead: Instead | None = None
) -> Fitted:
    """Fit the churn contest on stacked snapshots whose outcome is known.

    `instead` is the baseline that takes the choice's place: all candidates are fitted, and it is
    the one that is trusted.

    Where no snapshot has an outcome yet, or too few customers, the purchase model's P(no
    purchase) takes the place of a trained score, and says so. Where too few have bought again
    for that one too, everybody's mean rate of purchase does.

    Raises
    ------
    NotEnoughDataError
        Nobody has been a customer for a day yet: there is no rate to speak of.
    """
    from winback.estimators.churn.churn_model import ChurnModel
    from winback.evaluation import churn_forward
    from winback.evaluation.windows import Window

    start = timedelta(days=job.churn.gap_days)
    until = job.as_of + start + timedelta(days=tables.churn_horizon_days)
    ahead = Window(job.as_of, until, job.churn.gap_days)
    data = churn_forward.ChurnData(tables.past, ahead, churn_settings(job))
    recipe, tuning = churn_recipe(job), None
    try:
        if job.churn.tune:
            tuning = tuned(job, reporter, data, ahead)
            if tuning.better:
                recipe["params"]["lightgbm"] = tuning.params
        model = churn_forward.fit_churn(recipe, data, ahead, job.random_state)
    except NotEnoughDataError as error:
        why = Message.of_error(error)
        caveat = Message("churn.falls_back", model="beta_geo", why=why)
        purchase_model = data.purchase_model
        if purchase_model is None:
            purchase_model = mean_rate_model(value_frame(job, tables))
            caveat = Message("churn.falls_back", model=Message("churn.mean_rate"), why=why)
        model = ChurnModel.from_purchase_model(
            purchase_model,
            horizon_days=tables.churn_horizon_days,
            gap_days=job.churn.gap_days,
            reason=caveat,
        )
        return Fitted(model, model.selected_, caveat, (caveat,))
    alone = None
    if instead is not None and instead.name in model.candidates_:
        model.trust(instead.name, instead.message)
        alone = _recipe_alone(model)
    drift = model.base_rate_drift_
    caveats = (Message("churn.level_moves", why=drift["message"]),) if drift["notable"] else ()
    numbers = {f"base_rate_{name}": drift[name] for name in ("sd", "level_error")}
    kept = {
        "evidence.csv": model.evidence_,
        "contest.csv": model.contest_,
        "base_rate_by_snapshot.csv": model.base_rate_by_snapshot_,
    }
    return Fitted(
        model,
        model.selected_,
        model.reasons_,
        caveats,
        {name: value for name, value in numbers.items() if value is not None},
        kept,
        None if tuning is None else tuning.trials,
        alone,
    )


def _recipe_alone(model: ChurnModel) -> Recipe:
    """Return how to make a model of the trusted candidate alone: it predicts the same."""
    from winback.estimators.base.artifact import recipe_of

    own = recipe_of(model)
    terms = {name: term for name, term in own["params"]["contest"].items() if name != "economics"}
    alone = {"candidates": [model.selected_], "contest": terms}
    return {**own, "params": {**own["params"], **alone}}


def tuned(job: Job, reporter: Reporter, data: ChurnData, window: Window) -> Tuning:
    """Search LightGBM's parameters, and print what to write into the job to keep them.

    Raises
    ------
    NotEnoughDataError
        There is no snapshot to learn from, or too few customers.
    UsageError
        Optuna is not installed.
    """
    from winback.evaluation.churn_tuning import as_yaml, tune
    from winback.features.feature_catalogue import feature_columns

    if data.train is None or data.train.empty:
        raise NotEnoughDataError(Message("few.labelled_snapshot"))
    names = ["customer_id", "as_of", *feature_columns(data.train.columns)]
    with reporter.step(Message("doing.tune", trials=job.churn.tune)):
        tuning = tune(
            data.train[names],
            data.train["churned"],
            {"horizon_days": window.horizon_days, "gap_days": window.gap_days},
            n_trials=job.churn.tune,
            random_state=job.random_state,
        )
    reporter.say(tuning.message)
    if tuning.better:
        reporter.say(Message("log.keep_params"))
        reporter.say(Message.of(as_yaml(tuning.params)))
    return tuning


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
    from winback.estimators.purchase.beta_geo import BetaGeoModel

    days = float(frame["T"].sum())
    if days == 0:
        raise NotEnoughDataError(
            "nobody has had a day to come back",
            got=Sentence(
                "{n} {n:form.customer/customers}, all new on the last day that is known",
                n=len(frame),
            ),
            allowed="at least one day of history",
            hint="use a later as_of, or more history",
        )
    model = BetaGeoModel()
    model.r_, model.alpha_ = 1.0, days / (float(frame["frequency"].sum()) + 0.5)
    model.a_, model.b_ = 0.0, 2.0  # no dropout: any b will do
    model.degenerate_ = Message("fit.mean_rate")
    model.n_, model.converged_ = float(len(frame)), True
    return model
