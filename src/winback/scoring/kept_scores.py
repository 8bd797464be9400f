"""What a scoring promised, kept until it can be held against what came: small, and bounded.

Of a kept night a sample of customers, the same ones night after night; nights so far apart that
each says something new; no more nights than a stated number. `winback.monitoring.realised` judges
them once their windows are over.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

SAMPLE = 10_000  # customers of a night: an AUC is then known to about a hundredth
NIGHTS = 60
APART = timedelta(days=7)
_COLUMNS = (
    "customer_id",
    "as_of",
    "p_churn",
    "expected_purchases",
    "value_version",
    "churn_version",
)


def is_to_keep(as_of: date, kept: Collection[date]) -> bool:
    """Tell whether the scores of a day are to be kept beside those that are.

    A day is kept once, by what was promised first; only what comes after the newest, by a week or
    more, is kept besides.

    Examples
    --------
    >>> is_to_keep(date(2024, 1, 5), [date(2024, 1, 1)])
    False
    >>> is_to_keep(date(2024, 1, 8), [date(2024, 1, 1)])
    True
    """
    return not kept or as_of - max(kept) >= APART


def keep_scores(scores: Path, kept: Path, *, sample: int = SAMPLE, **windows: int) -> int:
    """Write what a day's scores promise of a sample of customers.

    Parameters
    ----------
    scores
        `scores.parquet` of the day; a part of it is in memory at a time.
    kept
        Where to write. `p_churn` is kept of active customers only: of dormant ones it is not the
        churn model's.
    sample
        Customers at most: those whose ids have the least hashes, so that it is the same ones every
        night, whoever joins.
    windows
        `gap_days`, `churn_horizon_days` and `value_horizon_days`: what the scores speak of.

    Returns
    -------
    int
        The number of customers kept.
    """
    least = pd.DataFrame()
    columns = [*_COLUMNS, "lifecycle_stage"]
    with pq.ParquetFile(scores) as file:
        for batch in file.iter_batches(columns=columns):
            part = batch.to_pandas()
            part["order"] = pd.util.hash_array(part["customer_id"].to_numpy(dtype=object))
            least = pd.concat([least, part]).nsmallest(sample, "order")
    if least.empty:
        return 0
    least["p_churn"] = least["p_churn"].where(least["lifecycle_stage"] != "dormant")
    least = least.sort_values("customer_id")[list(_COLUMNS)].assign(**windows)
    pq.write_table(pa.Table.from_pandas(least, preserve_index=False), kept, compression="zstd")
    return len(least)
