"""What customers bought by category, and what speaks for each category in their next order.

A category is that of the source or, where it has none, the product. An order is a purchase day.
Everything is counted of what was known at the end of one day.
"""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from winback.features.purchases import exact_sum, ratio

CATEGORY_COLUMNS = ("category", "product_id")
"""Columns that say what was bought, the one that is taken first."""
COMMON = 100
"""So many categories, those in the most orders, can follow from others; the rest are too rare."""
PROPOSED = 5
"""So many categories that a customer has not bought are thought of: the shop's favourites, and
those that most often follow theirs."""
FOLLOWERS = 10
"""So many followers of a category are kept, the most frequent."""
SMOOTHING = 5.0
"""What follows a category is drawn towards what is bought anyway, as by so many orders."""


def category_column(transactions: ir.Table) -> str | None:
    """Return which column says what was bought; None: no column does.

    Examples
    --------
    >>> category_column(ibis.table({"customer_id": "string", "product_id": "string"}, name="t"))
    'product_id'
    """
    return next((name for name in CATEGORY_COLUMNS if name in transactions.columns), None)


def bought_categories(transactions: ir.Table, purchase_days: ir.Table, column: str) -> ir.Table:
    """List what each order held, by category.

    Parameters
    ----------
    transactions
        ``customer_id``, ``day``, ``amount`` and the column of categories, as known at some day.
    purchase_days
        ``customer_id``, ``day``: the orders. What was sent back in full is none.
    column
        The column of categories.

    Returns
    -------
    ir.Table
        ``customer_id``, ``day``, ``category``, ``amount`` (float64, what was spent on it). Refunds
        and rows without a category are left out.

    Examples
    --------
    >>> import pyarrow as pa
    >>> rows = ibis.memtable(pa.table({"customer_id": ["a"] * 3, "day": [date(2024, 1, 1)] * 3,
    ...                                "amount": [5.0, 6.0, -5.0], "category": ["x", "x", "x"]}))
    >>> bought_categories(rows, rows, "category").to_pyarrow().to_pylist()
    [{'customer_id': 'a', 'day': datetime.date(2024, 1, 1), 'category': 'x', 'amount': 11.0}]
    """
    rows = transactions.mutate(category=transactions[column].cast("string"))
    rows = rows.filter(rows.category.notnull(), rows.category != "", rows.amount >= 0)
    rows = rows.semi_join(purchase_days, ["customer_id", "day"])
    return rows.group_by(["customer_id", "day", "category"]).aggregate(
        amount=exact_sum(rows.amount).cast("float64")
    )


def category_chances(bought: ir.Table, as_of: date, days: int) -> ir.Table:
    """Say of each customer and category that may come next what speaks for it.

    Parameters
    ----------
    bought
        What `bought_categories` returns, of what was known at `as_of`.
    as_of
        The last day that is known.
    days
        What is bought anyway is counted over so many days before.

    Returns
    -------
    ir.Table
        ``customer_id``, ``category``; ``orders`` (of the customer), ``with_it`` (those that held
        the category), ``in_last`` (whether the last one did: 0 or 1), ``last_amount`` (what was
        spent on it then, else 0); ``popular`` (the share of everybody's orders of late that held
        it) and ``follows`` (the mean over what the last order held of the share of next orders
        with the category after an order with that). Float64, unsorted. The categories are those
        that the customer has bought, `PROPOSED` of the shop's favourites, and as many that follow
        the last order most often.
    """
    own = _own(bought)
    orders = bought.select("customer_id", "day").distinct()
    per_customer = orders.group_by("customer_id").aggregate(orders=orders.count().cast("float64"))
    popular = _popular(bought, as_of - timedelta(days=days))
    follows = _follows(own, _transitions(bought, popular))
    favourites = popular.filter(popular.place < PROPOSED).select("category")
    ids = per_customer.select("customer_id")
    pairs = ibis.union(
        own.select("customer_id", "category"),
        ids.cross_join(favourites),
        follows.filter(follows.place < PROPOSED).select("customer_id", "category"),
        distinct=True,
    )
    both = ["customer_id", "category"]
    table = (
        pairs.join(per_customer, "customer_id")
        .left_join(own, both)
        .drop("customer_id_right", "category_right")
        .left_join(popular.select("category", "popular"), "category")
        .drop("category_right")
        .left_join(follows.select(*both, "follows"), both)
        .drop("customer_id_right", "category_right")
    )
    counted = ("with_it", "in_last", "last_amount", "popular", "follows")
    return table.select(*both, "orders", **{name: table[name].coalesce(0.0) for name in counted})


def next_categories(bought: ir.Table, as_of: date) -> ir.Table:
    """List what each customer's first order after a day held.

    Parameters
    ----------
    bought
        What `bought_categories` returns, of what was known at the end of a window after `as_of`.
    as_of
        The day before the window.

    Returns
    -------
    ir.Table
        ``customer_id``, ``category``: of those who ordered in the window.
    """
    later = bought.filter(bought.day > as_of)
    first = later.group_by("customer_id").aggregate(day=later.day.min())
    return later.semi_join(first, ["customer_id", "day"]).select("customer_id", "category")


def _own(bought: ir.Table) -> ir.Table:
    """Count of each customer the orders with each category, and look at the last order."""
    last = bought.day == bought.day.max().over(ibis.window(group_by=bought.customer_id))
    rows = bought.mutate(in_last=last)
    return rows.group_by(["customer_id", "category"]).aggregate(
        with_it=rows.count().cast("float64"),
        in_last=rows.in_last.cast("float64").max(),
        last_amount=rows.amount.max(where=rows.in_last).coalesce(0.0),
    )


def _popular(bought: ir.Table, after: date) -> ir.Table:
    """Return the share of orders after a day that held each category, and its place."""
    late = bought.filter(bought.day > after)
    orders = late.select("customer_id", "day").distinct().aggregate(n=ibis._.count())
    counts = late.group_by("category").aggregate(held=late.count()).cross_join(orders)
    shares = counts.select("category", popular=ratio(counts.held, counts.n, 0.0))
    by = ibis.window(order_by=[shares.popular.desc(), shares.category])
    return shares.mutate(place=ibis.row_number().over(by))


def _transitions(bought: ir.Table, popular: ir.Table) -> ir.Table:
    """Return how often each common category is in the order after one with another."""
    common = popular.filter(popular.place < COMMON).select("category", "popular")
    rows = bought.semi_join(common, "category").select("customer_id", "day", "category")
    orders = bought.select("customer_id", "day").distinct()
    in_order = ibis.window(group_by=orders.customer_id, order_by=orders.day)
    orders = orders.mutate(next_day=orders.day.lead().over(in_order))
    before = rows.join(orders.filter(orders.next_day.notnull()), ["customer_id", "day"])
    before = before.select("customer_id", "next_day", earlier="category")
    after = rows.select("customer_id", next_day="day", category="category")
    seen = before.group_by("earlier").aggregate(n=before.count())
    pairs = before.join(after, ["customer_id", "next_day"])
    pairs = pairs.group_by(["earlier", "category"]).aggregate(both=pairs.count())
    pairs = pairs.join(seen, "earlier").join(common, "category")
    share = (pairs.both + SMOOTHING * pairs.popular) / (pairs.n + SMOOTHING)
    pairs = pairs.select("earlier", "category", share=share)
    by = ibis.window(group_by=pairs.earlier, order_by=[pairs.share.desc(), pairs.category])
    return pairs.mutate(place=ibis.row_number().over(by)).filter(ibis._.place < FOLLOWERS)


def _follows(own: ir.Table, transitions: ir.Table) -> ir.Table:
    """Return of each customer how often categories follow what the last order held."""
    last = own.filter(own.in_last > 0).select("customer_id", earlier="category")
    held = last.group_by("customer_id").aggregate(held=last.count())
    rows = last.join(transitions, "earlier")
    sums = rows.group_by(["customer_id", "category"]).aggregate(total=rows.share.sum())
    sums = sums.join(held, "customer_id")
    means = sums.select("customer_id", "category", follows=(sums.total / sums.held).round(12))
    by = ibis.window(group_by=means.customer_id, order_by=[means.follows.desc(), means.category])
    return means.mutate(place=ibis.row_number().over(by))
