"""One split of a backtest of churn: the models, the one chosen, and whom it knows how well."""

from __future__ import annotations

from typing import Any

import pandas as pd

from winback.errors import NotEnoughDataError
from winback.evaluation.churn_forward import (
    ChurnData,
    ChurnSettings,
    economics_of,
    fit_churn,
    foretold,
    mean_purchase,
    unlabelled_churn,
)
from winback.evaluation.churn_groups import group_records, order_groups, profit_records
from winback.evaluation.forward import ForwardTest, Recipe, unfitted
from winback.evaluation.past import Past
from winback.evaluation.windows import Window
from winback.messages import Message

CHURN_RECIPE: Recipe = {"estimator": "ChurnModel", "params": {}}


def churn_test(
    past: Past, window: Window, recipe: Recipe, settings: ChurnSettings, random_state: int
) -> tuple[ForwardTest, tuple[str, Message], pd.DataFrame]:
    """Fit the churn model once: its candidates are the models, its selection the choice.

    The customers' behaviour comes third, in the order of the test, with `p_keepable`.
    """
    data = ChurnData(past.at(window.as_of), window, settings)
    judged, population = foretold(past, data, window, settings), data.population
    failed: dict[str, Message] = {}
    params = unfitted(recipe, window, random_state).get_params()
    fits = [fit for fit in judged.fits if fit[0].get_params() == params]
    try:
        if not fits:
            model = fit_churn(recipe, data, window, random_state)
            fits = [(model, model.candidate_probabilities(population))]
            judged.fits.extend(fits)
        model, scores = fits[0]
        failed, choice = model.dropped_, (model.selected_, model.reasons_)
    except NotEnoughDataError as error:
        scores = unlabelled_churn(data, window)
        name = str(scores.columns[0])
        choice = (name, Message("churn.unlabelled", model=name, why=Message.of_error(error)))
    predictions = {
        str(name): pd.DataFrame({"predicted": scores[name].to_numpy()}) for name in scores
    }
    test = ForwardTest(window, "churn", judged.customers, judged.actual, predictions, failed)
    return test, choice, population.assign(p_keepable=data.keepable)


def apart(
    test: ForwardTest,
    window: Window,
    population: pd.DataFrame,
    recipe: Recipe,
    *,
    chosen: str,
    tiers: pd.Series[str] | None = None,
    n_replicates: int = 200,
    random_state: int = 0,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Judge one-order and repeat customers, numbers of orders and tiers apart; and the profit.

    Returns
    -------
    groups, profit
        See `group_records` and `profit_records`.
    """
    groupings = order_groups(population["frequency"])
    if tiers is not None:
        groupings["tier"] = population["customer_id"].map(tiers)
    groups = group_records(
        test,
        window,
        groupings,
        chosen=chosen,
        n_replicates=n_replicates,
        random_state=random_state,
    )
    value = float(mean_purchase(population).mean())
    profit = profit_records(
        test,
        window,
        economics_of(recipe),
        value=value,
        chosen=chosen,
        keepable=population["p_keepable"].to_numpy(),
    )
    return groups, profit
