"""Value beyond one number: calibration by frequency, what the model makes of a history, weeks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from winback.reports.plain import Rows, aggregator, columns, plain, records

MOST_MONTHS = 24
MOST_FREQUENT = 7
GRID = 12


def by_frequency(
    predictions: Rows | None, frequencies: Rows | None, verdict: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Compare predicted and actual purchase days by how often customers had bought before.

    Parameters
    ----------
    predictions
        As for :func:`winback.reports.quality.quality`.
    frequencies
        ``customer_id`` and ``frequency`` as of the split.
    verdict
        The target ``purchases`` of the latest split.

    Returns
    -------
    list of dict
        ``frequency`` (`MOST_FREQUENT` stands for that many and more), ``n, predicted, actual``.
    """
    if predictions is None or frequencies is None or verdict is None:
        return []
    with aggregator(predictions=predictions, frequencies=frequencies) as engine:
        return records(
            engine,
            """
            SELECT CAST(least(f.frequency, ?) AS INTEGER) AS frequency, count(*) AS n,
                   avg(p.predicted) AS predicted, avg(p.actual) AS actual
            FROM predictions p JOIN frequencies f USING (customer_id)
            WHERE split = ? AND target = ? AND model = ?
              AND predicted IS NOT NULL AND actual IS NOT NULL
            GROUP BY 1 ORDER BY 1
            """,
            [MOST_FREQUENT, verdict["split"], verdict["target"], verdict["chosen"]],
        )


def grid(scores: Rows) -> dict[str, Any] | None:
    """Lay out histories over which a model is drawn: from none to many repeat purchases.

    Returns
    -------
    dict or None
        ``T`` (of the oldest customer, days), ``frequencies`` (0 to what one customer in a hundred
        reaches, 12 at most) and ``recencies`` (twelve steps up to ``T``). ``None`` where nobody
        has a history of a month.

    Examples
    --------
    >>> import pandas as pd
    >>> laid = grid(pd.DataFrame({"frequency": [0.0, 3.0], "T": [120.0, 60.0]}))
    >>> laid["T"], laid["frequencies"], laid["recencies"][-2:]
    (120, [0, 1, 2, 3], [110, 120])
    """
    with aggregator(scores=scores) as engine:
        told = records(
            engine,
            "SELECT max(T) AS oldest, quantile_disc(frequency, 0.99) AS most FROM scores",
        )[0]
    if not told["oldest"] or told["oldest"] < 30:
        return None
    oldest, most = int(told["oldest"]), int(min(max(told["most"], 3), GRID))
    return {
        "T": oldest,
        "frequencies": list(range(most + 1)),
        "recencies": [round(oldest * step / GRID) for step in range(GRID + 1)],
    }


def over_grid(
    laid: Mapping[str, Any], ask: Callable[[pd.DataFrame], pd.Series[float]]
) -> list[list[float | None]]:
    """Ask a model about every history of a grid.

    Parameters
    ----------
    laid
        From `grid`.
    ask
        Takes ``frequency, recency, T`` of one row a history, and returns a number for each.

    Returns
    -------
    list of list
        A row a recency, a column a frequency. ``None``: so many repeat purchase days do not fit
        into so few days.

    Examples
    --------
    >>> laid = {"T": 40, "frequencies": [0, 1, 2], "recencies": [0, 1]}
    >>> over_grid(laid, lambda histories: histories["frequency"] / histories["T"])
    [[0.0, None, None], [0.0, 0.025, None]]
    """
    histories = pd.DataFrame(
        [
            {"frequency": float(x), "recency": float(r if x else 0), "T": float(laid["T"])}
            for r in laid["recencies"]
            for x in laid["frequencies"]
        ]
    )
    possible = histories["recency"] >= histories["frequency"]
    cells = ask(histories).astype(object).where(possible, None).tolist()
    width = len(laid["frequencies"])
    return [cells[at : at + width] for at in range(0, len(cells), width)]


def weeks(tracking: Rows) -> list[dict[str, Any]]:
    """Sum purchases by week, counted from the first day, so that the page stays small.

    Returns
    -------
    list of dict
        ``week`` (its first day), ``days, actual, expected, held_out`` and ``spread``: half the
        width of the interval, days being independent; ``None`` without intervals.
    """
    with aggregator(tracking=tracking) as engine:
        known = columns(engine, "tracking")
        held_out = "held_out" if "held_out" in known else "FALSE"
        high = "CAST(high AS DOUBLE)" if "high" in known else "NULL"
        return records(
            engine,
            f"""
            WITH days AS (
                SELECT CAST(day AS DATE) AS day, CAST(actual AS DOUBLE) AS actual,
                       CAST(expected AS DOUBLE) AS expected, {high} AS high,
                       {held_out} AS held_out
                FROM tracking
            )
            SELECT min(day) AS week, count(*) AS days, sum(actual) AS actual,
                   sum(expected) AS expected, sqrt(sum(pow(high - expected, 2))) AS spread,
                   bool_and(held_out) AS held_out
            FROM days
            GROUP BY (day - (SELECT min(day) FROM days)) // 7, held_out ORDER BY week
            """,
        )


def by_period(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Add months of first purchases up to quarters where they are too many to be drawn.

    Examples
    --------
    >>> months = [{"cohort": f"20{24 + at // 12}-{at % 12 + 1:02}-01", "customers": 2}
    ...           for at in range(30)]
    >>> by_period(months)[-1], len(by_period(months[:20]))
    ({'cohort': '2026-04-01', 'customers': 6}, 20)
    """
    listed = [dict(row) for row in rows]
    if len(listed) <= MOST_MONTHS:
        return listed
    quarters: dict[str, dict[str, Any]] = {}
    for row in listed:
        year, month = row["cohort"][:4], int(row["cohort"][5:7])
        start = f"{year}-{(month - 1) // 3 * 3 + 1:02}-01"
        into = quarters.setdefault(start, {"cohort": start})
        for name, count in row.items():
            if isinstance(count, int | float):
                into[name] = into.get(name, 0) + count
    return list(quarters.values())


def forecast(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Keep the last day of each week of a forecast by day, and the last day of all."""
    names = ("day", "cumulative", "cumulative_low", "cumulative_high")
    kept = [row for at, row in enumerate(rows, 1) if at % 7 == 0 or at == len(rows)]
    told = [{name: plain(row.get(name)) for name in names} for row in kept]
    return [row for row in told if None not in row.values()]
