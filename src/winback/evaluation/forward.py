"""Forward tests: recipes fitted at a cut-off, and judged on the window after it.

Only recipes enter, never a fitted artifact: whatever is judged here was fitted here, on
transactions cut at the window's `as_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.base.artifact import make, recipe_of
from winback.estimators.value.level_range import LevelRange
from winback.evaluation.calibration import Floats
from winback.evaluation.past import Past
from winback.evaluation.value_snapshots import value_snapshots
from winback.evaluation.windows import Window
from winback.messages import Message

Recipe = dict[str, Any]
LEVELS = (0.8, 0.9)
SETTINGS = frozenset(
    {
        "margin",
        "discount_rate",
        "horizon_days",
        "gap_days",
        "random_state",
        "n_draws",
        "n_jobs",
        "level",
        "level_spread",  # recipes before format 2 name the parts of the level
        "level_low",
        "level_high",
    }
)  # set by the window, or without a say in what is predicted of purchases, revenue and churn
INTERVAL_COLUMNS = ("low_80", "high_80", "low_90", "high_90")


@dataclass(frozen=True)
class ForwardTest:
    """Predictions of several models at one cut-off, and what happened.

    Parameters
    ----------
    window : Window
    target : str
        ``purchases``, ``revenue`` or ``churn``.
    customers : Series of str, shape (n,)
    actual : ndarray of shape (n,)
    predictions : dict of str to DataFrame
        Per model, in the order of `customers`: ``predicted``, and ``low_80, high_80, low_90,
        high_90`` where the model gives intervals.
    failed : dict of str to Message
        Models that could not be fitted, and why.
    caveats : dict of str to Message
        What is degenerate in a fit, and what answered it.
    totals : dict of str to dict
        Of models asked for it: the sum over all customers, ``low_80, high_80, low_90, high_90``.
    unlevelled : dict of str to DataFrame
        Of the same models: customers' intervals if the level were known.
    """

    window: Window
    target: str
    customers: pd.Series[str]
    actual: Floats
    predictions: dict[str, pd.DataFrame]
    failed: dict[str, Message] = field(default_factory=dict)
    caveats: dict[str, Message] = field(default_factory=dict)
    totals: dict[str, dict[str, float]] = field(default_factory=dict)
    unlevelled: dict[str, pd.DataFrame] = field(default_factory=dict)

    def predicted(self) -> dict[str, Floats]:
        """Return the point predictions by model."""
        return {name: frame["predicted"].to_numpy() for name, frame in self.predictions.items()}

    def at_most(self, n: int, random_state: int) -> ForwardTest:
        """Return the same test for `n` customers by lot, or for all where there are no more."""
        if len(self.customers) <= n:
            return self
        return self.among(pd.Index(self.customers.sample(n, random_state=random_state)))

    def among(self, customers: pd.Index[str]) -> ForwardTest:
        """Return the same test for some of its customers."""
        rows = self.customers.isin(customers).to_numpy()
        return replace(
            self,
            customers=self.customers[rows],
            actual=self.actual[rows],
            predictions={name: frame[rows] for name, frame in self.predictions.items()},
            totals={},  # these are of everybody
            unlevelled={name: frame[rows] for name, frame in self.unlevelled.items()},
        )


def attempt(
    failed: dict[str, Message], names: str | Sequence[str], fit: Callable[..., Any], *args: Any
) -> Any:
    """Call ``fit(*args)``; if that cannot be done, note why under `names` and return None."""
    try:
        return fit(*args)
    except (ModelError, NotEnoughDataError) as error:
        why = Message.of_error(error)
        failed |= dict.fromkeys([names] if isinstance(names, str) else names, why)
        return None


def value_forward(
    past: Past,
    recipes: Mapping[str, Recipe],
    window: Window,
    *,
    random_state: int = 0,
    with_intervals: bool | Collection[str] = False,
    with_totals: Collection[str] = (),
) -> dict[str, ForwardTest]:
    """Fit value recipes at the window's `as_of` and set them beside what happened.

    Parameters
    ----------
    past : Past
        Of a day by which the window was over.
    recipes : mapping of str to recipe
        Of value models; their ``horizon_days`` is replaced by the window's.
    window : Window
    random_state : int
    with_intervals : bool or collection of str
        Also simulate the 80% and 90% predictive intervals, of all recipes or of those named.
    with_totals : collection of str
        Of which recipes to simulate ``totals`` and ``unlevelled`` as well.

    Returns
    -------
    dict of str to ForwardTest
        ``purchases`` and (with amounts) ``revenue``, for every customer with a purchase day by
        `as_of`.
    """
    then = past.at(window.as_of)
    frame = then.frame(window.horizon_days)
    targets = value_targets(past)
    predictions: dict[str, dict[str, pd.DataFrame]] = {target: {} for target in targets}
    failed: dict[str, Message] = {}
    caveats: dict[str, Message] = {}
    totals: dict[str, dict[str, dict[str, float]]] = {target: {} for target in targets}
    unlevelled: dict[str, dict[str, pd.DataFrame]] = {target: {} for target in targets}
    simulated = set(recipes if with_intervals is True else with_intervals or ())
    if not past.has_amounts:
        recipes = {name: without_spend(recipe) for name, recipe in recipes.items()}
    for names in distinct(recipes):
        model = attempt(
            failed, names, fitted_value, then, recipes[names[0]], window, random_state, frame
        )
        if model is None:
            continue
        if model.caveats_:
            caveats |= dict.fromkeys(names, Message.of_all(model.caveats_))
        point = model.expected(frame)
        bounds = None
        if not simulated.isdisjoint(names):
            bounds = model.intervals(frame, levels=LEVELS)
        summed = [name for name in names if name in with_totals]
        sums = _total_bounds(model, frame) if summed else {}
        alone = _unlevelled(model, frame) if summed else pd.DataFrame()
        for target in targets:
            if summed:
                own = {bound: alone[f"{target}_{bound}"] for bound in INTERVAL_COLUMNS}
                totals[target] |= dict.fromkeys(summed, sums[target])
                unlevelled[target] |= dict.fromkeys(summed, pd.DataFrame(own))
            predicted = point["expected_purchases" if target == "purchases" else "revenue"]
            columns = {"predicted": predicted}
            if bounds is not None:
                columns |= {bound: bounds[f"{target}_{bound}"] for bound in INTERVAL_COLUMNS}
            predictions[target] |= dict.fromkeys(names, pd.DataFrame(columns))
    then.forget(_snapshots(window))
    customers = frame["customer_id"]
    happened = past.outcomes(window, customers)
    return {
        target: ForwardTest(
            window,
            target,
            customers,
            happened[target].to_numpy(),
            predictions[target],
            failed,
            caveats,
            totals[target],
            unlevelled[target],
        )
        for target in targets
    }


def _total_bounds(model: Any, frame: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return by target the intervals of the sum over all customers."""
    bounds: dict[str, dict[str, float]] = {}
    for level in LEVELS:
        for target, row in model.total_interval(frame, level).iterrows():
            ends = {f"{side}_{100 * level:g}": float(row[side]) for side in ("low", "high")}
            bounds[target] = bounds.get(target, {}) | ends
    return bounds


def _unlevelled(model: Any, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the intervals that customers would have if nothing strayed for all at once."""
    level = model.level
    model.set_params(level=LevelRange(*level)._replace(low=0.0, high=0.0, ends=()))
    bounds: pd.DataFrame = model.intervals(frame, levels=LEVELS)
    model.set_params(level=level)
    return bounds


def value_targets(past: Past) -> tuple[str, ...]:
    """Return what value models predict here: without amounts, purchases only."""
    return ("purchases", "revenue") if past.has_amounts else ("purchases",)


def without_spend(recipe: Recipe) -> Recipe:
    """Return the recipe of a value model for data without amounts."""
    return {**recipe, "params": {**recipe.get("params", {}), "spend_model": None}}


def same_but_settings(recipe: Recipe, other: Recipe) -> bool:
    """Whether two recipes make the same model, whatever its horizon, margin, seed and the like.

    Examples
    --------
    >>> value = {"estimator": "CustomerValueModel", "params": {"margin": 0.3}}
    >>> same_but_settings(value, {"estimator": "CustomerValueModel"})
    True
    """
    return _kind(recipe) == _kind(other)


def distinct(recipes: Mapping[str, Recipe]) -> list[list[str]]:
    """Group the names of recipes that predict the same, as they differ in `SETTINGS` alone.

    Examples
    --------
    >>> rate = {"estimator": "CustomerValueModel", "params": {"purchase_model": "rate"}}
    >>> distinct({"challenger": rate, "zero": {"estimator": "ValueTiers"}, "champion": rate})
    [['challenger', 'champion'], ['zero']]
    """
    groups: dict[tuple[str, Hashable], list[str]] = {}
    for name, recipe in recipes.items():
        groups.setdefault(predicts_as(recipe), []).append(name)
    return list(groups.values())


def predicts_as(recipe: Recipe) -> tuple[str, Hashable]:
    """Return what is equal of recipes that predict the same at one cut-off and horizon."""
    level = LevelRange(*recipe.get("params", {}).get("level", ()))
    return _kind(recipe), (level.factor, level.purchase_factor, level.ends)


def _kind(recipe: Recipe) -> str:
    try:
        params = recipe_of(make(recipe))["params"]
    except ModelError:  # said when it is fitted
        return repr(recipe)
    return f"{recipe['estimator']} {_telling(params)}"


def _telling(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that are none of `SETTINGS`, at every depth."""
    return {
        name: _telling(value) if isinstance(value, Mapping) else value
        for name, value in params.items()
        if name not in SETTINGS
    }


def unfitted(recipe: Recipe, window: Window, random_state: int) -> Any:
    """Return the recipe's estimator, unfitted, with the window's horizon and gap and this state."""
    model = make(recipe)
    return model.set_params(**_wanted(model, window, random_state))


def _wanted(model: Any, window: Window, random_state: int) -> dict[str, Any]:
    settings = {
        "horizon_days": window.horizon_days,
        "gap_days": window.gap_days,
        "random_state": random_state,
    }
    return {name: value for name, value in settings.items() if name in model.get_params()}


def fitted_value(
    then: Past,
    recipe: Recipe,
    window: Window,
    random_state: int,
    frame: pd.DataFrame | None = None,
) -> Any:
    """Return a value recipe's estimator, fitted to a past.

    Recipes that differ in `SETTINGS` alone are fitted once, and what different recipes have in
    common too.

    Parameters
    ----------
    then : Past
        Of the window's `as_of`.
    recipe : recipe
    window : Window
        Its horizon and gap replace the recipe's.
    random_state : int
    frame : DataFrame, optional
        ``then.frame(window.horizon_days)``, if it is at hand.
    """
    model = unfitted(recipe, window, random_state)
    horizon_days = window.horizon_days

    def fit() -> Any:
        rows = then.frame(horizon_days) if frame is None else frame
        parts = then.parts(horizon_days)
        if not getattr(model, "learns_from_snapshots", False):
            return model.fit(rows, parts=parts)
        snapshots = then.once(_snapshots(window), lambda: value_snapshots(then, horizon_days))
        return model.fit(rows, snapshots=snapshots, parts=parts)

    fitted = then.once(("value model", _kind(recipe), horizon_days, random_state), fit)
    return copy(fitted).set_params(**model.get_params(deep=False))


def _snapshots(window: Window) -> tuple[str, int]:
    return ("value snapshots", window.horizon_days)


def tiers_forward(
    past: Past,
    recipes: Mapping[str, Recipe],
    window: Window,
    value_recipe: Recipe | None,
    random_state: int = 0,
) -> ForwardTest:
    """Learn tiers at the window's `as_of` and set each customer's tier beside later revenue.

    ``predicted`` is the rank of the tier, 0 being the least valuable; ``actual`` is revenue in the
    window (purchases, without amounts). The clusters are learned from ``clv`` of `value_recipe`,
    refitted at the same cut-off.

    Raises
    ------
    ModelError
        Without `value_recipe`, or if it cannot be fitted.
    """
    if value_recipe is None:
        raise ModelError("tiers are learned from expected value", hint="give value_recipe")
    then = past.at(window.as_of)
    frame = then.frame(window.horizon_days)
    if not past.has_amounts:
        value_recipe = without_spend(value_recipe)
    model = fitted_value(then, value_recipe, window, random_state, frame)
    value = model.predict(frame, with_interval=False)
    frame = frame.assign(clv=value["clv"] if "clv" in value else value["expected_purchases"])
    predictions: dict[str, pd.DataFrame] = {}
    failed: dict[str, Message] = {}
    for names in distinct(recipes):
        tiers = unfitted(recipes[names[0]], window, random_state)
        if attempt(failed, names, tiers.fit, frame) is not None:
            rank = {tier: float(place) for place, tier in enumerate(reversed(tiers.names_))}
            predicted = tiers.predict(frame).map(rank).to_numpy(dtype=float)
            predictions |= dict.fromkeys(names, pd.DataFrame({"predicted": predicted}))
    customers = frame["customer_id"]
    happened = past.outcomes(window, customers)
    actual = happened["revenue" if past.has_amounts else "purchases"].to_numpy()
    return ForwardTest(window, "tiers", customers, actual, predictions, failed)
