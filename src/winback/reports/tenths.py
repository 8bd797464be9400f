"""Tenths of the customers by prediction: what was predicted of them, and what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from winback.reports.aggregator import records

BINS = 10


def tenths(
    engine: duckdb.DuckDBPyConnection, verdict: Mapping[str, Any], model: str | None = None
) -> list[dict[str, Any]]:
    """Cut into ten groups of equal size by prediction, the highest first.

    Parameters
    ----------
    engine
        With a table ``predictions``.
    verdict
        ``split, target`` and ``chosen``: whose predictions, where no `model` is named.
    model
        Another model.

    Returns
    -------
    list of dict
        ``bin, n``, means ``predicted`` and ``actual``, and ``within_80`` (None: no intervals).
    """
    return records(
        engine,
        """
        WITH ranked AS (
            SELECT predicted, actual, low_80, high_80,
                   ntile(?) OVER (ORDER BY predicted DESC, customer_id) AS bin
            FROM predictions
            WHERE split = ? AND target = ? AND model = ?
              AND predicted IS NOT NULL AND actual IS NOT NULL
        )
        SELECT bin, count(*) AS n, avg(predicted) AS predicted, avg(actual) AS actual,
               avg(CASE WHEN low_80 IS NULL OR isnan(low_80) THEN NULL
                        WHEN actual BETWEEN low_80 AND high_80 THEN 1.0 ELSE 0.0 END) AS within_80
        FROM ranked GROUP BY bin ORDER BY bin
        """,
        [BINS, verdict["split"], verdict["target"], model or verdict["chosen"]],
    )
