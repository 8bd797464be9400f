"""Keep what a night's scores promised, and say later what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from winback.scoring.score import Scorer
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables
    from winback.workflows.tracking import Tracking

FOLDER = "kept_scores"


def keep_promised(results: Results, scorer: Scorer) -> None:
    """Keep a sample of the day's scores in `kept_scores/AS_OF.parquet`; only newest days stay."""
    from winback.scoring.kept_scores import NIGHTS, is_to_keep, keep_scores

    kept = {date.fromisoformat(path.stem): path for path in results.earlier.glob(f"{FOLDER}/*")}
    if not is_to_keep(scorer.as_of, kept):
        return
    n = keep_scores(
        results.staged("scores.parquet"),
        results.staged(f"{FOLDER}/{scorer.as_of}.parquet"),
        gap_days=scorer.gap_days,
        churn_horizon_days=scorer.churn_horizon_days,
        value_horizon_days=scorer.value_horizon_days,
    )
    for day in sorted(kept)[: max(0, len(kept) + bool(n) - NIGHTS)]:
        results.drop(f"{FOLDER}/{day}.parquet")


def realised_of(
    results: Results, tables: JobTables, tracking: Tracking
) -> tuple[pd.DataFrame, date | None]:
    """Judge the versions that scored earlier nights by what has come since.

    Returns
    -------
    DataFrame
        See `winback.monitoring.realised.realised`.
    date or None
        The first day on which more is known, where nothing is yet; None where nothing is kept.
    """
    from winback.monitoring.realised import promises, realised
    from winback.workflows.list_files import one_row_a_person

    today = tables.job.as_of
    nights = [pd.read_parquet(path) for path in sorted(results.earlier.glob(f"{FOLDER}/*.parquet"))]
    kept = pd.DataFrame()
    if nights:
        scored = one_row_a_person(pd.concat(nights, ignore_index=True), tables, ["as_of"])
        kept = _foreseen(scored, tracking)
    said = [] if kept.empty else [p for p in promises(kept) if p.as_of < today]
    over = [p for p in said if p.is_over(today)]
    if not over:
        return pd.DataFrame(), min((p.end for p in said), default=None)
    came = pd.concat(
        _came(tables, {p.as_of: (p.start, p.end) for p in over if p.target == target}).assign(
            target=target
        )
        for target in dict.fromkeys(p.target for p in over)
    )
    return realised(kept, came, today=today), None


def _foreseen(kept: pd.DataFrame, tracking: Tracking) -> pd.DataFrame:
    """Leave out nights that were made up for later: the model has learned from what came after."""
    from winback.registry.aliases import resolve
    from winback.registry.artifacts import trained_on

    for role in ("value", "churn"):
        column = f"{role}_version"
        known = {}
        for version in kept[column].unique():
            ref = resolve(tracking.store, f"{tracking.name(role)}/{version}")
            day = trained_on(tracking.store, ref.run_id)
            known[version] = date.max if day is None else date.fromisoformat(day)
        kept = kept[kept["as_of"] >= kept[column].map(known)]
    return kept


def _came(tables: JobTables, windows: Mapping[date, tuple[date, date]]) -> pd.DataFrame:
    """Count the purchase days of each night's window, as they are known today."""
    from winback.features.outcomes import outcomes_table

    transactions = tables.transactions
    came: Any = outcomes_table(
        transactions.table,
        [(as_of, *window) for as_of, window in windows.items()],
        count_zero=transactions.count_zero,
        known_by=tables.job.as_of,
    )
    return pd.DataFrame(came.select("as_of", "customer_id", "purchases").to_pyarrow().to_pandas())
