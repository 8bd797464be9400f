"""Which category a customer's next order holds: learned from windows of the past, and judged.

The chance that the next order, if there is one, holds a category is that of a Dirichlet posterior:
the customer's own orders with it, drawn towards what is bought anyway and what follows the last
order. How far, earlier windows say, by the squared error of the chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from winback.confidence import Z
from winback.errors import NotEnoughDataError
from winback.messages import Message

PRIOR_ORDERS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0)
FOLLOWING = (0.0, 0.5, 1.0)
LAST_ORDER = (0.0, 1.0)
LEAST = 100
"""With fewer customers who ordered again, nothing is told apart."""
MODEL, LAST, FAVOURITE, USUAL = "model", "last", "favourite", "usual"


@dataclass(frozen=True)
class CategoryModel:
    """How own history, the shop's favourites and what follows are weighed.

    Parameters
    ----------
    prior_orders
        What others buy counts as so many orders of the customer's own.
    following
        Of that, the share of what follows the customer's last order; the rest is what is popular.
    last_order
        By how many orders more the last one counts.
    scale
        What the chance is multiplied by, so that it is right on average.
    """

    prior_orders: float
    following: float
    last_order: float
    scale: float = 1.0

    def chance(self, pairs: ir.Table) -> ir.FloatingValue:
        """Return P(the next order holds the category | there is one), in [0, 1].

        Parameters
        ----------
        pairs
            The columns of `winback.features.bought_categories.category_chances`.

        Examples
        --------
        >>> import pyarrow as pa
        >>> pairs = ibis.memtable(pa.table({"orders": [3.0, 3.0], "with_it": [2.0, 0.0],
        ...     "in_last": [1.0, 0.0], "popular": [0.5, 0.25], "follows": [0.0, 0.0]}))
        >>> model = CategoryModel(prior_orders=1.0, following=0.0, last_order=0.0)
        >>> model.chance(pairs).to_pyarrow().to_pylist()
        [0.625, 0.0625]
        """
        others = (1 - self.following) * pairs.popular + self.following * pairs.follows
        own = pairs.with_it + self.last_order * pairs.in_last
        counted = pairs.orders + self.last_order + self.prior_orders
        chance = self.scale * (own + self.prior_orders * others) / counted
        return ibis.least(chance, 1.0)


@dataclass(frozen=True)
class CategoryTest:
    """How often the category named first was in the next order, by who names it.

    Parameters
    ----------
    customers
        Who had ordered before the window, and did in it.
    hits
        By `MODEL`, `LAST` (most was spent on it in the last order), `FAVOURITE` (the shop's) and
        `USUAL` (the one in most of the customer's orders): the share of customers, in [0, 1].
    said
        The mean chance that the model gave to what it named.
    lows
        By baseline, the lower end of the 95% interval of the model's hits less its.
    """

    customers: int
    hits: dict[str, float]
    said: float
    lows: dict[str, float]

    @property
    def better(self) -> bool:
        """Whether the model beats the last category and the shop's favourite."""
        enough = self.customers >= LEAST
        return enough and all(self.lows[name] > 0 for name in (LAST, FAVOURITE))

    @property
    def message(self) -> Message:
        """What was found, and whether it is used."""
        if self.customers < LEAST:
            return Message("next.few", n=self.customers, least=LEAST)
        model, last, favourite = (self.hits[name] for name in (MODEL, LAST, FAVOURITE))
        if not self.better:
            return Message(
                "next.no_category", n=self.customers, model=model, last=last, favourite=favourite
            )
        return Message(
            "next.category",
            n=self.customers,
            model=model,
            last=last,
            favourite=favourite,
            usual=self.hits[USUAL],
        )

    def as_record(self) -> dict[str, Any]:
        """Return the figures as plain data."""
        return {**asdict(self), "better": self.better}


def labelled(pairs: ir.Table, happened: ir.Table) -> ir.Table:
    """Keep the pairs of those who ordered, and say whether the order held the category.

    Parameters
    ----------
    pairs
        What `winback.features.bought_categories.category_chances` returns at a day.
    happened
        What `winback.features.bought_categories.next_categories` returns of the window after it.

    Returns
    -------
    ir.Table
        The pairs, with ``bought`` (1.0 or 0.0).
    """
    pairs = pairs.semi_join(happened, "customer_id")
    held = happened.mutate(bought=1.0)
    both = ["customer_id", "category"]
    table = pairs.left_join(held, both).drop("customer_id_right", "category_right")
    return table.mutate(bought=table.bought.coalesce(0.0))


def fit_category_model(windows: Sequence[ir.Table]) -> CategoryModel:
    """Choose the weights that would have given the best chances in windows of the past.

    Parameters
    ----------
    windows
        What `labelled` returns, of one or several windows.

    Raises
    ------
    NotEnoughDataError
        Nobody ordered in them.
    """
    rows = ibis.union(*windows) if len(windows) > 1 else windows[0]
    models = [CategoryModel(*weights) for weights in product(PRIOR_ORDERS, FOLLOWING, LAST_ORDER)]
    sums: dict[str, ir.Value] = {"n": rows.count(), "bought": rows.bought.sum()}
    for place, model in enumerate(models):
        chance = model.chance(rows)
        sums |= {f"hit{place}": (chance * rows.bought).sum(), f"of{place}": (chance * chance).sum()}
    found = rows.aggregate(**sums).to_pyarrow().to_pylist()[0]
    if not found["n"] or not found["bought"]:
        raise NotEnoughDataError(Message("few.next_orders"), hint="give more history")
    hit, of = (
        np.array([found[f"{name}{i}"] for i in range(len(models))]) for name in ("hit", "of")
    )
    # the squared error of the best scale; equal ones by the first: to the last bits of a sum
    gain = np.round(np.divide(hit**2, of, out=np.zeros_like(hit), where=of > 0), 9)
    best = int(np.argmax(gain))
    # sums by many threads differ in their last bits; what is published must not
    return replace(models[best], scale=round(float(hit[best] / of[best]), 6))


def judge_category_model(model: CategoryModel, window: ir.Table) -> CategoryTest:
    """Let the model name a category for everybody in a window that it has not seen, and count.

    Parameters
    ----------
    model
        Fitted to windows that were over before this one began.
    window
        What `labelled` returns.
    """
    rows = window.mutate(chance=model.chance(window))
    named = {
        MODEL: _first(rows, rows.chance.desc()),
        LAST: _first(rows, rows.in_last.desc(), rows.last_amount.desc()),
        FAVOURITE: _first(rows),
        USUAL: _first(rows, rows.with_it.desc()),
    }
    places = rows.select("customer_id", "chance", "bought", **named)
    hits = places.group_by("customer_id").aggregate(
        said=places.chance.max(where=places[MODEL] == 0),
        **{name: places.bought.max(where=places[name] == 0) for name in named},
    )
    frame: pd.DataFrame = hits.order_by("customer_id").to_pyarrow().to_pandas()
    n = len(frame)
    lows = {}
    for name in (LAST, FAVOURITE, USUAL):
        difference = (frame[MODEL] - frame[name]).to_numpy(dtype=float)
        error = difference.std(ddof=1) / np.sqrt(n) if n > 1 else np.inf
        lows[name] = float(difference.mean() - Z * error) if n > 1 else -np.inf
    means = {name: float(frame[name].mean()) if n else 0.0 for name in named}
    return CategoryTest(n, means, float(frame["said"].mean()) if n else 0.0, lows)


def likeliest(model: CategoryModel, pairs: ir.Table) -> ir.Table:
    """Return each customer's likeliest category: ``customer_id``, ``category``, ``chance``."""
    rows = pairs.mutate(chance=model.chance(pairs))
    rows = rows.mutate(place=_first(rows, rows.chance.desc()))
    return rows.filter(rows.place == 0).select("customer_id", "category", "chance")


def _first(rows: ir.Table, *by: ir.Value) -> ir.IntegerColumn:
    """Put a number to each customer's categories; of equal ones the most popular comes first."""
    order = [*by, rows.popular.desc(), rows.category]
    return ibis.row_number().over(ibis.window(group_by=rows.customer_id, order_by=order))
