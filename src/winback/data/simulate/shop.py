"""Draw a whole shop, block by block, and write it as it would export itself."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from winback.data.simulate.campaign_waves import run_campaigns
from winback.data.simulate.demand import DemandLevel, make_level
from winback.data.simulate.exports import (
    CONTACTS,
    CUSTOMERS,
    EVENTS,
    contacts_table,
    customers_table,
    draw_events,
)
from winback.data.simulate.lines import LINES, add_bad_rows, draw_lines
from winback.data.simulate.orders import draw_orders
from winback.data.simulate.people import draw_people
from winback.data.simulate.shop_parameters import ShopParameters
from winback.data.simulate.truth import LEVEL, SIMULATION, TRUTH_SCHEMA, truth_table
from winback.errors import Sentence, UsageError
from winback.files import atomic_path

BLOCK = 10_000  # customers drawn at a time; memory grows with it, and every byte depends on it
TABLES = {
    "transactions": LINES,
    "customers": CUSTOMERS,
    "events": EVENTS,
    "contacts": CONTACTS,
    "truth": TRUTH_SCHEMA,
}
FILES = (*(f"{name}.parquet" for name in TABLES), LEVEL, SIMULATION)
FIRST_DAY, DAYS = date(2023, 1, 1), 1277
_LEVEL_STREAM, _BLOCK_STREAM = 0, 1


@dataclass(frozen=True)
class Simulated:
    """What was written.

    Attributes
    ----------
    paths
        Name of the table to its file; ``simulation`` is the description.
    counts
        Rows of each table.
    bad_rows
        Bad rows among the transactions, by the reason for which they are to be rejected.
    first_day, last_day
        The days of the shop.
    """

    paths: Mapping[str, Path]
    counts: Mapping[str, int]
    bad_rows: Mapping[str, int]
    first_day: date
    last_day: date


def simulate(
    out: Path,
    *,
    customers: int,
    seed: int,
    first_day: date = FIRST_DAY,
    days: int = DAYS,
    parameters: ShopParameters | None = None,
    progress: Callable[[float, float], None] | None = None,
) -> Simulated:
    """Write a shop whose truth is known.

    Customers are drawn in blocks of `BLOCK`, each from a random stream of its own (the seed and the
    block's number), and each block is one row group: memory is bounded by a block, and the same
    arguments give the same bytes (with the same versions of NumPy and PyArrow).

    Parameters
    ----------
    out
        The folder; files of the same names are replaced, the description last.
    customers
        How many, 1 or more.
    seed
        0 or more.
    first_day, days
        The days of the shop; 30 or more.
    parameters
        The truth; None: the default one.
    progress
        Called with customers done and in all.

    Returns
    -------
    Simulated
        Paths and counts.

    Raises
    ------
    UsageError
        If an argument is out of range.
    OutputError
        If a file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> shop = simulate(Path(tempfile.mkdtemp()), customers=50, seed=1)
    >>> shop.counts["customers"], sorted(shop.paths)
    (50, ['contacts', 'customers', 'events', 'level', 'simulation', 'transactions', 'truth'])
    """
    for name, value, least in (("customers", customers, 1), ("seed", seed, 0), ("days", days, 30)):
        if value < least:
            raise UsageError(
                "too small", where=name, got=value, allowed=Sentence("{least} or more", least=least)
            )
    parameters = parameters or ShopParameters()
    stream = np.random.SeedSequence(seed, spawn_key=(_LEVEL_STREAM,))
    level = make_level(first_day, days, parameters, np.random.default_rng(stream))
    paths = {name: out / f"{name}.parquet" for name in TABLES}
    counts: Counter[str] = Counter(dict.fromkeys(TABLES, 0))
    bad_rows: Counter[str] = Counter()
    with ExitStack() as files:
        parts = {name: files.enter_context(atomic_path(path)) for name, path in paths.items()}
        writers = {
            name: files.enter_context(pq.ParquetWriter(parts[name], schema, compression="zstd"))
            for name, schema in TABLES.items()
        }
        for block in range(-(-customers // BLOCK)):
            n = min(BLOCK, customers - block * BLOCK)
            tables, bad = draw_block(block, n, seed, level, parameters)
            for name, table in tables.items():
                writers[name].write_table(table, row_group_size=max(table.num_rows, 1))
                counts[name] += table.num_rows
            bad_rows.update(bad)
            if progress is not None:
                progress(block * BLOCK + n, customers)
        # from here on files are replaced: until the new description stands, there is no shop
        (out / SIMULATION).unlink(missing_ok=True)
    paths["level"] = out / LEVEL
    with atomic_path(paths["level"]) as part:
        dates = np.datetime64(first_day, "D") + np.arange(days)
        pq.write_table(pa.table({"date": dates, "level": level.daily}), part)
    shop = Simulated(
        paths | {"simulation": out / SIMULATION},
        dict(counts),
        dict(bad_rows),
        first_day,
        first_day + timedelta(days=days - 1),
    )
    description = {
        "customers": customers,
        "seed": seed,
        "first_day": first_day.isoformat(),
        "days": days,
        "rows": shop.counts,
        "bad_rows": shop.bad_rows,
        "parameters": asdict(parameters),
    }
    with atomic_path(shop.paths["simulation"]) as part:
        part.write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    return shop


def draw_block(
    block: int, n: int, seed: int, level: DemandLevel, parameters: ShopParameters
) -> tuple[dict[str, pa.Table], Mapping[str, int]]:
    """Draw the customers of one block; nothing depends on the other blocks.

    Each part has a stream of its own, so that a switch changes only what it is about.
    """
    stream = np.random.SeedSequence(seed, spawn_key=(_BLOCK_STREAM, block))
    chance: Iterator[np.random.Generator] = map(np.random.default_rng, stream.spawn(6))
    people = draw_people(block * BLOCK, n, level, parameters, next(chance))
    own, dropped = draw_orders(people, level, parameters, next(chance))
    orders, waves = run_campaigns(
        people, own, dropped, level=level, parameters=parameters, rng=next(chance)
    )
    lines = draw_lines(people, orders, level, parameters, next(chance))
    transactions, bad = add_bad_rows(lines, parameters, next(chance))
    return {
        "transactions": transactions,
        "customers": customers_table(people, level, parameters),
        "events": draw_events(
            people, orders, dropped, level=level, parameters=parameters, rng=next(chance)
        ),
        "contacts": contacts_table(people, waves, level, parameters),
        "truth": truth_table(people, orders, dropped, level, parameters),
    }, bad
