"""Forward tests of churn: labelled snapshots of the past, and the customers active at a cut-off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

import ibis.expr.types as ir
import pandas as pd

from winback.data.engine import laid_down, let_go
from winback.economics import Economics
from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.base.artifact import make
from winback.estimators.churn.candidates import SIMPLE_CANDIDATES, BetaGeoChurn
from winback.estimators.churn.churn_model import ChurnModel
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.leaving import keepable_share
from winback.estimators.purchase.purchase_rule import PurchaseRule
from winback.evaluation.calibration import Floats
from winback.evaluation.churn_contest import choose_churn
from winback.evaluation.churn_level import ChurnLevel, churn_level
from winback.evaluation.forward import ForwardTest, Recipe, attempt, unfitted
from winback.evaluation.past import Past
from winback.evaluation.windows import Window, with_season
from winback.features.behaviour import active
from winback.features.feature_catalogue import feature_columns
from winback.features.snapshots import snapshot_dates, training_table
from winback.messages import Message

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
class ChurnSettings:
    """Whom churn is asked of, and from when on.

    Parameters
    ----------
    active_within_days : int or None
        Customers who bought at most so many days before; None: everybody.
    gap_days : int
        Days after the cut-off that are not judged.
    snapshots : SnapshotSettings
        From which past dates churn models learn.
    """

    active_within_days: int | None = 365
    gap_days: int = 0
    snapshots: SnapshotSettings = field(default_factory=SnapshotSettings)


class ChurnData:
    """What churn models are fitted on and judged on at one cut-off, of what was known then.

    Parameters
    ----------
    past : Past
        Of the window's `as_of`.
    window : Window
        The days that are predicted.
    settings : ChurnSettings

    Attributes
    ----------
    dates : list of date
        The snapshots, newest first; none where history is too short for a mature label.
    """

    def __init__(self, past: Past, window: Window, settings: ChurnSettings) -> None:
        self._past, self._window, self._settings = past, window, settings
        wanted = settings.snapshots
        least = min(wanted.min_history_days, window.horizon_days)
        newest_first = snapshot_dates(
            first_day=past.first_day,
            as_of=past.settled,
            horizon_days=window.horizon_days,
            gap_days=window.gap_days,
            every_days=wanted.every_days,
            count=wanted.count,
            min_history_days=least,
        )
        self.dates = with_season(
            newest_first,
            window.as_of,
            label_days=window.gap_days + window.horizon_days,
            count=wanted.count,
            every_days=wanted.every_days,
            first=past.first_day + timedelta(days=least - 1),
        )
        if self.dates:
            newest = Window(max(self.dates), past.as_of, window.gap_days)
            if newest.horizon_days < window.horizon_days:  # proved, not hoped
                raise ModelError("a training label reaches past what is known", got=str(newest))

    @cached_property
    def train(self) -> pd.DataFrame | None:
        """Stacked snapshots with mature labels (``churned``); None if history has none."""
        if not self.dates:
            return None
        name = ("churn snapshots", self._window, self._settings)
        table = self._past.once(name, self._training_table)
        rows: pd.DataFrame = table.order_by(["as_of", "customer_id"]).to_pyarrow().to_pandas()
        return rows

    def _training_table(self) -> ir.Table:
        past, window = self._past, self._window
        features = past.described(
            self.dates,
            window.horizon_days,
            past.event_types,
            past.some_customers(MAX_CUSTOMERS),
        )
        table = training_table(
            features,
            past.transactions.table,
            self.dates,
            as_of=past.as_of,
            horizon_days=window.horizon_days,
            gap_days=window.gap_days,
            active_within_days=self._settings.active_within_days,
            count_zero=past.transactions.count_zero,
        )
        laid = laid_down(table)
        let_go(features)
        return laid

    @cached_property
    def population(self) -> pd.DataFrame:
        """The customers active at the cut-off, by their behaviour, sorted."""
        past, horizon_days = self._past, self._window.horizon_days
        everybody = past.behaviour(horizon_days, event_types=past.event_types)
        table = active(everybody, self._settings.active_within_days).order_by("customer_id")
        frame: pd.DataFrame = table.to_pyarrow().to_pandas()
        return frame

    @property
    def keepable(self) -> Floats:
        """Of each of the population P(has not gone already | leaves), by what was known then."""
        window = self._window
        return keepable_share(
            self.purchase_model,
            self.population,
            gap_days=window.gap_days,
            window_days=window.horizon_days,
        )

    @property
    def level(self) -> ChurnLevel:
        """How much more, or less, readily everybody is expected to come back."""
        days = self._settings.active_within_days
        return churn_level(self._past, self._window, self.dates, days)

    @property
    def purchase_model(self) -> BetaGeoModel | None:
        """BG/NBD fitted on everything known at the cut-off, in days; None if it could not be."""
        return self._purchase_model(self._past.as_of)

    @property
    def purchase_models(self) -> dict[date, BetaGeoModel]:
        """The like at each snapshot, where it could be fitted."""
        models = {day: self._purchase_model(day) for day in self.dates}
        return {day: model for day, model in models.items() if model is not None}

    def _purchase_model(self, day: date) -> BetaGeoModel | None:
        model: BetaGeoModel | None = attempt({}, "beta_geo", self._past.at(day).purchase_model)
        return model


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


def foretold(past: Past, data: ChurnData, window: Window, settings: ChurnSettings) -> Foretold:
    """Return what is foretold of a window already; every model that is fitted to it is added.

    Predictions are kept, no behaviour.
    """

    def begin() -> Foretold:
        customers = data.population["customer_id"]
        return Foretold(customers, past.outcomes(window, customers)["churned"].to_numpy())

    return past.at(window.as_of).once(("foretold", window, settings), begin)


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
            Message("few.labelled_snapshot"),
            got=Message("few.from_day", as_of=window.as_of, days=window.horizon_days),
            hint="give more history, or a shorter horizon",
        )
    names = feature_columns(data.train.columns)  # whatever else was joined on is not learned
    fitted = choose_churn(
        model,
        data.train[["customer_id", "as_of", *names]],
        data.train["churned"],
        purchase_model=data.purchase_model,
        purchase_models=data.purchase_models,
        value=mean_purchase(data.train),
    )
    level = data.level
    fitted.level_shifts_ = {
        name: level.expected if name == BetaGeoChurn.name else level.learned
        for name in fitted.candidates_
    }
    if level.windows:
        fitted.reasons_ = Message.of_all([fitted.reasons_, level.message])
    return fitted


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
    economics: Economics = make(recipe).contest.economics
    return economics


def churn_forward(
    past: Past,
    recipes: Mapping[str, Recipe],
    window: Window,
    settings: ChurnSettings,
    *,
    random_state: int = 0,
) -> ForwardTest:
    """Fit churn recipes at the window's `as_of` and set them beside what happened.

    The population is every customer active at `as_of`; 1 = no purchase day in the window. What
    recipes have in common is fitted once, and what is foretold already is not fitted again.
    """
    data = ChurnData(past.at(window.as_of), window, settings)
    judged = foretold(past, data, window, settings)
    failed: dict[str, Message] = {}
    models: dict[str, ChurnModel] = {}
    for name, recipe in recipes.items():
        model = attempt(failed, name, unfitted, recipe, window, random_state)
        if model is not None:
            models[name] = model
    fits, predictions = judged.fits, dict[str, pd.DataFrame]()
    # most candidates first: a baseline is one candidate of the contest it is set beside
    for name in sorted(models, key=lambda name: -len(models[name].candidates)):
        model = models[name]
        predicted = _shown(model, fits)
        if predicted is None and attempt(failed, name, _fit, model, data, window) is not None:
            fits.append((model, model.candidate_probabilities(data.population)))
            predicted = fits[-1][1][model.selected_]
        if predicted is not None:
            predictions[name] = pd.DataFrame({"predicted": predicted})
    in_order = {name: predictions[name] for name in recipes if name in predictions}
    return ForwardTest(window, "churn", judged.customers, judged.actual, in_order, failed)


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
        simple = set(alone) <= set(SIMPLE_CANDIDATES)
        without_a_say = {"candidates": (), "lightgbm": None} if simple else {"candidates": ()}
        ours, theirs = (
            {
                **params,
                **without_a_say,
                "contest": replace(params["contest"], economics=Economics()),
            }
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
