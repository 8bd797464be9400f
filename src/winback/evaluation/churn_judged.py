"""One split of a backtest of churn: the models, the one chosen, and whom it knows how well."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir
import pandas as pd

from winback.data.tables import Transactions
from winback.errors import NotEnoughDataError
from winback.evaluation.churn_forward import (
    Foretold,
    KnownChurn,
    SnapshotSettings,
    churn_data,
    economics_of,
    fit_churn,
    mean_purchase,
    unlabelled_churn,
)
from winback.evaluation.churn_groups import group_records, order_groups, profit_records
from winback.evaluation.forward import ForwardTest, Recipe
from winback.evaluation.windows import Window, outcomes

CHURN_RECIPE: Recipe = {"estimator": "ChurnModel", "params": {}}


def churn_test(
    transactions: Transactions,
    window: Window,
    recipe: Recipe,
    *,
    active_within_days: int | None,
    snapshots: SnapshotSettings,
    events: ir.Table | None,
    random_state: int,
    known: KnownChurn | None = None,
) -> tuple[ForwardTest, tuple[str, str], pd.DataFrame]:
    """Fit the churn model once: its candidates are the models, its selection the choice.

    The customers' behaviour comes third, in the order of the test. `known` remembers the model.
    """
    data = churn_data(
        transactions,
        window,
        active_within_days=active_within_days,
        snapshots=snapshots,
        events=events,
    )
    population, failed = data.population, {}
    customers = population["customer_id"]
    actual = outcomes(transactions, window, customers)["churned"].to_numpy()
    foretold = Foretold(customers, actual)
    if known is not None:
        known.keep(window, active_within_days, snapshots, foretold)
    try:
        model = fit_churn(recipe, data, window, random_state)
        scores, failed = model.candidate_probabilities(population), model.dropped_
        choice = (model.selected_, model.reasons_)
        foretold.fits.append((model, scores))
    except NotEnoughDataError as error:
        scores = unlabelled_churn(data, window)
        name = str(scores.columns[0])
        choice = (name, f"{name}, which needs no labels: {error.reason}")
    predictions = {
        str(name): pd.DataFrame({"predicted": scores[name].to_numpy()}) for name in scores
    }
    test = ForwardTest(window, "churn", customers, actual, predictions, failed)
    return test, choice, population


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
    return groups, profit_records(test, window, economics_of(recipe), value=value, chosen=chosen)
