"""The shop's export of orders: lines, refunds, and the bad rows that every export has."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from winback.data.simulate.demand import DemandLevel, Floats
from winback.data.simulate.orders import Orders
from winback.data.simulate.people import People
from winback.data.simulate.shop_parameters import ShopParameters

CATEGORIES = ("garden", "kitchen", "living", "toys", "gifts")
SALES_CHANNELS = ("web", "app", "store")
_PER_CATEGORY = 40  # products
_HABIT = 0.7  # share of orders in the customer's usual category, and through the usual channel

LINES = pa.schema(
    [
        ("order_no", pa.int64()),
        ("line_no", pa.int32()),
        ("buyer", pa.string()),
        ("ordered_at", pa.timestamp("us")),
        ("paid", pa.string()),  # text, as in exports in which not every cell is a number
        ("sku", pa.int64()),
        ("department", pa.string()),
        ("sold_through", pa.string()),
    ]
)
_REFUND_LINE = 90


def draw_lines(
    people: People,
    orders: Orders,
    level: DemandLevel,
    parameters: ShopParameters,
    rng: np.random.Generator,
) -> pa.Table:
    """Write orders as lines, with their refunds.

    An order's amount is Gamma-Gamma (Fader & Hardie 2013): Gamma(`p`, rate nu of the customer), in
    cents, at least one. A refund is a line of a negative amount under the order's number.

    Returns
    -------
    pyarrow.Table
        Columns `LINES`, by customer and order.
    """
    n, m = len(people), len(orders.owner)
    favourite = rng.integers(len(CATEGORIES), size=n)
    usual = rng.integers(len(SALES_CHANNELS), size=n)
    spend = rng.gamma(parameters.p, 1 / people.spend_rate[orders.owner])
    cents = np.maximum(np.rint(spend * 100), 2).astype(np.int64)
    counted = np.arange(m) - np.searchsorted(orders.owner, np.arange(n))[orders.owner]
    number = people.number[orders.owner] * 10_000 + counted
    habit, other = rng.random((2, m)) < _HABIT, rng.random((2, m))
    category = np.where(
        habit[0], favourite[orders.owner], (other[0] * len(CATEGORIES)).astype(np.int64)
    )
    through = np.where(
        habit[1], usual[orders.owner], (other[1] * len(SALES_CHANNELS)).astype(np.int64)
    )
    two = rng.random(m) < parameters.second_line_share
    second = np.where(two, np.clip(np.rint(cents * rng.random(m)), 1, cents - 1), 0).astype("int64")
    refund, back = _refunds(orders, parameters, rng, days=len(level.daily))
    full = rng.random(m) < parameters.refund_full_share
    part = np.maximum(np.rint(cents * (0.2 + 0.6 * rng.random(m))), 1).astype(np.int64)
    parts = [
        (np.arange(m), 1, orders.day, cents - second),
        (np.flatnonzero(two), 2, orders.day, second),
        (np.flatnonzero(refund), _REFUND_LINE, back, -np.where(full, cents, part)),
    ]
    row = np.concatenate([rows for rows, *_ in parts])
    line = np.concatenate([np.full(len(rows), line) for rows, line, *_ in parts])
    day = np.concatenate([when[rows] for rows, _, when, _ in parts])
    amount = np.concatenate([money[rows] for rows, *_, money in parts])
    product = category[row] * _PER_CATEGORY + rng.integers(_PER_CATEGORY, size=len(row))
    return pa.table(
        {
            "order_no": number[row],
            "line_no": line.astype(np.int32),
            "buyer": pa.array(people.ids).take(pa.array(orders.owner[row])),
            "ordered_at": level.timestamps(day).astype("datetime64[us]"),
            "paid": pa.array(amount / 100).cast(pa.string()),
            "sku": product,
            "department": pa.array(CATEGORIES).take(pa.array(category[row])),
            "sold_through": pa.array(SALES_CHANNELS).take(pa.array(through[row])),
        },
        schema=LINES,
    )


def _refunds(
    orders: Orders, parameters: ShopParameters, rng: np.random.Generator, *, days: int
) -> tuple[np.ndarray, Floats]:
    complained = np.isfinite(orders.complaint)
    share = np.where(complained, parameters.complaint_refund_share, parameters.refund_share)
    back = orders.day + 1 + 29 * rng.random(len(share))
    return (rng.random(len(share)) < share) & (back < days), back


def add_bad_rows(
    lines: pa.Table, parameters: ShopParameters, rng: np.random.Generator
) -> tuple[pa.Table, Mapping[str, int]]:
    """Add rows that no intake should take, and sort the export by time.

    They are copies of good rows, spoiled in one cell, so that the good rows stay the whole truth.

    Returns
    -------
    pyarrow.Table
        The rows, by time.
    dict
        How many rows were added, by the reason for which they are to be rejected.
    """
    n = lines.num_rows
    void = pa.nulls
    spoiled = {
        "no customer": (parameters.no_customer_share, "buyer", void(1, pa.string())[0]),
        "unparsable amount": (parameters.bad_amount_share, "paid", pa.scalar("n/a")),
        "time before 1900": (parameters.ancient_share, "ordered_at", _stamp("1753-01-01")),
        "future": (parameters.future_share, "ordered_at", _stamp("2099-12-31")),
        "duplicate line": (parameters.duplicate_share, None, None),
    }
    parts, counts = [lines], {}
    for reason, (share, column, value) in spoiled.items():
        rows = lines.take(pa.array(rng.permutation(n)[: rng.binomial(n, share)]))
        if column is not None:
            place = LINES.get_field_index(column)
            cells = pa.repeat(value, rows.num_rows)
            rows = rows.set_column(place, LINES.field(column), cells)
        parts.append(rows)
        counts[reason] = rows.num_rows
    return pa.concat_tables(parts).sort_by(
        [("ordered_at", "ascending"), ("order_no", "ascending"), ("line_no", "ascending")]
    ), counts


def _stamp(day: str) -> pa.Scalar:
    return pa.scalar(np.datetime64(day, "us"), pa.timestamp("us"))
