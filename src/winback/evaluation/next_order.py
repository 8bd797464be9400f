"""What the next order will hold and when it is due, said only where that beats what is simple.

At past cut-offs, one horizon apart, both are foretold from what was known then. The oldest windows
choose the weights, the newest, which they have not seen, judges: the category against the
customer's last one and the shop's favourite, the day against the customer's own mean gap and one
day for everybody. What does not beat both, told apart at 95%, is not said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from winback.data.engine import laid_down, let_go
from winback.errors import ModelError, NotEnoughDataError
from winback.evaluation.category_chances import (
    CategoryTest,
    fit_category_model,
    judge_category_model,
    labelled,
    likeliest,
)
from winback.evaluation.next_due import DueTest, due_in, judge_due, waited
from winback.evaluation.past import Past
from winback.features.bought_categories import (
    bought_categories,
    category_chances,
    category_column,
    next_categories,
)
from winback.messages import Message

MAX_CUSTOMERS = 100_000
"""Of more, so many are enough to learn from and to judge by."""
FITTED = 2
"""Windows of the past that weights are chosen by."""


@dataclass(frozen=True)
class NextOrder:
    """What may be said of the customers' next orders.

    Parameters
    ----------
    categories
        ``customer_id`` (the index) and ``next_category``, with ``chance``: P(the next order holds
        it | there is one). None: not said.
    due_days
        ``customer_id`` (the index): in how many days after `as_of` the next order is due; missing
        where none is within the horizon. None: not said.
    messages
        What was found of each, or why it is not said.
    record
        The same as plain data.
    """

    categories: pd.DataFrame | None = None
    due_days: pd.Series[float] | None = None
    messages: tuple[Message, ...] = ()
    record: dict[str, Any] = field(default_factory=dict)


def next_order(past: Past, horizon_days: int) -> NextOrder:
    """Learn what comes next from the past, judge it forward, and say it where it is worth saying.

    Parameters
    ----------
    past
        All that is known.
    horizon_days
        Length of each window, and how far ahead is looked.

    Returns
    -------
    NextOrder
        Of every customer with an order. Of categories nothing, not even a message, where no
        column says what was bought.
    """
    few = Message("next.short", days=3 * horizon_days)
    column = category_column(past.transactions.table)
    sample = past.sample(MAX_CUSTOMERS)
    windows = _cut_offs(sample, horizon_days)
    if len(windows) < 2:
        return NextOrder(messages=(few,))
    categories, due, said, record = None, None, [], dict[str, Any]()
    if column is not None:
        try:
            found, categories = _categories(past, sample, column, windows, horizon_days)
            said.append(found.message)
            record["category"] = {"column": column, **found.as_record()}
        except NotEnoughDataError as error:
            said.append(Message("next.not_said", why=Message.of_error(error)))
    try:
        test, due = _due(past, sample, windows, horizon_days)
        said.append(test.message)
        record["due"] = test.as_record()
    except (ModelError, NotEnoughDataError) as error:
        said.append(Message("next.not_said", why=Message.of_error(error)))
    return NextOrder(categories, due, tuple(said), record)


def _cut_offs(past: Past, horizon_days: int) -> list[date]:
    """Return the past cut-offs, newest first, that have a horizon of history before them."""
    length = timedelta(days=horizon_days)
    days = [past.settled - length * (place + 1) for place in range(1 + FITTED)]
    return [day for day in days if day - length >= past.first_day]


def _categories(
    past: Past, sample: Past, column: str, cut_offs: list[date], horizon_days: int
) -> tuple[CategoryTest, pd.DataFrame | None]:
    windows = [_labelled(sample, cut_off, column, horizon_days) for cut_off in cut_offs]
    newest, *older = windows
    found = judge_category_model(fit_category_model(older), newest)
    named = None
    if found.better:
        model = fit_category_model(windows[:FITTED])
        bought = laid_down(bought_categories(past.transactions.table, past.purchase_days, column))
        pairs = category_chances(bought, past.as_of, horizon_days)
        named = likeliest(model, pairs).to_pyarrow().to_pandas()
        named = named.rename(columns={"category": "next_category"}).set_index("customer_id")
        let_go(bought)
    for window in windows:
        let_go(window)
    return found, named


def _labelled(past: Past, cut_off: date, column: str, horizon_days: int) -> ir.Table:
    """Lay down what spoke for each category at a cut-off, and what the next order held."""
    then = past.at(cut_off)
    bought = laid_down(bought_categories(then.transactions.table, then.purchase_days, column))
    later = bought_categories(past.transactions.table, past.purchase_days, column)
    later = later.filter(later.day <= cut_off + timedelta(days=horizon_days))
    pairs = category_chances(bought, cut_off, horizon_days)
    laid = laid_down(labelled(pairs, next_categories(later, cut_off)))
    let_go(bought)
    return laid


def _due(
    past: Past, sample: Past, cut_offs: list[date], horizon_days: int
) -> tuple[DueTest, pd.Series[float] | None]:
    waits = []
    for cut_off in cut_offs[:2]:
        rows = _frame(sample.at(cut_off))
        days = waited(sample.purchase_days, cut_off, rows["customer_id"], horizon_days)
        waits.append((rows, days))
    (rows, days), (_, before) = waits
    model = sample.at(cut_offs[0]).purchase_model()
    same = float(np.median(before)) if len(before) else float(horizon_days)
    found = judge_due(model, rows, days, same=same, horizon_days=horizon_days)
    if not found.better:
        return found, None
    everybody = _frame(past)
    due = due_in(past.purchase_model(), everybody, horizon_days)
    return found, pd.Series(due, everybody["customer_id"], name="due_days")


def _frame(past: Past) -> pd.DataFrame:
    rows = past.rfm().select("customer_id", "frequency", "recency", "T").order_by("customer_id")
    frame: pd.DataFrame = rows.to_pyarrow().to_pandas()
    return frame
