"""The scored customers, read inside an engine, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from winback.reports.aggregator import Rows, aggregator, records


@contextmanager
def scored_view(
    scores: Rows, *, active_within_days: int | None, has_amounts: bool | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the scores as a table ``scores``: NaN as NULL, one ``value`` column, ``active``.

    Parameters
    ----------
    scores
        Path of ``scores.parquet``, or a frame with its columns.
    active_within_days
        A customer is active if the last purchase day is at most so many days before ``as_of``;
        ``None``: everybody is.
    has_amounts
        False: the source has no amounts, and value means expected purchases instead of CLV.
        None: as the CLV of the scores tells.

    Yields
    ------
    duckdb.DuckDBPyConnection
        With the columns ``frequency, value, expected_purchases, p_churn, tier, lifecycle_stage,
        active``.
    """
    active = "TRUE" if active_within_days is None else f"T - recency <= {int(active_within_days)}"
    with aggregator(raw=scores) as engine:
        if has_amounts is None:
            worth = "clv IS NOT NULL AND NOT isnan(CAST(clv AS DOUBLE))"
            counted = records(engine, f"SELECT count(*) FILTER ({worth}) AS n FROM raw")
            has_amounts = bool(counted[0]["n"])
        value = "clv" if has_amounts else "expected_purchases"
        engine.execute(
            f"""
            CREATE VIEW scores AS
            SELECT CAST(frequency AS DOUBLE) AS frequency,
                   nullif(CAST({value} AS DOUBLE), 'NaN'::DOUBLE) AS value,
                   nullif(CAST(expected_purchases AS DOUBLE), 'NaN'::DOUBLE) AS expected_purchases,
                   nullif(CAST(p_churn AS DOUBLE), 'NaN'::DOUBLE) AS p_churn,
                   CAST(tier AS VARCHAR) AS tier,
                   CAST(lifecycle_stage AS VARCHAR) AS lifecycle_stage,
                   {active} AS active
            FROM raw
            """
        )
        yield engine


def summary_of(engine: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Return counts and sums of a `scored_view`."""
    return records(
        engine,
        """
        SELECT count(*) AS n, count(*) FILTER (active) AS active,
               count(*) FILTER (frequency = 0) AS one_time,
               coalesce(sum(value), 0.0) AS value, avg(value) AS mean_value,
               coalesce(sum(expected_purchases), 0.0) AS expected_purchases,
               avg(p_churn) FILTER (active) AS mean_p_churn
        FROM scores
        """,
    )[0]
