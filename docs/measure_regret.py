"""Draw shops of many kinds (see `KINDS`), and judge there how the rule for value chooses."""  # noqa: INP001

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.data.simulate import Parameters, simulate
from winback.data.tables import Transactions

FIRST, HORIZONS = date(2021, 1, 1), (61, 91, 182)
COLUMNS = {
    "customer_id": "buyer",
    "timestamp": "ordered_at",
    "amount": "paid",
    "order_id": "order_no",
}
Curve = Callable[[np.random.Generator, np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class Kind:
    """What a kind of shop is drawn from.

    Attributes
    ----------
    what
        In words.
    sizes
        Fewest and most customers drawn.
    truth
        What is other than by default; a pair is drawn between its ends.
    level
        Logarithm, at most 0, of the share of orders that are kept on each day, of the random
        numbers, the days and the number of days that are known: thinned, a Poisson process stays
        one.
    """

    what: str
    sizes: tuple[int, int] = (150, 6000)
    truth: dict[str, Any] = field(default_factory=dict)
    level: Curve | None = None


def growing(chance: np.random.Generator, day: np.ndarray, known: int) -> np.ndarray:  # noqa: ARG001
    """Let ever more, or ever fewer, of the orders be there: up to .6 of a logarithm a year."""
    slope = chance.uniform(-0.6, 0.6) * day / 365
    return np.asarray(slope - slope.max())


def broken(chance: np.random.Generator, day: np.ndarray, known: int) -> np.ndarray:
    """Let demand step by a third to a half, up or down, in the last half year known."""
    step, since = chance.uniform(0.3, 0.7), known - chance.integers(20, 180)
    return np.asarray(-step * ((day >= since) == (chance.random() < 0.5)))


_CALM = {"season": False, "drift": False}
KINDS: dict[str, Kind] = {
    "stationary": Kind("demand never moves", truth=_CALM),
    "growing": Kind("demand grows, or falls, by up to .6 of a logarithm a year", (150, 6000),
                    _CALM, growing),
    "seasonal": Kind("a quarter is up to three times as busy as another, and the level strays",
                     truth={"months": (1, 1, 1, 1, 1, 1, 1, 1, 1.3, 2, 2.6, 3.0)}),
    "broken": Kind("demand steps by a third to a half in the last half year known", (150, 6000),
                   {"season": False}, broken),
    "one-timers": Kind("nine of ten never come back", (600, 8000),
                       {"r": (0.05, 0.12), "a": (1.0, 2.0)}),
    "heavy tails": Kind("a few wholesalers bring most of it", (150, 6000),
                        {"r": (0.25, 0.5), "q": (1.15, 1.6), "p": (1.0, 3.0)}),
    "frequent": Kind("households that buy some forty days a year", (150, 2500),
                     {"r": (1.0, 3.0), "alpha": (12.0, 25.0), "a": (0.2, 0.6), "b": (8.0, 20.0)}),
    "large": Kind("20,000 customers, as the simulated shop is", (20_000, 20_000)),
}  # fmt: skip


def draw(kind: str, seed: int, folder: Path) -> tuple[Transactions, date, int]:
    """Draw a shop into a folder: its rows, its `as_of`, and the horizon to be predicted."""
    of, chance = KINDS[kind], np.random.default_rng([seed, list(KINDS).index(kind)])
    customers = int(np.exp(chance.uniform(*np.log(of.sizes))))
    known = int(chance.integers(300, 1100)) if kind != "large" else 640
    horizon = int(chance.choice([days for days in HORIZONS if 3 * days <= known]))
    truth = {
        name: chance.uniform(*value) if name in {"r", "alpha", "a", "b", "q", "p"} else value
        for name, value in of.truth.items()
    }
    if kind == "seasonal":
        truth["months"] = tuple(np.roll(truth["months"], chance.integers(12)).tolist())
    simulate(
        folder, customers=customers, seed=seed, first_day=FIRST, days=known + horizon,
        parameters=Parameters(**truth),
    )  # fmt: skip
    path = folder / "transactions.parquet"
    if of.level is not None:
        rows = pq.read_table(path).to_pandas()
        first = rows.groupby("order_no")["ordered_at"].transform("min")
        day = (first - pd.Timestamp(FIRST)).dt.days.to_numpy()
        level = of.level(chance, np.arange(known + horizon), known)
        order = pd.factorize(rows["order_no"])[0]
        stays = np.random.default_rng(seed).random(order.max() + 1)[order]
        rows[stays < np.exp(level[np.clip(day, 0, known + horizon - 1)])].to_parquet(path)
    read = read_transactions(
        path,
        columns=COLUMNS,
        policy=IntakePolicy(
            refunds="by_order",
            deduplicate=True,
            not_after=FIRST + timedelta(days=known + horizon - 1),
        ),
    )
    return read, FIRST + timedelta(days=known - 1), horizon
