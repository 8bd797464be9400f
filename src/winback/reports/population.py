"""Who was scored, where the value sits, who is at risk: aggregates of ``scores.parquet``."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import duckdb

from winback.estimators.tiers.stages import STAGES
from winback.reports.plain import Rows, aggregator, plain, records

TOP_PERCENTS = (1, 5, 10, 20)
RISK_BINS = 20


def population(
    scores: Rows, *, has_amounts: bool, active_within_days: int | None
) -> dict[str, Any]:
    """Aggregate the scores to what the report shows.

    Parameters
    ----------
    scores
        Path of ``scores.parquet`` (read inside DuckDB, so that memory stays bounded) or a frame
        with its columns.
    has_amounts
        False: the source has no amounts, and value means expected purchases instead of CLV.
    active_within_days
        A customer is active if the last purchase day is at most so many days before ``as_of``;
        ``None``: everybody is.

    Returns
    -------
    dict
        ``summary`` (counts and sums), ``concentration`` (curve of 101 points, top shares, Gini;
        ``None`` without value), ``tiers``, ``stages`` (one entry each) and ``risk`` (histogram of
        the churn probability in twenty bins; ``None`` without probabilities).
    """
    with aggregator(raw=scores) as engine:
        _clean(engine, has_amounts=has_amounts, active_within_days=active_within_days)
        summary = records(
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
        summary["value_is"] = "clv" if has_amounts else "expected_purchases"
        return {
            "summary": summary,
            "concentration": _concentration(engine, summary["n"], summary["value"]),
            "tiers": _groups(engine, "tier", summary),
            "stages": sorted(_groups(engine, "lifecycle_stage", summary), key=_stage_order),
            "risk": _risk(engine),
        }


def _clean(
    engine: duckdb.DuckDBPyConnection, *, has_amounts: bool, active_within_days: int | None
) -> None:
    """Create the view ``scores``: NaN as NULL, one ``value`` column, ``active``."""
    active = "TRUE" if active_within_days is None else f"T - recency <= {int(active_within_days)}"
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


def _concentration(
    engine: duckdb.DuckDBPyConnection, n: int, total: float
) -> dict[str, Any] | None:
    """Share of value held by the most valuable customers (the Lorenz curve from the top)."""
    if n == 0 or total <= 0:
        return None
    # Ranks, not NTILE: the top p percent are the first ceil(n p / 100) customers.
    by_percent = records(
        engine,
        """
        WITH ranked AS (
            SELECT coalesce(value, 0.0) AS value,
                   row_number() OVER (ORDER BY coalesce(value, 0.0) DESC) AS place
            FROM scores
        )
        SELECT CAST(ceil(place * 100.0 / ?) AS INTEGER) AS percent, sum(value) AS value,
               sum((? + 1 - 2 * place) * value) AS weighted
        FROM ranked GROUP BY percent ORDER BY percent
        """,
        [n, n],
    )
    held = {row["percent"]: row["value"] for row in by_percent}
    curve = list(accumulate(held.get(percent, 0.0) / total for percent in range(101)))
    firsts = [-(-n * percent // 100) for percent in TOP_PERCENTS]
    sums = ", ".join(
        f"sum(value) FILTER (place <= {first}) AS top_{first}" for first in set(firsts)
    )
    top = records(
        engine,
        f"""
        SELECT {sums}
        FROM (SELECT value, row_number() OVER (ORDER BY value DESC NULLS LAST) AS place FROM scores)
        """,
    )[0]
    return {
        "curve": plain(curve),
        "top": [
            {
                "percent": percent,
                "n": first,
                "value_share": plain((top[f"top_{first}"] or 0) / total),
            }
            for percent, first in zip(TOP_PERCENTS, firsts, strict=True)
        ],
        # Gini = sum_i (n + 1 - 2 i) x_(i) / (n sum x), i = 1 for the largest
        "gini": plain(sum(row["weighted"] for row in by_percent) / (n * total)),
    }


def _groups(
    engine: duckdb.DuckDBPyConnection, column: str, summary: dict[str, Any]
) -> list[dict[str, Any]]:
    """One entry per tier or stage, the most valuable customers first."""
    rows = records(
        engine,
        f"""
        SELECT {column} AS name, count(*) AS n, coalesce(sum(value), 0.0) AS value,
               avg(value) AS mean_value, avg(p_churn) AS mean_p_churn
        FROM scores WHERE {column} IS NOT NULL
        GROUP BY {column} ORDER BY mean_value DESC NULLS LAST, name
        """,
    )
    for row in rows:
        row["share"] = plain(row["n"] / summary["n"])
        row["value_share"] = plain(row["value"] / summary["value"]) if summary["value"] else None
    return rows


def _stage_order(row: dict[str, Any]) -> int:
    """Order stages as a customer runs through them; those unknown here come last."""
    return STAGES.index(row["name"]) if row["name"] in STAGES else len(STAGES)


def _risk(engine: duckdb.DuckDBPyConnection) -> dict[str, Any] | None:
    """Histogram of the churn probability, active and dormant customers apart."""
    rows = records(
        engine,
        """
        SELECT least(CAST(floor(p_churn * ?) AS INTEGER), ? - 1) AS bin,
               count(*) FILTER (active) AS active, count(*) FILTER (NOT active) AS dormant,
               count(*) FILTER (active AND p_churn > 0.5) AS likely
        FROM scores WHERE p_churn IS NOT NULL GROUP BY bin ORDER BY bin
        """,
        [RISK_BINS, RISK_BINS],
    )
    if not rows:
        return None
    by_bin = {row["bin"]: row for row in rows}
    counts = {
        kind: [by_bin.get(place, {}).get(kind, 0) for place in range(RISK_BINS)]
        for kind in ("active", "dormant")
    }
    return {
        "edges": [place / RISK_BINS for place in range(RISK_BINS + 1)],
        **counts,
        "n_active": sum(counts["active"]),
        "n_dormant": sum(counts["dormant"]),
        "likely": sum(row["likely"] for row in rows),  # active, more likely than not to stay away
    }
