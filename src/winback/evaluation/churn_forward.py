"""Forward tests of churn: labelled snapshots of the past, and the customers active at a cut-off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from winback.data.tables import Transactions
from winback.economics import Economics
from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.base.artifact import make
from winback.estimators.churn.candidates import SIMPLE_CANDIDATES, BetaGeoChurn
from winback.estimators.churn.churn_model import ChurnModel
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.purchase_rule import PurchaseRule
from winback.evaluation.calibration import Floats
from winback.evaluation.forward import ForwardTest, Recipe, attempt, unfitted
from winback.evaluation.windows import (
    Window,
    first_day,
    known_past,
    outcomes,
    some_customers,
)
from winback.features.behaviour import active, behaviour_table
from winback.features.feature_catalogue import feature_columns
from winback.features.habits import event_types
from winback.features.purchases import purchase_days
from winback.features.rfm import rfm_table
from winback.features.snapshots import snapshot_dates, training_table

ECONOMICS = ("margin", "save_rate", "contact_cost", "offer_cost")  # they only choose
MAX_CUSTOMERS = 100_000  # more teach a churn model little, and cost memory for every snapshot


@dataclass(frozen=True)
class SnapshotSettings:
    """The past dates a churn model learns from.

    Parameters
    ----------
    count : int
        At most so many, newest first.
    every_days : int
        Spacing in days.
    min_history_days : int
        History needed before a date; a horizon is enough where that is shorter.
    """

    count: int = 6
    every_days: int = 30
    min_history_days: int = 60


@dataclass(frozen=True)
class ChurnData:
    """What churn models are fitted on and judged on at one cut-off.

    Parameters
    ----------
    train : DataFrame or None
        Stacked snapshots with mature labels (``churned``); None if history has none.
    active : ir.Table
        Active customers at the window's `as_of`, by their behaviour; computed by `population`.
    purchase_model : BetaGeoModel or None
        BG/NBD fitted on everything known at `as_of`, in days; None if it could not be.
    purchase_models : dict of date to BetaGeoModel
        The like at each snapshot, where it could be fitted.
    dates : list of date
        The snapshots, newest first.
    """

    train: pd.DataFrame | None
    active: ir.Table
    purchase_model: BetaGeoModel | None
    purchase_models: dict[date, BetaGeoModel]
    dates: list[date]

    @cached_property
    def population(self) -> pd.DataFrame:
        """The active customers, sorted; asked for by forward tests only, and kept."""
        frame: pd.DataFrame = self.active.order_by("customer_id").to_pyarrow().to_pandas()
        return frame


@dataclass(frozen=True)
class Foretold:
    """What churn models fitted at one cut-off predict for the days after it.

    Parameters
    ----------
    customers : Series of str
        The active customers, sorted.
    actual : ndarray
        1.0 = no purchase day in the window.
    fits : list of (ChurnModel, DataFrame)
        Each model, with P(churn) by each of its candidates, aligned with `customers`.
    """

    customers: pd.Series[str]
    actual: Floats
    fits: list[tuple[ChurnModel, pd.DataFrame]] = field(default_factory=list)


class KnownChurn:
    """What churn models of one shop's data foretell already, by window and settings.

    Evaluation and gate judge the same models on the same days: whoever calls both on the same
    transactions and events hands the same object to both. Predictions are kept, no behaviour.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[Window, int | None, SnapshotSettings], Foretold] = {}

    def get(
        self, window: Window, active_within_days: int | None, snapshots: SnapshotSettings
    ) -> Foretold | None:
        """Return what is known of a window, if anything is."""
        return self._known.get((window, active_within_days, snapshots))

    def keep(
        self,
        window: Window,
        active_within_days: int | None,
        snapshots: SnapshotSettings,
        foretold: Foretold,
    ) -> None:
        """Remember what is known of a window."""
        self._known[window, active_within_days, snapshots] = foretold


def churn_data(
    transactions: Transactions,
    window: Window,
    *,
    active_within_days: int | None,
    snapshots: SnapshotSettings,
    events: ir.Table | None = None,
) -> ChurnData:
    """Build the training and test populations for churn, of what was known at `as_of` alone."""
    past = known_past(transactions, window.as_of)
    dates = snapshot_dates(
        first_day=first_day(past),
        as_of=window.as_of,
        horizon_days=window.horizon_days,
        gap_days=window.gap_days,
        every_days=snapshots.every_days,
        count=snapshots.count,
        min_history_days=min(snapshots.min_history_days, window.horizon_days),
    )
    described: dict[str, Any] = {
        "count_zero": past.count_zero,
        "horizon_days": window.horizon_days,
        "events": events,
        "event_types": None if events is None else event_types(events, window.as_of),
    }
    train = None
    if dates:
        learners = some_customers(past.table, MAX_CUSTOMERS)
        table = training_table(
            behaviour_table(past.table, dates, customers=learners, **described),
            past.table,
            dates,
            as_of=window.as_of,
            horizon_days=window.horizon_days,
            gap_days=window.gap_days,
            active_within_days=active_within_days,
            count_zero=past.count_zero,
        )
        train = table.order_by(["as_of", "customer_id"]).to_pyarrow().to_pandas()
        newest = Window(max(dates), window.as_of, window.gap_days)
        if newest.horizon_days < window.horizon_days:  # proved, not hoped
            raise ModelError("a training label reaches past what is known", got=str(newest))
    fits = {day: purchase_model(past, day) for day in [window.as_of, *dates]}
    models = {day: model for day, model in fits.items() if model is not None}
    customers = active(behaviour_table(past.table, [window.as_of], **described), active_within_days)
    model = models.pop(window.as_of, None)
    return ChurnData(train, customers, model, models, dates)


def purchase_model(transactions: Transactions, as_of: date) -> BetaGeoModel | None:
    """Fit BG/NBD, in days, on every customer known at `as_of`; None if it cannot be fitted.

    The engine counts equal histories, so that memory does not grow with the customers.
    """
    days = purchase_days(transactions.table, as_of, count_zero=transactions.count_zero)
    rows = rfm_table(days, as_of)
    histories = rows.group_by(list(BetaGeoModel.columns)).aggregate(weight=rows.count())
    model: BetaGeoModel | None = attempt(
        {}, "beta_geo", BetaGeoModel().fit, histories.to_pyarrow().to_pandas()
    )
    return model


def fit_churn(recipe: Recipe, data: ChurnData, window: Window, random_state: int = 0) -> ChurnModel:
    """Fit a churn recipe on the snapshots, and on features of the catalogue only.

    Raises
    ------
    NotEnoughDataError
        If no snapshot has a mature label.
    """
    return _fit(unfitted(recipe, window, random_state), data, window)


def _fit(model: ChurnModel, data: ChurnData, window: Window) -> ChurnModel:
    if data.train is None or data.train.empty:
        raise NotEnoughDataError(
            "history is too short for one labelled snapshot",
            got=f"as_of {window.as_of}, horizon {window.horizon_days} days",
            hint="give more history, or a shorter horizon",
        )
    names = feature_columns(data.train.columns)  # whatever else was joined on is not learned
    return model.fit(
        data.train[["customer_id", "as_of", *names]],
        data.train["churned"],
        purchase_model=data.purchase_model,
        purchase_models=data.purchase_models,
        value=mean_purchase(data.train),
    )


def mean_purchase(train: pd.DataFrame) -> pd.Series[float]:
    """Return what a saved customer brings at least: one purchase day of their own mean, so far.

    Of all net amounts known at the snapshot, refunds included, hence never of the label's window;
    1 each where there are no amounts.
    """
    value = (train["realised_revenue"] / (train["frequency"] + 1.0)).clip(lower=0.0)
    return value if value.any() else value + 1.0


def economics_of(recipe: Recipe) -> Economics:
    """Return the economics of a contact that a churn recipe states.

    Examples
    --------
    >>> economics_of({"estimator": "ChurnModel", "params": {"contact_cost": 0.5}}).contact_cost
    0.5
    """
    economics: Economics = make(recipe).economics
    return economics


def churn_forward(
    transactions: Transactions,
    recipes: Mapping[str, Recipe],
    window: Window,
    *,
    active_within_days: int | None,
    snapshots: SnapshotSettings,
    events: ir.Table | None = None,
    random_state: int = 0,
    known: KnownChurn | None = None,
) -> ForwardTest:
    """Fit churn recipes at the window's `as_of` and set them beside what happened.

    The population is every customer active at `as_of`; 1 = no purchase day in the window. What
    recipes have in common is fitted once, and what is `known` already is not fitted again.
    """

    @cache
    def data() -> ChurnData:
        return churn_data(
            transactions,
            window,
            active_within_days=active_within_days,
            snapshots=snapshots,
            events=events,
        )

    foretold = None if known is None else known.get(window, active_within_days, snapshots)
    if foretold is None:
        customers = data().population["customer_id"]
        actual = outcomes(transactions, window, customers)["churned"].to_numpy()
        foretold = Foretold(customers, actual)
    failed: dict[str, str] = {}
    models: dict[str, ChurnModel] = {}
    for name, recipe in recipes.items():
        model = attempt(failed, name, unfitted, recipe, window, random_state)
        if model is not None:
            models[name] = model
    fits, predictions = foretold.fits, dict[str, pd.DataFrame]()
    # most candidates first: a baseline is one candidate of the contest it is set beside
    for name in sorted(models, key=lambda name: -len(models[name].candidates)):
        model = models[name]
        predicted = _shown(model, fits)
        if predicted is None and attempt(failed, name, _fit, model, data(), window) is not None:
            fits.append((model, model.candidate_probabilities(data().population)))
            predicted = fits[-1][1][model.selected_]
        if predicted is not None:
            predictions[name] = pd.DataFrame({"predicted": predicted})
    in_order = {name: predictions[name] for name in recipes if name in predictions}
    return ForwardTest(window, "churn", foretold.customers, foretold.actual, in_order, failed)


def _shown(
    model: ChurnModel, fits: Sequence[tuple[ChurnModel, pd.DataFrame]]
) -> pd.Series[float] | None:
    """Return what `model` would predict where a fit, with what its candidates predict, tells.

    It tells exactly if the parameters are equal, or differ in that `model` has one of the
    candidates only: each is fitted, and calibrated by its own evidence, whoever else competes and
    whatever decides between them.
    """
    for fit, predicted in fits:
        ours, theirs = model.get_params(), fit.get_params()
        if ours == theirs:
            return predicted[fit.selected_]
        alone = [str(name) for name in ours["candidates"]]
        without_a_say = {"candidates", *ECONOMICS}
        if set(alone) <= set(SIMPLE_CANDIDATES):
            without_a_say.add("lightgbm")
        ours, theirs = (
            {name: value for name, value in params.items() if name not in without_a_say}
            for params in (ours, theirs)
        )
        # a candidate without evidence could not win alone: its own fit then says why
        if ours == theirs and len(alone) == 1 and alone[0] in set(fit.contest_["candidate"]):
            return predicted[alone[0]]
    return None


def unlabelled_churn(data: ChurnData, window: Window) -> pd.DataFrame:
    """Return P(no purchase in the window) by models that need no labels, the best known first.

    For histories shorter than gap and horizon: no snapshot then has a mature label. BG/NBD where
    it could be fitted, and the purchase rate so far as a Poisson process.
    """
    columns: dict[str, pd.Series[float]] = {}
    population, horizon = data.population, window.horizon_days
    if data.purchase_model is not None:
        candidate = BetaGeoChurn.from_purchase_model(
            data.purchase_model, horizon_days=horizon, gap_days=window.gap_days
        )
        columns["beta_geo"] = pd.Series(candidate.churn_probability(population), population.index)
    rate = PurchaseRule("rate").fit(population)
    columns["rate"] = 1.0 - rate.p_purchase(population, horizon)
    return pd.DataFrame(columns)
